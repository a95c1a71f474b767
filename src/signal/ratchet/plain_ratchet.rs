//! The plain Double Ratchet of the specification's section 3, for comparison with other
//! implementations. No message of bauta's uses it: headers are in clear, and no KEM takes part.
//!
//! | bytes | what |
//! |---|---|
//! | 32 | the sender's ratchet key |
//! | 4 | length of the sender's previous chain |
//! | 4 | number of the message in this chain |
//! | 16 | salt |
//! | … | body, sealed with AES-256-GCM; its AAD is `AD ‖` everything before it |

use core::fmt;

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto;
use crate::crypto::CryptoRng;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::crypto::x25519::X25519Key;
use crate::signal::BodyAead;
use crate::signal::Error;

use super::MAX_CHAIN_LEN;
use super::double_ratchet::DoubleRatchet;
use super::double_ratchet::Sent;
use super::header::Header;
use super::message_key::MessageKey;
use super::message_key::RemoteMessageKey;
use super::message_key::SALT_LEN;
use super::ratchet_key::RemoteRatchetKey;

/// A side of a conversation whose headers everybody can read.
pub struct PlainRatchet {
    associated_data: Vec<u8>,
    ratchet: DoubleRatchet,
}

impl PlainRatchet {
    /// The initiator's side, from a shared secret and the responder's ratchet key.
    ///
    /// # Errors
    /// [`Error::Key`] if that key is of low order.
    pub fn initiate(
        secret: Secret<32>,
        theirs: &[u8; 32],
        associated_data: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let theirs = RemoteRatchetKey(*theirs);
        let (ratchet, _) = DoubleRatchet::initiate(secret, &theirs, None, rng)?;
        Ok(Self { associated_data: associated_data.to_vec(), ratchet })
    }

    /// The responder's side, from its private ratchet key and whichever message arrives first; also
    /// the body of that.
    ///
    /// # Errors
    /// As [`PlainRatchet::decrypt`].
    pub fn respond(
        secret: Secret<32>,
        own: &Secret<32>,
        associated_data: &[u8],
        message: &[u8],
    ) -> Result<(Self, SecretBytes), Error> {
        let message = Message::parse(message)?;
        let own = X25519Key::from_bytes(own.expose());
        let (ratchet, _, key) = DoubleRatchet::respond(secret, &own, &message.header)?;
        let body = message.open(&key, associated_data)?;
        Ok((Self { associated_data: associated_data.to_vec(), ratchet }, body))
    }

    /// Seals a body.
    ///
    /// # Errors
    /// [`Error::Exhausted`] at the end of the chain.
    pub fn encrypt(&mut self, body: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, Error> {
        let Sent { header, message_key, next_header: _ } = self.ratchet.send(rng)?;
        seal(&header, message_key, &self.associated_data, body, rng)
    }

    /// Opens a message. After an error nothing has changed.
    ///
    /// # Errors
    /// [`Error::Decode`] or [`Error::Misbehaved`] for an illegal header, [`Error::Key`] for a
    /// ratchet key of low order, [`Error::Decrypt`] for a forged message, [`Error::Consumed`] if it
    /// was opened before, [`Error::TooFarAhead`] if too many are missing before it.
    pub fn decrypt(&mut self, message: &[u8]) -> Result<SecretBytes, Error> {
        let message = Message::parse(message)?;
        let (change, key) = self.ratchet.prepare(&message.header)?;
        let body = message.open(&key, &self.associated_data)?;
        self.ratchet.commit(change);
        Ok(body)
    }
}

fn seal(
    header: &Header,
    key: MessageKey,
    associated_data: &[u8],
    body: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, Error> {
    let salt: [u8; SALT_LEN] = crypto::random(rng);
    let mut writer = Writer::new();
    writer.bytes(&header.ratchet_key.0).u32(header.previous_len).u32(header.number).bytes(&salt);
    let mut message = writer.into_vec();
    let aad = [associated_data, &message].concat();
    message.extend(key.seal(AEAD, &salt, &aad, body)?);
    Ok(message)
}

/// A message, taken apart.
struct Message<'a> {
    header: Header,
    salt: [u8; SALT_LEN],
    clear: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> Message<'a> {
    fn parse(message: &'a [u8]) -> Result<Self, Error> {
        let (clear, sealed) = message.split_at_checked(CLEAR_LEN).ok_or(Error::Decode)?;
        let mut reader = Reader::new(clear);
        let ratchet_key = RemoteRatchetKey(reader.array()?);
        let (previous_len, number, salt) = (reader.u32()?, reader.u32()?, reader.array()?);
        reader.finish()?;
        if previous_len > MAX_CHAIN_LEN || number >= MAX_CHAIN_LEN {
            return Err(Error::Misbehaved);
        }
        let header = Header { ratchet_key, kem: None, previous_len, number };
        Ok(Self { header, salt, clear, sealed })
    }

    fn open(&self, key: &RemoteMessageKey, associated_data: &[u8]) -> Result<SecretBytes, Error> {
        let aad = [associated_data, self.clear].concat();
        key.open(AEAD, &self.salt, &aad, self.sealed)
    }
}

const AEAD: BodyAead = BodyAead::Aes256Gcm;
const CLEAR_LEN: usize = 32 + 4 + 4 + SALT_LEN;

impl fmt::Debug for PlainRatchet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { associated_data: _, ratchet: _ } = self;
        f.write_str("PlainRatchet")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    #[test]
    fn messages_that_were_cut_changed_or_lie_about_numbers_are_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let public = X25519Key::from_bytes(&[4; 32]).public();
        let root = || Secret::new([1; 32]);
        let mut alice = PlainRatchet::initiate(root(), &public, b"ad", &mut rng).unwrap();
        let message = alice.encrypt(b"body", &mut rng).unwrap();
        let answer = |ad: &[u8], message: &[u8]| {
            PlainRatchet::respond(root(), &Secret::new([4; 32]), ad, message)
                .map(|(_, body)| body.expose().to_vec())
        };
        assert_eq!(answer(b"ad", &message), Ok(b"body".to_vec()));
        assert_eq!(answer(b"other", &message), Err(Error::Decrypt));
        for len in 0..message.len() {
            assert!(answer(b"ad", &message[..len]).is_err());
        }
        for at in 0..message.len() {
            let mut forged = message.clone();
            forged[at] ^= 1;
            assert!(answer(b"ad", &forged).is_err(), "byte {at}");
        }
        for at in [32, 36] {
            let mut lie = message.clone();
            lie[at..at + 4].fill(0xff);
            assert_eq!(answer(b"ad", &lie), Err(Error::Misbehaved));
        }
    }
}
