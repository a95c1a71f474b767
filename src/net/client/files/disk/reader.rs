//! Reads and seals chunks, in batches.

use std::fs::File;
use std::io::Read as _;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::sync::mpsc::Receiver;

use super::Tell;
use super::Told;
use crate::net::client::core::FileSource;
use crate::net::client::event::FileFailure;
use crate::net::client::files::sending::Cell;
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

/// The chunks, if the file is what it was before they were read and is it still.
fn read(
    source: &FileSource,
    keys: &FileKeys,
    file: &mut File,
    indices: &[u32],
) -> Result<Vec<Cell>, FileFailure> {
    let mut read = Vec::with_capacity(indices.len());
    let mut bytes = Vec::new();
    for run in runs(indices) {
        let from = bytes.len();
        let Some(first) = run.first() else { continue };
        let lens = run.iter().filter_map(|index| chunk_len(source.size, *index));
        read.extend(run.iter().copied().zip(lens.clone()));
        bytes.resize(from.saturating_add(lens.sum()), 0);
        let place = bytes.get_mut(from..).unwrap_or_default();
        let done =
            file.seek(SeekFrom::Start(Chunk::offset(*first))).and_then(|_| file.read_exact(place));
        if !source.is_unchanged(file) {
            return Err(FileFailure::Changed);
        }
        done.map_err(|_| FileFailure::Unreadable)?;
    }
    let mut rest = bytes.as_slice();
    let seal = |(index, len)| {
        let chunk = rest.split_off(..len).unwrap_or_default();
        let sealed = Chunk::seal(keys, index, chunk).map_err(|_| FileFailure::Unreadable)?;
        Ok(Cell { index, sealed })
    };
    read.into_iter().map(seal).collect()
}

/// Chunks that follow each other, which are read together.
fn runs(indices: &[u32]) -> impl Iterator<Item = &[u32]> {
    indices.chunk_by(|one, next| one.checked_add(1) == Some(*next))
}
