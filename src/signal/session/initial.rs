//! What an initiator sends while unanswered: `initial header ‖ ratchet message`.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 2 | suite |
//! | 16 | bundle id |
//! | 32 | EK_i, X25519 |
//! | 1,088 | ML-KEM-768 ciphertext |
//! | 1,254 | sealed header of the ratchet, without a ciphertext of its own |
//! | 16 | salt |
//! | 1,554 | sealed body |
//!
//! Every initial message of a session repeats the header, so that any of them may arrive first.
//! `session id = SHA-256("bauta session v1" ‖ initial header)`, its first 16 bytes.

use core::fmt;

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::hash;
use crate::crypto::kem::CIPHERTEXT_LEN;
use crate::signal::Error;
use crate::signal::labels;
use crate::signal::prekey::BundleId;
use crate::signal::ratchet::Form;
use crate::signal::suite;
use crate::signal::suite::Suite;

use super::SessionId;
use super::message_overhead;
use super::padded_len;

/// The length of an initial header in bytes.
pub(super) const HEADER_LEN: usize = 1 + 2 + 16 + 32 + CIPHERTEXT_LEN;

/// What the responder needs for the key agreement.
pub(super) struct InitialHeader {
    suite: Suite,
    bundle_id: BundleId,
    ephemeral: [u8; 32],
    ciphertext: Box<[u8; CIPHERTEXT_LEN]>,
    bytes: Vec<u8>,
}

impl InitialHeader {
    pub(super) fn new(
        suite: Suite,
        bundle_id: BundleId,
        ephemeral: [u8; 32],
        ciphertext: &[u8; CIPHERTEXT_LEN],
    ) -> Self {
        let mut writer = Writer::with_capacity(HEADER_LEN);
        writer.u8(suite::VERSION).u16(suite.code());
        writer.bytes(bundle_id.as_bytes()).bytes(&ephemeral).bytes(ciphertext);
        let bytes = writer.into_vec();
        Self { suite, bundle_id, ephemeral, ciphertext: Box::new(*ciphertext), bytes }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        suite::read_version(&mut reader)?;
        let header = Self {
            suite: Suite::read(&mut reader)?,
            bundle_id: BundleId::from_bytes(reader.array()?),
            ephemeral: reader.array()?,
            ciphertext: Box::new(reader.array()?),
            bytes: bytes.to_vec(),
        };
        reader.finish()?;
        Ok(header)
    }

    pub(super) fn session_id(&self) -> SessionId {
        let digest = hash::sha256(&[labels::SESSION, &self.bytes]);
        let mut id = [0; 16];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        SessionId::from_bytes(id)
    }

    pub(super) const fn suite(&self) -> Suite {
        self.suite
    }

    pub(super) const fn ephemeral(&self) -> &[u8; 32] {
        &self.ephemeral
    }

    pub(super) fn ciphertext(&self) -> &[u8; CIPHERTEXT_LEN] {
        &self.ciphertext
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// An initial message that has the right form; nothing in it has been authenticated beyond the
/// rendezvous envelope that it came in.
pub struct InitialMessage {
    header: InitialHeader,
    session_id: SessionId,
    message: Vec<u8>,
}

impl InitialMessage {
    /// Reads the plaintext of a rendezvous envelope of kind `Initial`.
    ///
    /// # Errors
    /// [`Error::Decode`], [`Error::Version`] or [`Error::Suite`].
    pub fn parse(plaintext: &[u8]) -> Result<Self, Error> {
        let (header, message) = plaintext.split_at_checked(HEADER_LEN).ok_or(Error::Decode)?;
        if message.len() != message_overhead(Form::Initial) + padded_len(Form::Initial) {
            return Err(Error::Decode);
        }
        let header = InitialHeader::parse(header)?;
        let session_id = header.session_id();
        Ok(Self { header, session_id, message: message.to_vec() })
    }

    /// The bundle that it answers.
    #[must_use]
    pub const fn bundle_id(&self) -> BundleId {
        self.header.bundle_id
    }

    /// The session that it belongs to.
    #[must_use]
    pub const fn session_id(&self) -> SessionId {
        self.session_id
    }

    pub(super) const fn header(&self) -> &InitialHeader {
        &self.header
    }

    pub(super) fn message(&self) -> &[u8] {
        &self.message
    }
}

impl fmt::Debug for InitialMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { header: _, session_id, message: _ } = self;
        f.debug_struct("InitialMessage").field("session_id", session_id).finish_non_exhaustive()
    }
}
