//! A contact: where the request stands, when messages disappear, what was not seen.

use serde::Serialize;

use crate::net::client::event::Contact;
use crate::net::client::event::ContactState;

#[derive(Serialize)]
pub(crate) struct ContactOutput<'a> {
    contact: String,
    nickname: Option<&'a str>,
    #[serde(flatten)]
    state: ContactStateOutput,
    timer_s: u32,
    own_timer_s: u32,
    their_timer_s: u32,
    unread: u64,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum ContactStateOutput {
    Asked { lapses: Option<u64> },
    Matched,
    Ended,
}

impl<'a> From<&'a Contact> for ContactOutput<'a> {
    fn from(contact: &'a Contact) -> Self {
        Self {
            contact: contact.id.compact(),
            nickname: contact.nickname.as_deref(),
            state: match contact.state {
                ContactState::Asked { lapses } => ContactStateOutput::Asked { lapses },
                ContactState::Matched => ContactStateOutput::Matched,
                ContactState::Ended => ContactStateOutput::Ended,
            },
            timer_s: contact.timer.agreed,
            own_timer_s: contact.timer.own,
            their_timer_s: contact.timer.theirs,
            unread: contact.unread,
        }
    }
}
