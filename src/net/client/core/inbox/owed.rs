//! Receipts that are owed to the peer.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::mailboxes::weeks_read;
use super::super::record::DueRow;
use super::super::record::Told;
use super::super::record::of_contact;
use crate::crypto::CryptoRng;
use crate::net::client::profile::Kind;
use crate::signal::content::MessageName;
use crate::signal::rendezvous::rules::SessionName;

impl Contact {
    /// Notes that something came, and that the peer is to be told, soon and not at once: an
    /// immediate receipt would tell the relay which envelope it answers.
    pub(in super::super) fn owe_receipt<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        id: MessageName,
    ) {
        self.strayed.remove(&id);
        if !self.due.contains(&id) {
            self.due.push_back(id);
            ctx.write(&of_contact(self.number, &id), &DueRow { at: ctx.now, told: None });
        }
        if self.receipts_at.is_none() {
            self.receipts_at = Some(ctx.soon());
        }
    }

    /// The first receipts that were due are in an envelope of this session. By a clock that is more
    /// than a day from the relay's it may be in the mailbox of a week that nobody reads.
    pub(in super::super) fn receipts_told<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        session: SessionName,
        count: usize,
    ) {
        let told = Told { session, week: ctx.week() };
        for id in self.due.drain(..count) {
            let row = of_contact(self.number, &id);
            if ctx.clock_strays && self.strayed.len() < MAX_STRAYED {
                self.strayed.insert(id, told);
                ctx.write(&row, &DueRow { at: ctx.now, told: Some(told) });
            } else {
                ctx.profile.delete(Kind::Due, &row);
            }
        }
    }

    /// Receipts that went where nobody reads, as the clock is now, are due again. What went where
    /// the peer reads by a clock that is right is done with.
    pub(in super::super) fn owe_strayed<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let is_unsure = ctx.clock_strays || ctx.up.is_empty();
        for (id, Told { session, week }) in core::mem::take(&mut self.strayed) {
            let conversation = self.sessions.get(&session);
            match conversation.map(|conversation| weeks_read(conversation, ctx)) {
                Some(_) if is_unsure => {
                    self.strayed.insert(id, Told { session, week });
                }
                Some(weeks) if !weeks.contains(&week) => self.owe_receipt(ctx, id),
                _ => ctx.profile.delete(Kind::Due, &of_contact(self.number, &id)),
            }
        }
    }
}

/// An honest peer has at most 900 messages without a receipt under way.
const MAX_STRAYED: usize = 1_024;
