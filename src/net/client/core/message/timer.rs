//! After how long texts disappear: what both sides named last, once that is the same.
//!
//! A side names it with an item; what was agreed before holds until both have named the same. Each
//! text says for itself which time held when it was written.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::outbox::Draft;
use super::own::later;
use crate::crypto::CryptoRng;
use crate::net::client::event::Timer;
use crate::signal::content::Item;

/// When each side last named a time, in milliseconds since 1970 by its own clock.
#[derive(Clone, Copy, Default)]
pub(in super::super) struct TimerNamed {
    pub(in super::super) own: u64,
    pub(in super::super) theirs: u64,
}

impl Contact {
    /// One names a time oneself.
    pub(in super::super) fn want_timer<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        seconds: u32,
    ) {
        self.timer.own = seconds;
        let written = later(ctx.now, self.timer_at.own);
        self.timer_at.own = written;
        let name = ctx.random();
        let item = Item::Timer(seconds);
        self.stage(ctx, &Draft { name, item, written, about: None, not_before: 0 });
        self.agree(ctx);
    }

    /// The peer names a time.
    pub(super) fn peer_wants_timer<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        seconds: u32,
        written: u64,
    ) {
        // One that was lost and comes again late changes nothing.
        if written <= self.timer_at.theirs {
            return;
        }
        self.timer_at.theirs = written;
        self.timer.theirs = seconds;
        self.agree(ctx);
    }

    /// What was agreed belongs to a conversation: the next one begins without.
    pub(in super::super) fn forget_timer(&mut self) {
        (self.timer, self.timer_at) = (Timer::default(), TimerNamed::default());
    }

    fn agree<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if self.timer.own == self.timer.theirs {
            self.timer.agreed = self.timer.own;
        }
        self.save(ctx);
        self.announce(ctx);
    }
}
