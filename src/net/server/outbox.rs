//! What is written to a connection, and when: at once, or one cell in each interval.

use super::limits;
use crate::net::cell::CELL_LEN;
use crate::net::cell::CellBuilder;
use crate::net::cell::Pace;
use crate::net::cell::RelayFrame;
use crate::net::steady::Steady;

/// The way out of a connection.
#[derive(Debug, Default)]
pub(super) struct Outbox(Option<Box<Steady<RelayFrame>>>);

impl Outbox {
    /// How many frames it takes now. A steady one takes more when what it has may not fill a cell.
    pub(super) fn room(&self) -> usize {
        match &self.0 {
            None => limits::FRAMES_AT_ONCE,
            Some(steady) if steady.is_due() => {
                limits::FRAMES_AT_ONCE.saturating_sub(steady.waiting())
            }
            Some(_) => 0,
        }
    }

    /// What is to be written now. `pace` is how steadily, from now on.
    pub(super) fn cells(
        &mut self,
        frames: Vec<RelayFrame>,
        pace: Option<Pace>,
    ) -> Vec<Box<[u8; CELL_LEN]>> {
        let Some(pace) = pace else {
            // What is steady no longer ends, and holds nothing back.
            let waiting = self.0.take().map(|steady| steady.end()).unwrap_or_default();
            return pack(waiting.into_iter().chain(frames));
        };
        let steady = self.0.get_or_insert_with(|| Box::new(Steady::begin(pace)));
        steady.add(frames);
        steady.cell(|_| ()).into_iter().collect()
    }

    /// Waits until a cell is due; forever where nothing is steady.
    pub(super) async fn tick(&mut self) {
        match &mut self.0 {
            Some(steady) => steady.tick().await,
            None => std::future::pending().await,
        }
    }
}

/// The frames in as few cells as hold them in their order.
pub(super) fn pack(frames: impl IntoIterator<Item = RelayFrame>) -> Vec<Box<[u8; CELL_LEN]>> {
    let mut cells = Vec::new();
    let mut builder = CellBuilder::new();
    for frame in frames {
        if let Err(frame) = builder.push(frame) {
            cells.push(std::mem::take(&mut builder).finish());
            // Every frame of a relay fits into a cell of its own.
            let _ = builder.push(frame);
        }
    }
    if !builder.is_empty() {
        cells.push(builder.finish());
    }
    cells
}
