//! Three people and a relay, and what the relay sees on each connection.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use bauta::id::Id;
use bauta::net::cell::Address;
use bauta::net::cell::ClientFrame;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::core::Core;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::core::Output;
use bauta::net::client::core::Party;
use bauta::net::client::core::Role;
use bauta::net::client::event::Message;
use bauta::net::client::event::MessageState;
use rand::rngs::StdRng;
use tempfile::TempDir;

use super::world::*;

/// Three people, and what the relay saw on each of their connections.
pub struct Crowd {
    folder: TempDir,
    pub relay: Relay,
    pub now: u64,
    pub people: Vec<Somebody>,
    /// The mailboxes that were named on a connection, by whoever made it.
    pub seen: BTreeMap<(usize, Line), BTreeSet<Address>>,
    /// Connections that do not come about.
    pub cut: BTreeSet<(usize, Line)>,
}

pub struct Somebody {
    pub core: Core<StdRng>,
    pub id: Id,
    pub up: BTreeSet<Line>,
    pub told: Vec<Event>,
}

impl Crowd {
    /// Whose connections are isolated.
    pub fn new() -> Self {
        Self::of(|core| core.isolate())
    }

    /// Each of whom has two connections for everybody.
    pub fn shared() -> Self {
        Self::of(|_| {})
    }

    fn of(begin: impl Fn(&mut Core<StdRng>)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let people = ["a", "b", "c"].map(|name| {
            let (mut core, told) = open(&folder.path().join(name), START, 1);
            begin(&mut core);
            let id = core.own_id();
            let mut somebody = Somebody { core, id, up: BTreeSet::new(), told: Vec::new() };
            somebody.hear(told);
            somebody
        });
        let (seen, cut) = (BTreeMap::new(), BTreeSet::new());
        let relay = Relay::default();
        let people = people.into_iter().collect();
        Self { folder, relay, now: START, people, seen, cut }
    }

    pub fn input(&mut self, who: usize, input: Input) {
        let output = self.people[who].core.handle(input, self.now).unwrap();
        for (line, frame) in self.people[who].hear(output) {
            let seen = self.seen.entry((who, line)).or_default();
            match &frame {
                ClientFrame::Put { address, .. } => seen.extend([*address]),
                ClientFrame::Ack { capability, .. } | ClientFrame::Cancel { capability, .. } => {
                    seen.extend([capability.address()]);
                }
                ClientFrame::Subscribe { capabilities }
                | ClientFrame::Unsubscribe { capabilities } => {
                    seen.extend(capabilities.iter().map(|capability| capability.address()));
                }
                _ => {}
            }
            self.relay.take(who, line, frame, self.now);
        }
    }

    /// The first talks with both others.
    pub fn talk(&mut self) {
        self.settle();
        for (who, whom) in [(0, 1), (1, 0), (0, 2), (2, 0)] {
            self.ask(who, whom);
        }
        self.settle();
        for (who, whom, text) in
            [(0, 1, "to b"), (0, 2, "to c"), (1, 0, "from b"), (2, 0, "from c")]
        {
            self.say(who, whom, text);
        }
        self.settle();
        assert_eq!((self.hears(1, 0), self.hears(2, 0)), (vec!["to b"], vec!["to c"]));
        assert_eq!((self.hears(0, 1), self.hears(0, 2)), (vec!["from b"], vec!["from c"]));
    }

    /// The mailboxes that somebody reads on a connection, and somebody else has named.
    pub fn mailboxes(&self, who: usize, of: usize, line: Line) -> BTreeSet<Address> {
        let read = self.relay.subscribed.get(&(who, line));
        let named = self.seen.iter().filter(|((other, _), _)| *other == of);
        let named: BTreeSet<_> = named.flat_map(|(_, mailboxes)| mailboxes).collect();
        read.into_iter().flatten().filter(|address| named.contains(address)).copied().collect()
    }

    /// What is on somebody's disk, opened.
    pub fn disk(&self, who: usize) -> Disk {
        let name = ["a", "b", "c"][who];
        disk_of(&self.folder.path().join(name), &self.folder.path().join(format!("look at {name}")))
    }

    /// Does what a driver does: the connections that are wanted come about, others end.
    pub fn adapt(&mut self, who: usize) {
        let wanted = self.people[who].core.lines();
        let gone = self.people[who]
            .up
            .iter()
            .filter(|line| !wanted.contains(line) || self.cut.contains(&(who, **line)));
        for line in gone.copied().collect::<Vec<_>>() {
            self.people[who].up.remove(&line);
            self.relay.hang_up(who, line);
            self.input(who, Input::Down(line));
        }
        for line in wanted {
            if !self.cut.contains(&(who, line)) && self.people[who].up.insert(line) {
                let (_, verified, welcome) = relay_keys();
                self.input(who, Input::Up(line, Box::new(verified), Box::new(welcome)));
            }
        }
    }

    /// Everything arrives, for a while.
    pub fn settle(&mut self) {
        for _ in 0..12 {
            loop {
                let mut quiet = true;
                for who in 0..self.people.len() {
                    self.adapt(who);
                    for line in self.people[who].up.clone() {
                        let frames = self.relay.on_the_way.remove(&(who, line)).unwrap_or_default();
                        if !frames.is_empty() {
                            quiet = false;
                            self.input(who, Input::Frames(line, frames));
                        }
                    }
                }
                if quiet {
                    break;
                }
            }
            self.now += 15 * SECOND;
            (0..self.people.len()).for_each(|who| self.input(who, Input::Tick));
        }
    }

    pub fn ask(&mut self, who: usize, whom: usize) {
        let contact = self.people[whom].id.to_string();
        self.input(who, one(Command::Add { contact, nickname: None }));
    }

    pub fn say(&mut self, who: usize, whom: usize, text: &str) {
        let (contact, text) = (self.people[whom].id, text.to_owned());
        self.input(who, one(Command::Send { contact, text, reply_to: None }));
    }

    pub fn hears(&self, who: usize, from: usize) -> Vec<&str> {
        let from = self.people[from].id;
        let texts =
            self.people[who].told.iter().filter_map(|event| match event {
                Event::Message(Message {
                    contact, text, state: MessageState::Received, ..
                }) if *contact == from => Some(text.as_str()),
                _ => None,
            });
        texts.collect()
    }

    /// Somebody's connection of a role to a contact, in the order of adding.
    pub fn line(&self, who: usize, role: Role, nth: usize) -> Line {
        let lines = self.people[who].core.lines().into_iter();
        lines.filter(|line| line.role == role).nth(nth).unwrap()
    }

    /// No mailbox was named on two connections of anybody, and none was named on one that has
    /// nothing to do with anybody.
    pub fn check(&self) {
        for ((who, line), mailboxes) in &self.seen {
            assert!(line.party != Party::All, "{line:?}");
            assert!(line.party != Party::Nobody || mailboxes.is_empty(), "{line:?}");
            for ((other, another), others) in &self.seen {
                // What takes a request back names the mailboxes of that request.
                let farewell =
                    [line, another].iter().any(|l| matches!(l.party, Party::Farewell(_)));
                if who == other && line != another && !farewell {
                    assert!(mailboxes.is_disjoint(others), "{line:?} and {another:?}");
                }
            }
        }
    }
}

impl Somebody {
    fn hear(&mut self, output: Vec<Output>) -> Vec<(Line, ClientFrame)> {
        let mut frames = Vec::new();
        for output in output {
            match output {
                Output::Event(event) => self.told.push(event),
                Output::Send(line, frame) => {
                    assert!(self.up.contains(&line), "sent on {line:?}, which is down");
                    frames.push((line, frame));
                }
                _ => {}
            }
        }
        frames
    }
}
