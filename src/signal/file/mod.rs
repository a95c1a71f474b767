//! A file between two people: what its envelopes are sealed with, and the mailboxes that they go
//! through.
//!
//! ```text
//!   offer (an item of the ratchet) ── secret ── K ─┬─ lanes 0 … 3    chunks,   sender   ──► receiver
//!                                                  └─ back           requests, receiver ──► sender
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `keys` | everything that follows from a file's secret |
//! | `chunk` | a piece of the file in an envelope |
//! | `request` | what the receiver has, and how much may be sent |
//!
//! A chunk is sealed the same however often it is sent: its nonce and the id of its envelope are
//! made from its bytes, so that a relay takes a repetition for what it is, and a file that changes
//! meanwhile cannot make two plaintexts share a nonce.

mod chunk;
mod keys;
mod request;

pub use self::chunk::Chunk;
pub use self::chunk::chunk_len;
pub use self::chunk::chunks_of;
pub use self::keys::FileKeys;
pub use self::keys::FileScope;
pub use self::keys::Sealed;
pub use self::request::CREDIT;
pub use self::request::Request;
use super::ENVELOPE_LEN;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::aead::TAG_LEN;

/// How many mailboxes the chunks of a file go through: a relay delivers so many from each without an
/// acknowledgement, and together they are enough for a fast line.
pub const LANES: u32 = 4;

/// How many bytes of a file one chunk holds: an envelope but for nonce, index and tag.
pub const CHUNK_LEN: usize = PLAIN_LEN - INDEX_LEN;

/// The longest file in bytes: 2 GiB.
pub const MAX_LEN: u64 = 1 << 31;

/// What is sealed in an envelope.
const PLAIN_LEN: usize = ENVELOPE_LEN - NONCE_LEN - TAG_LEN;

const INDEX_LEN: usize = 4;
