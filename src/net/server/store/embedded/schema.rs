//! Opening the file: settings, schema, and whose it is.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::ErrorCode;
use rusqlite::OpenFlags;
use rusqlite::OptionalExtension as _;

use super::super::StoreError;
use super::super::StoreTime;
use super::rows::from_sql;
use super::rows::to_sql;

/// Opens a file that is there for writing, and makes the store in it if it is empty.
pub(super) fn open(path: &Path, now_s: u64) -> Result<Connection, StoreError> {
    let io_error = |source| StoreError::Io { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    match owner(&connection, path)? {
        Owner::Nobody => create(&mut connection, now_s)?,
        Owner::Relay => check_version(&connection)?,
        Owner::Somebody => return Err(StoreError::NotAStore(path.to_owned())),
    }
    configure(&connection)?;
    sync_folder(path).map_err(io_error)?;
    Ok(connection)
}

/// Whether the file holds a store of this version.
pub(super) fn check_owner(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    match owner(connection, path)? {
        Owner::Relay => check_version(connection),
        Owner::Nobody | Owner::Somebody => Err(StoreError::NotAStore(path.to_owned())),
    }
}

/// Opens the file a second time, for reading.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
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
fn checksum(value: i64) -> i64 {
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

fn create(connection: &mut Connection, now_s: u64) -> Result<(), StoreError> {
    connection.pragma_update(None, "page_size", PAGE_SIZE)?;
    configure(connection)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction
        .execute("INSERT INTO meta VALUES ('schema', ?1, ?2)", [VERSION, checksum(VERSION)])?;
    set_time(&transaction, StoreTime::new(now_s))?;
    transaction.commit()?;
    Ok(())
}

fn check_version(connection: &Connection) -> Result<(), StoreError> {
    let found: Option<i64> = connection
        .query_row("SELECT value FROM meta WHERE name = 'schema'", [], |row| row.get(0))
        .optional()?;
    match found {
        Some(VERSION) => Ok(()),
        other => Err(StoreError::Schema { found: other.unwrap_or_default(), spoken: VERSION }),
    }
}

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(SETTINGS)?;
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

/// "baut", in the file's header.
const APPLICATION: i64 = 0x6261_7574;

/// The version of the schema below.
const VERSION: i64 = 1;

/// In bytes. An envelope and its row fill one such page; none of the larger ones wastes less.
/// Envelopes per second without the disk's own time (tmpfs, 1, 32 and 256 for each commit): 37,000,
/// 88,000 and 91,000; with 8 KiB 26,000, 75,000 and 58,000; with 16 KiB 16,000, 63,000 and 70,000.
const PAGE_SIZE: u32 = 4096;

/// A reader waits for the writer only while a log is recovered.
const BUSY: Duration = Duration::from_secs(5);

/// More than there are statements.
const STATEMENTS: usize = 32;

/// `synchronous = FULL`: the log is on the disk before a commit returns. `wal_autocheckpoint`:
/// 16 MiB of log, so that a checkpoint's two further fsyncs are shared by some thousand envelopes.
/// `cell_size_check`: damaged pages are noticed as they are read.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 4096;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA secure_delete = ON;
    PRAGMA cell_size_check = ON;
    PRAGMA cache_size = -16384;
    PRAGMA temp_store = MEMORY;
";

const SCHEMA: &str = "
    CREATE TABLE meta (
        name     TEXT    PRIMARY KEY,
        value    INTEGER NOT NULL,
        checksum INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE mailbox (
        number       INTEGER PRIMARY KEY,
        address      BLOB    NOT NULL UNIQUE,
        envelopes    INTEGER NOT NULL,
        acknowledged INTEGER NOT NULL,
        checksum     INTEGER NOT NULL
    );
    CREATE INDEX mailbox_by_acknowledged ON mailbox (acknowledged) WHERE acknowledged > 0;
    CREATE TABLE envelope (
        position INTEGER PRIMARY KEY,
        mailbox  INTEGER NOT NULL,
        id       BLOB    NOT NULL,
        expires  INTEGER NOT NULL,
        checksum INTEGER NOT NULL,
        body     BLOB    NOT NULL,
        UNIQUE (mailbox, id)
    );
    CREATE INDEX envelope_by_mailbox ON envelope (mailbox);
    CREATE INDEX envelope_by_expires ON envelope (expires);
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
