//! When the peer is silent for long: does it have the session at all?
//!
//! Each side can be left in a session that the other one no longer has: nobody reads the mailboxes
//! of it, so that nothing there tells. A bundle in the rendezvous mailbox, which both always read, does
//! ([`Rules::doubt`]).
//!
//! [`Rules::doubt`]: crate::signal::rendezvous::rules::Rules::doubt

use super::super::Role;
use super::super::contact::Contact;
use super::super::context::Context;
use crate::crypto::CryptoRng;
use crate::signal::rendezvous::rules::Moment;

impl Contact {
    /// This moment, and since when the peer is silent although something of the chosen session has
    /// gone for the second time (`probe`): what a relay has lost is no sign. What failed is not
    /// waited for.
    pub(in super::super) fn moment(&self, now: u64) -> Moment {
        let session = self.rules.sending();
        let waiting = self.outgoing.values().filter(|row| row.failed.is_none());
        let sent = waiting.filter_map(|row| row.sent).filter(|sent| Some(sent.session) == session);
        Moment { now, unheard: sent.filter_map(|sent| sent.silent_from).min() }
    }

    /// Doubts, if it is time.
    pub(in super::super) fn doubt<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if self.doubt_at(ctx).is_none_or(|at| at > ctx.now) {
            return;
        }
        let actions = self.rules.doubt(ctx.epoch(), self.moment(ctx.now));
        self.carry_out(ctx, actions);
    }

    /// When that is; not as long as nothing can go.
    pub(in super::super) fn doubt_at<R: CryptoRng>(&self, ctx: &Context<R>) -> Option<u64> {
        let is_up = !self.ended && ctx.is_up(Role::Rendezvous, self.number);
        is_up.then(|| self.rules.doubt_at(self.moment(ctx.now))).flatten()
    }
}
