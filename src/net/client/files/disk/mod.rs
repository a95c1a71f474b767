//! The threads that read, seal, open and write: one for each file that moves, gone with it.

mod picture;
mod place;
mod reader;
mod source;
mod writer;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::sync::mpsc::channel;
use std::thread;

pub(in crate::net::client) use self::picture::read as read_picture;
pub(super) use self::place::Target;
pub(in crate::net::client) use self::place::default_folder;
use super::sending::Cell;
use crate::net::cell::ClientFrame;
use crate::net::cell::Envelope;
use crate::net::client::core::FileSource;
use crate::net::client::event::FileFailure;
use crate::net::client::event::FileWait;
use crate::signal::file::FileKeys;

/// What a thread says.
pub(super) enum Told {
    /// So many bytes were hashed.
    Hashing(u64),
    /// The file can be offered; whether it is a copy that was made for it.
    Prepared(FileSource, bool),
    /// Chunks are sealed.
    Sealed(Vec<Cell>),
    /// The place for the file is there, at this path; whether it is a new one.
    Opened(PathBuf, bool),
    /// There is no place for the file, but may be later.
    NoPlace(FileWait),
    /// So many envelopes were looked at, and these chunks are written.
    Wrote(usize, Vec<u32>),
    /// Everything that was written is on the disk.
    Synced,
    /// There is no room for what should have been written, so many envelopes among it.
    Full(usize),
    /// The file stands under its name.
    Finished(PathBuf),
    /// It is over.
    Failed(FileFailure),
    /// What the relay wanted proven is: this is to be said. No thread of a disk says it.
    Proven(Box<ClientFrame>),
}

/// What a thread that writes is told.
pub(super) enum Write {
    /// Envelopes, and the lanes that they came through.
    Chunks(Vec<(u32, Envelope)>),
    Sync,
    Finish,
}

/// How a thread says what it does. Whether anybody listens.
pub(super) type Tell = Box<dyn Fn(Told) -> bool + Send>;

/// Hashes a file; with a place for a copy the picture without what it tells.
pub(super) fn prepare(path: PathBuf, copy: Option<PathBuf>, tell: Tell) {
    spawn(move || {
        let go_on = |done| tell(Told::Hashing(done));
        let prepared = match &copy {
            Some(copy) => picture::prepare(&path, copy, &go_on),
            None => source::prepare(&path, &go_on),
        };
        let told = match prepared {
            Ok(source) => Told::Prepared(source, copy.is_some()),
            Err(failure) => Told::Failed(failure),
        };
        tell(told);
    });
}

/// Opens a file that somebody may send.
pub(in crate::net::client) fn open_source(path: &std::path::Path) -> Result<File, FileFailure> {
    source::open(path).map(|(file, _)| file)
}

/// Reads and seals what it is told to.
pub(super) fn read(source: FileSource, keys: Arc<FileKeys>, tell: Tell) -> Sender<Vec<u32>> {
    let (jobs, wanted) = channel();
    spawn(move || reader::run(&source, &keys, &wanted, &tell));
    jobs
}

/// Finds a place for a file, then opens and writes what it is told to.
pub(super) fn write(target: Target, keys: Arc<FileKeys>, tell: Tell) -> Sender<Write> {
    let (jobs, wanted): (_, Receiver<Write>) = channel();
    spawn(move || writer::run(&target, &keys, &wanted, &tell));
    jobs
}

/// Without threads the system is past help: nothing comes back, and the person sees that nothing
/// moves.
fn spawn(run: impl FnOnce() + Send + 'static) {
    let _ = thread::Builder::new().name("file".to_owned()).spawn(run);
}
