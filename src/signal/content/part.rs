//! `item's name(16) ‖ index(2) ‖ count(2) ‖ slice`: a part of an item that no body holds whole.
//!
//! Every slice but the last has [`SLICE_LEN`] bytes, so that a part's length says nothing that its
//! index does not.

use super::MessageName;
use crate::codec::Error;
use crate::codec::Reader;
use crate::codec::Writer;

/// A part of an item.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// The item's name.
    pub item: MessageName,
    /// Which part, from 0.
    pub index: u16,
    /// How many there are: 2 to [`MAX_PARTS`].
    pub count: u16,
    /// [`SLICE_LEN`] bytes of the item, 1 to [`SLICE_LEN`] in the last part.
    pub slice: Vec<u8>,
}

impl Part {
    /// Cuts an item.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it would be a single part, [`Error::TooLong`] if there would be more
    /// than [`MAX_PARTS`].
    pub fn split(name: MessageName, item: &[u8]) -> Result<Vec<Self>, Error> {
        let count = u16::try_from(item.len().div_ceil(SLICE_LEN)).map_err(|_| Error::TooLong)?;
        check_count(count)?;
        let slices = item.chunks(SLICE_LEN).map(<[u8]>::to_vec);
        Ok((0..)
            .zip(slices)
            .map(|(index, slice)| Self { item: name, index, count, slice })
            .collect())
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        HEADER_LEN + self.slice.len()
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), Error> {
        self.check()?;
        writer.bytes(&self.item).u16(self.index).u16(self.count).bytes(&self.slice);
        Ok(())
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        let (item, index, count) = (reader.array()?, reader.u16()?, reader.u16()?);
        let part = Self { item, index, count, slice: reader.rest().to_vec() };
        part.check()?;
        Ok(part)
    }

    fn check(&self) -> Result<(), Error> {
        check_count(self.count)?;
        let len = self.slice.len();
        let fits = if self.index.checked_add(1) == Some(self.count) {
            (1..=SLICE_LEN).contains(&len)
        } else {
            self.index < self.count && len == SLICE_LEN
        };
        if fits { Ok(()) } else { Err(Error::Invalid) }
    }
}

fn check_count(count: u16) -> Result<(), Error> {
    match count {
        0 | 1 => Err(Error::Invalid),
        2..=MAX_PARTS => Ok(()),
        _ => Err(Error::TooLong),
    }
}

impl core::fmt::Debug for Part {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { item: _, index, count, slice: _ } = self;
        write!(f, "Part({index} of {count})")
    }
}

pub(super) const HEADER_LEN: usize = 16 + 2 + 2;
/// How many bytes of an item one part brings: what stays of a whole item's room.
pub const SLICE_LEN: usize = 1_420;
/// The most parts: the longest item of this version has 739, a later one may have a few more.
pub const MAX_PARTS: u16 = 760;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_joined_are_the_item() {
        for len in [SLICE_LEN + 1, 2 * SLICE_LEN, 2 * SLICE_LEN + 1, 1 << 20] {
            let item: Vec<u8> = (0..=255).cycle().take(len).collect();
            let parts = Part::split([1; 16], &item).unwrap();
            assert_eq!(parts.len(), len.div_ceil(SLICE_LEN));
            let joined: Vec<u8> = parts.iter().flat_map(|part| part.slice.clone()).collect();
            assert!(joined == item);
            for part in parts {
                let mut writer = Writer::new();
                part.write(&mut writer).unwrap();
                let bytes = writer.into_vec();
                assert_eq!(bytes.len(), part.len());
                assert!(Part::read(&bytes) == Ok(part));
            }
        }
    }

    #[test]
    fn too_short_and_too_long_items_are_not_cut() {
        let split = |len| Part::split([1; 16], &vec![0; len]).map(|parts| parts.len());
        assert_eq!(split(0), Err(Error::Invalid));
        assert_eq!(split(SLICE_LEN), Err(Error::Invalid));
        assert_eq!(split(usize::from(MAX_PARTS) * SLICE_LEN), Ok(usize::from(MAX_PARTS)));
        assert_eq!(split(usize::from(MAX_PARTS) * SLICE_LEN + 1), Err(Error::TooLong));
        assert_eq!(split(70_000 * SLICE_LEN), Err(Error::TooLong));
    }

    #[test]
    fn parts_that_nobody_cuts_are_refused() {
        let part = |index, count, len| Part { item: [1; 16], index, count, slice: vec![0; len] };
        let full = SLICE_LEN;
        for (fits, part) in [
            (true, part(0, 2, full)),
            (true, part(1, 2, 1)),
            (true, part(1, 2, full)),
            (true, part(MAX_PARTS - 1, MAX_PARTS, full)),
            (false, part(0, 0, full)),
            (false, part(0, 1, full)),
            (false, part(0, MAX_PARTS + 1, full)),
            (false, part(2, 2, full)),
            (false, part(u16::MAX - 1, 2, full)),
            (false, part(u16::MAX, 2, full)),
            (false, part(0, 2, full - 1)),
            (false, part(0, 2, full + 1)),
            (false, part(1, 2, 0)),
            (false, part(1, 2, full + 1)),
        ] {
            let mut writer = Writer::new();
            assert_eq!(part.write(&mut writer).is_ok(), fits, "{part:?}");
            let (index, count) = (part.index.to_be_bytes(), part.count.to_be_bytes());
            let bytes = [&part.item[..], &index, &count, &part.slice].concat();
            assert_eq!(Part::read(&bytes).is_ok(), fits, "{part:?}");
        }
        assert!(Part::read(&[0; HEADER_LEN - 1]).is_err());
    }
}
