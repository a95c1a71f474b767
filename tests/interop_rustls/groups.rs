//! Groups that rustls does not have, put together from aws-lc-rs.
//!
//! | group | key exchange |
//! |---|---|
//! | [`P521`] | ECDH of aws-lc-rs |
//! | [`P384_MLKEM1024`] | rustls's P-384, then its ML-KEM-1024 |
//! | [`P521_MLKEM1024`] | [`P521`], then rustls's ML-KEM-1024 |

use aws_lc_rs::agreement;
use aws_lc_rs::agreement::EphemeralPrivateKey;
use aws_lc_rs::agreement::UnparsedPublicKey;
use aws_lc_rs::rand::SystemRandom;
use rustls::Error;
use rustls::NamedGroup;
use rustls::PeerMisbehaved;
use rustls::ProtocolVersion;
use rustls::crypto::ActiveKeyExchange;
use rustls::crypto::CompletedKeyExchange;
use rustls::crypto::SharedSecret;
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::kx_group::MLKEM1024;
use rustls::crypto::aws_lc_rs::kx_group::SECP384R1;
use rustls::ffdhe_groups::FfdheGroup;

/// secp521r1.
pub(crate) static P521: &dyn SupportedKxGroup =
    &Ecdh { name: NamedGroup::secp521r1, algorithm: &agreement::ECDH_P521 };

/// SecP384r1MLKEM1024.
pub(crate) static P384_MLKEM1024: &dyn SupportedKxGroup =
    &Hybrid { name: NamedGroup::Unknown(0x11ed), curve: SECP384R1, point_len: 97 };

/// The same with P-521, in the range for private use.
pub(crate) static P521_MLKEM1024: &dyn SupportedKxGroup =
    &Hybrid { name: NamedGroup::Unknown(0xfeed), curve: P521, point_len: 133 };

#[derive(Debug)]
struct Ecdh {
    name: NamedGroup,
    algorithm: &'static agreement::Algorithm,
}

struct ActiveEcdh {
    name: NamedGroup,
    algorithm: &'static agreement::Algorithm,
    private_key: EphemeralPrivateKey,
    public_key: agreement::PublicKey,
}

impl SupportedKxGroup for Ecdh {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let private_key = EphemeralPrivateKey::generate(self.algorithm, &SystemRandom::new())
            .map_err(|_| Error::FailedToGetRandomBytes)?;
        let public_key =
            private_key.compute_public_key().map_err(|_| Error::FailedToGetRandomBytes)?;
        let Self { name, algorithm } = *self;
        Ok(Box::new(ActiveEcdh { name, algorithm, private_key, public_key }))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        self.name
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_3
    }
}

impl ActiveKeyExchange for ActiveEcdh {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        if peer.first() != Some(&UNCOMPRESSED) {
            return Err(PeerMisbehaved::InvalidKeyShare.into());
        }
        let peer = UnparsedPublicKey::new(self.algorithm, peer);
        agreement::agree_ephemeral(self.private_key, peer, (), |secret| Ok(secret.into()))
            .map_err(|()| PeerMisbehaved::InvalidKeyShare.into())
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn group(&self) -> NamedGroup {
        self.name
    }

    fn pub_key(&self) -> &[u8] {
        self.public_key.as_ref()
    }
}

/// A curve, and ML-KEM-1024 behind it: in the shares and in the secret.
#[derive(Debug)]
struct Hybrid {
    name: NamedGroup,
    curve: &'static dyn SupportedKxGroup,
    point_len: usize,
}

struct ActiveHybrid {
    name: NamedGroup,
    point_len: usize,
    curve: Box<dyn ActiveKeyExchange>,
    kem: Box<dyn ActiveKeyExchange>,
    share: Vec<u8>,
}

impl SupportedKxGroup for Hybrid {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let (curve, kem) = (self.curve.start()?, MLKEM1024.start()?);
        let share = [curve.pub_key(), kem.pub_key()].concat();
        let Self { name, point_len, .. } = *self;
        Ok(Box::new(ActiveHybrid { name, point_len, curve, kem, share }))
    }

    fn start_and_complete(&self, peer: &[u8]) -> Result<CompletedKeyExchange, Error> {
        let (point, encapsulation_key) = split(peer, self.point_len)?;
        let curve = self.curve.start_and_complete(point)?;
        let kem = MLKEM1024.start_and_complete(encapsulation_key)?;
        Ok(CompletedKeyExchange {
            group: self.name,
            pub_key: [curve.pub_key, kem.pub_key].concat(),
            secret: join(&curve.secret, &kem.secret),
        })
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn name(&self) -> NamedGroup {
        self.name
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_3
    }
}

impl ActiveKeyExchange for ActiveHybrid {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let (point, ciphertext) = split(peer, self.point_len)?;
        Ok(join(&self.curve.complete(point)?, &self.kem.complete(ciphertext)?))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        None
    }

    fn group(&self) -> NamedGroup {
        self.name
    }

    fn pub_key(&self) -> &[u8] {
        &self.share
    }
}

fn split(share: &[u8], point_len: usize) -> Result<(&[u8], &[u8]), Error> {
    share.split_at_checked(point_len).ok_or_else(|| PeerMisbehaved::InvalidKeyShare.into())
}

fn join(curve: &SharedSecret, kem: &SharedSecret) -> SharedSecret {
    [curve.secret_bytes(), kem.secret_bytes()].concat().into()
}

/// SEC 1, section 2.3.3: the first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 0x04;
