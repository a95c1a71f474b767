//! Certificate types: what stands in a Certificate message.
//!
//! Source: [RFC 7250, sections 3 and 4](https://www.rfc-editor.org/rfc/rfc7250#section-3).

use crate::codec::Reader;
use crate::codec::Writer;
use crate::handshake::error::Error;

/// What a Certificate message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::handshake) enum CertificateType {
    /// A certificate: what a client takes that says nothing.
    X509,
    /// A bare SubjectPublicKeyInfo.
    RawPublicKey,
}

impl CertificateType {
    fn code(self) -> u8 {
        match self {
            Self::X509 => 0,
            Self::RawPublicKey => 2,
        }
    }

    /// Reads one code; nothing if it is of a type that is not known here.
    pub(super) fn parse(reader: &mut Reader<'_>) -> Result<Option<Self>, Error> {
        let code = reader.u8()?;
        Ok([Self::X509, Self::RawPublicKey].into_iter().find(|known| known.code() == code))
    }

    /// Reads the list of a ClientHello: the types of it that are known here.
    pub(super) fn parse_list(mut extension: Reader<'_>) -> Result<Vec<Self>, Error> {
        let mut list = Reader::new(extension.vec8(usize::from(u8::MAX))?);
        extension.finish()?;
        // "CertificateType server_certificate_types<1..2^8-1>"
        if list.is_empty() {
            return Err(Error::Decode);
        }
        let mut known = Vec::new();
        while !list.is_empty() {
            known.extend(Self::parse(&mut list)?);
        }
        Ok(known)
    }

    pub(super) fn write(self, writer: &mut Writer) {
        writer.u8(self.code());
    }
}
