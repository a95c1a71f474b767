//! Requests taken back: bundles cancelled, and the peer told if it has fetched one.

use super::Core;
use super::Output;
use super::Role;
use super::line::NOBODY;
use super::record;
use super::record::FarewellRow;
use super::record::Subject;
use crate::crypto::CryptoRng;
use crate::crypto::secret::Secret;
use crate::net::cell::Capability;
use crate::net::cell::ClientFrame;
use crate::net::cell::EnvelopeId;
use crate::net::client::profile::Kind;

impl<R: CryptoRng> Core<R> {
    /// Takes the bundles of a removed contact from the relay. What is gone was fetched, or never
    /// came there: then the peer is told, sealed and signed.
    pub(super) fn say_farewell(&mut self, name: [u8; 16]) {
        let Some(row) = self.farewells.get(&name) else { return };
        if row.bundles.is_empty() {
            self.put_withdrawal(name);
            return;
        }
        let line = self.ctx.farewell_line(name);
        if self.ctx.up.contains(&line) {
            for bundle in &row.bundles {
                let capability = Capability::new(Secret::new(*bundle.capability));
                let id = EnvelopeId::new(bundle.envelope_id);
                let frame = ClientFrame::Cancel { capability, id };
                self.ctx.output.push(Output::Send(line, frame));
            }
        }
    }

    pub(super) fn cancelled(&mut self, id: [u8; 16]) {
        let Some((name, row)) = self.farewell_of(id) else { return };
        row.bundles.retain(|bundle| bundle.envelope_id != id);
        let row = row.clone();
        if !row.bundles.is_empty() {
            record::put(&mut self.ctx.profile, &name, &row);
        } else if row.tell {
            self.put_withdrawal(name);
        } else {
            self.forget_farewell(name);
        }
    }

    pub(super) fn gone(&mut self, id: [u8; 16]) {
        let now = self.ctx.now_s();
        let Some((_, row)) = self.farewell_of(id) else { return };
        let bundle = row.bundles.iter().find(|bundle| bundle.envelope_id == id);
        // One that expired was fetched by nobody; any other may have been.
        if bundle.is_some_and(|bundle| bundle.expires.is_none_or(|expires| expires > now)) {
            row.tell = true;
        }
        self.cancelled(id);
    }

    pub(super) fn farewell_of(&mut self, id: [u8; 16]) -> Option<([u8; 16], &mut FarewellRow)> {
        self.farewells
            .iter_mut()
            .find(|(_, row)| row.bundles.iter().any(|bundle| bundle.envelope_id == id))
            .map(|(name, row)| (*name, row))
    }

    pub(super) fn put_withdrawal(&mut self, name: [u8; 16]) {
        let Some(row) = self.farewells.get(&name).cloned() else { return };
        self.forget_farewell(name);
        // Under the same name: on the same connection.
        let (role, subject) = (Role::Rendezvous, Subject::Withdrawal);
        self.ctx.put(name, NOBODY, role, row.address, subject, row.envelope);
    }

    pub(super) fn forget_farewell(&mut self, name: [u8; 16]) {
        self.ctx.profile.delete(Kind::Farewell, &name);
        self.farewells.remove(&name);
    }
}
