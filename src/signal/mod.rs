//! End to end: blind rendezvous, PQXDH and the Double Ratchet, sans-IO.
//!
//! ```text
//!   two IDs ── rendezvous::pair ── K ── capabilities and sealing keys of the mailboxes between them
//!                                   │
//!        prekey::PrekeyBundle ──────┤   asked:    "here is how to begin a session with me"
//!        session::InitialMessage ───┤   answered: x3dh, first messages, while unanswered
//!                                   │
//!   session::Session ── ratchet ── envelopes in the session's own mailboxes
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `rendezvous` | the mailboxes that only two people can name |
//! | `prekey` | bundles, their private keys, withdrawals |
//! | `x3dh` | the key agreement |
//! | `ratchet` | the Double Ratchet, header encryption over it |
//! | `session` | a conversation: its messages, envelopes and state |
//! | `file` | the mailboxes and envelopes of a file |
//!
//! Randomness and time are arguments. Every envelope, whatever is in it, has [`ENVELOPE_LEN`]
//! bytes, and none of them is in clear.

mod body_aead;
pub mod content;
mod direction;
mod error;
pub mod file;
mod kdf;
mod labels;
mod padding;
pub mod prekey;
mod ratchet;
pub mod rendezvous;
pub mod session;
mod snapshot;
mod suite;
pub mod x3dh;

pub use body_aead::BodyAead;
pub use direction::Direction;
pub use error::Error;
pub use ratchet::PlainRatchet;

/// The length of every envelope in bytes: what a cell of 4,096 bytes holds beside its frame.
pub const ENVELOPE_LEN: usize = 4_000;

/// The length of a rendezvous epoch in seconds: 28 days.
pub const EPOCH_SECONDS: u64 = 28 * 24 * 60 * 60;

/// The length of a session mailbox's life in seconds: 7 days.
pub const WEEK_SECONDS: u64 = 7 * 24 * 60 * 60;

/// The rendezvous epoch that a time in Unix seconds lies in.
#[must_use]
pub const fn epoch(unix_seconds: u64) -> u64 {
    unix_seconds / EPOCH_SECONDS
}

/// The week, for session mailboxes, that a time in Unix seconds lies in.
#[must_use]
pub const fn week(unix_seconds: u64) -> u64 {
    unix_seconds / WEEK_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_and_weeks_turn_at_their_ends() {
        assert_eq!((epoch(0), epoch(EPOCH_SECONDS - 1), epoch(EPOCH_SECONDS)), (0, 0, 1));
        assert_eq!((week(0), week(WEEK_SECONDS - 1), week(WEEK_SECONDS)), (0, 0, 1));
    }
}
