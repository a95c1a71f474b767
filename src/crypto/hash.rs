//! SHA-2 ([FIPS 180-4](https://csrc.nist.gov/pubs/fips/180-4/upd1/final)), the function chosen at run time.

use sha2::Digest as _;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;
use zeroize::Zeroize;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// The length of a digest in bytes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a hash function is never empty")]
    pub fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The digest of the parts, one after the other.
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> Digest {
        let mut hasher = Hasher::new(self);
        parts.iter().for_each(|part| hasher.update(part));
        hasher.current()
    }
}

/// SHA-256 of the parts, one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

/// A digest or a key of digest length: at most 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    bytes: [u8; 64],
    len: usize,
}

impl Digest {
    pub(super) fn from_slice(slice: &[u8]) -> Self {
        let mut bytes = [0; 64];
        bytes.iter_mut().zip(slice).for_each(|(to, from)| *to = *from);
        Self { bytes, len: slice.len().min(64) }
    }

    /// As many zero bytes as the hash has.
    pub(super) fn zero(hash: Hash) -> Self {
        Self { bytes: [0; 64], len: hash.len() }
    }

    pub(super) fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.len).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Zeroize for Digest {
    fn zeroize(&mut self) {
        self.bytes.zeroize();
    }
}

impl core::fmt::Debug for Digest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { bytes: _, len } = self;
        write!(f, "Digest({len} bytes)")
    }
}

/// A hash over bytes that arrive piece by piece, readable at any point.
#[derive(Clone)]
pub struct Hasher(Inner);

#[derive(Clone)]
enum Inner {
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    /// Starts with no bytes.
    #[must_use]
    pub fn new(hash: Hash) -> Self {
        Self(match hash {
            Hash::Sha256 => Inner::Sha256(Sha256::new()),
            Hash::Sha384 => Inner::Sha384(Sha384::new()),
            Hash::Sha512 => Inner::Sha512(Sha512::new()),
        })
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Inner::Sha256(inner) => inner.update(bytes),
            Inner::Sha384(inner) => inner.update(bytes),
            Inner::Sha512(inner) => inner.update(bytes),
        }
    }

    /// The digest of everything so far; more may follow.
    #[must_use]
    pub fn current(&self) -> Digest {
        match &self.0 {
            Inner::Sha256(inner) => Digest::from_slice(&inner.clone().finalize()),
            Inner::Sha384(inner) => Digest::from_slice(&inner.clone().finalize()),
            Inner::Sha512(inner) => Digest::from_slice(&inner.clone().finalize()),
        }
    }
}

impl core::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self(_) = self;
        f.write_str("Hasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_of_parts_is_the_digest_of_their_concatenation() {
        for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let parts = hash.digest(&[b"ab", b"", b"c"]);
            assert_eq!(parts, hash.digest(&[b"abc"]));
            assert_eq!(parts.as_ref().len(), hash.len());
        }
    }

    #[test]
    fn sha256_of_abc_is_the_standards_example() {
        let digest = sha256(&[b"abc"]);
        assert_eq!(digest[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(Hash::Sha256.digest(&[b"abc"]).as_ref(), digest);
    }
}
