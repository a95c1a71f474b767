//! A file on its way in, sans-IO: what is on the disk, what is asked for, and when.
//!
//! ```text
//!   0 ─────── durable ─────── edge ── · · ─ · ──── durable + CREDIT      total
//!     kept     │    written    │  written in part   │      not asked for
//! ```
//!
//! `durable` is what the disk has confirmed and the profile knows: everything is asked for from
//! there on, so that nothing has to be kept of what comes behind it.

use std::collections::BTreeSet;

use crate::net::client::event::FileWait;
use crate::signal::file::CREDIT;
use crate::signal::file::Request;

/// A file on its way in.
pub(super) struct Receiving {
    total: u32,
    durable: u32,
    /// Every chunk before this one is written.
    edge: u32,
    /// Chunks behind the edge that are written.
    beyond: BTreeSet<u32>,
    round: u64,
    asked: Option<Request>,
    /// When it is asked again.
    ask_at: u64,
    patience: u64,
    /// Whether anything has come since it was asked last.
    has_come: bool,
    wrote_at: u64,
    /// Up to where the disk is being synced.
    syncing: Option<u32>,
    is_finishing: bool,
    /// The disk is full until this.
    full_until: Option<u64>,
    is_up: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Ask the sender.
    Ask(Request),
    /// Sync what is written.
    Sync,
    /// Check the hash, and let it appear under its name.
    Finish,
}

impl Receiving {
    /// One of which so many chunks are there. `rounds` is above all rounds of earlier runs.
    pub(super) fn new(total: u32, durable: u32, rounds: u64) -> Self {
        let durable = durable.min(total);
        Self {
            total,
            durable,
            edge: durable,
            beyond: BTreeSet::new(),
            round: rounds,
            asked: None,
            ask_at: 0,
            patience: PATIENCE,
            has_come: false,
            wrote_at: 0,
            syncing: None,
            is_finishing: false,
            full_until: None,
            is_up: false,
        }
    }

    /// What the relay holds is delivered again; what it does not hold is asked for.
    pub(super) const fn came_up(&mut self) {
        self.is_up = true;
        self.next_round();
    }

    pub(super) const fn went_down(&mut self) {
        self.is_up = false;
    }

    const fn next_round(&mut self) {
        self.round = self.round.saturating_add(1);
        self.asked = None;
    }

    /// Chunks are written.
    pub(super) fn wrote(&mut self, indices: &[u32], now: u64) {
        let end = self.durable.saturating_add(CREDIT).min(self.total);
        for index in indices {
            if (self.edge..end).contains(index) {
                self.beyond.insert(*index);
            }
        }
        while self.beyond.remove(&self.edge) {
            self.edge = self.edge.saturating_add(1);
        }
        if !indices.is_empty() {
            (self.has_come, self.wrote_at, self.patience) = (true, now, PATIENCE);
            self.ask_at = now.saturating_add(PATIENCE);
        }
    }

    /// What was written is on the disk. How many chunks are.
    pub(super) fn synced(&mut self) -> u32 {
        if let Some(mark) = self.syncing.take() {
            self.durable = self.durable.max(mark);
        }
        self.durable
    }

    /// The disk has no room: what was not synced counts as not written.
    pub(super) fn is_full(&mut self, now: u64) {
        self.full_until = Some(now.saturating_add(FULL_PAUSE));
        (self.syncing, self.is_finishing) = (None, false);
        (self.edge, self.beyond) = (self.durable, BTreeSet::new());
    }

    /// The person made room, or thinks so.
    pub(super) const fn try_again(&mut self) {
        if self.full_until.is_some() {
            self.full_until = Some(0);
        }
    }

    /// Whether what comes has a place.
    pub(super) const fn takes(&self) -> bool {
        self.full_until.is_none()
    }

    /// What is to be done now.
    pub(super) fn acts(&mut self, now: u64) -> Vec<Act> {
        if self.full_until.is_some_and(|until| until > now) || self.is_finishing {
            return Vec::new();
        }
        if self.full_until.take().is_some() {
            self.next_round();
        }
        let mut acts = Vec::new();
        if self.durable == self.total {
            self.is_finishing = true;
            return vec![Act::Finish];
        }
        if self.syncing.is_none() && self.is_worth_syncing(now) {
            self.syncing = Some(self.edge);
            acts.push(Act::Sync);
        }
        acts.extend(self.ask(now).map(Act::Ask));
        acts
    }

    fn is_worth_syncing(&self, now: u64) -> bool {
        let unsynced = self.edge.saturating_sub(self.durable);
        let is_quiet = now >= self.wrote_at.saturating_add(QUIET);
        unsynced >= SYNC_AT_ONCE || (unsynced > 0 && (is_quiet || self.edge == self.total))
    }

    fn ask(&mut self, now: u64) -> Option<Request> {
        if !self.is_up {
            return None;
        }
        let up_to = self.durable.saturating_add(CREDIT).min(self.total);
        let is_due = match self.asked {
            None => true,
            Some(asked) => {
                let used = self.durable.saturating_sub(asked.from);
                asked.up_to < self.total && used >= ASK_AFTER
            }
        };
        let is_stalled = now >= self.ask_at && self.edge < self.total;
        if !is_due && !is_stalled {
            return None;
        }
        if !is_due {
            // Some of it came and the rest does not: it may be lost. Where nothing came, the sender
            // is away, and the same request lies there still.
            if core::mem::take(&mut self.has_come) {
                self.round = self.round.saturating_add(1);
            }
            self.patience = self.patience.saturating_mul(2).min(LONGEST_PATIENCE);
        }
        let unchanged = self.asked.filter(|asked| asked.round == self.round && !is_due);
        let request = unchanged.unwrap_or(Request { round: self.round, from: self.durable, up_to });
        (self.asked, self.ask_at) = (Some(request), now.saturating_add(self.patience));
        Some(request)
    }

    /// How many chunks are written.
    pub(super) const fn done(&self) -> u32 {
        self.edge
    }

    /// What it waits for, if it does.
    pub(super) fn waits(&self, now: u64) -> Option<FileWait> {
        if self.full_until.is_some() {
            return Some(FileWait::Disk);
        }
        if !self.is_up {
            return Some(FileWait::Connection);
        }
        let away = self.patience > PATIENCE && self.edge < self.total;
        let quiet = now >= self.wrote_at.saturating_add(PATIENCE);
        (away && quiet).then_some(FileWait::Contact)
    }

    /// When there is something to do that was not before.
    pub(super) fn wakes_at(&self, now: u64) -> Option<u64> {
        let full = self.full_until;
        let ask = (self.is_up && self.edge < self.total).then_some(self.ask_at);
        let sync = (self.edge > self.durable && self.syncing.is_none())
            .then(|| self.wrote_at.saturating_add(QUIET));
        full.into_iter().chain(ask).chain(sync).filter(|at| *at > now).min()
    }
}

/// After how many durable chunks more are asked for.
const ASK_AFTER: u32 = CREDIT / 4;
/// How many chunks are synced at once: a megabyte.
const SYNC_AT_ONCE: u32 = CREDIT / 4;
/// After how long without a chunk what is there is synced, in milliseconds.
const QUIET: u64 = 1_000;
/// How long nothing may come before it is asked again, in milliseconds.
const PATIENCE: u64 = 10_000;
/// The longest time between two requests that nobody answers, in milliseconds.
const LONGEST_PATIENCE: u64 = 600_000;
/// How long a full disk is left alone, in milliseconds.
const FULL_PAUSE: u64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(acts: &[Act]) -> Option<Request> {
        acts.iter().find_map(|act| match act {
            Act::Ask(request) => Some(*request),
            _ => None,
        })
    }

    fn receiving(total: u32, durable: u32) -> Receiving {
        let mut receiving = Receiving::new(total, durable, 10);
        receiving.came_up();
        receiving
    }

    #[test]
    fn an_empty_file_is_there_at_once() {
        assert_eq!(Receiving::new(0, 0, 0).acts(0), [Act::Finish]);
    }

    #[test]
    fn chunks_in_any_order_and_twice_are_a_file() {
        let mut receiving = receiving(4, 0);
        assert_eq!(receiving.acts(0), [Act::Ask(Request { round: 11, from: 0, up_to: 4 })]);
        receiving.wrote(&[3, 1, 1], 1);
        assert_eq!(receiving.done(), 0);
        assert!(receiving.acts(1).is_empty());
        receiving.wrote(&[0, 2, 0, 9], 2);
        assert_eq!(receiving.done(), 4);
        assert_eq!(receiving.acts(2), [Act::Sync]);
        assert!(receiving.acts(3).is_empty(), "once");
        assert_eq!(receiving.synced(), 4);
        assert_eq!(receiving.acts(4), [Act::Finish]);
        assert!(receiving.acts(5).is_empty(), "once");
    }

    #[test]
    fn credit_follows_what_is_durable_and_never_what_is_merely_written() {
        let total = 10 * CREDIT;
        let mut receiving = receiving(total, 0);
        assert_eq!(asked(&receiving.acts(0)).unwrap().up_to, CREDIT);
        let all: Vec<u32> = (0..CREDIT + 50).collect();
        receiving.wrote(&all, 1);
        assert_eq!(receiving.done(), CREDIT, "beyond the credit nothing counts");
        assert_eq!(receiving.acts(1), [Act::Sync]);
        assert_eq!(receiving.synced(), CREDIT);
        let request = asked(&receiving.acts(2)).unwrap();
        assert_eq!((request.from, request.up_to), (CREDIT, 2 * CREDIT));
    }

    #[test]
    fn a_stall_after_some_chunks_is_a_new_round_and_silence_is_the_same_request() {
        let mut receiving = receiving(100, 0);
        let first = asked(&receiving.acts(0)).unwrap();
        let again = asked(&receiving.acts(PATIENCE)).unwrap();
        assert_eq!(first, again);
        assert_eq!(receiving.waits(PATIENCE), Some(FileWait::Contact));
        assert!(receiving.acts(2 * PATIENCE).is_empty(), "less and less often");
        receiving.wrote(&[0, 5], 2 * PATIENCE);
        assert_eq!(receiving.waits(2 * PATIENCE), None);
        let now = 2 * PATIENCE + QUIET;
        assert_eq!(receiving.acts(now), [Act::Sync]);
        receiving.synced();
        let stalled = asked(&receiving.acts(3 * PATIENCE)).unwrap();
        assert_eq!((stalled.round, stalled.from), (first.round + 1, 1));
    }

    #[test]
    fn a_new_connection_is_a_new_round_from_what_is_durable() {
        let mut receiving = receiving(100, 7);
        let first = asked(&receiving.acts(0)).unwrap();
        assert_eq!((first.from, first.up_to), (7, 100));
        receiving.wrote(&[7, 8], 1);
        receiving.went_down();
        assert_eq!(receiving.waits(1), Some(FileWait::Connection));
        receiving.came_up();
        let second = asked(&receiving.acts(2)).unwrap();
        assert_eq!((second.from, second.round), (7, first.round + 1));
    }

    #[test]
    fn a_full_disk_forgets_what_is_not_durable_and_is_tried_again() {
        let mut receiving = receiving(100, 0);
        receiving.acts(0);
        receiving.wrote(&[0, 1, 2], 1);
        receiving.is_full(2);
        assert!(!receiving.takes() && receiving.done() == 0);
        assert_eq!(receiving.waits(2), Some(FileWait::Disk));
        assert!(receiving.acts(3).is_empty());
        receiving.try_again();
        assert_eq!(asked(&receiving.acts(4)).unwrap().from, 0);
        assert!(receiving.takes());
        receiving.is_full(5);
        assert!(receiving.acts(5 + FULL_PAUSE - 1).is_empty());
        assert!(asked(&receiving.acts(5 + FULL_PAUSE)).is_some(), "by itself after a minute");
    }
}
