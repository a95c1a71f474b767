//! How steadily a connection carries cells.

use core::fmt;
use core::time::Duration;

use minicbor::Decode;
use minicbor::Decoder;
use minicbor::Encode;
use minicbor::Encoder;
use minicbor::decode;
use minicbor::encode;

use super::CELL_LEN;

/// The time between two cells of one direction of a steady connection, from [`Pace::LEAST`] to
/// [`Pace::MOST`], in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pace(u32);

impl Pace {
    /// Ten cells a second: what the slowest of mobile networks still carries both ways.
    pub const LEAST: Self = Self(100);
    /// One a second.
    pub const SECOND: Self = Self(1_000);
    /// One a minute: more seldom a conversation is none.
    pub const MOST: Self = Self(60_000);

    /// A pace in milliseconds; none outside the bounds.
    #[must_use]
    pub fn from_millis(millis: u32) -> Option<Self> {
        let pace = Self(millis);
        (Self::LEAST..=Self::MOST).contains(&pace).then_some(pace)
    }

    /// What lies between two cells.
    #[must_use]
    pub fn every(self) -> Duration {
        Duration::from_millis(self.0.into())
    }

    /// How many bytes of cells a connection carries in a day, both directions together. What TCP and
    /// records put around them is a few per cent more.
    #[must_use]
    pub fn bytes_a_day(self) -> u64 {
        let cells = DAY_MS / u64::from(self.0);
        u64::try_from(CELL_LEN).map_or(u64::MAX, |len| 2 * cells * len)
    }
}

impl fmt::Display for Pace {
    /// In seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 1_000, self.0 % 1_000) {
            (seconds, 0) => write!(f, "{seconds} s"),
            (seconds, millis) => {
                let digits = format!("{millis:03}");
                write!(f, "{seconds}.{} s", digits.trim_end_matches('0'))
            }
        }
    }
}

impl<C> Encode<C> for Pace {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.u32(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Pace {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::from_millis(d.u32()?).ok_or_else(|| decode::Error::message("no pace"))
    }
}

const DAY_MS: u64 = 24 * 3_600 * 1_000;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_pace_has_bounds_on_both_sides() {
        for (millis, is_one) in [(0, false), (99, false), (100, true), (60_000, true)] {
            assert_eq!(Pace::from_millis(millis).is_some(), is_one, "{millis}");
        }
        assert_eq!(Pace::from_millis(60_001), None);
        for millis in [0_u32, 99, 60_001, u32::MAX] {
            let bytes = minicbor::to_vec(millis).unwrap();
            assert!(Decoder::new(&bytes).decode::<Pace>().is_err(), "{millis}");
        }
    }

    #[test]
    fn its_price_is_that_of_its_cells() {
        let pace = Pace::from_millis(5_000).unwrap();
        assert_eq!(pace.bytes_a_day(), 2 * 17_280 * 4_096);
        assert_eq!(pace.every(), Duration::from_secs(5));
    }

    #[test]
    fn it_is_said_in_seconds() {
        for (millis, said) in [(100, "0.1 s"), (1_250, "1.25 s"), (5_000, "5 s")] {
            assert_eq!(Pace::from_millis(millis).unwrap().to_string(), said);
        }
    }
}
