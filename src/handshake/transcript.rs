//! The transcript: a hash over the raw bytes of every handshake message, in order.
//!
//! Source: [RFC 8446, section 4.4.1](https://www.rfc-editor.org/rfc/rfc8446#section-4.4.1).

use crate::crypto::hash::Digest;
use crate::crypto::hash::Hash;
use crate::crypto::hash::Hasher;

/// The hash of the messages so far.
#[derive(Debug)]
pub struct Transcript {
    hasher: Hasher,
}

impl Transcript {
    /// Starts with no message.
    #[must_use]
    pub fn new(hash: Hash) -> Self {
        Self { hasher: Hasher::new(hash) }
    }

    /// Adds one message: its header of four bytes and its body, without record headers.
    pub fn add(&mut self, message: &[u8]) {
        self.hasher.update(message);
    }

    /// `Transcript-Hash(M1, M2, ... Mn)`.
    #[must_use]
    pub fn current(&self) -> Digest {
        self.hasher.current()
    }
}
