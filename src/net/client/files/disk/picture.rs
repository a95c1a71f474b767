//! A picture that is sent without what it tells: a copy of it is made, and that is the file.

use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;

use super::source;
use crate::net::client::core::FileSource;
use crate::net::client::event::FileFailure;
use crate::picture;

/// Makes the copy, and hashes it. If that fails there is none.
pub(super) fn prepare(
    path: &Path,
    copy: &Path,
    go_on: &dyn Fn(u64) -> bool,
) -> Result<FileSource, FileFailure> {
    let stripped = picture::strip(&read(path)?).map_err(|_| FileFailure::NoPicture)?;
    let made = write(copy, &stripped).map_err(|_| FileFailure::NoCopy);
    let prepared = made.and_then(|()| source::prepare(copy, go_on));
    if prepared.is_err() {
        // What cannot be deleted now is at the next start.
        let _ = fs::remove_file(copy);
    }
    prepared
}

/// A whole picture, if it is not too large to be held.
pub(in crate::net::client) fn read(path: &Path) -> Result<Vec<u8>, FileFailure> {
    let (file, metadata) = source::open(path)?;
    if metadata.len() > MAX_PICTURE_LEN {
        return Err(FileFailure::PictureTooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    // It may grow while it is read.
    let mut reader = file.take(MAX_PICTURE_LEN + 1);
    let len = reader.read_to_end(&mut bytes).map_err(|_| FileFailure::Unreadable)?;
    if u64::try_from(len).is_ok_and(|len| len == metadata.len()) {
        Ok(bytes)
    } else {
        Err(FileFailure::Changed)
    }
}

/// Writes a file that only its owner may read, in a folder of the same kind.
fn write(copy: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    if let Some(parent) = copy.parent() {
        // Not what stands above it: a profile that was wiped meanwhile is not made again.
        match folder.create(parent) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    // What is left of an earlier run is of no use.
    match fs::remove_file(copy) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = options.open(copy)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A picture is held in memory, twice: 64 MiB, more than a camera's.
const MAX_PICTURE_LEN: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest picture that has something to tell.
    const TELLING: &[u8] = b"\xff\xd8\xff\xfe\0\x0amy houseX\xff\xda\0\x02\x01\xff\xd9";

    #[test]
    fn the_copy_is_what_is_sent_and_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("a.jpg"), folder.path().join("copies/00"));
        fs::write(&path, TELLING).unwrap();
        let source = prepare(&path, &copy, &|_| true).unwrap();
        let sent = fs::read(&copy).unwrap();
        assert_eq!((&source.path, source.size), (&copy, 9));
        assert!(!sent.windows(5).any(|part| part == b"house"));
        assert_eq!(fs::read(&path).unwrap(), TELLING, "the picture itself stays as it is");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&copy), mode(copy.parent().unwrap())), (0o600, 0o700));
        }
        prepare(&path, &copy, &|_| true).unwrap();
    }

    #[test]
    fn what_cannot_be_stripped_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("a"), folder.path().join("copy"));
        fs::write(&path, b"a text about my house").unwrap();
        assert_eq!(prepare(&path, &copy, &|_| true).err(), Some(FileFailure::NoPicture));
        let large = fs::File::create(&path).unwrap();
        large.set_len(MAX_PICTURE_LEN + 1).unwrap();
        assert_eq!(prepare(&path, &copy, &|_| true).err(), Some(FileFailure::PictureTooLarge));
        assert!(!copy.exists());
        fs::write(&path, TELLING).unwrap();
        assert!(prepare(&path, &copy, &|_| false).is_err(), "nobody wants it any more");
        assert!(!copy.exists() && path.exists());
    }
}
