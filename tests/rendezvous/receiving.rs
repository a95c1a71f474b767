//! What comes out of a mailbox, and what becomes of it.

use std::collections::BTreeSet;
use std::collections::VecDeque;

use bauta::signal::rendezvous::rules::BundleName;
use bauta::signal::rendezvous::rules::Generation;
use bauta::signal::rendezvous::rules::Heard;
use bauta::signal::rendezvous::rules::Initial;
use bauta::signal::rendezvous::rules::Rules;
use bauta::signal::rendezvous::rules::SessionName;

use crate::mail::Content;
use crate::mail::Envelope;
use crate::mail::Message;
use crate::mail::Tag;
use crate::session::Opened;
use crate::session::RECENT;
use crate::session::Session;
use crate::world::World;

impl World {
    pub(crate) fn receive(&mut self, who: usize, envelope: &Envelope) {
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

    pub(crate) fn bundle(
        &mut self,
        who: usize,
        bundle: BundleName,
        generation: Generation,
        heard: Heard,
        key: Tag,
    ) {
        let moment = self.people[who].at(self.clock(who));
        if !self.people[who].rules.as_ref().unwrap().accepts(generation, heard, moment) {
            self.with_rules(who, |rules, epoch, _| {
                rules.outdated(bundle, generation, heard, epoch, moment)
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

    pub(crate) fn initial(
        &mut self,
        who: usize,
        bundle: BundleName,
        name: SessionName,
        message: &Message,
    ) {
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

    /// An envelope in a session's mailbox. Nobody is subscribed to that of one that is forgotten.
    pub(crate) fn ordinary(&mut self, who: usize, name: SessionName, message: &Message) {
        let Some(session) = self.people[who].sessions.get_mut(&name) else { return };
        match session.open(message) {
            Opened::Read => {
                session.recent.push_back(message.id);
                if session.recent.len() > RECENT {
                    session.recent.pop_front();
                }
                self.people[who].rules.as_mut().unwrap().ordinary(name);
                self.authenticated(who, name, message);
            }
            _ if session.recent.contains(&message.id) => {}
            Opened::Unreadable => self.with_rules(who, Rules::undecipherable),
            Opened::Used => self.with_rules(who, Rules::rolled_back),
        }
    }

    /// An initial message of a session that is here.
    pub(crate) fn early(&mut self, who: usize, name: SessionName, message: &Message) {
        let session = self.people[who].sessions.get_mut(&name).unwrap();
        if matches!(session.open(message), Opened::Read) {
            self.authenticated(who, name, message);
        }
    }

    pub(crate) fn authenticated(&mut self, who: usize, name: SessionName, message: &Message) {
        let next_key = self.fresh();
        self.people[who].sessions.get_mut(&name).unwrap().turn(message, next_key);
        self.take(who, message.content);
        let turn = message.turn;
        let moment = self.people[who].at(self.clock(who));
        self.with_rules(who, |rules, _, _| rules.authenticated(name, turn, moment));
        let person = &mut self.people[who];
        if person.rules.as_ref().unwrap().works() {
            person.spent.clear();
        }
    }

    pub(crate) fn take(&mut self, who: usize, content: Content) {
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
}
