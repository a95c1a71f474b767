//! The root key and its step.
//!
//! ```text
//! rk' ‖ ck ‖ nhk = HKDF-SHA256(salt = rk, ikm = DH(ours, theirs) ‖ SS, info = "bauta root v1", 96)
//! ```
//!
//! SS is the KEM's secret, where there is one. Both secrets have 32 bytes, so that the input has one
//! reading; whoever lacks either of them, or rk, cannot tell the result from random bytes.
//!
//! Steps alternate, and the types say so: a [`RootKey`] receives next, a [`RemoteRootKey`] sends.

use core::fmt;

use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::crypto::x25519::X25519Key;
use crate::signal::Error;
use crate::signal::kdf;
use crate::signal::labels;

use super::chain_key::ChainKey;
use super::chain_key::RemoteChainKey;
use super::header_key::HeaderKey;
use super::header_key::RemoteHeaderKey;
use super::ratchet_key::RatchetKey;
use super::ratchet_key::RemoteRatchetKey;

/// The root key after a step of ours: the peer's comes next.
pub(super) struct RootKey(Secret<32>);

/// The root key after a step of the peer's: ours comes next.
pub(super) struct RemoteRootKey(Secret<32>);

impl RootKey {
    pub(super) const fn new(key: Secret<32>) -> Self {
        Self(key)
    }

    /// The step to the peer's new chain.
    pub(super) fn receiving(
        &self,
        own: &X25519Key,
        theirs: &RemoteRatchetKey,
        encapsulated: Option<&Secret<32>>,
    ) -> Result<(RemoteRootKey, RemoteChainKey, RemoteHeaderKey), Error> {
        let [root, chain, header] = step(&self.0, &own.agree(&theirs.0)?, encapsulated);
        Ok((RemoteRootKey(root), RemoteChainKey::new(chain), RemoteHeaderKey::new(header)?))
    }

    pub(super) const fn secret(&self) -> &Secret<32> {
        &self.0
    }
}

impl RemoteRootKey {
    pub(super) const fn new(key: Secret<32>) -> Self {
        Self(key)
    }

    /// The step to our new chain.
    pub(super) fn sending(
        &self,
        own: &RatchetKey,
        theirs: &RemoteRatchetKey,
        encapsulated: Option<&Secret<32>>,
    ) -> Result<(RootKey, ChainKey, HeaderKey), Error> {
        let shared = own.private().agree(&theirs.0)?;
        let [root, chain, header] = step(&self.0, &shared, encapsulated);
        Ok((RootKey(root), ChainKey::new(chain), HeaderKey::new(header)?))
    }

    pub(super) const fn secret(&self) -> &Secret<32> {
        &self.0
    }
}

fn step(
    root: &Secret<32>,
    shared: &Secret<32>,
    encapsulated: Option<&Secret<32>>,
) -> [Secret<32>; 3] {
    let kem = encapsulated.map_or([].as_slice(), |secret| secret.expose());
    // DH(ours, theirs) ‖ SS
    let ikm = SecretBytes::new([shared.expose(), kem].concat());
    let okm: Secret<96> = kdf::derive(root.expose(), ikm.expose(), labels::ROOT);
    kdf::cut(&okm)
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("RootKey")
    }
}

impl fmt::Debug for RemoteRootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("RemoteRootKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers by Python's `hmac` and `cryptography`: private keys of twos and of threes, a root key
    /// of ones, the KEM's secret of fours.
    #[test]
    fn both_sides_take_the_known_step() {
        assert_eq!(
            steps(None),
            [
                "f8681801ac81cb3a8bce95a6696d5baeeb3f6bdd4baaa2e91f868de19510ede6",
                "33f64f73f817e34d1d799ad624237c21d0c2aa85b26a8047333b2c8e3ec54b33",
                "ac48c1a681fd858adf9364a1d069787cfdc1c2c1893d0fbef4908a6ef5e463fb",
            ]
        );
        assert_eq!(
            steps(Some(&Secret::new([4; 32]))),
            [
                "13f2f81a22835789d17099c077b5b5c570cc7d0e2f711384e3017e2c750de3aa",
                "4a0fc359007d1390f27d1aea812af039b129dd9ab90266016f30b163eb222ca2",
                "1c6e40663c73c5a39cddcd6fb8d98db1b59a75bb7290076871a149e191ff738b",
            ]
        );
    }

    fn steps(encapsulated: Option<&Secret<32>>) -> [String; 3] {
        let key = |byte| RatchetKey::from_bytes(&Secret::new([byte; 32]));
        let public = |byte| RemoteRatchetKey(X25519Key::from_bytes(&[byte; 32]).public());
        let sender = RemoteRootKey::new(Secret::new([1; 32]));
        let (root, chain, header) = sender.sending(&key(2), &public(3), encapsulated).unwrap();
        let receiver = RootKey::new(Secret::new([1; 32]));
        let theirs = receiver.receiving(key(3).private(), &public(2), encapsulated).unwrap();
        assert_eq!(theirs.0.0.expose(), root.0.expose());
        assert_eq!(theirs.1.secret().expose(), chain.secret().expose());
        assert_eq!(theirs.2.secret().expose(), header.secret().expose());
        [root.0, chain.secret().duplicate(), header.secret().duplicate()].map(|s| hex(&s))
    }

    #[test]
    fn a_ratchet_key_of_low_order_is_refused() {
        let own = RatchetKey::from_bytes(&Secret::new([2; 32]));
        let root = RootKey::new(Secret::new([1; 32]));
        let refused = root.receiving(own.private(), &RemoteRatchetKey([0; 32]), None);
        assert_eq!(refused.map(|_| ()), Err(Error::Key));
    }

    fn hex(secret: &Secret<32>) -> String {
        secret.expose().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
