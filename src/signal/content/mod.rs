//! What the body of a session's message says.
//!
//! ```text
//! version(1) = 2 ‖ kind(1) ‖ turn(8) ‖ written(8) ‖ id(16) ‖ number(8) ‖ receipts: count(1) × id(16) ‖ payload: length(2) ‖ bytes
//! ```
//!
//! | kind | what | id | number | payload |
//! |---|---|---|---|---|
//! | 1 | a whole [`Item`] | the item's | its place among the items and parts of this session, from 0 | the item |
//! | 2 | receipts alone | zero | zero | none |
//! | 3 | greeting: tells of the session or of its choice | its own | zero | none |
//! | 4 | a [`Part`] of a longer item | its own | as of an item | the part |
//! | 5 | asks for a [`Gap`] | zero | zero | the gap |

mod gap;
mod item;
mod offer;
mod part;

use zeroize::Zeroizing;

use crate::codec::Error;
use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::secret::SecretBytes;

pub use self::gap::Gap;
pub use self::item::Item;
pub use self::item::LEAST_TIMER;
pub use self::item::LONGEST_TIMER;
pub use self::item::MAX_REACTION_LEN;
pub use self::item::MAX_READ;
pub use self::item::MAX_TEXT_LEN;
pub use self::offer::Answer;
pub use self::offer::MAX_NAME_LEN;
pub use self::offer::Offer;
pub use self::part::MAX_PARTS;
pub use self::part::Part;
pub use self::part::SLICE_LEN;

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
    /// An item in one piece.
    Whole {
        /// Its name, the same however often it is sent.
        id: MessageName,
        /// Its place among the items and parts of this session, from 0.
        number: u64,
        /// 1 to [`MAX_WHOLE_LEN`] bytes for [`Item::from_bytes`], which may be of a later version.
        item: Zeroizing<Vec<u8>>,
    },
    /// A part of an item that is longer.
    Part {
        /// Its own name, the same however often it is sent.
        id: MessageName,
        /// Its place among the items and parts of this session, from 0.
        number: u64,
        /// What it brings.
        part: Part,
    },
    /// Nothing but receipts.
    Receipts,
    /// Tells the peer of a session, or that it is the chosen one.
    Greeting {
        /// Its name.
        id: MessageName,
    },
    /// Asks for what is missing.
    Gap(Gap),
}

impl Content {
    /// The bytes of the body.
    ///
    /// # Errors
    /// [`Error::TooLong`] if the payload or the receipts are above what fits, [`Error::Invalid`]
    /// for an item without a byte and for a part or gap that nobody may write.
    pub fn to_bytes(&self) -> Result<SecretBytes, Error> {
        let mut payload = Writer::new();
        let (kind, id, number) = match &self.kind {
            Kind::Whole { id, number, item } => {
                check_whole(item)?;
                payload.bytes(item);
                (WHOLE, *id, *number)
            }
            Kind::Part { id, number, part } => {
                part.write(&mut payload)?;
                (PART, *id, *number)
            }
            Kind::Receipts => (RECEIPTS, NO_NAME, 0),
            Kind::Greeting { id } => (GREETING, *id, 0),
            Kind::Gap(gap) => {
                gap.write(&mut payload)?;
                (GAP, NO_NAME, 0)
            }
        };
        let payload = SecretBytes::new(payload.into_vec());
        let count = u8::try_from(self.receipts.len()).map_err(|_| Error::TooLong)?;
        let len = FIXED_LEN + self.receipts.len() * NO_NAME.len() + payload.len();
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
            writer.bytes(payload.expose());
        });
        Ok(SecretBytes::new(writer.into_vec()))
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`Error`] for anything that [`Content::to_bytes`] would not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_LEN {
            return Err(Error::Invalid);
        }
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
        let payload = reader.vec16(MAX_WHOLE_LEN)?;
        reader.finish()?;
        let unnamed = id == NO_NAME && number == 0;
        let kind = match kind {
            WHOLE => {
                check_whole(payload)?;
                Kind::Whole { id, number, item: Zeroizing::new(payload.to_vec()) }
            }
            PART => Kind::Part { id, number, part: Part::read(payload)? },
            RECEIPTS if unnamed && payload.is_empty() => Kind::Receipts,
            GREETING if number == 0 && payload.is_empty() => Kind::Greeting { id },
            GAP if unnamed => Kind::Gap(Gap::read(payload)?),
            _ => return Err(Error::Invalid),
        };
        Ok(Self { turn, written, receipts, kind })
    }

    /// How many receipts fit beside a payload of this length.
    #[must_use]
    pub fn receipts_beside(payload_len: usize) -> usize {
        let room = MAX_LEN.saturating_sub(FIXED_LEN + payload_len);
        (room / NO_NAME.len()).min(usize::from(u8::MAX))
    }
}

impl Kind {
    /// How many bytes its payload has.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        match self {
            Self::Whole { item, .. } => item.len(),
            Self::Part { part, .. } => part.len(),
            Self::Receipts | Self::Greeting { .. } => 0,
            Self::Gap(_) => gap::LEN,
        }
    }
}

fn check_whole(item: &[u8]) -> Result<(), Error> {
    match item.len() {
        0 => Err(Error::Invalid),
        1..=MAX_WHOLE_LEN => Ok(()),
        _ => Err(Error::TooLong),
    }
}

impl core::fmt::Debug for Content {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { turn: _, written: _, receipts: _, kind } = self;
        let (Kind::Whole { .. }
        | Kind::Part { .. }
        | Kind::Receipts
        | Kind::Greeting { .. }
        | Kind::Gap(_)) = kind;
        f.write_str("Content")
    }
}

const VERSION: u8 = 2;
const WHOLE: u8 = 1;
const RECEIPTS: u8 = 2;
const GREETING: u8 = 3;
const PART: u8 = 4;
const GAP: u8 = 5;
const NO_NAME: MessageName = [0; 16];
/// Everything but receipts and payload.
const FIXED_LEN: usize = 1 + 1 + 8 + 8 + 16 + 8 + 1 + 2;
/// What a session's body holds.
const MAX_LEN: usize = 1_536;
/// The longest item in one piece, with room for a few receipts beside it.
pub const MAX_WHOLE_LEN: usize = 1_440;

const _: () = assert!(MAX_WHOLE_LEN == part::HEADER_LEN + SLICE_LEN);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn contents() -> Vec<Content> {
        let whole = |len| Kind::Whole { id: [7; 16], number: 3, item: vec![9; len].into() };
        let part = |index, len| Kind::Part {
            id: [8; 16],
            number: u64::MAX,
            part: Part { item: [5; 16], index, count: 3, slice: vec![1; len] },
        };
        let gap = Gap { session: [4; 16], first: 1, last: 64 };
        let content = |kind, receipts| Content { turn: 1, written: 2, receipts, kind };
        vec![
            content(whole(1), vec![]),
            content(whole(MAX_WHOLE_LEN), vec![[1; 16]; Content::receipts_beside(MAX_WHOLE_LEN)]),
            content(part(0, SLICE_LEN), vec![[1; 16]]),
            content(part(2, 1), vec![]),
            content(Kind::Receipts, vec![[1; 16]; Content::receipts_beside(0)]),
            content(Kind::Greeting { id: [9; 16] }, vec![[2; 16]]),
            content(Kind::Gap(gap), vec![[2; 16]]),
        ]
    }

    #[test]
    fn every_kind_survives_its_bytes_and_no_truncation() {
        for content in contents() {
            let bytes = content.to_bytes().unwrap();
            assert!(bytes.len() <= MAX_LEN);
            let room = FIXED_LEN + 16 * content.receipts.len() + content.kind.payload_len();
            assert_eq!(bytes.len(), room);
            assert!(Content::from_bytes(bytes.expose()) == Ok(content));
            for len in 0..bytes.len() {
                assert!(Content::from_bytes(&bytes.expose()[..len]).is_err());
            }
            assert!(Content::from_bytes(&[bytes.expose(), &[0]].concat()).is_err());
        }
    }

    #[test]
    fn other_versions_and_kinds_are_refused() {
        for content in contents() {
            let bytes = content.to_bytes().unwrap().expose().to_vec();
            for version in (0..=255).filter(|version| *version != VERSION) {
                assert!(Content::from_bytes(&[&[version], &bytes[1..]].concat()).is_err());
            }
            for kind in [0, 6, 255] {
                assert!(Content::from_bytes(&[&[VERSION, kind], &bytes[2..]].concat()).is_err());
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let beside = Content::receipts_beside(MAX_WHOLE_LEN);
        assert!(beside >= 3, "a full item takes a few receipts along");
        let whole = |len, receipts| Content {
            turn: 0,
            written: 0,
            receipts: vec![[1; 16]; receipts],
            kind: Kind::Whole { id: [7; 16], number: 0, item: vec![1; len].into() },
        };
        assert!(whole(MAX_WHOLE_LEN, beside).to_bytes().is_ok());
        assert!(whole(MAX_WHOLE_LEN, beside + 1).to_bytes().is_err());
        assert!(whole(MAX_WHOLE_LEN + 1, 0).to_bytes().is_err());
        assert!(whole(0, 0).to_bytes().is_err());
        let receipts = |count| Content { kind: Kind::Receipts, ..whole(1, count) };
        assert!(receipts(Content::receipts_beside(0)).to_bytes().is_ok());
        assert!(receipts(Content::receipts_beside(0) + 1).to_bytes().is_err());
    }

    #[test]
    fn what_has_no_name_has_no_number_either() {
        let gap = Kind::Gap(Gap { session: [4; 16], first: 1, last: 1 });
        for kind in [Kind::Receipts, gap] {
            let content = Content { turn: 0, written: 0, receipts: Vec::new(), kind };
            let bytes = content.to_bytes().unwrap().expose().to_vec();
            for at in 18..42 {
                let mut bytes = bytes.clone();
                bytes[at] = 1;
                assert!(Content::from_bytes(&bytes).is_err(), "{at}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_is_what_would_be_written(
            which in 0..7_usize,
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        ) {
            let mut bytes = contents()[which].to_bytes().unwrap().expose().to_vec();
            for (at, value) in flips {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Ok(content) = Content::from_bytes(&bytes) {
                let written = content.to_bytes().unwrap();
                prop_assert_eq!(written.expose(), &bytes[..]);
            }
        }
    }
}
