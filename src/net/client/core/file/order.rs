//! What the core wants done with files, and what it is told of them. The chunks themselves never
//! pass through it.

use core::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::id::Id;
use crate::net::client::event::FileFailure;
use crate::net::client::event::FileWait;
use crate::net::client::event::MessageId;
use crate::signal::file::FileKeys;

/// A file between two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName {
    /// With whom.
    pub contact: Id,
    /// The message that offers it.
    pub message: MessageId,
}

/// What is to be done with a file.
pub enum FileOrder {
    /// Hash it.
    Prepare {
        /// Where it is.
        path: PathBuf,
        /// Where to put a copy without what the picture tells, which is the file then.
        copy: Option<PathBuf>,
    },
    /// Send what the receiver asks for.
    Send {
        /// Where it is, and what it was when it was offered.
        source: FileSource,
        /// Its keys.
        keys: Arc<FileKeys>,
    },
    /// Receive it.
    Receive(Box<FilePlan>),
    /// Try at once what waits for the disk.
    Retry,
    /// Go no further.
    Stop {
        /// Whether what lies on the relay is of no use to anybody.
        withdraw: bool,
    },
}

/// A file that is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct FileSource {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub hash: [u8; 32],
    /// Nanoseconds since 1970 when it was changed last.
    pub modified: u64,
}

/// A file that is received.
pub struct FilePlan {
    /// Its keys.
    pub keys: Arc<FileKeys>,
    /// What its sender calls it.
    pub offered: String,
    /// Its SHA-256.
    pub hash: [u8; 32],
    /// Where to put it; none: the system's folder for downloads.
    pub folder: Option<PathBuf>,
    /// So many bytes must stay free there when it begins.
    pub spare: u64,
    /// What is there of it.
    pub begun: Option<PathBuf>,
    /// How many of its chunks are.
    pub durable: u32,
    /// Rounds of requests begin above this.
    pub rounds: u64,
}

/// What became of an order.
pub enum FileReport {
    /// It was hashed and can be offered.
    Prepared {
        /// What it is.
        source: FileSource,
        /// Whether that is a copy which was made for it, and not the person's own file.
        is_copy: bool,
    },
    /// There is a place for it.
    Opened {
        /// Where it grows.
        path: PathBuf,
        /// Whether that is a new file.
        is_new: bool,
    },
    /// There is no place for it; it can be accepted again.
    NoPlace(FileWait),
    /// So many of its chunks are on the disk.
    Durable(u32),
    /// It stands under its name, and its hash was checked.
    Finished(PathBuf),
    /// It is over.
    Failed(FileFailure),
    /// This was made for it after it was stopped. If the file is over, nobody has a use for it.
    Stray(PathBuf),
}

impl fmt::Debug for FileOrder {
    /// Names the order only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepare { path: _, copy: _ } => "Prepare",
            Self::Send { source: _, keys: _ } => "Send",
            Self::Receive(_) => "Receive",
            Self::Retry => "Retry",
            Self::Stop { withdraw: _ } => "Stop",
        })
    }
}

impl fmt::Debug for FileReport {
    /// Names the report only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepared { source: _, is_copy: _ } => "Prepared",
            Self::Opened { path: _, is_new: _ } => "Opened",
            Self::NoPlace(_) => "NoPlace",
            Self::Durable(_) => "Durable",
            Self::Finished(_) => "Finished",
            Self::Failed(_) => "Failed",
            Self::Stray(_) => "Stray",
        })
    }
}
