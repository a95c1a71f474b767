//! After how long texts disappear: what both sides named last, once that is the same.
//!
//! A side names it with an item; what was agreed before holds until both have named the same. Each
//! text says for itself which time held when it was written.
//!
//! ```text
//!   named   60 by A     60 by B          0 by A            in the order of writing, wherever it
//!   agreed     0           60              60              came first
//! ```
//!
//! What crosses on its way comes to one side in another order than to the other. So both put what
//! was named in the order in which it was written, and look again at what was agreed.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::outbox::Draft;
use super::own::later;
use crate::crypto::CryptoRng;
use crate::net::client::event::Timer;
use crate::signal::content::Item;

/// What both sides have named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct TimerNamed {
    /// What held before the first of these.
    pub(in super::super) before: Timer,
    /// In the order of writing.
    pub(in super::super) named: Vec<Named>,
}

/// A time that one side named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Named {
    /// Milliseconds since 1970 by its writer's clock.
    pub(in super::super) at: u64,
    /// Whether the writer has the lower ID: it comes first at the same time, on both sides.
    pub(in super::super) lower: bool,
    pub(in super::super) own: bool,
    pub(in super::super) seconds: u32,
}

impl TimerNamed {
    /// Takes one in, in its place. The same from the same side twice is one.
    fn insert(&mut self, named: Named) {
        let order = |named: &Named| (named.at, !named.lower);
        let at = self.named.partition_point(|other| order(other) < order(&named));
        if self.named.get(at).is_none_or(|other| order(other) != order(&named)) {
            self.named.insert(at, named);
        }
        while self.named.len() > MAX_NAMED {
            let first = self.named.remove(0);
            self.before = after(self.before, &first);
        }
    }

    /// What holds now.
    fn timer(&self) -> Timer {
        self.named.iter().fold(self.before, after)
    }

    /// When this side named one last.
    fn own_at(&self) -> u64 {
        self.named.iter().filter(|named| named.own).map(|named| named.at).max().unwrap_or(0)
    }
}

fn after(timer: Timer, named: &Named) -> Timer {
    let Timer { agreed, own, theirs } = timer;
    let (own, theirs) = if named.own { (named.seconds, theirs) } else { (own, named.seconds) };
    Timer { agreed: if own == theirs { own } else { agreed }, own, theirs }
}

impl Contact {
    /// One names a time oneself.
    pub(in super::super) fn want_timer<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        seconds: u32,
    ) {
        let written = later(ctx.now, self.timer_named.own_at());
        let name = ctx.random();
        let item = Item::Timer(seconds);
        self.stage(ctx, &Draft { name, item, written, about: None, not_before: 0 });
        self.name_timer(ctx, true, seconds, written);
    }

    /// The peer names a time.
    pub(super) fn peer_wants_timer<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        seconds: u32,
        written: u64,
    ) {
        self.name_timer(ctx, false, seconds, written);
    }

    /// What was agreed belongs to a conversation: the next one begins without.
    pub(in super::super) fn forget_timer(&mut self) {
        (self.timer, self.timer_named) = (Timer::default(), TimerNamed::default());
    }

    fn name_timer<R: CryptoRng>(&mut self, ctx: &mut Context<R>, own: bool, seconds: u32, at: u64) {
        let lower = own == (ctx.identity.public() < self.id.key());
        self.timer_named.insert(Named { at, lower, own, seconds });
        self.timer = self.timer_named.timer();
        self.save(ctx);
        self.announce(ctx);
    }
}

/// What is remembered of what was named: more than two people name while one of them is away.
const MAX_NAMED: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    /// What one side knows when these came in some order: (written, by the lower, seconds).
    fn known(lower: bool, came: &[(u64, bool, u32)]) -> Timer {
        let mut known = TimerNamed::default();
        for (at, by_lower, seconds) in came.iter().copied() {
            let own = by_lower == lower;
            known.insert(Named { at, lower: by_lower, own, seconds });
        }
        known.timer()
    }

    #[test]
    fn whatever_crosses_both_sides_agree_on_the_same() {
        let named = [(1, true, 60), (2, false, 60), (3, true, 0), (3, false, 5), (4, true, 5)];
        for rotated in 0..named.len() {
            let mut came = named;
            came.rotate_left(rotated);
            for swapped in 0..named.len() - 1 {
                came.swap(swapped, swapped + 1);
                assert_eq!(known(true, &came), Timer { agreed: 5, own: 5, theirs: 5 });
                assert_eq!(known(false, &came), Timer { agreed: 5, own: 5, theirs: 5 });
            }
        }
        let crossed = [(1, true, 60), (3, true, 0), (2, false, 60)];
        assert_eq!(known(true, &crossed), Timer { agreed: 60, own: 0, theirs: 60 });
        assert_eq!(known(false, &crossed[1..]).agreed, 0);
        assert_eq!(known(false, &crossed), Timer { agreed: 60, own: 60, theirs: 0 });
    }

    #[test]
    fn much_that_is_named_is_not_remembered() {
        let mut known = TimerNamed::default();
        for at in 0..1_000 {
            let seconds = 5 + u32::try_from(at / 2).unwrap();
            known.insert(Named { at, lower: at % 2 == 0, own: at % 2 == 0, seconds });
        }
        assert_eq!(known.named.len(), MAX_NAMED);
        assert_eq!(known.timer(), Timer { agreed: 504, own: 504, theirs: 504 });
    }
}
