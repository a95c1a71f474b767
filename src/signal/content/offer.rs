//! The offer of a file: `size(8) ‖ SHA-256(32) ‖ secret(32) ‖ AEAD(1) ‖ disappears after(4) ‖ name`,
//! and what can be answered.

use zeroize::Zeroizing;

use super::item::check_len;
use super::item::utf8;
use crate::codec::Error;
use crate::codec::Reader;
use crate::codec::Writer;
use crate::signal::BodyAead;
use crate::signal::file;

/// The offer of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// How many bytes it has, at most [`file::MAX_LEN`].
    pub size: u64,
    /// Its SHA-256.
    pub hash: [u8; 32],
    /// What its keys and mailboxes follow from.
    pub secret: Zeroizing<[u8; 32]>,
    /// What it is sealed with.
    pub aead: BodyAead,
    /// Seconds after which the offer disappears, once it was read; 0: never.
    pub disappears: u32,
    /// What it is called where it comes from: 1 to [`MAX_NAME_LEN`] bytes.
    pub name: String,
}

impl Offer {
    pub(super) fn write(&self, writer: &mut Writer) {
        let Self { size, hash, secret, aead, disappears, name } = self;
        writer.u64(*size).bytes(hash).bytes(secret.as_slice()).u8(aead.code());
        writer.u32(*disappears).bytes(name.as_bytes());
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self {
            size: reader.u64()?,
            hash: reader.array()?,
            secret: Zeroizing::new(reader.array()?),
            aead: BodyAead::from_code(reader.u8()?).map_err(|_| Error::Invalid)?,
            disappears: reader.u32()?,
            name: utf8(reader)?,
        })
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.size > file::MAX_LEN {
            return Err(Error::TooLong);
        }
        check_len(self.name.len(), 1, MAX_NAME_LEN)
    }
}

impl core::fmt::Debug for Offer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { size: _, hash: _, secret: _, aead: _, disappears: _, name: _ } = self;
        f.write_str("Offer")
    }
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The receiver wants it.
    Accepted,
    /// The writer of this does not want it, or not any more.
    Cancelled,
    /// The receiver has it, and its hash was checked.
    Complete,
    /// What the receiver got has another hash.
    WrongHash,
    /// The receiver keeps no more open offers.
    TooMany,
    /// It was changed at its sender's while it was sent.
    Changed,
    /// Its sender cannot read it any more.
    Unreadable,
    /// The receiver cannot write it, and not for want of room.
    Unwritable,
}

impl Answer {
    const ALL: [Self; 8] = [
        Self::Accepted,
        Self::Cancelled,
        Self::Complete,
        Self::WrongHash,
        Self::TooMany,
        Self::Changed,
        Self::Unreadable,
        Self::Unwritable,
    ];

    /// Its number on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Accepted => 1,
            Self::Cancelled => 2,
            Self::Complete => 3,
            Self::WrongHash => 4,
            Self::TooMany => 5,
            Self::Changed => 6,
            Self::Unreadable => 7,
            Self::Unwritable => 8,
        }
    }

    /// The answer with a number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.code() == code)
    }
}

/// The longest name of a file in bytes: what file systems allow.
pub const MAX_NAME_LEN: usize = 255;
pub(super) const MAX_OFFER_LEN: usize = 8 + 32 + 32 + 1 + 4 + MAX_NAME_LEN;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_a_number_of_its_own() {
        for code in 0..=255 {
            assert_eq!(Answer::from_code(code).is_some(), (1..=8).contains(&code));
            assert!(Answer::from_code(code).is_none_or(|answer| answer.code() == code));
        }
    }
}
