//! Reads and seals chunks, in batches.

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::sync::mpsc::Receiver;

use super::Tell;
use super::Told;
use crate::net::client::core::FileSource;
use crate::net::client::event::FileFailure;
use crate::net::client::files::sending::Cell;
use crate::signal::file::CHUNK_LEN;
use crate::signal::file::Chunk;
use crate::signal::file::FileKeys;
use crate::signal::file::chunk_len;

/// Runs until nobody wants anything any more, or the file is not what it was.
pub(super) fn run(source: &FileSource, keys: &FileKeys, jobs: &Receiver<Vec<u32>>, tell: &Tell) {
    let mut file = match source.open() {
        Ok(file) => file,
        Err(failure) => {
            tell(Told::Failed(failure));
            return;
        }
    };
    while let Ok(indices) = jobs.recv() {
        let cells = read(source, keys, &mut file, &indices);
        let is_over = cells.is_err();
        let told = cells.map_or_else(Told::Failed, Told::Sealed);
        if !tell(told) || is_over {
            return;
        }
    }
}

/// The chunks, if the file is what it was before and after they were read.
fn read(
    source: &FileSource,
    keys: &FileKeys,
    file: &mut File,
    indices: &[u32],
) -> Result<Vec<Cell>, FileFailure> {
    let mut buffer = vec![0; CHUNK_LEN];
    let mut at = None;
    let mut cells = Vec::with_capacity(indices.len());
    for index in indices {
        let index = *index;
        let Some(len) = chunk_len(source.size, index) else { continue };
        let bytes = buffer.get_mut(..len).unwrap_or_default();
        let chunk = read_at(file, &mut at, index, bytes);
        if !source.is_unchanged(file) {
            return Err(FileFailure::Changed);
        }
        chunk.map_err(|_| FileFailure::Unreadable)?;
        let sealed = Chunk::seal(keys, index, bytes).map_err(|_| FileFailure::Unreadable)?;
        cells.push(Cell { index, sealed });
    }
    Ok(cells)
}

/// Reads a chunk; `at` is the chunk that the file stands at, if that is known.
fn read_at(file: &mut File, at: &mut Option<u32>, index: u32, bytes: &mut [u8]) -> io::Result<()> {
    if at.take() != Some(index) {
        file.seek(SeekFrom::Start(Chunk::offset(index)))?;
    }
    file.read_exact(bytes)?;
    *at = index.checked_add(1);
    Ok(())
}
