//! The folder: who may read it, and how a file in it is replaced so that a kill loses nothing.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use super::error::KeysError;
use super::platform;
use super::platform::FolderHandle;
use crate::crypto::secret::SecretBytes;

/// A folder that this process alone uses for as long as the value lives.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    handle: FolderHandle,
}

impl Folder {
    /// Makes the folder if need be, for the owner only, and waits for its lock. One in which
    /// something else lies is nobody's to close: it may be a home, or `/tmp`.
    pub(super) fn lock(path: &Path, expected: &[&str]) -> Result<Self, KeysError> {
        if let Some(stranger) = stranger(path, expected).map_err(at(path))? {
            return Err(KeysError::NotAKeyFolder { path: path.to_owned(), stranger });
        }
        platform::create_folder(path).map_err(at(path))?;
        let handle = FolderHandle::lock(path).map_err(at(path))?;
        let folder = Self { path: path.to_owned(), handle };
        folder.refuse_what_others_may_have_changed(expected)?;
        folder.handle.close().map_err(at(path))?;
        Ok(folder)
    }

    /// Whoever may write into a folder may have put other keys there.
    fn refuse_what_others_may_have_changed(&self, expected: &[&str]) -> Result<(), KeysError> {
        let metadata = self.handle.metadata().map_err(at(&self.path))?;
        if let Some(uid) = platform::other_owner(&metadata) {
            return Err(KeysError::NotOwned { path: self.path.clone(), uid });
        }
        match platform::mode_if_writable(&metadata) {
            Some(mode) if expected.iter().any(|name| self.holds(name)) => {
                Err(KeysError::Open { path: self.path.clone(), mode })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn path_of_new(&self, name: &str) -> PathBuf {
        self.path.join([name, ".new"].concat())
    }

    pub(super) fn holds(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path_of(name)).is_ok()
    }

    /// A file's content, if it is there.
    pub(super) fn read(&self, name: &str) -> Result<Option<SecretBytes>, KeysError> {
        read(&self.path_of(name), |_, _| Ok(()))
    }

    /// A private key's content, if it is there and only its owner can read it.
    pub(super) fn read_private(&self, name: &str) -> Result<Option<SecretBytes>, KeysError> {
        read(&self.path_of(name), refuse_exposed)
    }

    /// The same of a file that was not committed.
    pub(super) fn read_private_new(&self, name: &str) -> Result<Option<SecretBytes>, KeysError> {
        read(&self.path_of_new(name), refuse_exposed)
    }

    /// Writes a file beside the one that it is to replace, down to the disk.
    pub(super) fn write_new(&self, name: &str, content: &[u8]) -> Result<(), KeysError> {
        let path = self.path_of_new(name);
        let write = || {
            let mut file = platform::create_file(&path)?;
            file.write_all(content)?;
            file.sync_all()?;
            self.handle.sync()
        };
        write().map_err(at(&path))
    }

    /// Puts the file that was written in its place, down to the disk. What stood there is gone.
    pub(super) fn commit(&self, name: &str) -> Result<(), KeysError> {
        let path = self.path_of(name);
        fs::rename(self.path_of_new(name), &path)
            .and_then(|()| self.handle.sync())
            .map_err(at(&path))
    }

    /// Clears away what was never committed.
    pub(super) fn remove_unfinished(&self, names: &[&str]) -> Result<(), KeysError> {
        for name in names {
            let path = self.path_of_new(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(at(&path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The name of something in a folder that no relay has written there.
fn stranger(folder: &Path, expected: &[&str]) -> io::Result<Option<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let own = name.strip_suffix(".new").unwrap_or(&name);
        if !expected.contains(&own) && !BESIDE.contains(&own) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// What may lie beside keys.
const BESIDE: &[&str] = &["README.md", ".gitignore"];

/// Refuses a private key that somebody else may read.
pub(super) fn refuse_exposed(path: &Path, metadata: &fs::Metadata) -> Result<(), KeysError> {
    if let Some(uid) = platform::other_owner(metadata) {
        return Err(KeysError::NotOwned { path: path.to_owned(), uid });
    }
    match platform::mode_if_exposed(metadata) {
        Some(mode) => Err(KeysError::Exposed { path: path.to_owned(), mode }),
        None => Ok(()),
    }
}

/// Reads a file unless it is refused for its owner or mode: those of the opened file, so that
/// nothing can be swapped in between.
///
/// A link is refused: a refresh would replace the link, and leave the old key where it points to.
pub(super) fn read(
    path: &Path,
    refuse: impl FnOnce(&Path, &fs::Metadata) -> Result<(), KeysError>,
) -> Result<Option<SecretBytes>, KeysError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path)(error)),
        Ok(metadata) if !metadata.is_file() => {
            return Err(KeysError::NotAFile { path: path.to_owned() });
        }
        Ok(_) => {}
    }
    let file = File::open(path).map_err(at(path))?;
    refuse(path, &file.metadata().map_err(at(path))?)?;
    // The buffer never grows, so that no copy of a key is left behind by growing.
    let mut content = Vec::with_capacity(MAX_FILE_LEN);
    let limit = u64::try_from(MAX_FILE_LEN).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut content).map_err(at(path))?;
    Ok(Some(SecretBytes::new(content)))
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> KeysError {
    let path = path.to_owned();
    move |source| KeysError::Io { path, source }
}

/// Much longer than any file here.
const MAX_FILE_LEN: usize = 16 * 1024;
