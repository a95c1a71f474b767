//! What the body of a session's message says.
//!
//! ```text
//! version(1) = 1 ‖ kind(1) ‖ turn(8) ‖ written(8) ‖ id(16) ‖ number(8) ‖ receipts: count(1) × id(16) ‖ text: length(2) ‖ UTF-8
//! ```
//!
//! | kind | what | id | number | text |
//! |---|---|---|---|---|
//! | 1 | text | the message's | its place among the texts of this session, from 0 | at least one byte |
//! | 2 | receipts alone | zero | zero | none |
//! | 3 | greeting: tells of the session or of its choice | its own | zero | none |

use crate::codec::Error;
use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::secret::SecretBytes;

/// A message's random name.
pub type MessageName = [u8; 16];

/// What a body says.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The writer's turn ([`super::rendezvous::rules`]), 0 outside the session of its choice.
    pub turn: u64,
    /// When it was written, in milliseconds since 1970 by the writer's clock.
    pub written: u64,
    /// The names of messages that the writer of this one has received.
    pub receipts: Vec<MessageName>,
    /// The rest.
    pub kind: Kind,
}

/// The kinds of content.
#[derive(Clone, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text {
        /// Its name, the same however often it is sent.
        id: MessageName,
        /// Its place among the texts of this session, from 0.
        number: u64,
        /// What it says: 1 to [`MAX_TEXT_LEN`] bytes.
        text: String,
    },
    /// Nothing but receipts.
    Receipts,
    /// Tells the peer of a session, or that it is the chosen one.
    Greeting {
        /// Its name.
        id: MessageName,
    },
}

impl Content {
    /// The bytes of the body.
    ///
    /// # Errors
    /// [`Error::TooLong`] if text or receipts are above what fits, [`Error::Invalid`] for a text
    /// without a byte.
    pub fn to_bytes(&self) -> Result<SecretBytes, Error> {
        let (kind, id, number, text) = match &self.kind {
            Kind::Text { id, number, text } => (TEXT, *id, *number, text.as_str()),
            Kind::Receipts => (RECEIPTS, NO_NAME, 0, ""),
            Kind::Greeting { id } => (GREETING, *id, 0, ""),
        };
        if (kind == TEXT) == text.is_empty() {
            return Err(Error::Invalid);
        }
        let count = u8::try_from(self.receipts.len()).map_err(|_| Error::TooLong)?;
        let len = FIXED_LEN + self.receipts.len() * NO_NAME.len() + text.len();
        if len > MAX_LEN {
            return Err(Error::TooLong);
        }
        let mut writer = Writer::with_capacity(len);
        writer.u8(VERSION).u8(kind).u64(self.turn).u64(self.written).bytes(&id).u64(number);
        writer.u8(count);
        for receipt in &self.receipts {
            writer.bytes(receipt);
        }
        writer.vec16(|writer| {
            writer.bytes(text.as_bytes());
        });
        Ok(SecretBytes::new(writer.into_vec()))
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`Error`] for anything that [`Content::to_bytes`] would not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != VERSION {
            return Err(Error::Invalid);
        }
        let kind = reader.u8()?;
        let (turn, written) = (reader.u64()?, reader.u64()?);
        let (id, number): (MessageName, u64) = (reader.array()?, reader.u64()?);
        let count = usize::from(reader.u8()?);
        let mut names = Reader::new(reader.take(count * NO_NAME.len())?);
        let receipts = (0..count).map(|_| names.array()).collect::<Result<_, _>>()?;
        let text = core::str::from_utf8(reader.vec16(MAX_LEN)?).map_err(|_| Error::Invalid)?;
        reader.finish()?;
        let kind = match (kind, text.is_empty()) {
            (TEXT, false) => Kind::Text { id, number, text: text.to_owned() },
            (RECEIPTS, true) if id == NO_NAME && number == 0 => Kind::Receipts,
            (GREETING, true) if number == 0 => Kind::Greeting { id },
            _ => return Err(Error::Invalid),
        };
        Ok(Self { turn, written, receipts, kind })
    }

    /// How many receipts fit beside a text of this length.
    #[must_use]
    pub fn receipts_beside(text_len: usize) -> usize {
        let room = MAX_LEN.saturating_sub(FIXED_LEN + text_len);
        (room / NO_NAME.len()).min(usize::from(u8::MAX))
    }
}

impl core::fmt::Debug for Content {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { turn: _, written: _, receipts: _, kind } = self;
        let (Kind::Text { .. } | Kind::Receipts | Kind::Greeting { .. }) = kind;
        f.write_str("Content")
    }
}

const VERSION: u8 = 1;
const TEXT: u8 = 1;
const RECEIPTS: u8 = 2;
const GREETING: u8 = 3;
const NO_NAME: MessageName = [0; 16];
/// Everything but receipts and text.
const FIXED_LEN: usize = 1 + 1 + 8 + 8 + 16 + 8 + 1 + 2;
/// What a session's body holds.
const MAX_LEN: usize = 1_536;
/// The longest text, with room for a few receipts beside it.
pub const MAX_TEXT_LEN: usize = 1_400;

#[cfg(test)]
mod tests {
    use super::*;

    fn contents() -> Vec<Content> {
        let text = |len| Kind::Text { id: [7; 16], number: 3, text: "x".repeat(len) };
        let content = |kind, receipts| Content { turn: 1, written: 2, receipts, kind };
        vec![
            content(text(1), vec![]),
            content(text(MAX_TEXT_LEN), vec![[1; 16]; Content::receipts_beside(MAX_TEXT_LEN)]),
            content(Kind::Receipts, vec![[1; 16]; Content::receipts_beside(0)]),
            content(Kind::Greeting { id: [9; 16] }, vec![[2; 16]]),
        ]
    }

    #[test]
    fn every_kind_survives_its_bytes_and_no_truncation() {
        for content in contents() {
            let bytes = content.to_bytes().unwrap();
            assert!(bytes.len() <= MAX_LEN);
            assert!(Content::from_bytes(bytes.expose()) == Ok(content));
            for len in 0..bytes.len() {
                assert!(Content::from_bytes(&bytes.expose()[..len]).is_err());
            }
            assert!(Content::from_bytes(&[bytes.expose(), &[0]].concat()).is_err());
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let beside = Content::receipts_beside(MAX_TEXT_LEN);
        let text = |len, receipts| Content {
            turn: 0,
            written: 0,
            receipts: vec![[1; 16]; receipts],
            kind: Kind::Text { id: [7; 16], number: 0, text: "x".repeat(len) },
        };
        assert!(text(MAX_TEXT_LEN, beside + 1).to_bytes().is_err());
        assert!(text(MAX_LEN - FIXED_LEN, 0).to_bytes().is_ok());
        assert!(text(MAX_LEN - FIXED_LEN + 1, 0).to_bytes().is_err());
        assert!(text(0, 0).to_bytes().is_err());
    }
}
