//! `session id(16) ‖ first(8) ‖ last(8)`: numbers that the writer waits for.

use crate::codec::Error;
use crate::codec::Reader;
use crate::codec::Writer;

/// Numbers of a session's items and parts that have not come while later ones have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The session's id.
    pub session: [u8; 16],
    /// The first number that is missing.
    pub first: u64,
    /// The last one; not below the first.
    pub last: u64,
}

impl Gap {
    /// How many numbers are asked for at once, and sent again for one question.
    pub const MAX_NUMBERS: u64 = 64;

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), Error> {
        if self.first > self.last {
            return Err(Error::Invalid);
        }
        writer.bytes(&self.session).u64(self.first).u64(self.last);
        Ok(())
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        let gap = Self { session: reader.array()?, first: reader.u64()?, last: reader.u64()? };
        reader.finish()?;
        if gap.first > gap.last { Err(Error::Invalid) } else { Ok(gap) }
    }
}

pub(super) const LEN: usize = 16 + 8 + 8;

impl core::fmt::Debug for Gap {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { session: _, first, last } = self;
        write!(f, "Gap({first} to {last})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_that_ends_before_it_begins_is_none() {
        for (first, last, is_gap) in [(3, 3, true), (3, 4, true), (4, 3, false)] {
            let gap = Gap { session: [1; 16], first, last };
            let mut writer = Writer::new();
            assert_eq!(gap.write(&mut writer).is_ok(), is_gap);
            let bytes = [&[1; 16][..], &u64::to_be_bytes(first), &u64::to_be_bytes(last)].concat();
            assert_eq!(bytes.len(), LEN);
            assert_eq!(Gap::read(&bytes).is_ok(), is_gap);
        }
    }
}
