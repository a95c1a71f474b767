//! The rules of first contact and of starting over, as a model: two people, a relay that may lose,
//! double and hold back, and computers that crash, are restored from old copies or start anew.
//!
//! Sessions here are fakes that keep what matters of a Double Ratchet: whoever does not have the
//! newest key cannot read what was written for it, and a number is consumed once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::VecDeque;

use bauta::signal::rendezvous::rules::Action;
use bauta::signal::rendezvous::rules::BundleName;
use bauta::signal::rendezvous::rules::Generation;
use bauta::signal::rendezvous::rules::Heard;
use bauta::signal::rendezvous::rules::Initial;
use bauta::signal::rendezvous::rules::Marks;
use bauta::signal::rendezvous::rules::Millis;
use bauta::signal::rendezvous::rules::Rules;
use bauta::signal::rendezvous::rules::SessionName;
use bauta::signal::rendezvous::rules::Turn;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;
const EPOCH: Millis = 28 * DAY;
const START: Millis = 700 * EPOCH + 5 * DAY;
/// How many round trips without loss it may take from any state until both talk in one session.
const ROUNDS: usize = 10;
/// How many of the last envelopes a session knows again.
const RECENT: usize = 128;

/// What can happen. `usize` is 0 for the lower ID, 1 for the higher one.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Ask(usize),
    Write(usize),
    /// The n-th envelope for this person arrives; most often the first.
    Deliver(usize, usize),
    /// The n-th envelope for this person arrives and stays on the relay.
    Double(usize, usize),
    Lose(usize, usize),
    Snapshot(usize),
    Restore(usize),
    /// The computer is lost; the ID is not.
    Reset(usize),
    Withdraw(usize),
    /// Crash between the commit and the Put: what was to be put is put again later.
    Crash(usize),
    Wait(Millis),
    /// From now on a clock is ahead or behind by so much.
    Clock(usize, i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let who = 0..2_usize;
    let which = prop_oneof![4 => Just(0_usize), 1 => 0..4_usize];
    prop_oneof![
        4 => who.clone().prop_map(Happening::Ask),
        6 => who.clone().prop_map(Happening::Write),
        16 => (who.clone(), which.clone()).prop_map(|(w, n)| Happening::Deliver(w, n)),
        2 => (who.clone(), which.clone()).prop_map(|(w, n)| Happening::Double(w, n)),
        3 => (who.clone(), which).prop_map(|(w, n)| Happening::Lose(w, n)),
        2 => who.clone().prop_map(Happening::Snapshot),
        1 => who.clone().prop_map(Happening::Restore),
        1 => who.clone().prop_map(Happening::Reset),
        1 => who.clone().prop_map(Happening::Withdraw),
        2 => who.clone().prop_map(Happening::Crash),
        1 => (who, prop_oneof![Just(0), Just(DAY.cast_signed()), Just(-DAY.cast_signed())])
            .prop_map(|(w, skew)| Happening::Clock(w, skew)),
        3 => prop_oneof![Just(1000), Just(HOUR), Just(DAY), Just(8 * DAY), Just(EPOCH)]
            .prop_map(Happening::Wait),
    ]
}

type Tag = u64;

#[derive(Clone, Debug)]
struct Message {
    /// What tells one envelope from another with the same number.
    id: u64,
    writer_key: Tag,
    for_key: Tag,
    number: u64,
    turn: Turn,
    content: Content,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Greeting(u64),
    Text(u64),
    Receipt(u64),
}

#[derive(Clone, Debug)]
enum Envelope {
    Bundle { name: BundleName, generation: Generation, heard: Heard, key: Tag },
    Initial { bundle: BundleName, session: SessionName, message: Message },
    Session { session: SessionName, message: Message },
}

#[derive(Clone, Debug)]
struct Session {
    initiated: bool,
    bundle: BundleName,
    own_key: Tag,
    /// The peer's chains that are readable, the newest last.
    chains: Vec<Tag>,
    for_key: Tag,
    number: u64,
    consumed: BTreeSet<(Tag, u64)>,
    /// The envelopes that came last in the session's mailbox.
    recent: VecDeque<u64>,
}

/// What becomes of an envelope in a session.
enum Opened {
    Read,
    /// Its number was used.
    Used,
    Unreadable,
}

impl Session {
    fn open(&mut self, message: &Message) -> Opened {
        let known = self.chains.contains(&message.writer_key);
        if !known && message.for_key != self.own_key {
            return Opened::Unreadable;
        }
        if !self.consumed.insert((message.writer_key, message.number)) {
            return Opened::Used;
        }
        Opened::Read
    }

    /// The first message of a new chain of the peer's begins a new one of one's own.
    fn turn(&mut self, message: &Message, next_key: Tag) {
        if self.chains.contains(&message.writer_key) {
            return;
        }
        self.chains.push(message.writer_key);
        self.for_key = message.writer_key;
        self.own_key = next_key;
        self.number = 0;
    }
}

#[derive(Clone, Debug)]
struct OwnBundle {
    generation: Generation,
    heard: Heard,
    key: Tag,
}

#[derive(Clone, Debug, Default)]
struct Person {
    rules: Option<Rules>,
    marks: Marks,
    bundles: BTreeMap<BundleName, OwnBundle>,
    /// Those that were used, to be put once more while nothing is known to work.
    spent: BTreeMap<BundleName, OwnBundle>,
    sessions: BTreeMap<SessionName, Session>,
    /// Texts and greetings without a receipt: (content, the session they must go in, went in).
    outbox: Vec<(Content, Option<SessionName>, Option<SessionName>)>,
    receipts: Vec<u64>,
    received: BTreeSet<u64>,
    shown: Vec<u64>,
    notices: usize,
}

struct World {
    now: Millis,
    next: u64,
    people: [Person; 2],
    /// What each clock says more than it should.
    skew: [i64; 2],
    copies: [Option<Person>; 2],
    /// Texts whose writer or reader lost its memory after they were written: not counted.
    uncertain: bool,
    /// When it was put, and what.
    mail: [VecDeque<(Millis, Envelope)>; 2],
    /// What came out of the rendezvous mailboxes: a hostile relay keeps it.
    read: [Vec<Envelope>; 2],
    /// And what came out of the mailboxes of sessions.
    heard: [Vec<Envelope>; 2],
}

impl World {
    fn new() -> Self {
        Self {
            now: START,
            next: 0,
            people: Default::default(),
            skew: [0; 2],
            copies: Default::default(),
            uncertain: false,
            mail: Default::default(),
            read: Default::default(),
            heard: Default::default(),
        }
    }

    fn happen(&mut self, happening: Happening) {
        self.now += 1;
        match happening {
            Happening::Ask(who) => self.ask(who),
            Happening::Write(who) => self.write(who),
            Happening::Deliver(who, n) => {
                if let Some((_, envelope)) = self.mail[who].remove(n) {
                    self.receive(who, &envelope);
                }
            }
            Happening::Double(who, n) => {
                if let Some((_, envelope)) = self.mail[who].get(n).cloned() {
                    self.receive(who, &envelope);
                }
            }
            Happening::Lose(who, n) => drop(self.mail[who].remove(n)),
            Happening::Snapshot(who) => self.copies[who] = Some(self.people[who].clone()),
            Happening::Restore(who) => {
                if let Some(copy) = self.copies[who].clone() {
                    self.people[who] = copy;
                    self.uncertain = true;
                }
            }
            Happening::Reset(who) => {
                self.people[who] = Person::default();
                self.uncertain = true;
                self.ask(who);
            }
            Happening::Withdraw(who) => {
                let person = &self.people[who];
                let marks = person.rules.as_ref().map_or(person.marks, Rules::marks);
                self.people[who] = Person { marks, ..Person::default() };
                self.uncertain = true;
            }
            Happening::Crash(who) => self.put_again(who),
            Happening::Clock(who, skew) => self.skew[who] = skew,
            Happening::Wait(time) => {
                self.now += time;
                let epoch = self.now / EPOCH;
                for who in 0..2 {
                    // Nobody is subscribed any more for what is of an epoch before the last one.
                    self.mail[who].retain(|(put, _)| put / EPOCH + 1 >= epoch);
                    self.with_rules(who, |rules, _, now| rules.tick(now));
                    if self.people[who].rules.is_some() {
                        self.with_rules(who, Rules::ask);
                    }
                }
            }
        }
        self.check();
    }

    fn clock(&self, who: usize) -> Millis {
        self.now.saturating_add_signed(self.skew[who])
    }

    fn ask(&mut self, who: usize) {
        let marks = self.people[who].marks;
        self.people[who].rules.get_or_insert_with(|| Rules::renewed(who == 0, marks));
        self.with_rules(who, Rules::ask);
    }

    fn write(&mut self, who: usize) {
        if self.people[who].rules.is_none() {
            return;
        }
        let text = Content::Text(self.fresh());
        self.people[who].outbox.push((text, None, None));
        self.flush(who);
    }

    /// What was not receipted goes once more, and so do the bundles that wait.
    fn put_again(&mut self, who: usize) {
        let person = &mut self.people[who];
        let Some(rules) = person.rules.as_ref() else { return };
        person.outbox.retain(|item| item.1.is_none_or(|session| rules.live(session)));
        for item in &mut person.outbox {
            item.2 = None;
        }
        // Whoever is answered has no request to repeat, but for one that is gone back.
        let waiting = if rules.matched() { None } else { Some(&person.bundles) };
        let spent = if rules.works() { None } else { Some(&person.spent) };
        for (name, bundle) in waiting.into_iter().chain(spent).flatten() {
            let OwnBundle { generation, heard, key } = *bundle;
            let bundle = Envelope::Bundle { name: *name, generation, heard, key };
            self.mail[1 - who].push_back((self.now, bundle));
        }
        self.flush(who);
    }

    fn with_rules(
        &mut self,
        who: usize,
        call: impl FnOnce(&mut Rules, u64, Millis) -> Vec<Action>,
    ) {
        let now = self.clock(who);
        let Some(rules) = self.people[who].rules.as_mut() else { return };
        let actions = call(rules, now / EPOCH, now);
        for action in actions {
            self.act(who, action);
        }
        // The state survives its bytes at every step.
        let rules = self.people[who].rules.as_ref().unwrap();
        assert_eq!(Rules::from_bytes(&rules.to_bytes()).as_ref(), Ok(rules));
        self.flush(who);
    }

    fn act(&mut self, who: usize, action: Action) {
        let name = self.name();
        let key = self.fresh();
        let number = self.fresh();
        let keep_until = self.clock(who) + 60 * DAY;
        let person = &mut self.people[who];
        match action {
            Action::PutBundle { generation, epoch, heard } => {
                person.bundles.insert(name, OwnBundle { generation, heard, key });
                let rules = person.rules.as_mut().unwrap();
                for action in rules.issued(name, generation, epoch, keep_until) {
                    let Action::ForgetBundle(name) = action else { panic!("{action:?}") };
                    person.bundles.remove(&name);
                }
                let bundle = Envelope::Bundle { name, generation, heard, key };
                self.mail[1 - who].push_back((self.now, bundle));
            }
            Action::Greet(session) => {
                person.outbox.push((Content::Greeting(number), Some(session), None));
            }
            Action::Resend(_) => {
                for item in person.outbox.iter_mut().filter(|item| item.1.is_none()) {
                    item.2 = None;
                }
            }
            Action::Matched => {}
            Action::Replaced | Action::TwoDevices => person.notices += 1,
            Action::ForgetBundle(name) => drop(person.bundles.remove(&name)),
            Action::SpendBundle(name) => person.spent.extend(person.bundles.remove_entry(&name)),
            Action::ForgetSession(name) => {
                person.sessions.remove(&name);
                person.outbox.retain(|item| item.1 != Some(name));
            }
        }
    }

    fn flush(&mut self, who: usize) {
        let person = &mut self.people[who];
        let Some(rules) = person.rules.as_ref() else { return };
        let sending = rules.sending();
        // A greeting is repeated only while it matters; the first time it always goes.
        person.outbox.retain(|(_, pinned, went)| {
            pinned.is_none_or(|session| went.is_none() || rules.live(session))
        });
        let mut ready = Vec::new();
        for (content, pinned, went) in &mut person.outbox {
            let Some(session) = pinned.or(sending) else { continue };
            if *went != Some(session) {
                *went = Some(session);
                ready.push((session, *content));
            }
        }
        if let Some(sending) = sending {
            ready.extend(person.receipts.drain(..).map(|id| (sending, Content::Receipt(id))));
        }
        for (session, content) in ready {
            self.put(who, session, content);
        }
    }

    fn put(&mut self, who: usize, name: SessionName, content: Content) {
        let id = self.fresh();
        let person = &mut self.people[who];
        let rules = person.rules.as_ref().unwrap();
        let (turn, answered) = (rules.turn(name), rules.answered(name));
        let session = person.sessions.get_mut(&name).unwrap();
        session.number += 1;
        let message = Message {
            id,
            writer_key: session.own_key,
            for_key: session.for_key,
            number: session.number,
            turn,
            content,
        };
        let envelope = if session.initiated && !answered {
            Envelope::Initial { bundle: session.bundle, session: name, message }
        } else {
            Envelope::Session { session: name, message }
        };
        self.mail[1 - who].push_back((self.now, envelope));
    }

    fn receive(&mut self, who: usize, envelope: &Envelope) {
        if self.people[who].rules.is_none() {
            return; // Nobody is subscribed.
        }
        let kept = match envelope {
            Envelope::Session { .. } => &mut self.heard,
            Envelope::Bundle { .. } | Envelope::Initial { .. } => &mut self.read,
        };
        kept[who].push(envelope.clone());
        match envelope.clone() {
            Envelope::Bundle { name, generation, heard, key } => {
                self.bundle(who, name, generation, heard, key);
            }
            Envelope::Initial { bundle, session, message } => {
                self.initial(who, bundle, session, &message);
            }
            Envelope::Session { session, message } => self.ordinary(who, session, &message),
        }
    }

    fn bundle(
        &mut self,
        who: usize,
        bundle: BundleName,
        generation: Generation,
        heard: Heard,
        key: Tag,
    ) {
        if !self.people[who].rules.as_ref().unwrap().accepts(generation, heard, self.clock(who)) {
            self.with_rules(who, |rules, epoch, now| {
                rules.outdated(bundle, generation, heard, epoch, now)
            });
            return;
        }
        let (name, own_key) = (self.name(), self.fresh());
        let session = Session {
            initiated: true,
            bundle,
            own_key,
            chains: Vec::new(),
            for_key: key,
            number: 0,
            consumed: BTreeSet::new(),
            recent: VecDeque::new(),
        };
        self.people[who].sessions.insert(name, session);
        self.with_rules(who, |rules, _, now| rules.initiated(name, generation, heard, now));
    }

    fn initial(&mut self, who: usize, bundle: BundleName, name: SessionName, message: &Message) {
        match self.people[who].rules.as_ref().unwrap().initial(bundle, name) {
            Initial::Known => self.early(who, name, message),
            Initial::Unknown => {
                self.with_rules(who, |rules, epoch, now| rules.lost(name, epoch, now));
            }
            Initial::Respond => {
                let own = self.people[who].bundles[&bundle].clone();
                if own.key != message.for_key {
                    return;
                }
                let session = Session {
                    initiated: false,
                    bundle,
                    own_key: own.key,
                    chains: Vec::new(),
                    for_key: message.writer_key,
                    number: 0,
                    consumed: BTreeSet::new(),
                    recent: VecDeque::new(),
                };
                self.people[who].sessions.insert(name, session);
                self.with_rules(who, |rules, _, _| rules.responded(name, bundle));
                self.early(who, name, message);
            }
        }
    }

    /// An envelope in a session's mailbox. What is of a session that is forgotten counts here as one
    /// that opens under no key, although nobody is subscribed for it: that a session is gone is
    /// heard of in these stories as soon as the other one writes in it.
    fn ordinary(&mut self, who: usize, name: SessionName, message: &Message) {
        let Some(session) = self.people[who].sessions.get_mut(&name) else {
            self.with_rules(who, Rules::undecipherable);
            return;
        };
        match session.open(message) {
            Opened::Unreadable => self.with_rules(who, Rules::undecipherable),
            Opened::Used if session.recent.contains(&message.id) => {}
            Opened::Used => self.with_rules(who, Rules::rolled_back),
            Opened::Read => {
                session.recent.push_back(message.id);
                if session.recent.len() > RECENT {
                    session.recent.pop_front();
                }
                self.people[who].rules.as_mut().unwrap().ordinary(name);
                self.authenticated(who, name, message);
            }
        }
    }

    /// An initial message of a session that is here.
    fn early(&mut self, who: usize, name: SessionName, message: &Message) {
        let session = self.people[who].sessions.get_mut(&name).unwrap();
        if matches!(session.open(message), Opened::Read) {
            self.authenticated(who, name, message);
        }
    }

    fn authenticated(&mut self, who: usize, name: SessionName, message: &Message) {
        let next_key = self.fresh();
        self.people[who].sessions.get_mut(&name).unwrap().turn(message, next_key);
        self.take(who, message.content);
        let turn = message.turn;
        self.with_rules(who, |rules, _, now| rules.authenticated(name, turn, now));
        let person = &mut self.people[who];
        if person.rules.as_ref().unwrap().works() {
            person.spent.clear();
        }
    }

    fn take(&mut self, who: usize, content: Content) {
        let person = &mut self.people[who];
        match content {
            Content::Receipt(id) => person.outbox.retain(
                |item| !matches!(item.0, Content::Text(own) | Content::Greeting(own) if own == id),
            ),
            Content::Greeting(id) => person.receipts.push(id),
            Content::Text(id) => {
                person.receipts.push(id);
                if person.received.insert(id) {
                    person.shown.push(id);
                }
            }
        }
    }

    /// What must hold at every moment.
    fn check(&self) {
        for person in &self.people {
            let Some(rules) = &person.rules else {
                assert!(person.shown.is_empty(), "shown to somebody who never asked");
                continue;
            };
            same(rules.sessions(), &person.sessions);
            same(rules.bundles(), &person.bundles);
            assert!(rules.sending().is_none_or(|sending| person.sessions.contains_key(&sending)));
        }
        for who in 0..2 {
            if self.people[who].rules.as_ref().is_some_and(Rules::matched) && !self.uncertain {
                assert!(self.people[1 - who].rules.is_some(), "matched with nobody");
            }
        }
    }

    /// Whether both talk in one session that works both ways and owe each other nothing.
    fn converged(&self) -> bool {
        let [a, b] = &self.people;
        let (Some(a_rules), Some(b_rules)) = (&a.rules, &b.rules) else { return false };
        let sending = a_rules.sending();
        sending.is_some()
            && sending == b_rules.sending()
            && sending.is_some_and(|name| a_rules.answered(name) && b_rules.answered(name))
            && self.people.iter().all(|person| person.outbox.is_empty())
    }

    /// One round trip in which nothing is lost; both have something to say.
    fn round(&mut self) {
        self.happen(Happening::Wait(2 * HOUR));
        for who in 0..2 {
            self.write(who);
            self.put_again(who);
        }
        for _ in 0..2 {
            for who in 0..2 {
                for (_, envelope) in std::mem::take(&mut self.mail[who]) {
                    self.receive(who, &envelope);
                    self.check();
                }
            }
        }
        // Receipts of the last leg.
        for who in 0..2 {
            for (_, envelope) in std::mem::take(&mut self.mail[who]) {
                self.receive(who, &envelope);
            }
        }
    }

    /// The relay shows everything once more that was ever in a mailbox: at once, when both may know
    /// what is past or not, and after weeks, when they do.
    fn is_shown_the_past(&mut self, known: bool) {
        let heard = self.heard.clone();
        self.is_told_again(&heard, known);
        self.is_shown(known);
        self.happen(Happening::Wait(EPOCH));
        self.round();
        self.is_told_again(&self.heard.clone(), true);
        self.is_shown(true);
        self.is_told_again(&heard, false);
    }

    /// Every answer once more, whatever was written in a session. To one who knows what is past it
    /// is nothing at all, if it is among the last ones of its session. What is older is taken for a
    /// sign that its writer went back to an old state: both start over then, and go on.
    fn is_told_again(&mut self, heard: &[Vec<Envelope>; 2], known: bool) {
        for (who, envelopes) in heard.iter().enumerate() {
            for envelope in envelopes {
                let Envelope::Session { session, message } = envelope else { panic!() };
                // Nobody is subscribed for a session that is forgotten.
                let Some(at_hand) = self.people[who].sessions.get(session) else { continue };
                if known && !at_hand.recent.contains(&message.id) {
                    continue;
                }
                let before = self.people[who].rules.as_ref().unwrap().to_bytes();
                let waiting = self.mail.each_ref().map(VecDeque::len);
                self.ordinary(who, *session, message);
                self.check();
                let after = self.people[who].rules.as_ref().unwrap().to_bytes();
                if known {
                    assert_eq!(before, after, "{who} was told {envelope:?}");
                    assert_eq!(waiting, self.mail.each_ref().map(VecDeque::len));
                }
            }
        }
        if !known {
            self.converge();
        }
    }

    /// Everything of the rendezvous once more. Nobody who knows what is past hears of it, and both
    /// go on.
    fn is_shown(&mut self, known: bool) {
        let session = self.people[0].rules.as_ref().unwrap().sending();
        for who in 0..2 {
            for envelope in self.read[who].clone() {
                let before = self.notices();
                self.receive(who, &envelope);
                self.round();
                self.round();
                assert!(!known || self.notices() == before, "{who} was shown {envelope:?}");
            }
        }
        if known {
            self.round();
            assert!(self.converged(), "diverged by the past");
            assert_eq!(self.people[0].rules.as_ref().unwrap().sending(), session);
        } else {
            self.converge();
        }
    }

    fn notices(&self) -> usize {
        self.people.iter().map(|person| person.notices).sum()
    }

    /// The session in which both talk after some rounds.
    fn converge(&mut self) -> SessionName {
        for _ in 0..ROUNDS {
            self.round();
            if self.converged() {
                return self.people[0].rules.as_ref().unwrap().sending().unwrap();
            }
        }
        panic!("no convergence:\n{}", self.summary());
    }

    fn summary(&self) -> String {
        let mut summary = String::new();
        for person in &self.people {
            let rules = format!("{:?}", person.rules).replace("0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ", "");
            summary += &format!("{rules}\n  outbox {:?}\n", person.outbox);
        }
        summary
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn name(&mut self) -> [u8; 16] {
        u128::from(self.fresh()).to_be_bytes()
    }
}

/// The rules name just what is kept. There is little of it: no set is needed to compare.
fn same<T>(named: impl Iterator<Item = [u8; 16]>, kept: &BTreeMap<[u8; 16], T>) {
    let named: Vec<_> = named.collect();
    assert_eq!(named.len(), kept.len(), "{named:?}");
    assert!(kept.keys().all(|name| named.contains(name)), "{named:?}");
}

fn converges(happenings: &[Happening]) {
    let mut world = World::new();
    happenings.iter().for_each(|happening| world.happen(*happening));
    world.ask(0);
    world.ask(1);
    let session = world.converge();
    // And it stays so, in the same session.
    for _ in 0..3 {
        world.round();
        assert!(world.converged(), "diverged");
        assert_eq!(world.people[0].rules.as_ref().unwrap().sending(), Some(session));
    }
    world.is_shown_the_past(knows_the_past(happenings));
    for person in &world.people {
        let once: BTreeSet<_> = person.shown.iter().collect();
        assert_eq!(once.len(), person.shown.len(), "shown twice");
    }
}

/// Whether both sides know for certain what is past. A computer that went back to a copy has keys
/// again that were used, and does not know what it had accepted. One that is lost, and of which any
/// clock was ahead, made bundles once that look newer than what it says now. Only age tells those.
fn knows_the_past(happenings: &[Happening]) -> bool {
    let any = |is: fn(&Happening) -> bool| happenings.iter().any(is);
    let was_lost = any(|happening| matches!(happening, Happening::Reset(_)));
    let was_ahead = any(|happening| matches!(happening, Happening::Clock(..)));
    let was_restored = any(|happening| matches!(happening, Happening::Restore(_)));
    !(was_restored || was_lost && was_ahead)
}

/// How many stories are told: the same in every run, others where somebody asks for many.
fn stories() -> ProptestConfig {
    let (cases, rng_seed) = match std::env::var("BAUTA_STORIES") {
        Ok(n) => (n.parse().expect("BAUTA_STORIES is a number"), RngSeed::Random),
        Err(_) => (1_000, RngSeed::Fixed(1)),
    };
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(stories())]

    #[test]
    fn both_sides_converge_to_one_session_from_every_state(
        happenings in prop::collection::vec(happening(), 0..80)
    ) {
        converges(&happenings);
    }
}

/// Both lost their computers and have clocks that are behind the ones before, and each has taken an
/// old request of the other's, still in the mail, for a new one.
#[test]
fn two_who_lost_everything_and_whose_clocks_are_behind_old_requests_find_each_other() {
    use Happening::*;
    let day = DAY.cast_signed();
    let mut story = vec![Ask(1), Ask(0), Snapshot(0), Deliver(1, 0), Double(0, 0), Reset(0)];
    story.extend([Ask(0), Deliver(1, 0), Deliver(0, 0), Deliver(1, 0), Deliver(1, 0)]);
    story.extend([Clock(1, -day), Reset(1), Deliver(0, 0), Clock(0, -day), Reset(0)]);
    converges(&story);
}

/// Two clocks are two days apart: a request comes before it is made, and is shown again later.
#[test]
fn a_request_from_too_far_ahead_begins_nothing_later() {
    use Happening::*;
    let day = DAY.cast_signed();
    let mut story = vec![Ask(1), Deliver(0, 0), Ask(0), Deliver(1, 0), Withdraw(1), Deliver(0, 0)];
    story.extend([Ask(0), Ask(0), Clock(0, -day), Ask(1), Deliver(1, 0), Deliver(1, 0)]);
    story.extend([Double(0, 0), Clock(1, day), Deliver(1, 0)]);
    converges(&story);
}

/// The one who answered forgets the session; the other one must not wait for it any longer.
#[test]
fn a_candidate_whose_answer_was_lost_begins_nothing_after_weeks() {
    let mut world = World::new();
    world.ask(0);
    world.ask(1);
    world.converge();
    world.mail = Default::default();
    world.with_rules(1, Rules::rolled_back);
    world.happen(Happening::Deliver(0, 0));
    world.happen(Happening::Deliver(1, 0));
    world.mail[0].clear();
    let candidate = world.people[0].rules.as_ref().unwrap().sessions().last().unwrap();
    assert!(!world.people[0].rules.as_ref().unwrap().answered(candidate));
    world.converge();
    assert!(!world.people[0].rules.as_ref().unwrap().answered(candidate));
    world.is_shown_the_past(true);
}

#[test]
fn nothing_is_shown_and_nothing_matched_when_only_one_asks() {
    let mut world = World::new();
    world.ask(0);
    world.write(0);
    for _ in 0..ROUNDS {
        world.round();
    }
    assert!(world.people[1].shown.is_empty());
    assert!(!world.people[0].rules.as_ref().unwrap().matched());
    assert_eq!(world.people[0].outbox.len(), ROUNDS + 1, "what was written waits");
}

#[test]
fn a_request_that_waits_months_is_asked_again_in_each_epoch() {
    let mut world = World::new();
    world.ask(0);
    for _ in 0..4 {
        world.happen(Happening::Wait(EPOCH));
    }
    world.mail = Default::default();
    world.ask(1);
    world.round();
    world.round();
    assert!(world.converged());
}

#[test]
fn an_undisturbed_conversation_has_no_notice() {
    for order in [[0, 1], [1, 0]] {
        let mut world = World::new();
        world.ask(order[0]);
        world.ask(order[1]);
        for _ in 0..5 {
            world.round();
        }
        assert!(world.converged());
        assert_eq!(world.people[0].notices + world.people[1].notices, 0);
    }
}

#[test]
fn everything_written_is_shown_once_and_in_order_when_nothing_is_forgotten() {
    let mut world = World::new();
    world.ask(0);
    (0..5).for_each(|_| world.write(0));
    world.ask(1);
    (0..5).for_each(|_| world.write(1));
    for _ in 0..4 {
        world.round();
    }
    for person in &world.people {
        assert_eq!(person.shown.len(), 9);
        assert!(person.shown.is_sorted(), "{:?}", person.shown);
    }
}
