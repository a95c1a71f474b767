//! Reading a whole store and naming what in it is not what was written. Nothing is changed.

use std::path::Path;

use rusqlite::Connection;

use super::super::Damage;
use super::super::StoreError;
use super::rows;
use super::rows::Mailbox;
use super::rows::from_sql;
use super::schema;

/// What a check of a whole store found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many mailboxes it knows.
    pub mailboxes: u64,
    /// How many envelopes it holds.
    pub envelopes: u64,
    /// How many things are damaged.
    pub damaged: u64,
    /// The first hundred of them.
    pub damage: Vec<Damage>,
    /// What SQLite says of the file's structure, at most a hundred lines; none when it is sound.
    pub structure: Vec<String>,
}

impl Checked {
    /// Whether everything is as it was written.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damaged == 0 && self.structure.is_empty()
    }

    fn note(&mut self, damage: Damage) {
        self.damaged = self.damaged.saturating_add(1);
        if self.damage.len() < NAMED {
            self.damage.push(damage);
        }
    }
}

/// Checks the store in a file, also one that a relay has open: what is read is one moment of it.
///
/// # Errors
/// [`StoreError::Io`] if there is no file, [`StoreError::NotAStore`] or [`StoreError::Schema`] if it
/// is none of this version. Damage is no error.
pub(super) fn check(path: &Path) -> Result<Checked, StoreError> {
    let io_error = |source| StoreError::Io { path: path.to_owned(), source };
    // SQLite would say only that it cannot open it.
    path.metadata().map_err(io_error)?;
    let mut connection = schema::open_to_look(path)?;
    schema::check_owner(&connection, path)?;
    let moment = connection.transaction()?;
    let mut checked = Checked { structure: structure(&moment)?, ..Checked::default() };
    if let Err(error) = rows(&moment, &mut checked) {
        // What lies behind a torn page cannot be read.
        match error {
            StoreError::Damaged(damage) => checked.note(damage),
            error => return Err(error),
        }
    }
    Ok(checked)
}

fn rows(connection: &Connection, checked: &mut Checked) -> Result<(), StoreError> {
    if schema::time(connection)?.is_none() {
        checked.note(Damage::Time);
    }
    for mailbox in Mailbox::damaged(connection)? {
        checked.note(Damage::Mailbox(from_sql(mailbox.number)));
    }
    for number in Mailbox::miscounted(connection)? {
        checked.note(Damage::Mailbox(from_sql(number)));
    }
    checked.mailboxes = Mailbox::count(connection)?;
    rows::each(connection, |position, kept| {
        checked.envelopes = checked.envelopes.saturating_add(1);
        if kept.is_none() {
            checked.note(Damage::Envelope(position.number()));
        }
    })
}

/// What SQLite finds wrong with pages, trees and indexes.
fn structure(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut said = Vec::new();
    let found = connection.pragma(None, "integrity_check", i64::try_from(NAMED).ok(), |row| {
        said.push(row.get::<_, String>(0)?);
        Ok(())
    });
    match found.map_err(StoreError::from) {
        Ok(()) if said == ["ok"] => Ok(Vec::new()),
        Ok(()) => Ok(said),
        Err(StoreError::Damaged(_)) => {
            said.push("what is behind this cannot be followed".to_owned());
            Ok(said)
        }
        Err(error) => Err(error),
    }
}

/// How much damage is named: an operator restores from a backup long before.
const NAMED: usize = 100;
