//! Events as JSON objects: field by field what docs/JSON.md says.

mod contact;
mod details;
mod file;
mod link;
mod message;
mod notice;
mod reason;

use serde::Serialize;

use self::contact::ContactOutput;
use self::details::DetailsOutput;
use self::file::FileOutput;
use self::file::FileStateOutput;
use self::link::LinkOutput;
use self::message::MessageOutput;
use self::message::ProgressOutput;
use self::message::StateOutput;
use self::notice::NoticeOutput;
use crate::net::client::Event;
use crate::net::client::event::Refusal;
use crate::net::client::event::Settings;

/// The line of an event, its end included.
pub(super) fn line(event: &Event) -> String {
    Output::of(event).line()
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Output<'a> {
    Hello {
        bauta: u32,
        version: &'a str,
    },
    Ready {
        id: String,
        ephemeral: bool,
    },
    Proxy {
        at: &'a str,
    },
    Link(LinkOutput),
    Network {
        invitation: String,
        address: String,
        fingerprint: String,
        first_use: bool,
    },
    Contact(ContactOutput<'a>),
    Removed {
        contact: String,
    },
    Settings {
        read_receipts: bool,
        accept_below: u64,
    },
    Message(MessageOutput<'a>),
    Changed(MessageOutput<'a>),
    Vanished {
        contact: String,
        message: String,
    },
    Progress(ProgressOutput),
    File(FileOutput),
    History {
        contact: String,
        messages: Vec<MessageOutput<'a>>,
        more: bool,
    },
    Details(DetailsOutput),
    Notice(NoticeOutput),
    AnotherNetwork {
        address: String,
        expected: String,
        found: String,
    },
    BadKeys {
        address: String,
        reason: &'static str,
        text: String,
    },
    Refused {
        reason: &'static str,
        text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        contact: Option<String>,
    },
    Closed {
        reason: Option<&'static str>,
        text: Option<String>,
    },
    Error {
        line: u64,
        text: &'a str,
    },
}

impl Output<'_> {
    /// The object and a line end.
    pub(super) fn line(&self) -> String {
        let mut line = serde_json::to_string(self).unwrap_or_else(|_| UNPRINTABLE.into());
        line.push('\n');
        line
    }
}

/// Strings, numbers and plain structures always have a JSON form; this line stands for the
/// impossible.
const UNPRINTABLE: &str = r#"{"event":"error","line":0,"text":"an event has no JSON form"}"#;

impl<'a> Output<'a> {
    /// The object of an event.
    fn of(event: &'a Event) -> Self {
        match event {
            Event::Ready { id, ephemeral } => {
                Self::Ready { id: id.compact(), ephemeral: *ephemeral }
            }
            Event::Proxy { at } => Self::Proxy { at },
            Event::Link(link) => Self::Link(LinkOutput::from(*link)),
            Event::Network { invitation, first_use } => Self::Network {
                invitation: invitation.to_string(),
                address: invitation.address().place(),
                fingerprint: invitation.fingerprint().to_string(),
                first_use: *first_use,
            },
            Event::Contact(contact) => Self::Contact(ContactOutput::from(contact)),
            Event::Removed { contact } => Self::Removed { contact: contact.compact() },
            Event::Settings(Settings { read_receipts, accept_below }) => {
                Self::Settings { read_receipts: *read_receipts, accept_below: *accept_below }
            }
            Event::Message(message) => Self::Message(MessageOutput::from(message)),
            Event::Changed(message) => Self::Changed(MessageOutput::from(message)),
            Event::Vanished { contact, message } => {
                Self::Vanished { contact: contact.compact(), message: message.to_string() }
            }
            Event::Progress { contact, message, state } => Self::Progress(ProgressOutput {
                contact: contact.compact(),
                message: message.to_string(),
                state: StateOutput::from(*state),
            }),
            Event::File { contact, message, state } => Self::File(FileOutput {
                contact: contact.compact(),
                message: message.to_string(),
                state: FileStateOutput::from(state),
            }),
            Event::History { contact, messages, more } => Self::History {
                contact: contact.compact(),
                messages: messages.iter().map(MessageOutput::from).collect(),
                more: *more,
            },
            Event::Details(details) => Self::Details(DetailsOutput::from(details)),
            Event::Notice(notice) => Self::Notice(NoticeOutput::from(notice)),
            Event::AnotherNetwork { address, expected, found } => Self::AnotherNetwork {
                address: address.place(),
                expected: expected.to_string(),
                found: found.to_string(),
            },
            Event::BadKeys { address, reason } => Self::BadKeys {
                address: address.place(),
                reason: reason::bad_keys(*reason),
                text: reason.to_string(),
            },
            Event::Refused(refusal) => Self::Refused {
                reason: reason::refused(refusal),
                text: refusal.to_string(),
                contact: already_added(refusal),
            },
            Event::Closed { reason } => Self::Closed {
                reason: reason.map(reason::failure),
                text: reason.map(|reason| reason.to_string()),
            },
        }
    }
}

fn already_added(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::AlreadyAdded { contact } => Some(contact.compact()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
