//! A turn: what the core, the relay and the front are told of files.

use core::time::Duration;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use tokio::time::Instant;

use super::Files;
use super::incoming::Incoming;
use super::pace::Pace;
use super::words::voice;
use crate::net::cell::ClientFrame;
use crate::net::client::core::FileName;
use crate::net::client::core::FileReport;
use crate::net::client::core::Line;
use crate::net::client::event::Event;
use crate::net::client::event::FileWait;
use crate::signal::file::Chunk;

impl Files {
    /// What the core is to be told, before [`Files::frames`].
    pub(in crate::net::client) fn reports(&mut self) -> Vec<(FileName, FileReport)> {
        core::mem::take(&mut self.reports)
    }

    /// What the relay is to be told on each connection. `has_room`: whether it takes more at the moment.
    pub(in crate::net::client) fn frames(
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
            if !incoming.begin(of, serial, voice) {
                self.stop(of);
                self.report(of, FileReport::NoPlace(FileWait::Disk));
            }
        }
    }

    /// What the front is to be told.
    pub(in crate::net::client) fn events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }

    /// Whether a report waits for the core.
    pub(in crate::net::client) fn has_reports(&self) -> bool {
        !self.reports.is_empty()
    }

    /// When a turn is due though nothing happens.
    pub(in crate::net::client) fn next_wake(&self) -> Option<Instant> {
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

/// Files that are received at once: more would take turns at one disk.
const MOST_MOVING: usize = 4;
/// While files move, what is told of them is looked at so often, in milliseconds.
const LONGEST_SLEEP: u64 = 1_000;
