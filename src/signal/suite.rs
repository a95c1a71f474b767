//! The protocol version and the suites of a conversation.

use crate::codec::Reader;
use crate::codec::Writer;

use super::Error;

/// The protocol version of bundles and initial messages.
pub(super) const VERSION: u8 = 1;

/// What a conversation is made of.
///
/// Code 2: X25519 and ML-KEM-768 in the key agreement and in every step of the ratchet, HKDF-SHA256,
/// AES-256-GCM for headers. Code 1 had ML-KEM in the key agreement only, and is not spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suite {
    X25519MlKem768Sha256,
}

impl Suite {
    pub(super) const fn code(self) -> u16 {
        match self {
            Self::X25519MlKem768Sha256 => 2,
        }
    }

    const fn from_code(code: u16) -> Option<Self> {
        match code {
            2 => Some(Self::X25519MlKem768Sha256),
            _ => None,
        }
    }

    /// Reads one suite, which must be known.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::from_code(reader.u16()?).ok_or(Error::Suite)
    }

    /// Reads an offer, the preferred first: the first suite that is known here.
    pub(super) fn read_offer(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut offer = Reader::new(reader.vec8(MAX_OFFER_LEN)?);
        let mut chosen = None;
        while !offer.is_empty() {
            chosen = chosen.or(Self::from_code(offer.u16()?));
        }
        chosen.ok_or(Error::Suite)
    }

    /// Writes the offer of everything known here.
    pub(super) fn write_offer(writer: &mut Writer) {
        writer.vec8(|offer| {
            offer.u16(Self::X25519MlKem768Sha256.code());
        });
    }
}

/// Eight suites: more than a program will ever offer at once.
const MAX_OFFER_LEN: usize = 16;

/// Reads the version byte.
pub(super) fn read_version(reader: &mut Reader<'_>) -> Result<(), Error> {
    match reader.u8()? {
        VERSION => Ok(()),
        other => Err(Error::Version(other)),
    }
}
