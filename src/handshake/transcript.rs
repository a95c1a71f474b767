//! The transcript: a hash over the raw bytes of every handshake message, in order.
//!
//! After a HelloRetryRequest the first ClientHello stands in it as its hash alone.
//!
//! Source: [RFC 8446, section 4.4.1](https://www.rfc-editor.org/rfc/rfc8446#section-4.4.1).

use crate::codec::Writer;
use crate::crypto::hash::Digest;
use crate::crypto::hash::Hash;
use crate::crypto::hash::Hasher;

/// The hash of the messages so far.
#[derive(Debug)]
pub struct Transcript {
    hash: Hash,
    hasher: Hasher,
}

impl Transcript {
    /// Starts with no message.
    #[must_use]
    pub fn new(hash: Hash) -> Self {
        Self { hash, hasher: Hasher::new(hash) }
    }

    /// Adds one message: its header of four bytes and its body, without record headers.
    pub fn add(&mut self, message: &[u8]) {
        self.hasher.update(message);
    }

    /// Starts again, with the hash of the messages so far for its first message:
    /// `message_hash ‖ 00 00 Hash.length ‖ Hash(ClientHello1)`.
    #[must_use]
    pub fn into_message_hash(self) -> Self {
        let digest = self.current();
        let mut message = Writer::new();
        message.u8(MESSAGE_HASH).vec24(|w| {
            w.bytes(digest.as_ref());
        });
        let mut transcript = Self::new(self.hash);
        transcript.add(&message.into_vec());
        transcript
    }

    /// `Transcript-Hash(M1, M2, ... Mn)`.
    #[must_use]
    pub fn current(&self) -> Digest {
        self.hasher.current()
    }
}

/// The message type of no message that is sent.
const MESSAGE_HASH: u8 = 254;
