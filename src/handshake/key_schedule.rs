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

use super::error::Error;
use crate::codec::Writer;
use crate::crypto::aead::AeadKey;
use crate::crypto::aead::Algorithm;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::hash::Digest;
use crate::crypto::hash::Hash;
use crate::crypto::hkdf::Prk;
use crate::crypto::hkdf::extract;
use crate::crypto::hkdf::hmac;
use crate::crypto::secret::SecretBytes;

/// The longest label: `opaque label<7..255>`, of which "tls13 " takes six.
pub const MAX_LABEL_LEN: usize = 249;

/// The first secret. Without pre-shared keys it is the same in every handshake.
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
        Ok(HandshakeSecret(next(&self.0, shared_secret)?))
    }

    /// The secret itself, for known-answer tests.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The secret of the handshake's own traffic.
#[derive(Debug)]
pub struct HandshakeSecret(Prk);

impl HandshakeSecret {
    /// `Derive-Secret(., "c hs traffic", ClientHello...ServerHello)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn client_traffic(&self, hello_hash: Digest) -> Result<TrafficSecret, Error> {
        Ok(TrafficSecret(derive_secret(&self.0, LABEL_CLIENT_HANDSHAKE, hello_hash)?))
    }

    /// `Derive-Secret(., "s hs traffic", ClientHello...ServerHello)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn server_traffic(&self, hello_hash: Digest) -> Result<TrafficSecret, Error> {
        Ok(TrafficSecret(derive_secret(&self.0, LABEL_SERVER_HANDSHAKE, hello_hash)?))
    }

    /// `HKDF-Extract(salt = Derive-Secret(., "derived", ""), IKM = 0)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn into_master(self) -> Result<MasterSecret, Error> {
        let hash = self.0.hash();
        Ok(MasterSecret(next(&self.0, zeros(hash))?))
    }

    /// The secret itself, for known-answer tests.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The secret of everything after the server's Finished.
#[derive(Debug)]
pub struct MasterSecret(Prk);

impl MasterSecret {
    /// `Derive-Secret(., "c ap traffic", ClientHello...server Finished)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn client_traffic(&self, finished_hash: Digest) -> Result<TrafficSecret, Error> {
        Ok(TrafficSecret(derive_secret(&self.0, LABEL_CLIENT_APPLICATION, finished_hash)?))
    }

    /// `Derive-Secret(., "s ap traffic", ClientHello...server Finished)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn server_traffic(&self, finished_hash: Digest) -> Result<TrafficSecret, Error> {
        Ok(TrafficSecret(derive_secret(&self.0, LABEL_SERVER_APPLICATION, finished_hash)?))
    }

    /// `Derive-Secret(., "exp master", ClientHello...server Finished)`.
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn exporter(&self, finished_hash: Digest) -> Result<ExporterSecret, Error> {
        Ok(ExporterSecret(derive_secret(&self.0, LABEL_EXPORTER_MASTER, finished_hash)?))
    }

    /// The secret itself, for known-answer tests.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
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
        let secret = derive_secret(&self.0, label, hash.digest(&[]))?;
        expand_label(&secret, LABEL_EXPORTER, hash.digest(&[context]).as_ref(), len)
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
        // [sender]_write_key = HKDF-Expand-Label(Secret, "key", "", key_length)
        let key = expand_label(&self.0, LABEL_KEY, &[], algorithm.key_len())?;
        // [sender]_write_iv = HKDF-Expand-Label(Secret, "iv", "", iv_length)
        let iv = expand_label(&self.0, LABEL_IV, &[], NONCE_LEN)?;
        Ok(TrafficKeys {
            key: AeadKey::new(algorithm, key.expose())?,
            iv: iv.expose().try_into().map_err(|_| Error::ApiMisuse)?,
        })
    }

    /// `application_traffic_secret_N+1 =
    ///   HKDF-Expand-Label(application_traffic_secret_N, "traffic upd", "", Hash.length)`
    /// ([section 7.2](https://www.rfc-editor.org/rfc/rfc8446#section-7.2)).
    ///
    /// # Errors
    /// None that a hash of this crate can cause.
    pub fn next(&self) -> Result<Self, Error> {
        Ok(Self(expand_to_prk(&self.0, LABEL_UPDATE, &[])?))
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
        expand_to_prk(&self.0, LABEL_FINISHED, &[])
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

/// `HKDF-Extract(salt = Derive-Secret(current, "derived", ""), IKM)`.
fn next(current: &Prk, ikm: &[u8]) -> Result<Prk, Error> {
    let hash = current.hash();
    let salt = derive_secret(current, LABEL_DERIVED, hash.digest(&[]))?;
    Ok(extract(hash, salt.as_bytes(), ikm))
}

/// `Derive-Secret(Secret, Label, Messages) =
///   HKDF-Expand-Label(Secret, Label, Transcript-Hash(Messages), Hash.length)`.
fn derive_secret(secret: &Prk, label: &[u8], transcript_hash: Digest) -> Result<Prk, Error> {
    expand_to_prk(secret, label, transcript_hash.as_ref())
}

fn expand_to_prk(secret: &Prk, label: &[u8], context: &[u8]) -> Result<Prk, Error> {
    let derived = expand_label(secret, label, context, secret.hash().len())?;
    Ok(Prk::from_slice(secret.hash(), derived.expose())?)
}

/// `HKDF-Expand-Label(Secret, Label, Context, Length) = HKDF-Expand(Secret, HkdfLabel, Length)`,
/// HkdfLabel being `uint16 length, opaque "tls13 " ‖ Label, opaque Context`.
fn expand_label(
    secret: &Prk,
    label: &[u8],
    context: &[u8],
    len: usize,
) -> Result<SecretBytes, Error> {
    if label.len() > MAX_LABEL_LEN {
        return Err(Error::ApiMisuse);
    }
    let mut info = Writer::new();
    info.u16(u16::try_from(len).map_err(|_| Error::ApiMisuse)?);
    info.vec8(|w| {
        w.bytes(LABEL_PREFIX).bytes(label);
    });
    info.vec8(|w| {
        w.bytes(context);
    });
    let mut out = vec![0; len];
    secret.expand(&info.into_vec(), &mut out)?;
    Ok(SecretBytes::new(out))
}

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

/// SHA-512 has the longest digest.
const MAX_HASH_LEN: usize = 64;
static ZEROS: [u8; MAX_HASH_LEN] = [0; MAX_HASH_LEN];
