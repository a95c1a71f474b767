//! The key schedule: from the shared secret to the keys of each direction.
//!
//! ```text
//!             0
//!             |
//!   0 ->  HKDF-Extract = EarlySecret
//!             |
//!       Derive-Secret(., "derived", "")
//!             |
//!   (EC)DHE -> HKDF-Extract = HandshakeSecret
//!             |
//!             +-> Derive-Secret(., "c hs traffic", ClientHello...ServerHello)
//!             +-> Derive-Secret(., "s hs traffic", ClientHello...ServerHello)
//!             |
//!       Derive-Secret(., "derived", "")
//!             |
//!   0 ->  HKDF-Extract = MasterSecret
//!             |
//!             +-> Derive-Secret(., "c ap traffic", ClientHello...server Finished)
//!             +-> Derive-Secret(., "s ap traffic", ClientHello...server Finished)
//!             +-> Derive-Secret(., "exp master", ClientHello...server Finished)
//! ```
//!
//! Each secret is a type, and a step consumes the one before: no key can be derived at the wrong
//! stage, and no secret outlives its use. Source:
//! [RFC 8446, section 7.1](https://www.rfc-editor.org/rfc/rfc8446#section-7.1).

use std::sync::LazyLock;

use zeroize::Zeroizing;

use super::error::Error;
use crate::crypto::aead::AeadKey;
use crate::crypto::aead::Algorithm;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::hash::Digest;
use crate::crypto::hash::Hash;
use crate::crypto::hkdf::Expander;
use crate::crypto::hkdf::Prk;
use crate::crypto::hkdf::extract;
use crate::crypto::hkdf::hmac;
use crate::crypto::secret::SecretBytes;

/// The longest label: `opaque label<7..255>`, of which "tls13 " takes six.
pub const MAX_LABEL_LEN: usize = 249;

/// The first secret.
#[derive(Debug)]
pub struct EarlySecret(Prk);

impl EarlySecret {
    /// `HKDF-Extract(salt = 0, IKM = 0)`.
    #[must_use]
    pub fn new(hash: Hash) -> Self {
        Self::with_pre_shared_key(hash, zeros(hash))
    }

    /// `HKDF-Extract(salt = 0, IKM = PSK)`: this profile has no such key, known answers have.
    #[must_use]
    pub fn with_pre_shared_key(hash: Hash, key: &[u8]) -> Self {
        Self(extract(hash, &[], key))
    }

    /// `HKDF-Extract(salt = Derive-Secret(., "derived", ""), IKM = (EC)DHE)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn into_handshake(self, shared_secret: &[u8]) -> Result<HandshakeSecret, Error> {
        HandshakeSecret::after(&self.derived()?, shared_secret)
    }

    fn derived(&self) -> Result<Prk, Error> {
        derived(&self.0.expander()?)
    }

    /// The secret itself, for known-answer tests.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The secret of the handshake's own traffic.
#[derive(Debug)]
pub struct HandshakeSecret(Stage);

impl HandshakeSecret {
    /// `EarlySecret::new(hash).into_handshake(shared_secret)`: without pre-shared keys what stands
    /// before the shared secret is the same in every handshake, and computed once.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn new(hash: Hash, shared_secret: &[u8]) -> Result<Self, Error> {
        let derived = match hash {
            Hash::Sha256 => &*DERIVED_SHA256,
            Hash::Sha384 => &*DERIVED_SHA384,
            Hash::Sha512 => &EarlySecret::new(hash).derived(),
        };
        Self::after(derived.as_ref().map_err(|error| *error)?, shared_secret)
    }

    fn after(derived: &Prk, shared_secret: &[u8]) -> Result<Self, Error> {
        Stage::new(extract(derived.hash(), derived.as_bytes(), shared_secret)).map(Self)
    }

    /// `Derive-Secret(., "c hs traffic", ClientHello...ServerHello)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn client_traffic(&self, hello_hash: Digest) -> Result<TrafficSecret, Error> {
        self.0.derive(LABEL_CLIENT_HANDSHAKE, hello_hash).map(TrafficSecret)
    }

    /// `Derive-Secret(., "s hs traffic", ClientHello...ServerHello)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn server_traffic(&self, hello_hash: Digest) -> Result<TrafficSecret, Error> {
        self.0.derive(LABEL_SERVER_HANDSHAKE, hello_hash).map(TrafficSecret)
    }

    /// `HKDF-Extract(salt = Derive-Secret(., "derived", ""), IKM = 0)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn into_master(self) -> Result<MasterSecret, Error> {
        let derived = derived(&self.0.expander)?;
        let hash = derived.hash();
        Stage::new(extract(hash, derived.as_bytes(), zeros(hash))).map(MasterSecret)
    }

    /// The secret itself, for known-answer tests.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.secret.as_bytes()
    }
}

/// The secret of everything after the server's Finished.
#[derive(Debug)]
pub struct MasterSecret(Stage);

impl MasterSecret {
    /// `Derive-Secret(., "c ap traffic", ClientHello...server Finished)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn client_traffic(&self, finished_hash: Digest) -> Result<TrafficSecret, Error> {
        self.0.derive(LABEL_CLIENT_APPLICATION, finished_hash).map(TrafficSecret)
    }

    /// `Derive-Secret(., "s ap traffic", ClientHello...server Finished)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn server_traffic(&self, finished_hash: Digest) -> Result<TrafficSecret, Error> {
        self.0.derive(LABEL_SERVER_APPLICATION, finished_hash).map(TrafficSecret)
    }

    /// `Derive-Secret(., "exp master", ClientHello...server Finished)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn exporter(&self, finished_hash: Digest) -> Result<ExporterSecret, Error> {
        self.0.derive(LABEL_EXPORTER_MASTER, finished_hash).map(ExporterSecret)
    }

    /// The secret itself, for known-answer tests.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.secret.as_bytes()
    }
}

/// A secret from which others are derived at once.
#[derive(Debug)]
struct Stage {
    secret: Prk,
    expander: Expander,
}

impl Stage {
    fn new(secret: Prk) -> Result<Self, Error> {
        let expander = secret.expander()?;
        Ok(Self { secret, expander })
    }

    fn derive(&self, label: &[u8], transcript_hash: Digest) -> Result<Prk, Error> {
        derive_secret(&self.expander, label, transcript_hash)
    }
}

/// What keys for other purposes are made from
/// ([section 7.5](https://www.rfc-editor.org/rfc/rfc8446#section-7.5)).
#[derive(Debug)]
pub struct ExporterSecret(Prk);

impl ExporterSecret {
    /// `TLS-Exporter(label, context_value, key_length)`: `len` bytes that both sides of this
    /// connection know, and nobody else. No context is the same as an empty one.
    ///
    /// # Errors
    /// [`Error::ApiMisuse`] for a label above [`MAX_LABEL_LEN`] bytes, or `len` above 255 digests.
    pub fn export(&self, label: &[u8], context: &[u8], len: usize) -> Result<SecretBytes, Error> {
        let hash = self.0.hash();
        // HKDF-Expand-Label(Derive-Secret(Secret, label, ""), "exporter", Hash(context_value), len)
        let secret = derive_secret(&self.0.expander()?, label, hash.digest(&[]))?;
        let mut out = vec![0; len];
        let context = hash.digest(&[context]);
        expand_label(&secret.expander()?, LABEL_EXPORTER, context.as_ref(), &mut out)?;
        Ok(SecretBytes::new(out))
    }

    /// The secret itself, for known-answer tests.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The secret of one direction at one stage.
#[derive(Debug)]
pub struct TrafficSecret(Prk);

impl TrafficSecret {
    /// The record keys of this direction
    /// ([section 7.3](https://www.rfc-editor.org/rfc/rfc8446#section-7.3)).
    ///
    /// # Errors
    /// None that an algorithm of this crate can cause.
    pub fn keys(&self, algorithm: Algorithm) -> Result<TrafficKeys, Error> {
        let secret = self.0.expander()?;
        // [sender]_write_key = HKDF-Expand-Label(Secret, "key", "", key_length)
        let mut key = Zeroizing::new([0; MAX_KEY_LEN]);
        let key = key.get_mut(..algorithm.key_len()).unwrap_or_default();
        expand_label(&secret, LABEL_KEY, &[], key)?;
        // [sender]_write_iv = HKDF-Expand-Label(Secret, "iv", "", iv_length)
        let mut iv = [0; NONCE_LEN];
        expand_label(&secret, LABEL_IV, &[], &mut iv)?;
        Ok(TrafficKeys { key: AeadKey::new(algorithm, key)?, iv })
    }

    /// `application_traffic_secret_N+1 =
    ///   HKDF-Expand-Label(application_traffic_secret_N, "traffic upd", "", Hash.length)`
    /// ([section 7.2](https://www.rfc-editor.org/rfc/rfc8446#section-7.2)).
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn next(&self) -> Result<Self, Error> {
        expand_label_to_prk(&self.0.expander()?, LABEL_UPDATE, &[]).map(Self)
    }

    /// The content of the Finished that the sender of this direction writes
    /// ([section 4.4.4](https://www.rfc-editor.org/rfc/rfc8446#section-4.4.4)).
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn verify_data(&self, transcript_hash: Digest) -> Result<Digest, Error> {
        let finished_key = self.finished_key()?;
        // verify_data = HMAC(finished_key, Transcript-Hash(...))
        Ok(hmac(self.0.hash(), finished_key.as_bytes(), &[transcript_hash.as_ref()]))
    }

    /// `HKDF-Expand-Label(BaseKey, "finished", "", Hash.length)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn finished_key(&self) -> Result<Prk, Error> {
        expand_label_to_prk(&self.0.expander()?, LABEL_FINISHED, &[])
    }

    /// The secret itself, for known-answer tests.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Key and IV of one direction.
pub struct TrafficKeys {
    pub(super) key: AeadKey,
    pub(super) iv: [u8; NONCE_LEN],
}

impl core::fmt::Debug for TrafficKeys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { key: _, iv: _ } = self;
        f.write_str("TrafficKeys")
    }
}

/// `Derive-Secret(Secret, "derived", "")`: the salt of the next extraction.
fn derived(secret: &Expander) -> Result<Prk, Error> {
    derive_secret(secret, LABEL_DERIVED, secret.hash().digest(&[]))
}

/// `Derive-Secret(Secret, Label, Messages) =
///   HKDF-Expand-Label(Secret, Label, Transcript-Hash(Messages), Hash.length)`.
fn derive_secret(secret: &Expander, label: &[u8], transcript_hash: Digest) -> Result<Prk, Error> {
    expand_label_to_prk(secret, label, transcript_hash.as_ref())
}

fn expand_label_to_prk(secret: &Expander, label: &[u8], context: &[u8]) -> Result<Prk, Error> {
    let info = HkdfLabel::new(secret.hash().len(), label, context)?;
    Ok(secret.expand_prk(&info.parts())?)
}

/// `HKDF-Expand-Label(Secret, Label, Context, Length) = HKDF-Expand(Secret, HkdfLabel, Length)`.
fn expand_label(
    secret: &Expander,
    label: &[u8],
    context: &[u8],
    out: &mut [u8],
) -> Result<(), Error> {
    let info = HkdfLabel::new(out.len(), label, context)?;
    Ok(secret.expand(&info.parts(), out)?)
}

/// `uint16 length, opaque label<7..255> = "tls13 " ‖ Label, opaque context<0..255> = Context`.
struct HkdfLabel<'a> {
    length: [u8; 2],
    label_len: [u8; 1],
    label: &'a [u8],
    context_len: [u8; 1],
    context: &'a [u8],
}

impl<'a> HkdfLabel<'a> {
    fn new(length: usize, label: &'a [u8], context: &'a [u8]) -> Result<Self, Error> {
        let one_byte = |len| u8::try_from(len).map(u8::to_be_bytes).map_err(|_| Error::ApiMisuse);
        Ok(Self {
            length: u16::try_from(length).map_err(|_| Error::ApiMisuse)?.to_be_bytes(),
            label_len: one_byte(LABEL_PREFIX.len() + label.len())?,
            label,
            context_len: one_byte(context.len())?,
            context,
        })
    }

    fn parts(&self) -> [&[u8]; 6] {
        let Self { length, label_len, label, context_len, context } = self;
        [length, label_len, LABEL_PREFIX, label, context_len, context]
    }
}

/// `Derive-Secret(EarlySecret, "derived", "")` without pre-shared keys, which is nobody's secret.
static DERIVED_SHA256: LazyLock<Result<Prk, Error>> =
    LazyLock::new(|| EarlySecret::new(Hash::Sha256).derived());
static DERIVED_SHA384: LazyLock<Result<Prk, Error>> =
    LazyLock::new(|| EarlySecret::new(Hash::Sha384).derived());
/// As many zero bytes as the hash is long.
fn zeros(hash: Hash) -> &'static [u8] {
    ZEROS.get(..hash.len()).unwrap_or_default()
}

const LABEL_PREFIX: &[u8] = b"tls13 ";
const LABEL_DERIVED: &[u8] = b"derived";
const LABEL_CLIENT_HANDSHAKE: &[u8] = b"c hs traffic";
const LABEL_SERVER_HANDSHAKE: &[u8] = b"s hs traffic";
const LABEL_CLIENT_APPLICATION: &[u8] = b"c ap traffic";
const LABEL_SERVER_APPLICATION: &[u8] = b"s ap traffic";
const LABEL_EXPORTER_MASTER: &[u8] = b"exp master";
const LABEL_EXPORTER: &[u8] = b"exporter";
const LABEL_UPDATE: &[u8] = b"traffic upd";
const LABEL_FINISHED: &[u8] = b"finished";
const LABEL_KEY: &[u8] = b"key";
const LABEL_IV: &[u8] = b"iv";

/// AES-256 and ChaCha20 have the longest keys.
const MAX_KEY_LEN: usize = 32;
/// SHA-512 has the longest digest.
const MAX_HASH_LEN: usize = 64;
static ZEROS: [u8; MAX_HASH_LEN] = [0; MAX_HASH_LEN];
