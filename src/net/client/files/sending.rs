//! A file on its way out, sans-IO: what the receiver asks for, what is read, what flies.
//!
//! ```text
//!   request ──► wanted ── disk ──► ready ── window ──► flying ──► stored
//!                 ▲                                       │
//!                 └────────── refused, connection lost ───┘
//! ```

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::VecDeque;

use super::window::Window;
use crate::net::client::event::FileWait;
use crate::signal::file::Request;
use crate::signal::file::Sealed;

/// A chunk that is sealed.
pub(super) struct Cell {
    pub(super) index: u32,
    pub(super) sealed: Sealed,
}

/// A file on its way out.
pub(super) struct Sending {
    /// The last request, which says what may be sent.
    asked: Option<Request>,
    /// Every chunk before this one was sent, or is in one of the following.
    next: u32,
    /// Chunks that have to be sent once more.
    again: BTreeSet<u32>,
    /// Chunks that are being read, are ready, or fly.
    busy: BTreeSet<u32>,
    /// How many are being read.
    reading: usize,
    ready: VecDeque<Cell>,
    /// By envelope id: which, and since when.
    flying: HashMap<[u8; 16], (u32, u64)>,
    /// What the relay has, or had when a connection was lost, and the receiver not for certain: at
    /// most what it asked for at once.
    stored: BTreeMap<u32, [u8; 16]>,
    window: Window,
    /// What the relay said when it refused the last one, until it stores one.
    held: Option<FileWait>,
    /// Nothing is put before this.
    not_before: u64,
    /// Since when there is nothing to do but to wait for the receiver.
    idle_since: Option<u64>,
    is_up: bool,
}

impl Sending {
    pub(super) fn new() -> Self {
        Self {
            asked: None,
            next: 0,
            again: BTreeSet::new(),
            busy: BTreeSet::new(),
            reading: 0,
            ready: VecDeque::new(),
            flying: HashMap::new(),
            stored: BTreeMap::new(),
            window: Window::new(),
            held: None,
            not_before: 0,
            idle_since: Some(0),
            is_up: false,
        }
    }

    pub(super) const fn came_up(&mut self) {
        self.is_up = true;
        self.not_before = 0;
    }

    /// What flew may have come or not: it goes again, as the same envelopes.
    pub(super) fn went_down(&mut self) {
        self.is_up = false;
        for (id, (index, _)) in core::mem::take(&mut self.flying) {
            self.may_lie(index, id);
            self.send_again(index);
        }
    }

    /// The receiver asks. Whether that is news.
    pub(super) fn asks(&mut self, request: Request) -> bool {
        if self.asked.is_some_and(|before| request <= before) {
            return false;
        }
        let is_new_round = self.asked.is_none_or(|before| before.round < request.round);
        self.asked = Some(request);
        self.idle_since = None;
        if is_new_round {
            self.next = request.from;
            self.again.clear();
        } else {
            self.next = self.next.max(request.from);
        }
        self.again.retain(|index| *index >= request.from);
        self.stored = self.stored.split_off(&request.from);
        for cell in core::mem::take(&mut self.ready) {
            // What the receiver has need not go; the rest is as good as before.
            if cell.index >= request.from {
                self.ready.push_back(cell);
            } else {
                self.busy.remove(&cell.index);
            }
        }
        true
    }

    /// What is to be read next, at most one batch.
    pub(super) fn wants(&mut self) -> Vec<u32> {
        let Some(request) = self.asked else { return Vec::new() };
        let ahead = self.reading.saturating_add(self.ready.len());
        // Whole batches, but for the last: a disk and a thread are woken for some work.
        if !self.is_up || ahead > AHEAD - BATCH {
            return Vec::new();
        }
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH {
            let Some(index) = self.next_index(request) else { break };
            self.busy.insert(index);
            batch.push(index);
        }
        self.reading = self.reading.saturating_add(batch.len());
        batch
    }

    fn next_index(&mut self, request: Request) -> Option<u32> {
        while let Some(index) = self.again.pop_first() {
            if !self.busy.contains(&index) {
                return Some(index);
            }
        }
        while self.next < request.up_to {
            let index = self.next;
            self.next = self.next.saturating_add(1);
            if !self.busy.contains(&index) {
                return Some(index);
            }
        }
        None
    }

    /// The disk has read and sealed a batch.
    pub(super) fn read(&mut self, cells: Vec<Cell>) {
        self.reading = self.reading.saturating_sub(cells.len());
        self.ready.extend(cells);
    }

    /// What is to be put now.
    pub(super) fn puts(&mut self, now: u64) -> Vec<Cell> {
        if !self.is_up || now < self.not_before {
            return Vec::new();
        }
        let room = self.window.size().saturating_sub(self.flying.len());
        let cells: Vec<Cell> = self.ready.drain(..room.min(self.ready.len())).collect();
        for cell in &cells {
            self.flying.insert(cell.sealed.id, (cell.index, now));
        }
        let is_idle = self.flying.is_empty() && self.ready.is_empty() && self.reading == 0;
        self.idle_since = is_idle.then(|| self.idle_since.unwrap_or(now));
        cells
    }

    /// The relay has a chunk. Whether it is one of these.
    pub(super) fn stored(&mut self, id: &[u8; 16], now: u64) -> bool {
        let Some((index, since)) = self.flying.remove(id) else { return false };
        self.busy.remove(&index);
        self.held = None;
        self.may_lie(index, *id);
        self.window.stored(now.saturating_sub(since), now);
        true
    }

    /// The relay does not take a chunk before `retry_at`.
    pub(super) fn refused(&mut self, id: &[u8; 16], why: FileWait, retry_at: u64) {
        let Some((index, _)) = self.flying.remove(id) else { return };
        self.send_again(index);
        self.held = Some(why);
        self.not_before = self.not_before.max(retry_at);
    }

    /// It was put too fast.
    pub(super) fn was_too_fast(&mut self, now: u64, until: u64) {
        self.window.was_too_fast(now, until);
    }

    fn send_again(&mut self, index: u32) {
        self.busy.remove(&index);
        if self.asked.is_none_or(|request| index >= request.from) {
            self.again.insert(index);
        }
    }

    fn may_lie(&mut self, index: u32, id: [u8; 16]) {
        if self.asked.is_none_or(|request| index >= request.from) {
            self.stored.insert(index, id);
        }
        // Whoever asks from ever lower on does not make this side remember the whole file.
        if self.stored.len() > MOST_STORED {
            self.stored.pop_last();
        }
    }

    /// Which chunks may lie on the relay, under which ids.
    pub(super) fn put(&self) -> impl Iterator<Item = (u32, [u8; 16])> {
        let flying = self.flying.iter().map(|(id, (index, _))| (*index, *id));
        let flying = flying.filter(|(index, _)| !self.stored.contains_key(index));
        flying.chain(self.stored.iter().map(|(index, id)| (*index, *id)))
    }

    /// How many chunks are on the relay, or further.
    pub(super) fn done(&self) -> u32 {
        let open = self.busy.len().saturating_add(self.again.len());
        let from = self.asked.map_or(0, |request| request.from);
        self.next.saturating_sub(u32::try_from(open).unwrap_or(u32::MAX)).max(from)
    }

    /// What it waits for, if it does.
    pub(super) fn waits(&self, now: u64) -> Option<FileWait> {
        if !self.is_up {
            return Some(FileWait::Connection);
        }
        let away = self.idle_since.is_some_and(|since| now >= since.saturating_add(PATIENCE));
        self.held.or_else(|| away.then_some(FileWait::Contact))
    }

    /// When there is something to do or to say that was not before.
    pub(super) fn wakes_at(&self, now: u64) -> Option<u64> {
        let retry = Some(self.not_before).filter(|at| *at > now);
        let away = self.idle_since.map(|since| since.saturating_add(PATIENCE));
        retry.into_iter().chain(away.filter(|at| *at > now)).min()
    }
}

/// Chunks that are read ahead: a quarter of a megabyte.
const AHEAD: usize = 128;
/// Chunks of one batch.
const BATCH: usize = 32;
/// Chunks that are remembered to lie on the relay: twice what an honest receiver lets lie there.
const MOST_STORED: usize = 2_048;
/// How long the receiver may ask for nothing before it counts as away, in milliseconds.
const PATIENCE: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn request(round: u64, from: u32, up_to: u32) -> Request {
        Request { round, from, up_to }
    }

    fn cell(index: u32) -> Cell {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&index.to_be_bytes());
        Cell { index, sealed: Sealed { id, envelope: Vec::new() } }
    }

    /// Reads and puts all that may be, and says which.
    fn puts(sending: &mut Sending, now: u64) -> Vec<u32> {
        loop {
            let batch = sending.wants();
            if batch.is_empty() {
                break;
            }
            sending.read(batch.into_iter().map(cell).collect());
        }
        sending.puts(now).iter().map(|cell| cell.index).collect()
    }

    fn store(sending: &mut Sending, indices: &[u32], now: u64) {
        indices.iter().for_each(|index| {
            assert!(sending.stored(&cell(*index).sealed.id, now));
        });
    }

    fn sending() -> Sending {
        let mut sending = Sending::new();
        sending.came_up();
        sending
    }

    #[test]
    fn nothing_goes_unasked_and_no_more_than_was_asked_for() {
        let mut sending = sending();
        assert!(puts(&mut sending, 0).is_empty());
        assert!(sending.asks(request(1, 3, 7)));
        assert_eq!(puts(&mut sending, 0), [3, 4, 5, 6]);
        store(&mut sending, &[3, 4, 5, 6], 1);
        assert!(puts(&mut sending, 1).is_empty());
        assert_eq!(sending.done(), 7);
        assert!(!sending.asks(request(1, 3, 7)), "the same");
        assert!(!sending.asks(request(0, 0, 9)), "an earlier round");
        assert!(sending.asks(request(1, 5, 9)));
        assert_eq!(puts(&mut sending, 2), [7, 8]);
    }

    #[test]
    fn a_receiver_that_asks_from_ever_lower_on_is_not_remembered_for_ever() {
        let mut sending = sending();
        for (round, from) in (0..40_u32).rev().map(|n| n * 200).enumerate() {
            assert!(sending.asks(request(u64::try_from(round).unwrap(), from, from + 200)));
            loop {
                let indices = puts(&mut sending, 0);
                store(&mut sending, &indices, 0);
                if indices.is_empty() {
                    break;
                }
            }
        }
        assert_eq!(sending.put().count(), MOST_STORED);
    }

    #[test]
    fn a_new_round_begins_at_what_the_receiver_has() {
        let mut sending = sending();
        sending.asks(request(1, 0, 8));
        let sent = puts(&mut sending, 0);
        assert_eq!(sent, [0, 1, 2, 3, 4, 5, 6, 7]);
        store(&mut sending, &[0, 1, 2, 3], 1);
        sending.asks(request(2, 1, 8));
        assert_eq!(puts(&mut sending, 2), [1, 2, 3], "what flies is not put twice");
    }

    #[test]
    fn what_flew_when_the_connection_was_lost_goes_again_and_nothing_else() {
        let mut sending = sending();
        sending.asks(request(1, 0, 100));
        let sent = puts(&mut sending, 0);
        assert_eq!(sent.len(), 16, "the first window");
        store(&mut sending, &sent[..10], 1);
        sending.went_down();
        assert_eq!(sending.waits(1), Some(FileWait::Connection));
        assert!(puts(&mut sending, 1).is_empty());
        sending.came_up();
        let mut all = BTreeSet::new();
        for now in 2..200 {
            let sent = puts(&mut sending, now);
            store(&mut sending, &sent, now);
            sent.iter().for_each(|index| assert!(all.insert(*index), "{index} twice"));
        }
        let expected: BTreeSet<u32> = (10..100).collect();
        assert_eq!(all, expected);
        assert_eq!(sending.done(), 100);
    }

    #[test]
    fn what_the_receiver_has_for_certain_is_not_to_be_taken_back_and_all_else_is() {
        let mut sending = sending();
        sending.asks(request(1, 0, 8));
        assert_eq!(puts(&mut sending, 0).len(), 8);
        store(&mut sending, &[0, 1, 2, 3, 4], 1);
        let put =
            |sending: &Sending| sending.put().map(|(index, _)| index).collect::<BTreeSet<_>>();
        assert_eq!(put(&sending), (0..8).collect());
        sending.asks(request(1, 3, 8));
        assert_eq!(put(&sending), (3..8).collect());
        assert!(sending.put().all(|(index, id)| id == cell(index).sealed.id));
        // Nobody knows whether what flew has come.
        sending.went_down();
        assert_eq!(put(&sending), (3..8).collect());
        sending.came_up();
        assert_eq!(puts(&mut sending, 2), [5, 6, 7]);
        assert_eq!(sending.put().count(), 5, "each once");
    }

    #[test]
    fn a_refused_chunk_goes_when_the_relay_wants_it() {
        let mut sending = sending();
        sending.asks(request(1, 0, 2));
        assert_eq!(puts(&mut sending, 0), [0, 1]);
        store(&mut sending, &[1], 1);
        sending.refused(&cell(0).sealed.id, FileWait::Relay, 60_000);
        assert_eq!(sending.waits(1), Some(FileWait::Relay));
        assert_eq!(sending.wakes_at(1), Some(60_000));
        assert!(puts(&mut sending, 59_999).is_empty());
        assert_eq!(puts(&mut sending, 60_000), [0]);
        store(&mut sending, &[0], 60_001);
        assert_eq!(sending.waits(60_001), None);
    }

    #[test]
    fn who_asks_for_nothing_is_away() {
        let mut sending = sending();
        sending.asks(request(1, 0, 1));
        assert_eq!(puts(&mut sending, 0), [0]);
        store(&mut sending, &[0], 1);
        assert!(puts(&mut sending, 2).is_empty());
        assert_eq!(sending.waits(2), None);
        assert_eq!(sending.waits(2 + PATIENCE), Some(FileWait::Contact));
        sending.asks(request(1, 1, 2));
        assert_eq!(sending.waits(2 + PATIENCE), None);
    }
}
