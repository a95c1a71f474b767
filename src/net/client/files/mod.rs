//! Files that move: what happens between the core, which knows that they do, the relay, and the disk.
//!
//! ```text
//!   core ── FileOrder ──►  Files ── frames ──► connection ──► relay
//!        ◄─ FileReport ──   │  ◄── Deliver, Stored, …
//!                           └── jobs, answers ── a thread for each file
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `sending`, `receiving` | the two state machines, sans-IO |
//! | `outgoing`, `incoming` | each with its mailboxes and its thread |
//! | `disk` | the threads |
//! | `name` | names made safe |
//! | `withdrawals` | what is taken back |
//! | `work` | what a relay wants proven |
//! | `arriving`, `words` | what the relay and the threads say |
//! | `turn` | what is said to them, and to the core and the front |
//! | `window`, `pace` | how much flies; what is told |
//! | `boxes` | mailboxes of files |
//!
//! Chunks go over the connection of the conversation, in the same frames as messages, and never
//! through the core: a transaction for each would be slower than the disk. The core hears of a file
//! a few times a second at most: when it is opened, each megabyte, and at its end. What a report
//! says is committed before anything is sent that relies on it: the driver takes reports first and
//! frames then.

mod arriving;
mod boxes;
mod disk;
mod incoming;
mod name;
mod outgoing;
mod pace;
mod receiving;
mod sending;
#[cfg(test)]
mod tests;
mod turn;
mod window;
mod withdrawals;
mod words;
mod work;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use tokio::sync::mpsc;
use tokio::time::Instant;

use self::boxes::Place;
use self::disk::Tell;
pub(super) use self::disk::default_folder;
pub(super) use self::disk::open_source;
pub(super) use self::disk::read_picture;
use self::incoming::Incoming;
use self::outgoing::Outgoing;
use self::withdrawals::Withdrawals;
pub(super) use self::words::Word;
use self::words::voice;
use self::work::Works;
use super::core::FileName;
use super::core::FileOrder;
use super::core::FileReport;
use super::core::Leftover;
use super::core::Line;
use super::event::Event;
use crate::net::cell::Address;
use crate::net::cell::ClientFrame;

/// Every file that moves.
pub(super) struct Files {
    began: Instant,
    preparing: BTreeMap<FileName, u64>,
    outgoing: BTreeMap<FileName, Outgoing>,
    incoming: BTreeMap<FileName, Incoming>,
    /// Whose mailbox it is.
    boxes: HashMap<Address, (FileName, Place)>,
    /// Whose Put it is that has no answer. Those of requests are not here: they are repeated anyhow.
    puts: HashMap<[u8; 16], FileName>,
    works: Works,
    serial: u64,
    teller: mpsc::UnboundedSender<Word>,
    words: mpsc::UnboundedReceiver<Word>,
    reports: Vec<(FileName, FileReport)>,
    discarded: Vec<[u8; 16]>,
    events: Vec<Event>,
    /// Over which connection each file goes that is sent or received.
    lines: BTreeMap<FileName, Line>,
    /// The connections of these that stand.
    up: BTreeSet<Line>,
    /// To be said at the next turn.
    farewells: Vec<(Line, ClientFrame)>,
    withdrawals: Withdrawals,
    /// When mailboxes are read again that another client took over.
    resubscribe_at: Option<u64>,
}

impl Files {
    pub(super) fn new() -> Self {
        let (teller, words) = mpsc::unbounded_channel();
        Self {
            began: Instant::now(),
            preparing: BTreeMap::new(),
            outgoing: BTreeMap::new(),
            incoming: BTreeMap::new(),
            boxes: HashMap::new(),
            puts: HashMap::new(),
            works: Works::default(),
            serial: 0,
            teller,
            words,
            reports: Vec::new(),
            discarded: Vec::new(),
            events: Vec::new(),
            lines: BTreeMap::new(),
            up: BTreeSet::new(),
            farewells: Vec::new(),
            withdrawals: Withdrawals::default(),
            resubscribe_at: None,
        }
    }

    /// Milliseconds since it began: no clock sets that back.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    // ---------------------------------------------------------------- from the core

    /// Does what the core wants. Orders for one file follow each other.
    pub(super) fn order(&mut self, line: Line, of: FileName, order: FileOrder) {
        match order {
            FileOrder::Prepare { path, copy } => self.prepare(of, path, copy),
            FileOrder::Send { source, keys } => {
                self.stop(of);
                self.lines.insert(of, line);
                let mut outgoing = Outgoing::new(source, keys, self.next_serial());
                if self.up.contains(&line) {
                    outgoing.came_up();
                }
                self.boxes.insert(outgoing.mailbox(), (of, Place::Back));
                self.outgoing.insert(of, outgoing);
            }
            FileOrder::Receive(plan) => {
                self.stop(of);
                self.lines.insert(of, line);
                let incoming = Incoming::new(*plan);
                for (lane, address) in (0..).zip(incoming.mailboxes()) {
                    self.boxes.insert(address, (of, Place::Lane(lane)));
                }
                self.incoming.insert(of, incoming);
            }
            FileOrder::Retry => {
                if let Some(incoming) = self.incoming.get_mut(&of) {
                    incoming.receiving.try_again();
                }
            }
            FileOrder::Stop { withdraw } => {
                if withdraw {
                    self.withdraw(of);
                }
                self.stop(of);
            }
        }
    }

    /// Deletes what is there of a file that is over. What cannot be deleted stays, hidden, and is
    /// tried again at the next start.
    pub(super) fn discard(&mut self, leftover: &Leftover) {
        match std::fs::remove_file(&leftover.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {}
            _ => self.discarded.push(leftover.name),
        }
    }

    /// What is not there any more.
    pub(super) fn discarded(&mut self) -> Vec<[u8; 16]> {
        core::mem::take(&mut self.discarded)
    }

    fn prepare(&mut self, of: FileName, path: PathBuf, copy: Option<PathBuf>) {
        let serial = self.next_serial();
        self.preparing.insert(of, serial);
        disk::prepare(path, copy, self.voice(of, serial));
    }

    const fn next_serial(&mut self) -> u64 {
        self.serial = self.serial.saturating_add(1);
        self.serial
    }

    fn voice(&self, of: FileName, serial: u64) -> Tell {
        voice(&self.teller, of, serial)
    }

    /// Takes back what lies on the relay of a file that is over: nobody fetches it any more.
    fn withdraw(&mut self, of: FileName) {
        if let (Some(outgoing), Some(line)) = (self.outgoing.get(&of), self.lines.get(&of)) {
            self.withdrawals.add(outgoing.withdrawals(*line));
        }
    }

    fn stop(&mut self, of: FileName) {
        self.preparing.remove(&of);
        let outgoing = self.outgoing.remove(&of).map(|file| file.farewell());
        let incoming = self.incoming.remove(&of).map(|file| file.farewell());
        if let Some(line) = self.lines.remove(&of).filter(|line| self.up.contains(line)) {
            let said = outgoing.into_iter().chain(incoming).flatten();
            self.farewells.extend(said.map(|frame| (line, frame)));
        }
        self.boxes.retain(|_, (file, _)| *file != of);
        self.puts.retain(|_, file| *file != of);
        self.works.forget(of);
    }

    // ---------------------------------------------------------------- connections

    /// The connections that stand.
    pub(super) fn lines(&self) -> Vec<Line> {
        self.up.iter().copied().collect()
    }

    /// A connection stands, and Hello was said on it.
    pub(super) fn came_up(&mut self, line: Line) {
        self.up.insert(line);
        self.resubscribe_at = None;
        for of in self.over(line) {
            self.outgoing.entry(of).and_modify(Outgoing::came_up);
            self.incoming.entry(of).and_modify(Incoming::came_up);
        }
    }

    /// A connection is gone.
    pub(super) fn went_down(&mut self, line: Line) {
        if !self.up.remove(&line) {
            return;
        }
        self.farewells.retain(|(over, _)| *over != line);
        self.withdrawals.went_down(line);
        for of in self.over(line) {
            self.puts.retain(|_, file| *file != of);
            self.outgoing.entry(of).and_modify(Outgoing::went_down);
            self.incoming.entry(of).and_modify(Incoming::went_down);
        }
    }

    /// A connection is not wanted any more.
    pub(super) fn is_unwanted(&mut self, line: Line) {
        self.went_down(line);
        self.withdrawals.forget(line);
    }

    /// Another relay may answer from now on: it hears nothing of what was said to this one.
    pub(super) fn halted(&mut self) {
        self.withdrawals.forget_all();
    }

    /// The files that go over a connection.
    fn over(&self, line: Line) -> Vec<FileName> {
        self.lines.iter().filter(|(_, over)| **over == line).map(|(of, _)| *of).collect()
    }

    fn is_up(&self, of: FileName) -> bool {
        self.lines.get(&of).is_some_and(|line| self.up.contains(line))
    }

    fn report(&mut self, of: FileName, report: FileReport) {
        self.reports.push((of, report));
    }
}
