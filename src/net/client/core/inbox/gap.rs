//! Asking for what is missing before something that is held.

use super::super::contact::Contact;
use super::super::context::Context;
use crate::crypto::CryptoRng;
use crate::signal::content;
use crate::signal::content::Gap;
use crate::signal::rendezvous::rules::SessionName;

/// What was asked for in a session.
#[derive(Clone, Copy)]
pub(in super::super) struct Asked {
    /// The first number that was missing.
    first: u64,
    times: u8,
    /// Not again before this, in milliseconds since 1970.
    next_at: u64,
}

impl Contact {
    /// Asks for the numbers that what is held waits for, if it has waited for a while.
    pub(in super::super) fn ask_for_gaps<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if self.ended {
            return;
        }
        for (session, gap, at) in self.gaps() {
            if at > ctx.now {
                continue;
            }
            let asked = self.asked.get(&session).filter(|asked| asked.first == gap.first);
            let times = asked.map_or(0, |asked| asked.times);
            let Some(through) = self.answered_session() else { continue };
            if self.may_answer(ctx) && self.send(ctx, through, content::Kind::Gap(gap), None) {
                let next_at = ctx.now.saturating_add(ASK_AGAIN);
                let asked = Asked { first: gap.first, times: times.saturating_add(1), next_at };
                self.asked.insert(session, asked);
            }
        }
    }

    /// When [`Contact::ask_for_gaps`] has something to do next.
    pub(in super::super) fn gap_at<R: CryptoRng>(&self, ctx: &Context<R>) -> Option<u64> {
        let session = self.answered_session().filter(|_| !self.ended)?;
        if !self.can_seal(ctx, session) || !self.may_answer(ctx) {
            return None;
        }
        self.gaps().into_iter().map(|(_, _, at)| at).min()
    }

    /// What is missing, and when it is to be asked for.
    fn gaps(&self) -> Vec<(SessionName, Gap, u64)> {
        self.sessions
            .iter()
            .filter_map(|(session, conversation)| {
                let first = conversation.expected;
                let held = || self.held.range((*session, first)..=(*session, u64::MAX));
                let ((_, next), _) = held().next()?;
                let last = next.saturating_sub(1).min(first.saturating_add(Gap::MAX_NUMBERS - 1));
                let since = held().map(|(_, row)| row.since).min()?;
                let gap = Gap { session: *session, first, last };
                Some((*session, gap, self.ask_at(*session, first, since)?))
            })
            .collect()
    }

    /// When to ask for what is missing from `first` on, for which something is held since `since`.
    fn ask_at(&self, session: SessionName, first: u64, since: u64) -> Option<u64> {
        let patient = since.saturating_add(PATIENCE);
        match self.asked.get(&session) {
            Some(asked) if asked.first == first => {
                (asked.times < MOST).then_some(asked.next_at.max(patient))
            }
            // Part of what was asked for has come; the rest may be on its way.
            Some(asked) => {
                let pause = asked.next_at.saturating_sub(ASK_AGAIN - PATIENCE);
                Some(pause.max(patient))
            }
            None => Some(patient),
        }
    }
}

/// How long something is held before what it waits for is asked for, in milliseconds.
const PATIENCE: u64 = 10_000;
/// When it is asked for again, in milliseconds.
const ASK_AGAIN: u64 = 60_000;
/// How often: what is held is taken after three minutes.
const MOST: u8 = 3;
