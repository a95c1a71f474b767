//! The Double Ratchet, and header encryption over it.
//!
//! ```text
//!   RootKey ─ receiving ─► RemoteRootKey ─ sending ─► RootKey          one turn: two DH steps
//!                │                          │
//!         RemoteChainKey ─►              ChainKey ─►                   a chain: one step a message
//!                │                          │
//!        RemoteMessageKey               MessageKey                     opens, seals one body
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `ratchet_key` | the X25519 keys of the DH ratchet |
//! | `kem_ratchet` | the ML-KEM keys beside them |
//! | `root_key`, `chain_key`, `message_key` | the three key schedules |
//! | `sender_chain`, `receiver_chain` | chains and the keys skipped in them |
//! | `sending` | our half of a turn, taken when there is something to send |
//! | `double_ratchet` | in a header, out a message key |
//! | `header`, `header_key` | a header's bytes, and the keys that hide them |
//! | `header_ratchet` | messages with hidden headers |
//! | `plain_ratchet` | messages without, to compare with other implementations |
//!
//! Ours and theirs are different types: a key that sends cannot receive.
//!
//! Source: [Double Ratchet](https://signal.org/docs/specifications/doubleratchet/), sections 3, 4, 5.

mod chain_key;
mod double_ratchet;
mod header;
mod header_key;
mod header_ratchet;
mod kem_ratchet;
mod message_key;
mod plain_ratchet;
mod ratchet_key;
mod receiver_chain;
mod root_key;
mod sender_chain;
mod sending;

pub(super) use header::Form;
pub(super) use header_ratchet::HeaderRatchet;
pub(super) use header_ratchet::InitialSecrets;
pub(super) use message_key::SALT_LEN;
pub use plain_ratchet::PlainRatchet;
pub(super) use ratchet_key::RemoteRatchetKey;

/// What a state at rest was written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Both halves of a turn were taken at once.
    Three,
    /// Ours may be due.
    Four,
}

/// What can be said of a session's keys without saying a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Messages sealed since the last turn.
    pub sent: u32,
    /// Messages opened or skipped since the peer's last turn.
    pub received: u32,
    /// Keys of messages that have not come.
    pub skipped: usize,
    /// Receiving chains that are kept.
    pub chains: usize,
    /// Whether the last turn took a secret of the KEM in.
    pub kem_mixed: bool,
}

/// How many messages one message may skip in a chain: more than the 900 that an honest peer has in
/// flight, few enough that a forged gap costs half a millisecond.
const MAX_SKIP: u32 = 1_024;

/// How many skipped message keys a session keeps; beyond it the oldest are given up.
const MAX_SKIPPED_KEYS: usize = 2_048;

/// For how many days a skipped key is kept: the 21 of a relay's retention, and a week.
const SKIPPED_KEY_DAYS: u32 = 28;

/// How many receiving chains a session keeps keys of. Mailboxes are drained in order, so that
/// messages are late by a turn or two, not by five.
const MAX_RECEIVER_CHAINS: usize = 5;

/// How many header keys one envelope is tried under: each receiving chain's and the next one's.
/// This is all that rubbish in a mailbox costs.
const MAX_HEADER_TRIALS: usize = MAX_RECEIVER_CHAINS + 1;

/// How many messages a chain may have. Header nonces are random: 2^20 of them under one key meet
/// with a probability below 2^-56.
const MAX_CHAIN_LEN: u32 = 1 << 20;
