//! What is only read any more, and how long.

use super::Action;
use super::DAY;
use super::Entry;
use super::Generation;
use super::Millis;
use super::Rules;

impl Rules {
    /// Lets time pass: what was kept long enough is forgotten, and a candidate whose time is over is
    /// given up.
    #[must_use]
    pub fn tick(&mut self, now: Millis) -> Vec<Action> {
        self.retire(now, |session| {
            session.initiated && !session.answered && is_over(session.generation, now)
        });
        let mut actions = Vec::new();
        self.bundles.retain(|bundle| {
            let keep = now <= bundle.keep_until;
            if !keep {
                actions.push(Action::ForgetBundle(bundle.name));
            }
            keep
        });
        self.sessions.retain(|session| {
            let since = session.retired.unwrap_or(Millis::MAX);
            let keep = now <= since.saturating_add(KEEP_RETIRED);
            if !keep {
                actions.push(Action::ForgetSession(session.name));
            }
            keep
        });
        actions
    }

    /// Retires what is neither sent in nor a candidate. A candidate that is older than what is sent
    /// in is none: the peer answered to something later.
    pub(super) fn retire_losers(&mut self, now: Millis) {
        let sending = self.sending.and_then(|sending| self.session(sending));
        let since = sending.map_or(0, |sending| sending.order);
        self.retire(now, |session| session.answered || !session.initiated || session.order < since);
    }

    pub(super) fn retire(&mut self, now: Millis, which: impl Fn(&Entry) -> bool) {
        let sending = self.sending;
        self.sessions
            .iter_mut()
            .filter(|session| Some(session.name) != sending && which(session))
            .for_each(|session| session.retired = Some(session.retired.unwrap_or(now)));
    }

    /// Bounds the sessions kept: the one retired first goes first.
    pub(super) fn forget_surplus(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while self.sessions.len() > MAX_SESSIONS {
            let oldest = self
                .sessions
                .iter()
                .enumerate()
                .filter(|(_, session)| Some(session.name) != self.sending)
                .min_by_key(|(_, session)| (session.retired.unwrap_or(Millis::MAX), session.order))
                .map(|(at, _)| at);
            let Some(at) = oldest else { break };
            actions.push(Action::ForgetSession(self.sessions.remove(at).name));
        }
        actions
    }
}

/// Whether nobody goes over any more to what begins with the bundle of this generation, if it has
/// a session that is answered. Both sides know the generation, and neither forgets it by going back
/// to an old copy.
pub(super) fn is_over(generation: Generation, now: Millis) -> bool {
    now > generation.saturating_add(CANDIDATE)
}

/// The relay keeps for so long what it has for somebody who is away. It ends while the one who
/// answered still reads the session, by any two clocks: [`KEEP_RETIRED`] less twice [`MAX_AHEAD`].
const CANDIDATE: Millis = 21 * DAY;
/// A retired session is read for four weeks in all, so that two devices with one ID are noticed and
/// nothing is lost.
const KEEP_RETIRED: Millis = 28 * DAY;
/// Two at work, and the rest retired: enough for a peer who starts over every few days.
const MAX_SESSIONS: usize = 8;

#[cfg(test)]
mod tests {
    use super::super::Heard;
    use super::*;

    const NOW: Millis = 1_000 * DAY;

    #[test]
    fn a_candidate_is_given_up_when_its_bundle_is_old_and_a_first_request_is_not() {
        let mut rules = Rules::new(true);
        let (chosen, candidate) = ([2; 16], [3; 16]);
        let _ = rules.initiated(chosen, NOW, Heard::default(), NOW);
        assert_eq!(rules.tick(NOW + 60 * DAY), []);
        assert!(rules.live(chosen), "it waits for its answer");
        let _ = rules.authenticated(chosen, NOW, NOW);
        let _ = rules.initiated(candidate, NOW + 1, Heard::default(), NOW);
        assert_eq!(rules.tick(NOW + 1 + CANDIDATE), []);
        assert!(rules.live(candidate));
        let late = NOW + 2 + CANDIDATE;
        assert_eq!(rules.tick(late), []);
        assert!(!rules.live(candidate), "and it is still read");
        assert_eq!(rules.tick(late + KEEP_RETIRED + 1), [Action::ForgetSession(candidate)]);
        assert_eq!(rules.sending(), Some(chosen));
    }
}
