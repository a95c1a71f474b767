//! How far a message got: as far as the part of it that is behind the others.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::message::shown;
use super::super::record::About;
use super::super::record::Failed;
use super::super::record::Held;
use super::super::record::MessageRow;
use super::super::record::Outgoing;
use super::super::record::OutgoingRow;
use super::super::record::Progress;
use super::super::record::Subject;
use crate::crypto::CryptoRng;
use crate::net::client::event::Event;
use crate::net::client::event::MessageId;
use crate::net::client::event::Refusal;
use crate::signal::content::MessageName;

impl Contact {
    /// The relay has something that went out, until `expires`.
    pub(in super::super) fn stored<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        order: u64,
        expires: u64,
    ) {
        let silent_from = ctx.within_an_hour();
        let Some(row) = self.outgoing.get_mut(&order) else { return };
        row.held = None;
        // A relay with an odd clock does not make a client busy.
        let least = ctx.now_s().saturating_add(LEAST_KEPT);
        let expires = if says(row).is_none() { expires.max(least) } else { expires };
        if let Some(sent) = row.sent.as_mut() {
            (sent.expires, sent.stored_at) = (Some(expires), Some(ctx.now));
            if sent.probes.is_some() {
                sent.silent_from.get_or_insert(silent_from);
            }
        }
        self.save_outgoing(ctx, order);
        self.note(ctx, order);
    }

    /// The relay does not take something at the moment; it is tried again.
    pub(in super::super) fn held_back<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        subject: Subject,
        held: Held,
    ) {
        let Subject::Outgoing { order } = subject else { return };
        let Some(row) = self.outgoing.get_mut(&order) else { return };
        if row.held != Some(held) {
            row.held = Some(held);
            self.save_outgoing(ctx, order);
            self.note(ctx, order);
        }
    }

    /// Nobody fetched something. A text waits for the person; what belongs to a text goes again.
    pub(in super::super) fn expire<R: CryptoRng>(&mut self, ctx: &mut Context<R>, order: u64) {
        let Some(row) = self.outgoing.get_mut(&order) else { return };
        if says(row).is_none() {
            // Until it is on the relay again it has no time.
            row.sent.iter_mut().for_each(|sent| sent.expires = None);
            self.send_anew(ctx, order);
            return;
        }
        row.failed = Some(Failed::Expired);
        if let Some(sent) = row.sent.as_mut() {
            (sent.expires, sent.again_at) = (None, None);
        }
        self.save_outgoing(ctx, order);
        self.note(ctx, order);
    }

    /// The peer has ended the conversation: nothing goes out any more by itself.
    pub(in super::super) fn fail_all<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let (texts, others): (Vec<u64>, Vec<u64>) = self
            .orders(|_| true)
            .into_iter()
            .partition(|order| self.outgoing.get(order).is_some_and(|row| says(row).is_some()));
        for order in others {
            self.forget_outgoing(ctx, order);
        }
        ctx.forget_puts(self.number, |put| *put == Subject::Receipts);
        for order in &texts {
            ctx.forget_puts(self.number, |put| *put == Subject::Outgoing { order: *order });
            if let Some(row) = self.outgoing.get_mut(order) {
                (row.sent, row.held, row.failed) = (None, None, Some(Failed::Ended));
            }
            self.save_outgoing(ctx, *order);
        }
        texts.into_iter().for_each(|order| self.note(ctx, order));
    }

    /// Sends a failed text once more, as it is now; one that has not failed is on its way.
    pub(in super::super) fn retry<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
    ) -> Result<(), Refusal> {
        self.check_open()?;
        let orders = self.orders(|row| is_of(row, name) && says(row).is_some());
        let failed: Vec<u64> = orders
            .iter()
            .filter(|order| {
                let row = self.outgoing.get_mut(order);
                row.is_some_and(|row| row.failed.take().is_some())
            })
            .copied()
            .collect();
        // The end took its place in a session from it, and what was said about it later.
        let ended = |order: &u64| self.outgoing.get(order).is_some_and(|row| row.sent.is_none());
        if failed.iter().any(ended) {
            self.write_anew(ctx, name);
        } else {
            for order in &failed {
                self.send_anew(ctx, *order);
            }
        }
        failed.first().into_iter().for_each(|order| self.note(ctx, *order));
        if orders.is_empty() { Err(Refusal::UnknownMessage) } else { Ok(()) }
    }

    /// Notes in the history, and tells, how far the text got of which this is one part.
    pub(in super::super) fn note<R: CryptoRng>(&mut self, ctx: &mut Context<R>, order: u64) {
        let Some(OutgoingRow { what: Outgoing::Item(item), .. }) = self.outgoing.get(&order) else {
            return;
        };
        if let Some(About::Says { place }) = item.about {
            let (name, in_parts) = (item.name, item.part.is_some());
            if let Some(progress) = self.progress(name) {
                self.note_progress(ctx, name, place, progress, in_parts);
            }
        }
    }

    /// Notes in the history, and tells, how far a text got.
    pub(in super::super) fn note_progress<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
        place: u64,
        progress: Progress,
        in_parts: bool,
    ) {
        // The history is not read and written again for every part.
        let same = match (self.told.get(&name).copied(), progress) {
            (Some(Progress::OnRelay { expires: told }), Progress::OnRelay { expires }) => {
                told == expires || (in_parts && told < expires)
            }
            // A part goes once more; the relay has had it.
            (Some(Progress::OnRelay { .. }), Progress::Queued) => true,
            (told, now) => told == Some(now),
        };
        if same {
            return;
        }
        self.told.insert(name, progress);
        let id = self.history_id(place);
        let Some(row) = ctx.read::<MessageRow>(&id) else { return };
        // A text that was read has come, whatever happened to its receipt.
        if row.progress == Progress::Read || row.progress == progress || row.deleted {
            return;
        }
        ctx.write(&id, &MessageRow { progress, ..row });
        let (contact, message) = (self.id, MessageId(name));
        ctx.tell(Event::Progress { contact, message, state: shown::state(progress) });
    }

    /// As far as the last of its parts; none if the peer has all.
    pub(super) fn progress(&self, name: MessageName) -> Option<Progress> {
        let parts = self.outgoing.values().filter(|row| is_of(row, name));
        parts.filter(|row| says(row).is_some()).map(part_progress).min_by_key(|progress| {
            match progress {
                Progress::Failed(_) => (0, 0),
                Progress::Held(_) => (1, 0),
                Progress::OnRelay { expires } => (3, *expires),
                _ => (2, 0),
            }
        })
    }

    /// The orders of what fits.
    pub(in super::super) fn orders(&self, fits: impl Fn(&OutgoingRow) -> bool) -> Vec<u64> {
        self.outgoing.iter().filter(|(_, row)| fits(row)).map(|(order, _)| *order).collect()
    }
}

/// For how long the relay has a change at least before it goes again, in seconds.
const LEAST_KEPT: u64 = 3_600;

fn part_progress(row: &OutgoingRow) -> Progress {
    if let Some(failed) = row.failed {
        return Progress::Failed(failed);
    }
    if let Some(held) = row.held {
        return Progress::Held(held);
    }
    let expires = row.sent.and_then(|sent| sent.expires);
    expires.map_or(Progress::Queued, |expires| Progress::OnRelay { expires })
}

/// Whether it is this item, or a part of it.
pub(super) fn is_of(row: &OutgoingRow, name: MessageName) -> bool {
    matches!(&row.what, Outgoing::Item(item) if item.name == name)
}

/// The place in the history of the text that it says.
pub(super) fn says(row: &OutgoingRow) -> Option<u64> {
    match &row.what {
        Outgoing::Item(item) => match item.about {
            Some(About::Says { place }) => Some(place),
            _ => None,
        },
        Outgoing::Greeting { .. } => None,
    }
}
