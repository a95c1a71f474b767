//! What the peer says of what went out: that it came, and what is missing.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::record::Outgoing;
use super::super::record::OutgoingRow;
use super::super::record::Progress;
use super::super::record::Sent;
use super::progress::says;
use crate::crypto::CryptoRng;
use crate::signal::content::Gap;
use crate::signal::content::MessageName;

impl Contact {
    /// The peer has received something.
    pub(in super::super) fn receipt<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        id: MessageName,
    ) {
        let found = self.outgoing.iter().find(|(_, row)| row.id == id).map(|(order, _)| *order);
        let Some(order) = found else { return };
        let Some(row) = self.forget_outgoing(ctx, order) else { return };
        if let (Outgoing::Item(item), Some(place)) = (&row.what, says(&row)) {
            let progress = self.progress(item.name).unwrap_or(Progress::Delivered);
            self.note_progress(ctx, item.name, place, progress, item.part.is_some());
            if progress == Progress::Delivered {
                self.told.remove(&item.name);
            }
        }
        if let Some(arrived) = row.sent {
            self.suspect_gap(ctx, &arrived);
        }
    }

    /// What went before something that arrived should have arrived: if not, it goes once more.
    fn suspect_gap<R: CryptoRng>(&mut self, ctx: &mut Context<R>, arrived: &Sent) {
        let again_at = ctx.now.saturating_add(GAP_PATIENCE);
        let mut suspects = Vec::new();
        for (order, row) in &mut self.outgoing {
            let is_item = matches!(row.what, Outgoing::Item(_));
            let Some(sent) = row.sent.as_mut() else { continue };
            // A greeting has no number.
            let before = if is_item {
                sent.number < arrived.number
            } else {
                sent.stored_at <= arrived.stored_at
            };
            let is_suspect = before && sent.session == arrived.session;
            if is_suspect && sent.expires.is_some() && sent.again_at.is_none() {
                sent.again_at = Some(again_at);
                suspects.push(*order);
            }
        }
        for order in suspects {
            self.save_outgoing(ctx, order);
        }
    }

    /// The peer waits for these numbers: what is still here of them goes again at once. What it asks
    /// for too often, or too much of, goes when it is its time.
    pub(in super::super) fn refill<R: CryptoRng>(&mut self, ctx: &mut Context<R>, gap: &Gap) {
        if ctx.now < self.refilled_until {
            return;
        }
        self.refilled_until = ctx.now.saturating_add(REFILL_PAUSE);
        let last = gap.last.min(gap.first.saturating_add(Gap::MAX_NUMBERS - 1));
        let is_missing = |row: &OutgoingRow| {
            let item = matches!(row.what, Outgoing::Item(_)) && row.failed.is_none();
            let sent = row.sent.filter(|sent| item && sent.session == gap.session);
            sent.is_some_and(|sent| (gap.first..=last).contains(&sent.number))
        };
        for order in self.orders(is_missing) {
            self.send_anew(ctx, order);
        }
    }
}

/// How long an item may be missing while later ones have receipts, in milliseconds.
const GAP_PATIENCE: u64 = 60_000;
/// How long after one gap was filled the next one waits, in milliseconds: an honest peer asks again
/// after a minute, and after 10 s for what is missing behind it.
const REFILL_PAUSE: u64 = 5_000;
