//! Two headless clients and a relay, without sockets and with a clock of their own: everything that
//! can go wrong between them, in any order. The cryptography and the profiles are the real ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use bauta::crypto::password::Cost;
use bauta::crypto::sign::Curve;
use bauta::crypto::sign::SigningKey;
use bauta::handshake::SigningKeys;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::id::Address as RelayAddress;
use bauta::id::Id;
use bauta::net::cell::Address;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::Limits;
use bauta::net::cell::Policy;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::Welcome;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::core::Core;
use bauta::net::client::core::Input;
use bauta::net::client::core::Output;
use bauta::net::client::core::Role;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Notice;
use bauta::net::client::profile::Profile;
use bauta::signal::BodyAead;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tempfile::TempDir;

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24 * HOUR;
const START: u64 = 20_000 * DAY;

/// A relay without a network: what protocol section 2 promises, and nothing else.
#[derive(Default)]
struct Relay {
    next: u64,
    mailboxes: BTreeMap<Address, Vec<Kept>>,
    /// Per connection: the mailboxes read, and what is on the way to the client.
    subscribed: BTreeMap<(usize, Role), BTreeSet<Address>>,
    on_the_way: BTreeMap<(usize, Role), Vec<RelayFrame>>,
}

struct Kept {
    seq: u64,
    id: EnvelopeId,
    envelope: Envelope,
}

impl Relay {
    fn take(&mut self, who: usize, role: Role, frame: ClientFrame, now: u64) {
        let expires = now / 1000 + 21 * 24 * 3600;
        match frame {
            ClientFrame::Hello { .. } | ClientFrame::Ping => {}
            ClientFrame::Put { id, address, envelope } => {
                self.keep(id, address, envelope);
                self.answer(who, role, RelayFrame::Stored { id, expires });
            }
            ClientFrame::Subscribe { capabilities } => {
                for capability in capabilities {
                    let address = capability.address();
                    self.subscribed.entry((who, role)).or_default().insert(address);
                    let kept = self.mailboxes.get(&address);
                    let frames: Vec<_> =
                        kept.into_iter().flatten().map(|k| deliver(address, k)).collect();
                    self.on_the_way.entry((who, role)).or_default().extend(frames);
                }
            }
            ClientFrame::Unsubscribe { capabilities } => {
                for capability in capabilities {
                    let subscribed = self.subscribed.entry((who, role)).or_default();
                    subscribed.remove(&capability.address());
                }
            }
            ClientFrame::Ack { capability, up_to } => {
                let mailbox = self.mailboxes.entry(capability.address()).or_default();
                mailbox.retain(|kept| kept.seq > up_to);
            }
            ClientFrame::Cancel { capability, id } => {
                let mailbox = self.mailboxes.entry(capability.address()).or_default();
                let before = mailbox.len();
                mailbox.retain(|kept| kept.id != id);
                let was = mailbox.len() < before;
                let answer =
                    if was { RelayFrame::Cancelled { id } } else { RelayFrame::Gone { id } };
                self.answer(who, role, answer);
            }
        }
    }

    fn keep(&mut self, id: EnvelopeId, address: Address, envelope: Envelope) {
        let mailbox = self.mailboxes.entry(address).or_default();
        if mailbox.iter().any(|kept| kept.id == id) {
            return;
        }
        self.next += 1;
        let kept = Kept { seq: self.next, id, envelope };
        let frame = deliver(address, &kept);
        mailbox.push(kept);
        let readers = self.subscribed.iter().filter(|(_, set)| set.contains(&address));
        for (reader, _) in readers.map(|(reader, set)| (*reader, set)).collect::<Vec<_>>() {
            self.on_the_way.entry(reader).or_default().push(frame.clone());
        }
    }

    fn answer(&mut self, who: usize, role: Role, frame: RelayFrame) {
        self.on_the_way.entry((who, role)).or_default().push(frame);
    }

    fn hang_up(&mut self, who: usize, role: Role) {
        self.subscribed.remove(&(who, role));
        self.on_the_way.remove(&(who, role));
    }
}

fn deliver(address: Address, kept: &Kept) -> RelayFrame {
    let envelope = Envelope::from_slice(kept.envelope.as_bytes()).unwrap();
    RelayFrame::Deliver { address, seq: kept.seq, expires: 0, envelope }
}

struct Person {
    folder: PathBuf,
    core: Option<Core<StdRng>>,
    id: Id,
    up: BTreeSet<Role>,
    shown: Vec<String>,
    matched: bool,
    notices: Vec<Notice>,
    delivered: BTreeSet<MessageId>,
}

struct World {
    folder: TempDir,
    now: u64,
    seed: u64,
    relay: Relay,
    verified: VerifiedKeySet,
    welcome: Welcome,
    people: [Person; 2],
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = StdRng::seed_from_u64(7);
        let network_key = SigningKey::generate(Curve::P521, &mut rng);
        let keys = SigningKeys::generate(&mut rng).unwrap();
        let signed = SignedKeySet::sign(&network_key, &KeySet::new(1, &keys)).unwrap();
        let verified = signed.verify(None).unwrap();
        let welcome = Welcome {
            versions: vec![1],
            network_key: signed.network_key().to_vec(),
            key_set: signed.key_set().to_vec(),
            signature: signed.signature().to_vec(),
            now: START / 1000,
            retention: 21 * 24 * 3600,
            limits: Limits {
                envelopes_per_mailbox: 1024,
                subscriptions: 4096,
                window: 64,
                idle: 600,
            },
            policy: Policy::default(),
        };
        let people = ["a", "b"].map(|name| {
            let folder = folder.path().join(name);
            let core = open(&folder, START, 1).0;
            let id = core.own_id();
            Person {
                folder,
                core: Some(core),
                id,
                up: BTreeSet::new(),
                shown: Vec::new(),
                matched: false,
                notices: Vec::new(),
                delivered: BTreeSet::new(),
            }
        });
        let relay = Relay::default();
        let mut world = Self { folder, now: START, seed: 1, relay, verified, welcome, people };
        world.connect(0);
        world.connect(1);
        world
    }

    fn connect(&mut self, who: usize) {
        for role in Role::ALL {
            if self.people[who].up.insert(role) {
                let verified = Box::new(self.verified.clone());
                let welcome = Welcome { now: self.now / 1000, ..self.welcome.clone() };
                self.input(who, Input::Up(role, verified, Box::new(welcome)));
            }
        }
    }

    fn disconnect(&mut self, who: usize, role: Role) {
        if self.people[who].up.remove(&role) {
            self.relay.hang_up(who, role);
            self.input(who, Input::Down(role));
        }
    }

    fn input(&mut self, who: usize, input: Input) {
        let now = self.now;
        let output = self.people[who].core.as_mut().unwrap().handle(input, now).unwrap();
        self.pass_on(who, output);
    }

    fn pass_on(&mut self, who: usize, output: Vec<Output>) {
        for output in output {
            match output {
                Output::Event(event) => self.note(who, event),
                Output::Send(role, frame) => {
                    assert!(self.people[who].up.contains(&role), "sent while offline");
                    self.relay.take(who, role, frame, self.now);
                }
                Output::Connect | Output::Quit => {}
            }
        }
    }

    fn note(&mut self, who: usize, event: Event) {
        let person = &mut self.people[who];
        match event {
            Event::Message(message) if message.state == MessageState::Received => {
                person.shown.push(message.text);
            }
            Event::Contact(contact) => person.matched |= contact.state == ContactState::Matched,
            Event::Notice(notice) => person.notices.push(notice),
            Event::Progress { message, state: MessageState::Delivered, .. } => {
                person.delivered.insert(message);
            }
            Event::Refused(refusal) => panic!("{refusal}"),
            _ => {}
        }
    }

    fn ask(&mut self, who: usize) {
        let contact = self.people[1 - who].id.to_string();
        self.input(who, Input::Command(Command::Add { contact, nickname: None }));
    }

    fn say(&mut self, who: usize, text: &str) {
        let contact = self.people[1 - who].id;
        let text = text.to_owned();
        self.input(who, Input::Command(Command::Send { contact, text }));
    }

    /// Lets at most `most` frames arrive on one connection. Whether there were any.
    fn arrive(&mut self, who: usize, role: Role, most: usize) -> bool {
        let Some(frames) = self.relay.on_the_way.get_mut(&(who, role)) else { return false };
        let rest = frames.split_off(frames.len().min(most));
        let frames = std::mem::replace(frames, rest);
        if frames.is_empty() {
            return false;
        }
        self.input(who, Input::Frames(role, frames));
        true
    }

    /// Ends a client without its noticing. What it had just been about to say is lost with it.
    fn crash(&mut self, who: usize, in_the_middle: Option<Input>) {
        let now = self.now;
        let person = &mut self.people[who];
        if let Some(input) = in_the_middle {
            // Committed, and nothing of it released.
            let _ = person.core.as_mut().unwrap().handle(input, now).unwrap();
        }
        person.core = None;
        person.up.clear();
        Role::ALL.into_iter().for_each(|role| self.relay.hang_up(who, role));
        self.reopen(who);
    }

    fn reopen(&mut self, who: usize) {
        self.seed += 1;
        let (core, output) = open(&self.people[who].folder, self.now, self.seed);
        self.people[who].core = Some(core);
        self.pass_on(who, output);
    }

    fn pass(&mut self, time: u64) {
        self.now += time;
        for who in 0..2 {
            self.input(who, Input::Tick);
        }
    }

    /// Everybody is online and everything arrives, for a while.
    fn settle(&mut self) {
        for _ in 0..10 {
            (0..2).for_each(|who| self.connect(who));
            loop {
                let arrived: Vec<bool> = [0, 1]
                    .into_iter()
                    .flat_map(|who| Role::ALL.map(|role| (who, role)))
                    .map(|(who, role)| self.arrive(who, role, usize::MAX))
                    .collect();
                if !arrived.contains(&true) {
                    break;
                }
            }
            self.pass(15 * SECOND);
        }
    }

    fn copy(&self, who: usize) {
        let copy = self.folder.path().join(format!("copy of {who}"));
        let _ = fs::remove_dir_all(&copy);
        copy_folder(&self.people[who].folder, &copy);
    }

    fn restore(&mut self, who: usize) -> bool {
        let copy = self.folder.path().join(format!("copy of {who}"));
        if !copy.exists() {
            return false;
        }
        self.people[who].core = None;
        self.people[who].up.clear();
        Role::ALL.into_iter().for_each(|role| self.relay.hang_up(who, role));
        fs::remove_dir_all(&self.people[who].folder).unwrap();
        copy_folder(&copy, &self.people[who].folder);
        self.reopen(who);
        true
    }

    /// The texts of the history, oldest first.
    fn history(&mut self, who: usize) -> Vec<(String, MessageState)> {
        let contact = self.people[1 - who].id;
        let command = Command::History { contact, before: None, limit: 1000 };
        let now = self.now;
        let core = self.people[who].core.as_mut().unwrap();
        for output in core.handle(Input::Command(command), now).unwrap() {
            if let Output::Event(Event::History { messages, .. }) = output {
                return messages.into_iter().map(|m| (m.text, m.state)).collect();
            }
        }
        Vec::new()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn open(folder: &Path, now: u64, seed: u64) -> (Core<StdRng>, Vec<Output>) {
    let name = folder.file_name().unwrap().as_encoded_bytes()[0];
    let mut rng = StdRng::seed_from_u64(seed * 1000 + u64::from(name));
    let profile = Profile::open(folder, None, Cost::LEAST, &mut rng).unwrap();
    let address: RelayAddress = "relay.example".parse().unwrap();
    Core::open(profile, address, BodyAead::Aes256Gcm, false, rng, now).unwrap()
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    Say(usize),
    Arrive(usize, Role, usize),
    Disconnect(usize, Role),
    Connect(usize),
    Crash(usize),
    /// Crash after the commit of a text, before anything of it is sent.
    CrashSaying(usize),
    Wait(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let who = || 0..2_usize;
    let role = || prop_oneof![Just(Role::Rendezvous), Just(Role::Conversations)];
    prop_oneof![
        5 => who().prop_map(Happening::Say),
        12 => (who(), role(), 1..4_usize).prop_map(|(w, r, n)| Happening::Arrive(w, r, n)),
        2 => (who(), role()).prop_map(|(w, r)| Happening::Disconnect(w, r)),
        4 => who().prop_map(Happening::Connect),
        1 => who().prop_map(Happening::Crash),
        1 => who().prop_map(Happening::CrashSaying),
        3 => prop_oneof![Just(SECOND), Just(20 * SECOND), Just(HOUR), Just(3 * DAY), Just(7 * DAY)]
            .prop_map(Happening::Wait),
    ]
}

fn happen(world: &mut World, happening: Happening, said: &mut [Vec<String>; 2]) {
    match happening {
        Happening::Say(who) => {
            let text = format!("{who}-{}", said[who].len());
            world.say(who, &text);
            said[who].push(text);
        }
        Happening::Arrive(who, role, most) => drop(world.arrive(who, role, most)),
        Happening::Disconnect(who, role) => world.disconnect(who, role),
        Happening::Connect(who) => world.connect(who),
        Happening::Crash(who) => world.crash(who, None),
        Happening::CrashSaying(who) => {
            let text = format!("{who}-{}", said[who].len());
            let contact = world.people[1 - who].id;
            let command = Command::Send { contact, text: text.clone() };
            said[who].push(text);
            world.crash(who, Some(Input::Command(command)));
        }
        Happening::Wait(time) => world.pass(time),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_written_is_in_the_history_once_and_in_order(
        first in prop::collection::vec(happening(), 0..6),
        happenings in prop::collection::vec(happening(), 0..50),
        order in any::<bool>(),
    ) {
        let mut world = World::new();
        let mut said: [Vec<String>; 2] = Default::default();
        let (early, late) = if order { (0, 1) } else { (1, 0) };
        world.ask(early);
        for happening in first {
            let late_speaks = matches!(
                happening, Happening::Say(w) | Happening::CrashSaying(w) if w == late);
            if !late_speaks {
                happen(&mut world, happening, &mut said);
            }
        }
        world.ask(late);
        for happening in happenings {
            happen(&mut world, happening, &mut said);
        }
        world.settle();
        for (who, said) in said.iter().enumerate() {
            let history = world.history(1 - who);
            let received: Vec<_> = history
                .iter()
                .filter(|(_, state)| *state == MessageState::Received)
                .map(|(text, _)| text.clone())
                .collect();
            prop_assert_eq!(&received, said, "from {}", who);
            let own = world.history(who);
            let delivered = own.iter().filter(|(_, s)| *s == MessageState::Delivered).count();
            prop_assert_eq!(delivered, said.len(), "{:?}", own);
            let shown = &world.people[1 - who].shown;
            let once: BTreeSet<_> = shown.iter().collect();
            prop_assert_eq!(once.len(), shown.len(), "shown twice");
        }
    }
}

fn talk(world: &mut World) {
    world.ask(0);
    world.ask(1);
    world.settle();
    assert!(world.people[0].matched && world.people[1].matched);
}

#[test]
fn a_side_restored_from_an_old_copy_talks_again() {
    for who in 0..2 {
        let mut world = World::new();
        talk(&mut world);
        world.say(who, "before");
        world.settle();
        world.copy(who);
        for n in 0..5 {
            world.say(who, &format!("lost {n}"));
            world.say(1 - who, &format!("answer {n}"));
            world.settle();
        }
        assert!(world.restore(who));
        for n in 0..5 {
            world.say(1 - who, &format!("after {n}"));
            world.settle();
        }
        world.pass(HOUR);
        world.settle();
        world.say(who, "I am back");
        world.say(1 - who, "good");
        world.settle();
        assert!(world.people[1 - who].shown.contains(&"I am back".to_owned()), "{who}");
        let shown = &world.people[who].shown;
        assert!(shown.contains(&"good".to_owned()), "{who}: {shown:?}");
        for n in 0..5 {
            assert!(shown.contains(&format!("after {n}")), "{who} {n}: {shown:?}");
        }
    }
}

#[test]
fn a_computer_that_was_lost_starts_anew_with_the_same_id() {
    for who in 0..2 {
        let mut world = World::new();
        world.copy(who);
        talk(&mut world);
        world.say(who, "before");
        world.settle();
        world.pass(DAY);
        assert!(world.restore(who));
        world.connect(who);
        world.ask(who);
        world.say(who, "new computer");
        world.say(1 - who, "welcome back");
        world.settle();
        assert!(world.people[1 - who].shown.contains(&"new computer".to_owned()), "{who}");
        assert!(world.people[who].shown.contains(&"welcome back".to_owned()), "{who}");
        let replaced = |notice: &&Notice| matches!(notice, Notice::SessionReplaced { .. });
        assert_eq!(world.people[1 - who].notices.iter().filter(replaced).count(), 1, "{who}");
    }
}

#[test]
fn a_request_taken_back_leaves_nothing_on_the_relay() {
    let mut world = World::new();
    world.ask(0);
    world.settle();
    let kept = |world: &World| world.relay.mailboxes.values().map(Vec::len).sum::<usize>();
    assert_eq!(kept(&world), 1);
    let contact = world.people[1].id;
    world.input(0, Input::Command(Command::Remove { contact }));
    world.settle();
    assert_eq!(kept(&world), 0);
    world.ask(1);
    world.settle();
    assert!(!world.people[1].matched, "matched with somebody who took it back");
}

#[test]
fn a_request_taken_back_after_it_was_fetched_is_told() {
    let mut world = World::new();
    talk(&mut world);
    world.say(1, "kept until now");
    world.settle();
    let contact = world.people[1].id;
    world.input(0, Input::Command(Command::Remove { contact }));
    world.settle();
    let withdrawn = Notice::Withdrawn { contact: world.people[0].id };
    assert_eq!(world.people[1].notices.iter().filter(|n| **n == withdrawn).count(), 1);
    world.people[0].matched = false;
    world.ask(0);
    world.settle();
    world.say(0, "once more");
    world.say(1, "again");
    world.settle();
    assert!(world.people[0].matched);
    assert!(world.people[1].shown.contains(&"once more".to_owned()));
    assert!(world.people[0].shown.contains(&"again".to_owned()));
}

#[test]
fn a_request_waits_for_months_and_a_peer_who_comes_late_is_met() {
    let mut world = World::new();
    world.ask(0);
    world.say(0, "are you there?");
    world.settle();
    world.disconnect(1, Role::Rendezvous);
    world.disconnect(1, Role::Conversations);
    for _ in 0..100 {
        world.pass(DAY);
        world.connect(0);
        world.arrive(0, Role::Rendezvous, usize::MAX);
    }
    world.ask(1);
    world.settle();
    assert!(world.people[0].matched && world.people[1].matched);
    assert_eq!(world.people[1].shown, ["are you there?"]);
}

#[test]
fn a_thousand_texts_written_offline_arrive_in_order() {
    let mut world = World::new();
    talk(&mut world);
    for role in Role::ALL {
        world.disconnect(0, role);
        world.disconnect(1, role);
    }
    let texts: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    texts.iter().for_each(|text| world.say(0, text));
    world.settle();
    assert_eq!(world.people[1].shown, texts);
}
