//! What the tasks of a relay share: its core behind a lock, and the desk of its store.
//!
//! Invariant: the lock is held for one input and never across an await.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::sync::Notify;
use tokio::sync::watch;
use tokio::time::Instant;

use super::admission::Arrival;
use super::admission::Block;
use super::counters::Counters;
use super::desk::Answers;
use super::desk::Desk;
use super::limits::RelayLimits;
use super::metrics::Snapshot;
use super::relay::Answer;
use super::relay::ConnectionId;
use super::relay::Fetch;
use super::relay::Relay;
use super::relay::Trouble;
use super::store::Fetched;
use super::store::StoreLimits;
use super::store::Swept;
use super::store::Usage;
use super::welcome::welcome;
use super::work::CurrentSeeds;
use crate::crypto::join::JOIN_EXPORTER;
use crate::crypto::join::JOIN_PROOF_LEN;
use crate::crypto::join::JoinProof;
use crate::crypto::join::JoinSecret;
use crate::handshake;
use crate::keys::RelayKeys;
use crate::net::cell::CELL_LEN;
use crate::net::cell::CloseReason;
use crate::net::cell::Policy;
use crate::net::channel::Channel;

/// What is shared.
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) desk: Desk,
    pub(super) keys: RelayKeys,
    pub(super) limits: RelayLimits,
    store_limits: StoreLimits,
    /// The secret of a private network.
    join: Option<JoinSecret>,
    clock: fn() -> u64,
    started: Instant,
    halted: watch::Sender<bool>,
}

struct State {
    relay: Relay,
    bells: HashMap<ConnectionId, Arc<Notify>>,
}

/// What a relay does not change.
pub(super) struct Settings {
    pub(super) keys: RelayKeys,
    pub(super) limits: RelayLimits,
    pub(super) store_limits: StoreLimits,
    pub(super) join: Option<JoinSecret>,
    pub(super) clock: fn() -> u64,
}

/// A connection on its way to Hello: dropping it says that it is there, or gone.
pub(super) struct Start {
    shared: Arc<Shared>,
    arrival: Arrival,
}

impl Drop for Start {
    fn drop(&mut self) {
        self.shared.with(|relay| relay.has_started(&self.arrival));
    }
}

/// A connection and what rings when there is something for it.
pub(super) struct Seat {
    pub(super) id: ConnectionId,
    pub(super) bell: Arc<Notify>,
}

impl Shared {
    pub(super) fn new(relay: Relay, desk: Desk, settings: Settings) -> Self {
        let Settings { keys, limits, store_limits, join, clock } = settings;
        let state = Mutex::new(State { relay, bells: HashMap::new() });
        let (started, halted) = (Instant::now(), watch::Sender::new(false));
        Self { state, desk, keys, limits, store_limits, join, clock, started, halted }
    }

    /// What Hello has to prove on a channel, if the network is private.
    pub(super) fn join<S: AsyncRead + AsyncWrite>(
        &self,
        channel: &Channel<S>,
    ) -> Result<Option<JoinProof>, handshake::Error> {
        let Some(secret) = &self.join else { return Ok(None) };
        let exported = channel.exporter().export(JOIN_EXPORTER, &[], JOIN_PROOF_LEN)?;
        Ok(Some(secret.proof(exported.expose())))
    }

    /// Becomes true when the store takes nothing more.
    pub(super) fn halted(&self) -> watch::Receiver<bool> {
        self.halted.subscribe()
    }

    /// Welcome with the time of this moment.
    pub(super) fn welcome(&self) -> Option<Box<[u8; CELL_LEN]>> {
        let now_s = (self.clock)();
        let policy = Policy { work: self.with(|relay| relay.demand()), join: self.join.is_some() };
        welcome(self.keys.signed_key_set(), &self.store_limits, &self.limits, policy, now_s)
    }

    /// One input, and everything that follows from it.
    pub(super) fn with<T>(&self, input: impl FnOnce(&mut Relay) -> T) -> T {
        let mut state = self.lock();
        state.relay.time_is(self.started.elapsed());
        let output = input(&mut state.relay);
        let effects = state.relay.effects();
        for id in &effects.touched {
            if let Some(bell) = state.bells.get(id) {
                bell.notify_one();
            }
        }
        drop(state);
        self.desk.change(effects.changes);
        for fetch in effects.fetches {
            self.desk.fetch(fetch);
        }
        output
    }

    /// Lets a connection in that was accepted, or nothing if it is to be closed.
    pub(super) fn arrive(self: &Arc<Self>, from: Option<Block>, chance: u8) -> Option<Start> {
        let arrival = self.with(|relay| relay.arrive(from, chance)).ok()?;
        Some(Start { shared: Arc::clone(self), arrival })
    }

    pub(super) fn open(
        &self,
        from: Option<Block>,
        join: Option<JoinProof>,
    ) -> Result<Seat, CloseReason> {
        let mut state = self.lock();
        let id = state.relay.open(from, join)?;
        let bell = Arc::new(Notify::new());
        state.bells.insert(id, Arc::clone(&bell));
        Ok(Seat { id, bell })
    }

    /// What proofs are made for, and since when the relay runs.
    pub(super) fn seeds(&self) -> (CurrentSeeds, Duration) {
        (self.with(|relay| relay.seeds()), self.started.elapsed())
    }

    pub(super) fn close(&self, id: ConnectionId) {
        self.with(|relay| relay.close(id));
        self.lock().bells.remove(&id);
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(self.lock().relay.counters_mut());
    }

    pub(super) fn counters(&self) -> Counters {
        self.lock().relay.counters()
    }

    /// The relay at this moment.
    pub(super) fn snapshot(&self) -> Snapshot {
        let is_halted = *self.halted.borrow();
        let state = self.lock();
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Snapshot {
            counters: state.relay.counters(),
            connections: number(state.relay.connections()),
            subscriptions: number(state.relay.subscriptions()),
            usage: state.relay.usage(),
            work: state.relay.usage().price(),
            is_halted,
        }
    }

    /// The core does not panic; a lock that is poisoned all the same still guards a usable state.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers for Arc<Shared> {
    fn committed(&self, answers: Vec<Answer>, usage: Usage) {
        self.with(|relay| relay.committed(answers, usage));
    }

    fn fetched(&self, answers: Vec<(Fetch, Result<Fetched, Trouble>)>) {
        self.with(|relay| {
            for (fetch, result) in answers {
                relay.fetched(&fetch, result);
            }
        });
    }

    fn swept(&self, swept: &Swept, usage: Usage) {
        self.with(|relay| relay.swept(swept, usage));
    }

    fn failed(&self) {
        self.count(|counters| counters.store_failures += 1);
    }

    fn halted(&self) {
        self.halted.send_replace(true);
    }
}
