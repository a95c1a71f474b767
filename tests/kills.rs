//! kill -9 of two clients and their relay, at random moments, while both write as fast as they are
//! taken: nothing is lost, nothing is shown twice, and the order is kept. The real programs.
//!
//! `BAUTA_KILLS=10000 cargo test --test kills` sends that many messages each way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod processes;

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::thread;
use std::time::Duration;

use processes::Person;
use processes::Relay;
use processes::now;
use processes::text;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use serde_json::json;
use tempfile::tempdir;

/// Messages each way, unless it is said otherwise.
const MESSAGES: usize = 150;
/// One kill for so many messages, both ways counted.
const MESSAGES_PER_KILL: usize = 10;
/// Texts that were said and not yet echoed.
const AHEAD: usize = 12;
/// The longest pause between a message and the kill that it draws, in milliseconds.
const LATEST: u64 = 60;

/// One of the two, through all lives of the client.
struct Side {
    person: Person,
    name: &'static str,
    peer: String,
    place: String,
    /// What was told to the client of this life.
    told: usize,
    /// What it has accepted for certain: it was echoed, or found in the history.
    accepted: usize,
    /// The names and the texts of everything that was ever shown as received.
    shown: Vec<(String, String)>,
    lives: usize,
}

impl Side {
    fn new(person: Person, name: &'static str, peer: &str, place: &str) -> Self {
        Self {
            person,
            name,
            peer: peer.to_owned(),
            place: place.to_owned(),
            told: 0,
            accepted: 0,
            shown: Vec::new(),
            lives: 1,
        }
    }

    /// Says what there is room for.
    fn speak(&mut self, all: usize) {
        while self.told < all && self.told < self.accepted + AHEAD {
            let text = format!("{} {}", self.name, self.told);
            self.person.send(&self.peer, &text);
            self.told += 1;
        }
    }

    /// Takes in what the client says, for a moment. How many messages were among it.
    fn listen(&mut self) -> usize {
        let before = self.accepted + self.shown.len();
        while let Some(event) = self.person.next_within(Duration::from_millis(1)) {
            self.note(&event);
        }
        self.accepted + self.shown.len() - before
    }

    fn note(&mut self, event: &Value) {
        match event["event"].as_str().unwrap() {
            "message" if event["state"] == "received" => {
                self.shown.push((text(&event["message"]), text(&event["text"])));
            }
            "message" => {
                assert_eq!(event["text"], format!("{} {}", self.name, self.accepted));
                self.accepted += 1;
            }
            "error" | "refused" | "closed" | "removed" => panic!("{}: {event}", self.name),
            "notice" => assert_eq!(event["notice"], "clock", "{}: {event}", self.name),
            _ => {}
        }
    }

    /// kill -9, perhaps once more while it starts, and another life.
    fn killed(self, rng: &mut StdRng) -> Self {
        let (profile, read) = (self.person.profile.clone(), self.person.said.len());
        let mut lives = self.lives + 1;
        let mut said = self.person.kill().split_off(read);
        if rng.random_ratio(1, 4) {
            let life = Duration::from_millis(rng.random_range(0..LATEST));
            said.extend(Person::brief(&profile, &self.place, life));
            lives += 1;
        }
        let person = Person::start(&profile, &self.place);
        let mut side = Self { person, lives, ..self };
        // What was said and not yet read; an echo may be among it.
        said.iter().for_each(|event| side.note(event));
        side.finds_its_place();
        side
    }

    /// What a new life starts with: a text that was told without an echo may have been taken or not.
    fn finds_its_place(&mut self) {
        let newest = self.person.page(&self.peer, None, 1_000).0;
        if let Some(last) = newest.iter().rfind(|message| message["state"] != "received") {
            let last = text(&last["text"]);
            let number: usize = last.rsplit(' ').next().unwrap().parse().unwrap();
            assert!(number + 1 >= self.accepted, "{}: {last} is the last", self.name);
            self.accepted = number + 1;
        }
        self.told = self.accepted;
    }
}

impl Person {
    /// One page of the history, and whether there is more before it.
    fn page(&mut self, with: &str, before: Option<&Value>, limit: usize) -> (Vec<Value>, bool) {
        let before = before.map(|message| message["message"].clone());
        self.tell(
            &json!({"command": "history", "contact": with, "before": before, "limit": limit}),
        );
        let answer = self.expect("history", |_| true);
        (answer["messages"].as_array().unwrap().clone(), answer["more"] == true)
    }

    /// All of it, the oldest first.
    fn whole_history(&mut self, with: &str) -> Vec<Value> {
        let (mut all, mut more) = self.page(with, None, 1_000);
        while more {
            let (mut page, has_more) = self.page(with, all.first(), 1_000);
            page.append(&mut all);
            (all, more) = (page, has_more);
        }
        all
    }
}

fn introduce(folder: &Path, relay: &Relay) -> [Side; 2] {
    let mut a = Person::online(&folder.join("a"), &relay.address, &[]);
    let mut b = Person::online(&folder.join("b"), &relay.address, &[]);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    a.add(&b_id);
    b.add(&a_id);
    a.matched(&b_id);
    b.matched(&a_id);
    [Side::new(a, "a", &b_id, &relay.address), Side::new(b, "b", &a_id, &relay.address)]
}

/// When nothing is killed any more: until everything has come through, and both know it.
fn settle(sides: &mut [Side; 2], messages: usize) {
    let deadline = now() + Duration::from_secs(240);
    let mut histories: [Vec<Value>; 2] = Default::default();
    for side in 0..2 {
        loop {
            for side in sides.iter_mut() {
                side.listen();
            }
            let peer = sides[side].peer.clone();
            histories[side] = sides[side].person.whole_history(&peer);
            let of = |state: &str| histories[side].iter().filter(|m| m["state"] == state).count();
            let (received, delivered) = (of("received"), of("delivered"));
            if received >= messages && delivered >= messages {
                break;
            }
            assert!(now() < deadline, "{side}: {received} received, {delivered} delivered");
            sides[side].person.next_within(Duration::from_millis(500)).iter().for_each(|event| {
                sides[side].note(event);
            });
        }
    }
}

/// 0 lost, 0 twice, in order: in the history, and on the screen.
fn check(side: &mut Side, messages: usize) {
    let (own, theirs) = (side.name, if side.name == "a" { "b" } else { "a" });
    let all = |name: &str| (0..messages).map(|n| format!("{name} {n}")).collect::<Vec<_>>();
    let history = side.person.whole_history(&side.peer.clone());
    let of = |received: bool| {
        let is_it = |m: &&Value| (m["state"] == "received") == received;
        history.iter().filter(is_it).map(|m| text(&m["text"])).collect::<Vec<_>>()
    };
    assert_eq!(of(true), all(theirs), "received by {own}");
    assert_eq!(of(false), all(own), "written by {own}");
    let names: BTreeSet<_> = side.shown.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), side.shown.len(), "shown twice to {own}");
    let number = |text: &str| text.rsplit(' ').next().unwrap().parse::<usize>().unwrap();
    assert!(side.shown.is_sorted_by_key(|(_, text)| number(text)), "out of order for {own}");
}

#[test]
fn whatever_is_killed_whenever_nothing_is_lost_doubled_or_out_of_order() {
    let messages = env::var("BAUTA_KILLS").map_or(MESSAGES, |n| n.parse().unwrap());
    let seed = rand::random();
    eprintln!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let folder = tempdir().unwrap();
    let mut relay = Relay::new(&folder.path().join("relay"));
    let mut sides = introduce(folder.path(), &relay);
    let (began, mut kills) = (now(), [0_usize; 3]);
    let mut until_kill = rng.random_range(0..=MESSAGES_PER_KILL);
    while sides.iter().any(|side| side.accepted < messages) {
        sides.iter_mut().for_each(|side| side.speak(messages));
        let heard: usize = sides.iter_mut().map(Side::listen).sum();
        // Each message counts twice: when it is taken, and when it is shown.
        until_kill = until_kill.saturating_sub(heard.div_ceil(2));
        if until_kill > 0 {
            continue;
        }
        until_kill = rng.random_range(1..2 * MESSAGES_PER_KILL);
        thread::sleep(Duration::from_millis(rng.random_range(0..LATEST)));
        let victim = rng.random_range(0..3);
        kills[victim] += 1;
        if victim == 2 {
            relay = relay.crash_and_restart();
        } else {
            sides = victim_of(sides, victim, &mut rng);
        }
        // Nobody waits for the pause that grows with each failure.
        sides.iter_mut().for_each(|side| side.person.tell(&json!({"command": "reconnect"})));
    }
    let flowed = began.elapsed();
    settle(&mut sides, messages);
    sides.iter_mut().for_each(|side| check(side, messages));
    eprintln!(
        "{messages} messages each way; killed: a {}, b {}, the relay {}; lives: a {}, b {}; \
         {flowed:.1?} of kills, {:.1?} in all",
        kills[0],
        kills[1],
        kills[2],
        sides[0].lives,
        sides[1].lives,
        began.elapsed()
    );
    // As many as there are on average, less what chance and a burst of messages take.
    assert!(kills.iter().sum::<usize>() >= messages / MESSAGES_PER_KILL / 2, "{kills:?}");
    for side in sides {
        side.person.quit();
    }
    relay.stop();
}

fn victim_of([a, b]: [Side; 2], victim: usize, rng: &mut StdRng) -> [Side; 2] {
    if victim == 0 { [a.killed(rng), b] } else { [a, b.killed(rng)] }
}
