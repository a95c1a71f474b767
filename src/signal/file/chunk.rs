//! `index(4) ‖ bytes of the file ‖ zeros`.

use super::CHUNK_LEN;
use super::INDEX_LEN;
use super::LANES;
use super::PLAIN_LEN;
use super::keys::FileKeys;
use super::keys::Sealed;
use crate::crypto::secret::SecretBytes;
use crate::signal::Error;

/// A piece of a file.
pub struct Chunk {
    index: u32,
    plaintext: SecretBytes,
    len: usize,
}

impl Chunk {
    /// Seals the bytes of the file from `index` times [`CHUNK_LEN`] on.
    ///
    /// # Errors
    /// [`Error::TooLong`] for an index behind the file's end, and for any number of bytes but those
    /// that stand there.
    pub fn seal(keys: &FileKeys, index: u32, bytes: &[u8]) -> Result<Sealed, Error> {
        if chunk_len(keys.size(), index) != Some(bytes.len()) {
            return Err(Error::TooLong);
        }
        let mut plaintext = Vec::with_capacity(PLAIN_LEN);
        plaintext.extend_from_slice(&index.to_be_bytes());
        plaintext.extend_from_slice(bytes);
        plaintext.resize(PLAIN_LEN, 0);
        keys.seal_chunk(plaintext)
    }

    /// Opens an envelope that came through a lane.
    ///
    /// # Errors
    /// [`Error`] if it does not authenticate, belongs into another lane, lies behind the end, or has
    /// anything behind its bytes.
    pub fn open(keys: &FileKeys, lane: u32, envelope: &[u8]) -> Result<Self, Error> {
        let plaintext = keys.open_chunk(envelope)?;
        let index = plaintext.expose().first_chunk().ok_or(Error::Decode)?;
        let index = u32::from_be_bytes(*index);
        let len = chunk_len(keys.size(), index).filter(|_| Self::lane(index) == lane);
        let len = len.ok_or(Error::Misbehaved)?;
        let behind = plaintext.expose().get(INDEX_LEN.saturating_add(len)..).unwrap_or_default();
        if behind.iter().any(|byte| *byte != 0) {
            return Err(Error::Misbehaved);
        }
        Ok(Self { index, plaintext, len })
    }

    /// Which chunk of the file it is.
    #[must_use]
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// Its bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let end = INDEX_LEN.saturating_add(self.len);
        self.plaintext.expose().get(INDEX_LEN..end).unwrap_or_default()
    }

    /// The lane that a chunk goes through.
    #[must_use]
    pub const fn lane(index: u32) -> u32 {
        index % LANES
    }

    /// Where a chunk begins in the file.
    #[must_use]
    pub fn offset(index: u32) -> u64 {
        u64::from(index).saturating_mul(LEN)
    }
}

impl core::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { index, plaintext: _, len: _ } = self;
        write!(f, "Chunk({index})")
    }
}

/// How many chunks a file of so many bytes has.
#[must_use]
pub fn chunks_of(size: u64) -> u32 {
    u32::try_from(size.div_ceil(LEN)).unwrap_or(u32::MAX)
}

/// How many bytes of a file stand in one of its chunks; none behind its end.
#[must_use]
pub fn chunk_len(size: u64, index: u32) -> Option<usize> {
    let rest = size.checked_sub(Chunk::offset(index)).filter(|rest| *rest > 0)?;
    Some(usize::try_from(rest).map_or(CHUNK_LEN, |rest| rest.min(CHUNK_LEN)))
}

/// [`CHUNK_LEN`].
const LEN: u64 = 3_968;

const _: () = assert!(CHUNK_LEN == 3_968);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::keys::tests::keys;
    use super::*;
    use crate::signal::BodyAead;
    use crate::signal::ENVELOPE_LEN;

    const BOTH: [BodyAead; 2] = [BodyAead::Aes256Gcm, BodyAead::ChaCha20Poly1305];

    #[test]
    fn a_file_is_cut_at_its_last_byte() {
        for (size, chunks, last) in
            [(0, 0, None), (1, 1, Some(1)), (LEN, 1, Some(CHUNK_LEN)), (LEN + 1, 2, Some(1))]
        {
            assert_eq!(chunks_of(size), chunks);
            assert_eq!(chunk_len(size, chunks.saturating_sub(1)), last);
            assert_eq!(chunk_len(size, chunks), None);
        }
        assert_eq!(chunks_of(super::super::MAX_LEN), 541_201);
        assert_eq!(chunk_len(super::super::MAX_LEN, u32::MAX), None);
    }

    #[test]
    fn nothing_stands_behind_the_last_bytes_of_a_file() {
        let keys = keys(BodyAead::Aes256Gcm, 100, 1);
        let sealed = |at: usize| {
            let mut plaintext = vec![0; PLAIN_LEN];
            plaintext[at] = 7;
            keys.seal_chunk(plaintext).unwrap().envelope
        };
        assert!(Chunk::open(&keys, 0, &sealed(INDEX_LEN + 99)).is_ok());
        assert!(Chunk::open(&keys, 0, &sealed(INDEX_LEN + 100)).is_err());
        assert!(Chunk::open(&keys, 0, &sealed(PLAIN_LEN - 1)).is_err());
    }

    #[test]
    fn every_flipped_byte_and_every_other_length_is_refused() {
        for aead in BOTH {
            let keys = keys(aead, 5_000, 1);
            let Sealed { envelope, .. } = Chunk::seal(&keys, 0, &[7; CHUNK_LEN]).unwrap();
            assert_eq!(envelope.len(), ENVELOPE_LEN);
            assert!(Chunk::open(&keys, 0, &envelope).is_ok());
            for at in 0..envelope.len() {
                let mut flipped = envelope.clone();
                flipped[at] ^= 1;
                assert!(Chunk::open(&keys, 0, &flipped).is_err(), "byte {at}");
                assert!(Chunk::open(&keys, 0, &envelope[..at]).is_err(), "{at} bytes");
            }
            assert!(Chunk::open(&keys, 0, &[&envelope[..], &[0]].concat()).is_err());
        }
    }

    #[test]
    fn a_chunk_is_good_in_its_file_its_lane_and_nowhere_else() {
        let bytes = [7; CHUNK_LEN];
        let all = keys(BodyAead::Aes256Gcm, 100 * LEN, 1);
        let Sealed { envelope, .. } = Chunk::seal(&all, 5, &bytes).unwrap();
        assert_eq!(Chunk::open(&all, 1, &envelope).unwrap().index(), 5);
        for lane in [0, 2, 3, 4, 5] {
            assert!(Chunk::open(&all, lane, &envelope).is_err());
        }
        for other in [
            keys(BodyAead::Aes256Gcm, 100 * LEN, 2),
            keys(BodyAead::Aes256Gcm, 101 * LEN, 1),
            keys(BodyAead::ChaCha20Poly1305, 100 * LEN, 1),
        ] {
            assert!(Chunk::open(&other, 1, &envelope).is_err());
        }
        assert!(Chunk::seal(&all, 100, &bytes).is_err(), "behind the end");
        assert!(Chunk::seal(&all, 99, &bytes[1..]).is_err(), "too short");
        assert!(Chunk::seal(&all, 99, &[&bytes[..], &[0]].concat()).is_err(), "too long");
    }

    #[test]
    fn the_same_bytes_are_the_same_envelope_and_others_share_no_nonce() {
        let keys = keys(BodyAead::Aes256Gcm, 100 * LEN, 1);
        let seal = |index, byte| Chunk::seal(&keys, index, &[byte; CHUNK_LEN]).unwrap();
        let (first, again) = (seal(3, 7), seal(3, 7));
        assert!(first.id == again.id && first.envelope == again.envelope);
        for other in [seal(3, 8), seal(7, 7)] {
            assert_ne!(other.id, first.id);
            assert_ne!(other.envelope[..12], first.envelope[..12]);
        }
    }

    proptest! {
        #[test]
        fn every_chunk_of_every_file_comes_back(size in 1_u64..20_000, byte in any::<u8>()) {
            let keys = keys(BodyAead::ChaCha20Poly1305, size, 1);
            let mut bytes = 0;
            for index in 0..chunks_of(size) {
                let plain = vec![byte; chunk_len(size, index).unwrap()];
                let sealed = Chunk::seal(&keys, index, &plain).unwrap();
                let chunk = Chunk::open(&keys, Chunk::lane(index), &sealed.envelope).unwrap();
                prop_assert_eq!((chunk.index(), chunk.bytes()), (index, &plain[..]));
                bytes += chunk.bytes().len();
            }
            prop_assert_eq!(u64::try_from(bytes).unwrap(), size);
        }
    }
}
