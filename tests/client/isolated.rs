//! Connections of their own: what the relay sees on each of them when everything goes through a proxy.

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
use bauta::net::client::event::ContactState;
use bauta::net::client::event::Message;
use bauta::net::client::event::MessageState;
use rand::rngs::StdRng;
use tempfile::TempDir;

use super::world::*;

/// Three people whose connections are isolated, and what the relay saw on each.
struct Crowd {
    _folder: TempDir,
    relay: Relay,
    now: u64,
    people: Vec<Somebody>,
    /// The mailboxes that were named on a connection, by whoever made it.
    seen: BTreeMap<(usize, Line), BTreeSet<Address>>,
    /// Connections that do not come about.
    cut: BTreeSet<(usize, Line)>,
}

struct Somebody {
    core: Core<StdRng>,
    id: Id,
    up: BTreeSet<Line>,
    told: Vec<Event>,
}

impl Crowd {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let people = ["a", "b", "c"].map(|name| {
            let (mut core, told) = open(&folder.path().join(name), START, 1);
            core.isolate();
            let id = core.own_id();
            let mut somebody = Somebody { core, id, up: BTreeSet::new(), told: Vec::new() };
            somebody.hear(told);
            somebody
        });
        let (seen, cut) = (BTreeMap::new(), BTreeSet::new());
        let relay = Relay::default();
        let people = people.into_iter().collect();
        Self { _folder: folder, relay, now: START, people, seen, cut }
    }

    fn input(&mut self, who: usize, input: Input) {
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

    /// Does what a driver does: the connections that are wanted come about, others end.
    fn adapt(&mut self, who: usize) {
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
    fn settle(&mut self) {
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

    fn ask(&mut self, who: usize, whom: usize) {
        let contact = self.people[whom].id.to_string();
        self.input(who, one(Command::Add { contact, nickname: None }));
    }

    fn say(&mut self, who: usize, whom: usize, text: &str) {
        let (contact, text) = (self.people[whom].id, text.to_owned());
        self.input(who, one(Command::Send { contact, text, reply_to: None }));
    }

    fn hears(&self, who: usize, from: usize) -> Vec<&str> {
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
    fn line(&self, who: usize, role: Role, nth: usize) -> Line {
        let lines = self.people[who].core.lines().into_iter();
        lines.filter(|line| line.role == role).nth(nth).unwrap()
    }

    /// No mailbox was named on two connections of anybody, and none was named on one that has
    /// nothing to do with anybody.
    fn check(&self) {
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

/// The first talks with both others.
fn talking() -> Crowd {
    let mut crowd = Crowd::new();
    crowd.settle();
    for (who, whom) in [(0, 1), (1, 0), (0, 2), (2, 0)] {
        crowd.ask(who, whom);
    }
    crowd.settle();
    crowd.say(0, 1, "to b");
    crowd.say(0, 2, "to c");
    crowd.say(1, 0, "from b");
    crowd.say(2, 0, "from c");
    crowd.settle();
    assert_eq!((crowd.hears(1, 0), crowd.hears(2, 0)), (vec!["to b"], vec!["to c"]));
    assert_eq!((crowd.hears(0, 1), crowd.hears(0, 2)), (vec!["from b"], vec!["from c"]));
    crowd
}

#[test]
fn before_there_is_a_contact_one_connection_says_nothing() {
    let mut crowd = Crowd::new();
    assert_eq!(crowd.people[0].core.lines(), BTreeSet::from([Line::DISCOVERY]));
    crowd.settle();
    assert_eq!(crowd.people[0].up, BTreeSet::from([Line::DISCOVERY]));
    assert!(crowd.seen.values().all(BTreeSet::is_empty));
    // Who was named before the network was known is asked when it is.
    assert!(crowd.people[0].told.iter().any(|event| matches!(event, Event::Network { .. })));
}

#[test]
fn no_connection_shows_two_contacts_or_both_roles() {
    let crowd = talking();
    // Requests and messages, of two contacts and of one.
    assert_eq!([0, 1, 2].map(|who| crowd.people[who].up.len()), [4, 2, 2]);
    assert!(crowd.people[0].up.iter().all(|line| matches!(line.party, Party::Contact(_))));
    crowd.check();
    // Whoever writes shows the mailbox that is read elsewhere: what belongs to b is b's, all of it.
    let of = |who: usize| -> BTreeSet<Address> {
        crowd.seen.iter().filter(|((w, _), _)| *w == who).flat_map(|(_, m)| m.clone()).collect()
    };
    let (b, c) = (of(1), of(2));
    for ((who, line), mailboxes) in &crowd.seen {
        let both = !mailboxes.is_disjoint(&b) && !mailboxes.is_disjoint(&c);
        assert!(*who != 0 || !both, "{line:?}");
    }
}

#[test]
fn a_request_that_waits_has_one_connection() {
    let mut crowd = Crowd::new();
    crowd.settle();
    crowd.ask(0, 1);
    crowd.settle();
    let up = &crowd.people[0].up;
    assert!(up.len() == 1 && up.iter().all(|line| line.role == Role::Rendezvous), "{up:?}");
    crowd.check();
}

#[test]
fn a_connection_that_is_down_stops_nobody_else() {
    let mut crowd = talking();
    let cut = crowd.line(0, Role::Conversations, 0);
    crowd.cut.insert((0, cut));
    crowd.settle();
    for (who, whom, text) in [(0, 1, "late"), (0, 2, "in time"), (2, 0, "too"), (1, 0, "waits")] {
        crowd.say(who, whom, text);
    }
    crowd.settle();
    assert_eq!(crowd.hears(2, 0), ["to c", "in time"]);
    assert_eq!(crowd.hears(0, 2), ["from c", "too"]);
    assert_eq!((crowd.hears(1, 0), crowd.hears(0, 1)), (vec!["to b"], vec!["from b"]));
    crowd.cut.clear();
    crowd.settle();
    assert_eq!(crowd.hears(1, 0), ["to b", "late"]);
    assert_eq!(crowd.hears(0, 1), ["from b", "waits"]);
    crowd.check();
}

#[test]
fn what_takes_a_request_back_goes_by_itself_and_ends() {
    let mut crowd = talking();
    let before = crowd.people[0].up.clone();
    let contact = crowd.people[1].id;
    crowd.input(0, one(Command::Remove { contact }));
    let farewells = |lines: BTreeSet<Line>| {
        lines.iter().filter(|line| matches!(line.party, Party::Farewell(_))).count()
    };
    assert_eq!(farewells(crowd.people[0].core.lines()), 1);
    assert!(!crowd.people[0].core.is_idle(), "something is still to be said");
    crowd.settle();
    assert_eq!(farewells(crowd.people[0].core.lines()), 0);
    // The connections of the contact are gone, the other's are the same.
    assert!(crowd.people[0].up.is_subset(&before) && crowd.people[0].up.len() == 2);
    let ended = crowd.people[1].told.iter().rev().find_map(|event| match event {
        Event::Contact(contact) => Some(contact.state),
        _ => None,
    });
    assert_eq!(ended, Some(ContactState::Ended));
    let farewell = crowd.seen.keys().find(|(_, line)| matches!(line.party, Party::Farewell(_)));
    assert!(farewell.is_some());
    crowd.check();
    crowd.say(0, 2, "still here");
    crowd.settle();
    assert_eq!(crowd.hears(2, 0), ["to c", "still here"]);
}
