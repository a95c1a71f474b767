//! ServerHello: what the server chose.
//!
//! ```text
//! legacy_version 0x0303 ‖ random 32 ‖ <session id> ‖ suite ‖ compression 0 ‖ <extensions>
//! ```
//!
//! Source: [RFC 8446, section 4.1.3](https://www.rfc-editor.org/rfc/rfc8446#section-4.1.3).

use super::HandshakeType;
use super::TLS12;
use super::TLS13;
use super::encode;
use super::extensions::Extensions;
use super::extensions::KEY_SHARE;
use super::extensions::SUPPORTED_VERSIONS;
use super::extensions::write_extension;
use crate::codec::Reader;
use crate::handshake::error::Error;
use crate::handshake::error::PeerIncompatible;
use crate::handshake::error::PeerMisbehaved;

/// A ServerHello, parsed or to be written.
#[derive(Debug)]
pub(in crate::handshake) struct ServerHello<'a> {
    /// The client's, echoed.
    pub(in crate::handshake) session_id: &'a [u8],
    /// The chosen suite.
    pub(in crate::handshake) suite: u16,
    /// The chosen group.
    pub(in crate::handshake) group: u16,
    /// The server's share.
    pub(in crate::handshake) key_share: &'a [u8],
}

impl<'a> ServerHello<'a> {
    /// Parses the body of the message.
    pub(in crate::handshake) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let legacy_version = reader.u16()?;
        let random = reader.array::<RANDOM_LEN>()?;
        let session_id = reader.vec8(MAX_SESSION_ID_LEN)?;
        let suite = reader.u16()?;
        let compression_method = reader.u8()?;
        // A server of TLS 1.2 may end here.
        let extensions = match reader.is_empty() {
            true => Extensions::none(),
            false => Extensions::parse(&mut reader)?,
        };
        reader.finish()?;
        // This client offers one group with its share and no cookie can help: "If a client receives
        // a … HelloRetryRequest … that would not result in any change in the ClientHello, it MUST
        // abort" (section 4.1.4), and a group that was not offered is refused likewise.
        if random == HELLO_RETRY_REQUEST {
            return Err(PeerMisbehaved::UnneededHelloRetryRequest.into());
        }
        check_version(&extensions)?;
        if legacy_version != TLS12 || compression_method != 0 {
            return Err(PeerMisbehaved::IllegalValue.into());
        }
        extensions.check_only(&[SUPPORTED_VERSIONS, KEY_SHARE])?;
        let (group, key_share) = parse_key_share(extensions.require(KEY_SHARE)?)?;
        Ok(Self { session_id, suite, group, key_share })
    }

    /// The message, raw.
    pub(in crate::handshake) fn encode(&self, random: &[u8; RANDOM_LEN]) -> Vec<u8> {
        encode(HandshakeType::ServerHello, |w| {
            w.u16(TLS12);
            w.bytes(random);
            w.vec8(|w| {
                w.bytes(self.session_id);
            });
            w.u16(self.suite);
            w.u8(0);
            w.vec16(|w| {
                write_extension(w, SUPPORTED_VERSIONS, |w| {
                    w.u16(TLS13);
                });
                write_extension(w, KEY_SHARE, |w| {
                    w.u16(self.group);
                    w.vec16(|w| {
                        w.bytes(self.key_share);
                    });
                });
            });
        })
    }
}

/// HelloRetryRequest, raw: a ServerHello with a random of its own, and a group without a share.
pub(in crate::handshake) fn encode_hello_retry_request(
    session_id: &[u8],
    suite: u16,
    group: u16,
) -> Vec<u8> {
    encode(HandshakeType::ServerHello, |w| {
        w.u16(TLS12);
        w.bytes(&HELLO_RETRY_REQUEST);
        w.vec8(|w| {
            w.bytes(session_id);
        });
        w.u16(suite);
        w.u8(0);
        w.vec16(|w| {
            write_extension(w, SUPPORTED_VERSIONS, |w| {
                w.u16(TLS13);
            });
            write_extension(w, KEY_SHARE, |w| {
                w.u16(group);
            });
        });
    })
}

/// Without supported_versions the server chose an older version; with it, it chose TLS 1.3.
fn check_version(extensions: &Extensions<'_>) -> Result<(), Error> {
    let mut version = extensions.find(SUPPORTED_VERSIONS).ok_or(PeerIncompatible::Version)?;
    let selected = version.u16()?;
    version.finish()?;
    if selected != TLS13 {
        return Err(PeerMisbehaved::ChoseUnoffered.into());
    }
    Ok(())
}

fn parse_key_share(mut extension: Reader<'_>) -> Result<(u16, &[u8]), Error> {
    let group = extension.u16()?;
    let share = extension.vec16(super::MAX_BODY_LEN)?;
    extension.finish()?;
    if share.is_empty() {
        return Err(Error::Decode);
    }
    Ok((group, share))
}

const RANDOM_LEN: usize = 32;
/// `opaque legacy_session_id_echo<0..32>`.
const MAX_SESSION_ID_LEN: usize = 32;

/// SHA-256 of "HelloRetryRequest" (section 4.1.3).
const HELLO_RETRY_REQUEST: [u8; RANDOM_LEN] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::hash;

    #[test]
    fn a_hello_retry_request_is_known_by_the_hash_of_its_name() {
        assert_eq!(hash::sha256(&[b"HelloRetryRequest"]), HELLO_RETRY_REQUEST);
    }

    #[test]
    fn a_share_without_a_byte_is_malformed() {
        let parsed = |key_share| {
            let hello = ServerHello { session_id: &[], suite: 0x1302, group: 0x17, key_share };
            ServerHello::parse(hello.encode(&[1; 32]).get(4..).unwrap()).map(|_| ())
        };
        assert_eq!((parsed(&[7]), parsed(&[])), (Ok(()), Err(Error::Decode)));
    }
}
