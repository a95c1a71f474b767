//! Code points: what a suite, a group and a signature scheme are called on the wire.
//!
//! | key exchange | group | code | signature scheme | code | key of the relay |
//! |---|---|---|---|---|---|
//! | P-256 + ML-KEM-768 | SecP256r1MLKEM768 | 0x11eb | ecdsa_secp256r1_sha256 | 0x0403 | P-256 |
//! | P-384 + ML-KEM-1024 | SecP384r1MLKEM1024 | 0x11ed | ecdsa_secp384r1_sha384 | 0x0503 | P-384 |
//! | P-521 + ML-KEM-1024 | private use | 0xfeed | ecdsa_secp521r1_sha512 | 0x0603 | P-521 |
//! | X25519 + ML-KEM-768 | X25519MLKEM768 | 0x11ec | ecdsa_secp256r1_sha256 | 0x0403 | P-256 |
//! | P-256 | secp256r1 | 0x0017 | ecdsa_secp256r1_sha256 | 0x0403 | P-256 |
//! | P-384 | secp384r1 | 0x0018 | ecdsa_secp384r1_sha384 | 0x0503 | P-384 |
//! | P-521 | secp521r1 | 0x0019 | ecdsa_secp521r1_sha512 | 0x0603 | P-521 |
//! | X25519 | x25519 | 0x001d | ecdsa_secp256r1_sha256 | 0x0403 | P-256 |
//!
//! Sources: [RFC 8446, section 4.2.7](https://www.rfc-editor.org/rfc/rfc8446#section-4.2.7),
//! [draft-ietf-tls-ecdhe-mlkem, section 5](https://datatracker.ietf.org/doc/draft-ietf-tls-ecdhe-mlkem/).

use crate::crypto::aead::Algorithm;
use crate::crypto::group::Group;
use crate::crypto::hash::Hash;
use crate::crypto::key_exchange::KeyExchange;
use crate::crypto::sign::Curve;

/// A cipher suite ([RFC 8446, appendix B.4](https://www.rfc-editor.org/rfc/rfc8446#appendix-B.4)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CipherSuite {
    /// TLS_AES_256_GCM_SHA384.
    Aes256GcmSha384,
    /// TLS_CHACHA20_POLY1305_SHA256.
    ChaCha20Poly1305Sha256,
}

impl CipherSuite {
    /// Every suite that is accepted.
    pub const ALL: [Self; 2] = [Self::Aes256GcmSha384, Self::ChaCha20Poly1305Sha256];

    /// Its code on the wire.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Aes256GcmSha384 => 0x1302,
            Self::ChaCha20Poly1305Sha256 => 0x1303,
        }
    }

    /// The suite with this code, if it is accepted.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.code() == code)
    }

    /// Its specification's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes256GcmSha384 => "TLS_AES_256_GCM_SHA384",
            Self::ChaCha20Poly1305Sha256 => "TLS_CHACHA20_POLY1305_SHA256",
        }
    }

    /// The cipher that protects records.
    #[must_use]
    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::Aes256GcmSha384 => Algorithm::Aes256Gcm,
            Self::ChaCha20Poly1305Sha256 => Algorithm::ChaCha20Poly1305,
        }
    }

    /// The hash of the transcript and of the key schedule.
    #[must_use]
    pub fn hash(self) -> Hash {
        match self {
            Self::Aes256GcmSha384 => Hash::Sha384,
            Self::ChaCha20Poly1305Sha256 => Hash::Sha256,
        }
    }
}

/// What a choice of curve fixes: the key exchange and the signature that goes with it.
///
/// A pin and not a preference: nothing else is offered, nothing else is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pin {
    exchange: KeyExchange,
}

impl Pin {
    /// What this key exchange fixes.
    #[must_use]
    pub fn new(exchange: KeyExchange) -> Self {
        Self { exchange }
    }

    /// The key exchange.
    #[must_use]
    pub fn exchange(self) -> KeyExchange {
        self.exchange
    }

    /// The code on the wire of what TLS calls its group.
    #[must_use]
    pub fn group_code(self) -> u16 {
        match self.exchange {
            KeyExchange::Classical(Group::P256) => 0x0017,
            KeyExchange::Classical(Group::P384) => 0x0018,
            KeyExchange::Classical(Group::P521) => 0x0019,
            KeyExchange::Classical(Group::X25519) => 0x001d,
            KeyExchange::Hybrid(Group::P256) => 0x11eb,
            KeyExchange::Hybrid(Group::P384) => 0x11ed,
            // No document has this one: ecdhe_private_use(0xFE00..0xFEFF).
            KeyExchange::Hybrid(Group::P521) => 0xfeed,
            KeyExchange::Hybrid(Group::X25519) => 0x11ec,
        }
    }

    /// The pin whose group has this code, if the group is accepted.
    #[must_use]
    pub fn from_group_code(code: u16) -> Option<Self> {
        KeyExchange::ALL.into_iter().map(Self::new).find(|pin| pin.group_code() == code)
    }

    /// The curve that the relay signs with.
    #[must_use]
    pub fn curve(self) -> Curve {
        match self.exchange.group() {
            Group::P256 | Group::X25519 => Curve::P256,
            Group::P384 => Curve::P384,
            Group::P521 => Curve::P521,
        }
    }

    /// The signature scheme's code on the wire.
    #[must_use]
    pub fn scheme_code(self) -> u16 {
        scheme_code(self.curve())
    }
}

/// The code on the wire of the signature scheme that a curve's keys have.
#[must_use]
pub fn scheme_code(curve: Curve) -> u16 {
    match curve {
        Curve::P256 => 0x0403,
        Curve::P384 => 0x0503,
        Curve::P521 => 0x0603,
    }
}
