//! The key directory of a relay: the network key, the key set that it signs, the set's private keys.
//!
//! | file | what it holds |
//! |---|---|
//! | `network.pem` | the network key, ECDSA P-521, PKCS#8 PEM; needed for a refresh only |
//! | `P-256.pem`, `P-384.pem`, `P-521.pem` | the private keys of the key set, PKCS#8 PEM |
//! | `keyset` | network key, key set and signature, each with its length (u16) in front |
//!
//! ```text
//!   create, refresh:  write every file as NAME.new  ->  keyset.new becomes keyset  ->  the others
//!                     \____ before: the old keys ___/ \___ after: the new keys, on any open ____/
//! ```
//!
//! `join` reads the secret of a private network, which may lie anywhere.
//!
//! Invariant: `keyset` says which keys are valid. A key beside it that does not fit is left over from
//! a write that was cut, and the next open either finishes that write or clears it away.

mod error;
mod files;
pub mod join;
mod platform;

use std::path::Path;

pub use self::error::KeysError;
use self::files::Folder;
use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::CryptoRng;
use crate::crypto::secret::SecretBytes;
use crate::crypto::sign::Curve;
use crate::crypto::sign::SigningKey;
use crate::handshake::SigningKeys;
use crate::handshake::identity::IdentityError;
use crate::handshake::identity::KeySet;
use crate::handshake::identity::NetworkId;
use crate::handshake::identity::SignedKeySet;
use crate::handshake::identity::VerifiedKeySet;

/// What a relay runs with.
#[derive(Debug)]
pub struct RelayKeys {
    signing_keys: SigningKeys,
    signed_key_set: SignedKeySet,
    verified: VerifiedKeySet,
}

impl RelayKeys {
    /// A new network that is kept in no folder: it ends with the relay.
    ///
    /// # Errors
    /// [`KeysError`] if a key cannot be made.
    pub fn generate(rng: &mut impl CryptoRng) -> Result<Self, KeysError> {
        let network_key = SigningKey::generate(Curve::P521, rng);
        Self::sign(&network_key, 1, SigningKeys::generate(rng)?)
    }

    fn sign(
        network_key: &SigningKey,
        sequence: u64,
        signing_keys: SigningKeys,
    ) -> Result<Self, KeysError> {
        let signed_key_set =
            SignedKeySet::sign(network_key, &KeySet::new(sequence, &signing_keys))?;
        let verified = signed_key_set.verify(None).map_err(KeysError::KeySet)?;
        Ok(Self { signing_keys, signed_key_set, verified })
    }

    /// The private keys that sign handshakes.
    #[must_use]
    pub fn signing_keys(&self) -> &SigningKeys {
        &self.signing_keys
    }

    /// What Welcome carries.
    #[must_use]
    pub fn signed_key_set(&self) -> &SignedKeySet {
        &self.signed_key_set
    }

    /// What the network is known by.
    #[must_use]
    pub fn network_id(&self) -> NetworkId {
        self.verified.network_id()
    }

    /// The number of the key set: each refresh raises it by one.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.verified.sequence()
    }
}

/// A folder with a relay's keys.
#[derive(Debug)]
pub struct KeyDir {
    folder: Folder,
}

impl KeyDir {
    /// The keys in this folder; in an empty one, a new network is made. Blocks on the disk.
    ///
    /// # Errors
    /// A sentence for the operator: see [`KeysError`].
    pub fn open_or_create(
        path: impl AsRef<Path>,
        rng: &mut impl CryptoRng,
    ) -> Result<RelayKeys, KeysError> {
        let directory = Self { folder: Folder::lock(path.as_ref(), WRITTEN)? };
        match directory.read_key_set()? {
            Some(signed) => directory.open(signed),
            None => directory.create(rng),
        }
    }

    /// New keys for every curve under the next number, and the old private keys gone; in an empty
    /// folder, a new network. Needs the network key, and no other private key. Blocks on the disk.
    ///
    /// # Errors
    /// A sentence for the operator: see [`KeysError`].
    pub fn refresh(
        path: impl AsRef<Path>,
        rng: &mut impl CryptoRng,
    ) -> Result<RelayKeys, KeysError> {
        let directory = Self { folder: Folder::lock(path.as_ref(), WRITTEN)? };
        let Some(signed) = directory.read_key_set()? else { return directory.create(rng) };
        let current = signed.verify(None).map_err(KeysError::KeySet)?;
        // Finishes a write that was cut. Whether the old private keys are any good is all one now.
        let _ = directory.open(signed.clone());
        let network_key = directory.read_network_key(&signed)?;
        directory.folder.remove_unfinished(WRITTEN)?;
        let next = current.sequence().checked_add(1).ok_or(KeysError::LastKeySet)?;
        directory.write_set(next, &network_key, SigningKeys::generate(rng)?)
    }

    fn create(&self, rng: &mut impl CryptoRng) -> Result<RelayKeys, KeysError> {
        self.folder.remove_unfinished(WRITTEN)?;
        let network_key = SigningKey::generate(Curve::P521, rng);
        self.folder.write_new(NETWORK_KEY, network_key.to_pkcs8_pem()?.as_bytes())?;
        let keys = self.write_set(1, &network_key, SigningKeys::generate(rng)?)?;
        self.folder.commit(NETWORK_KEY)?;
        Ok(keys)
    }

    /// Writes a set of keys so that a kill at any point leaves the old ones or these.
    fn write_set(
        &self,
        sequence: u64,
        network_key: &SigningKey,
        signing_keys: SigningKeys,
    ) -> Result<RelayKeys, KeysError> {
        let keys = RelayKeys::sign(network_key, sequence, signing_keys)?;
        for curve in Curve::ALL {
            let pem = keys.signing_keys.key(curve).to_pkcs8_pem()?;
            self.folder.write_new(file_of(curve), pem.as_bytes())?;
        }
        self.folder.write_new(KEY_SET, &encode(&keys.signed_key_set))?;
        self.folder.commit(KEY_SET)?;
        for curve in Curve::ALL {
            self.folder.commit(file_of(curve))?;
        }
        Ok(keys)
    }

    fn open(&self, signed_key_set: SignedKeySet) -> Result<RelayKeys, KeysError> {
        let verified = signed_key_set.verify(None).map_err(KeysError::KeySet)?;
        self.settle_network_key(&signed_key_set)?;
        let signing_keys = SigningKeys::new(
            self.read_key(Curve::P256, verified.spki(Curve::P256))?,
            self.read_key(Curve::P384, verified.spki(Curve::P384))?,
            self.read_key(Curve::P521, verified.spki(Curve::P521))?,
        )?;
        self.folder.remove_unfinished(WRITTEN)?;
        Ok(RelayKeys { signing_keys, signed_key_set, verified })
    }

    /// The key set; nothing in a folder without keys.
    fn read_key_set(&self) -> Result<Option<SignedKeySet>, KeysError> {
        if let Some(bytes) = self.folder.read(KEY_SET)? {
            let signed = decode(bytes.expose()).map_err(KeysError::KeySet)?;
            return Ok(Some(signed));
        }
        // Which number the last set had is known to nobody then, and two sets with one number would
        // stop every client.
        match WRITTEN.iter().find(|name| self.folder.holds(name)) {
            Some(name) => Err(KeysError::NoKeySet { beside: self.folder.path_of(name) }),
            None => Ok(None),
        }
    }

    /// The private key whose public key is this one, also if its last renaming was cut.
    fn read_key(&self, curve: Curve, spki: &[u8]) -> Result<SigningKey, KeysError> {
        let name = file_of(curve);
        let current = self.folder.read_private(name)?;
        if let Some(key) = current.as_ref().and_then(parse).filter(|key| belongs(key, spki)) {
            return Ok(key);
        }
        let unfinished = self.folder.read_private_new(name)?;
        if let Some(key) = unfinished.as_ref().and_then(parse).filter(|key| belongs(key, spki)) {
            self.folder.commit(name)?;
            return Ok(key);
        }
        let path = self.folder.path_of(name);
        Err(match current.as_ref().map(parse) {
            None => KeysError::Missing { path },
            Some(None) => KeysError::Malformed { path },
            Some(Some(_)) => KeysError::NotInKeySet { path },
        })
    }

    /// Checks who can read the network key, if it is here, and finishes its first renaming.
    fn settle_network_key(&self, signed: &SignedKeySet) -> Result<(), KeysError> {
        if self.folder.read_private(NETWORK_KEY)?.is_some() {
            return Ok(());
        }
        let unfinished = self.folder.read_private_new(NETWORK_KEY)?;
        match unfinished.as_ref().and_then(parse) {
            Some(key) if belongs(&key, signed.network_key()) => self.folder.commit(NETWORK_KEY),
            _ => Ok(()),
        }
    }

    fn read_network_key(&self, signed: &SignedKeySet) -> Result<SigningKey, KeysError> {
        let path = self.folder.path_of(NETWORK_KEY);
        let Some(pem) = self.folder.read_private(NETWORK_KEY)? else {
            return Err(KeysError::NoNetworkKey { path });
        };
        let key = parse(&pem).ok_or_else(|| KeysError::Malformed { path: path.clone() })?;
        if !belongs(&key, signed.network_key()) {
            return Err(KeysError::OtherNetworkKey { path });
        }
        Ok(key)
    }
}

fn parse(pem: &SecretBytes) -> Option<SigningKey> {
    SigningKey::from_pkcs8_pem(core::str::from_utf8(pem.expose()).ok()?).ok()
}

fn belongs(key: &SigningKey, spki: &[u8]) -> bool {
    key.spki().is_ok_and(|own| own == spki)
}

fn encode(signed: &SignedKeySet) -> Vec<u8> {
    let mut writer = Writer::new();
    for part in [signed.network_key(), signed.key_set(), signed.signature()] {
        writer.vec16(|w| {
            w.bytes(part);
        });
    }
    writer.into_vec()
}

fn decode(bytes: &[u8]) -> Result<SignedKeySet, IdentityError> {
    let mut reader = Reader::new(bytes);
    let mut part = || Ok::<_, IdentityError>(reader.vec16(MAX_PART_LEN)?.to_vec());
    let signed = SignedKeySet::from_parts(part()?, part()?, part()?);
    reader.finish()?;
    Ok(signed)
}

fn file_of(curve: Curve) -> &'static str {
    match curve {
        Curve::P256 => "P-256.pem",
        Curve::P384 => "P-384.pem",
        Curve::P521 => "P-521.pem",
    }
}

const NETWORK_KEY: &str = "network.pem";
const KEY_SET: &str = "keyset";
/// Every file that is written here.
const WRITTEN: &[&str] = &[NETWORK_KEY, KEY_SET, "P-256.pem", "P-384.pem", "P-521.pem"];
/// A key set of three keys has less than 500 bytes.
const MAX_PART_LEN: usize = 1024;
