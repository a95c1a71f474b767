//! What lies between both: whole flights, single bytes, somebody who meddles.

use crate::ours::Ours;
use crate::theirs::Theirs;

/// Who sent some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Ours,
    Theirs,
}

/// Carries everything that either side has to say.
pub(crate) fn converse(ours: &mut Ours, theirs: &mut Theirs) {
    converse_through(ours, theirs, |_, _| {});
}

/// The same, but what is sent arrives in pieces of this length.
pub(crate) fn converse_in_pieces(ours: &mut Ours, theirs: &mut Theirs, len: usize) {
    carry(ours, theirs, len, |_, _| {});
}

/// The same through somebody who may change each flight.
pub(crate) fn converse_through(
    ours: &mut Ours,
    theirs: &mut Theirs,
    meddle: impl FnMut(From, &mut Vec<u8>),
) {
    carry(ours, theirs, usize::MAX, meddle);
}

fn carry(
    ours: &mut Ours,
    theirs: &mut Theirs,
    len: usize,
    mut meddle: impl FnMut(From, &mut Vec<u8>),
) {
    for _ in 0..MAX_FLIGHTS {
        let mut from_ours = ours.take_bytes();
        let mut from_theirs = theirs.take_bytes();
        if from_ours.is_empty() && from_theirs.is_empty() {
            return;
        }
        for (from, flight) in [(From::Ours, &mut from_ours), (From::Theirs, &mut from_theirs)] {
            if !flight.is_empty() {
                meddle(from, flight);
            }
        }
        from_ours.chunks(len).for_each(|piece| theirs.receive(piece));
        from_theirs.chunks(len).for_each(|piece| ours.receive(piece));
    }
    panic!("they never come to an end");
}

/// More flights than any conversation in these tests has.
const MAX_FLIGHTS: usize = 16;
