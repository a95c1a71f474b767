//! A prekey bundle, made for one contact and for one session.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1, or 2 if it tells what was heard of the reader |
//! | 1 + 2n | suites, the preferred first |
//! | 16 | bundle id, random |
//! | 1 | who writes: 0 the lower of the two keys, 1 the higher |
//! | 8 | epoch |
//! | 32 | the pair's tag, in place of the reader's ID and the network's |
//! | 8 | generation: Unix milliseconds |
//! | 8 | not-after: Unix seconds |
//! | 1 + 32 | type 1, signed prekey, X25519 |
//! | 1 + 32 | type 2, one-time prekey, X25519 |
//! | 1 + 1,184 | type 3, encapsulation key, ML-KEM-768 |
//! | 8 | version 2: the reader's highest generation that was accepted, or 0 |
//! | 16 | version 2: the name of the reader's bundle or session that it answers, or zeros |
//! | 64 | Ed25519 signature of `"bauta bundle v1" ‖ 0 ‖` all before it |

use core::fmt;

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto;
use crate::crypto::CryptoRng;
use crate::crypto::hash;
use crate::crypto::identity::IdentityKey;
use crate::crypto::identity::PublicIdentity;
use crate::crypto::kem;
use crate::signal::Direction;
use crate::signal::Error;
use crate::signal::labels;
use crate::signal::rendezvous::pair::Pair;
use crate::signal::rendezvous::rules::Heard;
use crate::signal::suite;
use crate::signal::suite::Suite;

use super::PrekeySecrets;
use super::signed;

/// The random name of a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleId([u8; 16]);

impl BundleId {
    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// When a bundle is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The rendezvous epoch that it is put out in.
    pub epoch: u64,
    /// Its creation time in Unix milliseconds: a later one replaces an earlier one.
    pub generation: u64,
    /// The last Unix second in which it may be used.
    pub not_after: u64,
}

/// A signed bundle: one's own, or a peer's that has been verified.
pub struct PrekeyBundle {
    bytes: Vec<u8>,
    writer: PublicIdentity,
    suite: Suite,
    id: BundleId,
    terms: Terms,
    heard: Heard,
    keys: PublicPrekeys,
}

/// The public keys of a bundle.
pub(in crate::signal) struct PublicPrekeys {
    pub(in crate::signal) signed: [u8; 32],
    pub(in crate::signal) one_time: [u8; 32],
    pub(in crate::signal) kem: Box<[u8; kem::ENCAPSULATION_KEY_LEN]>,
}

impl PrekeyBundle {
    /// Makes a bundle for the peer of a pair, of whom nothing was heard, and its private keys.
    pub fn create(
        own: &IdentityKey,
        pair: &Pair,
        terms: Terms,
        rng: &mut impl CryptoRng,
    ) -> (Self, PrekeySecrets) {
        Self::telling(own, pair, terms, Heard::default(), rng)
    }

    /// The same, telling the peer what was heard of it.
    pub fn telling(
        own: &IdentityKey,
        pair: &Pair,
        terms: Terms,
        heard: Heard,
        rng: &mut impl CryptoRng,
    ) -> (Self, PrekeySecrets) {
        let tells = heard != Heard::default();
        let version = if tells { TELLING } else { suite::VERSION };
        let suite = Suite::X25519MlKem768Sha256;
        let id = BundleId(crypto::random(rng));
        let (keys, private) = PrekeySecrets::generate(rng);
        let bytes = signed::sign(own, labels::BUNDLE, version, |writer| {
            Suite::write_offer(writer);
            writer.bytes(id.as_bytes());
            signed::write_scope(writer, pair, Direction::Outgoing, terms.epoch);
            writer.u64(terms.generation);
            writer.u64(terms.not_after);
            keys.write(writer);
            if tells {
                writer.u64(heard.accepted).bytes(&heard.answers.unwrap_or(NOTHING));
            }
        });
        let bundle = Self { bytes, writer: *own.public(), suite, id, terms, heard, keys };
        let secrets = PrekeySecrets::new(&bundle, private);
        (bundle, secrets)
    }

    /// The signed bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// Verifies a bundle that `writer` made for `reader`. Whether its generation is new is for the
    /// caller to say.
    ///
    /// # Errors
    /// [`Error::Version`], [`Error::Signature`], [`Error::Decode`], [`Error::Suite`],
    /// [`Error::WrongPair`], [`Error::WrongDirection`], [`Error::WrongEpoch`], [`Error::Expired`].
    pub fn open(
        bytes: &[u8],
        writer: &PublicIdentity,
        reader: &PublicIdentity,
        pair: &Pair,
        epoch: u64,
        now_seconds: u64,
    ) -> Result<Self, Error> {
        let direction = pair.direction(writer, reader)?;
        let (version, mut content) = signed::verify(writer, labels::BUNDLE, TELLING, bytes)?;
        let suite = Suite::read_offer(&mut content)?;
        let id = BundleId(content.array()?);
        signed::read_scope(&mut content, pair, direction, epoch)?;
        let terms = Terms { epoch, generation: content.u64()?, not_after: content.u64()? };
        let keys = PublicPrekeys::read(&mut content)?;
        let mut heard = Heard::default();
        if version == TELLING {
            heard.accepted = content.u64()?;
            heard.answers = Some(content.array()?).filter(|name| *name != NOTHING);
            // Whoever says nothing says so in the first version.
            if heard == Heard::default() {
                return Err(Error::Decode);
            }
        }
        content.finish()?;
        if now_seconds > terms.not_after {
            return Err(Error::Expired);
        }
        Ok(Self { bytes: bytes.to_vec(), writer: *writer, suite, id, terms, heard, keys })
    }

    /// Its random name.
    #[must_use]
    pub const fn id(&self) -> BundleId {
        self.id
    }

    /// The rendezvous epoch that it was put out in.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.terms.epoch
    }

    /// Its creation time in Unix milliseconds.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.terms.generation
    }

    /// The last Unix second in which it may be used.
    #[must_use]
    pub const fn not_after(&self) -> u64 {
        self.terms.not_after
    }

    /// What its writer had heard of its reader.
    #[must_use]
    pub const fn heard(&self) -> Heard {
        self.heard
    }

    pub(in crate::signal) const fn writer(&self) -> &PublicIdentity {
        &self.writer
    }

    pub(in crate::signal) const fn suite(&self) -> Suite {
        self.suite
    }

    pub(in crate::signal) const fn keys(&self) -> &PublicPrekeys {
        &self.keys
    }

    /// SHA-256 of the signed bytes, for the session's associated data.
    pub(in crate::signal) fn digest(&self) -> [u8; 32] {
        hash::sha256(&[&self.bytes])
    }
}

impl fmt::Debug for PrekeyBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes: _, writer: _, suite: _, id, terms, heard: _, keys: _ } = self;
        f.debug_struct("PrekeyBundle").field("id", id).field("terms", terms).finish_non_exhaustive()
    }
}

impl PublicPrekeys {
    fn write(&self, writer: &mut Writer) {
        writer.u8(SIGNED_PREKEY);
        writer.bytes(&self.signed);
        writer.u8(ONE_TIME_PREKEY);
        writer.bytes(&self.one_time);
        writer.u8(KEM_PREKEY);
        writer.bytes(self.kem.as_slice());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self {
            signed: read_key(reader, SIGNED_PREKEY)?,
            one_time: read_key(reader, ONE_TIME_PREKEY)?,
            kem: Box::new(read_key(reader, KEM_PREKEY)?),
        })
    }
}

fn read_key<const N: usize>(reader: &mut Reader<'_>, key_type: u8) -> Result<[u8; N], Error> {
    if reader.u8()? != key_type {
        return Err(Error::Decode);
    }
    Ok(reader.array()?)
}

/// The version of a bundle that tells what was heard. One that has nothing to tell is of the first,
/// which every reader reads.
const TELLING: u8 = 2;
/// No name: names are random or hashes.
const NOTHING: [u8; 16] = [0; 16];
// The type tags of the keys, so that a signature over one can never pass for another.
const SIGNED_PREKEY: u8 = 1;
const ONE_TIME_PREKEY: u8 = 2;
const KEM_PREKEY: u8 = 3;
