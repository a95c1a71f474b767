//! What proofs of work are made for, and which of them hold.
//!
//! ```text
//!   seed = HMAC-SHA256(the relay's secret, "bauta work seed v1" ‖ slice)[0..16]
//!   slice = minutes since the start / 30      a proof is good in its slice and the next
//! ```
//!
//! The secret is random and of this run: what was solved before the relay started, or longer than
//! an hour ago, proves nothing. Proofs are judged by the tasks of their connections, outside the
//! relay's lock and before the store is asked.

use std::time::Duration;

use super::admission::Bucket;
use super::limits;
use crate::crypto::hkdf::hmac_sha256;
use crate::crypto::secret::Secret;
use crate::net::cell::ClientFrame;
use crate::net::cell::SEED_LEN;
use crate::net::cell::Seed;

/// What makes the seeds of a relay, and the two that are in use.
#[derive(Debug)]
pub struct Seeds {
    secret: Secret<32>,
    slice: u64,
    current: CurrentSeeds,
}

/// The seed of this slice of time and of the one before.
#[derive(Debug, Clone, Copy)]
pub struct CurrentSeeds {
    now: Seed,
    before: Seed,
}

impl Seeds {
    /// Seeds that follow from a secret.
    #[must_use]
    pub fn new(secret: Secret<32>) -> Self {
        let now = seed(&secret, 0);
        Self { secret, slice: 0, current: CurrentSeeds { now, before: now } }
    }

    /// Time since the relay's start.
    pub(super) fn time_is(&mut self, since_start: Duration) {
        let slice = since_start.as_secs() / limits::SLICE.as_secs();
        if slice > self.slice {
            let before = seed(&self.secret, slice - 1);
            self.current = CurrentSeeds { now: seed(&self.secret, slice), before };
            self.slice = slice;
        }
    }

    pub(super) const fn current(&self) -> CurrentSeeds {
        self.current
    }
}

impl CurrentSeeds {
    /// What new proofs are made for.
    pub(super) const fn now(&self) -> Seed {
        self.now
    }
}

/// What is known of the proof in a cell, in which there is one Put at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Work {
    /// There is none.
    #[default]
    None,
    /// It holds, and so much was done.
    Proven(u32),
    /// It is for a seed that is not in use any more.
    Stale,
    /// It holds for nothing.
    False,
    /// Too many are shown to judge them all: another one makes sense after so many seconds.
    TooMany(u32),
}

/// Judges what one connection shows.
#[derive(Debug, Default)]
pub(super) struct Judge {
    shown: Bucket,
}

impl Judge {
    pub(super) fn judge(
        &mut self,
        frames: &[ClientFrame],
        seeds: impl FnOnce() -> (CurrentSeeds, Duration),
    ) -> Work {
        let shown = frames.iter().find_map(|frame| match frame {
            ClientFrame::Put { id, address, proof: Some(proof), .. } => Some((id, address, proof)),
            _ => None,
        });
        let Some((id, address, proof)) = shown else { return Work::None };
        let (CurrentSeeds { now, before }, since_start) = seeds();
        let Some(seed) = [now, before].into_iter().find(|seed| seed.is_meant(proof)) else {
            return Work::Stale;
        };
        if let Err(wait) = self.shown.take(limits::PROOFS, 1, since_start) {
            return Work::TooMany(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX) + 1);
        }
        match seed.is_proven(proof, address, id) {
            true => Work::Proven(proof.effort()),
            false => Work::False,
        }
    }
}

fn seed(secret: &Secret<32>, slice: u64) -> Seed {
    let bytes = hmac_sha256(secret.expose(), &[LABEL, &slice.to_be_bytes()]);
    let mut seed = [0; SEED_LEN];
    seed.iter_mut().zip(bytes.expose()).for_each(|(to, from)| *to = *from);
    Seed::new(seed)
}

const LABEL: &[u8] = b"bauta work seed v1";

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::crypto::puzzle;
    use crate::net::cell::Address;
    use crate::net::cell::Demand;
    use crate::net::cell::ENVELOPE_LEN;
    use crate::net::cell::Envelope;
    use crate::net::cell::EnvelopeId;
    use crate::net::cell::Proof;

    fn seeds(secret: u8, since_start: Duration) -> CurrentSeeds {
        let mut seeds = Seeds::new(Secret::new([secret; 32]));
        seeds.time_is(since_start);
        seeds.current()
    }

    /// A Put into mailbox `to`, with a proof for mailbox 1 and id 1.
    fn put(proof: Option<Proof>, to: u8, id: u8) -> [ClientFrame; 1] {
        let (address, id) = (Address::new([to; 32]), EnvelopeId::new([id; 16]));
        let envelope = Envelope::from_slice(&[0; ENVELOPE_LEN]).unwrap();
        [ClientFrame::Put { id, address, envelope, proof }]
    }

    fn solved(seeds: CurrentSeeds, effort: u32) -> Option<Proof> {
        let demand = Demand { seed: seeds.now(), effort };
        let challenge = demand.challenge(&Address::new([1; 32]), &EnvelopeId::new([1; 16]));
        puzzle::solve(&challenge, effort, 0, || true).map(|solution| demand.proof(solution))
    }

    #[test]
    fn a_proof_holds_for_one_id_in_one_mailbox_for_a_slice_and_the_next() {
        let start = seeds(1, Duration::ZERO);
        let proof = solved(start, 2);
        let judge = |frames: &[ClientFrame], seeds: CurrentSeeds| {
            Judge::default().judge(frames, || (seeds, Duration::ZERO))
        };
        assert_eq!(judge(&put(proof, 1, 1), start), Work::Proven(2));
        assert_eq!(judge(&put(proof, 2, 1), start), Work::False, "another mailbox");
        assert_eq!(judge(&put(proof, 1, 2), start), Work::False, "another id");
        assert_eq!(judge(&put(None, 1, 1), start), Work::None);
        assert_eq!(judge(&[ClientFrame::Ping], start), Work::None);
        let next = seeds(1, limits::SLICE);
        assert_eq!(judge(&put(proof, 1, 1), next), Work::Proven(2), "in the next slice");
        let after = seeds(1, limits::SLICE * 2);
        assert_eq!(judge(&put(proof, 1, 1), after), Work::Stale, "not in the one after");
        let restarted = seeds(2, Duration::ZERO);
        assert_eq!(judge(&put(proof, 1, 1), restarted), Work::Stale, "not at another relay");
    }

    #[test]
    fn one_connection_does_not_keep_a_relay_busy_with_proofs() {
        let start = seeds(1, Duration::ZERO);
        let frames = put(solved(start, 1), 1, 1);
        let mut judge = Judge::default();
        let at = |judge: &mut Judge, seconds| {
            judge.judge(&frames, || (start, Duration::from_secs(seconds)))
        };
        let judged = (0..100).filter(|_| at(&mut judge, 0) == Work::Proven(1)).count();
        assert_eq!(judged, 64);
        assert_eq!(at(&mut judge, 0), Work::TooMany(1));
        assert_eq!(at(&mut judge, 1), Work::Proven(1));
    }
}
