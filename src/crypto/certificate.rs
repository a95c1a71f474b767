//! A relay's key in the least X.509 certificate that TLS 1.3 takes: version 3, signed by itself.
//!
//! ```text
//! serial 1 ‖ issuer = subject = CN of 32 hexadecimal digits ‖ 2020-01-01 to 9999-12-31
//!          ‖ SubjectPublicKeyInfo ‖ KeyUsage digitalSignature, critical
//! ```
//!
//! The same key always gives the same certificate, as far as its signature is deterministic: nothing
//! else in it is random or taken from a clock, and nothing tells more than the key does. Source:
//! [RFC 5280, section 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1).

use core::str::FromStr as _;

use ecdsa::signature::Keypair;
use x509_cert::TbsCertificate;
use x509_cert::builder::Builder as _;
use x509_cert::builder::CertificateBuilder;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::der::DateTime;
use x509_cert::der::Decode as _;
use x509_cert::der::Encode as _;
use x509_cert::der::asn1::BitString;
use x509_cert::der::asn1::UtcTime;
use x509_cert::der::flagset::FlagSet;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5912;
use x509_cert::ext::Extension;
use x509_cert::ext::ToExtension as _;
use x509_cert::ext::pkix::KeyUsage;
use x509_cert::ext::pkix::KeyUsages;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::spki::Document;
use x509_cert::spki::DynSignatureAlgorithmIdentifier;
use x509_cert::spki::EncodePublicKey;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::spki::SubjectPublicKeyInfoRef;
use x509_cert::time::Time;
use x509_cert::time::Validity;

use super::Error;
use super::hash;
use super::sign::Curve;
use super::sign::SigningKey;
use super::sign::VerifyingKey;

/// The certificate of a key, DER.
///
/// # Errors
/// [`Error::InvalidKey`] if the encoder refuses, which no key has been seen to cause.
pub fn self_signed(key: &SigningKey) -> Result<Vec<u8>, Error> {
    let spki = key.spki()?;
    let name = Name::from_str(&common_name(&spki)).map_err(|_| Error::InvalidKey)?;
    let spki = SubjectPublicKeyInfoOwned::from_der(&spki).map_err(|_| Error::InvalidKey)?;
    build(key, name, spki).map_err(|_| Error::InvalidKey)
}

fn build(
    key: &SigningKey,
    name: Name,
    spki: SubjectPublicKeyInfoOwned,
) -> Result<Vec<u8>, x509_cert::builder::Error> {
    let validity = Validity::new(first_day()?, Time::INFINITY);
    // "It MUST be unique for each certificate issued by a given CA": every key is one of its own.
    let serial = SerialNumber::from(1_u8);
    let mut builder = CertificateBuilder::new(SelfSigned(name), serial, validity, spki)?;
    let signer = Signer(key);
    let signature = key.sign(&builder.finalize(&signer)?);
    let certificate = builder.assemble(BitString::from_bytes(&signature)?, &signer)?;
    Ok(certificate.to_der()?)
}

/// "The issuer field MUST contain a non-empty distinguished name", and a store of certificates finds
/// them by it: so it is the key's, shortened.
fn common_name(spki: &[u8]) -> String {
    let digest = hash::sha256(&[spki]);
    let digits = digest.iter().take(NAME_LEN).map(|byte| format!("{byte:02x}"));
    format!("CN={}", digits.collect::<String>())
}

/// Before any relay of this project was.
fn first_day() -> Result<Time, x509_cert::der::Error> {
    Ok(Time::UtcTime(UtcTime::from_date_time(DateTime::new(2020, 1, 1, 0, 0, 0)?)?))
}

/// Subject and issuer are one.
struct SelfSigned(Name);

impl BuilderProfile for SelfSigned {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.0.clone()
    }

    /// "The digitalSignature bit MUST be set if the Key Usage extension is present" ([RFC 8446,
    /// section 4.4.2.2](https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2.2)); and without any
    /// extension the certificate would not be of version 3.
    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let usage = KeyUsage(FlagSet::from(KeyUsages::DigitalSignature));
        Ok(vec![usage.to_extension(tbs.subject(), &[])?])
    }
}

/// What the builder wants to know of a key.
struct Signer<'a>(&'a SigningKey);

impl Keypair for Signer<'_> {
    type VerifyingKey = Public;

    fn verifying_key(&self) -> Public {
        Public(self.0.verifying_key())
    }
}

impl DynSignatureAlgorithmIdentifier for Signer<'_> {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned { oid: ecdsa_oid(self.0.curve()), parameters: None })
    }
}

#[derive(Clone)]
struct Public(VerifyingKey);

impl EncodePublicKey for Public {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        let spki = self.0.spki().map_err(|_| spki::Error::KeyMalformed)?;
        Ok(Document::try_from(spki)?)
    }
}

/// Each curve signs with its own hash.
fn ecdsa_oid(curve: Curve) -> ObjectIdentifier {
    match curve {
        Curve::P256 => rfc5912::ECDSA_WITH_SHA_256,
        Curve::P384 => rfc5912::ECDSA_WITH_SHA_384,
        Curve::P521 => rfc5912::ECDSA_WITH_SHA_512,
    }
}

/// As many bytes of the key's hash stand in its name.
const NAME_LEN: usize = 16;

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;
    use x509_cert::Certificate;
    use x509_cert::Version;

    use super::*;

    #[test]
    fn a_key_has_one_certificate_which_says_nothing_but_the_key() {
        let mut rng = StdRng::seed_from_u64(1);
        for curve in Curve::ALL {
            let key = SigningKey::generate(curve, &mut rng);
            let certificate = self_signed(&key).unwrap();
            let again = self_signed(&key).unwrap();
            let again = Certificate::from_der(&again).unwrap();
            let read = Certificate::from_der(&certificate).unwrap();
            let tbs = read.tbs_certificate();
            assert_eq!(tbs, again.tbs_certificate());
            assert_eq!(tbs.version(), Version::V3);
            assert_eq!(tbs.serial_number(), &SerialNumber::from(1_u8));
            assert_eq!(tbs.subject(), tbs.issuer());
            assert_eq!(tbs.subject().to_string(), common_name(&key.spki().unwrap()));
            assert_eq!(tbs.validity().not_before.to_string(), "2020-01-01T00:00:00Z");
            assert_eq!(tbs.validity().not_after.to_string(), "9999-12-31T23:59:59Z");
            assert_eq!(tbs.subject_public_key_info().to_der().unwrap(), key.spki().unwrap());
            assert_eq!(tbs.extensions().map(Vec::len), Some(1));
            assert_eq!(read.signature_algorithm(), tbs.signature());
            let signed = tbs.to_der().unwrap();
            let signature = read.signature().as_bytes().unwrap();
            assert_eq!(key.verifying_key().verify(&signed, signature), Ok(()));
        }
    }

    #[test]
    fn no_two_keys_share_a_name() {
        let mut rng = StdRng::seed_from_u64(2);
        let mut name = || {
            let key = SigningKey::generate(Curve::P256, &mut rng);
            common_name(&key.spki().unwrap())
        };
        let (one, other) = (name(), name());
        assert_ne!(one, other);
        assert_eq!(one.len(), "CN=".len() + 2 * NAME_LEN);
    }
}
