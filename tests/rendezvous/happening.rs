//! What can happen to two people, and how often it does.

use bauta::signal::rendezvous::rules::Millis;
use proptest::prelude::*;

pub(crate) const HOUR: Millis = 3_600_000;
pub(crate) const DAY: Millis = 24 * HOUR;
pub(crate) const EPOCH: Millis = 28 * DAY;

/// What can happen. `usize` is 0 for the lower ID, 1 for the higher one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Happening {
    Ask(usize),
    Write(usize),
    /// The n-th envelope for this person arrives; most often the first.
    Deliver(usize, usize),
    /// The n-th envelope for this person arrives and stays on the relay.
    Double(usize, usize),
    Lose(usize, usize),
    Snapshot(usize),
    Restore(usize),
    /// The computer is lost; the ID is not.
    Reset(usize),
    Withdraw(usize),
    /// Crash between the commit and the Put: what was to be put is put again later.
    Crash(usize),
    Wait(Millis),
    /// From now on a clock is ahead or behind by so much.
    Clock(usize, i64),
}

pub(crate) fn happening() -> impl Strategy<Value = Happening> {
    let who = 0..2_usize;
    let which = prop_oneof![4 => Just(0_usize), 1 => 0..4_usize];
    prop_oneof![
        4 => who.clone().prop_map(Happening::Ask),
        6 => who.clone().prop_map(Happening::Write),
        16 => (who.clone(), which.clone()).prop_map(|(w, n)| Happening::Deliver(w, n)),
        2 => (who.clone(), which.clone()).prop_map(|(w, n)| Happening::Double(w, n)),
        3 => (who.clone(), which).prop_map(|(w, n)| Happening::Lose(w, n)),
        2 => who.clone().prop_map(Happening::Snapshot),
        1 => who.clone().prop_map(Happening::Restore),
        1 => who.clone().prop_map(Happening::Reset),
        1 => who.clone().prop_map(Happening::Withdraw),
        2 => who.clone().prop_map(Happening::Crash),
        1 => (who, prop_oneof![Just(0), Just(DAY.cast_signed()), Just(-DAY.cast_signed())])
            .prop_map(|(w, skew)| Happening::Clock(w, skew)),
        3 => prop_oneof![Just(1000), Just(HOUR), Just(DAY), Just(8 * DAY), Just(EPOCH)]
            .prop_map(Happening::Wait),
    ]
}
