//! The order of a session's items: what comes before its turn waits.

use std::collections::BTreeSet;

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::record::HeldRow;
use super::super::record::ItemBytes;
use super::super::requests::held_id;
use crate::crypto::CryptoRng;
use crate::net::client::profile::Kind;
use crate::signal::content::MessageName;
use crate::signal::rendezvous::rules::SessionName;
use zeroize::Zeroizing;

/// What came under a number.
pub(super) struct Arrived {
    /// The item's name.
    pub(super) name: MessageName,
    /// The item; none after a part that did not complete it.
    pub(super) item: Option<Zeroizing<Vec<u8>>>,
    /// Milliseconds since 1970, by its writer's clock.
    pub(super) written: u64,
}

impl Contact {
    /// Takes in what came, in its order and once.
    pub(super) fn arrive<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        session: SessionName,
        number: u64,
        arrived: Arrived,
    ) {
        let Some(conversation) = self.sessions.get_mut(&session) else { return };
        if number > conversation.expected {
            return self.hold(ctx, session, number, arrived);
        }
        if number == conversation.expected {
            conversation.expected = conversation.expected.saturating_add(1);
        }
        if let Arrived { name, item: Some(item), written } = arrived {
            // What an earlier session still holds was written before what a later one brings.
            self.take_held_elsewhere(ctx, session, written);
            self.apply(ctx, name, &item, written);
        }
        self.take_held(ctx, session, false);
    }

    /// Keeps what came before its turn.
    fn hold<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        session: SessionName,
        number: u64,
        arrived: Arrived,
    ) {
        let Arrived { name, item, written } = arrived;
        // The second time it may bring less: a part that was there already.
        if item.is_none() && self.held.contains_key(&(session, number)) {
            return;
        }
        let bytes: usize = self.held.values().map(item_len).sum();
        if self.held.len() >= MAX_HELD || bytes >= MAX_HELD_BYTES {
            self.take_all_held(ctx);
            // What was ahead of its turn may have it now.
            let expected = self.sessions.get(&session).map(|conversation| conversation.expected);
            if expected.is_none_or(|expected| number <= expected) {
                return self.arrive(ctx, session, number, Arrived { name, item, written });
            }
        }
        let (contact, item) = (self.number, item.map(ItemBytes));
        let row = HeldRow { contact, name, item, written, since: ctx.now };
        ctx.write(&held_id(session, number), &row);
        self.held.insert((session, number), row);
    }

    /// Whether an item is complete and waits for its turn.
    pub(super) fn holds(&self, name: MessageName) -> bool {
        self.held.values().any(|row| row.name == name && row.item.is_some())
    }

    fn take_held_elsewhere<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        session: SessionName,
        before: u64,
    ) {
        let mut earlier: Vec<_> = self
            .held
            .iter()
            .filter(|((other, _), row)| *other != session && row.written < before)
            .map(|((other, number), row)| (row.written, *number, *other))
            .collect();
        earlier.sort_unstable();
        for (_, number, other) in earlier {
            self.take_one(ctx, other, number);
        }
    }

    /// Takes what is held and whose turn has come; `all`: whatever is held, turn or not.
    pub(in super::super) fn take_held<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        session: SessionName,
        all: bool,
    ) {
        while let Some(number) = self.next_held(session, all) {
            self.take_one(ctx, session, number);
        }
    }

    /// Takes whatever is held, in any session: the bound is for all of them together.
    fn take_all_held<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let sessions: BTreeSet<SessionName> =
            self.held.keys().map(|(session, _)| *session).collect();
        for session in sessions {
            self.take_held(ctx, session, true);
        }
    }

    /// Takes what has waited long enough for something that does not come: late and out of order is
    /// better than never. What is missing can come only while both connections stand, so that only
    /// that time counts; but nothing waits longer than a day.
    pub(in super::super) fn take_overdue<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let overdue: BTreeSet<SessionName> = self
            .held
            .iter()
            .filter(|(_, row)| overdue_at(ctx, row) <= ctx.now)
            .map(|((session, _), _)| *session)
            .collect();
        for session in overdue {
            self.take_held(ctx, session, true);
        }
    }

    /// When [`Contact::take_overdue`] has something to do next.
    pub(in super::super) fn overdue_at<R: CryptoRng>(&self, ctx: &Context<R>) -> Option<u64> {
        self.held.values().map(|row| overdue_at(ctx, row)).min()
    }

    fn next_held(&self, session: SessionName, all: bool) -> Option<u64> {
        let expected = self.sessions.get(&session)?.expected;
        let (at, _) = self.held.range((session, 0)..=(session, u64::MAX)).next()?;
        (all || at.1 <= expected).then_some(at.1)
    }

    fn take_one<R: CryptoRng>(&mut self, ctx: &mut Context<R>, session: SessionName, number: u64) {
        ctx.profile.delete(Kind::Held, &held_id(session, number));
        let Some(row) = self.held.remove(&(session, number)) else { return };
        if let Some(conversation) = self.sessions.get_mut(&session) {
            conversation.expected = conversation.expected.max(number.saturating_add(1));
        }
        self.save_session(ctx, session);
        if let Some(ItemBytes(item)) = row.item {
            self.apply(ctx, row.name, &item, row.written);
        }
    }
}

/// When something has waited long enough.
fn overdue_at<R: CryptoRng>(ctx: &Context<R>, row: &HeldRow) -> u64 {
    let latest = row.since.saturating_add(LONGEST_HOLD);
    let whole = ctx.whole_since(row.contact);
    let online = whole.map(|since| since.max(row.since).saturating_add(HOLD_PATIENCE));
    online.map_or(latest, |at| at.min(latest))
}

fn item_len(row: &HeldRow) -> usize {
    row.item.as_ref().map_or(0, |item| item.0.len())
}

/// How long something is held for what is before it, in milliseconds: longer than a gap takes to be
/// filled.
const HOLD_PATIENCE: u64 = 180_000;
/// How long something is held at most, in milliseconds.
const LONGEST_HOLD: u64 = 24 * 3_600_000;
/// What is held at most: more than the 900 that an honest peer has in flight.
const MAX_HELD: usize = 1_024;
/// Bytes that are held before no more are: an honest peer has not two of the longest texts in flight.
const MAX_HELD_BYTES: usize = 2 << 20;
