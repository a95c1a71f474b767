//! The store that leaves nothing behind: everything in memory, gone with the process.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use super::Change;
use super::Done;
use super::Fetched;
use super::Kept;
use super::Position;
use super::Reader;
use super::Store;
use super::StoreError;
use super::StoreLimits;
use super::StoreTime;
use super::Swept;
use super::Usage;
use super::ledger::Temperature;
use crate::net::cell::Address;
use crate::net::cell::Envelope;
use crate::net::cell::EnvelopeId;

/// A store in memory.
pub struct Memory {
    limits: StoreLimits,
    state: Arc<Mutex<State>>,
}

impl Memory {
    /// An empty store; `now_s` is the clock in seconds since 1970.
    #[must_use]
    pub fn new(limits: StoreLimits, now_s: u64) -> Self {
        let usage = Usage { limit: limits.envelopes(), ..Usage::default() };
        let state = State {
            mailboxes: HashMap::new(),
            places: BTreeMap::new(),
            expiry: BTreeSet::new(),
            warm: BTreeSet::new(),
            usage,
            last: Position::START,
            time: StoreTime::new(now_s),
        };
        Self { limits, state: Arc::new(Mutex::new(state)) }
    }
}

impl Store for Memory {
    fn commit(&mut self, changes: &[Change], now_s: u64) -> Result<Vec<Done>, StoreError> {
        let mut state = lock(&self.state);
        Ok(changes.iter().map(|change| state.apply(&self.limits, change, now_s)).collect())
    }

    fn sweep(&mut self, now_s: u64, limit: usize) -> Result<Swept, StoreError> {
        lock(&self.state).advance(now_s);
        self.sweep_on(limit)
    }

    fn sweep_on(&mut self, limit: usize) -> Result<Swept, StoreError> {
        let mut state = lock(&self.state);
        let expired = state.expire(limit);
        let cooled = state.cool_down(limit);
        let more = expired.len() >= limit || cooled >= limit;
        Ok(Swept { expired, time_s: state.time.seconds(), damaged: Vec::new(), more })
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        Ok(Box::new(MemoryReader(Arc::clone(&self.state))))
    }

    fn limits(&self) -> StoreLimits {
        self.limits
    }

    fn usage(&self) -> Usage {
        lock(&self.state).usage
    }
}

struct MemoryReader(Arc<Mutex<State>>);

impl Reader for MemoryReader {
    fn fetch(
        &mut self,
        address: &Address,
        after: Position,
        max: usize,
    ) -> Result<Fetched, StoreError> {
        let state = lock(&self.0);
        let Some(mailbox) = state.mailboxes.get(address) else {
            return Ok(Fetched { last: after, ..Fetched::default() });
        };
        let envelopes: Vec<Kept> =
            mailbox.kept.range(after.next()..).take(max).map(|(_, kept)| kept.clone()).collect();
        let last = envelopes.last().map_or(after, |kept| kept.position);
        let more = mailbox.kept.range(last.next()..).next().is_some();
        Ok(Fetched { envelopes, damaged: Vec::new(), last, more })
    }

    fn contents(&mut self) -> Result<Vec<Kept>, StoreError> {
        let state = lock(&self.0);
        let find = |(position, address)| state.mailboxes.get(address)?.kept.get(position).cloned();
        Ok(state.places.iter().filter_map(find).collect())
    }
}

struct State {
    mailboxes: HashMap<Address, Mailbox>,
    places: BTreeMap<Position, Address>,
    expiry: BTreeSet<(u64, Position)>,
    /// Warm mailboxes, by the time of their last acknowledgement.
    warm: BTreeSet<(u64, Address)>,
    usage: Usage,
    last: Position,
    time: StoreTime,
}

#[derive(Default)]
struct Mailbox {
    kept: BTreeMap<Position, Kept>,
    ids: HashMap<EnvelopeId, Position>,
    acknowledged_s: u64,
}

impl Mailbox {
    fn held(&self) -> u64 {
        u64::try_from(self.kept.len()).unwrap_or(u64::MAX)
    }
}

impl State {
    fn apply(&mut self, limits: &StoreLimits, change: &Change, now_s: u64) -> Done {
        match change {
            Change::Put { address, id, envelope, effort } => {
                let expires = self.time.expires(now_s, limits.retention_s);
                let kept = Kept {
                    position: Position::START,
                    address: *address,
                    id: *id,
                    expires,
                    envelope: envelope.clone(),
                };
                self.put(limits, kept, *effort)
            }
            Change::Ack { address, positions } => self.ack(address, positions),
            Change::Cancel { address, id } => self.cancel(address, id),
        }
    }

    fn put(&mut self, limits: &StoreLimits, kept: Kept, effort: u32) -> Done {
        let Kept { address, id, expires, .. } = kept;
        if let Some(done) = self.put_again(&address, &id, &kept.envelope, expires) {
            return done;
        }
        let (held, temperature) = match self.mailboxes.get(&address) {
            Some(mailbox) => (mailbox.held(), Temperature::of(mailbox.acknowledged_s)),
            None => (0, Temperature::Cold),
        };
        if let Some(refusal) = self.usage.admit(limits, held, temperature, effort) {
            return refusal;
        }
        let position = self.last.next();
        self.last = position;
        self.places.insert(position, address);
        self.expiry.insert((expires, position));
        self.usage.add(temperature);
        if held == 0 && !self.mailboxes.contains_key(&address) {
            self.usage.add_mailbox();
        }
        let mailbox = self.mailboxes.entry(address).or_default();
        mailbox.ids.insert(id, position);
        mailbox.kept.insert(position, Kept { position, ..kept });
        Done::Stored { position, expires }
    }

    fn put_again(
        &mut self,
        address: &Address,
        id: &EnvelopeId,
        envelope: &Envelope,
        expires: u64,
    ) -> Option<Done> {
        let mailbox = self.mailboxes.get_mut(address)?;
        let kept = mailbox.kept.get_mut(mailbox.ids.get(id)?)?;
        if kept.envelope != *envelope {
            return Some(Done::Conflict);
        }
        if expires.saturating_sub(kept.expires) >= StoreLimits::EXTEND_S {
            self.expiry.remove(&(kept.expires, kept.position));
            kept.expires = expires;
            self.expiry.insert((kept.expires, kept.position));
        }
        Some(Done::Duplicate { expires: kept.expires })
    }

    fn ack(&mut self, address: &Address, positions: &[Position]) -> Done {
        let acked: Vec<Position> =
            positions.iter().copied().filter(|&at| self.remove(address, at)).collect();
        if !acked.is_empty()
            && let Some(mailbox) = self.mailboxes.get_mut(address)
        {
            if Temperature::of(mailbox.acknowledged_s) == Temperature::Cold {
                self.usage.warm_up(mailbox.held());
            }
            self.warm.remove(&(mailbox.acknowledged_s, *address));
            mailbox.acknowledged_s = self.time.seconds().max(1);
            self.warm.insert((mailbox.acknowledged_s, *address));
            self.forget_if_unused(address);
        }
        Done::Acked(acked)
    }

    fn cancel(&mut self, address: &Address, id: &EnvelopeId) -> Done {
        let position = self.mailboxes.get(address).and_then(|mailbox| mailbox.ids.get(id)).copied();
        match position {
            Some(position) if self.remove(address, position) => {
                self.forget_if_unused(address);
                Done::Cancelled(position)
            }
            _ => Done::Gone,
        }
    }

    fn remove(&mut self, address: &Address, position: Position) -> bool {
        let Some(mailbox) = self.mailboxes.get_mut(address) else { return false };
        let Some(kept) = mailbox.kept.remove(&position) else { return false };
        mailbox.ids.remove(&kept.id);
        self.usage.remove(Temperature::of(mailbox.acknowledged_s));
        self.expiry.remove(&(kept.expires, position));
        self.places.remove(&position);
        true
    }

    fn advance(&mut self, now_s: u64) {
        self.time = if self.usage.envelopes == 0 {
            StoreTime::new(now_s)
        } else {
            self.time.towards(now_s)
        };
    }

    fn expire(&mut self, limit: usize) -> Vec<Position> {
        let time_s = self.time.seconds();
        let due = self.expiry.iter().take_while(|(expires, _)| *expires <= time_s).take(limit);
        let due: Vec<Position> = due.map(|&(_, position)| position).collect();
        for position in &due {
            if let Some(address) = self.places.get(position).copied() {
                self.remove(&address, *position);
                self.forget_if_unused(&address);
            }
        }
        due
    }

    /// How many have cooled down.
    fn cool_down(&mut self, limit: usize) -> usize {
        let before = self.time.seconds().saturating_sub(StoreLimits::WARM_S);
        let due = self.warm.iter().take_while(|(acknowledged_s, _)| *acknowledged_s <= before);
        let due: Vec<(u64, Address)> = due.take(limit).copied().collect();
        for warm in &due {
            self.warm.remove(warm);
            let (_, address) = warm;
            if let Some(mailbox) = self.mailboxes.get_mut(address) {
                mailbox.acknowledged_s = 0;
                self.usage.cool_down(mailbox.held());
            }
            self.forget_if_unused(address);
        }
        due.len()
    }

    fn forget_if_unused(&mut self, address: &Address) {
        let Some(mailbox) = self.mailboxes.get_mut(address) else { return };
        let temperature = Temperature::of(mailbox.acknowledged_s);
        if !self.usage.remembers(mailbox.held(), temperature) {
            self.warm.remove(&(mailbox.acknowledged_s, *address));
            self.mailboxes.remove(address);
            self.usage.remove_mailbox();
        } else if mailbox.kept.is_empty() {
            // An empty map keeps the room of what it held.
            (mailbox.kept, mailbox.ids) = (BTreeMap::new(), HashMap::new());
        }
    }
}

/// No call panics while it holds the state, so that a poisoned lock still guards a whole one.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
