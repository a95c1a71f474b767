//! After how long texts disappear: what both sides named last, once that is the same.
//!
//! A side names it with an item; what was agreed before holds until both have named the same. Each
//! text says for itself which time held when it was written.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::outbox::Draft;
use crate::crypto::CryptoRng;
use crate::signal::content::Item;

impl Contact {
    /// One names a time oneself.
    pub(in super::super) fn want_timer<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        seconds: u32,
    ) {
        self.timer.own = seconds;
        let (name, written) = (ctx.random(), ctx.now);
        let item = Item::Timer(seconds);
        self.stage(ctx, &Draft { name, item, written, about: None, not_before: 0 });
        self.agree(ctx);
    }

    /// The peer names a time.
    pub(super) fn peer_wants_timer<R: CryptoRng>(&mut self, ctx: &mut Context<R>, seconds: u32) {
        self.timer.theirs = seconds;
        self.agree(ctx);
    }

    fn agree<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if self.timer.own == self.timer.theirs {
            self.timer.agreed = self.timer.own;
        }
        self.save(ctx);
        self.announce(ctx);
    }
}
