//! The core: what is answered to whom, with a store that is driven by hand.

mod entry;
mod failing;
mod putting;
mod reading;
mod speaking;
mod subscribing;

use bauta::net::cell::CloseReason;
use bauta::net::cell::RelayFrame;
use bauta::net::server::store::StoreLimits;

fn closing(frames: &[RelayFrame]) -> CloseReason {
    match frames {
        [RelayFrame::Closing { reason, .. }] => *reason,
        other => panic!("{other:?}"),
    }
}

/// Room for this many envelopes.
fn room(envelopes: u64) -> StoreLimits {
    StoreLimits { bytes: envelopes * StoreLimits::ENVELOPE_COST, ..StoreLimits::default() }
}
