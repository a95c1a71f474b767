//! What can be wrong with a store.

use std::fmt;
use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;
use rusqlite::ffi;

/// Why a store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another relay has this store open.
    #[error("the store {} is in use by process {pid}", path.display())]
    InUse {
        /// The store.
        path: PathBuf,
        /// The other relay's process, as its lock file names it.
        pid: String,
    },
    /// The file is an SQLite file of something else, or no SQLite file at all.
    #[error("{} is not a relay's store", .0.display())]
    NotAStore(PathBuf),
    /// The file was written by a newer relay.
    #[error(
        "a newer relay has written the store: it is of version {found}, and this relay knows \
         versions up to {spoken}; nothing in it was changed"
    )]
    Schema {
        /// The version of the file.
        found: i64,
        /// The newest that is known here.
        spoken: i64,
    },
    /// The store is damaged; what is named cannot be read.
    #[error("the store is damaged: {0}")]
    Damaged(Damage),
    /// There is no room left on the disk.
    #[error("the disk is full")]
    DiskFull,
    /// An earlier write failed in a way after which nothing the system says about the file can be
    /// relied on; the relay has to be started again.
    #[error("an earlier write to the store failed; start the relay again")]
    Halted,
    /// The file system refused.
    #[error("cannot use the store {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
    /// SQLite refused.
    #[error("the store's database failed")]
    Database(#[source] rusqlite::Error),
}

impl StoreError {
    /// Whether the store takes nothing more until it is opened again: after an fsync that failed
    /// the kernel may have dropped what it could not write, and report the next one as good.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Halted => true,
            Self::Database(error) => is_failed_sync(error),
            _ => false,
        }
    }
}

/// Whether SQLite says that the system could not make a write durable.
fn is_failed_sync(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        matches!(
            error.extended_code,
            ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC | ffi::SQLITE_IOERR_CLOSE
        )
    })
}

/// Whether the log's index (`-shm`) could not be made as large as it has to be.
fn is_no_room_for_index(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_IOERR_SHMSIZE)
}

/// Whether a page could not be read, or the file system found its checksum wrong.
fn is_unreadable(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        matches!(
            error.extended_code,
            ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS
        )
    })
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // The statements are fixed, so it is the file that does not have the tables they name.
        if matches!(error, rusqlite::Error::SqlInputError { .. }) {
            return Self::Damaged(Damage::File);
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged(Damage::File)
            }
            _ if is_unreadable(&error) => Self::Damaged(Damage::File),
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            _ if is_no_room_for_index(&error) => Self::DiskFull,
            _ => Self::Database(error),
        }
    }
}

/// What is damaged. Numbers count rows and name no mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Damage {
    /// The structure of the file.
    File,
    /// The store's time: it began again so far back that nothing is deleted too soon.
    Time,
    /// The row of a mailbox: its envelopes were counted again. If its address is damaged they can no
    /// longer be found.
    Mailbox(u64),
    /// The row of an envelope.
    Envelope(u64),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("the structure of its file"),
            Self::Time => f.write_str("its time"),
            Self::Mailbox(row) => write!(f, "mailbox in row {row}"),
            Self::Envelope(row) => write!(f, "envelope in row {row}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_fsync_is_final_and_a_full_disk_is_not() {
        let error =
            |code| StoreError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        assert!(error(ffi::SQLITE_IOERR_FSYNC).is_final() && StoreError::Halted.is_final());
        assert!(!error(ffi::SQLITE_FULL).is_final() && !error(ffi::SQLITE_IOERR_READ).is_final());
    }

    /// The rest of the store is as good as before.
    #[test]
    fn a_page_that_the_disk_does_not_give_is_damage_and_one_that_it_does_not_take_is_not() {
        let error =
            |code| StoreError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        for code in [ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR_CORRUPTFS, ffi::SQLITE_CORRUPT] {
            assert!(matches!(error(code), StoreError::Damaged(Damage::File)), "{code}");
        }
        assert!(matches!(error(ffi::SQLITE_IOERR_WRITE), StoreError::Database(_)));
    }
}
