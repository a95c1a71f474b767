//! A message as fronts see it.

use core::fmt;

use crate::id::Id;

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
    /// It did not go; [`super::Command::Retry`] tries again.
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
