//! Messages of the past.

use super::Core;
use super::contact::history_id;
use super::message::shown;
use super::record;
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
        let found = self.contacts.values().find(|contact| contact.id == id);
        let Some(number) = found.map(|contact| contact.number) else {
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
        // What was said in the same breath belongs to it.
        self.ctx.profile.commit(&mut self.ctx.rng)?;
        let limit = limit.min(MAX_HISTORY);
        let prefix = number.to_be_bytes();
        let profile = &self.ctx.profile;
        let mut rows =
            profile.rows_before(Kind::Message, &prefix, &end, limit.saturating_add(1))?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        rows.reverse();
        let messages = rows
            .iter()
            .map(|(_, row)| Ok(shown::message(id, record::read::<MessageRow>(row)?)))
            .collect::<Result<_, ProfileError>>()?;
        self.ctx.tell(Event::History { contact: id, messages, more });
        Ok(())
    }
}

/// Messages in one answer.
const MAX_HISTORY: usize = 1_000;
