//! KeyUpdate: the sender's next record comes under its next keys.
//!
//! Source: [RFC 8446, section 4.6.3](https://www.rfc-editor.org/rfc/rfc8446#section-4.6.3).

use super::HandshakeType;
use super::encode;
use crate::codec::Reader;
use crate::handshake::error::Error;
use crate::handshake::error::PeerMisbehaved;

/// Whether the receiver of a KeyUpdate is to send one, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUpdateRequest {
    /// It need not.
    NotRequested,
    /// Before its next data it must.
    Requested,
}

impl KeyUpdateRequest {
    /// Parses the body of the message.
    pub(in crate::handshake) fn parse(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let request_update = reader.u8()?;
        reader.finish()?;
        match request_update {
            0 => Ok(Self::NotRequested),
            1 => Ok(Self::Requested),
            // "If an implementation receives any other value, it MUST terminate the connection with
            // an 'illegal_parameter' alert."
            _ => Err(PeerMisbehaved::IllegalValue.into()),
        }
    }
}

/// KeyUpdate, raw.
pub(in crate::handshake) fn encode_key_update(request: KeyUpdateRequest) -> Vec<u8> {
    encode(HandshakeType::KeyUpdate, |w| {
        w.u8(match request {
            KeyUpdateRequest::NotRequested => 0,
            KeyUpdateRequest::Requested => 1,
        });
    })
}
