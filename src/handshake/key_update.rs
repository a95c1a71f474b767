//! New keys for one direction, without a handshake.
//!
//! ```text
//!   application_traffic_secret_0 -> keys of the first records
//!             |
//!       HKDF-Expand-Label(., "traffic upd", "", Hash.length)           KeyUpdate
//!             |
//!   application_traffic_secret_1 -> keys of the records behind it
//! ```
//!
//! Each direction goes at its own pace. Sources:
//! [RFC 8446, sections 4.6.3](https://www.rfc-editor.org/rfc/rfc8446#section-4.6.3) and
//! [7.2](https://www.rfc-editor.org/rfc/rfc8446#section-7.2).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use super::error::Error;
use super::key_schedule::TrafficKeys;
use super::key_schedule::TrafficSecret;
use crate::crypto::aead::Algorithm;

/// The secret of one direction, from which its next is made.
#[derive(Debug)]
pub(super) struct Generation {
    secret: TrafficSecret,
    algorithm: Algorithm,
}

impl Generation {
    /// Starts with `application_traffic_secret_0`.
    pub(super) fn first(secret: TrafficSecret, algorithm: Algorithm) -> Self {
        Self { secret, algorithm }
    }

    /// The keys of this generation's records.
    pub(super) fn keys(&self) -> Result<TrafficKeys, Error> {
        self.secret.keys(self.algorithm)
    }

    /// Goes on to the next generation: its keys. The secret before it is gone.
    pub(super) fn advance(&mut self) -> Result<TrafficKeys, Error> {
        let next = self.secret.next()?;
        let keys = next.keys(self.algorithm)?;
        self.secret = next;
        Ok(keys)
    }
}

/// Whether the peer waits for a KeyUpdate: the receiver says so, the sender acts on it.
///
/// A flag and no count: an implementation "which receives multiple KeyUpdates while it is silent"
/// is "to respond with a single update" (section 4.6.3).
#[derive(Clone, Debug, Default)]
pub(super) struct UpdateDue(Arc<AtomicBool>);

impl UpdateDue {
    /// The peer asked.
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it asked since the last time.
    pub(super) fn take(&self) -> bool {
        self.0.load(Ordering::Acquire) && self.0.swap(false, Ordering::AcqRel)
    }
}
