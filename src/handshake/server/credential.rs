//! What the server proves itself with: which of its keys, and in which form.
//!
//! | the client's server_certificate_type | Certificate | the signature |
//! |---|---|---|
//! | RawPublicKey, alone or among others | the bare key | the scheme of the group |
//! | X.509 without RawPublicKey, or no such extension | a self-signed certificate | the scheme of the group if the client lists it, otherwise the first it lists that a key has |
//! | neither | `unsupported_certificate` | |
//!
//! A client of this profile pins the scheme with the group. Others choose the two apart from each
//! other, and many list no scheme of P-521.
//!
//! Sources: [RFC 7250, section 4.2](https://www.rfc-editor.org/rfc/rfc7250#section-4.2),
//! [RFC 8446, section 4.4.2.2](https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2.2).

use crate::crypto::sign::Curve;
use crate::handshake::error::Error;
use crate::handshake::error::PeerIncompatible;
use crate::handshake::identity::SigningKeys;
use crate::handshake::messages::CertificateType;
use crate::handshake::messages::ClientHello;
use crate::handshake::parameters::Pin;
use crate::handshake::parameters::scheme_code;

/// One of the server's keys, in the form in which the client takes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credential {
    /// What EncryptedExtensions says of it.
    pub(super) announced: Option<CertificateType>,
    curve: Curve,
}

impl Credential {
    /// The one for this client and this group.
    pub(super) fn choose(hello: &ClientHello<'_>, pin: Pin) -> Result<Self, Error> {
        let announced = certificate_type(hello)?;
        let lists = |curve: &Curve| hello.schemes.contains(&scheme_code(*curve));
        let curve = match announced {
            Some(CertificateType::RawPublicKey) => Some(pin.curve()).filter(lists),
            Some(CertificateType::X509) | None => {
                Some(pin.curve()).filter(lists).or_else(|| first_listed(hello))
            }
        };
        Ok(Self { announced, curve: curve.ok_or(PeerIncompatible::SignatureScheme)? })
    }

    /// The entry of the Certificate message.
    pub(super) fn entry(self, keys: &SigningKeys) -> &[u8] {
        match self.announced {
            Some(CertificateType::RawPublicKey) => keys.spki(self.curve),
            Some(CertificateType::X509) | None => keys.certificate(self.curve),
        }
    }

    /// The scheme and the content of CertificateVerify.
    pub(super) fn sign(self, keys: &SigningKeys, input: &[u8]) -> (u16, Vec<u8>) {
        (scheme_code(self.curve), keys.key(self.curve).sign(input))
    }
}

/// "The server supports the extension … but it does not have any certificate type in common with the
/// client. Then, the server terminates the session with a fatal alert of type
/// 'unsupported_certificate'."
fn certificate_type(hello: &ClientHello<'_>) -> Result<Option<CertificateType>, Error> {
    let Some(types) = &hello.certificate_types else { return Ok(None) };
    [CertificateType::RawPublicKey, CertificateType::X509]
        .into_iter()
        .find(|own| types.contains(own))
        .map(Some)
        .ok_or(Error::PeerIncompatible(PeerIncompatible::CertificateType))
}

fn first_listed(hello: &ClientHello<'_>) -> Option<Curve> {
    hello
        .schemes
        .iter()
        .find_map(|code| Curve::ALL.into_iter().find(|curve| scheme_code(*curve) == *code))
}
