//! What is stored is handed to whoever waits for it, once and in order, however the store's answers
//! and its reader's overtake each other.

use std::collections::VecDeque;

use bauta::net::cell::RelayFrame;
use bauta::net::server::WINDOW;
use bauta::net::server::relay::Answer;
use bauta::net::server::relay::ConnectionId;
use bauta::net::server::relay::Fetch;
use bauta::net::server::store::Change;
use bauta::net::server::store::Fetched;
use proptest::prelude::*;

use super::ack;
use super::delivered;
use super::numbers;
use super::put;
use super::subscribe;
use super::world::World;

#[test]
fn what_a_reader_waits_for_comes_with_its_commit_and_without_a_fetch() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    assert!(world.ask(bob, subscribe([1])).is_empty());
    for number in 0..3 {
        world.receive(alice, put(1, number));
        let asked = world.relay.effects().changes;
        let answers = world.commit(asked);
        assert!(world.relay.next(bob).frames.is_empty(), "it is not durable as far as is known");
        world.relay.committed(answers, world.store.usage());
        assert!(world.relay.effects().fetches.is_empty());
        assert_eq!(numbers(&world.relay.next(bob).frames), [number]);
    }
    assert_eq!(world.relay.counters().delivered, 3);
}

#[test]
fn what_a_fetch_has_seen_before_its_commit_was_heard_of_comes_once() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    world.receive(bob, subscribe([1]));
    let fetch = world.relay.effects().fetches[0];
    world.receive(alice, put(1, 0));
    let asked = world.relay.effects().changes;
    let answers = world.commit(asked);
    let fetched = world.reader.fetch(&fetch.address, fetch.after, fetch.max).unwrap();
    world.relay.fetched(&fetch, Ok(fetched));
    world.relay.committed(answers, world.store.usage());
    assert_eq!(numbers(&world.take(bob)), [0]);
    world.ask(alice, put(1, 1));
    assert_eq!(numbers(&world.take(bob)), [1]);
}

#[test]
fn who_takes_nothing_is_handed_a_few_and_fetches_the_others_later() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    assert!(world.ask(bob, subscribe([1])).is_empty());
    for number in 0..40 {
        world.ask(alice, put(1, number));
    }
    let first = world.relay.next(bob).frames;
    assert_eq!(numbers(&first), (0..16).collect::<Vec<_>>());
    assert_eq!(numbers(&world.take(bob)), (16..40).collect::<Vec<_>>());
}

#[test]
fn a_full_window_is_handed_nothing_until_it_is_acknowledged() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    assert!(world.ask(bob, subscribe([1])).is_empty());
    let window = u32::try_from(WINDOW).unwrap();
    let mut came = Vec::new();
    for number in 0..window + 2 {
        world.ask(alice, put(1, number));
        came.extend(world.take(bob));
    }
    assert_eq!(numbers(&came), (0..window).collect::<Vec<_>>());
    world.receive(bob, ack(1, delivered(&came[0]).0));
    assert_eq!(numbers(&world.take(bob)), [window]);
}

/// What happens next in a story.
#[derive(Debug, Clone, Copy)]
enum Step {
    Put(u8),
    /// The store commits what it was asked for.
    Commit,
    /// The relay hears of the oldest commit that it has not heard of.
    Committed,
    /// The store's reader looks for the oldest fetch.
    Fetch,
    /// The relay hears what the oldest look has found.
    Fetched,
    /// The reader takes what is there, and acknowledges the last of a mailbox.
    Take,
    /// The reader subscribes once more: what it has not acknowledged comes again.
    Subscribe(u8),
}

const MAILBOXES: u8 = 2;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..MAILBOXES).prop_map(Step::Put),
        3 => Just(Step::Commit),
        3 => Just(Step::Committed),
        2 => Just(Step::Fetch),
        2 => Just(Step::Fetched),
        2 => Just(Step::Take),
        1 => (0..MAILBOXES).prop_map(Step::Subscribe),
    ]
}

/// A world whose threads go on one step at a time.
struct Story {
    world: World,
    writer: ConnectionId,
    reader: ConnectionId,
    written: u32,
    changes: Vec<(ConnectionId, Change)>,
    commits: VecDeque<Vec<Answer>>,
    fetches: VecDeque<Fetch>,
    looks: VecDeque<(Fetch, Fetched)>,
    mailboxes: [Mailbox; 2],
}

#[derive(Default)]
struct Mailbox {
    written: Vec<u32>,
    came: Vec<u32>,
    /// How many of these had come before the last Subscribe.
    acknowledged: usize,
}

impl Story {
    fn new() -> Self {
        let mut world = World::new();
        let (writer, reader) = (world.connect(), world.connect());
        world.receive(reader, subscribe(0..MAILBOXES));
        Self {
            world,
            writer,
            reader,
            written: 0,
            changes: Vec::new(),
            commits: VecDeque::new(),
            fetches: VecDeque::new(),
            looks: VecDeque::new(),
            mailboxes: Default::default(),
        }
    }

    fn play(&mut self, step: Step) {
        match step {
            Step::Put(mailbox) => {
                self.world.receive(self.writer, put(mailbox, self.written));
                self.mailboxes[usize::from(mailbox)].written.push(self.written);
                self.written += 1;
            }
            Step::Commit => {
                let asked = std::mem::take(&mut self.changes);
                if !asked.is_empty() {
                    let answers = self.world.commit(asked);
                    self.commits.push_back(answers);
                }
            }
            Step::Committed => {
                if let Some(answers) = self.commits.pop_front() {
                    self.world.relay.committed(answers, self.world.store.usage());
                }
            }
            Step::Fetch => {
                if let Some(fetch) = self.fetches.pop_front() {
                    let found = self.world.reader.fetch(&fetch.address, fetch.after, fetch.max);
                    self.looks.push_back((fetch, found.unwrap()));
                }
            }
            Step::Fetched => {
                if let Some((fetch, found)) = self.looks.pop_front() {
                    self.world.relay.fetched(&fetch, Ok(found));
                }
            }
            Step::Take => self.take(),
            Step::Subscribe(mailbox) => {
                self.take();
                let Mailbox { came, acknowledged, .. } = &mut self.mailboxes[usize::from(mailbox)];
                *acknowledged = came.len();
                self.world.receive(self.reader, subscribe([mailbox]));
            }
        }
        let effects = self.world.relay.effects();
        self.changes.extend(effects.changes);
        self.fetches.extend(effects.fetches);
    }

    /// Takes everything, holds it against what was written, and acknowledges it.
    fn take(&mut self) {
        let mut last = [None; 2];
        loop {
            let frames = self.world.relay.next(self.reader).frames;
            if frames.is_empty() {
                break;
            }
            for frame in &frames {
                let RelayFrame::Deliver { address, .. } = frame else { panic!("{frame:?}") };
                let mailbox =
                    (0..MAILBOXES).find(|&m| super::capability(m).address() == *address).unwrap();
                let (seq, number) = delivered(frame);
                let at = usize::from(mailbox);
                last[at] = Some(seq);
                let Mailbox { written, came, acknowledged } = &mut self.mailboxes[at];
                match came.contains(&number) {
                    // Its Ack was on its way when the mailbox was subscribed to again.
                    true => {
                        assert!(came[..*acknowledged].contains(&number), "{number} comes twice")
                    }
                    false => {
                        assert_eq!(written.get(came.len()), Some(&number), "out of order");
                        came.push(number);
                    }
                }
            }
        }
        for (mailbox, seq) in (0..MAILBOXES).zip(last) {
            if let Some(seq) = seq {
                self.world.receive(self.reader, ack(mailbox, seq));
            }
        }
    }

    fn settle(&mut self) {
        let mut still = 0;
        while still < 3 {
            let before = self.world.relay.counters();
            for step in [Step::Commit, Step::Committed, Step::Fetch, Step::Fetched, Step::Take] {
                self.play(step);
            }
            let is_still = before == self.world.relay.counters()
                && self.changes.is_empty()
                && self.commits.is_empty()
                && self.fetches.is_empty()
                && self.looks.is_empty();
            still = if is_still { still + 1 } else { 0 };
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn everything_comes_once_and_in_order_whatever_overtakes_what(
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let mut story = Story::new();
        for step in steps {
            story.play(step);
        }
        story.settle();
        for Mailbox { written, came, .. } in &story.mailboxes {
            prop_assert_eq!(came, written);
        }
        prop_assert!(story.world.reader.contents().unwrap().is_empty());
    }
}
