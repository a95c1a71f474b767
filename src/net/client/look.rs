//! What stands at a path, for somebody who chooses a file to send: the file, and what could be meant
//! by what is typed so far. It reads folders and the first bytes of a file, and keeps nothing.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use super::event::FileFailure;
use super::event::MAX_FILE_LEN;
use super::files;
use crate::picture::Format;
use crate::picture::HEAD_LEN;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The path that is meant.
    pub path: PathBuf,
    /// The file that stands there, or why it cannot be sent.
    pub found: Result<Found, FileFailure>,
    /// Whether a folder stands there.
    pub is_folder: bool,
    /// What else can be meant: folders first, each by its name; the first of many.
    pub beside: Vec<Beside>,
}

/// A file that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is called.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it is written in, if it looks like a picture.
    pub picture: Option<Format>,
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it is a folder.
    pub is_folder: bool,
}

impl Look {
    /// Looks at a path as a person types or pastes it.
    #[must_use]
    pub fn at_text(typed: &str) -> Self {
        let path = meant(typed);
        let within = typed.is_empty() || typed.ends_with(['/', std::path::MAIN_SEPARATOR]);
        Self::at(path, within)
    }

    /// Looks at a path that was chosen.
    #[must_use]
    pub fn at_path(path: &Path) -> Self {
        Self::at(path.to_owned(), false)
    }

    fn at(path: PathBuf, within: bool) -> Self {
        let is_folder = path.is_dir();
        let beside = match (within, path.parent(), path.file_name()) {
            (false, Some(folder), Some(name)) => list(folder, &name.to_string_lossy()),
            _ => list(&path, ""),
        };
        Self { found: found(&path), is_folder, beside, path }
    }
}

/// The path that a person means: `~` is their home, quotes and `file://` come from other programs.
fn meant(typed: &str) -> PathBuf {
    let text = typed.trim();
    let quoted = |mark| text.strip_prefix(mark).and_then(|text| text.strip_suffix(mark));
    let text = quoted('\'').or_else(|| quoted('"')).unwrap_or(text);
    if let Some(uri) = text.strip_prefix("file://") {
        return PathBuf::from(unescaped(uri));
    }
    let home = || directories::UserDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let path = match text.strip_prefix('~') {
        _ if text.is_empty() => home().unwrap_or_default(),
        Some("") => home().unwrap_or_default(),
        Some(rest) if rest.starts_with('/') => {
            home().unwrap_or_default().join(rest.trim_start_matches('/'))
        }
        _ => PathBuf::from(text),
    };
    std::path::absolute(&path).unwrap_or(path)
}

/// RFC 3986, 2.1: `%20` is a space.
fn unescaped(uri: &str) -> String {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.first_chunk::<2>().filter(|_| *byte == b'%');
        let digits = digits.and_then(|digits| core::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(meant) => {
                bytes.push(meant);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn found(path: &Path) -> Result<Found, FileFailure> {
    let metadata = path.metadata().map_err(|_| FileFailure::Unreadable)?;
    if !metadata.is_file() {
        return Err(FileFailure::NoFile);
    }
    if metadata.len() > MAX_FILE_LEN {
        return Err(FileFailure::TooLarge);
    }
    let file = files::open_source(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Found { name, size: metadata.len(), picture: format(file) })
}

/// The bytes of a picture that somebody wants to see.
///
/// # Errors
/// [`FileFailure`]: it cannot be read, or is larger than any picture.
pub fn picture(path: &Path) -> Result<Vec<u8>, FileFailure> {
    files::read_picture(path)
}

fn format(file: File) -> Option<Format> {
    let mut head = Vec::with_capacity(HEAD_LEN);
    let most = u64::try_from(HEAD_LEN).unwrap_or(0);
    file.take(most).read_to_end(&mut head).ok()?;
    Format::of(&head)
}

/// What is in a folder and begins so; hidden things only where somebody begins with a dot.
fn list(folder: &Path, beginning: &str) -> Vec<Beside> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    let wanted = beginning.to_lowercase();
    let entries = entries.take(MOST_READ).filter_map(|entry| {
        let entry = entry.ok()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_hidden = name.starts_with('.') && !wanted.starts_with('.');
        let is_meant = !is_hidden && name.to_lowercase().starts_with(&wanted);
        let path = Some(entry.path()).filter(|_| is_meant)?;
        Some(Beside { is_folder: path.is_dir(), name, path })
    });
    let mut entries: Vec<Beside> = entries.collect();
    entries.sort_by_cached_key(|entry| (!entry.is_folder, entry.name.to_lowercase()));
    entries.truncate(MOST_SHOWN);
    entries
}

/// Entries of a folder that are read: more are seldom in one, and must not take for ever.
const MOST_READ: usize = 10_000;
/// And that are shown: who looks for others types more of the name.
const MOST_SHOWN: usize = 200;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_path_is_read_as_people_and_programs_write_it() {
        let home = directories::UserDirs::new().unwrap().home_dir().to_owned();
        for (typed, path) in [
            ("~", home.clone()),
            ("", home.clone()),
            ("~/a b", home.join("a b")),
            (" '/tmp/a b' ", "/tmp/a b".into()),
            ("\"/tmp/a\"", "/tmp/a".into()),
            ("file:///tmp/a%20b%c3%a9%", "/tmp/a bé%".into()),
            ("/tmp/~", "/tmp/~".into()),
        ] {
            assert_eq!(meant(typed), path, "{typed:?}");
        }
        assert!(meant("a").is_absolute());
    }

    #[test]
    fn what_can_be_meant_is_listed_and_hidden_things_are_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["report.pdf", "Rest.txt", ".secret", "other"] {
            fs::write(folder.path().join(name), b"abc").unwrap();
        }
        fs::create_dir(folder.path().join("results")).unwrap();
        let look = |typed: &str| Look::at_text(&format!("{}/{typed}", folder.path().display()));
        let names = |look: &Look| look.beside.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&look("re")), ["results", "report.pdf", "Rest.txt"]);
        assert_eq!(names(&look("")), ["results", "other", "report.pdf", "Rest.txt"]);
        assert_eq!(names(&look(".s")), [".secret"]);
        assert_eq!(look("re").found, Err(FileFailure::Unreadable));
        assert!(look("results").is_folder && look("results").found.is_err());
        let found = look("report.pdf").found.unwrap();
        assert_eq!((found.name.as_str(), found.size, found.picture), ("report.pdf", 3, None));
    }

    #[test]
    fn a_picture_is_known_by_how_it_begins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs::write(&path, b"\xff\xd8\xff\xe0 and more").unwrap();
        assert_eq!(Look::at_path(&path).found.unwrap().picture, Some(Format::Jpeg));
    }
}
