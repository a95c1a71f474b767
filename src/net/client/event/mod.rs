//! What a front end says to the client, and what the client says to a front end.
//!
//! Window, terminal and JSON lines are fronts over these two types and know nothing else of the
//! client. A front keeps no state that it could not fold from the events.

mod command;
mod contact;
mod details;
mod file;
mod link;
mod message;
mod refusal;

use core::fmt;

pub use self::command::Change;
pub use self::command::Command;
pub use self::command::Settings;
pub use self::contact::Contact;
pub use self::contact::ContactState;
pub use self::contact::Timer;
pub use self::details::Details;
pub use self::details::Messages;
pub use self::details::PostQuantum;
pub use self::details::SessionDetails;
pub use self::details::SessionRole;
pub use self::details::Turns;
pub use self::file::FileCard;
pub use self::file::FileFailure;
pub use self::file::FileState;
pub use self::file::FileWait;
pub use self::file::MAX_FILE_LEN;
pub use self::link::BadKeys;
pub use self::link::Link;
pub use self::link::OfflineReason;
pub use self::link::ProxyFault;
pub use self::message::Disappears;
pub use self::message::FailReason;
pub use self::message::HoldReason;
pub use self::message::LEAST_TIMER;
pub use self::message::LONGEST_TIMER;
pub use self::message::MAX_REACTION_LEN;
pub use self::message::MAX_TEXT_LEN;
pub use self::message::Message;
pub use self::message::MessageId;
pub use self::message::MessageState;
pub use self::message::NoMessageId;
pub use self::message::Reactions;
pub use self::refusal::Refusal;
use crate::id::Address;
use crate::id::Fingerprint;
use crate::id::Id;
use crate::id::Invitation;

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
    /// Every connection goes through this proxy, once after [`Event::Ready`]; without one nothing is
    /// said.
    Proxy {
        /// Where it is: `host:port`.
        at: String,
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
    /// What holds for all conversations: once after [`Event::Ready`], and when it changes.
    Settings(Settings),
    /// A message is new: received, or accepted for sending.
    Message(Message),
    /// A message is another one now: edited, deleted, reacted to, or its time runs.
    Changed(Message),
    /// A message is gone from this side: its time is over, or it was deleted here.
    Vanished {
        /// With whom.
        contact: Id,
        /// Which.
        message: MessageId,
    },
    /// A sent message got further.
    Progress {
        /// To whom.
        contact: Id,
        /// Which.
        message: MessageId,
        /// Where it is.
        state: MessageState,
    },
    /// A file got further, or no further. Progress is told a few times a second at most.
    File {
        /// With whom.
        contact: Id,
        /// The message that offers it.
        message: MessageId,
        /// How far it got.
        state: FileState,
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
    /// The answer to [`Command::Details`].
    Details(Details),
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
            Self::Proxy { at: _ } => "Proxy",
            Self::Link(_) => "Link",
            Self::Network { invitation: _, first_use: _ } => "Network",
            Self::Contact(_) => "Contact",
            Self::Removed { contact: _ } => "Removed",
            Self::Settings(_) => "Settings",
            Self::Message(_) => "Message",
            Self::Changed(_) => "Changed",
            Self::Vanished { contact: _, message: _ } => "Vanished",
            Self::Progress { contact: _, message: _, state: _ } => "Progress",
            Self::File { contact: _, message: _, state: _ } => "File",
            Self::History { contact: _, messages: _, more: _ } => "History",
            Self::Details(_) => "Details",
            Self::Notice(_) => "Notice",
            Self::AnotherNetwork { address: _, expected: _, found: _ } => "AnotherNetwork",
            Self::BadKeys { address: _, reason: _ } => "BadKeys",
            Self::Refused(_) => "Refused",
            Self::Closed { reason: _ } => "Closed",
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
    /// The relay is filling up: before it takes a request, this computer works for it, for seconds or
    /// minutes.
    Working {
        /// Who was asked.
        contact: Id,
    },
    /// The relay is nearly full, and asks for more work for a request than this program does. It is
    /// tried again by itself.
    WorkTooDear {
        /// Who was asked.
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
