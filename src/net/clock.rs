//! The one place that reads the computer's clock and its randomness.

use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use rand::rand_core::UnwrapErr;
#[expect(clippy::disallowed_types, reason = "the one place that names the system's generator")]
use rand::rngs::SysRng;

use crate::crypto::CryptoRng;

/// The computer's clock in milliseconds since 1970, UTC. A clock before 1970 reads as 0.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
#[must_use]
pub fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The computer's clock in seconds since 1970, UTC.
#[must_use]
pub fn unix_s() -> u64 {
    unix_ms() / 1000
}

/// The operating system's random generator.
#[must_use]
pub fn system_rng() -> impl CryptoRng + Clone + Send + 'static {
    UnwrapErr(SysRng)
}
