//! A bucket of tokens: a burst at once, and then no faster than its rate.
//!
//! ```text
//!   full_at' = max(full_at, now) + count · every       one number says all about a bucket:
//!   taken if full_at' - now <= burst · every           when it will be full again
//! ```

use std::time::Duration;

/// How fast something may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    every: Duration,
    burst: u32,
}

impl Rate {
    /// `count` in a second for good, and `burst` of them at once.
    #[must_use]
    pub const fn per_second(count: u32, burst: u32) -> Self {
        let every = match Duration::from_secs(1).checked_div(count) {
            Some(every) => every,
            // None in a second: one in a century.
            None => Duration::from_secs(36_500 * 86_400),
        };
        Self { every, burst }
    }
}

/// Tokens of one [`Rate`]; full at first.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Bucket {
    /// Since the relay's start.
    full_at: Duration,
}

impl Bucket {
    /// Takes tokens, or says how long to wait for them and takes none.
    pub(in super::super) fn take(
        &mut self,
        rate: Rate,
        count: u32,
        now: Duration,
    ) -> Result<(), Duration> {
        let full_at = self.full_at.max(now).saturating_add(rate.every.saturating_mul(count));
        let latest = now.saturating_add(rate.every.saturating_mul(rate.burst));
        if full_at > latest {
            return Err(full_at - latest);
        }
        self.full_at = full_at;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const RATE: Rate = Rate::per_second(10, 5);

    #[test]
    fn a_burst_and_then_the_rate() {
        let mut bucket = Bucket::default();
        let start = Duration::from_secs(7);
        for _ in 0..5 {
            bucket.take(RATE, 1, start).unwrap();
        }
        assert_eq!(bucket.take(RATE, 1, start), Err(Duration::from_millis(100)));
        assert_eq!(bucket.take(RATE, 2, start), Err(Duration::from_millis(200)));
        let soon = start + Duration::from_millis(100);
        bucket.take(RATE, 1, soon).unwrap();
        assert_eq!(bucket.take(RATE, 1, soon), Err(Duration::from_millis(100)));
        bucket.take(RATE, 5, soon + Duration::from_millis(500)).unwrap();
    }

    #[test]
    fn more_than_a_burst_is_never_taken() {
        let mut bucket = Bucket::default();
        assert!(bucket.take(RATE, 6, Duration::from_secs(1_000_000)).is_err());
        assert!(bucket.take(RATE, u32::MAX, Duration::ZERO).is_err());
        bucket.take(RATE, 5, Duration::ZERO).unwrap();
    }

    #[test]
    fn a_rate_of_nothing_gives_its_burst_once() {
        let mut bucket = Bucket::default();
        let rate = Rate::per_second(0, 1);
        bucket.take(rate, 1, Duration::ZERO).unwrap();
        assert!(bucket.take(rate, 1, Duration::from_secs(1_000_000)).is_err());
    }
}
