//! The frame of state at rest: `version ‖ … ‖ checksum(16)`.
//!
//! The checksum finds damage, not malice: whoever stores the bytes seals them.

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::hash;
use crate::crypto::secret::SecretBytes;

use super::Error;

/// Version, content and checksum of a state that has about `len` bytes.
pub(super) fn write(version: u8, len: usize, content: impl FnOnce(&mut Writer)) -> SecretBytes {
    let mut writer = Writer::with_capacity(len + 1 + CHECKSUM_LEN);
    writer.u8(version);
    content(&mut writer);
    let mut bytes = writer.into_vec();
    let checksum = checksum(&bytes);
    bytes.extend_from_slice(&checksum);
    SecretBytes::new(bytes)
}

/// The version, and a reader over the content.
///
/// # Errors
/// [`Error::Decode`] for a wrong checksum.
pub(super) fn read(bytes: &[u8]) -> Result<(u8, Reader<'_>), Error> {
    let (content, sum) = bytes.split_last_chunk::<CHECKSUM_LEN>().ok_or(Error::Decode)?;
    if checksum(content) != *sum {
        return Err(Error::Decode);
    }
    let mut reader = Reader::new(content);
    Ok((reader.u8()?, reader))
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_LEN] {
    let digest = hash::sha256(&[content]);
    let mut checksum = [0; CHECKSUM_LEN];
    checksum.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    checksum
}

const CHECKSUM_LEN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_damage_is_found() {
        let bytes = write(1, 1, |writer| {
            writer.u8(7);
        });
        let (version, mut reader) = read(bytes.expose()).unwrap();
        assert_eq!((version, reader.u8(), reader.finish()), (1, Ok(7), Ok(())));
        let mut damaged = bytes.expose().to_vec();
        damaged[1] ^= 1;
        assert_eq!(read(&damaged).unwrap_err(), Error::Decode);
        assert_eq!(read(&[]).unwrap_err(), Error::Decode);
    }
}
