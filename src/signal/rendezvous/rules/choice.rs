//! Which session is sent in: what an authenticated message decides.

use super::Action;
use super::DAY;
use super::Entry;
use super::Generation;
use super::MAX_AHEAD;
use super::Millis;
use super::Moment;
use super::Rules;
use super::SessionName;
use super::Turn;
use super::is_over;

impl Rules {
    /// A message that is no initial one was authenticated in this session: [`Rules::authenticated`]
    /// is called next.
    pub fn ordinary(&mut self, name: SessionName) {
        let session = self.sessions.iter_mut().find(|session| session.name == name);
        session.into_iter().for_each(|session| session.ordinary = true);
    }

    /// A message of the peer's was authenticated in this session, with its writer's turn.
    #[must_use]
    pub fn authenticated(
        &mut self,
        name: SessionName,
        turn: Turn,
        moment: impl Into<Moment>,
    ) -> Vec<Action> {
        let moment = moment.into();
        let now = moment.now;
        let matched = self.matched();
        let works =
            self.sending.and_then(|sending| self.session(sending)).is_some_and(Entry::works);
        let Some(session) = self.sessions.iter_mut().find(|session| session.name == name) else {
            return Vec::new();
        };
        let first = !session.answered;
        session.answered = true;
        let (initiated, retired) = (session.initiated, session.retired);
        let (generation, order) = (session.generation, session.order);
        self.strikes = 0;
        let sent_in = self.sending;
        // Sessions that the peer never said it chose, or that may have gone one way only, are
        // attempts at one first contact.
        let worked = matched && self.peer_turn != 0 && works;
        let newest = turn != 0 && (turn >= self.peer_turn || self.is_behind(order));
        if newest {
            self.peer_turn = turn;
        }

        let mut actions = Vec::new();
        if !matched {
            actions.push(Action::Matched);
        }
        // An answer to what was given up here comes too late: its writer has not gone over to it.
        let given_up = first && initiated && retired.is_some() && is_over(generation, now);
        let over = match initiated {
            false => turn == 0 && self.is_over(generation, now),
            true => turn == 0 && given_up && self.is_talking(),
        };
        let late = turn == 0 && self.is_late(order);
        if first && !(initiated || over || late) {
            // A responder answers in a new session at once, so that the initiator may rely on it.
            actions.push(Action::Greet(name));
        }
        if retired.is_some_and(|since| now > since.saturating_add(READ_RETIRED)) {
            actions.push(Action::TwoDevices);
        }
        if !over && self.prefers(name, first, newest, moment) {
            let replaced = worked && first;
            actions.extend(self.choose(name, now));
            actions.extend(replaced.then_some(Action::Replaced));
        }
        if self.sending == Some(name) && (first || self.sending != sent_in) {
            self.settled = self.order;
        }
        self.retire_losers(now);
        actions
    }

    /// Whether a message just authenticated makes its session the one to send in.
    pub(super) fn prefers(
        &self,
        name: SessionName,
        first: bool,
        newest: bool,
        moment: Moment,
    ) -> bool {
        let Some(sending) = self.sending.and_then(|sending| self.session(sending)) else {
            return true;
        };
        if sending.name == name {
            return false;
        }
        if !self.leader {
            return newest;
        }
        if newest && moment.is_in_doubt() {
            return true;
        }
        first && self.session(name).is_some_and(|session| self.leads_to(session, sending))
    }

    /// Whether the session at hand is older than one of this order. What the peer chooses there it
    /// chose later, whatever its clock says: it may have lost the count of its turns.
    pub(super) fn is_behind(&self, order: u64) -> bool {
        let sending = self.sending.and_then(|sending| self.session(sending));
        sending.is_some_and(|sending| sending.order < order)
    }

    /// Whether a session was made from a bundle that was out before the session at hand was known
    /// to work. If the peer goes on elsewhere all the same, it has only answered a request late:
    /// nobody needs that answer, and a session that works would be replaced if it had one.
    pub(super) fn is_late(&self, order: u64) -> bool {
        order <= self.settled && self.is_talking()
    }

    /// Whether the peer, by any clock that is right, has given up what it began with this bundle of
    /// one's own, and goes on where it was.
    fn is_over(&self, generation: Generation, now: Millis) -> bool {
        is_over(generation.saturating_add(MAX_AHEAD), now) && self.is_talking()
    }

    /// Whether the peer has answered in the session at hand.
    fn is_talking(&self) -> bool {
        self.sending.is_some_and(|sending| self.answered(sending))
    }

    /// Whether the leader goes over to a session that has just been answered for the first time.
    pub(super) fn leads_to(&self, session: &Entry, sending: &Entry) -> bool {
        if session.initiated == sending.initiated {
            return session.generation > sending.generation;
        }
        if session.initiated {
            // The peer asked to start over after it had initiated the other one, or at once with
            // it: the leader's own wins.
            return true;
        }
        // The peer initiated. If that was on a bundle made before one's own newest session, both
        // initiated at once, and the leader's own wins.
        let newest_own = self
            .sessions
            .iter()
            .filter(|own| own.initiated && (own.retired.is_none() || own.answered))
            .map(|own| own.order)
            .max();
        newest_own.is_none_or(|own| session.order > own)
    }

    /// Goes on in this session: a new turn, which a greeting tells.
    pub(super) fn choose(&mut self, name: SessionName, now: Millis) -> Vec<Action> {
        self.sending = Some(name);
        // Above every bundle of one's own until now, so that the peer knows those for old ones.
        let issued = if self.issued <= now.saturating_add(MAX_AHEAD) { self.issued } else { 0 };
        self.turn = now.max(self.turn.saturating_add(1)).max(issued);
        for session in self.sessions.iter_mut().filter(|session| session.name == name) {
            session.retired = None;
        }
        vec![Action::Greet(name), Action::Resend(name)]
    }
}

/// A retired session is read for a week without remark: time for a peer who was away.
const READ_RETIRED: Millis = 7 * DAY;

#[cfg(test)]
pub(super) mod tests {
    use super::super::Heard;
    use super::*;

    const NOW: Millis = 1_000 * DAY;
    const NOTHING: Heard = Heard { accepted: 0, answers: None };

    #[test]
    fn the_leader_goes_on_in_its_own_session_and_the_follower_follows() {
        let (mut lower, mut higher) = (Rules::new(true), Rules::new(false));
        for rules in [&mut lower, &mut higher] {
            let _ = rules.ask(3, NOW);
            let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        }
        let (of_lower, of_higher) = ([10; 16], [20; 16]);
        let _ = lower.initiated(of_lower, NOW, NOTHING, NOW);
        let _ = higher.initiated(of_higher, NOW, NOTHING, NOW);
        let _ = lower.responded(of_higher, [1; 16]);
        let _ = lower.authenticated(of_higher, higher.turn(of_higher), NOW);
        let _ = higher.responded(of_lower, [1; 16]);
        let actions = higher.authenticated(of_lower, lower.turn(of_lower), NOW);
        assert_eq!(lower.sending(), Some(of_lower));
        assert_eq!(higher.sending(), Some(of_lower));
        assert!(actions.contains(&Action::Resend(of_lower)));
    }

    #[test]
    fn a_leader_who_lost_the_count_of_its_turns_is_followed_into_newer_sessions_only() {
        let mut rules = Rules::new(false);
        let (old, new) = ([2; 16], [3; 16]);
        let _ = rules.initiated(old, 5, NOTHING, NOW);
        let _ = rules.authenticated(old, NOW + DAY, NOW);
        let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        let _ = rules.responded(new, [1; 16]);
        let _ = rules.authenticated(new, 0, NOW);
        assert_eq!(rules.sending(), Some(old));
        let _ = rules.authenticated(new, NOW, NOW);
        assert_eq!(rules.sending(), Some(new));
        // What it said before it chose so comes late.
        let _ = rules.authenticated(old, NOW - 1, NOW);
        assert_eq!(rules.sending(), Some(new));
    }

    #[test]
    fn two_answers_to_one_request_are_no_replacement() {
        let mut rules = Rules::new(true);
        let (early, late) = ([2; 16], [3; 16]);
        let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        let _ = rules.issued([4; 16], NOW + 1, 4, NOW + DAY);
        let _ = rules.responded(early, [1; 16]);
        let _ = rules.authenticated(early, 0, NOW);
        let _ = rules.responded(late, [4; 16]);
        let actions = rules.authenticated(late, NOW, NOW);
        assert_eq!(rules.sending(), Some(late));
        assert!(!actions.contains(&Action::Replaced));
        rules.ordinary(late);
        let _ = rules.authenticated(late, NOW, NOW);
        let _ = rules.issued([5; 16], NOW + 2, 4, NOW + DAY);
        let _ = rules.responded([6; 16], [5; 16]);
        assert!(rules.authenticated([6; 16], NOW + 2, NOW).contains(&Action::Replaced));
    }

    /// Two people talk; one of them has two requests out, of which one came late.
    pub(in super::super) fn settled_with_requests_out() -> Rules {
        let mut rules = Rules::new(false);
        let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        let _ = rules.issued([4; 16], NOW + 1, 4, NOW + DAY);
        let _ = rules.initiated([2; 16], NOW, NOTHING, NOW);
        let _ = rules.authenticated([2; 16], NOW, NOW);
        assert_eq!(rules.sending(), Some([2; 16]));
        rules
    }

    #[test]
    fn a_late_answer_to_a_request_has_no_answer_while_the_peer_goes_on_elsewhere() {
        let mut rules = settled_with_requests_out();
        let _ = rules.responded([5; 16], [1; 16]);
        assert_eq!(rules.authenticated([5; 16], 0, NOW), []);
        assert_eq!(rules.sending(), Some([2; 16]));
        // One that the peer needs is answered.
        let _ = rules.responded([6; 16], [4; 16]);
        let actions = rules.authenticated([6; 16], NOW + 1, NOW);
        assert!(actions.contains(&Action::Greet([6; 16])));
        assert_eq!(rules.sending(), Some([6; 16]));
    }

    #[test]
    fn an_answer_to_a_bundle_of_weeks_ago_is_passed_over_where_both_talk() {
        for leader in [false, true] {
            for (days, over) in [(23, false), (24, true)] {
                let mut rules = Rules::new(leader);
                let _ = rules.initiated([2; 16], NOW, NOTHING, NOW);
                let _ = rules.authenticated([2; 16], NOW, NOW);
                let _ = rules.issued([7; 16], NOW + 2, 4, NOW + 60 * DAY);
                let _ = rules.responded([8; 16], [7; 16]);
                let actions = rules.authenticated([8; 16], 0, NOW + days * DAY);
                assert_eq!(actions.is_empty(), over, "{actions:?}");
                assert!(rules.sending() == Some([2; 16]) || leader && !over);
            }
        }
    }

    #[test]
    fn an_answer_to_what_was_given_up_begins_nothing_at_who_leads() {
        for (days, over) in [(20, false), (22, true)] {
            for turn in [0, NOW + 30 * DAY] {
                let mut rules = Rules::new(true);
                let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
                let _ = rules.responded([2; 16], [1; 16]);
                let _ = rules.authenticated([2; 16], NOW, NOW);
                let _ = rules.initiated([3; 16], NOW, NOTHING, NOW);
                let _ = rules.tick(NOW + days * DAY);
                let _ = rules.authenticated([3; 16], turn, NOW + days * DAY);
                // Who has gone over to it there is followed.
                let stays = over && turn == 0;
                assert_eq!(rules.sending() == Some([2; 16]), stays, "{days} {turn}");
            }
        }
    }

    #[test]
    fn what_was_asked_after_both_talked_is_answered() {
        let mut rules = settled_with_requests_out();
        assert_eq!(rules.rolled_back(4, NOW).len(), 1);
        let _ = rules.issued([7; 16], NOW + 2, 4, NOW + DAY);
        let _ = rules.responded([8; 16], [7; 16]);
        assert_eq!(rules.authenticated([8; 16], 0, NOW), [Action::Greet([8; 16])]);
    }

    #[test]
    fn only_a_session_that_is_known_to_work_both_ways_is_replaced() {
        for ordinary in [false, true] {
            let mut rules = Rules::new(true);
            let (of_peer, own) = ([2; 16], [3; 16]);
            let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
            let _ = rules.responded(of_peer, [1; 16]);
            if ordinary {
                rules.ordinary(of_peer);
            }
            let _ = rules.authenticated(of_peer, NOW, NOW);
            // None of the answers came to the peer, who asks once more.
            let _ = rules.initiated(own, NOW, NOTHING, NOW);
            let actions = rules.authenticated(own, 0, NOW);
            assert_eq!(rules.sending(), Some(own));
            assert_eq!(actions.contains(&Action::Replaced), ordinary);
        }
    }

    #[test]
    fn a_candidate_is_none_when_something_newer_is_chosen() {
        let mut rules = Rules::new(false);
        let (candidate, chosen) = ([2; 16], [3; 16]);
        let _ = rules.initiated(candidate, 5, NOTHING, NOW);
        let _ = rules.issued([1; 16], NOW, 3, NOW + DAY);
        let _ = rules.responded(chosen, [1; 16]);
        let _ = rules.authenticated(chosen, NOW, NOW);
        assert_eq!(rules.sending(), Some(chosen));
        assert!(!rules.live(candidate));
        let _ = rules.authenticated(candidate, NOW + 1, NOW);
        assert_eq!(rules.sending(), Some(candidate), "read all the same");
    }
}
