//! Starting over: what is taken for a sign that a state is lost or old, and how often.

use super::Action;
use super::BundleName;
use super::Entry;
use super::Generation;
use super::HOUR;
use super::Heard;
use super::MAX_AHEAD;
use super::Millis;
use super::Rules;
use super::SessionName;

impl Rules {
    /// A valid bundle came that is not accepted. If no session was made from it, its writer lost
    /// its state and made it by a clock that is behind the one before, or the relay shows an old
    /// one. The answer tells the writer what was accepted, and it can tell which of both it is. At
    /// most one an hour.
    #[must_use]
    pub fn outdated(
        &mut self,
        name: BundleName,
        generation: Generation,
        heard: Heard,
        epoch: u64,
        now: Millis,
    ) -> Vec<Action> {
        self.raise_issued(heard, now);
        let used = |session: &Entry| session.initiated && session.generation == generation;
        if generation > now.saturating_add(MAX_AHEAD)
            || self.sessions.iter().any(used)
            || !self.waits_for(heard.answers)
        {
            return Vec::new();
        }
        self.repair(Some(name), epoch, now, LOST_PAUSE)
    }

    /// An initial message of this session came for private keys that are gone: with a fresh bundle
    /// the peer can start over. At most one an hour.
    #[must_use]
    pub fn lost(&mut self, name: SessionName, epoch: u64, now: Millis) -> Vec<Action> {
        self.repair(Some(name), epoch, now, LOST_PAUSE)
    }

    /// An envelope in a session's mailbox opened under no key. Three in a row, and one's own state
    /// is taken to be an old one.
    #[must_use]
    pub fn undecipherable(&mut self, epoch: u64, now: Millis) -> Vec<Action> {
        self.strikes = self.strikes.saturating_add(1);
        if self.strikes < STRIKES {
            return Vec::new();
        }
        self.repair(None, epoch, now, REPAIR_PAUSE)
    }

    /// A number that was used came again with other bytes: the peer's state is an old one, and a
    /// fresh bundle lets it start over.
    #[must_use]
    pub fn rolled_back(&mut self, epoch: u64, now: Millis) -> Vec<Action> {
        self.repair(None, epoch, now, REPAIR_PAUSE)
    }

    pub(super) fn repair(
        &mut self,
        answers: Option<[u8; 16]>,
        epoch: u64,
        now: Millis,
        pause: Millis,
    ) -> Vec<Action> {
        // A clock that was ahead and was set back must not forbid repairs.
        let recent = self.repaired..self.repaired.saturating_add(pause);
        if self.repaired != 0 && recent.contains(&now) {
            return Vec::new();
        }
        self.repaired = now;
        self.strikes = 0;
        vec![self.fresh_bundle(answers, epoch, now)]
    }
}

/// What the relay can do by throwing rubbish at a mailbox is bounded by these pauses.
const REPAIR_PAUSE: Millis = HOUR / 6;
const LOST_PAUSE: Millis = HOUR;
/// One stray envelope proves nothing.
const STRIKES: u8 = 3;

#[cfg(test)]
mod tests {
    use super::super::DAY;
    use super::*;

    const NOW: Millis = 1_000 * DAY;
    const NOTHING: Heard = Heard { accepted: 0, answers: None };

    #[test]
    fn a_bundle_behind_the_accepted_one_is_answered_unless_it_was_used() {
        let mut rules = Rules::new(false);
        let _ = rules.initiated([2; 16], NOW - DAY, NOTHING, NOW);
        let _ = rules.initiated([3; 16], NOW, NOTHING, NOW);
        assert_eq!(rules.outdated([9; 16], NOW, NOTHING, 3, NOW), []);
        assert_eq!(rules.outdated([9; 16], NOW - DAY, NOTHING, 3, NOW), []);
        assert_eq!(rules.outdated([9; 16], NOW + 3 * DAY, NOTHING, 3, NOW), []);
        let heard = Heard { accepted: NOW, answers: Some([9; 16]) };
        // Above the two choices.
        let fresh = [Action::PutBundle { generation: NOW + 2, epoch: 3, heard }];
        assert_eq!(rules.outdated([9; 16], NOW - HOUR, NOTHING, 3, NOW), fresh);
        assert_eq!(rules.outdated([9; 16], NOW - HOUR, NOTHING, 3, NOW + HOUR - 1), []);
        assert_eq!(rules.outdated([9; 16], NOW - HOUR, NOTHING, 3, NOW + HOUR).len(), 1);
    }

    #[test]
    fn a_clock_that_was_ahead_does_no_lasting_harm() {
        let mut rules = Rules::new(true);
        let future = NOW + 365 * DAY;
        let _ = rules.ask(3, future);
        assert_eq!(rules.rolled_back(3, future).len(), 1);
        let ordered = rules.rolled_back(3, NOW);
        assert_eq!(ordered, [Action::PutBundle { generation: NOW, epoch: 3, heard: NOTHING }]);
    }

    #[test]
    fn rubbish_orders_one_bundle_in_ten_minutes() {
        let mut rules = Rules::new(true);
        let ordered = |rules: &mut Rules, now| {
            (0..30).map(|_| rules.undecipherable(3, now).len()).sum::<usize>()
        };
        assert_eq!(rules.undecipherable(3, NOW), []);
        assert_eq!(rules.undecipherable(3, NOW), []);
        assert_eq!(ordered(&mut rules, NOW), 1);
        assert_eq!(ordered(&mut rules, NOW + REPAIR_PAUSE - 1), 0);
        assert_eq!(ordered(&mut rules, NOW + REPAIR_PAUSE), 1);
    }
}
