//! A message's header, before it is sealed.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | the body's AEAD |
//! | 32 | the sender's ratchet key |
//! | 4 | length of the sender's previous chain |
//! | 4 | number of the message in this chain |
//! | 1,184 | the sender's encapsulation key |
//! | 1,088 | ciphertext for the receiver's encapsulation key; absent in an initial message |

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::kem::CIPHERTEXT_LEN;
use crate::crypto::kem::ENCAPSULATION_KEY_LEN;
use crate::signal::BodyAead;
use crate::signal::ENVELOPE_LEN;
use crate::signal::Error;

use super::MAX_CHAIN_LEN;
use super::header_key;
use super::kem_ratchet::KemOffer;
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
        self.header_len() + header_key::OVERHEAD
    }

    const fn header_len(self) -> usize {
        match self {
            Self::Initial => NUMBERS_LEN + ENCAPSULATION_KEY_LEN,
            Self::Ordinary => NUMBERS_LEN + ENCAPSULATION_KEY_LEN + CIPHERTEXT_LEN,
        }
    }
}

/// What a sender says of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The sender's ratchet key.
    pub(super) ratchet_key: RemoteRatchetKey,
    /// Its post-quantum half; the plain ratchet has none.
    pub(super) kem: Option<KemOffer>,
    /// PN: the length of the sender's previous chain.
    pub(super) previous_len: u32,
    /// N: the message's number in its chain.
    pub(super) number: u32,
}

impl Header {
    /// # Errors
    /// [`Error::ApiMisuse`] if what the header carries is not what its form has places for.
    pub(super) fn encode(&self, aead: BodyAead, form: Form) -> Result<Vec<u8>, Error> {
        let KemOffer { encapsulation_key, ciphertext } =
            self.kem.as_ref().ok_or(Error::ApiMisuse)?;
        // With room for the whole message, which grows out of it.
        let mut writer = Writer::with_capacity(ENVELOPE_LEN);
        writer.u8(VERSION).u8(aead.code()).bytes(&self.ratchet_key.0);
        writer.u32(self.previous_len).u32(self.number);
        writer.bytes(encapsulation_key.as_slice());
        match (form, ciphertext) {
            (Form::Initial, None) => {}
            (Form::Ordinary, Some(ciphertext)) => {
                writer.bytes(ciphertext.as_slice());
            }
            _ => return Err(Error::ApiMisuse),
        }
        Ok(writer.into_vec())
    }

    pub(super) fn decode(bytes: &[u8], form: Form) -> Result<(Self, BodyAead), Error> {
        let mut reader = Reader::new(bytes);
        match reader.u8()? {
            VERSION => {}
            other => return Err(Error::Version(other)),
        }
        let aead = BodyAead::from_code(reader.u8()?)?;
        let ratchet_key = RemoteRatchetKey(reader.array()?);
        let (previous_len, number) = (reader.u32()?, reader.u32()?);
        let encapsulation_key = Box::new(reader.array()?);
        let ciphertext = match form {
            Form::Initial => None,
            Form::Ordinary => Some(Box::new(reader.array()?)),
        };
        reader.finish()?;
        if previous_len > MAX_CHAIN_LEN || number >= MAX_CHAIN_LEN {
            return Err(Error::Misbehaved);
        }
        let kem = Some(KemOffer { encapsulation_key, ciphertext });
        Ok((Self { ratchet_key, kem, previous_len, number }, aead))
    }
}

const VERSION: u8 = 1;
const NUMBERS_LEN: usize = 1 + 1 + 32 + 4 + 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn header(form: Form) -> Header {
        let encapsulation_key = Box::new([8; ENCAPSULATION_KEY_LEN]);
        let ciphertext = (form == Form::Ordinary).then(|| Box::new([9; CIPHERTEXT_LEN]));
        let kem = Some(KemOffer { encapsulation_key, ciphertext });
        Header { ratchet_key: RemoteRatchetKey([7; 32]), kem, previous_len: 3, number: 4 }
    }

    #[test]
    fn headers_round_trip_at_one_length() {
        for form in [Form::Initial, Form::Ordinary] {
            for aead in [BodyAead::Aes256Gcm, BodyAead::ChaCha20Poly1305] {
                let bytes = header(form).encode(aead, form).unwrap();
                assert_eq!(bytes.len() + header_key::OVERHEAD, form.sealed_header_len());
                assert_eq!(Header::decode(&bytes, form), Ok((header(form), aead)));
                for len in 0..bytes.len() {
                    assert!(Header::decode(&bytes[..len], form).is_err());
                }
            }
        }
    }

    #[test]
    fn other_versions_aeads_and_lengths_are_refused() {
        let bytes = header(Form::Ordinary).encode(BodyAead::Aes256Gcm, Form::Ordinary).unwrap();
        let with = |at: usize, value: u8| {
            let mut bytes = bytes.clone();
            bytes[at] = value;
            Header::decode(&bytes, Form::Ordinary)
        };
        assert_eq!(with(0, 2), Err(Error::Version(2)));
        assert_eq!(with(1, 3), Err(Error::Suite));
        assert_eq!(Header::decode(&bytes, Form::Initial), Err(Error::Decode));
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(Header::decode(&longer, Form::Ordinary), Err(Error::Decode));
    }

    #[test]
    fn a_header_is_only_written_in_the_form_that_has_its_places() {
        let aead = BodyAead::Aes256Gcm;
        let refused = Err(Error::ApiMisuse);
        assert_eq!(header(Form::Ordinary).encode(aead, Form::Initial), refused);
        assert_eq!(header(Form::Initial).encode(aead, Form::Ordinary), refused);
        let plain = Header { kem: None, ..header(Form::Initial) };
        assert_eq!(plain.encode(aead, Form::Initial), refused);
    }

    #[test]
    fn numbers_end_at_the_length_of_a_chain() {
        let decode = |previous_len, number| {
            let header = Header { previous_len, number, ..header(Form::Initial) };
            let bytes = header.encode(BodyAead::Aes256Gcm, Form::Initial).unwrap();
            Header::decode(&bytes, Form::Initial)
        };
        assert!(decode(MAX_CHAIN_LEN, MAX_CHAIN_LEN - 1).is_ok());
        assert_eq!(decode(MAX_CHAIN_LEN + 1, 0), Err(Error::Misbehaved));
        assert_eq!(decode(0, MAX_CHAIN_LEN), Err(Error::Misbehaved));
        assert_eq!(decode(u32::MAX, u32::MAX), Err(Error::Misbehaved));
    }
}
