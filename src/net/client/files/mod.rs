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
//! | `window`, `pace` | how much flies; what is told |
//! | `boxes` | mailboxes of files |
//!
//! Chunks go over the connection of the conversation, in the same frames as messages, and never
//! through the core: a transaction for each would be slower than the disk. The core hears of a file
//! a few times a second at most: when it is opened, each megabyte, and at its end. What a report
//! says is committed before anything is sent that relies on it: the driver takes reports first and
//! frames then.

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
mod window;
mod withdrawals;
mod work;

use core::time::Duration;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use tokio::sync::mpsc;
use tokio::time::Instant;

use self::boxes::Place;
use self::disk::Tell;
use self::disk::Told;
pub(super) use self::disk::default_folder;
pub(super) use self::disk::open_source;
pub(super) use self::disk::read_picture;
use self::incoming::Incoming;
use self::outgoing::Outgoing;
use self::pace::Pace;
use self::withdrawals::Withdrawals;
use self::work::Works;
use super::core::FileName;
use super::core::FileOrder;
use super::core::FileReport;
use super::core::FileSource;
use super::core::Leftover;
use super::core::Line;
use super::event::Event;
use super::event::FileState;
use super::event::FileWait;
use crate::net::cell::Address;
use crate::net::cell::ClientFrame;
use crate::net::cell::EnvelopeId;
use crate::net::cell::Refusal;
use crate::net::cell::RelayFrame;
use crate::signal::file::Chunk;

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

/// What a thread says.
pub(super) struct Word {
    of: FileName,
    serial: u64,
    told: Told,
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

    // ---------------------------------------------------------------- from the relay

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

    /// Takes what is about files. The rest comes back.
    pub(super) fn take(&mut self, frames: Vec<RelayFrame>) -> Vec<RelayFrame> {
        if self.boxes.is_empty() && self.puts.is_empty() && self.withdrawals.is_empty() {
            return frames;
        }
        let now = self.now();
        frames.into_iter().filter_map(|frame| self.take_one(frame, now)).collect()
    }

    fn take_one(&mut self, frame: RelayFrame, now: u64) -> Option<RelayFrame> {
        match frame {
            RelayFrame::Deliver { address, seq, envelope, expires } => {
                let Some((of, place)) = self.boxes.get(&address).copied() else {
                    return Some(RelayFrame::Deliver { address, seq, envelope, expires });
                };
                match place {
                    Place::Lane(lane) => {
                        if let Some(incoming) = self.incoming.get_mut(&of) {
                            incoming.delivered(lane, seq, envelope);
                        }
                    }
                    Place::Back => {
                        let outgoing = self.outgoing.get_mut(&of);
                        let ack = outgoing.and_then(|file| file.delivered(seq, &envelope));
                        let line = self.lines.get(&of).copied();
                        self.farewells.extend(line.zip(ack));
                    }
                }
                None
            }
            RelayFrame::Stored { id, expires } => {
                let Some(of) = self.puts.remove(id.as_bytes()) else {
                    return Some(RelayFrame::Stored { id, expires });
                };
                if let Some(outgoing) = self.outgoing.get_mut(&of) {
                    outgoing.sending.stored(id.as_bytes(), now);
                }
                None
            }
            RelayFrame::Full { id } => {
                let Some(of) = self.puts.remove(id.as_bytes()) else {
                    return Some(RelayFrame::Full { id });
                };
                self.refused(of, id.as_bytes(), FileWait::Contact, now.saturating_add(FULL_PAUSE));
                None
            }
            RelayFrame::Work { demand } => {
                self.works.demanded(demand);
                Some(RelayFrame::Work { demand })
            }
            RelayFrame::Refused { id, reason: Refusal::Work, .. } if self.wants_work(&id) => None,
            RelayFrame::Cancelled { id } | RelayFrame::Gone { id }
                if self.withdrawals.is_gone(&id) =>
            {
                None
            }
            RelayFrame::Refused { id, reason, retry_after } => {
                if self.withdrawals.refused(&id, now.saturating_add(pause(reason, retry_after))) {
                    return None;
                }
                let Some(of) = self.puts.remove(id.as_bytes()) else {
                    return Some(RelayFrame::Refused { id, reason, retry_after });
                };
                let until = now.saturating_add(pause(reason, retry_after));
                if reason == Refusal::TooFast
                    && let Some(outgoing) = self.outgoing.get_mut(&of)
                {
                    outgoing.sending.was_too_fast(now, until);
                }
                self.refused(of, id.as_bytes(), FileWait::Relay, until);
                None
            }
            RelayFrame::Replaced { address } => {
                let Some((of, _)) = self.boxes.get(&address).copied() else {
                    return Some(RelayFrame::Replaced { address });
                };
                self.replaced(of, now);
                None
            }
            other => Some(other),
        }
    }

    /// Whether it is a request that was refused for want of work, which is done now.
    fn wants_work(&mut self, id: &EnvelopeId) -> bool {
        let asks = self.incoming.iter().find(|(_, file)| file.asks_by(id));
        let Some((of, incoming)) = asks else { return false };
        self.works.want(*of, incoming.wanting_work());
        true
    }

    fn refused(&mut self, of: FileName, id: &[u8; 16], why: FileWait, retry_at: u64) {
        if let Some(outgoing) = self.outgoing.get_mut(&of) {
            outgoing.sending.refused(id, why, retry_at);
        }
    }

    /// Another client with this profile's keys reads the mailbox. Both would take it from each other
    /// for ever: so it is read again after a while.
    fn replaced(&mut self, of: FileName, now: u64) {
        self.resubscribe_at = Some(now.saturating_add(REPLACED_PAUSE));
        if let Some(outgoing) = self.outgoing.get_mut(&of) {
            outgoing.was_replaced();
        }
        if let Some(incoming) = self.incoming.get_mut(&of) {
            incoming.was_replaced();
        }
    }

    // ---------------------------------------------------------------- from the threads

    /// What a thread says. May be dropped and asked again.
    pub(super) async fn word(&mut self) -> Option<Word> {
        loop {
            let (of, put) = tokio::select! {
                word = self.words.recv() => return word,
                solved = self.works.solved() => match solved {
                    Some(solved) => solved,
                    None => continue,
                },
            };
            let serial = 0;
            return Some(Word { of, serial, told: Told::Proven(Box::new(put)) });
        }
    }

    /// Takes a word in, and what else is there to be heard.
    pub(super) fn hear(&mut self, word: Word) {
        self.hear_one(word);
        for _ in 0..WORDS_AT_ONCE {
            let Ok(word) = self.words.try_recv() else { return };
            self.hear_one(word);
        }
    }

    fn hear_one(&mut self, Word { of, serial, told }: Word) {
        let now = self.now();
        if let Told::Proven(put) = told {
            let line = self.lines.get(&of).filter(|line| self.up.contains(line));
            self.farewells.extend(line.map(|line| (*line, *put)));
        } else if self.preparing.get(&of) == Some(&serial) {
            self.hear_preparing(of, told);
        } else if let Some(outgoing) =
            self.outgoing.get_mut(&of).filter(|file| file.serial == serial)
        {
            match outgoing::cells(told) {
                Ok(cells) => outgoing.told(cells),
                Err(Told::Failed(failure)) => self.report(of, FileReport::Failed(failure)),
                Err(_) => {}
            }
        } else if self.incoming.get(&of).is_some_and(|file| file.serial == serial) {
            self.hear_incoming(of, told, now);
        } else {
            self.hear_late(of, told);
        }
    }

    /// A thread has made something, and was stopped meanwhile.
    fn hear_late(&mut self, of: FileName, told: Told) {
        match told {
            Told::Prepared(FileSource { path, .. }, true) | Told::Opened(path, true) => {
                self.report(of, FileReport::Stray(path));
            }
            _ => {}
        }
    }

    fn hear_preparing(&mut self, of: FileName, told: Told) {
        match told {
            Told::Hashing(done) => {
                let FileName { contact, message } = of;
                let state = FileState::Preparing { done };
                self.events.push(Event::File { contact, message, state });
            }
            Told::Prepared(source, is_copy) => {
                self.preparing.remove(&of);
                // The core says what it is now before these would be told.
                let is_stale = |event: &mut Event| is_preparing(event, of);
                self.events.extract_if(.., is_stale).for_each(drop);
                self.report(of, FileReport::Prepared { source, is_copy });
            }
            Told::Failed(failure) => {
                self.preparing.remove(&of);
                self.report(of, FileReport::Failed(failure));
            }
            _ => {}
        }
    }

    fn hear_incoming(&mut self, of: FileName, told: Told, now: u64) {
        let is_up = self.is_up(of);
        let Some(incoming) = self.incoming.get_mut(&of) else { return };
        match told {
            Told::Opened(path, is_new) => {
                incoming.opened(path.clone(), is_new, is_up);
                self.report(of, FileReport::Opened { path, is_new });
            }
            Told::NoPlace(wait) => {
                self.stop(of);
                self.report(of, FileReport::NoPlace(wait));
            }
            Told::Wrote(count, indices) => {
                incoming.looked_at(count);
                incoming.receiving.wrote(&indices, now);
            }
            Told::Synced => {
                let durable = incoming.receiving.synced();
                self.report(of, FileReport::Durable(durable));
            }
            Told::Full(count) => {
                incoming.looked_at(count);
                incoming.receiving.is_full(now);
            }
            Told::Finished(path) => {
                self.stop(of);
                self.report(of, FileReport::Finished(path));
            }
            Told::Failed(failure) => {
                self.stop(of);
                self.report(of, FileReport::Failed(failure));
            }
            Told::Hashing(_) | Told::Prepared(..) | Told::Sealed(_) | Told::Proven(_) => {}
        }
    }

    fn report(&mut self, of: FileName, report: FileReport) {
        self.reports.push((of, report));
    }

    // ---------------------------------------------------------------- a turn

    /// What the core is to be told, before [`Files::frames`].
    pub(super) fn reports(&mut self) -> Vec<(FileName, FileReport)> {
        core::mem::take(&mut self.reports)
    }

    /// What the relay is to be told on each connection. `has_room`: whether it takes more at the moment.
    pub(super) fn frames(
        &mut self,
        has_room: impl Fn(Line) -> bool,
    ) -> BTreeMap<Line, Vec<ClientFrame>> {
        self.begin_more();
        let now = self.now();
        let open: BTreeSet<Line> = self.up.iter().copied().filter(|line| has_room(*line)).collect();
        let mut frames: BTreeMap<Line, Vec<ClientFrame>> = BTreeMap::new();
        for (line, frame) in self.withdrawals.frames(now, |line| open.contains(&line)) {
            frames.entry(line).or_default().push(frame);
        }
        let said = self.farewells.extract_if(.., |(line, _)| open.contains(line));
        said.for_each(|(line, frame)| frames.entry(line).or_default().push(frame));
        let replaced = self.resubscribe_at.is_some_and(|at| at > now);
        if !replaced {
            self.resubscribe_at = None;
        }
        for (of, incoming) in &mut self.incoming {
            let Some(line) = self.lines.get(of) else { continue };
            let is_open = open.contains(line) && !replaced;
            incoming.frames(now, is_open, frames.entry(*line).or_default());
            let done = Chunk::offset(incoming.receiving.done()).min(incoming.size());
            let wait = if incoming.has_begun() {
                incoming.receiving.waits(now)
            } else {
                Some(FileWait::Others)
            };
            tell(&mut self.events, *of, &mut incoming.pace, (done, wait), now);
        }
        for (of, outgoing) in &mut self.outgoing {
            let Some(line) = self.lines.get(of) else { continue };
            if open.contains(line) && !replaced {
                let (teller, frames) = (&self.teller, frames.entry(*line).or_default());
                let first = frames.len();
                outgoing.frames(now, frames, |serial| voice(teller, *of, serial));
                for frame in frames.get(first..).unwrap_or_default() {
                    if let ClientFrame::Put { id, .. } = frame {
                        self.puts.insert(*id.as_bytes(), *of);
                    }
                }
            }
            let done = Chunk::offset(outgoing.sending.done()).min(outgoing.size());
            let wait = outgoing.sending.waits(now);
            tell(&mut self.events, *of, &mut outgoing.pace, (done, wait), now);
        }
        frames
    }

    /// Begins with files that wait for others, as many as may move at once. One whose sender is away
    /// keeps nobody waiting.
    fn begin_more(&mut self) {
        let now = self.now();
        let moving = |file: &&Incoming| file.has_begun() && file.receiving.waits(now).is_none();
        let room = MOST_MOVING.saturating_sub(self.incoming.values().filter(moving).count());
        let waiting = self.incoming.iter().filter(|(_, file)| !file.has_begun());
        let waiting: Vec<FileName> = waiting.map(|(of, _)| *of).take(room).collect();
        for of in waiting {
            let serial = self.next_serial();
            let voice = self.voice(of, serial);
            let Some(incoming) = self.incoming.get_mut(&of) else { continue };
            if !incoming.begin(of.message.0, serial, voice) {
                self.stop(of);
                self.report(of, FileReport::NoPlace(FileWait::Disk));
            }
        }
    }

    /// What the front is to be told.
    pub(super) fn events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }

    /// Whether a report waits for the core.
    pub(super) fn has_reports(&self) -> bool {
        !self.reports.is_empty()
    }

    /// When a turn is due though nothing happens.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        let now = self.now();
        let outgoing = self.outgoing.values().filter_map(|file| file.sending.wakes_at(now));
        let incoming = self.incoming.values().filter_map(|file| file.receiving.wakes_at(now));
        let soon = (!self.outgoing.is_empty() || !self.incoming.is_empty())
            .then(|| now.saturating_add(LONGEST_SLEEP));
        let others = self.resubscribe_at.into_iter().chain(self.withdrawals.wakes_at(now));
        let next = outgoing.chain(incoming).chain(others).chain(soon).min()?;
        Some(self.began + Duration::from_millis(next))
    }
}

/// Whether an event says that a file is being read.
fn is_preparing(event: &Event, of: FileName) -> bool {
    matches!(event, Event::File { contact, message, state: FileState::Preparing { .. } }
        if (*contact, *message) == (of.contact, of.message))
}

/// How a thread speaks to the driver.
fn voice(teller: &mpsc::UnboundedSender<Word>, of: FileName, serial: u64) -> Tell {
    let teller = teller.clone();
    Box::new(move |told| teller.send(Word { of, serial, told }).is_ok())
}

fn tell(
    events: &mut Vec<Event>,
    FileName { contact, message }: FileName,
    pace: &mut Pace,
    (done, wait): (u64, Option<FileWait>),
    now: u64,
) {
    if let Some(state) = pace.tell(done, wait, now) {
        events.push(Event::File { contact, message, state });
    }
}

/// How long to leave the relay alone.
fn pause(reason: Refusal, retry_after: u32) -> u64 {
    let asked = u64::from(retry_after).saturating_mul(1_000);
    match reason {
        // The reader sees to it that nothing is asked for (`work`), and a store empties.
        Refusal::Work => WORK_PAUSE,
        _ if asked == 0 => HOPELESS_PAUSE,
        _ => asked,
    }
}

/// Files that are received at once: more would take turns at one disk.
const MOST_MOVING: usize = 4;
/// Words that are heard before anything else is done.
const WORDS_AT_ONCE: usize = 64;

// In milliseconds.
const FULL_PAUSE: u64 = 5_000;
const WORK_PAUSE: u64 = 10_000;
const HOPELESS_PAUSE: u64 = 600_000;
const REPLACED_PAUSE: u64 = 60_000;
/// While files move, what is told of them is looked at so often.
const LONGEST_SLEEP: u64 = 1_000;
