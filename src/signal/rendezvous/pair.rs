//! What two people, and nobody else, can compute from their IDs: mailboxes, and keys to seal for them.
//!
//! ```text
//! K          = HKDF-SHA256(salt = network id, ikm = X25519(IK_A, IK_B),
//!                          info = "bauta rendezvous v1" ‖ lower ID key ‖ higher ID key)
//! tag        = HKDF-Expand(K, "pair")
//! capability = HKDF-Expand(K, "mailbox" ‖ writer's key ‖ reader's key ‖ epoch)
//! seal key   = HKDF-Expand(K, "seal"    ‖ writer's key ‖ reader's key ‖ epoch)
//! envelope   = nonce(12) ‖ AES-256-GCM(seal key, nonce, aad = address ‖ kind, length(2) ‖ plaintext ‖ zeros)
//! ```
//!
//! The nonce is random. One seal key serves one direction of one pair for 28 days: a bundle an hour
//! and 64 initial messages for each at the very worst, below 2^16 envelopes, so that two nonces
//! meet with a probability below 2^-65.

use core::fmt;

use crate::crypto;
use crate::crypto::CryptoRng;
use crate::crypto::aead::AeadKey;
use crate::crypto::aead::Algorithm;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::aead::TAG_LEN;
use crate::crypto::hash;
use crate::crypto::identity::IdentityKey;
use crate::crypto::identity::PublicIdentity;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::signal::Direction;
use crate::signal::ENVELOPE_LEN;
use crate::signal::Error;
use crate::signal::kdf;
use crate::signal::labels;
use crate::signal::padding;

/// How many bytes a sealed plaintext may have.
pub const PLAINTEXT_LEN: usize = PADDED_LEN - padding::LENGTH_LEN;

const PADDED_LEN: usize = ENVELOPE_LEN - NONCE_LEN - TAG_LEN;

/// What an envelope in a rendezvous mailbox holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A prekey bundle.
    Bundle,
    /// An initial message.
    Initial,
    /// A withdrawal.
    Withdrawn,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Bundle, Self::Initial, Self::Withdrawn];

    const fn code(self) -> u8 {
        match self {
            Self::Bundle => 1,
            Self::Initial => 2,
            Self::Withdrawn => 3,
        }
    }
}

/// Two people on one network, from the point of view of one of them.
pub struct Pair {
    /// K; it seals nothing itself.
    key: Secret<32>,
    own: PublicIdentity,
    peer: PublicIdentity,
}

impl Pair {
    /// Computes K.
    ///
    /// # Errors
    /// [`Error::Key`] if the peer's key is one's own, or shares its X25519 form.
    pub fn new(
        own: &IdentityKey,
        peer: &PublicIdentity,
        network: &[u8; 32],
    ) -> Result<Self, Error> {
        let peer_x25519 = peer.x25519()?;
        if own.public().x25519()? == peer_x25519 {
            return Err(Error::Key);
        }
        let (lower, higher) = sorted(own.public(), peer);
        let info = [labels::RENDEZVOUS, lower.as_bytes(), higher.as_bytes()].concat();
        let shared = own.agree(&peer_x25519)?;
        let key = kdf::derive(network, shared.expose(), &info);
        Ok(Self { key, own: *own.public(), peer: *peer })
    }

    /// What stands for the peer's ID in signed records: it proves nothing to anybody else.
    #[must_use]
    pub fn tag(&self) -> [u8; 32] {
        *kdf::expand(&self.key, &[labels::PAIR]).expose()
    }

    /// The capability of the mailbox of one direction in one epoch.
    #[must_use]
    pub fn capability(&self, direction: Direction, epoch: u64) -> Secret<32> {
        self.expand(labels::MAILBOX, direction, epoch)
    }

    /// Seals a plaintext into an envelope of [`ENVELOPE_LEN`] bytes.
    ///
    /// # Errors
    /// [`Error::TooLong`] above [`PLAINTEXT_LEN`] bytes.
    pub fn seal(
        &self,
        direction: Direction,
        epoch: u64,
        kind: Kind,
        plaintext: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, Error> {
        let mut buffer = padding::pad(plaintext, PADDED_LEN)?;
        let nonce: [u8; NONCE_LEN] = crypto::random(rng);
        let mailbox = self.mailbox(direction, epoch)?;
        let tag = mailbox.key.seal_in_place(&nonce, &mailbox.aad(kind), &mut buffer)?;
        Ok([nonce.as_slice(), &buffer, &tag].concat())
    }

    /// Opens an envelope, whichever kind it is of: three trials.
    ///
    /// # Errors
    /// [`Error::Decode`] if it has not [`ENVELOPE_LEN`] bytes, [`Error::Decrypt`] if it was not
    /// sealed for this pair, direction and epoch.
    pub fn open(
        &self,
        direction: Direction,
        epoch: u64,
        envelope: &[u8],
    ) -> Result<(Kind, SecretBytes), Error> {
        let envelope: &[u8; ENVELOPE_LEN] = envelope.try_into().map_err(|_| Error::Decode)?;
        let (nonce, sealed) = envelope.split_first_chunk().ok_or(Error::Decode)?;
        let mailbox = self.mailbox(direction, epoch)?;
        for kind in Kind::ALL {
            if let Ok(padded) = mailbox.key.open(nonce, &mailbox.aad(kind), sealed) {
                let plaintext = padding::unpad(padded.expose())?;
                return Ok((kind, SecretBytes::new(plaintext.to_vec())));
            }
        }
        Err(Error::Decrypt)
    }

    /// Whether the writer of a direction has the lower of the two keys.
    pub(crate) fn writer_is_lower(&self, direction: Direction) -> bool {
        let (writer, reader) = direction.writer_and_reader(&self.own, &self.peer);
        writer < reader
    }

    /// The direction in which one of the two writes to the other.
    pub(crate) fn direction(
        &self,
        writer: &PublicIdentity,
        reader: &PublicIdentity,
    ) -> Result<Direction, Error> {
        if (writer, reader) == (&self.own, &self.peer) {
            Ok(Direction::Outgoing)
        } else if (writer, reader) == (&self.peer, &self.own) {
            Ok(Direction::Incoming)
        } else {
            Err(Error::WrongPair)
        }
    }

    fn mailbox(&self, direction: Direction, epoch: u64) -> Result<Mailbox, Error> {
        let capability = self.capability(direction, epoch);
        let seal = self.expand(labels::SEAL, direction, epoch);
        Ok(Mailbox {
            address: hash::sha256(&[capability.expose()]),
            key: AeadKey::new(Algorithm::Aes256Gcm, seal.expose())?,
        })
    }

    fn expand(&self, label: &[u8], direction: Direction, epoch: u64) -> Secret<32> {
        let (writer, reader) = direction.writer_and_reader(&self.own, &self.peer);
        kdf::expand(&self.key, &[label, writer.as_bytes(), reader.as_bytes(), &epoch.to_be_bytes()])
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key: _, own: _, peer: _ } = self;
        f.write_str("Pair")
    }
}

/// One direction in one epoch.
struct Mailbox {
    address: [u8; 32],
    key: AeadKey,
}

impl Mailbox {
    fn aad(&self, kind: Kind) -> [u8; 33] {
        let mut aad = [kind.code(); 33];
        aad.iter_mut().zip(self.address).for_each(|(to, from)| *to = from);
        aad
    }
}

fn sorted<'a>(
    a: &'a PublicIdentity,
    b: &'a PublicIdentity,
) -> (&'a PublicIdentity, &'a PublicIdentity) {
    if a < b { (a, b) } else { (b, a) }
}
