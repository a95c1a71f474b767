//! A message as fronts see it.

use core::fmt;

use super::FileCard;
use crate::id::Id;

/// A message as a front shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// With whom.
    pub contact: Id,
    /// Which.
    pub id: MessageId,
    /// The text, at most [`MAX_TEXT_LEN`] bytes; of a file its name, as its sender wrote it.
    pub text: String,
    /// Unix milliseconds: when it was written, by its writer's clock.
    pub written: u64,
    /// Received, or sent and how far it got.
    pub state: MessageState,
    /// The message that it answers, which may be unknown here.
    pub reply_to: Option<MessageId>,
    /// Unix milliseconds: when its writer put this text in the place of another.
    pub edited: Option<u64>,
    /// Whether its writer deleted it; the text is empty then.
    pub deleted: bool,
    /// What both said to it.
    pub reactions: Reactions,
    /// When it disappears, if it does.
    pub disappears: Option<Disappears>,
    /// The file that it offers.
    pub file: Option<FileCard>,
}

impl Message {
    /// A plain text.
    #[must_use]
    pub fn new(
        contact: Id,
        id: MessageId,
        text: String,
        written: u64,
        state: MessageState,
    ) -> Self {
        Self {
            contact,
            id,
            text,
            written,
            state,
            reply_to: None,
            edited: None,
            deleted: false,
            reactions: Reactions::default(),
            disappears: None,
            file: None,
        }
    }
}

/// What both sides said to a message, one sign or word each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Reactions {
    /// One's own.
    pub own: Option<String>,
    /// The contact's.
    pub theirs: Option<String>,
}

/// When a message disappears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disappears {
    /// Seconds after it was read; on its writer's side after it was written.
    pub after: u32,
    /// Unix milliseconds, once the time runs.
    pub at: Option<u64>,
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
    /// It waits in this client because the relay takes no more at the moment. It goes by itself.
    Held {
        /// What is full.
        reason: HoldReason,
    },
    /// The contact's client has it.
    Delivered,
    /// The contact says that it was read.
    Read,
    /// It did not go; [`super::Command::Retry`] tries again.
    Failed {
        /// Why.
        reason: FailReason,
    },
}

/// Why a message waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HoldReason {
    /// The contact has not fetched what lies in the mailbox.
    MailboxFull,
    /// The relay has no room for anybody.
    RelayFull,
    /// The relay takes only so much at once from one place.
    TooFast,
    /// The relay is filling up and wants work to be done for it, which this computer does.
    Working,
    /// The relay wants more work to be done for it than this program does.
    TooDear,
}

impl fmt::Display for HoldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MailboxFull => "the mailbox is full",
            Self::RelayFull => "the relay is full",
            Self::TooFast => "the relay takes no more at once",
            Self::Working => "this computer works for room on the relay, which is filling up",
            Self::TooDear => {
                "the relay is nearly full and asks for more work than this program does"
            }
        })
    }
}

/// Why a message did not go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailReason {
    /// It waited on the relay until it expired.
    Expired,
    /// The contact ended the conversation.
    Ended,
}

impl fmt::Display for FailReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "nobody fetched it before it expired",
            Self::Ended => "the conversation was ended",
        })
    }
}

/// How many bytes of UTF-8 a text may have: 1 MiB.
pub const MAX_TEXT_LEN: usize = 1 << 20;

/// How many bytes of UTF-8 a reaction may have.
pub const MAX_REACTION_LEN: usize = 32;

/// The shortest time after which a text disappears, in seconds.
pub const LEAST_TIMER: u32 = 5;

/// The longest time after which a text disappears, in seconds: a year.
pub const LONGEST_TIMER: u32 = 365 * 24 * 3600;

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
