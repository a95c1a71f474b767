//! A relay that shows again what it has kept.

use std::collections::VecDeque;

use crate::happening::EPOCH;
use crate::happening::Happening;
use crate::mail::Envelope;
use crate::world::World;

impl World {
    /// The relay shows everything once more that was ever in a mailbox: at once, when both may know
    /// what is past or not, and after weeks, when they do.
    pub(crate) fn is_shown_the_past(&mut self, known: bool) {
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
    pub(crate) fn is_told_again(&mut self, heard: &[Vec<Envelope>; 2], known: bool) {
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
    pub(crate) fn is_shown(&mut self, known: bool) {
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
}
