//! The public keys of one rotation, and the bytes that the network key signs.

use super::IdentityError;
use super::SigningKeys;
use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::sign::Curve;
use crate::crypto::sign::VerifyingKey;

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
        if reader.take(LABEL.len())? != LABEL {
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
        writer.bytes(LABEL);
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

const LABEL: &[u8] = b"bauta keyset v1\0";
/// Twice the length of a P-521 SubjectPublicKeyInfo (158 bytes).
const MAX_SPKI_LEN: usize = 316;
