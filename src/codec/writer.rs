//! Writing what `Reader` reads.

/// Collects bytes.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Starts empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts empty, with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes(&[value])
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// The lower three bytes, big-endian.
    pub fn u24(&mut self, value: u32) -> &mut Self {
        let [_, a, b, c] = value.to_be_bytes();
        self.bytes(&[a, b, c])
    }

    /// Four bytes, big-endian.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// Eight bytes, big-endian.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    /// The bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// What `write` writes, behind its length in one byte.
    pub fn vec8(&mut self, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.prefixed::<1>(write)
    }

    /// What `write` writes, behind its length in two bytes.
    pub fn vec16(&mut self, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.prefixed::<2>(write)
    }

    /// What `write` writes, behind its length in three bytes.
    pub fn vec24(&mut self, write: impl FnOnce(&mut Self)) -> &mut Self {
        self.prefixed::<3>(write)
    }

    /// The bytes written.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }

    /// Invariant: callers write values whose ceilings are below the prefix's range; a longer one is
    /// a bug here, shown in debug builds, and unreadable for every `Reader` in release builds.
    fn prefixed<const N: usize>(&mut self, write: impl FnOnce(&mut Self)) -> &mut Self {
        let at = self.0.len();
        self.0.extend_from_slice(&[0; N]);
        write(self);
        let len = self.0.len() - at - N;
        debug_assert!(len.checked_shr(8 * u32::try_from(N).unwrap_or(0)).unwrap_or(0) == 0);
        let prefix = len.to_be_bytes();
        let (to, from) = (self.0.iter_mut().skip(at).take(N), prefix.iter().rev().take(N).rev());
        to.zip(from).for_each(|(to, from)| *to = *from);
        self
    }
}

impl core::fmt::Debug for Writer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Writer({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::new();
        writer.u8(1).u16(2).u24(3).u32(4).u64(5);
        writer.vec8(|w| {
            w.bytes(b"a");
        });
        writer.vec16(|w| {
            w.vec24(|w| {
                w.bytes(b"bc");
            });
        });
        let bytes = writer.into_vec();
        let mut reader = Reader::new(&bytes);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.u16(), Ok(2));
        assert_eq!(reader.u24(), Ok(3));
        assert_eq!(reader.u32(), Ok(4));
        assert_eq!(reader.u64(), Ok(5));
        assert_eq!(reader.vec8(9), Ok(&b"a"[..]));
        assert_eq!(Reader::new(reader.vec16(9).unwrap()).vec24(9), Ok(&b"bc"[..]));
        assert_eq!(reader.finish(), Ok(()));
    }
}
