//! HMAC and HKDF ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)).
//!
//! ```text
//! PRK = HMAC-Hash(salt, IKM)                                   extract
//! T(i) = HMAC-Hash(PRK, T(i-1) ‖ info ‖ i);  OKM = T(1) ‖ T(2) ‖ …   expand
//! ```

use hkdf::Hkdf;
use hmac::Hmac;
use hmac::Mac as _;
use sha2::Sha256;
use sha2::Sha384;
use sha2::Sha512;
use zeroize::Zeroize as _;

use super::Error;
use super::hash::Digest;
use super::hash::Hash;
use super::secret::Secret;

/// A pseudorandom key: what `extract` gives and `expand` takes. As long as its hash's digest.
#[derive(Clone)]
pub struct Prk {
    hash: Hash,
    key: Digest,
}

impl Prk {
    /// Takes a key that is a pseudorandom key already.
    ///
    /// # Errors
    /// [`Error::InvalidLength`] if it is not as long as the hash's digest.
    pub fn from_slice(hash: Hash, key: &[u8]) -> Result<Self, Error> {
        if key.len() != hash.len() {
            return Err(Error::InvalidLength);
        }
        Ok(Self { hash, key: Digest::from_slice(key) })
    }

    /// Sets the key up for HKDF-Expand: what is the same in all that is made from one key, the
    /// hashing of HMAC's two pads, is done once.
    ///
    /// # Errors
    /// None for a key of this type.
    pub fn expander(&self) -> Result<Expander, Error> {
        let key = self.as_bytes();
        let state = match self.hash {
            Hash::Sha256 => Hkdf::from_prk(key).map(State::Sha256),
            Hash::Sha384 => Hkdf::from_prk(key).map(State::Sha384),
            Hash::Sha512 => Hkdf::from_prk(key).map(State::Sha512),
        };
        state.map(|state| Expander { hash: self.hash, state }).map_err(|_| Error::InvalidLength)
    }

    /// HKDF-Expand: fills `out`.
    ///
    /// # Errors
    /// As [`Expander::expand`].
    pub fn expand(&self, info: &[u8], out: &mut [u8]) -> Result<(), Error> {
        self.expander()?.expand(&[info], out)
    }

    /// The key itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.key.as_ref()
    }

    /// The hash that it belongs to.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }
}

impl Drop for Prk {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl core::fmt::Debug for Prk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { hash, key: _ } = self;
        write!(f, "Prk({hash:?})")
    }
}

/// A [`Prk`] that is set up.
#[derive(Clone)]
pub struct Expander {
    hash: Hash,
    state: State,
}

/// Wiped on drop, by the feature `zeroize` of `sha2`.
#[derive(Clone)]
enum State {
    Sha256(Hkdf<Sha256>),
    Sha384(Hkdf<Sha384>),
    Sha512(Hkdf<Sha512>),
}

impl Expander {
    /// HKDF-Expand: fills `out`. `info` is the parts, one after the other.
    ///
    /// # Errors
    /// [`Error::InvalidLength`] if `out` is longer than 255 digests.
    pub fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Result<(), Error> {
        match &self.state {
            State::Sha256(state) => state.expand_multi_info(info, out),
            State::Sha384(state) => state.expand_multi_info(info, out),
            State::Sha512(state) => state.expand_multi_info(info, out),
        }
        .map_err(|_| Error::InvalidLength)
    }

    /// HKDF-Expand to another key of the same hash.
    ///
    /// # Errors
    /// None: a digest is not too long.
    pub fn expand_prk(&self, info: &[&[u8]]) -> Result<Prk, Error> {
        let mut prk = Prk { hash: self.hash, key: Digest::zero(self.hash) };
        self.expand(info, prk.key.as_mut())?;
        Ok(prk)
    }

    /// The hash that the key belongs to.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }
}

impl core::fmt::Debug for Expander {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { hash, state: _ } = self;
        write!(f, "Expander({hash:?})")
    }
}

/// HKDF-Extract.
#[must_use]
pub fn extract(hash: Hash, salt: &[u8], ikm: &[u8]) -> Prk {
    Prk { hash, key: hmac(hash, salt, &[ikm]) }
}

/// HKDF-SHA256 in one call, to a secret of `N` bytes.
///
/// # Errors
/// [`Error::InvalidLength`] if `N` is above 8,160.
pub fn derive<const N: usize>(salt: &[u8], ikm: &[u8], info: &[u8]) -> Result<Secret<N>, Error> {
    let mut okm = [0; N];
    extract(Hash::Sha256, salt, ikm).expand(info, &mut okm)?;
    let secret = Secret::new(okm);
    okm.zeroize();
    Ok(secret)
}

/// HMAC over the parts, one after the other.
#[must_use]
pub fn hmac(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Digest {
    match hash {
        Hash::Sha256 => {
            let mut mac = new_mac::<Hmac<Sha256>>(key);
            parts.iter().for_each(|part| mac.update(part));
            Digest::from_slice(&mac.finalize().into_bytes())
        }
        Hash::Sha384 => {
            let mut mac = new_mac::<Hmac<Sha384>>(key);
            parts.iter().for_each(|part| mac.update(part));
            Digest::from_slice(&mac.finalize().into_bytes())
        }
        Hash::Sha512 => {
            let mut mac = new_mac::<Hmac<Sha512>>(key);
            parts.iter().for_each(|part| mac.update(part));
            Digest::from_slice(&mac.finalize().into_bytes())
        }
    }
}

/// HMAC-SHA256 over the parts, for a result that is itself a secret.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Secret<32> {
    let mut mac = new_mac::<Hmac<Sha256>>(key);
    parts.iter().for_each(|part| mac.update(part));
    let mut code: [u8; 32] = mac.finalize().into_bytes().into();
    let secret = Secret::new(code);
    code.zeroize();
    secret
}

#[expect(clippy::expect_used, reason = "HMAC is defined for keys of every length")]
fn new_mac<M: hmac::KeyInit>(key: &[u8]) -> M {
    M::new_from_slice(key).expect("HMAC takes keys of every length")
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    /// The states of HMAC are states of these. Compiles or does not.
    #[test]
    fn hash_states_are_wiped_when_dropped() {
        fn is_wiped<T: ZeroizeOnDrop>() {}
        is_wiped::<Sha256>();
        is_wiped::<Sha384>();
        is_wiped::<Sha512>();
    }

    #[test]
    fn a_key_that_is_set_up_expands_as_one_that_is_not() {
        for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
            let prk = extract(hash, b"salt", b"ikm");
            let expander = prk.expander().unwrap();
            for info in [&[][..], b"info", &[7; 200]] {
                let mut expected = vec![0; hash.len()];
                prk.expand(info, &mut expected).unwrap();
                let (front, back) = info.split_at(info.len() / 2);
                let derived = expander.expand_prk(&[front, back]).unwrap();
                assert_eq!(derived.as_bytes(), expected);
                assert_eq!(derived.hash(), hash);
            }
        }
    }

    #[test]
    fn expand_refuses_more_than_255_digests() {
        let prk = extract(Hash::Sha256, b"", b"");
        assert_eq!(prk.expand(b"", &mut vec![0; 255 * 32]), Ok(()));
        assert_eq!(prk.expand(b"", &mut vec![0; 255 * 32 + 1]), Err(Error::InvalidLength));
    }
}
