//! Groups that rustls does not have, put together from aws-lc-rs.
//!
//! | group | key exchange |
//! |---|---|
//! | [`P521`] | ECDH of aws-lc-rs |

use aws_lc_rs::agreement;
use aws_lc_rs::agreement::EphemeralPrivateKey;
use aws_lc_rs::agreement::UnparsedPublicKey;
use aws_lc_rs::rand::SystemRandom;
use rustls::Error;
use rustls::NamedGroup;
use rustls::PeerMisbehaved;
use rustls::ProtocolVersion;
use rustls::crypto::ActiveKeyExchange;
use rustls::crypto::SharedSecret;
use rustls::crypto::SupportedKxGroup;
use rustls::ffdhe_groups::FfdheGroup;

/// secp521r1.
pub(crate) static P521: &dyn SupportedKxGroup =
    &Ecdh { name: NamedGroup::secp521r1, algorithm: &agreement::ECDH_P521 };

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

/// SEC 1, section 2.3.3: the first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 0x04;
