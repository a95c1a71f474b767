//! ECDSA keys of relays ([FIPS 186-5](https://csrc.nist.gov/pubs/fips/186-5/final)), deterministic as
//! [RFC 6979](https://www.rfc-editor.org/rfc/rfc6979) says, each curve with its own hash:
//! P-256 with SHA-256, P-384 with SHA-384, P-521 with SHA-512. Signatures are DER. Only the feature
//! `aws-lc` makes them another way: with AWS-LC's randomness, so that no two are equal.

pub use super::backend::chosen::SigningKey;
pub use super::backend::chosen::VerifyingKey;

/// A curve that relays sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-256, with SHA-256.
    P256,
    /// NIST P-384, with SHA-384.
    P384,
    /// NIST P-521, with SHA-512.
    P521,
}

impl Curve {
    /// Every curve, in the order in which a key set lists them.
    pub const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;
    use crate::crypto::Error;

    #[test]
    fn keys_survive_their_files_and_signatures_their_curve() {
        let mut rng = StdRng::seed_from_u64(1);
        for curve in Curve::ALL {
            let key = SigningKey::generate(curve, &mut rng);
            let read = SigningKey::from_pkcs8_pem(&key.to_pkcs8_pem().unwrap()).unwrap();
            assert_eq!(read.curve(), curve);
            let public = VerifyingKey::from_spki(&key.spki().unwrap()).unwrap();
            assert_eq!(public, read.verifying_key());
            let signature = read.sign(b"message");
            assert_eq!(public.verify(b"message", &signature), Ok(()));
            assert_eq!(public.verify(b"massage", &signature), Err(Error::InvalidSignature));
            let other = SigningKey::generate(curve, &mut rng).verifying_key();
            assert_eq!(other.verify(b"message", &signature), Err(Error::InvalidSignature));
            for cut in 0..signature.len() {
                assert_eq!(
                    public.verify(b"message", &signature[..cut]),
                    Err(Error::InvalidSignature)
                );
            }
        }
    }

    #[test]
    fn a_key_in_another_encoding_is_refused() {
        let mut rng = StdRng::seed_from_u64(2);
        let spki = SigningKey::generate(Curve::P256, &mut rng).spki().unwrap();
        assert!(VerifyingKey::from_spki(&spki[..spki.len() - 1]).is_err());
        assert!(VerifyingKey::from_spki(&[&spki[..], &[0]].concat()).is_err());
        assert!(SigningKey::from_pkcs8_pem("no key").is_err());
    }
}
