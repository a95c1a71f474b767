//! The private keys of a bundle.

use core::cell::OnceCell;
use core::fmt;

use crate::codec::Reader;
use crate::crypto::CryptoRng;
use crate::crypto::kem::CIPHERTEXT_LEN;
use crate::crypto::kem::KemKey;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::crypto::x25519::X25519Key;
use crate::signal::Error;
use crate::signal::snapshot;

use super::BundleId;
use super::PrekeyBundle;
use super::bundle::PublicPrekeys;

/// What its maker keeps of a bundle until one session has begun with it, or its time has passed.
///
/// The keys serve one session. They are borrowed, not consumed, by an attempt to answer, because
/// only an authentic message may use them up: whoever commits the session deletes them with it.
pub struct PrekeySecrets {
    bundle_id: BundleId,
    bundle_digest: [u8; 32],
    private: PrivatePrekeys,
}

/// The keys themselves. The ML-KEM key is written as its seed, and made of that when it is needed.
pub(in crate::signal) struct PrivatePrekeys {
    pub(in crate::signal) signed: X25519Key,
    pub(in crate::signal) one_time: X25519Key,
    kem_seed: Secret<64>,
    kem: OnceCell<KemKey>,
}

impl PrekeySecrets {
    pub(super) fn generate(rng: &mut impl CryptoRng) -> (PublicPrekeys, PrivatePrekeys) {
        let (signed, one_time) = (X25519Key::generate(rng), X25519Key::generate(rng));
        let kem = KemKey::generate(rng);
        let public = PublicPrekeys {
            signed: signed.public(),
            one_time: one_time.public(),
            kem: Box::new(kem.encapsulation_key()),
        };
        let kem_seed = kem.seed().duplicate();
        (public, PrivatePrekeys { signed, one_time, kem_seed, kem: OnceCell::from(kem) })
    }

    pub(super) fn new(bundle: &PrekeyBundle, private: PrivatePrekeys) -> Self {
        Self { bundle_id: bundle.id(), bundle_digest: bundle.digest(), private }
    }

    /// The id of the bundle that they belong to.
    #[must_use]
    pub const fn bundle_id(&self) -> BundleId {
        self.bundle_id
    }

    /// The keys, for sealing at rest.
    #[must_use]
    pub fn to_bytes(&self) -> SecretBytes {
        snapshot::write(STATE_VERSION, STATE_LEN, |writer| {
            writer.bytes(self.bundle_id.as_bytes());
            writer.bytes(&self.bundle_digest);
            writer.bytes(self.private.signed.secret_bytes().expose());
            writer.bytes(self.private.one_time.secret_bytes().expose());
            writer.bytes(self.private.kem_seed.expose());
        })
    }

    /// Reads what [`PrekeySecrets::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::Decode`] or [`Error::Version`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (version, mut reader) = snapshot::read(bytes)?;
        if version != STATE_VERSION {
            return Err(Error::Version(version));
        }
        let secrets = Self {
            bundle_id: BundleId::from_bytes(reader.array()?),
            bundle_digest: reader.array()?,
            private: PrivatePrekeys {
                signed: read_key(&mut reader)?,
                one_time: read_key(&mut reader)?,
                kem_seed: Secret::from_slice(reader.take(64)?)?,
                kem: OnceCell::new(),
            },
        };
        reader.finish()?;
        Ok(secrets)
    }

    pub(in crate::signal) const fn bundle_digest(&self) -> &[u8; 32] {
        &self.bundle_digest
    }

    pub(in crate::signal) const fn private(&self) -> &PrivatePrekeys {
        &self.private
    }
}

impl PrivatePrekeys {
    /// The shared secret in an initial message's ciphertext.
    pub(in crate::signal) fn decapsulate(&self, ciphertext: &[u8; CIPHERTEXT_LEN]) -> Secret<32> {
        let kem = self.kem.get_or_init(|| KemKey::from_seed(self.kem_seed.duplicate()));
        kem.decapsulate(ciphertext)
    }
}

impl fmt::Debug for PrekeySecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bundle_id: _, bundle_digest: _, private: _ } = self;
        f.write_str("PrekeySecrets")
    }
}

fn read_key(reader: &mut Reader<'_>) -> Result<X25519Key, Error> {
    let bytes = Secret::from_slice(reader.take(32)?)?;
    Ok(X25519Key::from_bytes(bytes.expose()))
}

const STATE_VERSION: u8 = 1;
const STATE_LEN: usize = 16 + 32 + 32 + 32 + 64;
