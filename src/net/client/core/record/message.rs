//! Messages of the history, and what finds them.

use minicbor::Decode;
use minicbor::Encode;

use super::file::FileNote;
use super::outgoing::Failed;
use super::outgoing::Held;
use crate::signal::content::MessageName;

/// A message of the history, by contact (8 bytes) and place (8 bytes).
#[derive(Clone, Encode, Decode)]
pub(crate) struct MessageRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) id: MessageName,
    #[n(1)]
    pub(crate) text: String,
    /// Milliseconds since 1970, by its writer's clock.
    #[n(2)]
    pub(crate) written: u64,
    #[n(3)]
    pub(crate) progress: Progress,
    /// The message that it answers.
    #[n(4)]
    pub(crate) reply_to: Option<Name>,
    /// Milliseconds since 1970, by its writer's clock.
    #[n(5)]
    pub(crate) edited: Option<u64>,
    /// Whether its writer deleted it; the text is empty then.
    #[n(6)]
    pub(crate) deleted: bool,
    /// One's own reaction and the peer's.
    #[n(7)]
    pub(crate) own: Option<String>,
    #[n(8)]
    pub(crate) theirs: Option<String>,
    /// When each of them was last changed, by its writer's clock, in milliseconds since 1970; 0 in a
    /// row of before it was noted.
    #[n(11)]
    #[cbor(default)]
    pub(crate) own_at: u64,
    #[n(12)]
    #[cbor(default)]
    pub(crate) theirs_at: u64,
    /// Seconds after which it disappears, once its time runs; 0: never.
    #[n(9)]
    pub(crate) after: u32,
    /// Milliseconds since 1970 when it disappears; none before its time runs.
    #[n(10)]
    pub(crate) at: Option<u64>,
    /// The file that it offers, whose name is the text.
    #[n(13)]
    pub(crate) file: Option<FileNote>,
}

/// A name inside another row.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Name(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) MessageName,
);

/// How far a message of the history got.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Progress {
    #[n(0)]
    Received,
    #[n(1)]
    Queued,
    #[n(2)]
    Held(#[n(0)] Held),
    #[n(3)]
    OnRelay {
        #[n(0)]
        expires: u64,
    },
    #[n(4)]
    Delivered,
    #[n(5)]
    Read,
    #[n(6)]
    Failed(#[n(0)] Failed),
}

/// An item that was taken in or written, by contact (8 bytes) and name: it is not taken in again.
#[derive(Clone, Copy, Encode, Decode)]
pub(crate) struct SeenRow {
    /// Where the message stands in the history; none if it is gone, or none that is shown.
    #[n(0)]
    pub(crate) place: Option<u64>,
    /// Milliseconds since 1970 when it came or went.
    #[n(1)]
    pub(crate) at: u64,
}

/// When a message of the history is destroyed, by contact (8 bytes) and place (8 bytes).
#[derive(Clone, Copy, Encode, Decode)]
pub(crate) struct FuseRow {
    /// Milliseconds since 1970.
    #[n(0)]
    pub(crate) at: u64,
    /// Its name if it is not in the history any more: it waits in the outbox alone.
    #[n(1)]
    pub(crate) name: Option<Name>,
}

/// A change of a message that has not come yet, by contact (8 bytes) and order (8 bytes).
#[derive(Clone, Encode, Decode)]
pub(crate) struct EarlyRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) target: MessageName,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) item: Vec<u8>,
    /// Milliseconds since 1970, by its writer's clock.
    #[n(2)]
    pub(crate) written: u64,
}
