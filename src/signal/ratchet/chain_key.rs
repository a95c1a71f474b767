//! Chain keys and their step.
//!
//! ```text
//! mk  = HMAC-SHA256(ck, 0x01)
//! ck' = HMAC-SHA256(ck, 0x02)
//! ```

use core::fmt;

use crate::crypto::secret::Secret;
use crate::signal::kdf;

use super::message_key::MessageKey;
use super::message_key::RemoteMessageKey;

/// The key of our sending chain.
pub(super) struct ChainKey(Secret<32>);

impl ChainKey {
    pub(super) const fn new(key: Secret<32>) -> Self {
        Self(key)
    }

    /// The next chain key and the key of one message.
    pub(super) fn step(&self) -> (Self, MessageKey) {
        (Self(next(&self.0)), MessageKey::new(message(&self.0)))
    }

    pub(super) const fn secret(&self) -> &Secret<32> {
        &self.0
    }
}

/// The key of a receiving chain.
pub(super) struct RemoteChainKey(Secret<32>);

impl RemoteChainKey {
    pub(super) const fn new(key: Secret<32>) -> Self {
        Self(key)
    }

    /// The next chain key and the key of one message.
    pub(super) fn step(&self) -> (Self, RemoteMessageKey) {
        (Self(next(&self.0)), RemoteMessageKey::new(message(&self.0)))
    }

    pub(super) fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }

    pub(super) const fn secret(&self) -> &Secret<32> {
        &self.0
    }
}

fn message(chain: &Secret<32>) -> Secret<32> {
    kdf::hmac(chain, &[&[1]])
}

fn next(chain: &Secret<32>) -> Secret<32> {
    kdf::hmac(chain, &[&[2]])
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("ChainKey")
    }
}

impl fmt::Debug for RemoteChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("RemoteChainKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers by Python's `hmac`, for a chain key of fours.
    #[test]
    fn both_sides_take_the_known_step() {
        let (key, message_key) = RemoteChainKey::new(Secret::new([4; 32])).step();
        let (sending_key, _) = ChainKey::new(Secret::new([4; 32])).step();
        assert_eq!(sending_key.0.expose(), key.0.expose());
        assert_eq!(
            [key.secret(), message_key.secret()].map(hex),
            [
                "2b206f7f327240de6f794efe12ce57bbad40f6d5bfb10a414f2a76bcd250223f",
                "9cccfe5fbb1a0c5ffebce52268c0219041e1168c76fea3b0474b261981e09b6a",
            ]
        );
    }

    fn hex(secret: &Secret<32>) -> String {
        secret.expose().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
