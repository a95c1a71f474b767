//! The work that a relay can ask for a Put: what is to be solved, and the proof that it was.
//!
//! ```text
//!   challenge = SHA-256("bauta work v1" ‖ seed ‖ address ‖ envelope id)
//!   proof     = first 4 bytes of the seed ‖ effort (4) ‖ nonce (8) ‖ solution (16)
//! ```
//!
//! The seed is the relay's and changes: nobody stocks up. The proof is for one envelope id in one
//! mailbox: whoever shows it again puts the same envelope again.

use std::fmt;

use minicbor::Decode;
use minicbor::Decoder;
use minicbor::Encode;
use minicbor::Encoder;
use minicbor::decode;
use minicbor::encode;

use super::value::Address;
use super::value::EnvelopeId;
use crate::crypto::hash::sha256;
use crate::crypto::puzzle::SOLUTION_LEN;
use crate::crypto::puzzle::Solution;

/// What a relay asks for a Put into a mailbox that nobody acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Demand {
    /// What proofs are made for, for some time.
    #[n(0)]
    pub seed: Seed,
    /// How much work; the price may rise until a proof is shown, and then another is asked for.
    #[n(1)]
    pub effort: u32,
}

impl Demand {
    /// What is to be solved for an envelope.
    #[must_use]
    pub fn challenge(&self, address: &Address, id: &EnvelopeId) -> [u8; 32] {
        self.seed.challenge(address, id)
    }

    /// The proof that it was solved.
    #[must_use]
    pub const fn proof(&self, solution: Solution) -> Proof {
        Proof { tag: self.seed.tag(), effort: self.effort, solution }
    }
}

/// What a relay makes proofs differ by: random, and another one every while.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; SEED_LEN]);

impl Seed {
    /// The seed with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; SEED_LEN]) -> Self {
        Self(bytes)
    }

    /// Whether a proof says that it was made for this seed.
    #[must_use]
    pub fn is_meant(&self, proof: &Proof) -> bool {
        self.tag() == proof.tag
    }

    /// Whether a proof holds for an envelope.
    #[must_use]
    pub fn is_proven(&self, proof: &Proof, address: &Address, id: &EnvelopeId) -> bool {
        self.is_meant(proof) && proof.solution.solves(&self.challenge(address, id), proof.effort)
    }

    fn challenge(&self, address: &Address, id: &EnvelopeId) -> [u8; 32] {
        sha256(&[LABEL, &self.0, address.as_bytes(), id.as_bytes()])
    }

    const fn tag(&self) -> [u8; TAG_LEN] {
        let [a, b, c, d, ..] = self.0;
        [a, b, c, d]
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Seed")
    }
}

/// The proof that work was done for an envelope.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    tag: [u8; TAG_LEN],
    effort: u32,
    solution: Solution,
}

impl Proof {
    /// How much work it says was done.
    #[must_use]
    pub const fn effort(&self) -> u32 {
        self.effort
    }
}

/// A proof or none. Under this name the derive macro writes a field for it in either case.
pub(super) type MaybeProof = Option<Proof>;

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tag: _, effort, solution: _ } = self;
        f.debug_struct("Proof").field("effort", effort).finish_non_exhaustive()
    }
}

impl<C> Encode<C> for Seed {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Seed {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        d.bytes()?.try_into().map(Self).map_err(|_| decode::Error::message("wrong length"))
    }
}

/// A proof, or an empty byte string in its place.
pub(super) fn encode_proof<C, W: encode::Write>(
    proof: &MaybeProof,
    e: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), encode::Error<W::Error>> {
    let Some(Proof { tag, effort, solution }) = proof else { return e.bytes(&[])?.ok() };
    e.bytes_len(PROOF_LEN)?;
    let writer = e.writer_mut();
    let parts = [tag.as_slice(), &effort.to_be_bytes(), solution.as_bytes()];
    parts.into_iter().try_for_each(|part| writer.write_all(part)).map_err(encode::Error::write)
}

pub(super) fn decode_proof<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<MaybeProof, decode::Error> {
    let bytes = d.bytes()?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let wrong = || decode::Error::message("wrong length");
    let (tag, rest) = bytes.split_first_chunk().ok_or_else(wrong)?;
    let (effort, solution) = rest.split_first_chunk().ok_or_else(wrong)?;
    let solution: [u8; SOLUTION_LEN] = solution.try_into().map_err(|_| wrong())?;
    Ok(Some(Proof {
        tag: *tag,
        effort: u32::from_be_bytes(*effort),
        solution: Solution::from_bytes(solution),
    }))
}

const LABEL: &[u8] = b"bauta work v1";

/// The length of a seed in bytes: nobody guesses 128 bits.
pub const SEED_LEN: usize = 16;

/// Enough to tell a relay's two seeds apart from each other and from those of an earlier run.
const TAG_LEN: usize = 4;

const PROOF_LEN: u64 = 32;

const _: () = assert!(TAG_LEN + 4 + SOLUTION_LEN == 32);
