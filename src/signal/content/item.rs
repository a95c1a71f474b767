//! What people say and do: `type(1) ‖ fields`.
//!
//! | type | what | fields |
//! |---|---|---|
//! | 1 | text | disappears after (4, seconds, 0: never) ‖ 0, or 1 ‖ name (16) of the message that it answers ‖ UTF-8, 1 byte to 1 MiB |
//! | 2 | edit | target (16) ‖ UTF-8, 1 byte to 1 MiB |
//! | 3 | delete | target (16) |
//! | 4 | reaction | target (16) ‖ UTF-8, 0 (taken back) to 32 bytes without white space and control characters |
//! | 5 | read | 1 to 64 names (16 each) |
//! | 6 | timer | seconds (4), 0: off |
//! | 7 | offer of a file | size (8) ‖ SHA-256 (32) ‖ secret (32) ‖ AEAD (1) ‖ disappears after (4) ‖ UTF-8, 1 to 255 bytes |
//! | 8 | answer to an offer | target (16) ‖ code (1) |

use zeroize::Zeroizing;

use super::MessageName;
use super::offer::Answer;
use super::offer::MAX_OFFER_LEN;
use super::offer::Offer;
use crate::codec::Error;
use crate::codec::Reader;
use crate::codec::Writer;

/// What people say and do.
#[derive(Clone, PartialEq, Eq)]
pub enum Item {
    /// Says something.
    Text {
        /// Seconds after which it disappears, once it was read; 0: never.
        disappears: u32,
        /// The message that it answers.
        reply_to: Option<MessageName>,
        /// 1 byte to [`MAX_TEXT_LEN`].
        text: String,
    },
    /// Puts another text in the place of one of the writer's.
    Edit {
        /// Which.
        target: MessageName,
        /// 1 byte to [`MAX_TEXT_LEN`].
        text: String,
    },
    /// Destroys one of the writer's texts on both sides.
    Delete {
        /// Which.
        target: MessageName,
    },
    /// Reacts to a text of either side's.
    Reaction {
        /// Which.
        target: MessageName,
        /// At most [`MAX_REACTION_LEN`] bytes; none: takes it back.
        reaction: String,
    },
    /// Says that texts were read: 1 to [`MAX_READ`].
    Read(Vec<MessageName>),
    /// Proposes after how many seconds texts disappear; 0: never.
    Timer(u32),
    /// Offers a file. The item's name is the file's.
    Offer(Offer),
    /// Says what becomes of a file that either side has offered.
    Answer {
        /// The offer.
        target: MessageName,
        /// What.
        answer: Answer,
    },
}

impl Item {
    /// The bytes.
    ///
    /// # Errors
    /// [`Error`] for what [`Item::from_bytes`] would refuse.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.check()?;
        // Room for an offer: a vector that grows would leave unwiped copies of its secret behind.
        let mut writer = Writer::with_capacity(1 + MAX_OFFER_LEN);
        match self {
            Self::Text { disappears, reply_to, text } => {
                writer.u8(TEXT).u32(*disappears).u8(u8::from(reply_to.is_some()));
                writer.bytes(reply_to.as_ref().map_or(&[], <[u8; 16]>::as_slice));
                writer.bytes(text.as_bytes());
            }
            Self::Edit { target, text } => {
                writer.u8(EDIT).bytes(target).bytes(text.as_bytes());
            }
            Self::Delete { target } => {
                writer.u8(DELETE).bytes(target);
            }
            Self::Reaction { target, reaction } => {
                writer.u8(REACTION).bytes(target).bytes(reaction.as_bytes());
            }
            Self::Read(names) => {
                writer.u8(READ).bytes(names.as_flattened());
            }
            Self::Timer(seconds) => {
                writer.u8(TIMER).u32(*seconds);
            }
            Self::Offer(offer) => {
                writer.u8(OFFER);
                offer.write(&mut writer);
            }
            Self::Answer { target, answer } => {
                writer.u8(ANSWER).bytes(target).u8(answer.code());
            }
        }
        Ok(Zeroizing::new(writer.into_vec()))
    }

    /// Reads an item.
    ///
    /// # Errors
    /// [`Error`] for an unknown type and for anything that [`Item::to_bytes`] would not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        let item = match reader.u8()? {
            TEXT => Self::Text {
                disappears: reader.u32()?,
                reply_to: match reader.u8()? {
                    0 => None,
                    1 => Some(reader.array()?),
                    _ => return Err(Error::Invalid),
                },
                text: utf8(&mut reader)?,
            },
            EDIT => Self::Edit { target: reader.array()?, text: utf8(&mut reader)? },
            DELETE => Self::Delete { target: reader.array()? },
            REACTION => Self::Reaction { target: reader.array()?, reaction: utf8(&mut reader)? },
            READ => {
                let (names, rest) = reader.rest().as_chunks();
                if !rest.is_empty() {
                    return Err(Error::Truncated);
                }
                Self::Read(names.get(..names.len().min(MAX_READ + 1)).unwrap_or(names).to_vec())
            }
            TIMER => Self::Timer(reader.u32()?),
            OFFER => Self::Offer(Offer::read(&mut reader)?),
            ANSWER => Self::Answer {
                target: reader.array()?,
                answer: Answer::from_code(reader.u8()?).ok_or(Error::Invalid)?,
            },
            _ => return Err(Error::Invalid),
        };
        reader.finish()?;
        item.check()?;
        Ok(item)
    }

    fn check(&self) -> Result<(), Error> {
        match self {
            Self::Text { disappears, reply_to: _, text } => {
                check_timer(*disappears)?;
                check_len(text.len(), 1, MAX_TEXT_LEN)
            }
            Self::Edit { target: _, text } => check_len(text.len(), 1, MAX_TEXT_LEN),
            Self::Delete { target: _ } => Ok(()),
            Self::Reaction { target: _, reaction } => {
                if reaction.chars().any(|c| c.is_control() || c.is_whitespace()) {
                    return Err(Error::Invalid);
                }
                check_len(reaction.len(), 0, MAX_REACTION_LEN)
            }
            Self::Read(names) => check_len(names.len(), 1, MAX_READ),
            Self::Timer(seconds) => check_timer(*seconds),
            Self::Offer(offer) => {
                check_timer(offer.disappears)?;
                offer.check()
            }
            Self::Answer { target: _, answer: _ } => Ok(()),
        }
    }
}

fn check_timer(seconds: u32) -> Result<(), Error> {
    match seconds {
        0 | LEAST_TIMER..=LONGEST_TIMER => Ok(()),
        _ => Err(Error::Invalid),
    }
}

pub(super) fn check_len(len: usize, least: usize, most: usize) -> Result<(), Error> {
    match len {
        len if len < least => Err(Error::Invalid),
        len if len > most => Err(Error::TooLong),
        _ => Ok(()),
    }
}

/// All that is left. How long it may be is checked afterwards: it is here already.
pub(super) fn utf8(reader: &mut Reader<'_>) -> Result<String, Error> {
    core::str::from_utf8(reader.rest()).map(str::to_owned).map_err(|_| Error::Invalid)
}

impl core::fmt::Debug for Item {
    /// Names the item only.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Text { disappears: _, reply_to: _, text: _ } => "Text",
            Self::Edit { target: _, text: _ } => "Edit",
            Self::Delete { target: _ } => "Delete",
            Self::Reaction { target: _, reaction: _ } => "Reaction",
            Self::Read(_) => "Read",
            Self::Timer(_) => "Timer",
            Self::Offer(_) => "Offer",
            Self::Answer { target: _, answer: _ } => "Answer",
        })
    }
}

const TEXT: u8 = 1;
const EDIT: u8 = 2;
const DELETE: u8 = 3;
const REACTION: u8 = 4;
const READ: u8 = 5;
const TIMER: u8 = 6;
const OFFER: u8 = 7;
const ANSWER: u8 = 8;

/// The longest text in bytes: a long letter; more than that is a file.
pub const MAX_TEXT_LEN: usize = 1 << 20;
/// The longest reaction in bytes: the longest emoji of a family with skin tones has 41, what people
/// use has at most 28.
pub const MAX_REACTION_LEN: usize = 32;
/// How many texts one item says were read: they fit into one body.
pub const MAX_READ: usize = 64;
/// The shortest time for disappearing, in seconds: below it nobody has read the text.
pub const LEAST_TIMER: u32 = 5;
/// The longest time for disappearing, in seconds: a year.
pub const LONGEST_TIMER: u32 = 365 * 24 * 3600;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::MAX_PARTS;
    use super::super::MAX_WHOLE_LEN;
    use super::super::SLICE_LEN;
    use super::*;
    use crate::signal::file;

    const NAME: MessageName = [7; 16];

    fn text(len: usize) -> Item {
        Item::Text { disappears: 0, reply_to: None, text: "x".repeat(len) }
    }

    fn reaction(reaction: &str) -> Item {
        Item::Reaction { target: NAME, reaction: reaction.to_owned() }
    }

    fn offer(name: &str) -> Offer {
        Offer {
            size: 5,
            hash: [1; 32],
            secret: [2; 32].into(),
            aead: crate::signal::BodyAead::ChaCha20Poly1305,
            disappears: 60,
            name: name.to_owned(),
        }
    }

    fn items() -> Vec<Item> {
        vec![
            text(1),
            Item::Text {
                disappears: LONGEST_TIMER,
                reply_to: Some(NAME),
                text: "a߿ࠀ￿𐀀\u{10ffff}\0".to_owned(),
            },
            Item::Edit { target: NAME, text: "y".to_owned() },
            Item::Delete { target: NAME },
            reaction(""),
            reaction("👍🏽"),
            Item::Read(vec![NAME]),
            Item::Read(vec![NAME; MAX_READ]),
            Item::Timer(0),
            Item::Timer(LEAST_TIMER),
            Item::Offer(offer("a")),
            Item::Answer { target: NAME, answer: Answer::Accepted },
        ]
    }

    #[test]
    fn every_item_survives_its_bytes() {
        for item in items() {
            let bytes = item.to_bytes().unwrap();
            assert_eq!(Item::from_bytes(&bytes).as_ref(), Ok(&item));
        }
    }

    #[test]
    fn a_truncated_item_is_another_one_or_none() {
        for item in items() {
            let bytes = item.to_bytes().unwrap();
            for len in 0..bytes.len() {
                if let Ok(other) = Item::from_bytes(&bytes[..len]) {
                    assert_ne!(other, item);
                    assert_eq!(**other.to_bytes().unwrap(), bytes[..len]);
                }
            }
        }
    }

    #[test]
    fn limits_hold_at_the_last_byte_in_both_directions() {
        let edit = |len| Item::Edit { target: NAME, text: "x".repeat(len) };
        for (fits, item) in [
            (false, text(0)),
            (true, text(MAX_TEXT_LEN)),
            (false, text(MAX_TEXT_LEN + 1)),
            (false, edit(0)),
            (true, edit(MAX_TEXT_LEN)),
            (false, edit(MAX_TEXT_LEN + 1)),
            (true, reaction(&"x".repeat(MAX_REACTION_LEN))),
            (false, reaction(&"x".repeat(MAX_REACTION_LEN + 1))),
            (false, reaction("a b")),
            (false, reaction("\u{2003}")),
            (false, reaction("\u{1b}")),
            (false, Item::Read(vec![])),
            (false, Item::Read(vec![NAME; MAX_READ + 1])),
            (false, Item::Offer(offer(""))),
            (true, Item::Offer(offer(&"x".repeat(255)))),
            (false, Item::Offer(offer(&"x".repeat(256)))),
            (true, Item::Offer(Offer { size: file::MAX_LEN, ..offer("x") })),
            (false, Item::Offer(Offer { size: file::MAX_LEN + 1, ..offer("x") })),
            (false, Item::Offer(Offer { disappears: 1, ..offer("x") })),
            (false, Item::Timer(LEAST_TIMER - 1)),
            (true, Item::Timer(LONGEST_TIMER)),
            (false, Item::Timer(LONGEST_TIMER + 1)),
            (false, Item::Text { disappears: 1, reply_to: None, text: "x".to_owned() }),
        ] {
            assert_eq!(item.to_bytes().is_ok(), fits, "{item:?}");
        }
        let refused = |head: &[u8], len| Item::from_bytes(&[head, &vec![b'x'; len]].concat());
        assert!(refused(&[TEXT, 0, 0, 0, 0, 0], MAX_TEXT_LEN).is_ok());
        assert_eq!(refused(&[TEXT, 0, 0, 0, 0, 0], MAX_TEXT_LEN + 1), Err(Error::TooLong));
        assert_eq!(refused(&[TEXT, 0, 0, 0, 0, 0], 0), Err(Error::Invalid));
        assert_eq!(refused(&[TEXT, 0, 0, 0, 0, 2], 20), Err(Error::Invalid));
        assert_eq!(refused(&[READ], 16 * (MAX_READ + 1)), Err(Error::TooLong));
        assert_eq!(refused(&[READ], 16 * 100_000), Err(Error::TooLong));
        assert_eq!(refused(&[READ], 17), Err(Error::Truncated));
        assert_eq!(refused(&[REACTION], 16 + MAX_REACTION_LEN + 1), Err(Error::TooLong));
        assert_eq!(refused(&[DELETE], 17), Err(Error::Trailing));
        for kind in [0, 9, 255] {
            assert_eq!(refused(&[kind], 16), Err(Error::Invalid));
        }
        assert!(Item::from_bytes(&[EDIT]).is_err());
        assert!(Item::from_bytes(&[&[EDIT][..], &NAME, &[0xff]].concat()).is_err());
    }

    #[test]
    fn the_longest_items_are_within_the_parts() {
        let longest = Item::Text {
            disappears: LEAST_TIMER,
            reply_to: Some(NAME),
            text: "x".repeat(MAX_TEXT_LEN),
        };
        let len = longest.to_bytes().unwrap().len();
        assert_eq!(len.div_ceil(SLICE_LEN), 739);
        assert!(len.div_ceil(SLICE_LEN) <= usize::from(MAX_PARTS));
        let read = Item::Read(vec![NAME; MAX_READ]).to_bytes().unwrap();
        assert!(read.len() <= MAX_WHOLE_LEN);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_survives(text in ".{1,200}", reply in any::<Option<MessageName>>()) {
            let item = Item::Text { disappears: 60, reply_to: reply, text };
            prop_assert_eq!(Item::from_bytes(&item.to_bytes().unwrap()), Ok(item));
        }

        #[test]
        fn what_is_read_is_what_would_be_written(
            kind in 0..8_u8,
            bytes in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let bytes = [&[kind], &bytes[..]].concat();
            if let Ok(item) = Item::from_bytes(&bytes) {
                prop_assert_eq!(&*item.to_bytes().unwrap(), &bytes);
            }
        }
    }
}
