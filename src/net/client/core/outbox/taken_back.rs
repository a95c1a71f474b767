//! What is not to go out any more, or says something else now.
//!
//! What was sealed once keeps its number, because the peer waits for it: something without words
//! takes its place.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::context::first_order;
use super::super::record::About;
use super::super::record::Outgoing;
use super::super::record::OutgoingRow;
use super::super::record::Subject;
use super::Draft;
use super::progress::is_of;
use crate::crypto::CryptoRng;
use crate::signal::content::Item;
use crate::signal::content::MessageName;

impl Contact {
    /// Whether a text waits here and nothing of it was ever sealed: the peer cannot know of it.
    pub(in super::super) fn is_unsent(&self, name: MessageName) -> bool {
        let mut parts = self.outgoing.values().filter(|row| is_of(row, name)).peekable();
        parts.peek().is_some() && parts.all(|row| !row.ratcheted)
    }

    /// Destroys the text of a message in the outbox, and that of its edits.
    pub(in super::super) fn take_back<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        target: MessageName,
    ) {
        self.told.remove(&target);
        for order in self.orders(|row| is_about(row, target)) {
            let Some(row) = self.outgoing.get_mut(&order) else { continue };
            if !row.ratcheted || row.failed.is_some() {
                self.forget_outgoing(ctx, order);
                continue;
            }
            if let (Outgoing::Item(item), Ok(payload)) =
                (&mut row.what, Item::Delete { target }.to_bytes())
            {
                (item.name, item.payload, item.part, item.about) = (row.id, payload, None, None);
            }
            self.save_outgoing(ctx, order);
            // What the relay may not have yet is sealed anew: then the peer never sees it.
            let waits = ctx.puts.values().any(|put| put.row.subject == Subject::Outgoing { order });
            if waits && !self.send_anew(ctx, order) {
                ctx.forget_puts(self.number, |put| *put == Subject::Outgoing { order });
            }
        }
    }

    /// Puts another text in the place of one that waits here, however many parts it has.
    pub(in super::super) fn restage<R: CryptoRng>(&mut self, ctx: &mut Context<R>, draft: &Draft) {
        let orders = self.orders(|row| is_of(row, draft.name));
        let Some(first) = orders.first().map(|order| first_order(*order)) else { return };
        for order in orders {
            self.forget_outgoing(ctx, order);
        }
        self.stage_at(ctx, first, draft);
    }
}

/// Whether it is the text of a message, an edit of it or a reaction to it.
fn is_about(row: &OutgoingRow, target: MessageName) -> bool {
    let Outgoing::Item(item) = &row.what else { return false };
    match item.about {
        Some(About::Says { .. }) => item.name == target,
        Some(About::Changes { target: other }) => other == target,
        Some(About::Read) | None => false,
    }
}
