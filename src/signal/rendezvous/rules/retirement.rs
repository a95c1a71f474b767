//! What is only read any more, and how long.

use super::Action;
use super::DAY;
use super::Entry;
use super::Millis;
use super::Rules;

impl Rules {
    /// Lets time pass: what was kept long enough is forgotten.
    #[must_use]
    pub fn tick(&mut self, now: Millis) -> Vec<Action> {
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

/// A retired session is read for four weeks in all, so that two devices with one ID are noticed and
/// nothing is lost.
const KEEP_RETIRED: Millis = 28 * DAY;
/// Two at work, and the rest retired: enough for a peer who starts over every few days.
const MAX_SESSIONS: usize = 8;
