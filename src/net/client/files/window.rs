//! How many chunks may be on their way to the relay: as many as it stores within a moment, so that a
//! message which goes over the same connection does not wait for longer.

/// A window that follows how long the relay takes, and how much it takes at all.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    /// The most that the relay has not found too fast.
    most: usize,
    /// What it has stored since then.
    stored: usize,
    /// Not made smaller again before this: what is measured until then was sent before.
    shrunk_until: u64,
}

impl Window {
    pub(super) const fn new() -> Self {
        Self { size: FIRST, most: MOST, stored: 0, shrunk_until: 0 }
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
        if took <= TARGET {
            self.size = self.size.saturating_add(1).min(self.most);
        } else if now >= self.shrunk_until {
            self.size = (self.size / 2).max(LEAST);
            self.shrunk_until = now.saturating_add(took);
        }
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
/// How long storing may take, in milliseconds: below the 200 in which a message is to be there.
const TARGET: u64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_relay_opens_the_window_and_a_slow_line_closes_it() {
        let mut window = Window::new();
        (0..1_000).for_each(|now| window.stored(5, now));
        assert_eq!(window.size(), MOST);
        window.stored(TARGET + 1, 1_000);
        window.stored(TARGET + 1, 1_001);
        assert_eq!(window.size(), MOST / 2, "once for what was on its way together");
        (2..100).for_each(|turn| window.stored(1_000, turn * 1_000));
        assert_eq!(window.size(), LEAST);
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
