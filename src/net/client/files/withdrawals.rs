//! What lies on the relay of files that are over, until the relay says that it does not any more.
//!
//! A file may end while there is no connection: then this is said when there is one again. What this
//! run cannot say is deleted when its time is over.

use std::collections::HashMap;
use std::mem;

use crate::net::cell::Capability;
use crate::net::cell::ClientFrame;
use crate::net::cell::EnvelopeId;
use crate::net::client::core::Line;

/// What is taken back.
#[derive(Default)]
pub(super) struct Withdrawals {
    unsaid: Vec<Withdrawal>,
    /// By envelope id: what was said on the connections at hand and has no answer.
    said: HashMap<[u8; 16], Withdrawal>,
    /// Nothing is said before this.
    not_before: u64,
}

/// An envelope that is taken back, over the connection that it was put on.
pub(super) struct Withdrawal {
    pub(super) line: Line,
    pub(super) capability: Capability,
    pub(super) id: EnvelopeId,
}

impl Withdrawals {
    pub(super) fn is_empty(&self) -> bool {
        self.unsaid.is_empty() && self.said.is_empty()
    }

    /// Takes this back, as far as there is room.
    pub(super) fn add(&mut self, withdrawals: impl Iterator<Item = Withdrawal>) {
        let room = MOST.saturating_sub(self.unsaid.len().saturating_add(self.said.len()));
        self.unsaid.extend(withdrawals.take(room));
    }

    /// What is to be said now over the connections that are open.
    pub(super) fn frames(
        &mut self,
        now: u64,
        is_open: impl Fn(Line) -> bool,
    ) -> Vec<(Line, ClientFrame)> {
        if self.unsaid.is_empty() || now < self.not_before {
            return Vec::new();
        }
        let mut frames = Vec::new();
        for withdrawal in self.unsaid.extract_if(.., |withdrawal| is_open(withdrawal.line)) {
            let Withdrawal { line, capability, id } = &withdrawal;
            let (capability, id) = (capability.duplicate(), *id);
            frames.push((*line, ClientFrame::Cancel { capability, id }));
            self.said.insert(*id.as_bytes(), withdrawal);
        }
        frames
    }

    /// The relay has it no more. Whether that was asked.
    pub(super) fn is_gone(&mut self, id: &EnvelopeId) -> bool {
        self.said.remove(id.as_bytes()).is_some()
    }

    /// The relay does not want to hear it before `retry_at`. Whether it was said.
    pub(super) fn refused(&mut self, id: &EnvelopeId, retry_at: u64) -> bool {
        let Some(withdrawal) = self.said.remove(id.as_bytes()) else { return false };
        self.unsaid.push(withdrawal);
        self.not_before = self.not_before.max(retry_at);
        true
    }

    /// A connection is gone: what has no answer is said again on the next.
    pub(super) fn went_down(&mut self, line: Line) {
        let lost = self.said.extract_if(|_, withdrawal| withdrawal.line == line);
        self.unsaid.extend(lost.map(|(_, withdrawal)| withdrawal));
        self.not_before = 0;
    }

    /// There will be no such connection any more.
    pub(super) fn forget(&mut self, line: Line) {
        self.unsaid.retain(|withdrawal| withdrawal.line != line);
        self.said.retain(|_, withdrawal| withdrawal.line != line);
    }

    /// Nothing is said to another relay.
    pub(super) fn forget_all(&mut self) {
        drop(mem::take(self));
    }

    /// When there is something to say that could not be said before.
    pub(super) fn wakes_at(&self, now: u64) -> Option<u64> {
        Some(self.not_before).filter(|at| *at > now && !self.unsaid.is_empty())
    }
}

/// Envelopes that are taken back at once: those of 32 files, each with all that was asked for.
const MOST: usize = 32 * 1_024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::secret::Secret;

    const LINE: Line = Line::RENDEZVOUS;

    fn three() -> Withdrawals {
        let mut withdrawals = Withdrawals::default();
        withdrawals.add((1..=3).map(|n| Withdrawal {
            line: LINE,
            capability: Capability::new(Secret::new([n; 32])),
            id: EnvelopeId::new([n; 16]),
        }));
        withdrawals
    }

    fn said(withdrawals: &mut Withdrawals, now: u64) -> Vec<u8> {
        let frames = withdrawals.frames(now, |line| line == LINE).into_iter();
        let mut said: Vec<u8> = frames
            .map(|(_, frame)| match frame {
                ClientFrame::Cancel { capability, id } => {
                    assert_eq!(capability.expose()[0], id.as_bytes()[0]);
                    id.as_bytes()[0]
                }
                other => panic!("{other:?}"),
            })
            .collect();
        said.sort_unstable();
        said
    }

    fn id(n: u8) -> EnvelopeId {
        EnvelopeId::new([n; 16])
    }

    #[test]
    fn what_is_taken_back_without_a_connection_is_said_on_the_next_until_it_is_answered() {
        let mut withdrawals = three();
        assert!(withdrawals.frames(0, |_| false).is_empty() && !withdrawals.is_empty());
        assert_eq!(said(&mut withdrawals, 0), [1, 2, 3]);
        assert!(said(&mut withdrawals, 0).is_empty(), "once on a connection");
        assert!(withdrawals.is_gone(&id(2)) && !withdrawals.is_gone(&id(2)));
        withdrawals.went_down(LINE);
        assert_eq!(said(&mut withdrawals, 0), [1, 3]);
        assert!(withdrawals.is_gone(&id(1)) && withdrawals.is_gone(&id(3)));
        assert!(withdrawals.is_empty() && !withdrawals.is_gone(&id(9)));
    }

    #[test]
    fn what_was_said_too_fast_is_said_again_when_the_relay_wants_it() {
        let mut withdrawals = three();
        said(&mut withdrawals, 0);
        assert!(withdrawals.refused(&id(2), 50) && !withdrawals.refused(&id(9), 60));
        assert_eq!(withdrawals.wakes_at(0), Some(50));
        assert!(said(&mut withdrawals, 49).is_empty());
        assert_eq!(said(&mut withdrawals, 50), [2]);
        assert_eq!(withdrawals.wakes_at(50), None);
    }

    #[test]
    fn what_is_taken_back_is_bounded_and_goes_with_its_connection() {
        let mut withdrawals = three();
        for n in 0..40_000_u32 {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            let capability = Capability::new(Secret::new([0; 32]));
            let id = EnvelopeId::new(id);
            withdrawals.add([Withdrawal { line: LINE, capability, id }].into_iter());
        }
        assert_eq!(withdrawals.unsaid.len(), MOST);
        withdrawals.forget(LINE);
        assert!(withdrawals.is_empty());
    }
}
