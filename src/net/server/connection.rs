//! One connection of the relay: its subscriptions, what waits for it, and what it waits for.
//!
//! ```text
//!   opened ──Hello──▶ served ──misbehaviour, idle, stop──▶ ending ──Closing is taken──▶ over
//! ```

use std::collections::HashMap;
use std::collections::VecDeque;

use super::admission::Block;
use super::admission::Taken;
use super::limits;
use super::relay::ConnectionId;
use super::relay::Fetch;
use super::store::Fetched;
use super::store::Kept;
use super::store::Position;
use crate::crypto::join::JoinProof;
use crate::net::cell::Address;
use crate::net::cell::CloseReason;
use crate::net::cell::Pace;
use crate::net::cell::RelayFrame;

/// A connection.
#[derive(Debug, Default)]
pub(super) struct Connection {
    stage: Stage,
    /// Boxed: a table has places for four at the least, and most connections read one or two.
    subscriptions: HashMap<Address, Box<Subscription>>,
    /// Subscriptions that are to be fetched for, in turn, and at most as many ended ones.
    hungry: VecDeque<(Address, u64)>,
    /// For which subscription the store is asked.
    fetching: Option<u64>,
    queue: VecDeque<RelayFrame>,
    deliveries_queued: usize,
    last_seq: u64,
    changes_waiting: usize,
    puts_waiting: usize,
    held: u64,
    /// Whether its task reads, as far as it knows.
    told_to_read: bool,
    /// How steadily it is to be written to, if the client asked for that.
    pace: Option<Pace>,
    /// Where it comes from, if that says anything.
    pub(super) from: Option<Block>,
    pub(super) taken: Taken,
    /// What Hello must prove, until it has.
    join: Option<Box<JoinProof>>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Opened,
    Served,
    Ending,
    Over,
}

/// A mailbox that a connection reads.
#[derive(Debug)]
struct Subscription {
    number: u64,
    after: Position,
    /// What was delivered and not acknowledged.
    window: VecDeque<(u64, Position)>,
    /// The highest `seq` that an Ack may name.
    last_seq: u64,
    /// Whether more may stand behind `after`.
    has_more: bool,
    /// Whether it stands in `hungry`.
    is_queued: bool,
}

/// An Ack named what was not delivered.
#[derive(Debug)]
pub(super) struct NotDelivered;

impl Connection {
    pub(super) fn new(from: Option<Block>, join: Option<JoinProof>) -> Self {
        Self { from, join: join.map(Box::new), ..Self::default() }
    }

    pub(super) fn hello(
        &mut self,
        version_is_spoken: bool,
        shown: Option<JoinProof>,
    ) -> Result<(), CloseReason> {
        match (self.stage, version_is_spoken) {
            (Stage::Opened, true) => {
                let due = self.join.take();
                if due.is_some_and(|due| !shown.is_some_and(|shown| due.is(&shown))) {
                    return Err(CloseReason::Join);
                }
                self.stage = Stage::Served;
                Ok(())
            }
            (Stage::Opened, false) => Err(CloseReason::Version),
            _ => Err(CloseReason::Unexpected),
        }
    }

    pub(super) fn has_said_hello(&self) -> bool {
        self.stage != Stage::Opened
    }

    /// Whether what arrives still means something.
    pub(super) fn reads_frames(&self) -> bool {
        matches!(self.stage, Stage::Opened | Stage::Served)
    }

    /// Whether it may be read: not while it is owed much.
    pub(super) fn reads(&self) -> bool {
        self.reads_frames()
            && self.queue.len() < limits::FRAMES_QUEUED
            && self.changes_waiting < limits::CHANGES_WAITING
    }

    /// What its task was told: whether to read.
    pub(super) const fn is_told(&mut self, reads: bool) {
        self.told_to_read = reads;
    }

    /// Whether its task has something to write, to end, or to read again.
    pub(super) fn needs_its_task(&self, is_stopping: bool) -> bool {
        let reads = self.reads() && !is_stopping;
        !self.queue.is_empty() || self.is_over() || reads != self.told_to_read
    }

    pub(super) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// How steadily it is written to. Whoever ends is not kept waiting for it.
    pub(super) fn pace(&self) -> Option<Pace> {
        self.pace.filter(|_| self.reads_frames())
    }

    pub(super) const fn keep(&mut self, pace: Pace) {
        self.pace = Some(pace);
    }

    /// Nothing but Closing comes after this.
    pub(super) fn end(&mut self, reason: CloseReason, retry_after: u32) {
        if self.reads_frames() {
            self.queue.push_back(RelayFrame::Closing { reason, retry_after });
            self.stage = Stage::Ending;
        }
    }

    pub(super) fn push(&mut self, frame: RelayFrame) {
        if self.reads_frames() {
            self.queue.push_back(frame);
        }
    }

    /// The oldest frames that wait for it.
    pub(super) fn take(&mut self, max: usize) -> Vec<RelayFrame> {
        let frames: Vec<RelayFrame> = self.queue.drain(..max.min(self.queue.len())).collect();
        let deliveries = frames.iter().filter(|frame| is_delivery(frame)).count();
        self.deliveries_queued = self.deliveries_queued.saturating_sub(deliveries);
        if self.queue.is_empty() {
            self.queue.shrink_to(FRAMES_OF_THE_IDLE);
            self.hungry.shrink_to(self.hungry.len());
            if self.stage == Stage::Ending {
                self.stage = Stage::Over;
            }
        }
        frames
    }

    pub(super) fn drop_deliveries(&mut self) {
        self.queue.retain(|frame| !is_delivery(frame));
        self.deliveries_queued = 0;
    }

    pub(super) fn subscriptions(&self) -> usize {
        self.subscriptions.len()
    }

    /// Begins to read a mailbox, from its beginning.
    pub(super) fn subscribe(&mut self, address: Address, number: u64) {
        let subscription = Subscription {
            number,
            after: Position::START,
            window: VecDeque::new(),
            last_seq: self.last_seq,
            has_more: true,
            is_queued: false,
        };
        self.subscriptions.insert(address, Box::new(subscription));
        self.queue_if_hungry(&address);
    }

    /// Whether it was subscribed to it.
    pub(super) fn unsubscribe(&mut self, address: &Address) -> bool {
        self.subscriptions.remove(address).is_some()
    }

    pub(super) fn unsubscribe_all(&mut self) -> Vec<Address> {
        self.hungry.clear();
        self.subscriptions.drain().map(|(address, _)| address).collect()
    }

    /// What was just stored in a mailbox is queued, if it is what a fetch would find next: all that
    /// was stored there before is delivered, and there is room. Otherwise a fetch finds it, for which
    /// it is marked. Says how many were delivered.
    pub(super) fn hand_on(&mut self, kept: Kept) -> u64 {
        let may_come =
            self.stage == Stage::Served && self.deliveries_queued < limits::DELIVERIES_QUEUED;
        let Some(subscription) = self.subscriptions.get_mut(&kept.address) else { return 0 };
        if kept.position <= subscription.after {
            // A fetch has seen it before its commit was heard of here.
            return 0;
        }
        let is_next = !subscription.has_more && self.fetching != Some(subscription.number);
        if !may_come || !is_next || subscription.room() == 0 {
            subscription.has_more = true;
            self.queue_if_hungry(&kept.address);
            return 0;
        }
        subscription.after = kept.position;
        let frame = subscription.delivery(&mut self.last_seq, kept);
        self.queue.push_back(frame);
        self.deliveries_queued += 1;
        1
    }

    /// What an Ack deletes. One for a mailbox that is no longer read, or for an earlier Subscribe,
    /// was on its way when that ended, and deletes nothing.
    pub(super) fn acknowledge(
        &mut self,
        address: &Address,
        up_to: u64,
    ) -> Result<Vec<Position>, NotDelivered> {
        let Some(subscription) = self.subscriptions.get_mut(address) else {
            return Ok(Vec::new());
        };
        if up_to > subscription.last_seq {
            return Err(NotDelivered);
        }
        let acknowledged = subscription.window.partition_point(|(seq, _)| *seq <= up_to);
        let positions =
            subscription.window.drain(..acknowledged).map(|(_, position)| position).collect();
        self.queue_if_hungry(address);
        Ok(positions)
    }

    /// The next question to the store: one at a time, and only when there is room for its answer.
    pub(super) fn fetch(&mut self, connection: ConnectionId) -> Option<Fetch> {
        let room = limits::DELIVERIES_QUEUED.saturating_sub(self.deliveries_queued);
        if self.fetching.is_some() || room == 0 || self.stage != Stage::Served {
            return None;
        }
        while let Some((address, number)) = self.hungry.pop_front() {
            let Some(subscription) = self.subscriptions.get_mut(&address) else { continue };
            if subscription.number != number {
                continue;
            }
            subscription.is_queued = false;
            if !subscription.is_hungry() {
                continue;
            }
            subscription.has_more = false;
            self.fetching = Some(number);
            return Some(Fetch {
                connection,
                subscription: subscription.number,
                address,
                after: subscription.after,
                max: room.min(subscription.room()),
            });
        }
        None
    }

    /// Queues what was fetched, and says how much that is.
    pub(super) fn deliver(&mut self, fetch: &Fetch, fetched: Fetched) -> u64 {
        self.fetching = None;
        let Some(subscription) = self.subscriptions.get_mut(&fetch.address) else { return 0 };
        if subscription.number != fetch.subscription {
            return 0;
        }
        subscription.after = fetched.last;
        subscription.has_more |= fetched.more;
        let mut delivered = 0;
        for kept in fetched.envelopes {
            self.queue.push_back(subscription.delivery(&mut self.last_seq, kept));
            self.deliveries_queued += 1;
            delivered += 1;
        }
        self.queue_if_hungry(&fetch.address);
        delivered
    }

    /// It waits for one more change of the store.
    pub(super) const fn waits(&mut self) {
        self.changes_waiting += 1;
    }

    /// One of the changes that it waited for is answered.
    pub(super) const fn settles(&mut self) {
        self.changes_waiting = self.changes_waiting.saturating_sub(1);
    }

    pub(super) const fn is_settled(&self) -> bool {
        self.changes_waiting == 0
    }

    /// It waits for one more Put.
    pub(super) const fn puts(&mut self) {
        self.puts_waiting += 1;
    }

    /// One of its Puts is answered.
    pub(super) const fn has_put(&mut self) {
        self.puts_waiting = self.puts_waiting.saturating_sub(1);
    }

    pub(super) const fn is_putting(&self) -> bool {
        self.puts_waiting > 0
    }

    /// How much of what it put, or is putting, is in the store.
    pub(super) const fn held(&self) -> u64 {
        self.held
    }

    pub(super) const fn hold(&mut self) {
        self.held += 1;
    }

    pub(super) const fn let_go(&mut self) {
        self.held = self.held.saturating_sub(1);
    }

    fn queue_if_hungry(&mut self, address: &Address) {
        if let Some(subscription) = self.subscriptions.get_mut(address)
            && subscription.is_hungry()
            && !subscription.is_queued
        {
            subscription.is_queued = true;
            self.hungry.push_back((*address, subscription.number));
        }
        if self.hungry.len() > 2 * self.subscriptions.len().max(FEW_SUBSCRIPTIONS) {
            self.forget_ended();
        }
    }

    /// What is left in `hungry` is one entry for each subscription at most. A Subscribe costs this
    /// as much as it added, however often the same mailbox is subscribed to.
    fn forget_ended(&mut self) {
        let subscriptions = &self.subscriptions;
        self.hungry.retain(|(address, number)| {
            subscriptions.get(address).is_some_and(|subscription| subscription.number == *number)
        });
    }
}

impl Subscription {
    fn room(&self) -> usize {
        limits::WINDOW.saturating_sub(self.window.len())
    }

    fn is_hungry(&self) -> bool {
        self.has_more && self.room() > 0
    }

    /// An envelope on its way to the reader, under the connection's next number.
    fn delivery(&mut self, connection_seq: &mut u64, kept: Kept) -> RelayFrame {
        let Kept { position, address, expires, envelope, .. } = kept;
        *connection_seq += 1;
        let seq = *connection_seq;
        self.window.push_back((seq, position));
        self.last_seq = seq;
        RelayFrame::Deliver { address, seq, expires, envelope }
    }
}

const fn is_delivery(frame: &RelayFrame) -> bool {
    matches!(frame, RelayFrame::Deliver { .. })
}

/// How many frames an idle connection keeps memory for: one that is handed on needs no more, and ten
/// thousand connections have room for none that they do not need.
const FRAMES_OF_THE_IDLE: usize = 1;

/// Below this many subscriptions nobody counts the ended ones: what one Subscribe names.
const FEW_SUBSCRIPTIONS: usize = 64;
