//! How many chunks may be on their way to the relay: as many as make nobody wait for longer than a
//! moment, so that a message which goes over the same connection does not either.
//!
//! What counts is how much longer storing takes than it takes at the least, over this line: through
//! Tor that is half a second, and no queue of ours. Windows that follow a delay work so since
//! [LEDBAT](https://www.rfc-editor.org/rfc/rfc6817#section-2.4.2). What it takes at the least is
//! measured anew now and then, with next to nothing on the way, for a line can become longer.

/// A window that follows how long the relay takes, and how much it takes at all.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    /// The most that the relay has not found too fast.
    most: usize,
    /// What it has stored since then.
    stored: usize,
    /// Not moved again before this: what is measured until then was sent before.
    shrunk_until: u64,
    /// The least that storing has taken since that was measured anew, in milliseconds.
    base: u64,
    /// When it is.
    measured_until: u64,
}

impl Window {
    pub(super) const fn new() -> Self {
        let (shrunk_until, measured_until) = (0, 0);
        Self { size: FIRST, most: MOST, stored: 0, shrunk_until, base: u64::MAX, measured_until }
    }

    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// The relay has stored a chunk, so many milliseconds after it was sent.
    pub(super) fn stored(&mut self, took: u64, now: u64) {
        self.stored = self.stored.saturating_add(1);
        if self.stored >= TRY_MORE_AFTER {
            (self.stored, self.most) = (0, self.most.saturating_add(1).min(MOST));
        }
        self.measure(took, now);
        if now < self.shrunk_until {
            return;
        }
        if took <= self.base.saturating_add(TARGET) {
            self.size = self.size.saturating_add(1).min(self.most);
        } else {
            self.size = (self.size / 2).max(LEAST);
            self.shrunk_until = now.saturating_add(took);
        }
    }

    /// Keeps the least, and begins again when it is time: with a window of next to nothing, until what
    /// is on the way now has come.
    fn measure(&mut self, took: u64, now: u64) {
        if self.measured_until == 0 {
            self.measured_until = now.saturating_add(MEASURED_EVERY);
        }
        if now >= self.measured_until {
            (self.base, self.measured_until) = (u64::MAX, now.saturating_add(MEASURED_EVERY));
            (self.size, self.shrunk_until) = (LEAST, now.saturating_add(took));
        }
        self.base = self.base.min(took);
    }

    /// The relay takes nothing before `until`, for it was put too fast: the same connection has
    /// messages to carry, which wait as long.
    pub(super) fn was_too_fast(&mut self, now: u64, until: u64) {
        if now < self.shrunk_until {
            return;
        }
        self.most = (self.size.saturating_mul(3) / 4).max(LEAST);
        (self.size, self.stored, self.shrunk_until) = (self.most, 0, until);
    }
}

/// What a window begins with: a handful of packets.
const FIRST: usize = 16;
/// The least: two packets on the way and two being stored.
const LEAST: usize = 4;
/// The most: a megabyte, at 20 ms from Put to Stored 50 MB/s.
const MOST: usize = 256;
/// After how many stored chunks a little more is tried than was too fast once: 16 MB.
const TRY_MORE_AFTER: usize = 4_096;
/// How much longer than at the least storing may take, in milliseconds: with what a near relay takes
/// below the 200 in which a message is to be there.
const TARGET: u64 = 100;
/// How long what was measured is good for, in milliseconds. Through Tor measuring takes a second.
const MEASURED_EVERY: u64 = 30_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_relay_opens_the_window_and_a_slow_line_closes_it() {
        let mut window = Window::new();
        (0..1_000).for_each(|now| window.stored(5, now));
        assert_eq!(window.size(), MOST);
        window.stored(TARGET + 6, 1_000);
        window.stored(TARGET + 6, 1_001);
        assert_eq!(window.size(), MOST / 2, "once for what was on its way together");
        (2..20).for_each(|turn| window.stored(1_000, turn * 1_000));
        assert_eq!(window.size(), LEAST);
    }

    #[test]
    fn a_long_line_is_no_slow_one() {
        let mut window = Window::new();
        (0..1_000).for_each(|turn| window.stored(600 + turn % TARGET, turn));
        assert_eq!(window.size(), MOST);
        window.stored(601 + TARGET, 1_000);
        assert_eq!(window.size(), MOST / 2);
    }

    /// A line on which a chunk takes 2 ms and everything 50 ms more; the queue is ours. After a minute
    /// the line is half a second longer.
    #[test]
    fn a_line_that_becomes_longer_is_measured_anew_and_a_queue_does_not_hide_in_it() {
        let mut window = Window::new();
        let (mut now, mut sizes) = (0, Vec::new());
        while now < 300_000 {
            let line = if now < 60_000 { 50 } else { 550 };
            let queued = u64::try_from(window.size()).unwrap() * 2;
            now += 2;
            window.stored(line.max(queued), now);
            let is_settled = now % 60_000 > 40_000 && now % 30_000 > 10_000;
            sizes.extend(is_settled.then_some((now > 60_000, window.size())));
        }
        let of =
            |long: bool| sizes.iter().filter(move |(is, _)| *is == long).map(|(_, size)| *size);
        assert!(of(false).all(|size| (25..=77).contains(&size)), "{:?}", of(false).max());
        assert!(of(true).all(|size| size > 150), "{:?}", of(true).min());
    }

    #[test]
    fn what_was_too_fast_once_is_not_tried_again_soon() {
        let mut window = Window::new();
        (0..1_000).for_each(|now| window.stored(5, now));
        (0..200).for_each(|_| window.was_too_fast(1_000, 2_000));
        assert_eq!(window.size(), MOST * 3 / 4, "once for what was on its way together");
        (2_000..3_000).for_each(|now| window.stored(5, now));
        assert_eq!(window.size(), MOST * 3 / 4);
        (0..TRY_MORE_AFTER).for_each(|_| window.stored(5, 3_000));
        assert_eq!(window.size(), MOST * 3 / 4 + 1);
        window.was_too_fast(4_000, 5_000);
        assert!(window.size() < MOST * 3 / 5);
    }
}
