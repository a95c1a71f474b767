//! The work that a relay wants for what nobody has acknowledged before: the first request of a file
//! lies in such a mailbox, and the first chunk of each lane would.
//!
//! ```text
//!   request ──Refused: Work──► wanted ── a thread ──► the same request, with its proof
//!                                 └──────────────────► into each lane something that means nothing:
//!                                                      its reader acknowledges it, and chunks are free
//! ```
//!
//! All of it is the receiver's, who reads the lanes: its sender tries again a while later, and is
//! asked for nothing.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use super::super::core::FileName;
use super::super::core::Job;
use super::super::core::MAX_EFFORT;
use super::super::solver::Solver;
use crate::crypto::puzzle::Solution;
use crate::net::cell::ClientFrame;
use crate::net::cell::Demand;

/// What is to be worked for, one after the other.
#[derive(Default)]
pub(super) struct Works {
    /// What the relay asked for last.
    demand: Option<Demand>,
    wanted: VecDeque<(FileName, ClientFrame)>,
    solving: Option<Solving>,
    /// How many were worked for, of each file.
    begun: BTreeMap<FileName, u32>,
}

struct Solving {
    of: FileName,
    put: ClientFrame,
    demand: Demand,
    solver: Solver,
}

impl Works {
    pub(super) const fn demanded(&mut self, demand: Demand) {
        self.demand = Some(demand);
    }

    /// These Puts of a file are to be proven.
    pub(super) fn want(&mut self, of: FileName, puts: impl IntoIterator<Item = ClientFrame>) {
        for put in puts {
            let mut others = self.wanted.iter().map(|(_, put)| put).chain(self.under_way());
            // What lies in the same mailbox is as good.
            let is_needless = others.any(is_beside(&put));
            let begun = self.begun.entry(of).or_default();
            if !is_needless && *begun < MOST {
                *begun += 1;
                self.wanted.push_back((of, put));
            }
        }
        self.go_on();
    }

    /// Nothing more is wanted of a file.
    pub(super) fn forget(&mut self, of: FileName) {
        self.begun.remove(&of);
        self.wanted.retain(|(wanted, _)| *wanted != of);
        self.solving.take_if(|solving| solving.of == of);
        self.go_on();
    }

    fn under_way(&self) -> Option<&ClientFrame> {
        self.solving.as_ref().map(|solving| &solving.put)
    }

    /// Begins with the next one. What is dearer than this program pays is not worked for: the
    /// request goes again, and hears of the price then.
    fn go_on(&mut self) {
        let Some(demand) = self.demand.filter(|demand| demand.effort <= MAX_EFFORT) else {
            self.wanted.clear();
            return;
        };
        while self.solving.is_none()
            && let Some((of, put)) = self.wanted.pop_front()
        {
            let ClientFrame::Put { id, address, .. } = &put else { continue };
            let challenge = demand.challenge(address, id);
            let job = Job { id: *id.as_bytes(), challenge, effort: demand.effort };
            self.solving = Some(Solving { of, put, demand, solver: Solver::start(job) });
        }
    }

    /// What was worked for, with its proof. Never, while nothing is; may be dropped and asked again.
    pub(super) async fn solved(&mut self) -> Option<(FileName, ClientFrame)> {
        let Some(solving) = &mut self.solving else { return core::future::pending().await };
        let (_, solution) = solving.solver.solved().await;
        let solved = self.solving.take();
        self.go_on();
        solved.zip(solution).and_then(|(solving, solution)| proven(solving, solution))
    }
}

/// Whether another Put goes into the same mailbox as this one.
fn is_beside(put: &ClientFrame) -> impl Fn(&ClientFrame) -> bool {
    let into = |put: &ClientFrame| match put {
        ClientFrame::Put { address, .. } => Some(*address),
        _ => None,
    };
    let address = into(put);
    move |other| into(other) == address
}

fn proven(solving: Solving, solution: Solution) -> Option<(FileName, ClientFrame)> {
    let Solving { of, put, demand, solver: _ } = solving;
    let ClientFrame::Put { id, address, envelope, proof: _ } = put else { return None };
    let proof = Some(demand.proof(solution));
    Some((of, ClientFrame::Put { id, address, envelope, proof }))
}

/// What is worked for of one file in a run: two requests and four lanes once, and as much again twice
/// while the price rises. A relay that takes no proof makes nobody work for ever.
const MOST: u32 = 18;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::identity::IdentityKey;
    use crate::crypto::secret::Secret;
    use crate::id::Id;
    use crate::net::cell::Address;
    use crate::net::cell::ENVELOPE_LEN;
    use crate::net::cell::Envelope;
    use crate::net::cell::EnvelopeId;
    use crate::net::cell::SEED_LEN;
    use crate::net::cell::Seed;
    use crate::net::client::event::MessageId;

    const SEED: Seed = Seed::new([5; SEED_LEN]);

    fn file(name: u8) -> FileName {
        let contact = Id::new(*IdentityKey::from_seed(Secret::new([1; 32])).public());
        FileName { contact, message: MessageId([name; 16]) }
    }

    fn put(mailbox: u8, id: u8) -> ClientFrame {
        ClientFrame::Put {
            id: EnvelopeId::new([id; 16]),
            address: Address::new([mailbox; 32]),
            envelope: Envelope::new(Box::new([0; ENVELOPE_LEN])),
            proof: None,
        }
    }

    #[tokio::test]
    async fn each_mailbox_is_worked_for_once_and_proven() {
        let mut works = Works::default();
        works.demanded(Demand { seed: SEED, effort: 1 });
        works.want(file(1), [put(1, 1), put(2, 2), put(1, 3)]);
        works.want(file(2), [put(3, 4)]);
        works.forget(file(2));
        for number in [1, 2] {
            let Some((of, ClientFrame::Put { id, address, proof: Some(proof), .. })) =
                works.solved().await
            else {
                panic!("no proof")
            };
            assert_eq!((of, *id.as_bytes()), (file(1), [number; 16]));
            assert!(SEED.is_proven(&proof, &address, &id));
        }
        assert!(works.under_way().is_none());
    }

    #[tokio::test]
    async fn nobody_works_for_ever_or_for_what_is_too_dear() {
        let mut works = Works::default();
        works.want(file(1), [put(1, 1)]);
        assert!(works.under_way().is_none(), "nothing was asked for");
        works.demanded(Demand { seed: SEED, effort: MAX_EFFORT + 1 });
        works.want(file(1), [put(1, 1)]);
        assert!(works.under_way().is_none(), "too dear");
        works.demanded(Demand { seed: SEED, effort: 1 });
        works.forget(file(1));
        let mut proofs = 0;
        loop {
            works.want(file(1), [put(1, 1)]);
            if works.under_way().is_none() {
                break;
            }
            assert!(works.solved().await.is_some());
            proofs += 1;
        }
        assert_eq!(proofs, MOST);
    }
}
