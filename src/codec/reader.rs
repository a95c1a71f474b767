//! Reading big-endian numbers and length-prefixed bytes ([RFC 8446, section 3](https://www.rfc-editor.org/rfc/rfc8446#section-3)).

use super::Error;

/// Reads bytes from front to back. A failed read takes nothing.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`Error::Truncated`] at the end.
    pub fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(u8::from_be_bytes)
    }

    /// The next two bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`] if there are fewer.
    pub fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next three bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`] if there are fewer.
    pub fn u24(&mut self) -> Result<u32, Error> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_be_bytes([0, a, b, c]))
    }

    /// The next four bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`] if there are fewer.
    pub fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_be_bytes)
    }

    /// The next eight bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`] if there are fewer.
    pub fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_be_bytes)
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`] if there are fewer.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Error> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`Error::Truncated`] if there are fewer.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Error::Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// Bytes behind a length of one byte, at most `max` of them.
    ///
    /// # Errors
    /// [`Error::TooLong`] above `max`, [`Error::Truncated`] if there are fewer than the length says.
    pub fn vec8(&mut self, max: usize) -> Result<&'a [u8], Error> {
        let mut ahead = self.clone();
        let len = usize::from(ahead.u8()?);
        self.vec(ahead, len, max)
    }

    /// Bytes behind a length of two bytes, at most `max` of them.
    ///
    /// # Errors
    /// As [`Reader::vec8`].
    pub fn vec16(&mut self, max: usize) -> Result<&'a [u8], Error> {
        let mut ahead = self.clone();
        let len = usize::from(ahead.u16()?);
        self.vec(ahead, len, max)
    }

    /// Bytes behind a length of three bytes, at most `max` of them.
    ///
    /// # Errors
    /// As [`Reader::vec8`].
    pub fn vec24(&mut self, max: usize) -> Result<&'a [u8], Error> {
        let mut ahead = self.clone();
        let len = usize::try_from(ahead.u24()?).map_err(|_| Error::TooLong)?;
        self.vec(ahead, len, max)
    }

    fn vec(&mut self, mut ahead: Self, len: usize, max: usize) -> Result<&'a [u8], Error> {
        if len > max {
            return Err(Error::TooLong);
        }
        let taken = ahead.take(len)?;
        *self = ahead;
        Ok(taken)
    }

    /// Everything that is left; nothing is left afterwards.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.0)
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`Error::Trailing`] if something is left.
    pub fn finish(self) -> Result<(), Error> {
        if self.is_empty() { Ok(()) } else { Err(Error::Trailing) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_big_endian() {
        let mut reader = Reader::new(&[1, 0, 2, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16(), Ok(2));
        assert_eq!(reader.u24(), Ok(3));
        assert_eq!(reader.u32(), Ok(4));
        assert_eq!(reader.u64(), Ok(5));
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn a_failed_read_takes_nothing() {
        let mut reader = Reader::new(&[3, 1, 2]);
        assert_eq!(reader.vec8(8), Err(Error::Truncated));
        assert_eq!(reader.vec8(2), Err(Error::TooLong));
        assert_eq!(reader.u32(), Err(Error::Truncated));
        assert_eq!(reader.rest(), [3, 1, 2]);
    }

    #[test]
    fn bytes_left_over_are_an_error() {
        let mut reader = Reader::new(&[1, 7, 9]);
        assert_eq!(reader.vec8(1), Ok(&[7][..]));
        assert_eq!(reader.finish(), Err(Error::Trailing));
    }
}
