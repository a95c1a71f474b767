//! A file that is sent: what it was when it was offered, and whether it still is.

use std::fs::File;
use std::fs::Metadata;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::path::Path;
use std::time::UNIX_EPOCH;

use crate::crypto::hash::Hash;
use crate::crypto::hash::Hasher;
use crate::net::client::core::FileSource;
use crate::net::client::event::FileFailure;
use crate::net::client::event::MAX_FILE_LEN;

impl FileSource {
    /// Opens the file, if it is what it was.
    pub(super) fn open(&self) -> Result<File, FileFailure> {
        let (file, metadata) = open(&self.path)?;
        if self.is(&metadata) { Ok(file) } else { Err(FileFailure::Changed) }
    }

    /// Whether an open file is still what was hashed.
    pub(super) fn is_unchanged(&self, file: &File) -> bool {
        file.metadata().is_ok_and(|metadata| self.is(&metadata))
    }

    fn is(&self, metadata: &Metadata) -> bool {
        metadata.len() == self.size && modified(metadata) == self.modified
    }
}

/// Hashes a file. `go_on` is told how far it is, and says whether anybody still wants it.
pub(super) fn prepare(path: &Path, go_on: &dyn Fn(u64) -> bool) -> Result<FileSource, FileFailure> {
    let (mut file, metadata) = open(path)?;
    let (size, modified) = (metadata.len(), modified(&metadata));
    let hash = hash(&mut file, size, go_on).map_err(|_| FileFailure::Unreadable)?;
    let source = FileSource { path: path.to_owned(), size, modified, hash };
    if source.is_unchanged(&file) { Ok(source) } else { Err(FileFailure::Changed) }
}

/// The SHA-256 of the first `size` bytes from where the file stands.
pub(super) fn hash(
    file: &mut File,
    size: u64,
    go_on: &dyn Fn(u64) -> bool,
) -> io::Result<[u8; 32]> {
    let mut hasher = Hasher::new(Hash::Sha256);
    let mut buffer = vec![0; AT_ONCE];
    let mut done = 0_u64;
    while done < size {
        let room = usize::try_from(size - done).map_or(AT_ONCE, |rest| rest.min(AT_ONCE));
        let part = buffer.get_mut(..room).unwrap_or_default();
        file.read_exact(part)?;
        hasher.update(part);
        done = done.saturating_add(u64::try_from(room).unwrap_or(0));
        if !go_on(done) {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
    hasher.current().as_ref().try_into().map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Opens a regular file for reading. Whatever else stands there is not waited for.
pub(super) fn open(path: &Path) -> Result<(File, Metadata), FileFailure> {
    let looks = path.metadata().map_err(|_| FileFailure::Unreadable)?;
    check(&looks)?;
    let mut options = OpenOptions::new();
    options.read(true);
    // A pipe may have taken its place meanwhile: opening one waits for a writer.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nonblocking());
    let file = options.open(path).map_err(|_| FileFailure::Unreadable)?;
    let metadata = file.metadata().map_err(|_| FileFailure::Unreadable)?;
    check(&metadata)?;
    Ok((file, metadata))
}

#[cfg(unix)]
fn nonblocking() -> i32 {
    i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0)
}

fn check(metadata: &Metadata) -> Result<(), FileFailure> {
    if !metadata.is_file() {
        return Err(FileFailure::NoFile);
    }
    if metadata.len() > MAX_FILE_LEN { Err(FileFailure::TooLarge) } else { Ok(()) }
}

fn modified(metadata: &Metadata) -> u64 {
    let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// Bytes that are read at once: a quarter of a megabyte.
const AT_ONCE: usize = 1 << 18;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn prepared(path: &Path) -> Result<FileSource, FileFailure> {
        prepare(path, &|_| true)
    }

    #[test]
    fn only_regular_files_that_can_be_read_are_sent() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(prepared(folder.path()).err(), Some(FileFailure::NoFile));
        assert_eq!(prepared(&at("none")).err(), Some(FileFailure::Unreadable));
        fs::write(at("a"), b"abc").unwrap();
        let source = prepared(&at("a")).unwrap();
        assert_eq!((source.size, source.hash[..2].to_vec()), (3, vec![0xba, 0x78]));
        fs::write(at("empty"), b"").unwrap();
        assert_eq!(prepared(&at("empty")).unwrap().size, 0);
        File::create(at("large")).unwrap().set_len(MAX_FILE_LEN + 1).unwrap();
        assert_eq!(prepared(&at("large")).err(), Some(FileFailure::TooLarge));
        #[cfg(unix)]
        assert_eq!(prepared(Path::new("/dev/zero")).err(), Some(FileFailure::NoFile));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert_eq!(prepared(&path).err(), Some(FileFailure::NoFile));
    }

    #[test]
    fn a_file_that_changed_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"abc").unwrap();
        let source = prepared(&path).unwrap();
        let file = source.open().unwrap();
        fs::write(&path, b"abcd").unwrap();
        assert!(!source.is_unchanged(&file));
        assert_eq!(source.open().err(), Some(FileFailure::Changed));
        fs::remove_file(&path).unwrap();
        assert_eq!(source.open().err(), Some(FileFailure::Unreadable));
    }
}
