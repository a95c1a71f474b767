//! What the relay says about itself with the last flight of each handshake.

use super::limits;
use super::limits::RelayLimits;
use super::store::StoreLimits;
use crate::handshake::identity::SignedKeySet;
use crate::net::cell;
use crate::net::cell::CELL_LEN;
use crate::net::cell::Limits;
use crate::net::cell::Policy;
use crate::net::cell::RelayFrame;
use crate::net::cell::Welcome;

/// The cell, or nothing if the key set does not fit into it. `now_s`: seconds since 1970.
pub(super) fn welcome(
    keys: &SignedKeySet,
    store: &StoreLimits,
    relay: &RelayLimits,
    policy: Policy,
    now_s: u64,
) -> Option<Box<[u8; CELL_LEN]>> {
    let welcome = Welcome {
        versions: vec![cell::VERSION],
        network_key: keys.network_key().to_vec(),
        key_set: keys.key_set().to_vec(),
        signature: keys.signature().to_vec(),
        now: now_s,
        retention: store.retention_s,
        limits: Limits {
            envelopes_per_mailbox: store.envelopes_per_mailbox,
            subscriptions: number(relay.subscriptions),
            window: number(limits::WINDOW),
            idle: u32::try_from(relay.idle.as_secs()).unwrap_or(u32::MAX),
            pace: relay.pace,
        },
        policy,
    };
    cell::encode(RelayFrame::Welcome(Box::new(welcome))).ok()
}

fn number(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}
