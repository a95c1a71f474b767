//! Who reads which mailbox, and is handed what comes into it.

use super::super::admission::HoldsItsShare;
use super::super::store::Kept;
use super::ConnectionId;
use super::Relay;
use crate::net::cell::Address;
use crate::net::cell::Capability;
use crate::net::cell::CloseReason;
use crate::net::cell::RelayFrame;

impl Relay {
    pub(super) fn subscribe(
        &mut self,
        id: ConnectionId,
        capabilities: &[Capability],
    ) -> Result<(), CloseReason> {
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        let (from, count) = (connection.from, u32::try_from(capabilities.len()));
        self.admission
            .subscribe(&mut connection.taken, from, count.unwrap_or(u32::MAX))
            .map_err(|_| CloseReason::TooFast)?;
        for capability in capabilities {
            let address = capability.address();
            if let Some(earlier) = self.readers.get(&address).copied() {
                self.replace(earlier, id, &address);
            } else if self.readers.len() >= self.limits.subscriptions_in_all {
                return Err(CloseReason::SubscriptionsInAll);
            }
            let number = self.number();
            let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
            if connection.subscriptions() >= self.limits.subscriptions {
                return Err(CloseReason::Subscriptions);
            }
            self.admission
                .reads(connection.from)
                .map_err(|HoldsItsShare| CloseReason::SubscriptionsInAll)?;
            connection.subscribe(address, number);
            self.readers.insert(address, id);
        }
        self.look_at(id);
        Ok(())
    }

    /// The mailbox has a new reader: an earlier one is told, unless it is the same connection.
    fn replace(&mut self, earlier: ConnectionId, by: ConnectionId, address: &Address) {
        self.readers.remove(address);
        if let Some(connection) = self.connections.get_mut(&earlier)
            && connection.unsubscribe(address)
        {
            self.admission.reads_no_longer(connection.from, 1);
        }
        if earlier != by {
            self.counters.replaced += 1;
            self.answer(earlier, RelayFrame::Replaced { address: *address });
        }
    }

    pub(super) fn unsubscribe(&mut self, id: ConnectionId, capabilities: &[Capability]) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        for address in capabilities.iter().map(Capability::address) {
            if connection.unsubscribe(&address) {
                self.readers.remove(&address);
                self.admission.reads_no_longer(connection.from, 1);
            }
        }
    }

    pub(super) fn unsubscribe_all(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let ended = connection.unsubscribe_all();
        self.admission.reads_no_longer(connection.from, ended.len());
        for address in ended {
            self.readers.remove(&address);
        }
    }

    /// Something new stands in a mailbox: whoever reads it is given it, or fetches it in its turn.
    pub(super) fn hand_on(&mut self, kept: Kept) {
        let Some(&id) = self.readers.get(&kept.address) else { return };
        if let Some(connection) = self.connections.get_mut(&id) {
            self.counters.delivered += connection.hand_on(kept);
        }
        self.look_at(id);
    }
}
