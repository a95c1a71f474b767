//! The rows: reading them, with their checksums, and writing them.

use rusqlite::Connection;
use rusqlite::OptionalExtension as _;
use rusqlite::Row;
use rusqlite::Rows;
use rusqlite::params;

use super::super::Damage;
use super::super::Fetched;
use super::super::Kept;
use super::super::Position;
use super::super::StoreError;
use super::super::Usage;
use crate::net::cell::Address;
use crate::net::cell::Envelope;
use crate::net::cell::EnvelopeId;

/// What is known of a mailbox.
pub(super) struct Mailbox {
    pub(super) number: i64,
    address: Vec<u8>,
    pub(super) held: u64,
    pub(super) acknowledged_s: u64,
}

impl Mailbox {
    pub(super) fn find(
        connection: &Connection,
        address: &Address,
    ) -> Result<Option<Self>, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT number, address, envelopes, acknowledged FROM mailbox WHERE address = ?1",
        )?;
        Ok(statement.query_row([address.as_bytes().as_slice()], Self::from_row).optional()?)
    }

    pub(super) fn numbered(
        connection: &Connection,
        number: i64,
    ) -> Result<Option<Self>, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT number, address, envelopes, acknowledged FROM mailbox WHERE number = ?1",
        )?;
        Ok(statement.query_row([number], Self::from_row).optional()?)
    }

    /// Makes a cold mailbox that holds one envelope, and says its number.
    pub(super) fn insert(connection: &Connection, address: &Address) -> Result<i64, StoreError> {
        let mut last = connection.prepare_cached("SELECT coalesce(max(number), 0) FROM mailbox")?;
        let last: i64 = last.query_row([], |row| row.get(0))?;
        let address = address.as_bytes().to_vec();
        let new = Self { number: last.saturating_add(1), address, held: 1, acknowledged_s: 0 };
        connection
            .prepare_cached("INSERT INTO mailbox VALUES (?1, ?2, 1, 0, ?3)")?
            .execute(params![new.number, new.address, new.checksum()])?;
        Ok(new.number)
    }

    /// Mailboxes whose rows are not what was written.
    pub(super) fn damaged(connection: &Connection) -> Result<Vec<Self>, StoreError> {
        let mut statement = connection
            .prepare("SELECT number, address, envelopes, acknowledged, checksum FROM mailbox")?;
        let mut rows = statement.query([])?;
        let mut damaged = Vec::new();
        while let Some(row) = rows.next()? {
            let mailbox = Self::from_row(row)?;
            if row.get_ref(4)?.as_i64() != Ok(mailbox.checksum()) {
                damaged.push(mailbox);
            }
        }
        Ok(damaged)
    }

    /// How many there are.
    pub(super) fn count(connection: &Connection) -> Result<u64, StoreError> {
        let count = connection.query_row("SELECT count(*) FROM mailbox", [], |row| row.get(0))?;
        Ok(from_sql(count))
    }

    /// Numbers of mailboxes that hold more or fewer envelopes than their rows say.
    pub(super) fn miscounted(connection: &Connection) -> Result<Vec<i64>, StoreError> {
        let mut statement = connection.prepare(
            "SELECT number FROM mailbox m
             WHERE envelopes <> (SELECT count(*) FROM envelope e WHERE e.mailbox = m.number)",
        )?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many envelopes it holds by their own rows, and whether one of them bears its address.
    pub(super) fn recount(&self, connection: &Connection) -> Result<(u64, bool), StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT position, id, expires, checksum, body FROM envelope WHERE mailbox = ?1",
        )?;
        let address = self.address.as_slice().try_into().ok().map(Address::new);
        let mut rows = statement.query([self.number])?;
        let (mut held, mut is_known) = (0, false);
        while let Some(row) = rows.next()? {
            held += 1;
            is_known = is_known || read(row, address.as_ref())?.is_some();
        }
        Ok((held, is_known))
    }

    pub(super) fn forget(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut delete = connection.prepare_cached("DELETE FROM mailbox WHERE number = ?1")?;
        delete.execute([self.number])?;
        Ok(())
    }

    /// Writes what has changed.
    pub(super) fn save(&self, connection: &Connection) -> Result<(), StoreError> {
        self.write(connection, self.checksum())
    }

    /// Writes what has changed, and leaves the row marked as damaged.
    pub(super) fn save_damaged(&self, connection: &Connection) -> Result<(), StoreError> {
        self.write(connection, !self.checksum())
    }

    fn write(&self, connection: &Connection, checksum: i64) -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(
            "UPDATE mailbox SET envelopes = ?2, acknowledged = ?3, checksum = ?4 WHERE number = ?1",
        )?;
        let (held, acknowledged) = (to_sql(self.held), to_sql(self.acknowledged_s));
        statement.execute([self.number, held, acknowledged, checksum])?;
        Ok(())
    }

    /// `CRC-32(number ‖ address ‖ envelopes ‖ acknowledged)`, numbers as 8 bytes, big-endian.
    fn checksum(&self) -> i64 {
        let Self { number, address, held, acknowledged_s } = self;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&number.to_be_bytes());
        crc.update(address);
        crc.update(&held.to_be_bytes());
        crc.update(&acknowledged_s.to_be_bytes());
        i64::from(crc.finalize())
    }

    /// Mailboxes whose last acknowledgement is as old as this.
    pub(super) fn acknowledged_until(
        connection: &Connection,
        until_s: u64,
        limit: usize,
    ) -> Result<Vec<Self>, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT number, address, envelopes, acknowledged FROM mailbox
             WHERE acknowledged > 0 AND acknowledged <= ?1 LIMIT ?2",
        )?;
        let rows = statement.query_map([to_sql(until_s), limit_to_sql(limit)], Self::from_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn from_row(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self {
            number: row.get(0)?,
            address: row.get_ref(1)?.as_blob().unwrap_or_default().to_vec(),
            held: from_sql(row.get_ref(2)?.as_i64().unwrap_or_default()),
            acknowledged_s: from_sql(row.get_ref(3)?.as_i64().unwrap_or_default()),
        })
    }
}

/// Writes an envelope's row. It takes the place of no other: if one is there, that is an error.
pub(super) fn insert(connection: &Connection, mailbox: i64, kept: &Kept) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("INSERT INTO envelope VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    statement.execute(params![
        to_sql(kept.position.number()),
        mailbox,
        kept.id.as_bytes(),
        to_sql(kept.expires),
        checksum(kept),
        kept.envelope.as_bytes(),
    ])?;
    Ok(())
}

/// Writes until when an envelope is kept.
pub(super) fn extend(connection: &Connection, kept: &Kept) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached("UPDATE envelope SET expires = ?2, checksum = ?3 WHERE position = ?1")?;
    let position = to_sql(kept.position.number());
    statement.execute([position, to_sql(kept.expires), checksum(kept)])?;
    Ok(())
}

/// The row with this id: where it stands, and what it holds unless it is damaged.
pub(super) fn find(
    connection: &Connection,
    mailbox: i64,
    address: &Address,
    id: &EnvelopeId,
) -> Result<Option<(Position, Option<Kept>)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position, id, expires, checksum, body FROM envelope WHERE mailbox = ?1 AND id = ?2",
    )?;
    let mut rows = statement.query(params![mailbox, id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((position(row)?, read(row, Some(address))?)))
}

/// Deletes the row with this id and says where it stood.
pub(super) fn delete_id(
    connection: &Connection,
    mailbox: i64,
    id: &EnvelopeId,
) -> Result<Option<Position>, StoreError> {
    let mut statement = connection
        .prepare_cached("DELETE FROM envelope WHERE mailbox = ?1 AND id = ?2 RETURNING position")?;
    Ok(statement.query_row(params![mailbox, id.as_bytes()], position).optional()?)
}

/// Deletes the row at this position, if it belongs to the mailbox.
pub(super) fn delete(
    connection: &Connection,
    mailbox: i64,
    at: Position,
) -> Result<bool, StoreError> {
    let mut statement =
        connection.prepare_cached("DELETE FROM envelope WHERE position = ?1 AND mailbox = ?2")?;
    Ok(statement.execute([to_sql(at.number()), mailbox])? == 1)
}

/// The positions in these rows, as far as they can be read, and whether that is not to their end.
pub(super) fn until_torn(mut rows: Rows<'_>) -> Result<(Vec<Position>, bool), StoreError> {
    let mut positions = Vec::new();
    loop {
        match rows.next().map_err(StoreError::from) {
            Ok(Some(row)) => positions.push(position(row)?),
            Ok(None) => return Ok((positions, false)),
            Err(StoreError::Damaged(_)) => return Ok((positions, true)),
            Err(error) => return Err(error),
        }
    }
}

/// See [`super::super::Reader::fetch`].
pub(super) fn fetch(
    connection: &Connection,
    address: &Address,
    after: Position,
    max: usize,
) -> Result<Fetched, StoreError> {
    match fetch_together(connection, address, after, max) {
        Err(StoreError::Damaged(_)) => fetch_apart(connection, address, after, max),
        fetched => fetched,
    }
}

fn fetch_together(
    connection: &Connection,
    address: &Address,
    after: Position,
    max: usize,
) -> Result<Fetched, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT e.position, e.id, e.expires, e.checksum, e.body
         FROM mailbox m JOIN envelope e ON e.mailbox = m.number
         WHERE m.address = ?1 AND e.position > ?2 ORDER BY e.position LIMIT ?3",
    )?;
    let limit = limit_to_sql(max);
    let mut rows = statement.query(params![address.as_bytes(), to_sql(after.number()), limit])?;
    let mut fetched = Fetched { last: after, ..Fetched::default() };
    let mut count = 0;
    while let Some(row) = rows.next()? {
        count += 1;
        let position = position(row)?;
        if position <= fetched.last {
            // An index that leads back would deliver one twice in the place of another.
            fetched.damaged.push(Damage::File);
            continue;
        }
        fetched.last = position;
        match read(row, Some(address))? {
            Some(kept) => fetched.envelopes.push(kept),
            None => fetched.damaged.push(Damage::Envelope(position.number())),
        }
    }
    fetched.more = count == max && fetched.last > after;
    Ok(fetched)
}

/// One by one, by the index alone: what stands on a page that cannot be read is passed over.
fn fetch_apart(
    connection: &Connection,
    address: &Address,
    after: Position,
    max: usize,
) -> Result<Fetched, StoreError> {
    let mut fetched = Fetched { last: after, ..Fetched::default() };
    let Some(mailbox) = Mailbox::find(connection, address)? else { return Ok(fetched) };
    let mut statement = connection.prepare_cached(
        "SELECT position FROM envelope INDEXED BY envelope_by_mailbox
         WHERE mailbox = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
    )?;
    let (from, limit) = (to_sql(after.number()), limit_to_sql(max));
    let (positions, is_torn) = until_torn(statement.query([mailbox.number, from, limit])?)?;
    let is_cut = positions.len() == max;
    for position in positions {
        if position <= fetched.last {
            fetched.damaged.push(Damage::File);
            continue;
        }
        fetched.last = position;
        match at(connection, mailbox.number, address, position) {
            Ok(Some(kept)) => fetched.envelopes.push(kept),
            Ok(None) | Err(StoreError::Damaged(_)) => {
                fetched.damaged.push(Damage::Envelope(position.number()));
            }
            Err(error) => return Err(error),
        }
    }
    if is_torn {
        fetched.damaged.push(Damage::File);
    }
    fetched.more = is_cut && fetched.last > after;
    Ok(fetched)
}

/// The envelope of a mailbox at this position, unless it is damaged.
fn at(
    connection: &Connection,
    mailbox: i64,
    address: &Address,
    at: Position,
) -> Result<Option<Kept>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT position, id, expires, checksum, body FROM envelope
         WHERE position = ?1 AND mailbox = ?2",
    )?;
    let mut rows = statement.query([to_sql(at.number()), mailbox])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(read(row, Some(address))?)
}

/// See [`super::super::Reader::contents`].
pub(super) fn contents(connection: &Connection) -> Result<Vec<Kept>, StoreError> {
    let mut contents = Vec::new();
    let mut damaged = None;
    each(connection, |position, kept| match kept {
        Some(kept) => contents.push(kept),
        None => damaged = Some(Damage::Envelope(position.number())),
    })?;
    damaged.map_or(Ok(contents), |damage| Err(StoreError::Damaged(damage)))
}

/// Every envelope in the order it came, or where one stands that is not what was written.
pub(super) fn each(
    connection: &Connection,
    mut see: impl FnMut(Position, Option<Kept>),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(
        "SELECT e.position, e.id, e.expires, e.checksum, e.body, m.address
         FROM envelope e LEFT JOIN mailbox m ON m.number = e.mailbox ORDER BY e.position",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        see(position(row)?, read(row, address(row)?.as_ref())?);
    }
    Ok(())
}

/// How full the store is.
pub(super) fn usage(connection: &Connection, limit: u64) -> Result<Usage, StoreError> {
    let (envelopes, cold, mailboxes) = connection.query_row(
        "SELECT coalesce(sum(envelopes), 0),
                coalesce(sum(CASE acknowledged WHEN 0 THEN envelopes ELSE 0 END), 0),
                count(*)
         FROM mailbox",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    Ok(Usage {
        envelopes: from_sql(envelopes),
        cold: from_sql(cold),
        mailboxes: from_sql(mailboxes),
        limit,
    })
}

/// The highest position in the store.
pub(super) fn last_position(connection: &Connection) -> Result<Position, StoreError> {
    let last =
        connection
            .query_row("SELECT coalesce(max(position), 0) FROM envelope", [], |row| row.get(0))?;
    Ok(Position::new(from_sql(last)))
}

/// A number as SQLite keeps it. What is larger than it can keep is never counted that far.
pub(super) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number from SQLite; a negative one was never written, and fails its row's checksum.
pub(super) fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn limit_to_sql(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn position(row: &Row<'_>) -> Result<Position, rusqlite::Error> {
    Ok(Position::new(from_sql(row.get(0)?)))
}

pub(super) fn address(row: &Row<'_>) -> Result<Option<Address>, rusqlite::Error> {
    let bytes = row.get_ref(5)?.as_blob_or_null().ok().flatten();
    Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map(Address::new))
}

/// A row of `position, id, expires, checksum, body`; `None` when it is not what was written.
pub(super) fn read(
    row: &Row<'_>,
    address: Option<&Address>,
) -> Result<Option<Kept>, rusqlite::Error> {
    let (id, expires) = (row.get_ref(1)?, row.get_ref(2)?);
    let (written, body) = (row.get_ref(3)?, row.get_ref(4)?);
    let position = position(row)?;
    let kept = || {
        let id = id.as_blob().ok()?.try_into().ok()?;
        let kept = Kept {
            position,
            address: *address?,
            id: EnvelopeId::new(id),
            expires: from_sql(expires.as_i64().ok()?),
            envelope: Envelope::from_slice(body.as_blob().ok()?).ok()?,
        };
        (written.as_i64().ok()? == checksum(&kept)).then_some(kept)
    };
    Ok(kept())
}

/// `CRC-32(position ‖ address ‖ id ‖ expires ‖ body)`, numbers as 8 bytes, big-endian.
fn checksum(kept: &Kept) -> i64 {
    let Kept { position, address, id, expires, envelope } = kept;
    let mut crc = crc32fast::Hasher::new();
    crc.update(&position.number().to_be_bytes());
    crc.update(address.as_bytes());
    crc.update(id.as_bytes());
    crc.update(&expires.to_be_bytes());
    crc.update(envelope.as_bytes());
    i64::from(crc.finalize())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::fs::File;

    use super::super::schema;
    use super::*;
    use crate::net::cell::ENVELOPE_LEN;

    #[test]
    fn a_row_takes_the_place_of_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        File::create_new(&path).unwrap();
        let connection = schema::open(&path, 1).unwrap();
        let address = Address::new([1; 32]);
        let mailbox = Mailbox::insert(&connection, &address).unwrap();
        let kept = |position, id, byte| Kept {
            position: Position::new(position),
            address,
            id: EnvelopeId::new([id; 16]),
            expires: 1,
            envelope: Envelope::from_slice(&[byte; ENVELOPE_LEN]).unwrap(),
        };
        insert(&connection, mailbox, &kept(1, 1, 1)).unwrap();
        assert!(insert(&connection, mailbox, &kept(1, 2, 2)).is_err(), "the same position");
        assert!(insert(&connection, mailbox, &kept(2, 1, 2)).is_err(), "the same id");
        assert_eq!(contents(&connection).unwrap(), [kept(1, 1, 1)]);
    }
}
