//! What is told of a file that moves: not more often than anybody reads it.

use core::time::Duration;

use crate::net::client::event::FileState;
use crate::net::client::event::FileWait;

/// How fast a file moves, and what was told of it.
pub(super) struct Pace {
    size: u64,
    told: Option<FileState>,
    told_at: u64,
    /// Where and when the speed was measured last.
    measured: Option<(u64, u64)>,
    /// Bytes in a second.
    speed: Option<u64>,
}

impl Pace {
    pub(super) const fn new(size: u64) -> Self {
        Self { size, told: None, told_at: 0, measured: None, speed: None }
    }

    /// What is to be told now, if anything.
    pub(super) fn tell(
        &mut self,
        done: u64,
        wait: Option<FileWait>,
        now: u64,
    ) -> Option<FileState> {
        self.measure(done, wait, now);
        let state = match wait {
            Some(why) => FileState::Waiting { done, why },
            None => FileState::Moving { done, left: self.left(done) },
        };
        let is_other = !self.told.as_ref().is_some_and(|told| is_alike(told, &state));
        let is_time = now >= self.told_at.saturating_add(TELL_EVERY);
        let is_news = self.told.as_ref() != Some(&state);
        if !(is_other || is_time && is_news) {
            return None;
        }
        self.told_at = now;
        self.told = Some(state.clone());
        Some(state)
    }

    /// An average that follows within seconds.
    fn measure(&mut self, done: u64, wait: Option<FileWait>, now: u64) {
        if wait.is_some() {
            (self.measured, self.speed) = (None, None);
            return;
        }
        let Some((at, before)) = self.measured else {
            self.measured = Some((now, done));
            return;
        };
        let took = now.saturating_sub(at);
        if took < MEASURE_EVERY {
            return;
        }
        let speed = done.saturating_sub(before).saturating_mul(1000) / took;
        let smooth = |last: u64| last.saturating_mul(3).saturating_add(speed) / 4;
        self.speed = Some(self.speed.map_or(speed, smooth));
        self.measured = Some((now, done));
    }

    fn left(&self, done: u64) -> Option<Duration> {
        let speed = self.speed.filter(|speed| *speed > 0)?;
        Some(Duration::from_secs(self.size.saturating_sub(done).div_ceil(speed)))
    }
}

/// Whether two states differ in numbers alone.
fn is_alike(a: &FileState, b: &FileState) -> bool {
    match (a, b) {
        (FileState::Moving { .. }, FileState::Moving { .. }) => true,
        (FileState::Waiting { why: a, .. }, FileState::Waiting { why: b, .. }) => a == b,
        _ => false,
    }
}

/// Four times a second, in milliseconds.
const TELL_EVERY: u64 = 250;
/// In milliseconds.
const MEASURE_EVERY: u64 = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_four_times_a_second_and_a_change_at_once() {
        let mut pace = Pace::new(1_000_000);
        let told = (0..=1_000).filter(|now| pace.tell(now * 100, None, *now).is_some()).count();
        assert_eq!(told, 5);
        let waiting = pace.tell(100_000, Some(FileWait::Contact), 1_001);
        assert!(matches!(waiting, Some(FileState::Waiting { why: FileWait::Contact, .. })));
        assert_eq!(pace.tell(100_000, Some(FileWait::Contact), 9_000), None, "nothing is new");
    }

    #[test]
    fn the_time_that_is_left_follows_the_speed() {
        let mut pace = Pace::new(10_000);
        pace.tell(0, None, 0);
        let Some(FileState::Moving { left, .. }) = pace.tell(1_000, None, 1_000) else { panic!() };
        assert_eq!(left, Some(Duration::from_secs(9)));
    }
}
