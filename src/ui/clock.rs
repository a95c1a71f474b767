//! Times as people read them, in this computer's time zone.

use jiff::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;

/// A reader of times.
#[derive(Clone, Debug)]
pub struct Clock(TimeZone);

impl Clock {
    /// In the computer's time zone.
    #[must_use]
    pub fn system() -> Self {
        Self(TimeZone::system())
    }

    /// In the zone of Greenwich without summer time, the same everywhere.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Unix milliseconds, now.
    #[expect(clippy::unused_self, reason = "a reader of times is asked for the time")]
    pub(crate) fn now(&self) -> u64 {
        crate::net::local::unix_ms()
    }

    /// `14:03` from Unix milliseconds.
    pub(crate) fn time(&self, ms: u64) -> String {
        self.format(ms, "%H:%M").unwrap_or_else(|| "--:--".into())
    }

    /// `11 December 2026` from Unix seconds.
    pub(crate) fn date(&self, s: u64) -> String {
        self.format(s.saturating_mul(1000), "%-d %B %Y").unwrap_or_else(|| "a distant day".into())
    }

    /// `Friday, 11 December 2026` from Unix milliseconds.
    pub(crate) fn day(&self, ms: u64) -> String {
        self.format(ms, "%A, %-d %B %Y").unwrap_or_else(|| "A distant day".into())
    }

    /// Whether two times, in Unix milliseconds, are on one day.
    pub(crate) fn same_day(&self, a: u64, b: u64) -> bool {
        self.zoned(a).map(|a| a.date()) == self.zoned(b).map(|b| b.date())
    }

    fn format(&self, ms: u64, format: &str) -> Option<String> {
        Some(self.zoned(ms)?.strftime(format).to_string())
    }

    /// `None` for a time that no calendar has: a peer can write any number.
    fn zoned(&self, ms: u64) -> Option<Zoned> {
        let at = Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()?;
        Some(Zoned::new(at, self.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_their_zone() {
        let (clock, ms) = (Clock::utc(), 1_796_961_780_000);
        assert_eq!(clock.time(ms), "04:03");
        assert_eq!(clock.date(ms / 1000), "11 December 2026");
        assert_eq!(clock.day(ms), "Friday, 11 December 2026");
        assert!(clock.same_day(ms, ms + 1));
        assert!(!clock.same_day(ms, ms + 86_400_000));
    }

    #[test]
    fn impossible_times_are_shown_as_such() {
        let clock = Clock::utc();
        for ms in [u64::MAX, i64::MAX.unsigned_abs()] {
            assert_eq!(clock.time(ms), "--:--");
            assert_eq!(clock.day(ms), "A distant day");
        }
        assert_eq!(clock.date(u64::MAX), "a distant day");
    }
}
