//! What is not to go out any more, or says something else now.
//!
//! What was sealed once keeps its number, because the peer waits for it: something without words
//! takes its place, a delete of itself.

use std::collections::BTreeSet;

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
        let (mut parts, mut count) = (0_u16, 0);
        for row in self.outgoing.values().filter(|row| is_of(row, name)) {
            if row.ratcheted {
                return false;
            }
            parts += 1;
            count = part_count(row).unwrap_or(1);
        }
        // What is not here any more has a receipt.
        parts > 0 && parts == count
    }

    /// Whether something of a message waits here, or is on its way, and none of it has failed.
    pub(in super::super) fn goes_by_itself(&self, target: MessageName) -> bool {
        let mut rows = self.outgoing.values().filter(|row| is_about(row, target)).peekable();
        !self.ended && rows.peek().is_some() && rows.all(|row| row.failed.is_none())
    }

    /// Destroys the text of a message in the outbox, and that of its edits.
    pub(in super::super) fn take_back<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        target: MessageName,
    ) {
        self.told.remove(&target);
        let about = self.outgoing.values().filter(|row| is_about(row, target));
        let items: BTreeSet<MessageName> = about.filter_map(item_name).collect();
        items.into_iter().for_each(|name| self.abandon(ctx, name));
    }

    /// Destroys an item. Of one in parts that the peer may know of, one part stays and takes the
    /// item's name: it tells that the others do not come.
    fn abandon<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: MessageName) {
        let mut tells = !self.ended && !self.is_unsent(name);
        for order in self.orders(|row| is_of(row, name)) {
            let Some(row) = self.outgoing.get_mut(&order) else { continue };
            let tells = part_count(row).is_some() && core::mem::take(&mut tells);
            if tells {
                (row.id, row.failed) = (name, None);
            } else if !row.ratcheted || row.failed.is_some() {
                self.forget_outgoing(ctx, order);
                continue;
            }
            let itself = Item::Delete { target: row.id };
            if let (Outgoing::Item(item), Ok(payload)) = (&mut row.what, itself.to_bytes()) {
                (item.name, item.payload, item.part, item.about) = (row.id, payload, None, None);
            }
            self.save_outgoing(ctx, order);
            // What the relay may not have yet is sealed anew: then the peer never sees it.
            let waits = ctx.puts.values().any(|put| put.row.subject == Subject::Outgoing { order });
            if (waits || tells) && !self.send_anew(ctx, order) {
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

/// The name of the item that it is, or a part of.
fn item_name(row: &OutgoingRow) -> Option<MessageName> {
    match &row.what {
        Outgoing::Item(item) => Some(item.name),
        Outgoing::Greeting { .. } => None,
    }
}

/// How many parts there are of the item of which it is one.
fn part_count(row: &OutgoingRow) -> Option<u16> {
    match &row.what {
        Outgoing::Item(item) => item.part.map(|(_, count)| count),
        Outgoing::Greeting { .. } => None,
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
