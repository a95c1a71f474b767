//! A request taken back.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | who writes: 0 the lower of the two keys, 1 the higher |
//! | 8 | epoch |
//! | 32 | the pair's tag |
//! | 8 | generation: every bundle up to it is withdrawn |
//! | 64 | Ed25519 signature of `"bauta withdrawn v1" ‖ 0 ‖` all before it |

use core::fmt;

use crate::crypto::identity::IdentityKey;
use crate::crypto::identity::PublicIdentity;
use crate::signal::Direction;
use crate::signal::Error;
use crate::signal::labels;
use crate::signal::rendezvous::pair::Pair;
use crate::signal::suite;

use super::signed;

/// A signed record that a person does not ask any more.
pub struct Withdrawal {
    bytes: Vec<u8>,
    generation: u64,
}

impl Withdrawal {
    /// Takes back every bundle for the peer of a pair up to a generation.
    #[must_use]
    pub fn create(own: &IdentityKey, pair: &Pair, generation: u64, epoch: u64) -> Self {
        let bytes = signed::sign(own, labels::WITHDRAWN, suite::VERSION, |writer| {
            signed::write_scope(writer, pair, Direction::Outgoing, epoch);
            writer.u64(generation);
        });
        Self { bytes, generation }
    }

    /// Verifies a record that `writer` made for `reader`.
    ///
    /// # Errors
    /// [`Error::Version`], [`Error::Signature`], [`Error::Decode`], [`Error::WrongPair`],
    /// [`Error::WrongDirection`], [`Error::WrongEpoch`].
    pub fn open(
        bytes: &[u8],
        writer: &PublicIdentity,
        reader: &PublicIdentity,
        pair: &Pair,
        epoch: u64,
    ) -> Result<Self, Error> {
        let direction = pair.direction(writer, reader)?;
        let verified = signed::verify(writer, labels::WITHDRAWN, suite::VERSION, bytes);
        let (_, mut content) = verified?;
        signed::read_scope(&mut content, pair, direction, epoch)?;
        let generation = content.u64()?;
        content.finish()?;
        Ok(Self { bytes: bytes.to_vec(), generation })
    }

    /// The signed bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// The newest generation that it takes back.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }
}

impl fmt::Debug for Withdrawal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes: _, generation } = self;
        f.debug_struct("Withdrawal").field("generation", generation).finish_non_exhaustive()
    }
}
