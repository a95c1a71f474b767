//! The whole client as a model: two people, their real cores and profiles, a relay that may be bad,
//! and anything that can happen to them. Then nothing more goes wrong for a while, and what the
//! protocol promises must hold.
//!
//! ```text
//!   bytes ──► Story ──► Model::happen, for each event ──► Model::settle ──► judge ──► End
//! ```
//!
//! **What is promised of a text.** A profile has one *line*: what it remembers, from its beginning
//! or from the copy that it was restored from, to now. Removing the contact, losing the profile and
//! restoring a copy give a line up.
//!
//! - On one line a text is shown at most once, however often and over whichever sessions it comes.
//!   A restored copy has forgotten what came after it was made: it may show that once more if it
//!   comes again, and nobody can tell it that it did before.
//! - Only what the peer wrote is shown.
//! - What its writer was told is delivered is in the reader's history; or was, in a line that the
//!   reader has given up. The receipt says that the reader's device had it on disk, not that the
//!   reader never destroys it.
//! - What was neither delivered nor said to have failed does not exist: after the settling there is
//!   no text whose writer still waits. It fails only if the relay kept it for as long as it does, or
//!   the reader removed its writer.
//! - Both have the same of it at the end: what it says, what it answers, whether it was edited or
//!   deleted, what both said to it, after how long it disappears; if neither gave up the line in
//!   which it was written. The last edit is the one that counts.
//! - It is gone only if it was to disappear, or somebody deleted it.
//! - Both agree on the same time after which texts disappear, if neither gave up a line.
//! - Read is what its reader looked at and wants to tell. What was not looked at counts as unread.
//! - Texts are shown in the order of writing, except behind one that is missing, after it was waited
//!   for at least three minutes; and except for what had failed, or what went with a line.
//!
//! **What is promised of the two.** From any state, within ten round trips in which nothing is lost
//! and both have something to say, a text of each is delivered to the other, both send in one
//! session, and nobody asks or starts over any more. Whoever goes on in another session than before is told; and nobody is if
//! nothing was lost, forged or restored.

mod act;
pub mod event;
mod judge;
mod line;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use bauta::net::client::Command;
use bauta::net::client::core;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::client::profile::Kind;

use self::act::Written;
pub use self::event::Event;
use self::event::MINUTE;
pub use self::event::Story;
use self::judge::is_delivered;
use self::judge::is_replaced;
use self::judge::received;
use self::line::Line;
use super::world::*;

/// How a story ended, if everything held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Round trips until both talked.
    pub rounds: usize,
    /// Texts of the story itself that both histories hold at the end.
    pub shown: usize,
    /// Times that somebody was told of a new session.
    pub replaced: usize,
    /// Texts of which more is known at the end than what was written: edited, deleted, read or
    /// reacted to.
    pub changed: usize,
}

/// Plays a story.
///
/// # Panics
/// If something does not hold.
pub fn play(story: &Story) -> End {
    let mut model = Model::begin(story);
    story.events.iter().for_each(|event| model.happen(*event));
    let rounds = model.settle();
    let changed = model.judge();
    let is_probe = |id: &MessageId| {
        model.written.iter().any(|written| written.get(id).is_some_and(|written| written.probe))
    };
    let shown = |line: &Line| line.shown.keys().filter(|id| !is_probe(id)).count();
    let replaced = |line: &Line| line.notices.iter().filter(|notice| is_replaced(notice)).count();
    End {
        rounds,
        shown: model.lines.iter().map(shown).sum(),
        replaced: model.lines.iter().map(replaced).sum(),
        changed,
    }
}

/// Two people, their relay, and what must not be forgotten about them.
struct Model {
    world: World,
    lines: [Line; 2],
    copies: [Option<Line>; 2],
    /// Every text that was written.
    written: [BTreeMap<MessageId, Written>; 2],
    /// How many texts there are of any kind.
    said: usize,
    /// What each has ever told that it was read.
    told_read: [BTreeSet<MessageId>; 2],
    /// What each has been shown on lines that were given up.
    given_up: [BTreeSet<MessageId>; 2],
    /// What each had on disk and did not show yet when a line was given up: the writer may have the
    /// receipt.
    unshown: [BTreeSet<MessageId>; 2],
    past: Past,
}

/// What has happened that takes from what is promised.
#[derive(Clone, Debug, Default)]
struct Past {
    /// When a line was given up last.
    gave_up_at: u64,
    /// A person's clock changed.
    skewed: [bool; 2],
    /// A person removed the other.
    removed: [bool; 2],
    /// A client ended without its noticing.
    crashed: [bool; 2],
    /// A person stopped to tell what was read.
    hid: [bool; 2],
    /// The relay delivered something of the past.
    replayed: bool,
    /// The relay lost what is put again only after days.
    requests_lost: bool,
    waited: u64,
}

impl Past {
    fn gave_up(&self) -> bool {
        self.gave_up_at > 0
    }

    fn skewed(&self) -> bool {
        self.skewed.contains(&true)
    }
}

impl Model {
    fn begin(story: &Story) -> Self {
        let world = World::at(story.start);
        (0..2).for_each(|who| world.copy_as(who, "birth of"));
        let mut model = Self {
            world,
            lines: Default::default(),
            copies: Default::default(),
            written: Default::default(),
            said: 0,
            told_read: Default::default(),
            given_up: Default::default(),
            unshown: Default::default(),
            past: Past::default(),
        };
        if story.talking {
            model.ask_both();
            model.deliver_all();
        }
        model
    }

    fn happen(&mut self, event: Event) {
        // Two things never happen in the same millisecond.
        self.world.now += 1;
        self.past(event);
        let world = &mut self.world;
        match event {
            Event::Arrive(who, connection, most) => drop(world.arrive(who, connection, most)),
            Event::Do(who, act, nth) => return self.act(who, act, nth),
            Event::Connect(who) => world.connect(who),
            Event::Disconnect(who, connection) => world.disconnect(who, connection),
            Event::Wait(time) => world.pass(time),
            Event::Clock(who, skew) => world.people[who].skew = skew,
            Event::Crash(who) => world.crash(who, None),
            Event::CrashReleasing(who, released) => world.people[who].cut = Some(released),
            Event::Lose(who, connection, nth) => {
                let lost = world.relay.lose(who, connection, nth);
                self.past.requests_lost |= lost && connection == core::Line::RENDEZVOUS;
            }
            Event::Double(who, connection, nth) => world.relay.double(who, connection, nth),
            Event::Swap(who, connection, nth) => world.relay.swap(who, connection, nth),
            Event::Replay(nth) => world.relay.replay(nth),
            Event::Room(room) => world.relay.room = room,
            Event::Copy(who) => {
                world.copy(who);
                self.copies[who] = Some(self.lines[who].clone());
            }
            Event::Restore(who) => self.restore(who),
            Event::Reset(who) => {
                self.give_up(who, Line::default());
                self.world.restore_from(who, "birth of");
            }
            Event::Ask(who) => self.ask(who),
            Event::Remove(who) => self.remove(who),
            Event::Retry(who) => self.retry(who),
        }
        self.hear();
    }

    fn past(&mut self, event: Event) {
        let past = &mut self.past;
        match event {
            Event::Clock(who, _) => past.skewed[who] = true,
            Event::Crash(who) | Event::CrashReleasing(who, _) => past.crashed[who] = true,
            Event::Replay(_) => past.replayed = true,
            Event::Wait(time) => past.waited += time,
            _ => {}
        }
    }

    /// Takes in what the fronts are told, and what must hold at every moment.
    fn hear(&mut self) {
        let now = self.world.now;
        for who in 0..2 {
            for event in std::mem::take(&mut self.world.people[who].told) {
                self.may_be_told(who, &event);
                self.lines[who].hear(event, now);
            }
        }
    }

    fn ask(&mut self, who: usize) {
        self.hear();
        if !self.lines[who].asked {
            self.world.ask(who);
            self.hear();
        }
    }

    /// Whoever is told that the conversation is over, and wants it, asks again. That takes a person:
    /// the peer may have put an old copy in the place of a profile in which it was ended, and does
    /// not know.
    fn begin_anew(&mut self, who: usize) {
        self.hear();
        if self.lines[who].ended {
            self.remove(who);
        }
        self.ask(who);
    }

    fn ask_both(&mut self) {
        (0..2).for_each(|who| self.ask(who));
    }

    fn restore(&mut self, who: usize) {
        let Some(copy) = self.copies[who].clone() else { return };
        self.give_up(who, copy);
        self.world.restore(who);
    }

    fn remove(&mut self, who: usize) {
        self.hear();
        if self.lines[who].asked {
            self.past.removed[who] = true;
            let emptied = self.lines[who].emptied();
            self.give_up(who, emptied);
            let contact = self.world.people[1 - who].id;
            self.world.input(who, one(Command::Remove { contact }));
        }
    }

    fn retry(&mut self, who: usize) {
        let contact = self.world.people[1 - who].id;
        for message in self.history(who) {
            if matches!(message.state, MessageState::Failed { .. }) {
                self.world.input(who, one(Command::Retry { contact, message: message.id }));
            }
        }
    }

    /// Goes over to another line: from here on the profile remembers that one only.
    fn give_up(&mut self, who: usize, line: Line) {
        let history = self.history(who);
        self.given_up[who].extend(received(&history).map(|message| message.id));
        let unshown = self.unshown_by(who);
        self.unshown[who].extend(unshown);
        self.hear();
        self.past.gave_up_at = self.world.now;
        let line = std::mem::replace(&mut self.lines[who], line);
        self.given_up[who].extend(line.shown.into_keys().chain(line.deleted));
    }

    /// The texts that a person has on disk and was not shown: what waits for one before it, and of
    /// what parts are there.
    fn unshown_by(&self, who: usize) -> Vec<MessageId> {
        let disk = self.world.disk(who);
        let waits = |kind: Kind| matches!(kind, Kind::Held | Kind::Join);
        let waiting: Vec<_> = disk
            .into_iter()
            .filter(|((kind, _), _)| waits(*kind))
            .map(|((_, id), row)| [id, row].concat())
            .collect();
        let is_there = |id: &MessageId| waiting.iter().any(|row| has(row, &id.0));
        self.written[1 - who].keys().filter(|id| is_there(id)).copied().collect()
    }

    /// Lets everything arrive, and the answers, until nobody has more to say.
    fn deliver_all(&mut self) {
        for _ in 0..MAX_LEGS {
            (0..2).for_each(|who| self.world.connect(who));
            let connections =
                [0, 1].map(|who| core::Line::SHARED.map(|connection| (who, connection)));
            let arrived = connections
                .as_flattened()
                .iter()
                .filter(|(who, connection)| self.world.arrive(*who, *connection, usize::MAX));
            let quiet = arrived.count() == 0;
            self.hear();
            if quiet {
                return;
            }
        }
        panic!("never quiet");
    }

    fn pass(&mut self, time: u64) {
        self.world.pass(time);
        self.deliver_all();
    }

    /// Nothing more goes wrong. Says how many round trips it took until all was well.
    fn settle(&mut self) -> usize {
        self.world.relay.room = None;
        self.hear();
        self.ask_both();
        self.deliver_all();
        // What the relay lost of a request is put again when half of its time is over. Whoever has
        // begun anything does not wait for that.
        for _ in 0..RENEWED_AFTER_DAYS {
            if !self.past.requests_lost || self.world.has_begun() {
                break;
            }
            self.pass(DAY);
        }
        let rounds = (1..=ROUNDS).find(|round| {
            // Whoever hears nothing doubts its session after some hours.
            if round % ROUNDS_TO_DOUBT == 0 {
                self.pass(HOUR);
                self.pass(2 * HOUR);
            }
            self.round()
        });
        let Some(rounds) = rounds else { self.fail("no convergence") };
        // What was put off goes within the hour.
        self.pass(HOUR);
        self.stays_quiet();
        rounds
    }

    /// One round trip: each says something, it arrives, and time passes. Whether both texts and
    /// everything before them came to the other.
    fn round(&mut self) -> bool {
        let probes = [0, 1].map(|who| {
            self.begin_anew(who);
            self.say(who, 0, None, true)
        });
        self.deliver_all();
        for time in ROUND {
            self.pass(time);
        }
        let mut probes = self.lines.iter().zip(probes);
        let came = probes.all(|(line, probe)| probe.is_some_and(|id| line.delivered.contains(&id)));
        came && self.waiting().is_empty()
    }

    /// The texts that wait for something.
    fn waiting(&mut self) -> Vec<String> {
        let mut waiting = Vec::new();
        for who in 0..2 {
            for message in self.history(who) {
                let state = message.state;
                let is_over = is_delivered(state)
                    || matches!(state, MessageState::Received | MessageState::Failed { .. });
                if !is_over && !message.deleted {
                    waiting.push(message.text);
                }
            }
        }
        self.hear();
        waiting
    }

    /// One more round trip costs two texts and their receipts, in the same session: nobody asks,
    /// nobody starts over. And an hour without anything costs nothing at all.
    fn stays_quiet(&mut self) {
        let turns = self.session_of_both();
        let before = self.world.relay.puts_on.clone();
        let notices = self.lines.clone().map(|line| line.notices.len());
        if !self.round() {
            self.fail("diverged again");
        }
        // Whoever sends elsewhere than the peer hears no new key there.
        let since = self.session_of_both();
        if turns.iter().zip(since).any(|(before, since)| since <= *before) {
            self.fail("they talk in two sessions");
        }
        for (connection, puts) in self.world.relay.puts_on.clone() {
            let puts = puts - before.get(&connection).copied().unwrap_or_default();
            let most = if connection.1 == core::Line::RENDEZVOUS { 0 } else { MOST_PUTS };
            if puts > most {
                self.fail(&format!("{puts} envelopes by {connection:?} in a quiet round"));
            }
        }
        assert_eq!(self.lines.clone().map(|line| line.notices.len()), notices, "not settled");
        let until = self.world.now + HOUR;
        let mut ticks = 0;
        while self.world.now < until {
            let sleep = (0..2).map(|who| {
                let wake = self.world.people[who].core.as_ref().unwrap().next_wake();
                wake - self.world.clock(who)
            });
            let sleep = sleep.min().unwrap();
            self.pass(sleep);
            ticks += 1;
        }
        assert!(ticks <= MOST_TICKS, "woken {ticks} times in a quiet hour");
    }

    /// Both send in one session: one of them began it, and each has made and taken in as many keys as
    /// that means. How many keys of the other each has taken in.
    fn session_of_both(&mut self) -> [u64; 2] {
        let sessions = [0, 1].map(|who| self.world.details(who).session);
        let [Some(own), Some(theirs)] = &sessions else { self.fail("no session") };
        let turns = [own, theirs].map(|session| session.turns);
        let [a, b] = &turns;
        // The newest key of whoever spoke last is with both, and the next one is made.
        let ahead = a.own.abs_diff(b.theirs) + b.own.abs_diff(a.theirs);
        if own.role == theirs.role || ahead > 1 {
            self.fail(&format!("not one session: {own:?}, {theirs:?}"));
        }
        turns.map(|turns| turns.theirs)
    }

    fn fail(&mut self, why: &str) -> ! {
        let waiting = self.waiting();
        panic!("{why}\nwaiting: {waiting:?}\n{:?}\n{:?}", self.lines, self.past);
    }
}

fn has(row: &[u8], name: &[u8]) -> bool {
    row.windows(name.len()).any(|window| window == name)
}

/// How many round trips it may take from any state until both talk.
const ROUNDS: usize = 10;
/// In each of so many, hours pass.
const ROUNDS_TO_DOUBT: usize = 3;
/// What passes in one of them: receipts go, gaps are filled, patience ends, repairs are allowed.
const ROUND: [u64; 4] = [15 * SECOND, 75 * SECOND, 4 * MINUTE, 11 * MINUTE];
/// Half of 21 days, and one more.
const RENEWED_AFTER_DAYS: usize = 12;
/// Exchanges without a pause: some for the start of sessions, the rest for outboxes.
const MAX_LEGS: usize = 60;
/// A text, and receipts that went before it was written.
const MOST_PUTS: usize = 3;
/// Each side may look every ten minutes what there is to do.
const MOST_TICKS: usize = 2 * 8;
