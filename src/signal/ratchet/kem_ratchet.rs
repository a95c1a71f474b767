//! The post-quantum half of a DH step.
//!
//! ```text
//!   their header: ek, ct ──► ss_r = Decaps(own, ct)           into the step to their new chain
//!                            ek is checked and kept
//!   our headers:  ek', ct' ◄ own' = KeyGen()
//!                            ct', ss_s = Encaps(ek)           into the step to our new chain
//! ```
//!
//! Every message of a chain carries the same two, so that any of them may arrive first. Nothing has
//! been encapsulated to anybody before the initiator's first chain: its headers have no ciphertext.
//!
//! A ciphertext for another key gives an unrelated secret and no error; the message's body then
//! does not authenticate.
//!
//! Source: [FIPS 203](https://csrc.nist.gov/pubs/fips/203/final); the Double Ratchet takes a KEM's
//! secret beside DH's as further input of KDF_RK.

use core::fmt;

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::CryptoRng;
use crate::crypto::kem::CIPHERTEXT_LEN;
use crate::crypto::kem::ENCAPSULATION_KEY_LEN;
use crate::crypto::kem::KemKey;
use crate::crypto::kem::RemoteKemKey;
use crate::crypto::secret::Secret;
use crate::signal::Error;

/// What the headers of a chain carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KemOffer {
    /// The encapsulation key of whoever sends.
    pub(super) encapsulation_key: Box<[u8; ENCAPSULATION_KEY_LEN]>,
    /// For the decapsulation key of whoever receives.
    pub(super) ciphertext: Option<Box<[u8; CIPHERTEXT_LEN]>>,
}

/// Our key pair, and what our headers carry.
pub(super) struct KemRatchet {
    own: KemKey,
    offer: KemOffer,
}

/// What the peer's half of a turn gives.
#[derive(Debug)]
pub(super) struct Received {
    /// `ss_r`; nothing was encapsulated for the initiator's first chain.
    pub(super) secret: Option<Secret<32>>,
    /// What to encapsulate to in our half.
    pub(super) theirs: RemoteKemKey,
}

impl KemRatchet {
    /// The initiator's: there is no key to encapsulate to yet.
    pub(super) fn initiate(rng: &mut impl CryptoRng) -> Self {
        Self::new(KemKey::generate(rng), None)
    }

    fn new(own: KemKey, ciphertext: Option<Box<[u8; CIPHERTEXT_LEN]>>) -> Self {
        let encapsulation_key = Box::new(own.encapsulation_key());
        Self { own, offer: KemOffer { encapsulation_key, ciphertext } }
    }

    /// The initiator's half of the first turn.
    pub(super) fn receive_first(theirs: &KemOffer) -> Result<Received, Error> {
        match theirs.ciphertext {
            None => Received::new(None, theirs),
            Some(_) => Err(Error::Misbehaved),
        }
    }

    /// The peer's half of every later turn.
    pub(super) fn receive(&self, theirs: &KemOffer) -> Result<Received, Error> {
        let ciphertext = theirs.ciphertext.as_ref().ok_or(Error::Misbehaved)?;
        // ss_r = Decaps(own, ct)
        Received::new(Some(self.own.decapsulate(ciphertext)), theirs)
    }

    /// Our half of a turn, and `ss_s`.
    pub(super) fn send(theirs: &RemoteKemKey, rng: &mut impl CryptoRng) -> (Self, Secret<32>) {
        let own = KemKey::generate(rng);
        // ct, ss_s = Encaps(ek)
        let (ciphertext, secret) = theirs.encapsulate(rng);
        (Self::new(own, Some(Box::new(ciphertext))), secret)
    }

    pub(super) const fn offer(&self) -> &KemOffer {
        &self.offer
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.bytes(self.own.seed().expose());
        writer.u8(u8::from(self.offer.ciphertext.is_some()));
        if let Some(ciphertext) = &self.offer.ciphertext {
            writer.bytes(ciphertext.as_slice());
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let own = KemKey::from_seed(Secret::from_slice(reader.take(64)?)?);
        let ciphertext = match reader.u8()? {
            0 => None,
            1 => Some(Box::new(reader.array()?)),
            _ => return Err(Error::Decode),
        };
        Ok(Self::new(own, ciphertext))
    }
}

impl Received {
    fn new(secret: Option<Secret<32>>, theirs: &KemOffer) -> Result<Self, Error> {
        Ok(Self { secret, theirs: RemoteKemKey::from_bytes(&theirs.encapsulation_key)? })
    }
}

impl fmt::Debug for KemRatchet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { own: _, offer: _ } = self;
        f.write_str("KemRatchet")
    }
}
