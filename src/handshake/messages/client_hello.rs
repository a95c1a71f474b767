//! ClientHello: what the client offers.
//!
//! ```text
//! legacy_version 0x0303 ‖ random 32 ‖ <session id> ‖ <suites> ‖ <compression 0> ‖ <extensions>
//! ```
//!
//! Source: [RFC 8446, section 4.1.2](https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2).

use super::CertificateType;
use super::HandshakeType;
use super::TLS12;
use super::TLS13;
use super::codes;
use super::encode;
use super::extensions::EARLY_DATA;
use super::extensions::Extensions;
use super::extensions::KEY_SHARE;
use super::extensions::PADDING;
use super::extensions::PRE_SHARED_KEY;
use super::extensions::SERVER_CERTIFICATE_TYPE;
use super::extensions::SIGNATURE_ALGORITHMS;
use super::extensions::SUPPORTED_GROUPS;
use super::extensions::SUPPORTED_VERSIONS;
use super::extensions::write_extension;
use crate::codec::Reader;
use crate::crypto::hash;
use crate::handshake::client::Offer;
use crate::handshake::error::Error;
use crate::handshake::error::PeerIncompatible;
use crate::handshake::error::PeerMisbehaved;

/// A parsed ClientHello.
#[derive(Debug)]
pub(in crate::handshake) struct ClientHello<'a> {
    /// Echoed by the server; our own client sends none.
    pub(in crate::handshake) session_id: &'a [u8],
    /// Cipher suites, the client's favourite first.
    pub(in crate::handshake) suites: Vec<u16>,
    /// Signature schemes that the client accepts.
    pub(in crate::handshake) schemes: Vec<u16>,
    /// Groups that the client accepts, its favourite first.
    pub(in crate::handshake) groups: Vec<u16>,
    /// Key shares, the client's favourite first, each of a group that it also lists.
    pub(in crate::handshake) key_shares: Vec<(u16, &'a [u8])>,
    /// The certificate types that the client accepts, as far as they are known here; nothing if it
    /// does not say.
    pub(in crate::handshake) certificate_types: Option<Vec<CertificateType>>,
    /// Whether data follows that a pre-shared key protects.
    pub(in crate::handshake) early_data: bool,
    body: &'a [u8],
    extensions: Extensions<'a>,
}

impl<'a> ClientHello<'a> {
    /// Parses the body of the message.
    pub(in crate::handshake) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let legacy_version = reader.u16()?;
        reader.take(RANDOM_LEN)?;
        let session_id = reader.vec8(MAX_SESSION_ID_LEN)?;
        let suites = codes(reader.vec16(MAX_LIST_LEN)?)?;
        let compression_methods = reader.vec8(usize::from(u8::MAX))?;
        // Before TLS 1.2 a ClientHello could end here.
        let extensions = match reader.is_empty() {
            true => Extensions::none(),
            false => Extensions::parse(&mut reader)?,
        };
        reader.finish()?;
        check_version(legacy_version, &extensions)?;
        // "In TLS 1.3, … the legacy_version field MUST be set to 0x0303"; legacy_compression_methods
        // "MUST contain exactly one byte, set to zero", otherwise "illegal_parameter".
        if legacy_version != TLS12 || compression_methods != [0] {
            return Err(PeerMisbehaved::IllegalValue.into());
        }
        extensions.check_pre_shared_key()?;
        let groups = parse_codes(extensions.require(SUPPORTED_GROUPS)?)?;
        Ok(Self {
            session_id,
            suites,
            schemes: parse_schemes(&extensions)?,
            key_shares: parse_key_shares(&extensions, &groups)?,
            groups,
            certificate_types: extensions
                .find(SERVER_CERTIFICATE_TYPE)
                .map(CertificateType::parse_list)
                .transpose()?,
            early_data: extensions.find(EARLY_DATA).is_some(),
            body,
            extensions,
        })
    }

    /// The hash of everything that a HelloRetryRequest does not change.
    ///
    /// "The client MUST send the same ClientHello without modification" (section 4.1.2) but for its
    /// key_share, early_data, pre_shared_key and padding; no cookie is ever asked for here.
    pub(in crate::handshake) fn constant_part(&self) -> [u8; 32] {
        let before = self.body.len().saturating_sub(self.extensions.block_len());
        let mut constant = self.body.get(..before).unwrap_or_default().to_vec();
        for (extension_type, data) in self.extensions.iter() {
            if ![KEY_SHARE, EARLY_DATA, PRE_SHARED_KEY, PADDING].contains(&extension_type) {
                constant.extend_from_slice(&extension_type.to_be_bytes());
                constant.extend_from_slice(&data.len().to_be_bytes());
                constant.extend_from_slice(data);
            }
        }
        hash::sha256(&[&constant])
    }
}

/// Versions come first: a client of another version need not keep the rules of this one.
fn check_version(legacy_version: u16, extensions: &Extensions<'_>) -> Result<(), Error> {
    // "Any endpoint receiving a Hello message with ClientHello.legacy_version … set to 0x0300 MUST
    // abort the handshake with a 'protocol_version' alert" (appendix D.5), and nobody may send less.
    if legacy_version <= SSL30 {
        return Err(PeerIncompatible::Version.into());
    }
    let mut versions = extensions.find(SUPPORTED_VERSIONS).ok_or(PeerIncompatible::Version)?;
    let list = codes(versions.vec8(usize::from(u8::MAX))?)?;
    versions.finish()?;
    if !list.contains(&TLS13) {
        return Err(PeerIncompatible::Version.into());
    }
    Ok(())
}

fn parse_schemes(extensions: &Extensions<'_>) -> Result<Vec<u16>, Error> {
    parse_codes(extensions.require(SIGNATURE_ALGORITHMS)?)
}

fn parse_codes(mut reader: Reader<'_>) -> Result<Vec<u16>, Error> {
    let list = codes(reader.vec16(MAX_LIST_LEN)?)?;
    reader.finish()?;
    Ok(list)
}

fn parse_key_shares<'a>(
    extensions: &Extensions<'a>,
    groups: &[u16],
) -> Result<Vec<(u16, &'a [u8])>, Error> {
    let mut extension = extensions.require(KEY_SHARE)?;
    let mut shares = Reader::new(extension.vec16(MAX_LIST_LEN)?);
    extension.finish()?;
    let mut list: Vec<(u16, &[u8])> = Vec::new();
    while !shares.is_empty() {
        let group = shares.u16()?;
        let share = shares.vec16(MAX_LIST_LEN)?;
        if share.is_empty() || list.len() == MAX_KEY_SHARES {
            return Err(Error::Decode);
        }
        // "Clients MUST NOT offer multiple KeyShareEntry values for the same group", nor "any
        // KeyShareEntry values for groups not listed" (section 4.2.8).
        if list.iter().any(|(seen, _)| *seen == group) || !groups.contains(&group) {
            return Err(PeerMisbehaved::IllegalValue.into());
        }
        list.push((group, share));
    }
    Ok(list)
}

/// The ClientHello of this profile, raw: one suite, one group, one share, one scheme, no name.
pub(in crate::handshake) fn encode_client_hello(
    offer: Offer,
    random: &[u8; RANDOM_LEN],
    share: &[u8],
) -> Vec<u8> {
    encode(HandshakeType::ClientHello, |w| {
        w.u16(TLS12);
        w.bytes(random);
        w.vec8(|_| {});
        w.vec16(|w| {
            w.u16(offer.suite.code());
        });
        w.vec8(|w| {
            w.u8(0);
        });
        w.vec16(|w| {
            write_extension(w, SUPPORTED_VERSIONS, |w| {
                w.vec8(|w| {
                    w.u16(TLS13);
                });
            });
            write_extension(w, SUPPORTED_GROUPS, |w| {
                w.vec16(|w| {
                    w.u16(offer.pin.group_code());
                });
            });
            write_extension(w, SIGNATURE_ALGORITHMS, |w| {
                w.vec16(|w| {
                    w.u16(offer.pin.scheme_code());
                });
            });
            write_extension(w, SERVER_CERTIFICATE_TYPE, |w| {
                w.vec8(|w| CertificateType::RawPublicKey.write(w));
            });
            write_extension(w, KEY_SHARE, |w| {
                w.vec16(|w| {
                    w.u16(offer.pin.group_code());
                    w.vec16(|w| {
                        w.bytes(share);
                    });
                });
            });
        });
    })
}

/// SSL 3.0, the last version before TLS.
const SSL30: u16 = 0x0300;
const RANDOM_LEN: usize = 32;
/// `opaque legacy_session_id<0..32>`.
const MAX_SESSION_ID_LEN: usize = 32;
/// A list is shorter than its message.
const MAX_LIST_LEN: usize = super::MAX_BODY_LEN;
/// More groups than any stack in use sends shares for.
const MAX_KEY_SHARES: usize = 16;
