//! Where a file that is received is kept until it is complete, and where it appears then.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Seek as _;
use std::path::Path;
use std::path::PathBuf;

use super::source;
use crate::net::client::event::FileWait;
use crate::net::client::files::name;

/// A file that is received.
pub(in super::super) struct Target {
    /// The folder that it goes into.
    pub(in super::super) folder: PathBuf,
    /// What its sender calls it.
    pub(in super::super) offered: String,
    /// What tells it from every other file that is received, from whomever: nobody chooses it.
    pub(in super::super) of: [u8; 16],
    pub(in super::super) size: u64,
    pub(in super::super) hash: [u8; 32],
    /// So many bytes must stay free when it begins.
    pub(in super::super) spare: u64,
    /// Where the beginning of it is, and how many bytes of it are there.
    pub(in super::super) begun: Option<(PathBuf, u64)>,
}

/// A place for a file.
pub(super) enum Place {
    /// Its beginning, opened for writing, and whether it is a new one.
    Unfinished(File, PathBuf, bool),
    /// It was complete before a crash.
    Finished(PathBuf),
}

/// The system's folder for downloads.
pub(in crate::net::client) fn default_folder() -> Option<PathBuf> {
    let dirs = directories::UserDirs::new()?;
    let downloads = dirs.download_dir().map(Path::to_owned);
    Some(downloads.unwrap_or_else(|| dirs.home_dir().join("Downloads")))
}

impl Target {
    /// Finds the beginning of the file, or makes room for it.
    pub(super) fn open(&self) -> Result<Place, FileWait> {
        if let Some((path, bytes)) = &self.begun {
            match open_unfinished(path) {
                Ok(file) if file.metadata().is_ok_and(|data| data.len() >= *bytes) => {
                    return Ok(Place::Unfinished(file, path.clone(), false));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    if let Some(path) = self.finished() {
                        return Ok(Place::Finished(path));
                    }
                }
                _ => {}
            }
        }
        self.begin().map_err(|_| FileWait::Disk)
    }

    fn begin(&self) -> io::Result<Place> {
        // The folder for downloads may not be there yet on a new system; another one is the person's.
        if default_folder().as_ref() == Some(&self.folder) {
            fs::create_dir_all(&self.folder)?;
        }
        if !has_room(&self.folder, self.size.saturating_add(self.spare)) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let name = name::unfinished(&name::safe(&self.offered), &self.of);
        let path = self.folder.join(name);
        // What is left of an earlier try is of no use.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Place::Unfinished(options.open(&path)?, path, true))
    }

    /// Where the file stands if it got its name in the moment of a crash.
    fn finished(&self) -> Option<PathBuf> {
        let name = name::safe(&self.offered);
        let paths = name::candidates(&name).map(|name| self.folder.join(name));
        let mut there = paths.take_while(|path| path.symlink_metadata().is_ok());
        there.find(|path| {
            let is_file =
                path.symlink_metadata().is_ok_and(|data| data.is_file() && data.len() == self.size);
            is_file && File::open(path).is_ok_and(|mut file| self.is_whole(&mut file))
        })
    }

    /// Whether an open file is, from its beginning to its end, what was offered.
    pub(super) fn is_whole(&self, file: &mut File) -> bool {
        let is_long = file.metadata().is_ok_and(|data| data.len() == self.size);
        let from_start = file.rewind().is_ok();
        let mut hash = || source::hash(file, self.size, &|_| true).ok();
        is_long && from_start && hash() == Some(self.hash)
    }

    /// Gives the file its name, and never the place of another one.
    pub(super) fn appear(&self, unfinished: &Path) -> io::Result<PathBuf> {
        let folder = unfinished.parent().unwrap_or(&self.folder);
        let name = name::safe(&self.offered);
        for name in name::candidates(&name) {
            let path = folder.join(name);
            match rename_into_nothing(unfinished, &path) {
                Ok(()) => {
                    sync_folder(folder);
                    return Ok(path);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

/// Opens what was begun: a regular file, and no link that somebody put in its place.
fn open_unfinished(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        let flags = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0);
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    if !path.symlink_metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    options.open(path)
}

#[cfg(target_os = "linux")]
fn rename_into_nothing(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::CWD;
    use rustix::fs::RenameFlags;
    use rustix::fs::renameat_with;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(()),
        // A file system that cannot.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {
            reserve_and_rename(from, to)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn rename_into_nothing(from: &Path, to: &Path) -> io::Result<()> {
    reserve_and_rename(from, to)
}

/// Takes the name with an empty file of one's own first: what is replaced then is that.
fn reserve_and_rename(from: &Path, to: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(to)?;
    fs::rename(from, to).inspect_err(|_| drop(fs::remove_file(to)))
}

/// The name is on the disk when this returns, where a system can say so.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(unix)]
fn has_room(folder: &Path, size: u64) -> bool {
    rustix::fs::statvfs(folder)
        .is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= size)
}

#[cfg(not(unix))]
fn has_room(folder: &Path, _: u64) -> bool {
    folder.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(folder: &Path, offered: &str, bytes: &[u8]) -> Target {
        let hash = crate::crypto::hash::sha256(&[bytes]);
        let (folder, offered) = (folder.to_owned(), offered.to_owned());
        let size = bytes.len().try_into().unwrap();
        Target { folder, offered, of: [1; 16], size, hash, spare: 0, begun: None }
    }

    fn unfinished(target: &Target) -> (File, PathBuf, bool) {
        match target.open() {
            Ok(Place::Unfinished(file, path, is_new)) => (file, path, is_new),
            _ => panic!("no place"),
        }
    }

    #[test]
    fn a_file_never_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path(), "../a.txt", b"new");
        fs::write(folder.path().join("a.txt"), b"old").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/nowhere", folder.path().join("a (2).txt")).unwrap();
        let (_, path, is_new) = unfinished(&target);
        assert!(is_new && path.parent() == Some(folder.path()));
        fs::write(&path, b"new").unwrap();
        let named = target.appear(&path).unwrap();
        assert_eq!(named, folder.path().join(if cfg!(unix) { "a (3).txt" } else { "a (2).txt" }));
        assert_eq!(fs::read(folder.path().join("a.txt")).unwrap(), b"old");
        assert_eq!(fs::read(named).unwrap(), b"new");
        assert!(!path.exists());
        // And where a file system cannot rename without replacing.
        fs::write(&path, b"new").unwrap();
        let taken = reserve_and_rename(&path, &folder.path().join("a.txt"));
        assert_eq!(taken.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        let gone = reserve_and_rename(&folder.path().join("gone"), &folder.path().join("b.txt"));
        assert!(gone.is_err() && !folder.path().join("b.txt").exists(), "nothing is left of it");
        reserve_and_rename(&path, &folder.path().join("b.txt")).unwrap();
        assert_eq!(fs::read(folder.path().join("b.txt")).unwrap(), b"new");
    }

    #[test]
    fn two_files_of_one_name_never_share_what_is_unfinished() {
        let folder = tempfile::tempdir().unwrap();
        let first = target(folder.path(), "a", b"abc");
        let mut of = first.of;
        of[15] ^= 1;
        let second = Target { of, ..target(folder.path(), "a", b"xyz") };
        let (mut file, path, _) = unfinished(&first);
        fs::write(&path, b"abc").unwrap();
        let (_, other, _) = unfinished(&second);
        fs::write(&other, b"x").unwrap();
        assert!(first.is_whole(&mut file));
        assert_eq!(fs::read(first.appear(&path).unwrap()).unwrap(), b"abc");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_unfinished_is_the_owners_alone_and_no_link() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path(), "a", b"abc");
        let (_, path, _) = unfinished(&target);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_file(&path).unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, b"mine").unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        let again = Target { begun: Some((path.clone(), 0)), ..target };
        let (_, path, is_new) = unfinished(&again);
        assert!(is_new && path.symlink_metadata().unwrap().is_file());
        assert_eq!(fs::read(&victim).unwrap(), b"mine");
    }

    #[test]
    fn what_was_begun_is_gone_on_with_if_all_of_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path(), "a", b"abc");
        let (_, path, _) = unfinished(&target);
        fs::write(&path, b"ab").unwrap();
        let begun = |bytes| Some((path.clone(), bytes));
        let target = Target { begun: begun(2), ..target };
        assert!(!unfinished(&target).2);
        let target = Target { begun: begun(3), ..target };
        assert!(unfinished(&target).2, "from the beginning");
    }

    #[test]
    fn a_crash_after_the_file_got_its_name_is_no_second_download() {
        let folder = tempfile::tempdir().unwrap();
        let target = target(folder.path(), "a", b"abc");
        fs::write(folder.path().join("a"), b"xyz").unwrap();
        fs::write(folder.path().join("a (2)"), b"abc").unwrap();
        let gone = folder.path().join(".a.01010101.part");
        let target = Target { begun: Some((gone, 3)), ..target };
        assert!(matches!(
            target.open(), Ok(Place::Finished(path)) if path == folder.path().join("a (2)")
        ));
    }

    #[cfg(unix)]
    #[test]
    fn there_is_no_place_where_there_is_no_room_and_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let large = Target { size: u64::MAX, ..target(folder.path(), "a", b"") };
        assert_eq!(large.open().err(), Some(FileWait::Disk));
        let unasked = Target { spare: u64::MAX, ..target(folder.path(), "a", b"") };
        assert_eq!(unasked.open().err(), Some(FileWait::Disk));
        let nowhere = target(&folder.path().join("none"), "a", b"");
        assert_eq!(nowhere.open().err(), Some(FileWait::Disk));
    }
}
