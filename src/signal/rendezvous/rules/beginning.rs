//! Sessions that begin: from a bundle of the peer's, or with an initial message for one of one's own.

use super::Action;
use super::BundleName;
use super::Entry;
use super::Generation;
use super::Heard;
use super::Initial;
use super::MAX_AHEAD;
use super::Millis;
use super::Moment;
use super::Rules;
use super::SessionName;
use super::is_over;

impl Rules {
    /// Whether to initiate on a valid bundle of the peer's: only on the newest ever seen, and on
    /// none from the far future, which would make every later one old; nor on an answer that
    /// nobody waits for.
    #[must_use]
    pub fn accepts(&self, generation: Generation, heard: Heard, moment: impl Into<Moment>) -> bool {
        let moment = moment.into();
        let now = moment.now;
        generation > self.newest_known()
            && generation <= now.saturating_add(MAX_AHEAD)
            && !(self.works() && is_over(generation, now))
            && self.waits_for(heard.answers, moment)
    }

    /// A session was initiated on the peer's bundle of this generation, which said this.
    #[must_use]
    pub fn initiated(
        &mut self,
        name: SessionName,
        generation: Generation,
        heard: Heard,
        now: Millis,
    ) -> Vec<Action> {
        self.accepted = self.accepted.max(generation);
        self.raise_issued(heard, now);
        self.strikes = 0;
        let order = self.next_order();
        // Older candidates were made from bundles that the peer has replaced.
        let candidates = |session: &Entry| session.initiated && !session.answered;
        self.retire(now, candidates);
        self.sessions.push(Entry {
            name,
            initiated: true,
            generation,
            order,
            answered: false,
            ordinary: false,
            retired: None,
        });
        let mut actions = self.forget_surplus();
        if self.sending.is_none_or(|sending| !self.answered(sending)) {
            actions.extend(self.choose(name, now));
        } else {
            actions.push(Action::Greet(name));
        }
        actions
    }

    /// What to do with an initial message for this bundle and session.
    #[must_use]
    pub fn initial(&self, bundle: BundleName, session: SessionName) -> Initial {
        if self.session(session).is_some() {
            Initial::Known
        } else if self.bundles.iter().any(|own| own.name == bundle) {
            Initial::Respond
        } else {
            Initial::Unknown
        }
    }

    /// An initial message authenticated: there is a responder session now, the bundle is used, and
    /// the message itself is accounted for by [`Rules::authenticated`], called next.
    #[must_use]
    pub fn responded(&mut self, name: SessionName, bundle: BundleName) -> Vec<Action> {
        let Some(at) = self.bundles.iter().position(|own| own.name == bundle) else {
            return Vec::new();
        };
        let used = self.bundles.swap_remove(at);
        self.sessions.push(Entry {
            name,
            initiated: false,
            generation: used.generation,
            order: used.order,
            answered: false,
            ordinary: false,
            retired: None,
        });
        let mut actions = vec![Action::SpendBundle(bundle)];
        actions.extend(self.forget_surplus());
        actions
    }

    /// Every bundle of the peer's up to this generation is an old one: accepted before, or, once
    /// messages come both ways, made before the peer's latest choice. Turns and generations are of
    /// one clock, and a computer that was lost and begun anew has no other sign of the past.
    pub(super) fn newest_known(&self) -> Generation {
        if self.works() { self.accepted.max(self.peer_turn) } else { self.accepted }
    }

    /// Whether something here came to nothing at the peer's side and is waiting still. Whoever knows
    /// that messages come both ways waits for a session that it initiated and has not given up;
    /// anybody else for everything.
    pub(super) fn waits_for(&self, answered: Option<[u8; 16]>, moment: Moment) -> bool {
        let waits =
            |own: &Entry| Some(own.name) == answered && own.initiated && own.retired.is_none();
        answered.is_none()
            || !self.works()
            || moment.is_in_doubt()
            || self.sessions.iter().any(waits)
    }
}

#[cfg(test)]
mod tests {
    use super::super::DAY;
    use super::*;

    const NOW: Millis = 1_000 * DAY;
    const NOTHING: Heard = Heard { accepted: 0, answers: None };

    #[test]
    fn old_and_far_future_generations_are_not_accepted() {
        let mut rules = Rules::new(true);
        let _ = rules.initiated([2; 16], NOW, NOTHING, NOW);
        assert!(!rules.accepts(NOW, NOTHING, NOW));
        assert!(!rules.accepts(NOW - 1, NOTHING, NOW));
        assert!(rules.accepts(NOW + 1, NOTHING, NOW));
        assert!(rules.accepts(NOW + MAX_AHEAD, NOTHING, NOW));
        assert!(!rules.accepts(NOW + MAX_AHEAD + 1, NOTHING, NOW));
    }

    #[test]
    fn a_bundle_of_weeks_ago_is_new_to_who_does_not_talk_only() {
        let mut rules = Rules::new(true);
        let late = NOW + 22 * DAY;
        let _ = rules.initiated([2; 16], NOW, NOTHING, NOW);
        assert!(rules.accepts(NOW + 1, NOTHING, late));
        let _ = rules.authenticated([2; 16], 0, NOW);
        assert!(rules.accepts(NOW + 1, NOTHING, NOW + 21 * DAY));
        assert!(!rules.accepts(NOW + 1, NOTHING, late));
    }
}
