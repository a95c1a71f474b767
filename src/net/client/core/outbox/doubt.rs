//! When the peer is silent for long: does it have the session at all?
//!
//! Each side can be left in a session that the other one no longer has: nobody reads the mailboxes
//! of it, so that nothing there tells. A bundle in the rendezvous mailbox, which both always read, does
//! ([`Rules::doubt`]).
//!
//! [`Rules::doubt`]: crate::signal::rendezvous::rules::Rules::doubt

use super::super::contact::Contact;
use super::super::context::Context;
use crate::crypto::CryptoRng;
use crate::signal::rendezvous::rules::Moment;

impl Contact {
    /// This moment, and since when the peer is silent; of that nobody knows who has not listened yet.
    pub(in super::super) fn moment<R: CryptoRng>(&self, ctx: &Context<R>) -> Moment {
        let listens = self.listens_from(ctx).is_some_and(|from| from <= ctx.now);
        Moment { now: ctx.now, unheard: self.silent_from().filter(|_| listens) }
    }

    /// Doubts, if it is time.
    pub(in super::super) fn doubt<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if self.doubt_at(ctx).is_none_or(|at| at > ctx.now) {
            return;
        }
        let actions = self.rules.doubt(ctx.epoch(), self.moment(ctx));
        self.carry_out(ctx, actions);
    }

    /// When that is; not as long as nothing can go.
    pub(in super::super) fn doubt_at<R: CryptoRng>(&self, ctx: &Context<R>) -> Option<u64> {
        let listens_from = self.listens_from(ctx).filter(|_| !self.ended)?;
        let silent = Moment { now: ctx.now, unheard: self.silent_from() };
        Some(self.rules.doubt_at(silent)?.max(listens_from))
    }

    /// The peer has said something in the chosen session, which it goes on in: if it is silent, then
    /// from now on.
    pub(in super::super) fn heard<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let silent = self.orders(|row| row.sent.is_some_and(|sent| sent.silent_from.is_some()));
        for order in silent {
            let from = ctx.within_an_hour();
            if let Some(sent) = self.outgoing.get_mut(&order).and_then(|row| row.sent.as_mut()) {
                sent.silent_from = Some(from);
            }
            self.save_outgoing(ctx, order);
        }
    }

    /// Since when the peer is silent although something of the chosen session has gone for the second
    /// time (`probe`): what a relay has lost is no sign. What failed is not waited for.
    fn silent_from(&self) -> Option<u64> {
        let session = self.rules.sending();
        let waiting = self.outgoing.values().filter(|row| row.failed.is_none());
        let sent = waiting.filter_map(|row| row.sent).filter(|sent| Some(sent.session) == session);
        sent.filter_map(|sent| sent.silent_from).min()
    }

    /// From when on whatever waited for this side has been read.
    fn listens_from<R: CryptoRng>(&self, ctx: &Context<R>) -> Option<u64> {
        Some(ctx.whole_since(self.number)?.saturating_add(PATIENCE))
    }
}

/// For how long both connections have stood when what waits on the relay is read, in milliseconds.
const PATIENCE: u64 = 180_000;
