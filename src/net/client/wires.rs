//! The connections of a client: which stand, and when the others are tried.
//!
//! Each waits for itself after it failed, longer each time until one has stood for ten seconds: a relay
//! may greet, and then end every connection. Where there are many, they are begun a few at a time and in
//! no order. Through a proxy each has a login of its own for as long as the program runs.

use core::time::Duration;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rand::RngExt as _;
use rand::seq::IteratorRandom as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::core::Line;
use super::dial::Route;
use super::dial::Way;
use super::wire::Origin;
use crate::net::cell::ClientFrame;
use crate::net::clock;

/// Frames for a connection, a batch at a time.
pub(super) type Frames = mpsc::Sender<Vec<ClientFrame>>;

/// All connections that should stand.
pub(super) struct Wires {
    wires: BTreeMap<Line, Wire>,
    /// Counts the connections that were made.
    serial: u64,
    way: Way,
    /// No attempt before this.
    next_dial: Instant,
    /// How often in a row nothing stood and nothing came of an attempt.
    outages: u32,
}

/// One connection, or the wait for it.
struct Wire {
    route: Route,
    serial: u64,
    frames: Option<Frames>,
    serving: Option<JoinHandle<()>>,
    /// Since when it stands.
    up: Option<Instant>,
    /// How often in a row it failed, or did not stand for [`PROVEN`].
    failures: u32,
    next_attempt: Instant,
}

/// How many connections there are.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    pub(super) up: usize,
    /// Of those that are not, how many have failed before.
    pub(super) failing: usize,
    pub(super) all: usize,
}

impl Wires {
    pub(super) fn new(way: Way) -> Self {
        Self { wires: BTreeMap::new(), serial: 0, way, next_dial: Instant::now(), outages: 0 }
    }

    /// Ends what is not wanted any more, and makes room for what is new. What was ended.
    pub(super) fn adapt(&mut self, wanted: &BTreeSet<Line>) -> Vec<Line> {
        let gone: Vec<Line> =
            self.wires.keys().filter(|line| !wanted.contains(line)).copied().collect();
        for line in &gone {
            if let Some(mut wire) = self.wires.remove(line) {
                wire.give_up();
            }
        }
        for line in wanted {
            self.wires.entry(*line).or_insert_with(|| Wire::new(self.way.route()));
        }
        gone
    }

    /// When something can be tried next, if nothing else happens.
    pub(super) fn next_attempt(&self) -> Option<Instant> {
        let waiting = self.wires.values().filter(|wire| wire.frames.is_none());
        let first = waiting.map(|wire| wire.next_attempt).min()?;
        self.may_dial().then_some(first.max(self.next_dial))
    }

    /// One that may be tried now.
    pub(super) fn due(&self) -> Option<Line> {
        let now = Instant::now();
        if !self.may_dial() || self.next_dial > now {
            return None;
        }
        let due = self.wires.iter().filter(|(_, w)| w.frames.is_none() && w.next_attempt <= now);
        due.map(|(line, _)| *line).choose(&mut clock::system_rng())
    }

    /// How its next connection reports.
    pub(super) fn begin(&mut self, line: Line) -> Origin {
        self.serial += 1;
        if self.way.proxy().is_some() {
            let pause = clock::system_rng().random_range(Duration::ZERO..=SPACING);
            self.next_dial = Instant::now() + pause;
        }
        Origin { line, serial: self.serial }
    }

    /// How a connection is made, each time in the same way.
    pub(super) fn route(&self, line: Line) -> Route {
        // There is a wire for each line that is due; any other would have a way of its own.
        self.wires.get(&line).map_or_else(|| self.way.route(), |wire| wire.route.clone())
    }

    /// A connection is being made.
    pub(super) fn began(&mut self, origin: Origin, frames: Frames, serving: JoinHandle<()>) {
        if let Some(wire) = self.wires.get_mut(&origin.line) {
            wire.serial = origin.serial;
            (wire.frames, wire.serving) = (Some(frames), Some(serving));
        }
    }

    /// Whether it is the connection at hand that reports: one that was given up has nothing to say.
    pub(super) fn is_current(&self, origin: Origin) -> bool {
        self.wires.get(&origin.line).is_some_and(|wire| wire.serial == origin.serial)
    }

    /// Hands frames to a connection. One that takes none any more is given up: nothing is lost, for
    /// everything is sent again on the next one.
    ///
    /// Whether the connection still stands, or none did.
    pub(super) fn send(&mut self, line: Line, frames: Vec<ClientFrame>) -> bool {
        let Some(wire) = self.wires.get_mut(&line) else { return true };
        let Some(sender) = &wire.frames else { return true };
        if frames.is_empty() || sender.try_send(frames).is_ok() {
            return true;
        }
        wire.went_down(Duration::ZERO);
        false
    }

    pub(super) fn came_up(&mut self, line: Line) {
        if let Some(wire) = self.wires.get_mut(&line) {
            wire.up = Some(Instant::now());
            self.outages = 0;
        }
    }

    /// `asked`: how long the relay wants to hear nothing.
    pub(super) fn went_down(&mut self, line: Line, asked: Duration) {
        if let Some(wire) = self.wires.get_mut(&line) {
            wire.went_down(asked);
        }
        let nothing = self.wires.values().all(|wire| wire.frames.is_none());
        if nothing && self.way.proxy().is_some() {
            let pause = pause(self.outages, asked);
            self.next_dial = Instant::now() + pause;
            self.outages = self.outages.saturating_add(1);
        }
    }

    /// Whether a connection stands.
    pub(super) fn is_up(&self, line: Line) -> bool {
        self.wires.get(&line).is_some_and(|wire| wire.up.is_some())
    }

    /// Whether a connection takes what can wait: half of its room is for what cannot.
    pub(super) fn has_room(&self, line: Line) -> bool {
        let frames = self.wires.get(&line).and_then(|wire| wire.frames.as_ref());
        frames.is_some_and(|frames| frames.capacity() > BATCHES / 2)
    }

    /// Ends a connection; what it still reports is of no account.
    pub(super) fn give_up(&mut self, line: Line) {
        if let Some(wire) = self.wires.get_mut(&line) {
            wire.give_up();
        }
    }

    /// Ends every connection. Which there were.
    pub(super) fn give_up_all(&mut self) -> Vec<Line> {
        self.wires.values_mut().for_each(Wire::give_up);
        self.wires.keys().copied().collect()
    }

    /// Has every connection tried now.
    pub(super) fn hurry(&mut self) {
        let now = Instant::now();
        for wire in self.wires.values_mut() {
            (wire.failures, wire.next_attempt) = (0, now);
        }
        self.next_dial = now;
    }

    pub(super) fn standing(&self) -> Standing {
        let wires = self.wires.values();
        let up = wires.clone().filter(|wire| wire.up.is_some()).count();
        let failing = wires.filter(|wire| wire.up.is_none() && wire.failures > 0).count();
        Standing { up, failing, all: self.wires.len() }
    }

    /// How long it is until a connection is tried again.
    pub(super) fn retry_in(&self, line: Line) -> Duration {
        let Some(wire) = self.wires.get(&line) else { return Duration::ZERO };
        let at = wire.next_attempt.max(self.next_dial);
        at.saturating_duration_since(Instant::now())
    }

    /// Closes every connection, and waits for each for a while.
    pub(super) async fn hang_up(&mut self) {
        self.wires.values_mut().for_each(|wire| wire.frames = None);
        let by = Instant::now() + HANG_UP;
        for wire in self.wires.values_mut() {
            if let Some(mut serving) = wire.serving.take()
                && tokio::time::timeout_at(by, &mut serving).await.is_err()
            {
                serving.abort();
            }
        }
    }

    /// Whether another one may be begun. Where nothing stands and nothing came of the last attempt,
    /// one finds out whether something does.
    fn may_dial(&self) -> bool {
        self.dialing() < if self.outages == 0 { MAX_DIALING } else { 1 }
    }

    /// How many are being made.
    fn dialing(&self) -> usize {
        self.wires.values().filter(|wire| wire.frames.is_some() && wire.up.is_none()).count()
    }
}

impl Wire {
    fn new(route: Route) -> Self {
        Self {
            route,
            serial: 0,
            frames: None,
            serving: None,
            up: None,
            failures: 0,
            next_attempt: Instant::now(),
        }
    }

    fn give_up(&mut self) {
        // No connection has this number.
        self.serial = 0;
        // One that stands closes by itself.
        if let Some(serving) = self.serving.as_ref().filter(|_| self.up.is_none()) {
            serving.abort();
        }
        self.went_down(Duration::ZERO);
    }

    fn went_down(&mut self, asked: Duration) {
        self.frames = None;
        if self.up.take().is_some_and(|since| since.elapsed() >= PROVEN) {
            self.failures = 0;
        }
        self.next_attempt = Instant::now() + pause(self.failures, asked);
        self.failures = self.failures.saturating_add(1);
    }
}

/// 1, 2, 4, … 60 s, each shorter by up to a half, or up to twice as long as the relay asked for, so that
/// a relay that comes back is not met by all at once.
fn pause(failures: u32, asked: Duration) -> Duration {
    let seconds = 1_u64.checked_shl(failures).unwrap_or(u64::MAX).min(LONGEST_PAUSE_S);
    let least = Duration::from_millis(seconds.saturating_mul(500)).max(asked);
    least + clock::system_rng().random_range(Duration::ZERO..=least)
}

/// Batches of frames that may wait for a connection.
pub(super) const BATCHES: usize = 256;
/// Connections that are being made at once.
const MAX_DIALING: usize = 8;
/// What lies between two attempts through a proxy at most: 250 contacts ask for 500 circuits within a
/// minute, not within a second.
const SPACING: Duration = Duration::from_millis(250);
const LONGEST_PAUSE_S: u64 = 60;
/// How long a connection stands before what failed earlier counts no more. One over a bad line that
/// breaks now and then is made again at once.
const PROVEN: Duration = Duration::from_secs(10);
/// How long connections may take to close.
const HANG_UP: Duration = Duration::from_secs(2);

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::super::core::Party;
    use super::super::core::Role;
    use super::*;

    const LINE: Line = Line { party: Party::All, role: Role::Rendezvous };

    fn wires() -> Wires {
        let mut wires = Wires::new(Way::Direct);
        wires.adapt(&BTreeSet::from([LINE]));
        wires
    }

    /// A connection that comes up, stands for a while and is ended by the relay: how long until the next.
    async fn pause_after(wires: &mut Wires, stands: Duration) -> Duration {
        let origin = wires.begin(LINE);
        wires.began(origin, mpsc::channel(1).0, tokio::spawn(async {}));
        wires.came_up(LINE);
        assert!(wires.is_up(LINE));
        tokio::time::advance(stands).await;
        wires.went_down(LINE, Duration::ZERO);
        assert!(!wires.is_up(LINE));
        wires.retry_in(LINE)
    }

    #[tokio::test(start_paused = true)]
    async fn a_relay_that_greets_and_then_closes_is_tried_more_and_more_seldom() {
        let mut wires = wires();
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            let pause = pause_after(&mut wires, Duration::from_secs(1)).await;
            let most = Duration::from_secs(seconds);
            assert!(most / 2 <= pause && pause <= most, "{seconds}: {pause:?}");
        }
        for _ in 0..2 {
            let pause = pause_after(&mut wires, PROVEN).await;
            assert!(pause <= Duration::from_secs(1), "it has stood: {pause:?}");
        }
        let pause = pause_after(&mut wires, PROVEN - Duration::from_secs(1)).await;
        assert!(pause >= Duration::from_secs(1), "{pause:?}");
    }
}
