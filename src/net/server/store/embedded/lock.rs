//! One process at a time: a locked file beside the store that names who holds it, and the store's
//! own file, which is locked by whichever name it is reached.
//!
//! Invariant: the store's file is opened here before SQLite opens it and closed after SQLite has
//! closed it. Closing any handle of a file drops the locks that the process has on it by `fcntl`,
//! which are SQLite's; these are by `flock`, which is independent of them.

use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::fs::Permissions;
use std::fs::TryLockError;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use super::super::StoreError;

/// The lock on a store; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _name: File,
    _store: File,
}

impl Lock {
    /// Takes it on what [`resolve`] has found, and makes the file one for its owner only.
    pub(super) fn take(store: &Path) -> Result<Self, StoreError> {
        let path = lock_path(store);
        let mut name = open_private(&path).map_err(|source| io_error(&path, source))?;
        if !is_locked_now(&name).map_err(|source| io_error(&path, source))? {
            return Err(StoreError::InUse { path: store.to_owned(), pid: holder(&mut name) });
        }
        let file = open_private(store).map_err(|source| io_error(store, source))?;
        if !is_locked_now(&file).map_err(|source| io_error(store, source))? {
            return Err(StoreError::InUse { path: store.to_owned(), pid: UNKNOWN.to_owned() });
        }
        let owner_only = Permissions::from_mode(0o600);
        file.set_permissions(owner_only).map_err(|source| io_error(store, source))?;
        match write_holder(&mut name) {
            // A relay must start on a full disk; the next one is refused without a name then.
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {}
            written => written.map_err(|source| io_error(&path, source))?,
        }
        Ok(Self { _name: name, _store: file })
    }
}

/// The store's own path, behind symbolic links; a file that is not there is made.
pub(super) fn resolve(store: &Path) -> Result<PathBuf, StoreError> {
    let resolved = match fs::canonicalize(store) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            open_private(store).and_then(|_| fs::canonicalize(store))
        }
        resolved => resolved,
    };
    resolved.map_err(|source| io_error(store, source))
}

/// Whether the file could be locked; `false` if somebody else has.
fn is_locked_now(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn io_error(path: &Path, source: io::Error) -> StoreError {
    StoreError::Io { path: path.to_owned(), source }
}

fn write_holder(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    // In one piece: a full disk takes all of it or nothing.
    file.write_all(format!("{}\n", std::process::id()).as_bytes())
}

/// Opens a file for its owner only, and makes it if it is not there.
fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn holder(file: &mut File) -> String {
    let mut pid = String::new();
    match file.take(PID_LEN).read_to_string(&mut pid) {
        Ok(_) if !pid.trim().is_empty() => pid.trim().to_owned(),
        _ => UNKNOWN.to_owned(),
    }
}

fn lock_path(store: &Path) -> PathBuf {
    let mut path = OsString::from(store);
    path.push(".lock");
    PathBuf::from(path)
}

/// Stands for the holder that no file names: it came by another name of the same file.
const UNKNOWN: &str = "unknown";

/// More digits than a process id has.
const PID_LEN: u64 = 20;
