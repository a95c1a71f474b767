//! What must hold: at every moment, and after some rounds in which nothing is lost.

use std::collections::BTreeMap;

use bauta::signal::rendezvous::rules::Rules;
use bauta::signal::rendezvous::rules::SessionName;

use crate::happening::HOUR;
use crate::happening::Happening;
use crate::world::World;

/// How many round trips without loss it may take from any state until both talk in one session.
pub(crate) const ROUNDS: usize = 10;

impl World {
    /// What must hold at every moment.
    pub(crate) fn check(&self) {
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
    pub(crate) fn converged(&self) -> bool {
        let [a, b] = &self.people;
        let (Some(a_rules), Some(b_rules)) = (&a.rules, &b.rules) else { return false };
        let sending = a_rules.sending();
        sending.is_some()
            && sending == b_rules.sending()
            && sending.is_some_and(|name| a_rules.answered(name) && b_rules.answered(name))
            && self.people.iter().all(|person| person.outbox.is_empty())
    }

    /// One round trip in which nothing is lost; whoever is not silent has something to say.
    pub(crate) fn round(&mut self) {
        self.happen(Happening::Wait(2 * HOUR));
        for who in 0..2 {
            if self.silent != Some(who) {
                self.write(who);
            }
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

    pub(crate) fn notices(&self) -> usize {
        self.people.iter().map(|person| person.notices).sum()
    }

    /// The session in which both talk after some rounds.
    pub(crate) fn converge(&mut self) -> SessionName {
        for _ in 0..ROUNDS {
            self.round();
            if self.converged() {
                return self.people[0].rules.as_ref().unwrap().sending().unwrap();
            }
        }
        panic!("no convergence:\n{}", self.summary());
    }

    pub(crate) fn summary(&self) -> String {
        let mut summary = String::new();
        for person in &self.people {
            let rules = format!("{:?}", person.rules).replace("0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ", "");
            summary += &format!("{rules}\n  outbox {:?}\n", person.outbox);
        }
        summary
    }
}

/// The rules name just what is kept. There is little of it: no set is needed to compare.
fn same<T>(named: impl Iterator<Item = [u8; 16]>, kept: &BTreeMap<[u8; 16], T>) {
    let named: Vec<_> = named.collect();
    assert_eq!(named.len(), kept.len(), "{named:?}");
    assert!(kept.keys().all(|name| named.contains(name)), "{named:?}");
}
