//! The sealed part of the server's flight: EncryptedExtensions, Certificate, CertificateVerify,
//! Finished.
//!
//! Sources: [RFC 8446, sections 4.3.1 and 4.4](https://www.rfc-editor.org/rfc/rfc8446#section-4.3.1);
//! [RFC 7250, section 4](https://www.rfc-editor.org/rfc/rfc7250#section-4) (raw public keys).

use super::CertificateType;
use super::HandshakeType;
use super::encode;
use super::extensions::Extensions;
use super::extensions::SERVER_CERTIFICATE_TYPE;
use super::extensions::SUPPORTED_GROUPS;
use super::extensions::write_extension;
use crate::codec::Reader;
use crate::handshake::error::Error;
use crate::handshake::error::PeerIncompatible;
use crate::handshake::error::PeerMisbehaved;

/// EncryptedExtensions, raw: the type of the certificate, for a client that named those it takes.
pub(in crate::handshake) fn encode_encrypted_extensions(
    certificate_type: Option<CertificateType>,
) -> Vec<u8> {
    encode(HandshakeType::EncryptedExtensions, |w| {
        w.vec16(|w| {
            if let Some(certificate_type) = certificate_type {
                write_extension(w, SERVER_CERTIFICATE_TYPE, |w| certificate_type.write(w));
            }
        });
    })
}

/// Parses the body of EncryptedExtensions, and is content if it announces a bare public key.
///
/// A server may send its supported_groups; "clients MUST NOT act upon" them (section 4.2.7).
pub(in crate::handshake) fn parse_encrypted_extensions(body: &[u8]) -> Result<(), Error> {
    let mut reader = Reader::new(body);
    let extensions = Extensions::parse(&mut reader)?;
    reader.finish()?;
    extensions.check_only(&[SERVER_CERTIFICATE_TYPE, SUPPORTED_GROUPS])?;
    // Without the extension the certificate would be X.509.
    let mut extension =
        extensions.find(SERVER_CERTIFICATE_TYPE).ok_or(PeerIncompatible::RawPublicKeyRequired)?;
    let certificate_type = CertificateType::parse(&mut extension)?;
    extension.finish()?;
    if certificate_type != Some(CertificateType::RawPublicKey) {
        return Err(PeerMisbehaved::ChoseUnoffered.into());
    }
    Ok(())
}

/// Certificate: one SubjectPublicKeyInfo.
#[derive(Debug)]
pub(in crate::handshake) struct Certificate<'a> {
    /// The SubjectPublicKeyInfo, DER.
    pub(in crate::handshake) spki: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Parses the body of the message.
    pub(in crate::handshake) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let context = reader.vec8(usize::from(u8::MAX))?;
        let mut list = Reader::new(reader.vec24(super::MAX_BODY_LEN)?);
        reader.finish()?;
        // "in the case of server authentication, this field SHALL be zero length" (section 4.4.2).
        if !context.is_empty() {
            return Err(PeerMisbehaved::IllegalValue.into());
        }
        // "The server's certificate_list MUST always be non-empty."
        if list.is_empty() {
            return Err(PeerMisbehaved::EmptyCertificate.into());
        }
        let spki = list.vec24(super::MAX_BODY_LEN)?;
        let extensions = Extensions::parse(&mut list)?;
        // "If the RawPublicKey certificate type was negotiated, then the certificate_list MUST
        // contain no more than one CertificateEntry."
        if !list.is_empty() {
            return Err(PeerMisbehaved::IllegalValue.into());
        }
        extensions.check_only(&[])?;
        Ok(Self { spki })
    }
}

/// Certificate, raw: one entry, a SubjectPublicKeyInfo or an X.509 certificate.
pub(in crate::handshake) fn encode_certificate(entry: &[u8]) -> Vec<u8> {
    encode(HandshakeType::Certificate, |w| {
        w.vec8(|_| {});
        w.vec24(|w| {
            w.vec24(|w| {
                w.bytes(entry);
            });
            w.vec16(|_| {});
        });
    })
}

/// CertificateVerify: the signature over the transcript.
#[derive(Debug)]
pub(in crate::handshake) struct CertificateVerify<'a> {
    /// The signature scheme's code.
    pub(in crate::handshake) scheme: u16,
    /// The signature, DER.
    pub(in crate::handshake) signature: &'a [u8],
}

impl<'a> CertificateVerify<'a> {
    /// Parses the body of the message.
    pub(in crate::handshake) fn parse(body: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let scheme = reader.u16()?;
        let signature = reader.vec16(super::MAX_BODY_LEN)?;
        reader.finish()?;
        Ok(Self { scheme, signature })
    }
}

/// CertificateVerify, raw.
pub(in crate::handshake) fn encode_certificate_verify(scheme: u16, signature: &[u8]) -> Vec<u8> {
    encode(HandshakeType::CertificateVerify, |w| {
        w.u16(scheme);
        w.vec16(|w| {
            w.bytes(signature);
        });
    })
}

/// Finished, raw.
pub(in crate::handshake) fn encode_finished(verify_data: &[u8]) -> Vec<u8> {
    encode(HandshakeType::Finished, |w| {
        w.bytes(verify_data);
    })
}
