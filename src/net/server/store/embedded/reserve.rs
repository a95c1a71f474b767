//! Disk that is held back for the day when there is no more: a file beside the store that is deleted
//! then.
//!
//! ```text
//!   held ──the disk is full──▶ out: Puts are refused; what is read is acknowledged, in the room
//!        ◀──there is room────       that the file has left, before somebody else takes it
//! ```
//!
//! Also what deletes an envelope is first written to the log. Without room nothing could be
//! acknowledged any more, and a relay would stay full for ever on what has long been read.

use std::ffi::OsString;
use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::ErrorKind;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use rustix::fs::FallocateFlags;
use rustix::fs::fallocate;
use rustix::fs::statvfs;
use rustix::io::Errno;

/// The reserve of a store.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    log: PathBuf,
    is_held: bool,
    /// Whether the operator was told why it cannot be held; said once, for it is tried with every commit.
    has_complained: bool,
}

impl Reserve {
    /// The reserve of this store, as it was left. To be asked for by whoever has the lock.
    pub(super) fn of(store: &Path) -> Self {
        let beside = |suffix| {
            let mut path = OsString::from(store);
            path.push(suffix);
            PathBuf::from(path)
        };
        let path = beside(".reserve");
        // One that was begun and not finished does not count.
        let is_held = path.metadata().is_ok_and(|found| found.len() == LEN);
        Self { path, log: beside("-wal"), is_held, has_complained: false }
    }

    pub(super) const fn is_held(&self) -> bool {
        self.is_held
    }

    /// Gives the disk back what was held. `false` if that was done before.
    pub(super) fn release(&mut self) -> bool {
        if !std::mem::take(&mut self.is_held) {
            return false;
        }
        // A file that cannot be deleted leaves the disk as full as it is, which the store then says.
        let _ = fs::remove_file(&self.path);
        tracing::error!("the disk is full: the relay takes nothing new until there is room");
        true
    }

    /// Takes for the store's log what it needs while the reserve is out. Whatever does not succeed
    /// here is said by the write that fails for it.
    pub(super) fn extend_log(&self) {
        if let Ok(log) = OpenOptions::new().write(true).open(&self.log) {
            let _ = fallocate(&log, FallocateFlags::KEEP_SIZE, 0, LOG_LEN);
        }
    }

    /// Holds it again if the disk has room for it and some more.
    pub(super) fn restore(&mut self) {
        if self.is_held || !self.has_room() {
            return;
        }
        match self.allocate() {
            Ok(()) => (self.is_held, self.has_complained) = (true, false),
            Err(error) => {
                let _ = fs::remove_file(&self.path);
                let is_full = error.kind() == ErrorKind::StorageFull;
                if !is_full && !std::mem::replace(&mut self.has_complained, true) {
                    tracing::warn!(%error, "cannot hold back a part of the disk");
                }
            }
        }
    }

    fn has_room(&self) -> bool {
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        statvfs(folder).is_ok_and(|disk| {
            disk.f_bavail.saturating_mul(disk.f_frsize) >= LEN.saturating_add(ROOM)
        })
    }

    /// Its length is set last, so that a file that is whole is the reserve.
    fn allocate(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&self.path)?;
        match fallocate(&file, FallocateFlags::KEEP_SIZE, 0, LEN) {
            Ok(()) => file.set_len(LEN),
            Err(Errno::OPNOTSUPP) => write_zeros(&mut file),
            Err(error) => Err(error.into()),
        }
    }
}

fn write_zeros(file: &mut File) -> io::Result<()> {
    let zeros = [0; 1 << 16];
    let mut written = 0;
    while written < LEN {
        file.write_all(&zeros)?;
        written = written.saturating_add(1 << 16);
    }
    file.sync_all()
}

/// In bytes: 24 MiB by which the store's file grows at most when its log is copied into it (the
/// log's limit in `schema`), and the log of what is acknowledged meanwhile.
const LEN: u64 = (24 << 20) + LOG_LEN;

/// In bytes: an Ack of 64 envelopes in a log writes about 300 pages.
const LOG_LEN: u64 = 8 << 20;

/// What must be free beside it, in bytes, so that it is not given back at once.
const ROOM: u64 = 8 << 20;
