//! What has expired: all at once, or one by one where something of it is damaged.

use rusqlite::Connection;
use rusqlite::Row;

use super::super::Damage;
use super::super::Position;
use super::super::StoreError;
use super::rows::address;
use super::rows::limit_to_sql;
use super::rows::position;
use super::rows::read;
use super::rows::to_sql;
use super::rows::until_torn;

/// An envelope that has expired.
pub(super) struct Expired {
    pub(super) position: Position,
    pub(super) mailbox: i64,
    pub(super) is_damaged: bool,
}

impl Expired {
    /// A row of [`read`], the mailbox's address and its number.
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        let position = position(row)?;
        let damaged = |_| StoreError::Damaged(Damage::Envelope(position.number()));
        Ok(Self {
            position,
            mailbox: row.get_ref(6)?.as_i64().map_err(damaged)?,
            is_damaged: read(row, address(row)?.as_ref())?.is_none(),
        })
    }
}

/// What has expired.
pub(super) fn all(
    connection: &Connection,
    until_s: u64,
    limit: usize,
) -> Result<Vec<Expired>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.position, e.id, e.expires, e.checksum, e.body, m.address, e.mailbox
         FROM envelope e LEFT JOIN mailbox m ON m.number = e.mailbox
         WHERE e.expires <= ?1 ORDER BY e.expires, e.position LIMIT ?2",
    )?;
    let mut rows = statement.query([to_sql(until_s), limit_to_sql(limit)])?;
    let mut expired = Vec::new();
    while let Some(row) = rows.next()? {
        expired.push(Expired::from_row(row)?);
    }
    Ok(expired)
}

/// The same of the envelope at this position.
pub(super) fn at(connection: &Connection, at: Position) -> Result<Option<Expired>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.position, e.id, e.expires, e.checksum, e.body, m.address, e.mailbox
         FROM envelope e LEFT JOIN mailbox m ON m.number = e.mailbox WHERE e.position = ?1",
    )?;
    let mut rows = statement.query([to_sql(at.number())])?;
    rows.next()?.map(Expired::from_row).transpose()
}

/// Where envelopes stand that have expired, after so many of them, by the index alone; and whether that
/// is torn behind these.
pub(super) fn due(
    connection: &Connection,
    until_s: u64,
    limit: usize,
    after: usize,
) -> Result<(Vec<Position>, bool), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position FROM envelope INDEXED BY envelope_by_expires
         WHERE expires <= ?1 ORDER BY expires, position LIMIT ?2 OFFSET ?3",
    )?;
    let (limit, after) = (limit_to_sql(limit), limit_to_sql(after));
    until_torn(statement.query([to_sql(until_s), limit, after])?)
}
