//! Events as JSON objects: field by field what docs/JSON.md says.

use serde::Serialize;

use crate::net::client::Event;
use crate::net::client::event::BadKeys;
use crate::net::client::event::Contact;
use crate::net::client::event::ContactState;
use crate::net::client::event::FailReason;
use crate::net::client::event::Failure;
use crate::net::client::event::HoldReason;
use crate::net::client::event::Link;
use crate::net::client::event::Message;
use crate::net::client::event::MessageState;
use crate::net::client::event::Notice;
use crate::net::client::event::OfflineReason;
use crate::net::client::event::Refusal;

/// The line of an event, its end included.
pub(super) fn line(event: &Event) -> String {
    Output::of(event).map(|output| output.line()).unwrap_or_default()
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
    Message(MessageOutput<'a>),
    Progress(ProgressOutput),
    History {
        contact: String,
        messages: Vec<MessageOutput<'a>>,
        more: bool,
    },
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
    /// The object of an event that has one.
    fn of(event: &'a Event) -> Option<Self> {
        Some(match event {
            Event::Ready { id, ephemeral } => {
                Self::Ready { id: id.compact(), ephemeral: *ephemeral }
            }
            Event::Link(link) => Self::Link(LinkOutput::from(*link)),
            Event::Network { invitation, first_use } => Self::Network {
                invitation: invitation.to_string(),
                address: invitation.address().place(),
                fingerprint: invitation.fingerprint().to_string(),
                first_use: *first_use,
            },
            Event::Contact(contact) => Self::Contact(ContactOutput::from(contact)),
            Event::Removed { contact } => Self::Removed { contact: contact.compact() },
            Event::Message(message) => Self::Message(MessageOutput::from(message)),
            Event::Progress { contact, message, state } => Self::Progress(ProgressOutput {
                contact: contact.compact(),
                message: message.to_string(),
                state: StateOutput::from(*state),
            }),
            Event::History { contact, messages, more } => Self::History {
                contact: contact.compact(),
                messages: messages.iter().map(MessageOutput::from).collect(),
                more: *more,
            },
            Event::Notice(notice) => Self::Notice(NoticeOutput::from(notice)),
            Event::AnotherNetwork { address, expected, found } => Self::AnotherNetwork {
                address: address.place(),
                expected: expected.to_string(),
                found: found.to_string(),
            },
            Event::BadKeys { address, reason } => Self::BadKeys {
                address: address.place(),
                reason: bad_keys(*reason),
                text: reason.to_string(),
            },
            Event::Refused(refusal) => Self::Refused {
                reason: refused(refusal),
                text: refusal.to_string(),
                contact: already_added(refusal),
            },
            Event::Closed { reason } => Self::Closed {
                reason: reason.map(failure),
                text: reason.map(|reason| reason.to_string()),
            },
            Event::Changed(_) | Event::Vanished { .. } | Event::Details(_) | Event::Settings(_) => {
                return None;
            }
        })
    }
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum LinkOutput {
    Connecting,
    Connected,
    Offline { reason: &'static str, text: String, retry_in_ms: u64 },
}

impl From<Link> for LinkOutput {
    fn from(link: Link) -> Self {
        match link {
            Link::Connecting => Self::Connecting,
            Link::Connected => Self::Connected,
            Link::Offline { reason, retry_in } => Self::Offline {
                reason: offline(reason),
                text: reason.to_string(),
                retry_in_ms: u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX),
            },
        }
    }
}

#[derive(Serialize)]
pub(super) struct ContactOutput<'a> {
    contact: String,
    nickname: Option<&'a str>,
    #[serde(flatten)]
    state: ContactStateOutput,
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
        }
    }
}

#[derive(Serialize)]
pub(super) struct MessageOutput<'a> {
    contact: String,
    message: String,
    text: &'a str,
    written_ms: u64,
    #[serde(flatten)]
    state: StateOutput,
}

impl<'a> From<&'a Message> for MessageOutput<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            contact: message.contact.compact(),
            message: message.id.to_string(),
            text: &message.text,
            written_ms: message.written,
            state: StateOutput::from(message.state),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ProgressOutput {
    contact: String,
    message: String,
    #[serde(flatten)]
    state: StateOutput,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum StateOutput {
    Received,
    Queued,
    OnRelay { expires: u64 },
    Held { reason: &'static str },
    Delivered,
    Read,
    Failed { reason: &'static str },
}

impl From<MessageState> for StateOutput {
    fn from(state: MessageState) -> Self {
        match state {
            MessageState::Received => Self::Received,
            MessageState::Queued => Self::Queued,
            MessageState::OnRelay { expires } => Self::OnRelay { expires },
            MessageState::Held { reason } => Self::Held { reason: held(reason) },
            MessageState::Delivered => Self::Delivered,
            MessageState::Read => Self::Read,
            MessageState::Failed { reason } => Self::Failed { reason: failed(reason) },
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub(super) enum NoticeOutput {
    KeysRefreshed { sequence: u64 },
    SessionReplaced { contact: String },
    TwoDevices { contact: String },
    Withdrawn { contact: String },
    MailboxFull { contact: String },
    Clock { ahead_s: i64 },
    OpenElsewhere,
}

impl From<&Notice> for NoticeOutput {
    fn from(notice: &Notice) -> Self {
        match notice {
            Notice::KeysRefreshed { sequence } => Self::KeysRefreshed { sequence: *sequence },
            Notice::SessionReplaced { contact } => {
                Self::SessionReplaced { contact: contact.compact() }
            }
            Notice::TwoDevices { contact } => Self::TwoDevices { contact: contact.compact() },
            Notice::Withdrawn { contact } => Self::Withdrawn { contact: contact.compact() },
            Notice::MailboxFull { contact } => Self::MailboxFull { contact: contact.compact() },
            Notice::Clock { ahead_s } => Self::Clock { ahead_s: *ahead_s },
            Notice::OpenElsewhere => Self::OpenElsewhere,
        }
    }
}

fn offline(reason: OfflineReason) -> &'static str {
    match reason {
        OfflineReason::UnknownHost => "unknown_host",
        OfflineReason::Unreachable => "unreachable",
        OfflineReason::NoRelay => "no_relay",
        OfflineReason::Lost => "lost",
        OfflineReason::Closed => "closed",
    }
}

fn bad_keys(reason: BadKeys) -> &'static str {
    match reason {
        BadKeys::Unsigned => "unsigned",
        BadKeys::RolledBack => "rolled_back",
        BadKeys::Doubled => "doubled",
    }
}

fn held(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::MailboxFull => "mailbox_full",
        HoldReason::RelayFull => "relay_full",
    }
}

fn failed(reason: FailReason) -> &'static str {
    match reason {
        FailReason::Expired => "expired",
        FailReason::Ended => "ended",
    }
}

fn failure(reason: Failure) -> &'static str {
    match reason {
        Failure::Disk => "disk",
        Failure::Damaged => "damaged",
    }
}

fn refused(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Id(_) => "id",
        Refusal::Invitation(_) => "invitation",
        Refusal::OwnId => "own_id",
        Refusal::AlreadyAdded { .. } => "already_added",
        Refusal::Collides => "collides",
        Refusal::OtherNetwork { .. } => "other_network",
        Refusal::UnknownContact => "unknown_contact",
        Refusal::UnknownMessage => "unknown_message",
        Refusal::EmptyText => "empty_text",
        Refusal::TextTooLong { .. } => "text_too_long",
        Refusal::NotYours => "not_yours",
        Refusal::Ended => "ended",
        Refusal::BadReaction { .. } => "bad_reaction",
        Refusal::BadTimer { .. } => "bad_timer",
        Refusal::TooManyContacts { .. } => "too_many_contacts",
        Refusal::NotTheFingerprint => "not_the_fingerprint",
        Refusal::NothingToTrust => "nothing_to_trust",
        Refusal::NoNetworkYet => "no_network_yet",
    }
}

fn already_added(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::AlreadyAdded { contact } => Some(contact.compact()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use core::time::Duration;

    use serde_json::Value;
    use serde_json::json;

    use super::*;
    use crate::crypto::identity::IdentityKey;
    use crate::crypto::secret::Secret;
    use crate::id::Fingerprint;
    use crate::id::Id;
    use crate::id::Invitation;
    use crate::net::client::event::MessageId;

    fn id() -> Id {
        Id::new(*IdentityKey::from_seed(Secret::new([7; 32])).public())
    }

    fn shown(event: &Event) -> Value {
        let line = line(event);
        assert_eq!(line.matches('\n').count(), 1);
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn messages_are_flat() {
        let (name, text) = (MessageId([1; 16]), "two\nlines \u{1b}[2J".to_owned());
        let state = MessageState::OnRelay { expires: 34 };
        let message = Message::new(id(), name, text, 12, state);
        let expected = json!({
            "event": "message", "contact": id().compact(), "message": "01".repeat(16),
            "text": "two\nlines \u{1b}[2J", "written_ms": 12, "state": "on_relay", "expires": 34,
        });
        assert_eq!(shown(&Event::Message(message.clone())), expected);
        let history = Event::History { contact: id(), messages: vec![message], more: true };
        assert_eq!(shown(&history)["messages"][0]["state"], "on_relay");
        let state = MessageState::Failed { reason: FailReason::Expired };
        let progress = Event::Progress { contact: id(), message: MessageId([1; 16]), state };
        assert_eq!(shown(&progress)["reason"], "expired");
    }

    #[test]
    fn every_event_names_itself() {
        let address: crate::id::Address = "127.0.0.1:7000".parse().unwrap();
        let fingerprint = Fingerprint::from_bytes([3; 32]);
        let asked = ContactState::Asked { lapses: None };
        let contact = Contact { nickname: Some("Rook".into()), ..Contact::new(id(), asked) };
        let offline =
            Link::Offline { reason: OfflineReason::Lost, retry_in: Duration::from_secs(2) };
        for (event, expected) in [
            (
                Event::Ready { id: id(), ephemeral: true },
                json!({"event": "ready", "id": id().compact(), "ephemeral": true}),
            ),
            (Event::Link(Link::Connected), json!({"event": "link", "state": "connected"})),
            (
                Event::Link(offline),
                json!({"event": "link", "state": "offline", "reason": "lost",
                    "text": "the connection was lost", "retry_in_ms": 2000}),
            ),
            (
                Event::Contact(contact),
                json!({"event": "contact", "contact": id().compact(), "nickname": "Rook",
                    "state": "asked", "lapses": null}),
            ),
            (
                Event::Notice(Notice::KeysRefreshed { sequence: 2 }),
                json!({"event": "notice", "notice": "keys_refreshed", "sequence": 2}),
            ),
            (
                Event::AnotherNetwork {
                    address: address.clone(),
                    expected: fingerprint,
                    found: Fingerprint::from_bytes([4; 32]),
                },
                json!({"event": "another_network", "address": "127.0.0.1:7000",
                    "expected": fingerprint.to_string(),
                    "found": Fingerprint::from_bytes([4; 32]).to_string()}),
            ),
            (
                Event::Refused(Refusal::OwnId),
                json!({"event": "refused", "reason": "own_id", "text": "that is your own ID"}),
            ),
            (
                Event::Closed { reason: None },
                json!({"event": "closed", "reason": null, "text": null}),
            ),
        ] {
            assert_eq!(shown(&event), expected);
        }
        let invitation = Invitation::new(id(), &address, fingerprint);
        let shown = shown(&Event::Network { invitation: invitation.clone(), first_use: true });
        assert_eq!(shown["invitation"], invitation.to_string());
        assert_eq!(shown["address"], "127.0.0.1:7000");
        assert_eq!(shown["fingerprint"], fingerprint.to_string());
    }
}
