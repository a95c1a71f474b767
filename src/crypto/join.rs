//! The secret of a private network: whoever knows it may speak to its relay, and nobody can be told
//! from another by it.
//!
//! ```text
//!   proof = HMAC-SHA256(secret, "bauta join v1" ‖ channel's exporter (32))
//! ```
//!
//! The exporter is of one channel and known to its two ends alone: a proof is good there and nowhere
//! else, and says nothing about 256 random bits to whoever sees it.

use core::fmt;
use core::fmt::Write as _;

use zeroize::Zeroizing;

use super::CryptoRng;
use super::ct_eq;
use super::hkdf::hmac_sha256;
use super::secret::Secret;

/// A network's secret.
pub struct JoinSecret(Secret<32>);

impl JoinSecret {
    /// A new one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Secret::random(rng))
    }

    /// Reads 64 hexadecimal digits; white space around them is none of them.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() != 64 {
            return None;
        }
        let mut bytes = Zeroizing::new([0_u8; 32]);
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            for digit in digits {
                let digit = char::from(*digit).to_digit(16)?;
                *byte = (*byte << 4) | u8::try_from(digit).ok()?;
            }
        }
        Secret::from_slice(bytes.as_slice()).ok().map(Self)
    }

    /// Its 64 hexadecimal digits.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.0.expose() {
            // A String takes everything.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// What proves it on the channel that exports this.
    #[must_use]
    pub fn proof(&self, exported: &[u8]) -> JoinProof {
        JoinProof(*hmac_sha256(self.0.expose(), &[LABEL, exported]).expose())
    }
}

impl fmt::Debug for JoinSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("JoinSecret")
    }
}

/// The proof that somebody knows a network's secret, on one channel.
#[derive(Clone, Copy)]
pub struct JoinProof([u8; JOIN_PROOF_LEN]);

impl JoinProof {
    /// What somebody says is one.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; JOIN_PROOF_LEN]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; JOIN_PROOF_LEN] {
        &self.0
    }

    /// Whether it is this one, in a time that says nothing.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        ct_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for JoinProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("JoinProof")
    }
}

/// The label for the exporter of [RFC 8446, section 7.5](https://www.rfc-editor.org/rfc/rfc8446#section-7.5),
/// without context, 32 bytes.
pub const JOIN_EXPORTER: &[u8] = b"EXPORTER-bauta-join-v1";

/// The length of a proof in bytes: that of SHA-256.
pub const JOIN_PROOF_LEN: usize = 32;

const LABEL: &[u8] = b"bauta join v1";

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn secret(digit: char) -> JoinSecret {
        JoinSecret::from_text(&String::from(digit).repeat(64)).unwrap()
    }

    #[test]
    fn a_proof_is_good_for_one_secret_on_one_channel() {
        let proof = secret('a').proof(&[1; 32]);
        assert!(proof.is(&secret('A').proof(&[1; 32])));
        assert!(!proof.is(&secret('a').proof(&[2; 32])));
        assert!(!proof.is(&secret('b').proof(&[1; 32])));
    }

    #[test]
    fn a_secret_survives_its_text() {
        let text = (0..32).map(|byte| format!("{:02x}", byte * 7)).collect::<String>();
        let secret = JoinSecret::from_text(&format!(" {}\n", text.to_uppercase())).unwrap();
        assert_eq!(*secret.to_text(), text);
        let (short, long) = (&text[1..], format!("{text}0"));
        let sign = format!("+{}", &text[1..]);
        for wrong in ["", "password", short, &long, &sign, &"é".repeat(32), &"g".repeat(64)] {
            assert!(JoinSecret::from_text(wrong).is_none(), "{wrong}");
        }
        assert_eq!(format!("{secret:?} {:?}", secret.proof(&[])), "JoinSecret JoinProof");
    }
}
