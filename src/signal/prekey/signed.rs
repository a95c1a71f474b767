//! The frame of a signed record: `version ‖ … ‖ signature(64)`, by the identity key of its writer.
//!
//! The signature covers a label and every byte before it. Common to all records: who of the two
//! writes, the epoch, and the pair's tag, which stands for the reader and the network.

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto;
use crate::crypto::identity::IdentityKey;
use crate::crypto::identity::PublicIdentity;
use crate::signal::Direction;
use crate::signal::Error;
use crate::signal::rendezvous::pair::Pair;
use crate::signal::suite;

/// Signs what `content` wrote behind the version.
pub(super) fn sign(
    own: &IdentityKey,
    label: &[u8],
    version: u8,
    content: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u8(version);
    content(&mut writer);
    let mut bytes = writer.into_vec();
    let signature = own.sign(&[label, &bytes].concat());
    bytes.extend_from_slice(&signature);
    bytes
}

/// The version, from the first up to this one, and a reader over what is behind it, after the
/// signature has been checked.
pub(super) fn verify<'a>(
    writer: &PublicIdentity,
    label: &[u8],
    newest: u8,
    bytes: &'a [u8],
) -> Result<(u8, Reader<'a>), Error> {
    let (content, signature) = bytes.split_last_chunk().ok_or(Error::Decode)?;
    let mut reader = Reader::new(content);
    let version = reader.u8()?;
    if !(suite::VERSION..=newest).contains(&version) {
        return Err(Error::Version(version));
    }
    writer.verify(&[label, content].concat(), signature)?;
    Ok((version, reader))
}

/// Writes whom a record is from and for.
pub(super) fn write_scope(writer: &mut Writer, pair: &Pair, direction: Direction, epoch: u64) {
    writer.u8(writer_code(pair, direction));
    writer.u64(epoch);
    writer.bytes(&pair.tag());
}

/// Reads whom a record is from and for, and refuses any other.
pub(super) fn read_scope(
    reader: &mut Reader<'_>,
    pair: &Pair,
    direction: Direction,
    epoch: u64,
) -> Result<(), Error> {
    let (writer, found_epoch, tag) = (reader.u8()?, reader.u64()?, reader.array::<32>()?);
    if !crypto::ct_eq(&tag, &pair.tag()) {
        return Err(Error::WrongPair);
    }
    if writer != writer_code(pair, direction) {
        return Err(Error::WrongDirection);
    }
    if found_epoch != epoch {
        return Err(Error::WrongEpoch);
    }
    Ok(())
}

/// 0 if the writer has the lower of the two keys, 1 if the higher.
fn writer_code(pair: &Pair, direction: Direction) -> u8 {
    u8::from(!pair.writer_is_lower(direction))
}
