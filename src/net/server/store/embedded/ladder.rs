//! The versions of the file's schema, and the steps from each to the next.
//!
//! ```text
//!   empty ──▶ 1: mailboxes, envelopes, time; a row of meta names the version
//!         ──▶ 2: the file's header names it (user_version), and the row is gone
//! ```
//!
//! Each step is one transaction, which also writes the number it leads to: whenever the process is
//! killed, the file is of one version or of the next, and whoever opens it climbs on. A new file
//! climbs all of it. Steps are never changed once a relay has been released with them; what comes
//! is another step.

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::Transaction;
use rusqlite::TransactionBehavior;

use super::super::Damage;
use super::super::StoreError;
use super::super::StoreTime;
use super::schema;

/// The version that is spoken here.
pub(super) const SPOKEN: i64 = 2;

/// "baut", in the file's header.
pub(super) const APPLICATION: i64 = 0x6261_7574;

/// The version of a store's schema.
///
/// # Errors
/// [`StoreError::Schema`] when a newer relay has written it, [`StoreError::Damaged`] when nothing
/// in it names one.
pub(super) fn version(connection: &Connection) -> Result<i64, StoreError> {
    let in_header: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let found = if in_header == 0 { version_in_row(connection)? } else { in_header };
    match found {
        1..=SPOKEN => Ok(found),
        ..=0 => Err(StoreError::Damaged(Damage::File)),
        _ => Err(StoreError::Schema { found, spoken: SPOKEN }),
    }
}

/// Climbs from a version, 0 for an empty file, to the one that is spoken.
pub(super) fn climb(connection: &mut Connection, from: i64, now_s: u64) -> Result<(), StoreError> {
    if from < 1 {
        step(connection, 1, |transaction| make_tables(transaction, now_s))?;
    }
    if from < 2 {
        step(connection, 2, drop_row)?;
    }
    Ok(())
}

fn step(
    connection: &mut Connection,
    to: i64,
    change: impl FnOnce(&Transaction<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    change(&transaction)?;
    transaction.pragma_update(None, "user_version", to)?;
    Ok(transaction.commit()?)
}

fn make_tables(transaction: &Transaction<'_>, now_s: u64) -> Result<(), StoreError> {
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    let first = [1, schema::checksum(1)];
    transaction.execute("INSERT INTO meta VALUES ('schema', ?1, ?2)", first)?;
    schema::set_time(transaction, StoreTime::new(now_s))
}

/// A number in the header can be read whatever tables a later version has.
fn drop_row(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM meta WHERE name = 'schema'", [])?;
    Ok(())
}

/// Where version 1 stands, which leaves the header's number at 0; 0 if it does not stand there.
fn version_in_row(connection: &Connection) -> Result<i64, StoreError> {
    let found =
        connection.query_row("SELECT value, checksum FROM meta WHERE name = 'schema'", [], |row| {
            Ok((row.get_ref(0)?.as_i64().ok(), row.get_ref(1)?.as_i64().ok()))
        });
    Ok(match found.optional()? {
        Some((Some(value), Some(written))) if written == schema::checksum(value) => value,
        _ => 0,
    })
}

/// The tables of version 1, which those of version 2 are.
const TABLES: &str = "
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
