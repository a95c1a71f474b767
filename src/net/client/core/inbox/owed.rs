//! Receipts that are owed to the peer.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::record::DueRow;
use super::super::record::of_contact;
use crate::crypto::CryptoRng;
use crate::net::client::profile::Kind;
use crate::signal::content::MessageName;

impl Contact {
    /// Notes that something came, and that the peer is to be told, soon and not at once: an
    /// immediate receipt would tell the relay which envelope it answers.
    pub(in super::super) fn owe_receipt<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        id: MessageName,
    ) {
        if !self.due.contains(&id) {
            self.due.push_back(id);
            ctx.write(&of_contact(self.number, &id), &DueRow { at: ctx.now });
        }
        if self.receipts_at.is_none() {
            self.receipts_at = Some(ctx.soon());
        }
    }

    /// The first receipts that were due are in an envelope.
    pub(in super::super) fn receipts_told<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        count: usize,
    ) {
        for id in self.due.drain(..count) {
            ctx.profile.delete(Kind::Due, &of_contact(self.number, &id));
        }
    }
}
