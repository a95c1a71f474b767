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

/// A reader over the content.
///
/// # Errors
/// [`Error::Decode`] for a wrong checksum, [`Error::Version`] for an unknown version.
pub(super) fn read(version: u8, bytes: &[u8]) -> Result<Reader<'_>, Error> {
    let (content, sum) = bytes.split_last_chunk::<CHECKSUM_LEN>().ok_or(Error::Decode)?;
    if checksum(content) != *sum {
        return Err(Error::Decode);
    }
    let mut reader = Reader::new(content);
    match reader.u8()? {
        found if found == version => Ok(reader),
        other => Err(Error::Version(other)),
    }
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
    fn another_version_is_refused_by_name() {
        let bytes = write(1, 1, |writer| {
            writer.u8(7);
        });
        let mut reader = read(1, bytes.expose()).unwrap();
        assert_eq!((reader.u8(), reader.finish()), (Ok(7), Ok(())));
        assert_eq!(read(2, bytes.expose()).unwrap_err(), Error::Version(1));
        assert_eq!(read(1, &[]).unwrap_err(), Error::Decode);
    }
}
