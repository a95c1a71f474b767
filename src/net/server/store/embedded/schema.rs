//! Opening the file: settings, and whose it is.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::OpenFlags;
use rusqlite::OptionalExtension as _;
use rusqlite::config::DbConfig;
use rusqlite::ffi;

use super::super::StoreError;
use super::super::StoreTime;
use super::ladder;
use super::ladder::APPLICATION;
use super::rows::from_sql;
use super::rows::to_sql;

/// Opens a file that is there for writing, makes the store in it if it is empty, and brings one of
/// an earlier version up.
pub(super) fn open(path: &Path, now_s: u64) -> Result<Connection, StoreError> {
    // A file that is none of ours is only looked at: closing it otherwise could change it.
    let from = look(path)?;
    let mut connection = open_to_write(path)?;
    if from == 0 {
        connection.pragma_update(None, "page_size", PAGE_SIZE)?;
    }
    configure(&connection)?;
    ladder::climb(&mut connection, from, now_s)?;
    sync_folder(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
    Ok(connection)
}

/// The version of the file, which stays as it is; 0 if it is empty.
fn look(path: &Path) -> Result<i64, StoreError> {
    match look_by(&open_to_look(path)?, path) {
        // Somebody was killed before the file had its write-ahead log, so while it was made: only
        // who may write can take back what was begun.
        Err(StoreError::Database(error)) if is_unfinished(&error) => {
            look_by(&open_to_write(path)?, path)
        }
        found => found,
    }
}

fn look_by(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    match owner(connection, path)? {
        Owner::Nobody => Ok(0),
        Owner::Relay => ladder::version(connection),
        Owner::Somebody => Err(StoreError::NotAStore(path.to_owned())),
    }
}

fn is_unfinished(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|e| e.extended_code == ffi::SQLITE_READONLY_ROLLBACK)
}

fn open_to_write(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// Opens the file for reading only: nothing of it is changed, not even by closing it.
pub(super) fn open_to_look(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.execute_batch("PRAGMA cell_size_check = ON")?;
    Ok(connection)
}

/// Whether the file holds a store of a version that is known here.
pub(super) fn check_owner(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    match owner(connection, path)? {
        Owner::Relay => ladder::version(connection).map(drop),
        Owner::Nobody | Owner::Somebody => Err(StoreError::NotAStore(path.to_owned())),
    }
}

/// Opens the file a second time, for reading.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let connection = open_to_write(path)?;
    connection.busy_timeout(BUSY)?;
    plan_once(&connection)?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cell_size_check = ON;")?;
    Ok(connection)
}

/// The store's time; `None` when it is not what was written.
pub(super) fn time(connection: &Connection) -> Result<Option<StoreTime>, StoreError> {
    let found = connection.query_row(TIME, [], |row| {
        let (seconds, written) = (row.get_ref(0)?, row.get_ref(1)?);
        let seconds = seconds.as_i64().ok();
        Ok(seconds.filter(|&seconds| written.as_i64() == Ok(checksum(seconds))))
    });
    Ok(found.optional()?.flatten().map(|seconds| StoreTime::new(from_sql(seconds))))
}

/// Writes the store's time.
pub(super) fn set_time(connection: &Connection, time: StoreTime) -> Result<(), StoreError> {
    let seconds = to_sql(time.seconds());
    connection.prepare_cached(SET_TIME)?.execute([seconds, checksum(seconds)])?;
    Ok(())
}

/// `CRC-32(value)`, as 8 bytes, big-endian.
pub(super) fn checksum(value: i64) -> i64 {
    i64::from(crc32fast::hash(&value.to_be_bytes()))
}

enum Owner {
    Nobody,
    Relay,
    Somebody,
}

fn owner(connection: &Connection, path: &Path) -> Result<Owner, StoreError> {
    let number = |query| connection.query_row(query, [], |row| row.get::<_, i64>(0));
    let found = number("PRAGMA application_id")
        .and_then(|application| Ok((application, number("SELECT count(*) FROM sqlite_schema")?)));
    Ok(match found.map_err(|error| not_a_store(error, path))? {
        (APPLICATION, 1..) => Owner::Relay,
        (0, 0) => Owner::Nobody,
        _ => Owner::Somebody,
    })
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    plan_once(connection)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(SETTINGS)?;
    Ok(())
}

/// A statement is planned when it is prepared, not again whenever a value is bound that a partial
/// index could fit.
fn plan_once(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn not_a_store(error: rusqlite::Error, path: &Path) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StoreError::NotAStore(path.to_owned()),
        _ => error.into(),
    }
}

/// Makes the names of the file and its log as durable as what is in them.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// In bytes. An envelope and its row fill one such page; none of the larger ones wastes less.
/// Envelopes per second without the disk's own time (tmpfs, 1, 32 and 256 for each commit): 37,000,
/// 88,000 and 91,000; with 8 KiB 26,000, 75,000 and 58,000; with 16 KiB 16,000, 63,000 and 70,000.
/// Bytes of file for each of 12,800 envelopes: 4,186, 4,184 and 4,188.
const PAGE_SIZE: u32 = 4096;

/// A reader waits for the writer only while a log is recovered.
const BUSY: Duration = Duration::from_secs(5);

/// More than there are statements.
const STATEMENTS: usize = 32;

/// `synchronous = FULL`: the log is on the disk before a commit returns. `wal_autocheckpoint`:
/// 16 MiB of log, so that a checkpoint's two further fsyncs are shared by some thousand envelopes;
/// of what a longer one has left, 24 MiB are kept.
/// `cell_size_check`: damaged pages are noticed as they are read.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4096;
    PRAGMA journal_size_limit = 25165824;
    PRAGMA secure_delete = ON;
    PRAGMA cell_size_check = ON;
    PRAGMA cache_size = -16384;
    PRAGMA temp_store = MEMORY;
";

const TIME: &str = "SELECT value, checksum FROM meta WHERE name = 'time'";

const SET_TIME: &str = "INSERT OR REPLACE INTO meta VALUES ('time', ?1, ?2)";

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_commit_waits_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let path = folder.path().join("store");
            File::options().append(true).create(true).open(&path).unwrap();
            let connection = open(&path, 1).unwrap();
            let synchronous: i64 =
                connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
            let journal: String =
                connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
            assert_eq!((synchronous, journal.as_str()), (2, "wal"));
        }
    }
}
