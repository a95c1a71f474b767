//! The root key and its step.
//!
//! ```text
//! rk' ‖ ck ‖ nhk = HKDF-SHA256(salt = rk, ikm = DH(ours, theirs), info = "bauta root v1", 96)
//! ```
//!
//! Steps alternate, and the types say so: a [`RootKey`] receives next, a [`RemoteRootKey`] sends.

use core::fmt;

use crate::crypto::secret::Secret;
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
        own: &RatchetKey,
        theirs: &RemoteRatchetKey,
    ) -> Result<(RemoteRootKey, RemoteChainKey, RemoteHeaderKey), Error> {
        let [root, chain, header] = step(&self.0, &own.agree(theirs)?);
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
        self,
        own: &RatchetKey,
        theirs: &RemoteRatchetKey,
    ) -> Result<(RootKey, ChainKey, HeaderKey), Error> {
        let [root, chain, header] = step(&self.0, &own.agree(theirs)?);
        Ok((RootKey(root), ChainKey::new(chain), HeaderKey::new(header)?))
    }
}

fn step(root: &Secret<32>, shared: &Secret<32>) -> [Secret<32>; 3] {
    let okm: Secret<96> = kdf::derive(root.expose(), shared.expose(), labels::ROOT);
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
