//! Files that are offered or move, and what the history says of them.

use minicbor::Decode;
use minicbor::Encode;
use zeroize::Zeroizing;

use super::inbox::Bytes;

/// A file that is offered or moves, by contact (8 bytes) and the offer's name. When it is over the
/// row goes, and its secret with it.
#[derive(Clone, Encode, Decode)]
pub(crate) struct FileRow {
    /// Where its offer stands in the history.
    #[n(0)]
    pub(crate) place: u64,
    #[n(1)]
    pub(crate) size: u64,
    #[n(2)]
    #[cbor(with = "super::secret")]
    pub(crate) secret: Zeroizing<Vec<u8>>,
    /// The number of its AEAD.
    #[n(3)]
    pub(crate) aead: u8,
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) hash: [u8; 32],
    /// What it is called at its sender's.
    #[n(5)]
    pub(crate) name: String,
    #[n(6)]
    pub(crate) stage: FileStage,
    /// Milliseconds since 1970 when it was offered, or came.
    #[n(7)]
    pub(crate) at: u64,
    /// Where it is; of a received one nothing.
    #[n(8)]
    pub(crate) source: Option<SourceRow>,
    /// The folder that a received one goes into; none: the system's.
    #[n(9)]
    pub(crate) folder: Option<Bytes>,
    /// What is there of a received one.
    #[n(10)]
    pub(crate) begun: Option<Bytes>,
    /// How many chunks of it are.
    #[n(11)]
    pub(crate) durable: u32,
    /// How often it was gone on with.
    #[n(12)]
    pub(crate) rounds: u32,
    /// So many bytes must stay free where a received one is to grow; set if nobody was asked.
    #[n(13)]
    pub(crate) spare: Option<u64>,
}

/// What is there of a file that is over, until it is deleted.
#[derive(Clone, Encode, Decode)]
pub(crate) struct LeftoverRow {
    #[n(0)]
    pub(crate) path: Bytes,
}

/// The file that is sent.
#[derive(Clone, Encode, Decode)]
pub(crate) struct SourceRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) path: Vec<u8>,
    /// Nanoseconds since 1970 when it was changed last.
    #[n(1)]
    pub(crate) modified: u64,
    /// Where the copy is that is sent in its place.
    #[n(2)]
    pub(crate) copy: Option<Bytes>,
}

/// How far a file is that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum FileStage {
    /// It is hashed.
    #[n(0)]
    Preparing,
    #[n(1)]
    Offered,
    /// It was accepted here, and there is no place for it yet.
    #[n(2)]
    Opening,
    #[n(3)]
    Moving,
}

/// What the history says of a file.
#[derive(Clone, Encode, Decode)]
pub(crate) struct FileNote {
    #[n(0)]
    pub(crate) size: u64,
    /// How it ended; none as long as it has a row of its own.
    #[n(1)]
    pub(crate) ending: Option<Ending>,
}

/// How a file ended.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Ending {
    /// Where it is now, at its receiver's.
    #[n(0)]
    Done(#[n(0)] Option<Bytes>),
    #[n(1)]
    Failed(#[n(0)] WhyNot),
    #[n(2)]
    Cancelled {
        #[n(0)]
        by_contact: bool,
    },
}

/// Why a file did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum WhyNot {
    #[n(0)]
    Unreadable,
    #[n(1)]
    NoFile,
    #[n(2)]
    TooLarge,
    #[n(3)]
    Changed,
    #[n(4)]
    WrongHash,
    #[n(5)]
    Unwritable,
    #[n(6)]
    TooMany,
    #[n(7)]
    Lapsed,
    #[n(8)]
    Ended,
    #[n(9)]
    NoPicture,
    #[n(10)]
    PictureTooLarge,
    #[n(11)]
    NoCopy,
}
