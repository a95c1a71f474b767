//! The relay without sockets, disk or clock: what it answers to whom.
//!
//! ```text
//!          frames                          asked
//!   client ──────▶ receive        committed ◀────── store (a batch is durable)
//!          ◀────── next           fetched   ◀────── store (what stands in a mailbox)
//!                    │                │
//!                    └──▶ effects ◀───┘   changes and fetches for the store, connections to look at
//! ```
//!
//! One input, then all of [`Relay::effects`]: that is the driver's loop. The driver calls
//! [`Relay::next`] for each connection that an effect names, and reads from a connection only while
//! `next` says so: that is how a client that asks faster than it takes answers is slowed down, and
//! why no queue here grows without bound.
//!
//! Invariants: Stored follows the store's durable answer, and so does every delivery: it comes out
//! of a fetch, or out of the commit that a fetch would find next; an Ack deletes nothing that was not
//! delivered in its Subscribe.

mod reading;
mod writing;

use std::collections::HashMap;
use std::time::Duration;

use super::admission::Admission;
use super::admission::Arrival;
use super::admission::Block;
use super::admission::HoldsItsShare;
use super::admission::NotLetIn;
use super::connection::Connection;
use super::counters::Counters;
use super::limits;
use super::limits::RelayLimits;
use super::store::Change;
use super::store::Damage;
use super::store::Done;
use super::store::Fetched;
use super::store::Kept;
use super::store::Position;
use super::store::Swept;
use super::store::Usage;
use super::work::CurrentSeeds;
use super::work::Seeds;
use super::work::Work;
use crate::crypto::join::JoinProof;
use crate::net::cell::Address;
use crate::net::cell::CellError;
use crate::net::cell::ClientFrame;
use crate::net::cell::CloseReason;
use crate::net::cell::Demand;
use crate::net::cell::EnvelopeId;
use crate::net::cell::Pace;
use crate::net::cell::Refusal;
use crate::net::cell::RelayFrame;
use crate::net::cell::VERSION;

/// Names a connection within one relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

/// The state of a relay.
#[derive(Debug)]
pub struct Relay {
    limits: RelayLimits,
    admission: Admission,
    counters: Counters,
    usage: Usage,
    seeds: Seeds,
    connections: HashMap<ConnectionId, Connection>,
    readers: HashMap<Address, ConnectionId>,
    /// Who put what is stored; an entry goes with its envelope, not with its connection.
    writers: HashMap<Position, ConnectionId>,
    puts_waiting: usize,
    last_number: u64,
    is_stopping: bool,
    effects: Effects,
}

/// What the driver has to do after an input.
#[derive(Debug, Default)]
pub struct Effects {
    /// For the store's writer, in this order, with who is to be answered.
    pub changes: Vec<(ConnectionId, Change)>,
    /// For the store's reader.
    pub fetches: Vec<Fetch>,
    /// Connections for which [`Relay::next`] has something new.
    pub touched: Vec<ConnectionId>,
}

/// A question to the store's reader.
#[derive(Debug, Clone, Copy)]
pub struct Fetch {
    /// Who asks.
    pub connection: ConnectionId,
    /// In which Subscribe.
    pub subscription: u64,
    /// The mailbox.
    pub address: Address,
    /// Behind what.
    pub after: Position,
    /// How many at most.
    pub max: usize,
}

/// A change, who asked for it, and what became of it.
pub type Answer = (ConnectionId, Change, Result<Done, Trouble>);

/// The store did not do what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// For want of room on the disk.
    DiskFull,
    /// What it had to read or write there is damaged.
    Damaged,
    /// For another reason.
    Failed,
}

/// What to do with a connection.
#[derive(Debug)]
pub struct Next {
    /// To be written now, in this order.
    pub frames: Vec<RelayFrame>,
    /// Whether it may be read.
    pub reads: bool,
    /// Whether it is over once these frames are written.
    pub is_over: bool,
    /// How steadily it is written to; none: as soon as there is something.
    pub pace: Option<Pace>,
}

impl Relay {
    /// A relay without connections over a store that is this full.
    #[must_use]
    pub fn new(limits: RelayLimits, usage: Usage, seeds: Seeds) -> Self {
        Self {
            limits,
            admission: Admission::new(limits),
            counters: Counters::default(),
            usage,
            seeds,
            connections: HashMap::new(),
            readers: HashMap::new(),
            writers: HashMap::new(),
            puts_waiting: 0,
            last_number: 0,
            is_stopping: false,
            effects: Effects::default(),
        }
    }

    /// What it has counted.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// What it counts, for the driver to add to.
    pub(super) const fn counters_mut(&mut self) -> &mut Counters {
        &mut self.counters
    }

    /// How many connections there are.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// How many mailboxes are read, each by one connection.
    #[must_use]
    pub fn subscriptions(&self) -> usize {
        self.readers.len()
    }

    /// How full the store was after the last change.
    #[must_use]
    pub const fn usage(&self) -> Usage {
        self.usage
    }

    /// So much time has passed since the relay was started. What has a rate goes by it.
    pub fn time_is(&mut self, since_start: Duration) {
        self.admission.time_is(since_start);
        self.seeds.time_is(since_start);
    }

    /// A connection was accepted. `chance` is random, from 0 to 255.
    ///
    /// # Errors
    ///
    /// It is to be closed before anything is computed for it.
    pub fn arrive(&mut self, from: Option<Block>, chance: u8) -> Result<Arrival, NotLetIn> {
        let arrival = self.admission.arrive(from, chance);
        self.counters.dropped += u64::from(arrival.is_err());
        arrival
    }

    /// A connection that was accepted has said Hello, or is gone.
    pub fn has_started(&mut self, arrival: &Arrival) {
        self.admission.has_started(arrival);
    }

    /// What proofs of work are made for at this moment.
    #[must_use]
    pub const fn seeds(&self) -> CurrentSeeds {
        self.seeds.current()
    }

    /// The work that a Put into a mailbox costs that nobody acknowledges, if it costs any.
    #[must_use]
    pub fn demand(&self) -> Option<Demand> {
        let effort = self.usage.price();
        (effort > 0).then(|| Demand { seed: self.seeds.current().now(), effort })
    }

    /// A handshake is done. In a private network `join` is what Hello has to prove.
    ///
    /// # Errors
    ///
    /// Why it is turned away, which is to be told: the relay is full, or has as many connections of
    /// this block as it may have, or stops.
    pub fn open(
        &mut self,
        from: Option<Block>,
        join: Option<JoinProof>,
    ) -> Result<ConnectionId, CloseReason> {
        self.take_place(from).inspect_err(|_| self.counters.turned_away += 1)?;
        let id = ConnectionId(self.number());
        self.connections.insert(id, Connection::new(from, join));
        self.counters.connections += 1;
        Ok(id)
    }

    /// Takes a place for a connection of a block, if there is one.
    fn take_place(&mut self, from: Option<Block>) -> Result<(), CloseReason> {
        if self.is_stopping {
            Err(CloseReason::Stopping)
        } else if self.connections.len() >= self.limits.connections {
            Err(CloseReason::Full)
        } else {
            self.admission.open(from).map_err(|HoldsItsShare| CloseReason::Full)
        }
    }

    /// A connection is gone. What it put stays, what it did not acknowledge stays.
    pub fn close(&mut self, id: ConnectionId) {
        self.unsubscribe_all(id);
        if let Some(connection) = self.connections.remove(&id) {
            self.admission.close(connection.from);
        }
    }

    /// A client was silent for too long.
    pub fn idle(&mut self, id: ConnectionId) {
        self.counters.cut += 1;
        self.end(id, CloseReason::Idle);
    }

    /// A cell has arrived without a proof of work.
    pub fn receive(&mut self, id: ConnectionId, frames: Result<Vec<ClientFrame>, CellError>) {
        self.receive_worked(id, frames, Work::None);
    }

    /// A cell has arrived, and the proof in it was judged. Pings in it are answered by one Pong, so
    /// that what goes out is never many times what came in.
    pub fn receive_worked(
        &mut self,
        id: ConnectionId,
        frames: Result<Vec<ClientFrame>, CellError>,
        work: Work,
    ) {
        if !self.connections.get(&id).is_some_and(Connection::reads_frames) {
            return;
        }
        let Ok(frames) = frames else {
            return self.misbehaved(id, CloseReason::Malformed);
        };
        let mut has_pinged = false;
        for frame in frames {
            let is_ping = matches!(frame, ClientFrame::Ping);
            if is_ping && has_pinged {
                continue;
            }
            has_pinged |= is_ping;
            if let Err(reason) = self.handle(id, frame, work) {
                return self.misbehaved(id, reason);
            }
        }
    }

    /// Whether a connection has said Hello: until then its deadline stands, whatever it sends.
    #[must_use]
    pub fn has_said_hello(&self, id: ConnectionId) -> bool {
        self.connections.get(&id).is_some_and(Connection::has_said_hello)
    }

    /// A batch of changes is durable, or failed. Batches come here in the order in which they were
    /// committed: what is handed on without a fetch goes by that.
    pub fn committed(&mut self, answers: Vec<Answer>, usage: Usage) {
        self.usage = usage;
        for (id, change, result) in answers {
            match change {
                Change::Put { address, id: name, envelope, .. } => {
                    self.put_done(id, name, result, |position, expires| Kept {
                        position,
                        address,
                        id: name,
                        expires,
                        envelope,
                    });
                }
                Change::Ack { .. } => self.ack_done(id, result),
                Change::Cancel { id: envelope, .. } => self.cancel_done(id, envelope, result),
            }
        }
    }

    /// A fetch has its answer. A mailbox that is damaged has nothing: its reader's others are not to be
    /// kept from it again and again.
    pub fn fetched(&mut self, fetch: &Fetch, result: Result<Fetched, Trouble>) {
        let Some(connection) = self.connections.get_mut(&fetch.connection) else { return };
        let fetched = match result {
            Ok(fetched) => fetched,
            Err(Trouble::Damaged) => {
                Fetched { damaged: vec![Damage::File], last: fetch.after, ..Fetched::default() }
            }
            Err(Trouble::DiskFull | Trouble::Failed) => {
                return self.end(fetch.connection, CloseReason::StoreFailed);
            }
        };
        self.counters.damaged += count(fetched.damaged.len());
        self.counters.delivered += connection.deliver(fetch, fetched);
        self.look_at(fetch.connection);
    }

    /// The store has deleted what expired.
    pub fn swept(&mut self, swept: &Swept, usage: Usage) {
        self.usage = usage;
        self.counters.expired += count(swept.expired.len());
        self.counters.damaged += count(swept.damaged.len());
        self.release(&swept.expired);
    }

    /// Stops: nothing more is read or delivered; what waits for the store is answered, and then
    /// each connection ends.
    pub fn stop(&mut self) {
        self.is_stopping = true;
        let ids: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for id in ids {
            self.unsubscribe_all(id);
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.drop_deliveries();
            }
            self.end_if_settled(id);
        }
    }

    /// What to write to a connection, and whether to read from it.
    pub fn next(&mut self, id: ConnectionId) -> Next {
        self.next_few(id, limits::FRAMES_AT_ONCE)
    }

    /// The same, with at most so many frames: the others wait.
    pub fn next_few(&mut self, id: ConnectionId, max: usize) -> Next {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Next { frames: Vec::new(), reads: false, is_over: true, pace: None };
        };
        let frames = connection.take(max);
        self.effects.fetches.extend(connection.fetch(id));
        let reads = connection.reads() && !self.is_stopping;
        connection.is_told(reads);
        Next { frames, reads, is_over: connection.is_over(), pace: connection.pace() }
    }

    /// Everything to be done after the inputs so far; nothing is left of it here.
    pub fn effects(&mut self) -> Effects {
        std::mem::take(&mut self.effects)
    }

    fn handle(
        &mut self,
        id: ConnectionId,
        frame: ClientFrame,
        work: Work,
    ) -> Result<(), CloseReason> {
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        if !connection.reads_frames() {
            return Ok(());
        }
        if let ClientFrame::Hello { version, join } = frame {
            let answer = connection.hello(version == VERSION, join);
            self.counters.strangers += u64::from(answer == Err(CloseReason::Join));
            return answer;
        }
        if !connection.has_said_hello() {
            return Err(CloseReason::Unexpected);
        }
        match frame {
            ClientFrame::Hello { .. } => Err(CloseReason::Unexpected),
            ClientFrame::Put { id: envelope, address, envelope: bytes, proof: _ } => {
                let put = |effort| Change::Put { address, id: envelope, envelope: bytes, effort };
                match work {
                    // What was solved too long ago is no work, which may be enough.
                    Work::None | Work::Stale => self.put(id, envelope, put(0)),
                    Work::Proven(effort) => {
                        self.counters.proven += 1;
                        self.put(id, envelope, put(effort));
                    }
                    Work::TooMany(wait) => self.refuse(id, envelope, Refusal::TooFast, wait),
                    Work::False => return Err(CloseReason::FalseProof),
                }
                Ok(())
            }
            ClientFrame::Subscribe { capabilities } => self.subscribe(id, &capabilities),
            ClientFrame::Unsubscribe { capabilities } => {
                self.unsubscribe(id, &capabilities);
                Ok(())
            }
            ClientFrame::Ack { capability, up_to } => self.ack(id, &capability, up_to),
            ClientFrame::Cancel { capability, id: envelope } => {
                self.cancel(id, &capability, envelope);
                Ok(())
            }
            ClientFrame::Ping => {
                self.answer(id, RelayFrame::Pong);
                Ok(())
            }
            ClientFrame::Steady { pace } => {
                connection.keep(pace.max(self.limits.pace));
                self.look_at(id);
                Ok(())
            }
        }
    }

    /// These are deleted: they count for their writers no longer.
    fn release(&mut self, positions: &[Position]) {
        for position in positions {
            if let Some(writer) = self.writers.remove(position)
                && let Some(connection) = self.connections.get_mut(&writer)
            {
                connection.let_go();
            }
        }
    }

    fn ask(&mut self, id: ConnectionId, change: Change) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.waits();
        }
        self.effects.changes.push((id, change));
    }

    /// An answer of the store has come for this connection.
    fn settle(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.settles();
        }
        if self.is_stopping {
            self.end_if_settled(id);
        }
        self.look_at(id);
    }

    fn end_if_settled(&mut self, id: ConnectionId) {
        if self.connections.get(&id).is_some_and(Connection::is_settled) {
            self.end(id, CloseReason::Stopping);
        }
    }

    fn refuse(&mut self, id: ConnectionId, envelope: EnvelopeId, reason: Refusal, retry: u32) {
        self.counters.refused += 1;
        self.answer(id, RelayFrame::Refused { id: envelope, reason, retry_after: retry });
    }

    fn answer(&mut self, id: ConnectionId, frame: RelayFrame) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.push(frame);
        }
        self.look_at(id);
    }

    fn misbehaved(&mut self, id: ConnectionId, reason: CloseReason) {
        self.counters.misbehaved += 1;
        self.end(id, reason);
    }

    fn end(&mut self, id: ConnectionId, reason: CloseReason) {
        self.unsubscribe_all(id);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.end(reason, retry_after(reason));
        }
        self.look_at(id);
    }

    fn look_at(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            self.effects.fetches.extend(connection.fetch(id));
            // A task that would find nothing to do is not woken.
            if !connection.needs_its_task(self.is_stopping) {
                return;
            }
        }
        if self.effects.touched.last() != Some(&id) {
            self.effects.touched.push(id);
        }
    }

    const fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }
}

/// When another connection makes sense, in seconds.
pub(super) const fn retry_after(reason: CloseReason) -> u32 {
    match reason {
        CloseReason::Full | CloseReason::SubscriptionsInAll => limits::RECONNECT_FULL_S,
        CloseReason::TooFast | CloseReason::StoreFailed => limits::RETRY_FULL_S,
        _ => 0,
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
