//! A file as fronts see it: it stands in the history like a message, and comes only when it is
//! accepted.
//!
//! ```text
//!   sender     Preparing ── Offered ───────── Moving ⇄ Waiting ──► Done, Failed, Cancelled
//!   receiver                Offered ─ accept ─ Moving ⇄ Waiting ──► Done, Failed, Cancelled
//! ```

use core::fmt;
use core::time::Duration;
use std::path::PathBuf;

/// What a message that offers a file shows beside the file's name, which is its text.
#[derive(Clone, PartialEq, Eq)]
pub struct FileCard {
    /// Its size in bytes, at most [`MAX_FILE_LEN`].
    pub size: u64,
    /// How far it got.
    pub state: FileState,
    /// Where one's own is, while that is known.
    pub source: Option<PathBuf>,
}

impl fmt::Debug for FileCard {
    /// Nothing of where it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileCard({} bytes)", self.size)
    }
}

/// How far a file got.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileState {
    /// It is read and hashed before it is offered.
    Preparing {
        /// Bytes of it that were read.
        done: u64,
    },
    /// It is offered, and nobody has said yes or no. Nothing of it moves.
    Offered,
    /// It was accepted, and is on its way.
    Moving {
        /// Bytes that are there: on the receiver's disk, or on the relay.
        done: u64,
        /// How long the rest takes, if it goes on so. None while that is not known.
        left: Option<Duration>,
    },
    /// It goes on by itself.
    Waiting {
        /// Bytes that are there.
        done: u64,
        /// What it waits for.
        why: FileWait,
    },
    /// It is there, whole, and its hash was checked.
    Done {
        /// Where it was put; none at its sender's.
        path: Option<PathBuf>,
    },
    /// It does not come.
    Failed {
        /// Why.
        reason: FileFailure,
    },
    /// One side does not want it any more, or never did.
    Cancelled {
        /// Whether that was the contact.
        by_contact: bool,
    },
}

impl FileState {
    /// Whether nothing happens to it any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Failed { .. } | Self::Cancelled { .. })
    }
}

/// What a file waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileWait {
    /// The connection to the relay.
    Connection,
    /// The contact's client, which does not answer.
    Contact,
    /// Other files, which come first.
    Others,
    /// The relay, which takes no more at the moment.
    Relay,
    /// Room on this computer's disk, or the folder that was named.
    Disk,
}

impl fmt::Display for FileWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "there is no connection to the relay",
            Self::Contact => "the contact's client does not answer",
            Self::Others => "other files come first",
            Self::Relay => "the relay takes no more at the moment",
            Self::Disk => "there is no room on the disk, or no such folder",
        })
    }
}

/// Why a file does not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileFailure {
    /// It cannot be read where it was.
    Unreadable,
    /// It is a folder, a device or a pipe.
    NoFile,
    /// It has more than [`MAX_FILE_LEN`] bytes.
    TooLarge,
    /// It was changed while it was sent.
    Changed,
    /// What came is not what was offered.
    WrongHash,
    /// The receiver cannot write it, and not for want of room.
    Unwritable,
    /// The receiver has as many open offers of this contact as it keeps.
    TooMany,
    /// Nobody accepted it in time.
    Lapsed,
    /// The conversation was ended.
    Ended,
    /// What it tells cannot be left out: it is no whole JPEG, PNG or WebP.
    NoPicture,
    /// What it tells is left out of pictures of at most 64 MiB.
    PictureTooLarge,
    /// The copy that is sent in its place cannot be written.
    NoCopy,
}

impl fmt::Display for FileFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "it cannot be read",
            Self::NoFile => "it is no regular file",
            Self::TooLarge => "it has more than 2 GiB",
            Self::Changed => "it was changed while it was sent; send it again",
            Self::WrongHash => "what came is not what was offered; it was thrown away",
            Self::Unwritable => "it cannot be written",
            Self::TooMany => "too many files are offered already",
            Self::Lapsed => "nobody accepted it in 30 days",
            Self::Ended => "the conversation was ended",
            Self::NoPicture => {
                "it is no whole JPEG, PNG or WebP picture, and of nothing else is known what it \
                 tells; nothing was sent"
            }
            Self::PictureTooLarge => {
                "what a picture tells is left out up to 64 MiB; nothing was sent"
            }
            Self::NoCopy => {
                "the copy that would be sent in its place cannot be written beside the profile"
            }
        })
    }
}

/// How large a file may be: 2 GiB.
pub const MAX_FILE_LEN: u64 = 1 << 31;
