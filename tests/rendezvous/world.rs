//! Two people and a relay: what each does when something happens, and what it puts.

use std::collections::VecDeque;

use bauta::signal::rendezvous::rules::Action;
use bauta::signal::rendezvous::rules::Millis;
use bauta::signal::rendezvous::rules::Rules;
use bauta::signal::rendezvous::rules::SessionName;

use crate::happening::DAY;
use crate::happening::EPOCH;
use crate::happening::Happening;
use crate::mail::Content;
use crate::mail::Envelope;
use crate::mail::Message;
use crate::person::OwnBundle;
use crate::person::Person;

const START: Millis = 700 * EPOCH + 5 * DAY;

pub(crate) struct World {
    pub(crate) now: Millis,
    pub(crate) next: u64,
    pub(crate) people: [Person; 2],
    /// What each clock says more than it should.
    pub(crate) skew: [i64; 2],
    /// Who has nothing to say by itself in the rounds after the story.
    pub(crate) silent: Option<usize>,
    pub(crate) copies: [Option<Person>; 2],
    /// Texts whose writer or reader lost its memory after they were written: not counted.
    pub(crate) uncertain: bool,
    /// When it was put, and what.
    pub(crate) mail: [VecDeque<(Millis, Envelope)>; 2],
    /// What came out of the rendezvous mailboxes: a hostile relay keeps it.
    pub(crate) read: [Vec<Envelope>; 2],
    /// And what came out of the mailboxes of sessions.
    pub(crate) heard: [Vec<Envelope>; 2],
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            now: START,
            next: 0,
            people: Default::default(),
            skew: [0; 2],
            silent: None,
            copies: Default::default(),
            uncertain: false,
            mail: Default::default(),
            read: Default::default(),
            heard: Default::default(),
        }
    }

    pub(crate) fn happen(&mut self, happening: Happening) {
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
                    self.doubt(who);
                    if self.people[who].rules.is_some() {
                        self.with_rules(who, Rules::ask);
                    }
                }
            }
        }
        self.check();
    }

    fn doubt(&mut self, who: usize) {
        let moment = self.people[who].at(self.clock(who));
        self.with_rules(who, |rules, epoch, _| rules.doubt(epoch, moment));
    }

    pub(crate) fn clock(&self, who: usize) -> Millis {
        self.now.saturating_add_signed(self.skew[who])
    }

    pub(crate) fn ask(&mut self, who: usize) {
        let marks = self.people[who].marks;
        self.people[who].rules.get_or_insert_with(|| Rules::renewed(who == 0, marks));
        self.with_rules(who, Rules::ask);
    }

    pub(crate) fn write(&mut self, who: usize) {
        if self.people[who].rules.is_none() {
            return;
        }
        let text = Content::Text(self.fresh());
        self.people[who].outbox.push((text, None, None));
        self.flush(who);
    }

    /// What was not receipted goes once more, and so do the bundles that wait.
    pub(crate) fn put_again(&mut self, who: usize) {
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

    pub(crate) fn with_rules(
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

    pub(crate) fn act(&mut self, who: usize, action: Action) {
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
            Action::Greet(session) | Action::Reassure(session) => {
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

    pub(crate) fn flush(&mut self, who: usize) {
        let now = self.clock(who);
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
                let (Content::Text(id) | Content::Greeting(id) | Content::Receipt(id)) = content;
                let at = person.put_at.entry(*id).or_insert((session, now));
                if at.0 != session {
                    *at = (session, now);
                }
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

    pub(crate) fn put(&mut self, who: usize, name: SessionName, content: Content) {
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

    pub(crate) fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(crate) fn name(&mut self) -> [u8; 16] {
        u128::from(self.fresh()).to_be_bytes()
    }
}
