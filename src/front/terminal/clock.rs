//! Times as people read them, in this computer's time zone.

use jiff::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;

/// A reader of times, and the day of the last one shown.
#[derive(Debug)]
pub(super) struct Clock {
    zone: TimeZone,
    day: Option<String>,
}

impl Clock {
    pub(super) fn new(zone: TimeZone) -> Self {
        Self { zone, day: None }
    }

    /// `14:03` from Unix milliseconds.
    pub(super) fn time(&self, ms: u64) -> String {
        self.format(ms, "%H:%M").unwrap_or_else(|| "--:--".into())
    }

    /// `2026-12-11` from Unix seconds.
    pub(super) fn date(&self, s: u64) -> String {
        self.format(s.saturating_mul(1000), "%Y-%m-%d").unwrap_or_else(|| "a distant day".into())
    }

    /// `2026-12-11 14:03` from Unix milliseconds.
    pub(super) fn date_and_time(&self, ms: u64) -> String {
        self.format(ms, "%Y-%m-%d %H:%M").unwrap_or_else(|| "a distant day".into())
    }

    /// `2026-12-11` from days since 1970, which are the same everywhere.
    pub(super) fn day(days: u64) -> String {
        Self::new(TimeZone::UTC).date(days.saturating_mul(86_400))
    }

    /// `-- Friday 2026-12-11 --` and a line end, when this is another day than the last one shown.
    pub(super) fn new_day(&mut self, ms: u64) -> String {
        let day = self.format(ms, "%A %Y-%m-%d");
        if day.is_none() || day == self.day {
            return String::new();
        }
        let line = day.as_ref().map(|day| format!("-- {day} --\n")).unwrap_or_default();
        self.day = day;
        line
    }

    /// `None` for a time that no calendar has: a peer can write any number.
    fn format(&self, ms: u64, format: &str) -> Option<String> {
        let at = Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()?;
        Some(Zoned::new(at, self.zone.clone()).strftime(format).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_announced_once() {
        let mut clock = Clock::new(TimeZone::UTC);
        let ms = 1_796_961_780_000;
        assert_eq!((clock.time(ms), clock.date(ms / 1000)), ("04:03".into(), "2026-12-11".into()));
        assert_eq!(clock.date_and_time(ms), "2026-12-11 04:03");
        assert_eq!(Clock::day(ms / 86_400_000), "2026-12-11");
        assert_eq!(clock.new_day(ms), "-- Friday 2026-12-11 --\n");
        assert_eq!(clock.new_day(ms + 1), "");
        assert_eq!(clock.new_day(ms + 86_400_000), "-- Saturday 2026-12-12 --\n");
    }

    #[test]
    fn impossible_times_are_shown_as_such() {
        let mut clock = Clock::new(TimeZone::UTC);
        for ms in [u64::MAX, i64::MAX.unsigned_abs()] {
            assert_eq!(clock.time(ms), "--:--");
            assert_eq!(clock.new_day(ms), "");
        }
        assert_eq!(clock.date(u64::MAX), "a distant day");
        assert_eq!(clock.date_and_time(u64::MAX), "a distant day");
        assert_eq!(Clock::day(u64::MAX), "a distant day");
    }
}
