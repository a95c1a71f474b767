//! Starting over: what is taken for a sign that a state is lost or old, and how often.

use super::Action;
use super::BundleName;
use super::DAY;
use super::Entry;
use super::Generation;
use super::HOUR;
use super::Heard;
use super::MAX_AHEAD;
use super::Millis;
use super::Moment;
use super::Rules;
use super::SessionName;

impl Rules {
    /// A valid bundle came that is not accepted. If no session was made from it, its writer lost
    /// its state and made it by a clock that is behind the one before, or the relay shows an old
    /// one. The answer tells the writer what was accepted, and it can tell which of both it is. At
    /// most one an hour.
    ///
    /// If a session was made from it, its writer may have gone back to a copy from before, where it
    /// waits for that. It is greeted, as is one in doubt: the greeting comes, or has no receipt.
    #[must_use]
    pub fn outdated(
        &mut self,
        name: BundleName,
        generation: Generation,
        heard: Heard,
        epoch: u64,
        moment: impl Into<Moment>,
    ) -> Vec<Action> {
        let moment = moment.into();
        let now = moment.now;
        self.raise_issued(heard, now);
        if generation > now.saturating_add(MAX_AHEAD) {
            return Vec::new();
        }
        let used = |session: &Entry| session.initiated && session.generation == generation;
        let used = self.sessions.iter().any(used);
        if self.waits_for(heard.answers, moment) && (!used || moment.is_in_doubt()) {
            return self.repair(Some(name), epoch, now, LOST_PAUSE);
        }
        if used || heard.answers == Some(NOTHING_KNOWN) { self.reassure(now) } else { Vec::new() }
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

    /// The peer is silent for so long that it may not have the chosen session: puts a bundle that
    /// answers nothing known. If the peer was only away, it passes it over with a greeting. If it goes
    /// on in a session that is not here, its greeting has no receipt, so that it comes into doubt as
    /// well; then it accepts, and so does this side.
    #[must_use]
    pub fn doubt(&mut self, epoch: u64, moment: Moment) -> Vec<Action> {
        if self.doubt_at(moment).is_none_or(|at| at > moment.now) {
            return Vec::new();
        }
        self.doubted = moment.now;
        vec![self.fresh_bundle(Some(NOTHING_KNOWN), epoch, moment.now)]
    }

    /// When [`Rules::doubt`] has something to do: after an hour of silence, and whenever it has
    /// doubled since, but once a week at least.
    #[must_use]
    pub fn doubt_at(&self, moment: Moment) -> Option<Millis> {
        let since = moment.unheard.filter(|_| self.works())?;
        // A clock that was ahead and was set back must not forbid doubt.
        let last = Some(self.doubted).filter(|at| *at <= moment.now).unwrap_or(0);
        // next = max(since + hour, last + clamp(last - since, hour, week))
        let pause = last.saturating_sub(since).clamp(HOUR, 7 * DAY);
        Some(since.saturating_add(HOUR).max(last.saturating_add(pause)))
    }

    /// Says in the chosen session that somebody is here: once an hour.
    fn reassure(&mut self, now: Millis) -> Vec<Action> {
        let Some(sending) = self.sending.filter(|_| !is_recent(self.reassured, now, HOUR)) else {
            return Vec::new();
        };
        self.reassured = now;
        vec![Action::Reassure(sending)]
    }

    pub(super) fn repair(
        &mut self,
        answers: Option<[u8; 16]>,
        epoch: u64,
        now: Millis,
        pause: Millis,
    ) -> Vec<Action> {
        if is_recent(self.repaired, now, pause) {
            return Vec::new();
        }
        self.repaired = now;
        self.strikes = 0;
        vec![self.fresh_bundle(answers, epoch, now)]
    }
}

/// Whether it was less than the pause ago. A clock that was ahead and was set back must not forbid
/// anything.
fn is_recent(last: Millis, now: Millis, pause: Millis) -> bool {
    last != 0 && (last..last.saturating_add(pause)).contains(&now)
}

/// What the relay can do by throwing rubbish at a mailbox is bounded by these pauses.
const REPAIR_PAUSE: Millis = HOUR / 6;
const LOST_PAUSE: Millis = HOUR;
/// What a bundle put in doubt answers: the name of nothing that anybody began. Whoever is not in
/// doubt waits for no such answer.
const NOTHING_KNOWN: [u8; 16] = [0xff; 16];
/// One stray envelope proves nothing.
const STRIKES: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_000 * DAY;
    const NOTHING: Heard = Heard { accepted: 0, answers: None };

    #[test]
    fn a_bundle_behind_the_accepted_one_is_answered_unless_it_was_used() {
        let mut rules = Rules::new(false);
        let _ = rules.initiated([2; 16], NOW - DAY, NOTHING, NOW);
        let _ = rules.initiated([3; 16], NOW, NOTHING, NOW);
        // Who made one that was used is greeted, once an hour.
        assert_eq!(rules.outdated([9; 16], NOW, NOTHING, 3, NOW), [Action::Reassure([3; 16])]);
        assert_eq!(rules.outdated([9; 16], NOW - DAY, NOTHING, 3, NOW), []);
        assert_eq!(rules.outdated([9; 16], NOW + 3 * DAY, NOTHING, 3, NOW), []);
        let heard = Heard { accepted: NOW, answers: Some([9; 16]) };
        // Above the two choices.
        let fresh = [Action::PutBundle { generation: NOW + 2, epoch: 3, heard }];
        assert_eq!(rules.outdated([9; 16], NOW - HOUR, NOTHING, 3, NOW), fresh);
        assert_eq!(rules.outdated([9; 16], NOW - HOUR, NOTHING, 3, NOW + HOUR - 1), []);
        assert_eq!(rules.outdated([9; 16], NOW - HOUR, NOTHING, 3, NOW + HOUR).len(), 1);
    }

    /// Two sides that each take a session of their own to work.
    fn apart(leader: bool) -> Rules {
        let mut rules = Rules::new(leader);
        let _ = rules.initiated([2; 16], NOW, NOTHING, NOW);
        let _ = rules.authenticated([2; 16], NOW, NOW);
        assert!(rules.works());
        rules
    }

    #[test]
    fn doubt_comes_after_an_hour_then_whenever_the_silence_has_doubled_and_once_a_week() {
        let mut rules = apart(true);
        let silent = |hours: u64| Moment { now: NOW + hours * HOUR, unheard: Some(NOW) };
        let mut hours = Vec::new();
        for hour in 0..=700 {
            assert!(rules.doubt(3, Moment::from(NOW + hour * HOUR)).is_empty(), "nothing is said");
            let doubts = !rules.doubt(3, silent(hour)).is_empty();
            assert_eq!(rules.doubt(3, silent(hour)), []);
            hours.extend(doubts.then_some(hour));
        }
        assert_eq!(hours, [1, 2, 4, 8, 16, 32, 64, 128, 256, 424, 592]);
        // Another silence begins anew, and so does a clock that was set back.
        let later = Moment { now: NOW + 701 * HOUR, unheard: Some(NOW + 700 * HOUR) };
        assert_eq!(rules.doubt(3, later).len(), 1);
        let before = Moment { now: NOW - 90 * HOUR, unheard: Some(NOW - 91 * HOUR) };
        assert_eq!(rules.doubt(3, before).len(), 1);
        // Whoever waits for a first answer doubts nothing.
        let mut rules = Rules::new(true);
        let _ = rules.initiated([2; 16], NOW, NOTHING, NOW);
        assert_eq!(rules.doubt_at(silent(5)), None);
    }

    #[test]
    fn who_is_in_doubt_accepts_an_answer_that_anybody_else_passes_over_with_a_greeting() {
        for leader in [false, true] {
            let mut writer = apart(!leader);
            let in_doubt = Moment { now: NOW + 2 * HOUR, unheard: Some(NOW + HOUR) };
            let [Action::PutBundle { generation, epoch: 3, heard }] = writer.doubt(3, in_doubt)[..]
            else {
                panic!();
            };
            let mut reader = apart(leader);
            let calm = Moment { unheard: Some(NOW + HOUR + 1), ..in_doubt };
            assert!(!reader.accepts(generation, heard, calm));
            assert!(reader.accepts(generation, heard, in_doubt));
            let greeting = [Action::Reassure([2; 16])];
            assert_eq!(reader.outdated([9; 16], generation, heard, 3, calm), greeting);
            assert_eq!(reader.outdated([9; 16], generation, heard, 3, calm), [], "once an hour");
            let later = Moment::from(calm.now + HOUR);
            assert_eq!(reader.outdated([9; 16], generation, heard, 3, later), greeting);
            // Another answer that nobody waits for is nothing to anybody else.
            let other = Heard { answers: Some([8; 16]), ..heard };
            let later = Moment::from(calm.now + 2 * HOUR);
            assert_eq!(reader.outdated([9; 16], generation, other, 3, later), []);
        }
    }

    #[test]
    fn a_leader_in_doubt_follows() {
        for in_doubt in [false, true] {
            let mut rules = apart(true);
            let unheard = in_doubt.then_some(NOW);
            let moment = Moment { now: NOW + HOUR, unheard };
            let _ = rules.issued([1; 16], NOW + 1, 3, NOW + DAY);
            let _ = rules.initiated([5; 16], NOW + 1, NOTHING, NOW);
            let _ = rules.responded([4; 16], [1; 16]);
            let _ = rules.authenticated([4; 16], NOW + 2, moment);
            assert_eq!(rules.sending() == Some([4; 16]), in_doubt);
        }
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
