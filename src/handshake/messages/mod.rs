//! The handshake messages as bytes.
//!
//! ```text
//! byte 0      message type
//! byte 1..4   length of the body
//! byte 4..    body
//! ```
//!
//! A parsed message is legal as far as it can be judged alone; what it means in a state, the state
//! judges. Source: [RFC 8446, section 4](https://www.rfc-editor.org/rfc/rfc8446#section-4).

mod certificate_type;
mod client_hello;
mod extensions;
mod key_update;
mod server_flight;
mod server_hello;

pub(super) use self::certificate_type::CertificateType;
pub(super) use self::client_hello::ClientHello;
pub(super) use self::client_hello::encode_client_hello;
pub use self::key_update::KeyUpdateRequest;
pub(super) use self::key_update::encode_key_update;
pub(super) use self::server_flight::Certificate;
pub(super) use self::server_flight::CertificateVerify;
pub(super) use self::server_flight::encode_certificate;
pub(super) use self::server_flight::encode_certificate_verify;
pub(super) use self::server_flight::encode_encrypted_extensions;
pub(super) use self::server_flight::encode_finished;
pub(super) use self::server_flight::parse_encrypted_extensions;
pub(super) use self::server_hello::ServerHello;
pub(super) use self::server_hello::encode_hello_retry_request;
use super::error::Error;
use super::error::PeerMisbehaved;
use crate::codec::Reader;
use crate::codec::Writer;

/// A message's header: type and length.
const MESSAGE_HEADER_LEN: usize = 4;
/// The longest body of a handshake message: more than three of the longest that this profile has.
const MAX_BODY_LEN: usize = 16 * 1024;

const TLS12: u16 = 0x0303;
const TLS13: u16 = 0x0304;

/// Message types of this profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HandshakeType {
    ClientHello,
    ServerHello,
    EncryptedExtensions,
    Certificate,
    CertificateVerify,
    Finished,
    KeyUpdate,
}

impl HandshakeType {
    fn code(self) -> u8 {
        match self {
            Self::ClientHello => 1,
            Self::ServerHello => 2,
            Self::EncryptedExtensions => 8,
            Self::Certificate => 11,
            Self::CertificateVerify => 15,
            Self::Finished => 20,
            Self::KeyUpdate => 24,
        }
    }
}

/// One whole message, raw: what the transcript hashes.
#[derive(Debug)]
pub(super) struct Message {
    raw: Vec<u8>,
}

impl Message {
    /// How long the message is that these bytes begin with; nothing while its header is incomplete.
    pub(super) fn len_of_first(bytes: &[u8]) -> Result<Option<usize>, Error> {
        if bytes.len() < MESSAGE_HEADER_LEN {
            return Ok(None);
        }
        let mut reader = Reader::new(bytes);
        reader.u8()?;
        let body_len = usize::try_from(reader.u24()?).map_err(|_| Error::Decode)?;
        if body_len > MAX_BODY_LEN {
            return Err(Error::Decode);
        }
        Ok(Some(MESSAGE_HEADER_LEN + body_len))
    }

    /// Takes a whole message.
    pub(super) fn new(raw: Vec<u8>) -> Result<Self, Error> {
        match Self::len_of_first(&raw)? {
            Some(len) if len == raw.len() => Ok(Self { raw }),
            _ => Err(Error::Decode),
        }
    }

    /// Header and body.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The body, if the message has the type that this state expects.
    pub(super) fn expect(&self, expected: HandshakeType) -> Result<&[u8], Error> {
        match self.raw.split_first_chunk::<MESSAGE_HEADER_LEN>() {
            Some(([code, ..], body)) if *code == expected.code() => Ok(body),
            _ => Err(PeerMisbehaved::UnexpectedMessage.into()),
        }
    }
}

/// A message of this type with the body that `body` writes, raw.
fn encode(message_type: HandshakeType, body: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.u8(message_type.code());
    writer.vec24(body);
    writer.into_vec()
}

/// A list of 16-bit codes, at least one.
fn codes(bytes: &[u8]) -> Result<Vec<u16>, Error> {
    let mut reader = Reader::new(bytes);
    let mut codes = Vec::with_capacity(bytes.len() / 2);
    while !reader.is_empty() {
        codes.push(reader.u16()?);
    }
    if codes.is_empty() {
        return Err(Error::Decode);
    }
    Ok(codes)
}
