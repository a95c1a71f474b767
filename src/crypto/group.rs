//! The channel's Diffie-Hellman groups ([RFC 8446, section 4.2.7](https://www.rfc-editor.org/rfc/rfc8446#section-4.2.7)).
//!
//! | group | public key | shared secret |
//! |---|---|---|
//! | P-256 | 0x04 ‖ x ‖ y, 65 bytes | x, 32 bytes |
//! | P-384 | 0x04 ‖ x ‖ y, 97 bytes | x, 48 bytes |
//! | P-521 | 0x04 ‖ x ‖ y, 133 bytes | x, 66 bytes, leading zeros kept |
//! | X25519 | 32 bytes | 32 bytes |

pub use super::backend::chosen::EphemeralKey;

/// A Diffie-Hellman group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// NIST P-256, secp256r1.
    P256,
    /// NIST P-384, secp384r1.
    P384,
    /// NIST P-521, secp521r1.
    P521,
    /// X25519 ([RFC 7748](https://www.rfc-editor.org/rfc/rfc7748)).
    X25519,
}

impl Group {
    /// The length of a public key in bytes.
    #[must_use]
    pub fn public_key_len(self) -> usize {
        match self {
            Self::P256 => 65,
            Self::P384 => 97,
            Self::P521 => 133,
            Self::X25519 => 32,
        }
    }

    /// The length of a private scalar in bytes.
    #[must_use]
    pub fn scalar_len(self) -> usize {
        match self {
            Self::P256 | Self::X25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;
    use crate::crypto::Error;

    const GROUPS: [(Group, usize, usize); 4] = [
        (Group::P256, 65, 32),
        (Group::P384, 97, 48),
        (Group::P521, 133, 66),
        (Group::X25519, 32, 32),
    ];

    #[test]
    fn both_sides_agree_on_a_secret_of_the_fields_length() {
        let mut rng = StdRng::seed_from_u64(1);
        for (group, public_len, secret_len) in GROUPS {
            let (a, b) =
                (EphemeralKey::generate(group, &mut rng), EphemeralKey::generate(group, &mut rng));
            let (a_public, b_public) = (a.public_key(), b.public_key());
            assert_eq!(a_public.len(), public_len);
            assert_eq!(group.public_key_len(), public_len);
            let secret = a.agree(&b_public).unwrap();
            assert_eq!(secret.len(), secret_len);
            assert_eq!(secret.expose(), b.agree(&a_public).unwrap().expose());
        }
    }

    #[test]
    fn scalars_of_another_length_are_refused() {
        for (group, ..) in GROUPS {
            let mut one = vec![0; group.scalar_len()];
            *one.last_mut().unwrap() = 1;
            assert_eq!(EphemeralKey::from_scalar(group, &one).unwrap().group(), group);
            for other in [&one[1..], &[&[0], &one[..]].concat(), &[]] {
                let refused = EphemeralKey::from_scalar(group, other).unwrap_err();
                assert_eq!(refused, Error::InvalidKey, "{group:?} {}", other.len());
            }
        }
    }

    #[test]
    fn points_in_any_other_form_are_refused() {
        let mut rng = StdRng::seed_from_u64(2);
        for (group, public_len, _) in GROUPS {
            let key = || EphemeralKey::generate(group, &mut StdRng::seed_from_u64(3));
            let good = EphemeralKey::generate(group, &mut rng).public_key();
            for len in 0..public_len {
                assert!(key().agree(&good[..len]).is_err(), "{group:?} cut to {len}");
            }
            assert!(key().agree(&[&good[..], &[0]].concat()).is_err());
            if group == Group::X25519 {
                assert_eq!(key().agree(&[0; 32]).unwrap_err(), Error::NonContributory);
                continue;
            }
            let mut off_curve = good.clone();
            off_curve[public_len - 1] ^= 1;
            assert_eq!(key().agree(&off_curve).unwrap_err(), Error::InvalidPoint);
            assert_eq!(key().agree(&[0]).unwrap_err(), Error::InvalidPoint);
            assert_eq!(key().agree(&vec![0; public_len]).unwrap_err(), Error::InvalidPoint);
            let compressed = [&[2 | (good[public_len - 1] & 1)][..], &good[1..=public_len / 2]];
            assert_eq!(key().agree(&compressed.concat()).unwrap_err(), Error::InvalidPoint);
            for tag in [0x00, 0x02, 0x03, 0x05, 0x06, 0x07] {
                let mut other = good.clone();
                other[0] = tag;
                assert_eq!(key().agree(&other).unwrap_err(), Error::InvalidPoint);
            }
        }
    }
}
