//! The network's identity: one long-lived key, and the key sets that it signs.
//!
//! ```text
//! network id = SHA-256("bauta network v1" ‖ SPKI of the network key)
//! key set    = "bauta keyset v1" ‖ 0 ‖ sequence u64 ‖ (length u16 ‖ SPKI) for P-256, P-384, P-521
//! signature  = ECDSA P-521 with SHA-512 by the network key over the key set, DER
//! ```
//!
//! One pin, the network id, covers every curve and every rotation: the keys of a set do the
//! handshakes, and a newer set has a higher sequence number.

use core::fmt;

use crate::codec;
use crate::codec::Reader;
use crate::codec::Writer;
use crate::codec::base32;
use crate::crypto;
use crate::crypto::hash;
use crate::crypto::sign::Curve;
use crate::crypto::sign::SigningKey;
use crate::crypto::sign::VerifyingKey;

/// What a network is known by: 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkId([u8; 32]);

impl NetworkId {
    /// The id with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The id of the network with this key, a SubjectPublicKeyInfo.
    #[must_use]
    pub fn of(network_key: &[u8]) -> Self {
        Self(hash::sha256(&[LABEL_NETWORK, network_key]))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for NetworkId {
    /// The fingerprint: 56 characters of base32.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base32::encode_key(base32::FINGERPRINT_VERSION, &self.0))
    }
}

/// Why a network's identity is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentityError {
    /// The network key, the key set or one of its keys cannot be read.
    Malformed,
    /// The network key did not sign this key set.
    BadSignature,
    /// All is well, and it is another network than the pinned one.
    OtherNetwork {
        /// The network that answered.
        found: NetworkId,
    },
    /// A key set older than one that was seen: its keys may be stolen ones.
    RolledBack {
        /// The highest number seen.
        seen: u64,
        /// The number of this one.
        found: u64,
    },
    /// Two key sets with one number: the network key is in two hands.
    Doubled {
        /// The number of both.
        sequence: u64,
    },
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("the relay's key set cannot be read"),
            Self::BadSignature => {
                f.write_str("the relay's key set is not signed by its network key")
            }
            Self::OtherNetwork { found } => write!(f, "this is another network: {found}"),
            Self::RolledBack { seen, found } => {
                write!(f, "the relay shows key set {found}, and {seen} was seen already")
            }
            Self::Doubled { sequence } => write!(f, "there are two key sets {sequence}"),
        }
    }
}

impl core::error::Error for IdentityError {}

impl From<codec::Error> for IdentityError {
    fn from(_: codec::Error) -> Self {
        Self::Malformed
    }
}

/// The public keys that do a network's handshakes, with the number of this set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySet {
    sequence: u64,
    p256: Vec<u8>,
    p384: Vec<u8>,
    p521: Vec<u8>,
}

impl KeySet {
    /// The set of these keys.
    #[must_use]
    pub fn new(sequence: u64, keys: &SigningKeys) -> Self {
        Self {
            sequence,
            p256: keys.spki(Curve::P256).to_vec(),
            p384: keys.spki(Curve::P384).to_vec(),
            p521: keys.spki(Curve::P521).to_vec(),
        }
    }

    /// Reads a key set.
    ///
    /// # Errors
    /// [`IdentityError::Malformed`] unless it is one, each key on its curve and nothing behind.
    pub fn parse(bytes: &[u8]) -> Result<Self, IdentityError> {
        let mut reader = Reader::new(bytes);
        if reader.take(LABEL_KEY_SET.len())? != LABEL_KEY_SET {
            return Err(IdentityError::Malformed);
        }
        let key_set = Self {
            sequence: reader.u64()?,
            p256: read_spki(&mut reader, Curve::P256)?,
            p384: read_spki(&mut reader, Curve::P384)?,
            p521: read_spki(&mut reader, Curve::P521)?,
        };
        reader.finish()?;
        Ok(key_set)
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.bytes(LABEL_KEY_SET);
        writer.u64(self.sequence);
        for curve in Curve::ALL {
            writer.vec16(|w| {
                w.bytes(self.spki(curve));
            });
        }
        writer.into_vec()
    }

    /// The number of this set: higher is newer.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The key of a curve, a SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self, curve: Curve) -> &[u8] {
        match curve {
            Curve::P256 => &self.p256,
            Curve::P384 => &self.p384,
            Curve::P521 => &self.p521,
        }
    }
}

fn read_spki(reader: &mut Reader<'_>, curve: Curve) -> Result<Vec<u8>, IdentityError> {
    let spki = reader.vec16(MAX_SPKI_LEN)?;
    let key = VerifyingKey::from_spki(spki).map_err(|_| IdentityError::Malformed)?;
    if key.curve() != curve {
        return Err(IdentityError::Malformed);
    }
    Ok(spki.to_vec())
}

/// A key set with the network key and its signature, as Welcome carries them; nothing is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedKeySet {
    network_key: Vec<u8>,
    key_set: Vec<u8>,
    signature: Vec<u8>,
}

impl SignedKeySet {
    /// Signs a key set.
    ///
    /// # Errors
    /// As [`SigningKey::spki`].
    pub fn sign(network_key: &SigningKey, key_set: &KeySet) -> Result<Self, crypto::Error> {
        let key_set = key_set.to_bytes();
        let signature = network_key.sign(&key_set);
        Ok(Self { network_key: network_key.spki()?, key_set, signature })
    }

    /// Puts together what arrived in parts.
    #[must_use]
    pub fn from_parts(network_key: Vec<u8>, key_set: Vec<u8>, signature: Vec<u8>) -> Self {
        Self { network_key, key_set, signature }
    }

    /// The network key, a SubjectPublicKeyInfo.
    #[must_use]
    pub fn network_key(&self) -> &[u8] {
        &self.network_key
    }

    /// The key set's bytes.
    #[must_use]
    pub fn key_set(&self) -> &[u8] {
        &self.key_set
    }

    /// The signature, DER.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Checks everything that can be checked without a memory of earlier sets. Without a pin any
    /// network is as good as another: whoever calls so trusts on first use.
    ///
    /// # Errors
    /// [`IdentityError::Malformed`], [`IdentityError::BadSignature`], and
    /// [`IdentityError::OtherNetwork`] only about a network whose signature holds.
    pub fn verify(&self, pinned: Option<&NetworkId>) -> Result<VerifiedKeySet, IdentityError> {
        let network_key =
            VerifyingKey::from_spki(&self.network_key).map_err(|_| IdentityError::Malformed)?;
        if network_key.curve() != Curve::P521 {
            return Err(IdentityError::Malformed);
        }
        network_key
            .verify(&self.key_set, &self.signature)
            .map_err(|_| IdentityError::BadSignature)?;
        let found = NetworkId::of(&self.network_key);
        if pinned.is_some_and(|pinned| *pinned != found) {
            return Err(IdentityError::OtherNetwork { found });
        }
        Ok(VerifiedKeySet {
            network_id: found,
            digest: hash::sha256(&[&self.key_set]),
            key_set: KeySet::parse(&self.key_set)?,
        })
    }
}

/// A key set whose signature holds, of the network that was asked for.
///
/// Invariant: only [`SignedKeySet::verify`] makes one, and a connection is confirmed with one only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedKeySet {
    network_id: NetworkId,
    digest: [u8; 32],
    key_set: KeySet,
}

/// How a key set stands to the last one that was seen of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// No set of this network was seen before.
    First,
    /// It is the one that was seen.
    Same,
    /// It is newer: the network has refreshed its keys.
    Newer,
}

impl VerifiedKeySet {
    /// The network that signed it.
    #[must_use]
    pub fn network_id(&self) -> NetworkId {
        self.network_id
    }

    /// Its number.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.key_set.sequence
    }

    /// SHA-256 of its bytes: tells two sets with one number apart.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The key of a curve, a SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self, curve: Curve) -> &[u8] {
        self.key_set.spki(curve)
    }

    /// Compares it with the last set that was seen of its network: number and digest.
    ///
    /// # Errors
    /// [`IdentityError::RolledBack`] and [`IdentityError::Doubled`]: stop hard.
    pub fn follows(&self, last: Option<(u64, [u8; 32])>) -> Result<Follow, IdentityError> {
        let found = self.sequence();
        match last {
            None => Ok(Follow::First),
            Some((seen, _)) if found < seen => Err(IdentityError::RolledBack { seen, found }),
            Some((seen, _)) if found > seen => Ok(Follow::Newer),
            Some((_, digest)) if digest == self.digest => Ok(Follow::Same),
            Some((sequence, _)) => Err(IdentityError::Doubled { sequence }),
        }
    }
}

/// A relay's private keys, one for each curve: they sign handshakes.
#[derive(Debug)]
pub struct SigningKeys {
    p256: Signer,
    p384: Signer,
    p521: Signer,
}

/// One private key with its public form.
#[derive(Debug)]
pub(super) struct Signer {
    key: SigningKey,
    spki: Vec<u8>,
}

impl SigningKeys {
    /// Fresh keys.
    ///
    /// # Errors
    /// As [`SigningKey::spki`].
    pub fn generate(rng: &mut impl crypto::CryptoRng) -> Result<Self, crypto::Error> {
        Self::new(
            SigningKey::generate(Curve::P256, rng),
            SigningKey::generate(Curve::P384, rng),
            SigningKey::generate(Curve::P521, rng),
        )
    }

    /// These keys.
    ///
    /// # Errors
    /// [`crypto::Error::InvalidKey`] if one is on another curve than its place says.
    pub fn new(
        p256: SigningKey,
        p384: SigningKey,
        p521: SigningKey,
    ) -> Result<Self, crypto::Error> {
        Ok(Self {
            p256: Signer::new(p256, Curve::P256)?,
            p384: Signer::new(p384, Curve::P384)?,
            p521: Signer::new(p521, Curve::P521)?,
        })
    }

    /// The private key of a curve.
    #[must_use]
    pub fn key(&self, curve: Curve) -> &SigningKey {
        &self.signer(curve).key
    }

    /// The public key of a curve, a SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self, curve: Curve) -> &[u8] {
        self.signer(curve).spki()
    }

    pub(super) fn signer(&self, curve: Curve) -> &Signer {
        match curve {
            Curve::P256 => &self.p256,
            Curve::P384 => &self.p384,
            Curve::P521 => &self.p521,
        }
    }
}

impl Signer {
    fn new(key: SigningKey, curve: Curve) -> Result<Self, crypto::Error> {
        if key.curve() != curve {
            return Err(crypto::Error::InvalidKey);
        }
        let spki = key.spki()?;
        Ok(Self { key, spki })
    }

    pub(super) fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message)
    }
}

const LABEL_NETWORK: &[u8] = b"bauta network v1";
const LABEL_KEY_SET: &[u8] = b"bauta keyset v1\0";
/// Twice the length of a P-521 SubjectPublicKeyInfo (158 bytes).
const MAX_SPKI_LEN: usize = 316;
