//! What a front end says to the client, and what the client says to a front end.
//!
//! Window, terminal and JSON lines are fronts over these two types and know nothing else of the
//! client. A front keeps no state that it could not fold from the events.

mod link;
mod message;
mod refusal;

use core::fmt;

pub use self::link::BadKeys;
pub use self::link::Link;
pub use self::link::OfflineReason;
pub use self::message::FailReason;
pub use self::message::MAX_TEXT_LEN;
pub use self::message::Message;
pub use self::message::MessageId;
pub use self::message::MessageState;
pub use self::message::NoMessageId;
pub use self::refusal::Refusal;
use crate::id::Address;
use crate::id::Fingerprint;
use crate::id::Id;
use crate::id::Invitation;

/// What a person wants.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Ask somebody for a conversation: an ID or an invitation, as it was typed or pasted.
    Add {
        /// The text.
        contact: String,
        /// A name for this session only; it never leaves memory.
        nickname: Option<String>,
    },
    /// Name a contact for this session; `None` takes the name away.
    Nickname {
        /// Who.
        contact: Id,
        /// The name.
        nickname: Option<String>,
    },
    /// Send a text.
    Send {
        /// To whom.
        contact: Id,
        /// What; at least one byte, at most [`MAX_TEXT_LEN`].
        text: String,
    },
    /// Send a failed message once more.
    Retry {
        /// To whom it went.
        contact: Id,
        /// Which.
        message: MessageId,
    },
    /// Take a request back, or end a conversation: the contact's keys and messages are destroyed.
    Remove {
        /// Who.
        contact: Id,
    },
    /// Show messages of a conversation, the newest last.
    History {
        /// With whom.
        contact: Id,
        /// Only those before this one.
        before: Option<MessageId>,
        /// At most so many.
        limit: usize,
    },
    /// List the contacts: one [`Event::Contact`] each.
    Contacts,
    /// Accept another network at the address: the text is the full address that was handed out, or
    /// at least 20 characters of the new fingerprint.
    Trust {
        /// What was typed.
        typed: String,
    },
    /// Try to connect at once instead of at the announced time.
    Reconnect,
    /// Close the profile and end.
    Quit,
}

impl fmt::Debug for Command {
    /// Names the command only: what people type is nobody else's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add { contact: _, nickname: _ } => "Add",
            Self::Nickname { contact: _, nickname: _ } => "Nickname",
            Self::Send { contact: _, text: _ } => "Send",
            Self::Retry { contact: _, message: _ } => "Retry",
            Self::Remove { contact: _ } => "Remove",
            Self::History { contact: _, before: _, limit: _ } => "History",
            Self::Contacts => "Contacts",
            Self::Trust { typed: _ } => "Trust",
            Self::Reconnect => "Reconnect",
            Self::Quit => "Quit",
        })
    }
}

/// What a person is shown.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The first event: the profile is open.
    Ready {
        /// One's own ID.
        id: Id,
        /// Whether nothing of this session touches the disk.
        ephemeral: bool,
    },
    /// The connection to the network changed.
    Link(Link),
    /// The network is known now: what to hand out so that others find one here.
    Network {
        /// One's own invitation.
        invitation: Invitation,
        /// Whether it was trusted because it was the first one seen at the address.
        first_use: bool,
    },
    /// A contact is new or changed.
    Contact(Contact),
    /// A contact is gone.
    Removed {
        /// Who.
        contact: Id,
    },
    /// A message is new: received, or accepted for sending.
    Message(Message),
    /// A sent message got further.
    Progress {
        /// To whom.
        contact: Id,
        /// Which.
        message: MessageId,
        /// Where it is.
        state: MessageState,
    },
    /// The answer to [`Command::History`], the oldest first.
    History {
        /// With whom.
        contact: Id,
        /// The messages.
        messages: Vec<Message>,
        /// Whether there are older ones.
        more: bool,
    },
    /// Something that a person should know and need not act on.
    Notice(Notice),
    /// Another network answers at the address. Nothing was sent; nothing will be until
    /// [`Command::Trust`] or a new start with another address.
    AnotherNetwork {
        /// Where.
        address: Address,
        /// The network that was expected.
        expected: Fingerprint,
        /// The one that answers.
        found: Fingerprint,
    },
    /// The relay showed keys that its network never signed or took back. Nothing was sent.
    BadKeys {
        /// Where.
        address: Address,
        /// What is wrong with them.
        reason: BadKeys,
    },
    /// A command could not be carried out; nothing changed.
    Refused(Refusal),
    /// The last event.
    Closed {
        /// Why, unless it was [`Command::Quit`].
        reason: Option<Failure>,
    },
}

impl fmt::Debug for Event {
    /// Names the event only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready { id: _, ephemeral: _ } => "Ready",
            Self::Link(_) => "Link",
            Self::Network { invitation: _, first_use: _ } => "Network",
            Self::Contact(_) => "Contact",
            Self::Removed { contact: _ } => "Removed",
            Self::Message(_) => "Message",
            Self::Progress { contact: _, message: _, state: _ } => "Progress",
            Self::History { contact: _, messages: _, more: _ } => "History",
            Self::Notice(_) => "Notice",
            Self::AnotherNetwork { address: _, expected: _, found: _ } => "AnotherNetwork",
            Self::BadKeys { address: _, reason: _ } => "BadKeys",
            Self::Refused(_) => "Refused",
            Self::Closed { reason: _ } => "Closed",
        })
    }
}

/// A contact as a front shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub id: Id,
    /// The name of this session.
    pub nickname: Option<String>,
    /// Where the request stands.
    pub state: ContactState,
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContactState {
    /// Asked. Nobody can see the request but a person who makes the same one.
    Asked {
        /// Unix seconds when it lapses unless renewed; `None` until the relay has it.
        lapses: Option<u64>,
    },
    /// Both asked; the conversation is open.
    Matched,
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The relay has new keys, signed by its network.
    KeysRefreshed {
        /// The key set's number.
        sequence: u64,
    },
    /// A contact started anew (another device, or an old copy restored): a new session replaced the
    /// old one.
    SessionReplaced {
        /// Who.
        contact: Id,
    },
    /// Messages still come on a session that was replaced: two devices use the contact's ID.
    TwoDevices {
        /// Who.
        contact: Id,
    },
    /// A contact took the request back.
    Withdrawn {
        /// Who.
        contact: Id,
    },
    /// The mailbox of a contact is full; what is written waits here until there is room.
    MailboxFull {
        /// Who.
        contact: Id,
    },
    /// This computer's clock and the relay's are more than an hour apart.
    Clock {
        /// The relay's clock minus this one's, in seconds.
        ahead_s: i64,
    },
    /// The profile is in use by another client with the same ID on this network.
    OpenElsewhere,
}

/// Why the client ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The profile could not be written; nothing that was not written has been sent.
    Disk,
    /// The profile is damaged.
    Damaged,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disk => "the profile cannot be written; make room on the disk and start again",
            Self::Damaged => "the profile is damaged; restore it from a backup",
        })
    }
}
