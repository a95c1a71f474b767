//! Messages of the past.

use super::Core;
use super::contact::history_id;
use super::record;
use super::record::ContactNumber;
use super::record::MessageRow;
use super::record::Progress;
use crate::crypto::CryptoRng;
use crate::id::Id;
use crate::net::client::event;
use crate::net::client::event::Event;
use crate::net::client::event::FailReason;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
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
            Some(message) => match self.place_of(number, message)? {
                Some(place) => place,
                None => {
                    self.refuse(Refusal::UnknownMessage);
                    return Ok(());
                }
            },
        };
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
            .map(|(_, row)| Ok(shown_message(id, record::read::<MessageRow>(row)?)))
            .collect::<Result<_, ProfileError>>()?;
        self.ctx.tell(Event::History { contact: id, messages, more });
        Ok(())
    }

    /// The row id of a message of the history.
    pub(super) fn place_of(
        &self,
        contact: ContactNumber,
        message: MessageId,
    ) -> Result<Option<[u8; 16]>, ProfileError> {
        let prefix = contact.to_be_bytes();
        let mut end = history_id(contact.saturating_add(1), 0);
        loop {
            let profile = &self.ctx.profile;
            let rows = profile.rows_before(Kind::Message, &prefix, &end, MAX_HISTORY)?;
            for (id, row) in &rows {
                end = record::name(id)?;
                if record::read::<MessageRow>(row)?.id == message.0 {
                    return Ok(Some(end));
                }
            }
            if rows.len() < MAX_HISTORY {
                return Ok(None);
            }
        }
    }
}

fn shown_message(contact: Id, row: MessageRow) -> event::Message {
    let MessageRow { id, text, written, progress } = row;
    let state = match progress {
        Progress::Received => MessageState::Received,
        Progress::Queued => MessageState::Queued,
        Progress::OnRelay { expires } => MessageState::OnRelay { expires },
        Progress::Delivered => MessageState::Delivered,
        Progress::Expired => MessageState::Failed { reason: FailReason::Expired },
    };
    event::Message::new(contact, MessageId(id), text, written, state)
}

/// Messages in one answer.
const MAX_HISTORY: usize = 1_000;
