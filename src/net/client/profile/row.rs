//! The database's two tables, and nothing of what is sealed in them.

use rusqlite::Connection;
use rusqlite::params;

/// What a row is about. The numbers stand in the file and in the seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The identity; one row.
    Identity,
    /// A network that was met, by its id.
    Network,
    /// A contact, by its number.
    Contact,
    /// The marks of a removed contact, by a random id.
    Mark,
    /// A session.
    Session,
    /// The private keys of a bundle that is out.
    Bundle,
    /// An item, a part or a greeting without the peer's receipt.
    Outgoing,
    /// An envelope that the relay has not confirmed.
    Put,
    /// A message of the history, by contact and place.
    Message,
    /// An item that was taken in or written, by contact and name, and its place in the history.
    Seen,
    /// An item that waits for one before it.
    Held,
    /// A request that is being taken back.
    Farewell,
    /// A receipt that is due, by contact and name.
    Due,
    /// A part of an item that is not complete, by contact, name and index.
    Part,
    /// What is there of an item that is not complete, by contact and name.
    Join,
    /// A change of a message that has not come yet, by contact and order.
    Early,
    /// When a message is destroyed, by contact and place.
    Fuse,
    /// What holds for all conversations; one row.
    Settings,
    /// A file that is offered or moves, by contact and the offer's name.
    File,
    /// What is there of a file that is over and is to be deleted, by a random id.
    Leftover,
}

impl Kind {
    /// Its number.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::Identity => 1,
            Self::Network => 2,
            Self::Contact => 3,
            Self::Mark => 4,
            Self::Session => 5,
            Self::Bundle => 6,
            Self::Outgoing => 7,
            Self::Put => 8,
            Self::Message => 9,
            Self::Seen => 10,
            Self::Held => 11,
            Self::Farewell => 12,
            Self::Due => 13,
            Self::Part => 14,
            Self::Join => 15,
            Self::Early => 16,
            Self::Fuse => 17,
            Self::Settings => 18,
            Self::File => 19,
            Self::Leftover => 20,
        }
    }
}

/// A row as it stands in the file.
pub(super) struct Sealed {
    pub(super) id: Vec<u8>,
    pub(super) generation: i64,
    pub(super) sealed: Vec<u8>,
}

/// The format of the file, and of what is sealed in it.
pub(super) const FORMAT: i64 = 3;

pub(super) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TABLE protection(
             format INTEGER NOT NULL, salt BLOB, memory INTEGER, passes INTEGER, lanes INTEGER,
             sealed BLOB);
         CREATE TABLE rows(
             kind INTEGER NOT NULL, id BLOB NOT NULL, generation INTEGER NOT NULL,
             sealed BLOB NOT NULL, UNIQUE(kind, id));",
    )
}

pub(super) fn exists(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT count(*) FROM sqlite_master WHERE name = 'protection'", [], |row| {
        Ok(row.get::<_, i64>(0)? == 1)
    })
}

pub(super) fn last_generation(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("SELECT ifnull(max(generation), 0) FROM rows", [], |row| row.get(0))
}

pub(super) fn write(
    db: &Connection,
    kind: Kind,
    id: &[u8],
    generation: i64,
    sealed: &[u8],
) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO rows(kind, id, generation, sealed) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT(kind, id) DO UPDATE SET generation = ?3, sealed = ?4",
    )?
    .execute(params![kind.number(), id, generation, sealed])?;
    Ok(())
}

pub(super) fn delete(db: &Connection, kind: Kind, id: &[u8]) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM rows WHERE kind = ?1 AND id = ?2")?
        .execute(params![kind.number(), id])?;
    Ok(())
}

/// The ids of a kind from one to before another, in order.
pub(super) fn ids(
    db: &Connection,
    kind: Kind,
    from: &[u8],
    before: Option<&[u8]>,
) -> rusqlite::Result<Vec<Vec<u8>>> {
    db.prepare_cached(
        "SELECT id FROM rows WHERE kind = ?1 AND id >= ?2 AND (?3 IS NULL OR id < ?3) ORDER BY id",
    )?
    .query_map(params![kind.number(), from, before], |row| row.get(0))?
    .collect()
}

pub(super) fn read(db: &Connection, kind: Kind, id: &[u8]) -> rusqlite::Result<Sealed> {
    db.prepare_cached("SELECT id, generation, sealed FROM rows WHERE kind = ?1 AND id = ?2")?
        .query_row(params![kind.number(), id], sealed)
}

pub(super) fn read_all(db: &Connection, kind: Kind) -> rusqlite::Result<Vec<Sealed>> {
    db.prepare_cached("SELECT id, generation, sealed FROM rows WHERE kind = ?1 ORDER BY id")?
        .query_map(params![kind.number()], sealed)?
        .collect()
}

pub(super) fn read_before(
    db: &Connection,
    kind: Kind,
    prefix: &[u8],
    before: &[u8],
    limit: usize,
) -> rusqlite::Result<Vec<Sealed>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.prepare_cached(
        "SELECT id, generation, sealed FROM rows
         WHERE kind = ?1 AND id >= ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4",
    )?
    .query_map(params![kind.number(), prefix, before, limit], sealed)?
    .collect()
}

pub(super) fn read_after(
    db: &Connection,
    kind: Kind,
    after: &[u8],
    limit: usize,
) -> rusqlite::Result<Vec<Sealed>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.prepare_cached(
        "SELECT id, generation, sealed FROM rows
         WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    )?
    .query_map(params![kind.number(), after, limit], sealed)?
    .collect()
}

fn sealed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Sealed> {
    Ok(Sealed { id: row.get(0)?, generation: row.get(1)?, sealed: row.get(2)? })
}
