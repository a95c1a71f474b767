//! Argon2id ([RFC 9106](https://www.rfc-editor.org/rfc/rfc9106)).

use argon2::Algorithm;
use argon2::Argon2;
use argon2::Params;
use argon2::Version;

use super::Error;
use super::secret::Secret;

/// How much a guess costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes.
    pub const RECOMMENDED: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
    /// For tests that are not about the cost.
    pub const LEAST: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };
}

/// The key that a passphrase gives with a salt, at a cost.
///
/// # Errors
/// [`Error::InvalidLength`] if the cost is out of the function's range.
pub fn derive(passphrase: &[u8], salt: &[u8; 16], cost: Cost) -> Result<Secret<32>, Error> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32))
        .map_err(|_| Error::InvalidLength)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut key = zeroize::Zeroizing::new([0; 32]);
    argon2
        .hash_password_into(passphrase, salt, key.as_mut_slice())
        .map_err(|_| Error::InvalidLength)?;
    Ok(Secret::new(*key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passphrase_salt_and_cost_all_count() {
        let key = |passphrase: &[u8], salt, passes| {
            *derive(passphrase, &[salt; 16], Cost { passes, ..Cost::LEAST }).unwrap().expose()
        };
        let first = key(b"a", 0, 1);
        assert_eq!(first, key(b"a", 0, 1));
        assert_ne!(first, key(b"b", 0, 1));
        assert_ne!(first, key(b"a", 1, 1));
        assert_ne!(first, key(b"a", 0, 2));
    }
}
