//! One record: content in, sealed bytes out, and back.
//!
//! ```text
//! byte 0        content type: 23 once records are sealed
//! byte 1..3     0x0303
//! byte 3..5     length of what follows
//! byte 5..      AEAD(content ‖ content type ‖ zeros) ‖ tag        header as associated data
//! ```
//!
//! The nonce is the direction's IV xor the number of the record. Source:
//! [RFC 8446, section 5](https://www.rfc-editor.org/rfc/rfc8446#section-5).

use super::error::Error;
use super::error::PeerMisbehaved;
use super::key_schedule::TrafficKeys;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::aead::TAG_LEN;

/// A record's header: type, version, length.
pub const HEADER_LEN: usize = 5;
/// The longest content of a record, 2^14 bytes.
pub const MAX_CONTENT_LEN: usize = 1 << 14;
/// The longest sealed record without its header: content and 256 bytes for type, padding and tag.
pub const MAX_SEALED_LEN: usize = MAX_CONTENT_LEN + 256;
/// As many records as one key seals; far below the 2^24.5 full-size records that
/// [RFC 8446, section 5.5](https://www.rfc-editor.org/rfc/rfc8446#section-5.5) allows AES-GCM.
pub const MAX_RECORDS_PER_KEY: u64 = 1 << 20;

/// What a record carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// A relic that middleboxes like to see.
    ChangeCipherSpec,
    /// An alert.
    Alert,
    /// Handshake messages, whole or in pieces.
    Handshake,
    /// Everything else.
    ApplicationData,
}

impl ContentType {
    fn code(self) -> u8 {
        match self {
            Self::ChangeCipherSpec => 20,
            Self::Alert => 21,
            Self::Handshake => 22,
            Self::ApplicationData => 23,
        }
    }

    fn from_code(code: u8) -> Result<Self, Error> {
        match code {
            20 => Ok(Self::ChangeCipherSpec),
            21 => Ok(Self::Alert),
            22 => Ok(Self::Handshake),
            23 => Ok(Self::ApplicationData),
            _ => Err(PeerMisbehaved::UnknownContentType.into()),
        }
    }
}

/// The first five bytes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    bytes: [u8; HEADER_LEN],
    content_type: ContentType,
    len: usize,
}

impl Header {
    /// Reads a header.
    ///
    /// The version is not looked at: it "MUST be ignored for all purposes" (section 5.1).
    ///
    /// # Errors
    /// An unknown content type, and a length above [`MAX_CONTENT_LEN`] or, where the record may be
    /// sealed, [`MAX_SEALED_LEN`]: known before anything is allocated.
    pub fn parse(bytes: [u8; HEADER_LEN]) -> Result<Self, Error> {
        let [content_type, _, _, high, low] = bytes;
        let content_type = ContentType::from_code(content_type)?;
        let len = usize::from(u16::from_be_bytes([high, low]));
        let ceiling = match content_type {
            ContentType::ApplicationData => MAX_SEALED_LEN,
            _ => MAX_CONTENT_LEN,
        };
        if len > ceiling {
            return Err(PeerMisbehaved::RecordOverflow.into());
        }
        Ok(Self { bytes, content_type, len })
    }

    /// The header of a record with this content, at most [`MAX_SEALED_LEN`] bytes.
    fn new(content_type: ContentType, len: usize) -> Result<Self, Error> {
        if len > MAX_SEALED_LEN {
            return Err(Error::ApiMisuse);
        }
        let [high, low] = u16::try_from(len).map_err(|_| Error::ApiMisuse)?.to_be_bytes();
        Ok(Self { bytes: [content_type.code(), 3, 3, high, low], content_type, len })
    }

    /// What the record claims to carry.
    #[must_use]
    pub fn content_type(&self) -> ContentType {
        self.content_type
    }

    /// How many bytes follow the header.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a header is never empty")]
    pub fn len(&self) -> usize {
        self.len
    }
}

/// Appends a record in the clear.
///
/// # Errors
/// [`Error::ApiMisuse`] if the content is longer than [`MAX_CONTENT_LEN`].
pub fn write_plain(
    content_type: ContentType,
    content: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    if content.len() > MAX_CONTENT_LEN {
        return Err(Error::ApiMisuse);
    }
    out.extend_from_slice(&Header::new(content_type, content.len())?.bytes);
    out.extend_from_slice(content);
    Ok(())
}

/// Seals the records of one direction.
#[derive(Debug)]
pub struct Sealer {
    keys: TrafficKeys,
    sequence: u64,
}

impl Sealer {
    /// Seals under these keys, from record 0 on.
    #[must_use]
    pub fn new(keys: TrafficKeys) -> Self {
        Self { keys, sequence: 0 }
    }

    /// Seals under these keys, from this record on.
    #[cfg(test)]
    pub(super) fn at(keys: TrafficKeys, sequence: u64) -> Self {
        Self { keys, sequence }
    }

    /// Whether the next record must be the last but an alert: a KeyUpdate, where one can be sent.
    #[must_use]
    pub fn is_worn(&self) -> bool {
        self.sequence >= MAX_RECORDS_PER_KEY - 2
    }

    /// Appends a sealed record. Its content is padded with zeros to `padded_len` bytes, or not at
    /// all if it is that long already.
    ///
    /// # Errors
    /// [`Error::KeyExhausted`] after [`MAX_RECORDS_PER_KEY`] records, of which the last can only be
    /// an alert; [`Error::ApiMisuse`] if the content is longer than [`MAX_CONTENT_LEN`].
    pub fn seal(
        &mut self,
        content_type: ContentType,
        content: &[u8],
        padded_len: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let reserved = if content_type == ContentType::Alert { 0 } else { 1 };
        if self.sequence >= MAX_RECORDS_PER_KEY - reserved {
            return Err(Error::KeyExhausted);
        }
        let inner_len = content.len().max(padded_len) + 1;
        if inner_len > MAX_CONTENT_LEN + 1 {
            return Err(Error::ApiMisuse);
        }
        let header = Header::new(ContentType::ApplicationData, inner_len + TAG_LEN)?;
        out.reserve(HEADER_LEN + inner_len + TAG_LEN);
        out.extend_from_slice(&header.bytes);
        let start = out.len();
        out.extend_from_slice(content);
        out.push(content_type.code());
        out.resize(start + inner_len, 0);
        let nonce = nonce(&self.keys.iv, self.sequence);
        let plaintext = out.get_mut(start..).unwrap_or_default();
        let tag = self.keys.key.seal_in_place(&nonce, &header.bytes, plaintext)?;
        out.extend_from_slice(&tag);
        self.sequence += 1;
        Ok(())
    }
}

/// Opens the records of one direction.
#[derive(Debug)]
pub struct Opener {
    keys: TrafficKeys,
    sequence: u64,
}

impl Opener {
    /// Opens under these keys, from record 0 on.
    #[must_use]
    pub fn new(keys: TrafficKeys) -> Self {
        Self { keys, sequence: 0 }
    }

    /// Opens under these keys, from this record on.
    #[cfg(test)]
    pub(super) fn at(keys: TrafficKeys, sequence: u64) -> Self {
        Self { keys, sequence }
    }

    /// Opens what follows a header, in place: afterwards `body` is the content alone.
    ///
    /// # Errors
    /// [`Error::Decrypt`] if the record does not authenticate; otherwise a rule of section 5 that
    /// its plaintext breaks.
    pub fn open(&mut self, header: &Header, body: &mut Vec<u8>) -> Result<ContentType, Error> {
        let inner_len = body.len().checked_sub(TAG_LEN).ok_or(Error::Decrypt)?;
        let nonce = nonce(&self.keys.iv, self.sequence);
        let (inner, tag) = body.split_at_mut_checked(inner_len).ok_or(Error::Decrypt)?;
        let tag: &[u8; TAG_LEN] = (&*tag).try_into().map_err(|_| Error::Decrypt)?;
        self.keys
            .key
            .open_in_place(&nonce, &header.bytes, inner, tag)
            .map_err(|_| Error::Decrypt)?;
        self.sequence = self.sequence.checked_add(1).ok_or(Error::KeyExhausted)?;
        if inner_len > MAX_CONTENT_LEN + 1 {
            return Err(PeerMisbehaved::RecordOverflow.into());
        }
        // "the receiving implementation scans the field from the end toward the beginning until it
        // finds a non-zero octet" (section 5.4). Padding is public once the record authenticates.
        let content_len =
            inner.iter().rposition(|byte| *byte != 0).ok_or(PeerMisbehaved::UnexpectedMessage)?;
        let code = inner.get(content_len).copied().ok_or(Error::Decode)?;
        body.truncate(content_len);
        ContentType::from_code(code)
    }
}

/// The number of the record, padded to the left with zeros, xor the IV (section 5.3).
fn nonce(iv: &[u8; NONCE_LEN], sequence: u64) -> [u8; NONCE_LEN] {
    let mut nonce = *iv;
    let low = nonce.iter_mut().rev();
    low.zip(sequence.to_be_bytes().iter().rev()).for_each(|(byte, number)| *byte ^= number);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::aead::Algorithm;
    use crate::crypto::hash::Hash;
    use crate::handshake::key_schedule::EarlySecret;

    fn keys() -> TrafficKeys {
        let secret = EarlySecret::new(Hash::Sha256).into_handshake(&[1; 32]).unwrap();
        let traffic = secret.server_traffic(Hash::Sha256.digest(&[])).unwrap();
        traffic.keys(Algorithm::ChaCha20Poly1305).unwrap()
    }

    #[test]
    fn a_key_seals_as_many_records_as_it_may_and_the_last_is_an_alert() {
        let data = ContentType::ApplicationData;
        let mut sealer = Sealer::at(keys(), MAX_RECORDS_PER_KEY - 3);
        assert!(!sealer.is_worn());
        assert_eq!(sealer.seal(data, &[1], 0, &mut Vec::new()), Ok(()));
        assert!(sealer.is_worn());
        let mut out = Vec::new();
        assert_eq!(sealer.seal(data, &[1], 0, &mut out), Ok(()));
        let sealed = out.clone();
        assert_eq!(sealer.seal(data, &[1], 0, &mut out), Err(Error::KeyExhausted));
        assert_eq!(out, sealed);
        assert_eq!(sealer.seal(ContentType::Alert, &[1, 0], 0, &mut out), Ok(()));
        let again = sealer.seal(ContentType::Alert, &[1, 0], 0, &mut out);
        assert_eq!(again, Err(Error::KeyExhausted));
    }

    /// A record with zeros behind its content, sealed without any limit.
    fn sealed(content: &[u8], inner_len: usize) -> (Header, Vec<u8>) {
        let keys = keys();
        let mut inner = content.to_vec();
        inner.push(ContentType::ApplicationData.code());
        inner.resize(inner_len, 0);
        let header = Header::new(ContentType::ApplicationData, inner_len + TAG_LEN).unwrap();
        let tag = keys.key.seal_in_place(&nonce(&keys.iv, 0), &header.bytes, &mut inner).unwrap();
        inner.extend_from_slice(&tag);
        (header, inner)
    }

    #[test]
    fn a_sealed_record_is_as_long_as_it_may_be_and_no_byte_longer() {
        let (header, mut body) = sealed(&[7; MAX_CONTENT_LEN], MAX_CONTENT_LEN + 1);
        assert_eq!(Opener::new(keys()).open(&header, &mut body), Ok(ContentType::ApplicationData));
        assert_eq!(body, [7; MAX_CONTENT_LEN]);
        // Padding counts: "the full encoded TLSInnerPlaintext MUST NOT exceed 2^14 + 1 octets".
        for inner_len in [MAX_CONTENT_LEN + 2, MAX_CONTENT_LEN + 3, MAX_SEALED_LEN - TAG_LEN] {
            let (header, mut body) = sealed(&[7], inner_len);
            let refused = Opener::new(keys()).open(&header, &mut body);
            assert_eq!(refused, Err(PeerMisbehaved::RecordOverflow.into()), "{inner_len}");
        }
    }

    #[test]
    fn a_record_in_the_clear_is_as_long_as_it_may_be_and_no_byte_longer() {
        let mut out = Vec::new();
        let content = [7; MAX_CONTENT_LEN + 1];
        let fits = content.get(1..).unwrap();
        assert_eq!(write_plain(ContentType::Handshake, fits, &mut out), Ok(()));
        assert_eq!(out, [&[22, 3, 3, 0x40, 0][..], fits].concat());
        let too_long = write_plain(ContentType::Handshake, &content, &mut out);
        assert_eq!(too_long, Err(Error::ApiMisuse));
        assert_eq!(out.len(), HEADER_LEN + MAX_CONTENT_LEN);
    }

    #[test]
    fn a_record_takes_no_more_room_than_it_needs() {
        let mut out = Vec::new();
        Sealer::new(keys()).seal(ContentType::ApplicationData, &[7], 4096, &mut out).unwrap();
        assert_eq!(out.len(), HEADER_LEN + 4096 + 1 + TAG_LEN);
        assert!(out.capacity() < 2 * out.len(), "{}", out.capacity());
    }

    #[test]
    fn a_nonce_is_the_iv_xor_the_number_at_its_end() {
        assert_eq!(nonce(&[0; 12], u64::MAX)[..4], [0; 4]);
        assert_eq!(nonce(&[0xff; 12], 1)[11], 0xfe);
    }
}
