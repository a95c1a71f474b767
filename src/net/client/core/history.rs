//! Messages of the past.

use super::Core;
use super::contact::history_id;
use super::record;
use super::record::ContactNumber;
use super::record::MessageRow;
use super::record::SeenRow;
use super::record::of_contact;
use crate::crypto::CryptoRng;
use crate::id::Id;
use crate::net::client::event::Event;
use crate::net::client::event::MessageId;
use crate::net::client::event::Refusal;
use crate::net::client::profile::Kind;
use crate::net::client::profile::ProfileError;

impl<R: CryptoRng> Core<R> {
    pub(super) fn history(
        &mut self,
        id: Id,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<(), ProfileError> {
        let Some(number) = self.contacts.number(id) else {
            self.refuse(Refusal::UnknownContact);
            return Ok(());
        };
        let end = match before {
            None => history_id(number.saturating_add(1), 0),
            Some(message) => match self.ctx.read(&of_contact(number, &message.0)) {
                Some(SeenRow { place: Some(place), .. }) => history_id(number, place),
                _ => {
                    self.refuse(Refusal::UnknownMessage);
                    return Ok(());
                }
            },
        };
        if self.ctx.trouble.is_some() {
            return Ok(());
        }
        // What was said in the same breath belongs to it.
        self.ctx.profile.commit(&mut self.ctx.rng)?;
        let (rows, more) = self.newest(number, end, limit.min(MAX_HISTORY))?;
        let Some(contact) = self.contacts.get(&number) else { return Ok(()) };
        let messages = rows.into_iter().rev().map(|row| contact.shown_message(row)).collect();
        self.ctx.tell(Event::History { contact: id, messages, more });
        Ok(())
    }

    /// The newest messages before a place, the newest first, and whether there are more: at most so
    /// many, and no more once they are [`MAX_BYTES`] of text.
    fn newest(
        &self,
        number: ContactNumber,
        mut end: [u8; 16],
        limit: usize,
    ) -> Result<(Vec<MessageRow>, bool), ProfileError> {
        let (mut newest, mut bytes) = (Vec::new(), 0_usize);
        loop {
            let prefix = number.to_be_bytes();
            let rows = self.ctx.profile.rows_before(Kind::Message, &prefix, &end, AT_ONCE)?;
            let are_all = rows.len() < AT_ONCE;
            for (id, row) in rows {
                if newest.len() >= limit || bytes >= MAX_BYTES {
                    return Ok((newest, true));
                }
                end = record::name(&id)?;
                let row: MessageRow = record::read(&row)?;
                bytes = bytes.saturating_add(row.text.len());
                newest.push(row);
            }
            if are_all {
                return Ok((newest, false));
            }
        }
    }
}

/// Messages in one answer.
const MAX_HISTORY: usize = 1_000;
/// Text in one answer, in bytes, but for the last message: four of the longest.
const MAX_BYTES: usize = 4 << 20;
/// Messages read in one go: at most 32 MiB of text.
const AT_ONCE: usize = 32;
