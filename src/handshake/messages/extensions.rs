//! Extensions: the list that every hello carries.
//!
//! Source: [RFC 8446, section 4.2](https://www.rfc-editor.org/rfc/rfc8446#section-4.2).

use crate::codec::Reader;
use crate::codec::Writer;
use crate::handshake::error::Error;
use crate::handshake::error::PeerMisbehaved;

pub(super) const SUPPORTED_GROUPS: u16 = 10;
pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
/// [RFC 7250, section 6](https://www.rfc-editor.org/rfc/rfc7250#section-6).
pub(super) const SERVER_CERTIFICATE_TYPE: u16 = 20;
/// [RFC 7685](https://www.rfc-editor.org/rfc/rfc7685).
pub(super) const PADDING: u16 = 21;
pub(super) const PRE_SHARED_KEY: u16 = 41;
pub(super) const EARLY_DATA: u16 = 42;
pub(super) const SUPPORTED_VERSIONS: u16 = 43;
pub(super) const PSK_KEY_EXCHANGE_MODES: u16 = 45;
pub(super) const KEY_SHARE: u16 = 51;

/// The extensions of one message, each type once.
#[derive(Debug)]
pub(super) struct Extensions<'a> {
    list: Vec<(u16, &'a [u8])>,
}

impl<'a> Extensions<'a> {
    /// Reads a block of extensions with its length in front.
    pub(super) fn parse(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut block = Reader::new(reader.vec16(MAX_BLOCK_LEN)?);
        let mut list: Vec<(u16, &[u8])> = Vec::new();
        while !block.is_empty() {
            let extension_type = block.u16()?;
            let data = block.vec16(MAX_BLOCK_LEN)?;
            // "There MUST NOT be more than one extension of the same type in a given extension
            // block" (section 4.2). The ceiling keeps this search short.
            if list.iter().any(|(seen, _)| *seen == extension_type) {
                return Err(PeerMisbehaved::DuplicateExtension.into());
            }
            if list.len() == MAX_EXTENSIONS {
                return Err(Error::Decode);
            }
            list.push((extension_type, data));
        }
        Ok(Self { list })
    }

    /// A message without extensions.
    pub(super) fn none() -> Self {
        Self { list: Vec::new() }
    }

    /// All of them, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        self.list.iter().copied()
    }

    /// How many bytes the block takes, its own length included.
    pub(super) fn block_len(&self) -> usize {
        self.list.iter().fold(LENGTH_LEN, |len, (_, data)| len + 2 * LENGTH_LEN + data.len())
    }

    /// The content of one, if it is there.
    pub(super) fn find(&self, wanted: u16) -> Option<Reader<'a>> {
        self.list
            .iter()
            .find(|(extension_type, _)| *extension_type == wanted)
            .map(|(_, data)| Reader::new(data))
    }

    /// The content of one that must be there.
    pub(super) fn require(&self, wanted: u16) -> Result<Reader<'a>, Error> {
        self.find(wanted).ok_or(Error::PeerMisbehaved(PeerMisbehaved::MissingExtension))
    }

    /// "The 'pre_shared_key' extension MUST be the last extension in the ClientHello" and servers
    /// must check that (section 4.2.11).
    ///
    /// "If clients offer 'pre_shared_key' without a 'psk_key_exchange_modes' extension, servers MUST
    /// abort the handshake" (section 4.2.9).
    pub(super) fn check_pre_shared_key(&self) -> Result<(), Error> {
        let position = self.list.iter().position(|(seen, _)| *seen == PRE_SHARED_KEY);
        if position.is_some_and(|position| position + 1 != self.list.len()) {
            return Err(PeerMisbehaved::MisplacedExtension.into());
        }
        if position.is_some() && self.find(PSK_KEY_EXCHANGE_MODES).is_none() {
            return Err(PeerMisbehaved::MissingExtension.into());
        }
        Ok(())
    }

    /// In an answer: only these may stand.
    ///
    /// One that this profile knows from another message is out of place, any other was not asked for.
    pub(super) fn check_only(&self, allowed: &[u16]) -> Result<(), Error> {
        for (extension_type, _) in &self.list {
            if allowed.contains(extension_type) {
                continue;
            }
            return Err(match *extension_type {
                SUPPORTED_GROUPS
                | SIGNATURE_ALGORITHMS
                | SERVER_CERTIFICATE_TYPE
                | SUPPORTED_VERSIONS
                | KEY_SHARE => PeerMisbehaved::MisplacedExtension,
                _ => PeerMisbehaved::UnsolicitedExtension,
            }
            .into());
        }
        Ok(())
    }
}

/// Writes one extension.
pub(super) fn write_extension(
    writer: &mut Writer,
    extension_type: u16,
    data: impl FnOnce(&mut Writer),
) {
    writer.u16(extension_type);
    writer.vec16(data);
}

/// Lengths, and types, have two bytes.
const LENGTH_LEN: usize = 2;
/// A block is shorter than its message.
const MAX_BLOCK_LEN: usize = super::MAX_BODY_LEN;
/// More than twice as many as any stack in use sends.
const MAX_EXTENSIONS: usize = 64;
