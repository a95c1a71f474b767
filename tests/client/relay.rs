//! A relay without a network: what protocol section 2 promises, and what a bad one can do.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use bauta::net::cell::Address;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::Demand;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::Proof;
use bauta::net::cell::Refusal;
use bauta::net::cell::RelayFrame;
use bauta::net::client::core::Line;

/// How long a relay keeps an envelope, in seconds.
pub const RETENTION_S: u64 = 21 * 24 * 3600;

/// The relay, with everything on its disk and on its connections.
#[derive(Default)]
pub struct Relay {
    pub next: u64,
    pub mailboxes: BTreeMap<Address, Vec<Kept>>,
    /// Per connection: the mailboxes read, and what is on the way to the client.
    pub subscribed: BTreeMap<(usize, Line), BTreeSet<Address>>,
    pub on_the_way: BTreeMap<(usize, Line), Vec<RelayFrame>>,
    /// How many envelopes a mailbox takes, if not any number.
    pub room: Option<usize>,
    /// Everything that a client ever put, and on which connection: a bad relay keeps it.
    pub ever: Vec<(Line, Address, Envelope)>,
    /// What it answers to a Put instead of keeping it.
    pub refuses: Option<Refuses>,
    /// The work that it asks for every envelope.
    pub demand: Option<Demand>,
    /// How many were put with a proof of work.
    pub paid: usize,
    /// How many envelopes were put, and on which connection.
    pub puts: usize,
    pub puts_on: BTreeMap<(usize, Line), usize>,
}

#[derive(Clone, Copy)]
pub enum Refuses {
    MailboxFull,
    StoreFull,
}

/// An envelope in a mailbox.
pub struct Kept {
    pub seq: u64,
    pub id: EnvelopeId,
    pub envelope: Envelope,
    /// Unix seconds.
    pub expires: u64,
}

impl Relay {
    pub fn take(&mut self, who: usize, line: Line, frame: ClientFrame, now: u64) {
        match frame {
            ClientFrame::Hello { .. } | ClientFrame::Ping | ClientFrame::Steady { .. } => {}
            ClientFrame::Put { id, .. } if self.refuses.is_some() => {
                let (reason, retry_after) = (Refusal::StoreFull, 60);
                let answer = match self.refuses {
                    Some(Refuses::MailboxFull) => RelayFrame::Full { id },
                    _ => RelayFrame::Refused { id, reason, retry_after },
                };
                self.answer(who, line, answer);
            }
            ClientFrame::Put { id, address, proof, .. } if !self.is_paid(&id, &address, proof) => {
                let demand = self.demand.unwrap();
                self.answer(who, line, RelayFrame::Work { demand });
                let (reason, retry_after) = (Refusal::Work, 1);
                self.answer(who, line, RelayFrame::Refused { id, reason, retry_after });
            }
            ClientFrame::Put { id, address, envelope, proof } => {
                self.paid += usize::from(proof.is_some());
                self.puts += 1;
                *self.puts_on.entry((who, line)).or_default() += 1;
                self.ever.push((line, address, envelope.clone()));
                let answer = self.put(id, address, envelope, now / 1000 + RETENTION_S);
                self.answer(who, line, answer);
            }
            ClientFrame::Subscribe { capabilities } => {
                for capability in capabilities {
                    let address = capability.address();
                    self.subscribed.entry((who, line)).or_default().insert(address);
                    let kept = self.mailboxes.get(&address);
                    let frames: Vec<_> =
                        kept.into_iter().flatten().map(|k| deliver(address, k)).collect();
                    self.on_the_way.entry((who, line)).or_default().extend(frames);
                }
            }
            ClientFrame::Unsubscribe { capabilities } => {
                for capability in capabilities {
                    let subscribed = self.subscribed.entry((who, line)).or_default();
                    subscribed.remove(&capability.address());
                }
            }
            ClientFrame::Ack { capability, up_to } => {
                let mailbox = self.mailboxes.entry(capability.address()).or_default();
                mailbox.retain(|kept| kept.seq > up_to);
            }
            ClientFrame::Cancel { capability, id } => {
                let mailbox = self.mailboxes.entry(capability.address()).or_default();
                let before = mailbox.len();
                mailbox.retain(|kept| kept.id != id);
                let was = mailbox.len() < before;
                let answer =
                    if was { RelayFrame::Cancelled { id } } else { RelayFrame::Gone { id } };
                self.answer(who, line, answer);
            }
        }
    }

    fn is_paid(&self, id: &EnvelopeId, address: &Address, proof: Option<Proof>) -> bool {
        let Some(demand) = self.demand else { return true };
        proof.is_some_and(|proof| {
            proof.effort() >= demand.effort && demand.seed.is_proven(&proof, address, id)
        })
    }

    /// What a Put is answered with.
    fn put(
        &mut self,
        id: EnvelopeId,
        address: Address,
        envelope: Envelope,
        expires: u64,
    ) -> RelayFrame {
        let mailbox = self.mailboxes.entry(address).or_default();
        if let Some(kept) = mailbox.iter_mut().find(|kept| kept.id == id) {
            if kept.envelope.as_bytes() != envelope.as_bytes() {
                return RelayFrame::Refused { id, reason: Refusal::Conflict, retry_after: 0 };
            }
            kept.expires = expires;
        } else {
            if self.room.is_some_and(|room| mailbox.len() >= room) {
                return RelayFrame::Full { id };
            }
            self.keep_until(id, address, envelope, expires);
        }
        RelayFrame::Stored { id, expires }
    }

    /// Puts an envelope that nobody wrote into a mailbox.
    pub fn keep(&mut self, id: EnvelopeId, address: Address, envelope: Envelope) {
        self.keep_until(id, address, envelope, u64::MAX);
    }

    fn keep_until(&mut self, id: EnvelopeId, address: Address, envelope: Envelope, expires: u64) {
        let mailbox = self.mailboxes.entry(address).or_default();
        if mailbox.iter().any(|kept| kept.id == id) {
            return;
        }
        self.next += 1;
        let kept = Kept { seq: self.next, id, envelope, expires };
        let frame = deliver(address, &kept);
        mailbox.push(kept);
        let readers = self.subscribed.iter().filter(|(_, set)| set.contains(&address));
        for (reader, _) in readers.map(|(reader, set)| (*reader, set)).collect::<Vec<_>>() {
            self.on_the_way.entry(reader).or_default().push(frame.clone());
        }
    }

    /// Forgets what was kept as long as was promised. What is on the way arrives.
    pub fn forget_expired(&mut self, now: u64) {
        for mailbox in self.mailboxes.values_mut() {
            mailbox.retain(|kept| kept.expires >= now / 1000);
        }
    }

    pub fn answer(&mut self, who: usize, line: Line, frame: RelayFrame) {
        self.on_the_way.entry((who, line)).or_default().push(frame);
    }

    pub fn hang_up(&mut self, who: usize, line: Line) {
        self.subscribed.remove(&(who, line));
        self.on_the_way.remove(&(who, line));
    }

    /// Loses an envelope on its way to a reader, and in the mailbox. Whether there was one.
    pub fn lose(&mut self, who: usize, line: Line, nth: usize) -> bool {
        let Some(at) = self.nth_delivery(who, line, nth) else { return false };
        let frame = self.on_the_way.get_mut(&(who, line)).map(|frames| frames.remove(at));
        if let Some(RelayFrame::Deliver { address, seq, .. }) = frame
            && let Some(mailbox) = self.mailboxes.get_mut(&address)
        {
            mailbox.retain(|kept| kept.seq != seq);
        }
        true
    }

    /// Delivers an envelope twice.
    pub fn double(&mut self, who: usize, line: Line, nth: usize) {
        let Some(at) = self.nth_delivery(who, line, nth) else { return };
        let frames = self.on_the_way.entry((who, line)).or_default();
        let again = frames[at].clone();
        frames.push(again);
    }

    /// Exchanges two envelopes of one mailbox that are both on their way: the second arrives first.
    pub fn swap(&mut self, who: usize, line: Line, nth: usize) {
        let Some(at) = self.nth_delivery(who, line, nth) else { return };
        let frames = self.on_the_way.entry((who, line)).or_default();
        let place = |frame: &RelayFrame| match frame {
            RelayFrame::Deliver { address, seq, .. } => Some((*address, *seq)),
            _ => None,
        };
        let Some((address, first)) = frames.get(at).and_then(place) else { return };
        let behind = frames.iter().skip(at + 1).filter_map(place);
        let next = behind.into_iter().find(|(of, seq)| *of == address && *seq != first);
        let Some((_, second)) = next else { return };
        let mailbox = self.mailboxes.entry(address).or_default();
        let kept = |seq: u64| mailbox.iter().position(|kept| kept.seq == seq);
        let (Some(one), Some(other)) = (kept(first), kept(second)) else { return };
        mailbox.swap(one, other);
        (mailbox[one].seq, mailbox[other].seq) = (first, second);
        for frame in frames {
            if let RelayFrame::Deliver { address: of, seq, envelope, .. } = frame
                && let Some(kept) = mailbox.iter().find(|kept| (*of, kept.seq) == (address, *seq))
            {
                *envelope = kept.envelope.clone();
            }
        }
    }

    /// Puts an envelope of the past into its mailbox again.
    pub fn replay(&mut self, nth: usize) {
        let Some(at) = nth.checked_rem(self.ever.len()) else { return };
        let (_, address, envelope) = &self.ever[at];
        let (address, envelope) = (*address, envelope.clone());
        let id = EnvelopeId::new(u128::from(self.next).to_be_bytes());
        self.keep(id, address, envelope);
    }

    fn nth_delivery(&self, who: usize, line: Line, nth: usize) -> Option<usize> {
        let frames = self.on_the_way.get(&(who, line))?.iter().enumerate();
        let delivered = frames.filter(|(_, frame)| matches!(frame, RelayFrame::Deliver { .. }));
        delivered.map(|(at, _)| at).nth(nth)
    }
}

pub fn deliver(address: Address, kept: &Kept) -> RelayFrame {
    let envelope = kept.envelope.clone();
    RelayFrame::Deliver { address, seq: kept.seq, expires: 0, envelope }
}
