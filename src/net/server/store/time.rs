//! The store's own time: it follows the clock, slowly, and never goes back.
//!
//! What an envelope's `expires` is compared with. A clock that jumps a year ahead would otherwise
//! empty every mailbox at once; here it costs [`StoreTime::STEP_S`] for each sweep until somebody
//! repairs it. A relay that was off catches up at four times the pace of the clock, and keeps
//! things longer meanwhile.

/// A time in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoreTime(u64);

impl StoreTime {
    /// How often a relay sweeps, in seconds: nobody waits for what expires, and what expires within
    /// one such time is deleted in slices.
    pub const SWEEP_EVERY_S: u64 = 60;

    /// How far one sweep moves the time at most, in seconds: four times what passes between two.
    pub const STEP_S: u64 = 4 * Self::SWEEP_EVERY_S;

    /// The time that a new store begins with, or an old one goes on with.
    #[must_use]
    pub const fn new(seconds: u64) -> Self {
        Self(seconds)
    }

    /// In seconds since 1970.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// The time after one more step towards the clock.
    #[must_use]
    pub fn towards(self, now_s: u64) -> Self {
        Self(self.0.saturating_add(now_s.saturating_sub(self.0).min(Self::STEP_S)))
    }

    /// When something that comes now may be deleted: never sooner by either clock.
    #[must_use]
    pub fn expires(self, now_s: u64, retention_s: u64) -> u64 {
        self.0.max(now_s).saturating_add(retention_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_ahead_is_taken_in_small_steps() {
        let time = StoreTime::new(1_000_000);
        assert_eq!(time.towards(1_000_060), StoreTime::new(1_000_060));
        assert_eq!(time.towards(u64::MAX), StoreTime::new(1_000_240));
    }

    #[test]
    fn it_never_goes_back() {
        let time = StoreTime::new(1_000_000);
        assert_eq!(time.towards(5), time);
        assert_eq!(time.expires(5, 10), 1_000_010);
        assert_eq!(time.expires(2_000_000, 10), 2_000_010);
    }
}
