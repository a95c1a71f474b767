//! A message's header, before it is sealed.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | the body's AEAD |
//! | 32 | the sender's ratchet key |
//! | 4 | length of the sender's previous chain |
//! | 4 | number of the message in this chain |
//! | 1,184 | encapsulation key: zero in version 1 |
//! | 1,088 | ciphertext: zero in version 1; absent in an initial message |
//!
//! The last two have their places so that a header that fills them is no longer than one that
//! does not.

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::kem::CIPHERTEXT_LEN;
use crate::crypto::kem::ENCAPSULATION_KEY_LEN;
use crate::signal::BodyAead;
use crate::signal::Error;

use super::MAX_CHAIN_LEN;
use super::header_key;
use super::ratchet_key::RemoteRatchetKey;

/// Where a message travels, which decides how long its header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::signal) enum Form {
    /// Behind an initial header, whose ciphertext takes the place of the ratchet's.
    Initial,
    /// In an envelope of its own.
    Ordinary,
}

impl Form {
    /// The length of a sealed header in bytes.
    pub(in crate::signal) const fn sealed_header_len(self) -> usize {
        NUMBERS_LEN + self.slots_len() + header_key::OVERHEAD
    }

    const fn slots_len(self) -> usize {
        match self {
            Self::Initial => ENCAPSULATION_KEY_LEN,
            Self::Ordinary => ENCAPSULATION_KEY_LEN + CIPHERTEXT_LEN,
        }
    }
}

/// What a sender says of a message: the plain ratchet's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The sender's ratchet key.
    pub(super) ratchet_key: RemoteRatchetKey,
    /// PN: the length of the sender's previous chain.
    pub(super) previous_len: u32,
    /// N: the message's number in its chain.
    pub(super) number: u32,
}

impl Header {
    pub(super) fn encode(&self, aead: BodyAead, form: Form) -> Vec<u8> {
        let mut writer = Writer::with_capacity(NUMBERS_LEN + form.slots_len());
        writer.u8(VERSION).u8(aead.code()).bytes(&self.ratchet_key.0);
        writer.u32(self.previous_len).u32(self.number);
        let mut bytes = writer.into_vec();
        bytes.resize(NUMBERS_LEN + form.slots_len(), 0);
        bytes
    }

    pub(super) fn decode(bytes: &[u8], form: Form) -> Result<(Self, BodyAead), Error> {
        let mut reader = Reader::new(bytes);
        match reader.u8()? {
            VERSION => {}
            other => return Err(Error::Version(other)),
        }
        let aead = BodyAead::from_code(reader.u8()?)?;
        let header = Self {
            ratchet_key: RemoteRatchetKey(reader.array()?),
            previous_len: reader.u32()?,
            number: reader.u32()?,
        };
        let slots = reader.take(form.slots_len())?;
        reader.finish()?;
        if slots.iter().any(|byte| *byte != 0) {
            return Err(Error::Decode);
        }
        if header.previous_len > MAX_CHAIN_LEN || header.number >= MAX_CHAIN_LEN {
            return Err(Error::Misbehaved);
        }
        Ok((header, aead))
    }
}

const VERSION: u8 = 1;
const NUMBERS_LEN: usize = 1 + 1 + 32 + 4 + 4;

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: Header =
        Header { ratchet_key: RemoteRatchetKey([7; 32]), previous_len: 3, number: 4 };

    #[test]
    fn headers_round_trip_at_one_length() {
        for form in [Form::Initial, Form::Ordinary] {
            for aead in [BodyAead::Aes256Gcm, BodyAead::ChaCha20Poly1305] {
                let bytes = HEADER.encode(aead, form);
                assert_eq!(bytes.len() + header_key::OVERHEAD, form.sealed_header_len());
                assert_eq!(Header::decode(&bytes, form), Ok((HEADER, aead)));
                for len in 0..bytes.len() {
                    assert!(Header::decode(&bytes[..len], form).is_err());
                }
            }
        }
    }

    #[test]
    fn other_versions_aeads_and_filled_slots_are_refused() {
        let bytes = HEADER.encode(BodyAead::Aes256Gcm, Form::Ordinary);
        let with = |at: usize, value: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = value;
            Header::decode(&bytes, Form::Ordinary)
        };
        assert_eq!(with(0, 2), Err(Error::Version(2)));
        assert_eq!(with(1, 3), Err(Error::Suite));
        for at in NUMBERS_LEN..bytes.len() {
            assert_eq!(with(at, 1), Err(Error::Decode));
        }
    }

    #[test]
    fn numbers_end_at_the_length_of_a_chain() {
        let decode = |previous_len, number| {
            let header = Header { previous_len, number, ..HEADER };
            Header::decode(&header.encode(BodyAead::Aes256Gcm, Form::Initial), Form::Initial)
        };
        assert!(decode(MAX_CHAIN_LEN, MAX_CHAIN_LEN - 1).is_ok());
        assert_eq!(decode(MAX_CHAIN_LEN + 1, 0), Err(Error::Misbehaved));
        assert_eq!(decode(0, MAX_CHAIN_LEN), Err(Error::Misbehaved));
        assert_eq!(decode(u32::MAX, u32::MAX), Err(Error::Misbehaved));
    }
}
