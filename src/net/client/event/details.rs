//! How a conversation is protected, for the curious: never a key, a name of a session or a secret.

use crate::id::Id;

/// How a conversation is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// With whom.
    pub contact: Id,
    /// The session that is sent in; none before somebody answered the request.
    pub session: Option<SessionDetails>,
    /// Older sessions that are still read.
    pub older_sessions: usize,
    /// Sealed requests of one's own whose private keys are kept.
    pub bundles: usize,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDetails {
    /// What its keys are agreed and its headers sealed with.
    pub suite: &'static str,
    /// Who began it.
    pub role: SessionRole,
    /// Whether the contact has answered in it.
    pub answered: bool,
    /// The day on which it began, in days since 1970.
    pub began: u64,
    /// How often new keys were agreed on.
    pub turns: Turns,
    /// The messages under the keys at hand.
    pub messages: Messages,
    /// What keeps later messages from a reader of today's keys who breaks X25519.
    pub post_quantum: PostQuantum,
    /// Keys of messages that are still missing.
    pub skipped: usize,
    /// Chains in which messages can still come.
    pub chains: usize,
}

/// Who began a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionRole {
    /// Oneself.
    Initiator,
    /// The contact.
    Responder,
}

/// Root steps of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turns {
    /// With a new key of one's own.
    pub own: u64,
    /// With a new key of the contact's.
    pub theirs: u64,
    /// When the last one was, in milliseconds since 1970.
    pub last: Option<u64>,
}

/// Messages since the last turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Sent.
    pub sent: u32,
    /// Received, or missing before one that was received.
    pub received: u32,
}

/// The KEM beside X25519.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostQuantum {
    /// Its name.
    pub kem: &'static str,
    /// Whether the last turn took a secret of it in. The first one has nothing to take in: the
    /// agreement that began the session had one.
    pub mixed: bool,
}
