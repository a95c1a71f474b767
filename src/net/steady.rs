//! One cell in each interval, whatever there is to say: what client and relay do alike on a steady
//! connection.
//!
//! ```text
//!   frames ──► waiting ──┐
//!                        ├──► the cell of this interval: as many as fit, or none
//!   clock  ──► tick ─────┘
//! ```
//!
//! Who watches the line sees the same of a busy connection as of a silent one: a cell of one size in
//! each interval. What does not fit waits for the next.

use std::collections::VecDeque;

use tokio::time::Interval;
use tokio::time::MissedTickBehavior;
use tokio::time::interval;

use super::cell::CELL_LEN;
use super::cell::CellBuilder;
use super::cell::Frame;
use super::cell::Pace;

/// One direction of a steady connection.
#[derive(Debug)]
pub(super) struct Steady<F> {
    ticks: Interval,
    is_due: bool,
    /// What waits for its cell. Whoever adds bounds it.
    waiting: VecDeque<F>,
}

impl<F: Frame> Steady<F> {
    /// Begins: the first cell is due at once.
    pub(super) fn begin(pace: Pace) -> Self {
        let mut ticks = interval(pace.every());
        // Neither a burst after a line that took nothing, nor a rhythm that drifts with the work.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self { ticks, is_due: false, waiting: VecDeque::new() }
    }

    /// Waits until a cell is due, and forever while one is. May be dropped and asked again.
    pub(super) async fn tick(&mut self) {
        if self.is_due {
            std::future::pending().await
        }
        self.ticks.tick().await;
        self.is_due = true;
    }

    /// Whether a cell is due.
    pub(super) const fn is_due(&self) -> bool {
        self.is_due
    }

    /// How many frames wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Adds frames behind those that wait.
    pub(super) fn add(&mut self, frames: impl IntoIterator<Item = F>) {
        self.waiting.extend(frames);
    }

    /// The cell that is due: the oldest frames, as many as fit, each of which is shown to `sent`. None if no cell is due.
    pub(super) fn cell(&mut self, mut sent: impl FnMut(&F)) -> Option<Box<[u8; CELL_LEN]>> {
        if !core::mem::take(&mut self.is_due) {
            return None;
        }
        let mut builder = CellBuilder::new();
        while let Some(frame) = self.waiting.pop_front() {
            let is_first = builder.is_empty();
            match builder.takes(&frame) {
                true => sent(&frame),
                // A frame that no cell can hold is none that is made here.
                false if is_first => {}
                false => {
                    self.waiting.push_front(frame);
                    break;
                }
            }
        }
        Some(builder.finish())
    }

    /// Ends the interval: everything that still waits.
    pub(super) fn end(self) -> VecDeque<F> {
        self.waiting
    }
}
