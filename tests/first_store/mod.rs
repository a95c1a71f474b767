//! A store as the first relays wrote it, version 1, made by SQL alone.

#![allow(unreachable_pub, reason = "each test binary uses its part")]

use std::path::Path;

use rusqlite::Connection;
use rusqlite::params;

/// The address of the mailbox that everything is in.
pub const ADDRESS: [u8; 32] = [1; 32];

/// Makes the file with these ids and bodies, and leaves it as a clean stop does.
pub fn write(path: &Path, envelopes: &[([u8; 16], [u8; 4000])], expires: u64, time: u64) {
    let store = Connection::open(path).unwrap();
    store.execute_batch(TABLES).unwrap();
    let mut meta = store.prepare("INSERT INTO meta VALUES (?1, ?2, ?3)").unwrap();
    for (name, value) in [("schema", 1), ("time", time)] {
        meta.execute(params![name, number(value), crc(&[&value.to_be_bytes()])]).unwrap();
    }
    let held = u64::try_from(envelopes.len()).unwrap();
    let (one, never) = (1_u64.to_be_bytes(), 0_u64.to_be_bytes());
    let checksum = crc(&[&one, &ADDRESS, &held.to_be_bytes(), &never]);
    store
        .execute(
            "INSERT INTO mailbox VALUES (1, ?1, ?2, 0, ?3)",
            params![ADDRESS, number(held), checksum],
        )
        .unwrap();
    let mut envelope =
        store.prepare("INSERT INTO envelope VALUES (?1, 1, ?2, ?3, ?4, ?5)").unwrap();
    for ((id, body), position) in envelopes.iter().zip(1_u64..) {
        let (at, until) = (position.to_be_bytes(), expires.to_be_bytes());
        let checksum = crc(&[&at, &ADDRESS, id, &until, body]);
        envelope.execute(params![number(position), id, number(expires), checksum, body]).unwrap();
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap()
}

fn crc(parts: &[&[u8]]) -> i64 {
    i64::from(crc32fast::hash(&parts.concat()))
}

const TABLES: &str = "
    PRAGMA page_size = 4096;
    PRAGMA journal_mode = WAL;
    PRAGMA application_id = 0x62617574;
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
