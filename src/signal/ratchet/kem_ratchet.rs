//! The post-quantum half of a DH step.
//!
//! ```text
//!   their header: ek, ct ──► ss_r = Decaps(own, ct)           into the step to their new chain
//!                            own' = KeyGen()
//!                            ct', ss_s = Encaps(ek)           into the step to our new chain
//!   our headers:  ek', ct'
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
use crate::crypto::kem;
use crate::crypto::kem::CIPHERTEXT_LEN;
use crate::crypto::kem::ENCAPSULATION_KEY_LEN;
use crate::crypto::kem::KemKey;
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

/// What a turn mixes into its two DH steps, and the key pair after it.
#[derive(Debug)]
pub(super) struct KemTurn {
    /// `ss_r`; nothing was encapsulated for the initiator's first chain.
    pub(super) receiving: Option<Secret<32>>,
    /// `ss_s`.
    pub(super) sending: Secret<32>,
    pub(super) next: KemRatchet,
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

    /// The responder's first turn.
    pub(super) fn respond(theirs: &KemOffer, rng: &mut impl CryptoRng) -> Result<KemTurn, Error> {
        match theirs.ciphertext {
            None => KemTurn::new(None, theirs, rng),
            Some(_) => Err(Error::Misbehaved),
        }
    }

    /// Every later turn.
    pub(super) fn turn(
        &self,
        theirs: &KemOffer,
        rng: &mut impl CryptoRng,
    ) -> Result<KemTurn, Error> {
        let ciphertext = theirs.ciphertext.as_ref().ok_or(Error::Misbehaved)?;
        // ss_r = Decaps(own, ct)
        KemTurn::new(Some(self.own.decapsulate(ciphertext)), theirs, rng)
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

impl KemTurn {
    fn new(
        receiving: Option<Secret<32>>,
        theirs: &KemOffer,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        let own = KemKey::generate(rng);
        // ct, ss_s = Encaps(ek)
        let (ciphertext, sending) = kem::encapsulate(&theirs.encapsulation_key, rng)?;
        let next = KemRatchet::new(own, Some(Box::new(ciphertext)));
        Ok(Self { receiving, sending, next })
    }
}

impl fmt::Debug for KemRatchet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { own: _, offer: _ } = self;
        f.write_str("KemRatchet")
    }
}
