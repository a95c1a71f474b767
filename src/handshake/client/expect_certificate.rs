//! EncryptedExtensions, Certificate and CertificateVerify: the server shows its key and signs.

use super::expect_finished::ExpectFinished;
use super::expect_server_hello::Agreed;
use crate::crypto::sign::VerifyingKey;
use crate::handshake::error::Error;
use crate::handshake::error::Forged;
use crate::handshake::error::PeerMisbehaved;
use crate::handshake::messages::Certificate;
use crate::handshake::messages::CertificateVerify;
use crate::handshake::messages::HandshakeType;
use crate::handshake::messages::Message;
use crate::handshake::messages::parse_encrypted_extensions;
use crate::handshake::signature::certificate_verify_input;

#[derive(Debug)]
pub(super) struct ExpectEncryptedExtensions {
    pub(super) agreed: Agreed,
}

impl ExpectEncryptedExtensions {
    // <-------- {EncryptedExtensions}
    pub(super) fn handle(self, message: &Message) -> Result<ExpectCertificate, Error> {
        let Self { mut agreed } = self;
        parse_encrypted_extensions(message.expect(HandshakeType::EncryptedExtensions)?)?;
        agreed.transcript.add(message.raw());
        Ok(ExpectCertificate { agreed })
    }
}

#[derive(Debug)]
pub(super) struct ExpectCertificate {
    agreed: Agreed,
}

impl ExpectCertificate {
    // <-------- {Certificate}
    pub(super) fn handle(self, message: &Message) -> Result<ExpectCertificateVerify, Error> {
        let Self { mut agreed } = self;
        let certificate = Certificate::parse(message.expect(HandshakeType::Certificate)?)?;
        let key = VerifyingKey::from_spki(certificate.spki)
            .map_err(|_| PeerMisbehaved::InvalidPublicKey)?;
        if key.curve() != agreed.offer.pin.curve() {
            return Err(PeerMisbehaved::InvalidPublicKey.into());
        }
        agreed.transcript.add(message.raw());
        Ok(ExpectCertificateVerify { agreed, key, spki: certificate.spki.to_vec() })
    }
}

#[derive(Debug)]
pub(super) struct ExpectCertificateVerify {
    agreed: Agreed,
    key: VerifyingKey,
    spki: Vec<u8>,
}

impl ExpectCertificateVerify {
    // <-------- {CertificateVerify}
    pub(super) fn handle(self, message: &Message) -> Result<ExpectFinished, Error> {
        let Self { mut agreed, key, spki } = self;
        let verify = CertificateVerify::parse(message.expect(HandshakeType::CertificateVerify)?)?;
        if verify.scheme != agreed.offer.pin.scheme_code() {
            return Err(PeerMisbehaved::ChoseUnoffered.into());
        }
        let signed = certificate_verify_input(agreed.transcript.current());
        key.verify(&signed, verify.signature).map_err(|_| Forged::CertificateVerify)?;
        agreed.transcript.add(message.raw());
        Ok(ExpectFinished { agreed, spki })
    }
}
