//! One transaction: the changes of a batch, and the counts as they will be once it is committed.

use rusqlite::Connection;

use super::super::Change;
use super::super::Damage;
use super::super::Done;
use super::super::Kept;
use super::super::Position;
use super::super::StoreError;
use super::super::StoreLimits;
use super::super::StoreTime;
use super::super::Usage;
use super::super::ledger::Temperature;
use super::expired;
use super::expired::Expired;
use super::rows;
use super::rows::Mailbox;
use crate::net::cell::Address;
use crate::net::cell::Envelope;
use crate::net::cell::EnvelopeId;

/// A transaction under way.
pub(super) struct Batch<'a> {
    pub(super) connection: &'a Connection,
    pub(super) limits: &'a StoreLimits,
    pub(super) usage: Usage,
    pub(super) last: Position,
    pub(super) time: StoreTime,
    pub(super) now_s: u64,
}

/// What a sweep has found due.
#[derive(Default)]
pub(super) struct Gone {
    /// Where what has expired stood.
    pub(super) expired: Vec<Position>,
    pub(super) damaged: Vec<Damage>,
    /// How many mailboxes have cooled down.
    pub(super) cooled: usize,
}

impl Batch<'_> {
    pub(super) fn apply(&mut self, change: &Change) -> Result<Done, StoreError> {
        match change {
            Change::Put { address, id, envelope, effort } => {
                self.put(*address, *id, envelope, *effort)
            }
            Change::Ack { address, positions } => self.ack(address, positions),
            Change::Cancel { address, id } => self.cancel(address, id),
        }
    }

    /// Deletes what has expired, and makes mailboxes cold.
    pub(super) fn sweep(&mut self, limit: usize) -> Result<Gone, StoreError> {
        let mut gone = Gone::default();
        for expired in expired::all(self.connection, self.time.seconds(), limit)? {
            self.expire(expired, &mut gone)?;
        }
        gone.cooled = self.cool_down(limit)?;
        Ok(gone)
    }

    /// Deletes some of what has expired, behind what was passed over. Nothing: there is no more of it
    /// that the index leads to.
    pub(super) fn expire_some(&mut self, passed: usize, max: usize) -> Result<Gone, StoreError> {
        let mut gone = Gone::default();
        let (due, is_torn) = expired::due(self.connection, self.time.seconds(), max, passed)?;
        for position in due {
            let damaged = || StoreError::Damaged(Damage::Envelope(position.number()));
            let result = expired::at(self.connection, position)
                .and_then(|expired| self.expire(expired.ok_or_else(damaged)?, &mut gone));
            match result {
                Err(StoreError::Damaged(_)) => return Err(damaged()),
                result => result?,
            }
        }
        if is_torn {
            gone.damaged.push(Damage::File);
        }
        Ok(gone)
    }

    fn expire(&mut self, expired: Expired, gone: &mut Gone) -> Result<(), StoreError> {
        let Expired { position, mailbox, is_damaged } = expired;
        rows::delete(self.connection, mailbox, position)?;
        if let Some(mut mailbox) = Mailbox::numbered(self.connection, mailbox)? {
            self.take_from(&mut mailbox)?;
        }
        if is_damaged {
            gone.damaged.push(Damage::Envelope(position.number()));
        }
        gone.expired.push(position);
        Ok(())
    }

    /// Makes mailboxes cold that nobody has acknowledged anything in for a long while.
    /// How many that were.
    pub(super) fn cool_down(&mut self, limit: usize) -> Result<usize, StoreError> {
        let until_s = self.time.seconds().saturating_sub(StoreLimits::WARM_S);
        let mut due = Mailbox::acknowledged_until(self.connection, until_s, limit)?;
        for mailbox in &mut due {
            mailbox.acknowledged_s = 0;
            self.usage.cool_down(mailbox.held);
            self.save(mailbox)?;
        }
        Ok(due.len())
    }

    /// A damaged envelope that its writer sends again is stored as if it had not been there.
    fn put(
        &mut self,
        address: Address,
        id: EnvelopeId,
        envelope: &Envelope,
        effort: u32,
    ) -> Result<Done, StoreError> {
        let found = Mailbox::find(self.connection, &address)?;
        if let Some(mailbox) = &found
            && let Some((position, old)) =
                rows::find(self.connection, mailbox.number, &address, &id)?
        {
            return match old {
                Some(old) => self.put_again(old, envelope),
                None => {
                    rows::delete(self.connection, mailbox.number, position)?;
                    self.insert(mailbox.number, address, id, envelope)
                }
            };
        }
        let (held, acknowledged_s) =
            found.as_ref().map_or((0, 0), |mailbox| (mailbox.held, mailbox.acknowledged_s));
        let temperature = Temperature::of(acknowledged_s);
        if let Some(refusal) = self.usage.admit(self.limits, held, temperature, effort) {
            return Ok(refusal);
        }
        let number = match found {
            Some(mut mailbox) => {
                mailbox.held = mailbox.held.saturating_add(1);
                mailbox.save(self.connection)?;
                mailbox.number
            }
            None => {
                self.usage.add_mailbox();
                Mailbox::insert(self.connection, &address)?
            }
        };
        self.usage.add(temperature);
        self.insert(number, address, id, envelope)
    }

    fn insert(
        &mut self,
        mailbox: i64,
        address: Address,
        id: EnvelopeId,
        envelope: &Envelope,
    ) -> Result<Done, StoreError> {
        let expires = self.expires();
        let position = self.last.next();
        let kept = Kept { position, address, id, expires, envelope: envelope.clone() };
        rows::insert(self.connection, mailbox, &kept)?;
        self.last = position;
        Ok(Done::Stored { position, expires })
    }

    /// The same bytes extend their time, in steps.
    fn put_again(&self, mut kept: Kept, envelope: &Envelope) -> Result<Done, StoreError> {
        if kept.envelope != *envelope {
            return Ok(Done::Conflict);
        }
        let expires = self.expires();
        if expires.saturating_sub(kept.expires) >= StoreLimits::EXTEND_S {
            kept.expires = expires;
            rows::extend(self.connection, &kept)?;
        }
        Ok(Done::Duplicate { expires: kept.expires })
    }

    fn expires(&self) -> u64 {
        self.time.expires(self.now_s, self.limits.retention_s)
    }

    fn ack(&mut self, address: &Address, positions: &[Position]) -> Result<Done, StoreError> {
        let mut acked = Vec::new();
        let Some(mut mailbox) = Mailbox::find(self.connection, address)? else {
            return Ok(Done::Acked(acked));
        };
        for &position in positions {
            if rows::delete(self.connection, mailbox.number, position)? {
                mailbox.held = mailbox.held.saturating_sub(1);
                self.usage.remove(Temperature::of(mailbox.acknowledged_s));
                acked.push(position);
            }
        }
        if !acked.is_empty() {
            if Temperature::of(mailbox.acknowledged_s) == Temperature::Cold {
                self.usage.warm_up(mailbox.held);
            }
            mailbox.acknowledged_s = self.time.seconds().max(1);
            self.save(&mailbox)?;
        }
        Ok(Done::Acked(acked))
    }

    fn cancel(&mut self, address: &Address, id: &EnvelopeId) -> Result<Done, StoreError> {
        let Some(mut mailbox) = Mailbox::find(self.connection, address)? else {
            return Ok(Done::Gone);
        };
        let Some(position) = rows::delete_id(self.connection, mailbox.number, id)? else {
            return Ok(Done::Gone);
        };
        self.take_from(&mut mailbox)?;
        Ok(Done::Cancelled(position))
    }

    /// One envelope less in a mailbox.
    fn take_from(&mut self, mailbox: &mut Mailbox) -> Result<(), StoreError> {
        mailbox.held = mailbox.held.saturating_sub(1);
        self.usage.remove(Temperature::of(mailbox.acknowledged_s));
        self.save(mailbox)
    }

    /// Writes what has changed of a mailbox, or forgets it.
    fn save(&mut self, mailbox: &Mailbox) -> Result<(), StoreError> {
        if self.usage.remembers(mailbox.held, Temperature::of(mailbox.acknowledged_s)) {
            return mailbox.save(self.connection);
        }
        self.usage.remove_mailbox();
        mailbox.forget(self.connection)
    }
}
