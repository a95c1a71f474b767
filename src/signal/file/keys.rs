//! Everything that follows from a file's secret.

use super::PLAIN_LEN;
use crate::crypto::aead::AeadKey;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::identity::PublicIdentity;
use crate::crypto::secret::Secret;
use crate::crypto::secret::SecretBytes;
use crate::signal::BodyAead;
use crate::signal::ENVELOPE_LEN;
use crate::signal::Error;
use crate::signal::kdf;
use crate::signal::labels;

/// Between whom a file goes, and under what name.
pub struct FileScope<'a> {
    /// The network's id.
    pub network: &'a [u8; 32],
    /// Who sends it.
    pub sender: &'a PublicIdentity,
    /// Who receives it.
    pub receiver: &'a PublicIdentity,
    /// The name of the item that offers it.
    pub name: &'a [u8; 16],
    /// Its size in bytes.
    pub size: u64,
}

/// The keys and mailboxes of one file.
pub struct FileKeys {
    key: Secret<32>,
    size: u64,
    chunks: Seal,
    requests: Seal,
}

/// One direction's key, and what its nonces come from.
struct Seal {
    label: &'static [u8],
    key: AeadKey,
    nonces: Secret<32>,
}

/// An envelope, and the id that it has however often it is made.
pub struct Sealed {
    /// The id.
    pub id: [u8; 16],
    /// The envelope: [`ENVELOPE_LEN`] bytes.
    pub envelope: Vec<u8>,
}

impl FileKeys {
    /// The keys of a file whose offer names this secret and this AEAD.
    ///
    /// # Errors
    /// None for keys of 32 bytes.
    pub fn new(secret: &Secret<32>, aead: BodyAead, scope: &FileScope<'_>) -> Result<Self, Error> {
        let FileScope { network, sender, receiver, name, size } = scope;
        // K = HKDF-SHA256(salt = network id, ikm = secret, "bauta file v1" ‖ sender ‖ receiver ‖ name)
        let info =
            [labels::FILE, sender.as_bytes().as_slice(), receiver.as_bytes(), *name].concat();
        let key = kdf::derive(*network, secret.expose(), &info);
        let seal = |label: &'static [u8], nonces: &[u8]| {
            let sealing = kdf::expand(&key, &[label, &[aead.code()]]);
            let aead = AeadKey::new(aead.algorithm(), sealing.expose())?;
            Ok::<_, Error>(Seal { label, key: aead, nonces: kdf::expand(&key, &[nonces]) })
        };
        let chunks = seal(labels::CHUNK, labels::CHUNK_NONCE)?;
        let requests = seal(labels::REQUEST, labels::REQUEST_NONCE)?;
        Ok(Self { key, size: *size, chunks, requests })
    }

    /// The size of the file in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The capability of a mailbox with chunks, of those below [`super::LANES`].
    #[must_use]
    pub fn lane(&self, lane: u32) -> Secret<32> {
        kdf::expand(&self.key, &[labels::LANE, &lane.to_be_bytes()])
    }

    /// The capability of the mailbox with requests.
    #[must_use]
    pub fn back(&self) -> Secret<32> {
        kdf::expand(&self.key, &[labels::BACK])
    }

    pub(super) fn seal_chunk(&self, plaintext: Vec<u8>) -> Result<Sealed, Error> {
        self.chunks.seal(self.size, plaintext)
    }

    pub(super) fn open_chunk(&self, envelope: &[u8]) -> Result<SecretBytes, Error> {
        self.chunks.open(self.size, envelope)
    }

    pub(super) fn seal_request(&self, plaintext: Vec<u8>) -> Result<Sealed, Error> {
        self.requests.seal(self.size, plaintext)
    }

    pub(super) fn open_request(&self, envelope: &[u8]) -> Result<SecretBytes, Error> {
        self.requests.open(self.size, envelope)
    }
}

impl core::fmt::Debug for FileKeys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { key: _, size: _, chunks: _, requests: _ } = self;
        f.write_str("FileKeys")
    }
}

impl Seal {
    /// `nonce ‖ id = HMAC-SHA256(nonces, plaintext)`, cut to 28 bytes;
    /// `envelope = nonce ‖ AEAD(key, nonce, AAD = label ‖ size, plaintext)`.
    fn seal(&self, size: u64, plaintext: Vec<u8>) -> Result<Sealed, Error> {
        if plaintext.len() != PLAIN_LEN {
            return Err(Error::TooLong);
        }
        let code = kdf::hmac(&self.nonces, &[&plaintext]);
        let (nonce, rest) = code.expose().split_first_chunk::<NONCE_LEN>().ok_or(Error::Decode)?;
        let id = *rest.first_chunk::<16>().ok_or(Error::Decode)?;
        let mut sealed = plaintext;
        let tag = self.key.seal_in_place(nonce, &self.associated_data(size), &mut sealed)?;
        let mut envelope = Vec::with_capacity(ENVELOPE_LEN);
        envelope.extend_from_slice(nonce);
        envelope.extend_from_slice(&sealed);
        envelope.extend_from_slice(&tag);
        Ok(Sealed { id, envelope })
    }

    fn open(&self, size: u64, envelope: &[u8]) -> Result<SecretBytes, Error> {
        if envelope.len() != ENVELOPE_LEN {
            return Err(Error::Decode);
        }
        let (nonce, sealed) = envelope.split_first_chunk().ok_or(Error::Decode)?;
        Ok(self.key.open(nonce, &self.associated_data(size), sealed)?)
    }

    fn associated_data(&self, size: u64) -> Vec<u8> {
        [self.label, &size.to_be_bytes()].concat()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::crypto::identity::IdentityKey;

    fn person(seed: u8) -> PublicIdentity {
        *IdentityKey::from_seed(Secret::new([seed; 32])).public()
    }

    pub(in super::super) fn keys(aead: BodyAead, size: u64, secret: u8) -> FileKeys {
        let (sender, receiver) = (&person(1), &person(2));
        let scope = FileScope { network: &[9; 32], sender, receiver, name: &[3; 16], size };
        FileKeys::new(&Secret::new([secret; 32]), aead, &scope).unwrap()
    }

    #[test]
    fn each_file_has_mailboxes_of_its_own() {
        let (one, two) = (person(1), person(2));
        let mut all = BTreeSet::new();
        let mut count = 0;
        for (network, sender, receiver, name) in [
            ([9; 32], one, two, [3; 16]),
            ([8; 32], one, two, [3; 16]),
            ([9; 32], two, one, [3; 16]),
            ([9; 32], one, two, [4; 16]),
        ] {
            let scope = FileScope {
                network: &network,
                sender: &sender,
                receiver: &receiver,
                name: &name,
                size: 1,
            };
            let keys = FileKeys::new(&Secret::new([1; 32]), BodyAead::Aes256Gcm, &scope).unwrap();
            for capability in (0..super::super::LANES).map(|lane| keys.lane(lane)) {
                all.insert(*capability.expose());
            }
            all.insert(*keys.back().expose());
            count += 5;
        }
        assert_eq!(all.len(), count);
    }
}
