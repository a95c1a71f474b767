//! What goes into mailboxes and out of them again: Put, Ack, Cancel, and what the store says to them.

use super::super::connection::Connection;
use super::super::connection::NotDelivered;
use super::super::limits;
use super::super::store::Change;
use super::super::store::Done;
use super::super::store::Kept;
use super::super::store::Position;
use super::ConnectionId;
use super::Relay;
use super::Trouble;
use super::count;
use crate::net::cell::Capability;
use crate::net::cell::CloseReason;
use crate::net::cell::EnvelopeId;
use crate::net::cell::Refusal;
use crate::net::cell::RelayFrame;

impl Relay {
    pub(super) fn put(&mut self, id: ConnectionId, name: EnvelopeId, change: Change) {
        if let Some((reason, retry_after)) = self.put_refusal(id) {
            return self.refuse(id, name, reason, retry_after);
        }
        self.puts_waiting += 1;
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.hold();
            connection.puts();
        }
        self.ask(id, change);
    }

    /// Why a connection has no Put left, and in how many seconds it has.
    fn put_refusal(&mut self, id: ConnectionId) -> Option<(Refusal, u32)> {
        if let Err(wait) = self.may_write(id, true) {
            Some((Refusal::TooFast, wait))
        } else if self.is_busy_with(id) {
            Some((Refusal::Busy, limits::RETRY_BUSY_S))
        } else if self.has_taken_its_share(id) {
            Some((Refusal::Share, limits::RETRY_FULL_S))
        } else {
            None
        }
    }

    /// Nothing was stored for want of work: it is said what that costs now.
    fn refuse_without_work(&mut self, id: ConnectionId, envelope: EnvelopeId) {
        self.counters.unproven += 1;
        if let Some(demand) = self.demand() {
            self.answer(id, RelayFrame::Work { demand });
        }
        self.refuse(id, envelope, Refusal::Work, limits::RETRY_WORK_S);
    }

    /// Whether a connection and its block have a Put or Cancel left, or in how many seconds.
    fn may_write(&mut self, id: ConnectionId, puts: bool) -> Result<(), u32> {
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        // Nobody needs to take back faster than that, and what waits of it is not counted.
        let is_idle = puts && self.puts_waiting < limits::CHANGES_AT_ONCE;
        let from = connection.from;
        let put = self.admission.put(&mut connection.taken, from, is_idle);
        put.inspect_err(|_| self.counters.too_fast += 1)
    }

    /// Whether too many Puts wait, this connection's among them: whoever asks for little is always
    /// served, however many others fill the queue.
    fn is_busy_with(&self, id: ConnectionId) -> bool {
        self.puts_waiting >= limits::PUTS_WAITING
            && self.connections.get(&id).is_some_and(Connection::is_putting)
    }

    /// Whether a connection holds its part of what is free: 1/[`limits::SHARE`], at least one.
    fn has_taken_its_share(&self, id: ConnectionId) -> bool {
        let held = self.connections.get(&id).map_or(0, Connection::held);
        let free = self.usage.free().saturating_sub(count(self.puts_waiting));
        held >= ((free + held) / limits::SHARE).max(1)
    }

    pub(super) fn put_done(
        &mut self,
        id: ConnectionId,
        envelope: EnvelopeId,
        result: Result<Done, Trouble>,
        kept: impl FnOnce(Position, u64) -> Kept,
    ) {
        self.puts_waiting = self.puts_waiting.saturating_sub(1);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.has_put();
            if !matches!(result, Ok(Done::Stored { .. })) {
                connection.let_go();
            }
        }
        match result {
            Ok(Done::Stored { position, expires }) => {
                self.counters.stored += 1;
                self.writers.insert(position, id);
                self.answer(id, RelayFrame::Stored { id: envelope, expires });
                self.hand_on(kept(position, expires));
            }
            Ok(Done::Duplicate { expires }) => {
                self.counters.duplicates += 1;
                self.answer(id, RelayFrame::Stored { id: envelope, expires });
            }
            Ok(Done::MailboxFull) => {
                self.counters.full += 1;
                self.answer(id, RelayFrame::Full { id: envelope });
            }
            Ok(Done::Conflict) => self.refuse(id, envelope, Refusal::Conflict, 0),
            Ok(Done::TooCheap) => self.refuse_without_work(id, envelope),
            Ok(Done::StoreFull) | Err(Trouble::DiskFull) => {
                self.refuse(id, envelope, Refusal::StoreFull, limits::RETRY_FULL_S);
            }
            Ok(Done::Acked(_) | Done::Cancelled(_) | Done::Gone)
            | Err(Trouble::Damaged | Trouble::Failed) => {
                self.refuse(id, envelope, Refusal::StoreFailed, limits::RETRY_FULL_S);
            }
        }
        self.settle(id);
    }

    pub(super) fn ack(
        &mut self,
        id: ConnectionId,
        capability: &Capability,
        up_to: u64,
    ) -> Result<(), CloseReason> {
        let address = capability.address();
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        let positions = connection
            .acknowledge(&address, up_to)
            .map_err(|NotDelivered| CloseReason::Undelivered)?;
        if !positions.is_empty() {
            self.ask(id, Change::Ack { address, positions });
        }
        self.look_at(id);
        Ok(())
    }

    /// After a failure the window here says less than the store holds: whoever comes back is
    /// delivered it again, and acknowledges it again.
    pub(super) fn ack_done(&mut self, id: ConnectionId, result: Result<Done, Trouble>) {
        match result {
            Ok(Done::Acked(positions)) => {
                self.counters.acknowledged += count(positions.len());
                self.release(&positions);
            }
            // Coming back makes nothing good, and keeps the reader from its other mailboxes.
            Err(Trouble::Damaged) => {}
            _ => self.end(id, CloseReason::StoreFailed),
        }
        self.settle(id);
    }

    pub(super) fn cancel(
        &mut self,
        id: ConnectionId,
        capability: &Capability,
        envelope: EnvelopeId,
    ) {
        if let Err(wait) = self.may_write(id, false) {
            return self.refuse(id, envelope, Refusal::TooFast, wait);
        }
        let change = Change::Cancel { address: capability.address(), id: envelope };
        self.ask(id, change);
    }

    pub(super) fn cancel_done(
        &mut self,
        id: ConnectionId,
        envelope: EnvelopeId,
        result: Result<Done, Trouble>,
    ) {
        match result {
            Ok(Done::Cancelled(position)) => {
                self.counters.cancelled += 1;
                self.release(&[position]);
                self.answer(id, RelayFrame::Cancelled { id: envelope });
            }
            Ok(Done::Gone) => self.answer(id, RelayFrame::Gone { id: envelope }),
            _ => self.refuse(id, envelope, Refusal::StoreFailed, limits::RETRY_FULL_S),
        }
        self.settle(id);
    }
}
