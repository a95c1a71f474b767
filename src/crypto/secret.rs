//! Bytes that are wiped from memory when dropped, and that no log can show.

use core::fmt;

use zeroize::Zeroize as _;
use zeroize::ZeroizeOnDrop;
use zeroize::optimization_barrier;

use super::CryptoRng;
use super::Error;

/// A secret of `N` bytes.
///
/// It has no `Clone`, `PartialEq` or `Display`; a copy is made by name ([`Secret::duplicate`]).
#[derive(ZeroizeOnDrop)]
pub struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Takes the bytes over; the caller's copy on the stack is wiped.
    #[must_use]
    pub fn new(mut bytes: [u8; N]) -> Self {
        let secret = Self(Box::new(bytes));
        bytes.zeroize();
        secret
    }

    /// Copies the secret out of a slice.
    ///
    /// # Errors
    /// [`Error::InvalidLength`] if the slice does not have `N` bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, Error> {
        let bytes: [u8; N] = bytes.try_into().map_err(|_| Error::InvalidLength)?;
        Ok(Self::new(bytes))
    }

    /// A fresh random secret.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self(Box::new([0; N]));
        rng.fill_bytes(secret.0.as_mut_slice());
        secret
    }

    /// The bytes, for the operation that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }

    /// A second copy, for state that must be tried before it is committed.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Secret")
    }
}

/// A secret whose length is known only at run time.
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes, for the operation that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Drop for SecretBytes {
    /// A fill that the compiler must not leave out: a volatile write of each byte takes longer than
    /// decrypting it.
    fn drop(&mut self) {
        self.0.fill(0);
        // What lies behind the end, too; this allocates nothing.
        self.0.resize(self.0.capacity(), 0);
        optimization_barrier(self.0.as_slice());
    }
}

impl ZeroizeOnDrop for SecretBytes {}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("SecretBytes")
    }
}
