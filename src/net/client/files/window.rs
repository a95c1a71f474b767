//! How many chunks may be on their way to the relay: as many as it stores within a moment, so that a
//! message which goes over the same connection does not wait for longer.

/// A window that follows how long the relay takes.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    /// Not made smaller again before this: what is measured until then was sent before.
    shrunk_until: u64,
}

impl Window {
    pub(super) const fn new() -> Self {
        Self { size: FIRST, shrunk_until: 0 }
    }

    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// The relay has stored a chunk, so many milliseconds after it was sent.
    pub(super) fn stored(&mut self, took: u64, now: u64) {
        if took <= TARGET {
            self.size = self.size.saturating_add(1).min(MOST);
        } else if now >= self.shrunk_until {
            self.size = (self.size / 2).max(LEAST);
            self.shrunk_until = now.saturating_add(took);
        }
    }
}

/// What a window begins with: a handful of packets.
const FIRST: usize = 16;
/// The least: two packets on the way and two being stored.
const LEAST: usize = 4;
/// The most: a megabyte, at 20 ms from Put to Stored 50 MB/s.
const MOST: usize = 256;
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
}
