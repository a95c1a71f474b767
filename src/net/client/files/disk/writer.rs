//! Opens chunks and writes them where they belong.

use std::fs::File;
use std::io;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::Receiver;

use super::Tell;
use super::Told;
use super::Write;
use super::place::Place;
use super::place::Target;
use crate::net::cell::Envelope;
use crate::net::client::event::FileFailure;
use crate::signal::file::Chunk;
use crate::signal::file::FileKeys;

/// Runs until the file is complete, or nobody wants it any more.
pub(super) fn run(target: &Target, keys: &FileKeys, jobs: &Receiver<Write>, tell: &Tell) {
    let (mut file, path) = match target.open() {
        Ok(Place::Unfinished(file, path, is_new)) => {
            tell(Told::Opened(path.clone(), is_new));
            (file, path)
        }
        Ok(Place::Finished(path)) => {
            tell(Told::Finished(path));
            return;
        }
        Err(wait) => {
            tell(Told::NoPlace(wait));
            return;
        }
    };
    while let Ok(job) = jobs.recv() {
        let count = if let Write::Chunks(envelopes) = &job { envelopes.len() } else { 0 };
        let told = match job {
            Write::Chunks(envelopes) => write(keys, &mut file, &envelopes),
            Write::Sync => file.sync_data().map(|()| Told::Synced),
            Write::Finish => finish(target, &mut file, &path),
        };
        let told = told.unwrap_or_else(|error| lacks(&error, count));
        let is_over = matches!(told, Told::Finished(_) | Told::Failed(_));
        if !tell(told) || is_over {
            return;
        }
    }
}

/// What does not open is passed over: only the relay, or a sender that is no honest one, can have
/// put it there. What follows each other is written together.
fn write(keys: &FileKeys, file: &mut File, envelopes: &[(u32, Envelope)]) -> io::Result<Told> {
    let opened = envelopes
        .iter()
        .filter_map(|(lane, envelope)| Chunk::open(keys, *lane, envelope.as_bytes()).ok());
    let mut chunks: Vec<Chunk> = opened.collect();
    chunks.sort_by_key(Chunk::index);
    chunks.dedup_by_key(|chunk| chunk.index());
    let mut bytes = Vec::new();
    for run in chunks.chunk_by(|one, next| one.index().checked_add(1) == Some(next.index())) {
        let Some(first) = run.first() else { continue };
        bytes.clear();
        run.iter().for_each(|chunk| bytes.extend_from_slice(chunk.bytes()));
        file.seek(SeekFrom::Start(Chunk::offset(first.index())))?;
        file.write_all(&bytes)?;
    }
    Ok(Told::Wrote(envelopes.len(), chunks.iter().map(Chunk::index).collect()))
}

/// Everything is written and synced: if it is what was offered, it gets its name.
fn finish(target: &Target, file: &mut File, path: &Path) -> io::Result<Told> {
    if !target.is_whole(file) {
        return Ok(Told::Failed(FileFailure::WrongHash));
    }
    file.sync_all()?;
    target.appear(path).map(Told::Finished)
}

fn lacks(error: &io::Error, count: usize) -> Told {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Told::Full(count),
        _ => Told::Failed(FileFailure::Unwritable),
    }
}
