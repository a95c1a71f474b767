//! What a front end says to the client, and what the client says to a front end.
//!
//! Window, terminal and JSON lines are fronts over these two types and know nothing else of the
//! client. A front keeps no state that it could not fold from the events.

use core::fmt;
use core::time::Duration;

use crate::id::Address;
use crate::id::Fingerprint;
use crate::id::Id;
use crate::id::IdError;
use crate::id::Invitation;
use crate::id::InvitationError;

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

/// The state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Link {
    /// On its way.
    Connecting,
    /// Messages flow.
    Connected,
    /// Not connected.
    Offline {
        /// Why.
        reason: OfflineReason,
        /// When the next attempt starts.
        retry_in: Duration,
    },
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfflineReason {
    /// The host's name is not known to anybody.
    UnknownHost,
    /// Nobody answers at the address.
    Unreachable,
    /// Something answers that is no relay of a bauta network, or it speaks other curves or versions.
    NoRelay,
    /// The connection broke.
    Lost,
    /// The relay closed the connection: it stops, is full, or was sent something it does not take.
    Closed,
}

impl fmt::Display for OfflineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownHost => "the host's name cannot be resolved",
            Self::Unreachable => "nobody answers at the address",
            Self::NoRelay => "what answers is no bauta relay, or not with this curve and cipher",
            Self::Lost => "the connection was lost",
            Self::Closed => "the relay closed the connection",
        })
    }
}

/// What is wrong with a relay's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadKeys {
    /// They are not signed by the network key, or the handshake was not signed by one of them.
    Unsigned,
    /// They are older than keys seen before.
    RolledBack,
    /// Two sets of keys carry one number.
    Doubled,
}

impl fmt::Display for BadKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsigned => "its keys are not signed by its network",
            Self::RolledBack => "its keys are older than keys seen before",
            Self::Doubled => "its keys differ from others with the same number",
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

/// A message as a front shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// With whom.
    pub contact: Id,
    /// Which.
    pub id: MessageId,
    /// The text, at most [`MAX_TEXT_LEN`] bytes.
    pub text: String,
    /// Unix milliseconds: when it was written, by its writer's clock.
    pub written: u64,
    /// Received, or sent and how far it got.
    pub state: MessageState,
}

/// A message's random 16-byte name, chosen by its writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub [u8; 16]);

impl fmt::Display for MessageId {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl core::str::FromStr for MessageId {
    type Err = NoMessageId;

    fn from_str(text: &str) -> Result<Self, NoMessageId> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NoMessageId);
        }
        u128::from_str_radix(text, 16).map(|n| Self(n.to_be_bytes())).map_err(|_| NoMessageId)
    }
}

/// A text is not a message's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMessageId;

impl fmt::Display for NoMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message is named by 32 hexadecimal digits")
    }
}

impl core::error::Error for NoMessageId {}

/// How far a message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageState {
    /// It came from the contact.
    Received,
    /// It waits in this client.
    Queued,
    /// The relay has it, on disk, until `expires` (unix seconds).
    OnRelay {
        /// Unix seconds.
        expires: u64,
    },
    /// The contact's client has it.
    Delivered,
    /// It did not go; [`Command::Retry`] tries again.
    Failed {
        /// Why.
        reason: FailReason,
    },
}

/// Why a message did not go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailReason {
    /// It waited on the relay until it expired.
    Expired,
}

impl fmt::Display for FailReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "nobody fetched it before it expired",
        })
    }
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

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The text is no ID.
    Id(IdError),
    /// The text is no invitation.
    Invitation(InvitationError),
    /// It is one's own ID.
    OwnId,
    /// The contact is in the list already.
    AlreadyAdded {
        /// Who.
        contact: Id,
    },
    /// The ID's key is the negative of another contact's or one's own.
    Collides,
    /// The invitation is to another network than this one.
    OtherNetwork {
        /// Where the invitation leads.
        address: Address,
    },
    /// Nobody with this ID is in the list.
    UnknownContact,
    /// No message has this name.
    UnknownMessage,
    /// A message must not be empty.
    EmptyText,
    /// The text is longer than a message can be.
    TextTooLong {
        /// How many bytes it has.
        len: usize,
        /// How many it may have.
        max: usize,
    },
    /// The list of contacts is full.
    TooManyContacts {
        /// How many there may be.
        max: usize,
    },
    /// What was typed is not the new network's address or 20 characters of its fingerprint.
    NotTheFingerprint,
    /// There is no other network to accept.
    NothingToTrust,
    /// Too much was asked before the network answered for the first time.
    NoNetworkYet,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(error) => error.fmt(f),
            Self::Invitation(error) => error.fmt(f),
            Self::OwnId => f.write_str("that is your own ID"),
            Self::AlreadyAdded { .. } => f.write_str("already in your list"),
            Self::Collides => {
                f.write_str("this ID's key is the mirror of one in use here; ask for another ID")
            }
            Self::OtherNetwork { address } => write!(
                f,
                "the invitation is to another network; start the client with {address} for it"
            ),
            Self::UnknownContact => f.write_str("nobody with this ID is in your list"),
            Self::UnknownMessage => f.write_str("there is no such message"),
            Self::EmptyText => f.write_str("a message must not be empty"),
            Self::TextTooLong { len, max } => {
                write!(f, "the message has {len} bytes, at most {max} fit; send it in parts")
            }
            Self::TooManyContacts { max } => {
                write!(f, "the list is full ({max} contacts); remove one first")
            }
            Self::NotTheFingerprint => f.write_str(
                "type at least 20 characters of the new fingerprint, or paste the whole address",
            ),
            Self::NoNetworkYet => {
                f.write_str("the network has not answered yet; wait until it is connected")
            }
            Self::NothingToTrust => f.write_str("no other network is waiting to be accepted"),
        }
    }
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

/// How many bytes of UTF-8 a text may have: what fits into one envelope beside the message's frame.
pub const MAX_TEXT_LEN: usize = 1_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_survives_its_text() {
        let id = MessageId(core::array::from_fn(|at| u8::try_from(at * 16).unwrap()));
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in ["", "00", "+0112233445566778899aabbccddeeff", &"g".repeat(32)] {
            assert_eq!(text.parse::<MessageId>(), Err(NoMessageId));
        }
    }
}
