//! What is made good on opening: counts and times that are not what was written.
//!
//! An address or an envelope that is damaged cannot be made good. It stays, is named each time the
//! store is opened, and goes when it expires.

use rusqlite::Connection;

use super::super::Damage;
use super::super::StoreError;
use super::super::StoreTime;
use super::rows::Mailbox;
use super::rows::from_sql;
use super::schema;

/// Makes good what can be, and names all that was damaged.
pub(super) fn repair(
    connection: &mut Connection,
    now_s: u64,
    retention_s: u64,
) -> Result<(StoreTime, Vec<Damage>), StoreError> {
    let transaction = connection.transaction()?;
    let mut damage = Vec::new();
    let time = match schema::time(&transaction)? {
        Some(time) => time,
        None => {
            damage.push(Damage::Time);
            // So far back that by the clock nothing is deleted too soon; it catches up.
            let time = StoreTime::new(now_s.saturating_sub(retention_s));
            schema::set_time(&transaction, time)?;
            time
        }
    };
    for mailbox in Mailbox::damaged(&transaction)? {
        damage.push(Damage::Mailbox(from_sql(mailbox.number)));
        mend(&transaction, mailbox, time)?;
    }
    transaction.commit()?;
    Ok((time, damage))
}

/// Counts again what a mailbox holds; an acknowledgement that cannot have been is forgotten.
fn mend(connection: &Connection, mut mailbox: Mailbox, time: StoreTime) -> Result<(), StoreError> {
    let (held, is_known) = mailbox.recount(connection)?;
    mailbox.held = held;
    if mailbox.acknowledged_s > time.seconds() {
        mailbox.acknowledged_s = 0;
    }
    match (held, is_known) {
        (0, _) => mailbox.forget(connection),
        (_, true) => mailbox.save(connection),
        (_, false) => mailbox.save_damaged(connection),
    }
}
