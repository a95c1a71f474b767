//! What was seen here: it counts as read, its time runs, and the peer may be told.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::context::first_order;
use super::super::outbox::Draft;
use super::super::record::About;
use super::super::record::MessageRow;
use super::super::record::Outgoing;
use super::super::record::OutgoingRow;
use super::super::record::Progress;
use super::fuse::millis;
use crate::crypto::CryptoRng;
use crate::net::client::event::Event;
use crate::net::client::profile::Kind;
use crate::net::client::profile::ProfileError;
use crate::signal::content::Item;
use crate::signal::content::MAX_READ;
use crate::signal::content::MessageName;

impl Contact {
    /// Everything up to this place was seen.
    ///
    /// # Errors
    /// [`ProfileError`] if the history cannot be read.
    pub(super) fn saw<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        place: u64,
    ) -> Result<(), ProfileError> {
        self.looked = self.looked.max(place.saturating_add(1));
        self.see_on(ctx)
    }

    /// Goes on with what was looked at: of many long texts only some at once, because each that
    /// disappears is written and told anew. The rest is seen a little later.
    ///
    /// # Errors
    /// [`ProfileError`] if the history cannot be read.
    pub(in super::super) fn see_on<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
    ) -> Result<(), ProfileError> {
        if self.looked <= self.seen {
            return Ok(());
        }
        let (from, before) = (self.history_id(self.seen), self.history_id(self.looked));
        let ids = ctx.profile.ids(Kind::Message, &from, &before)?;
        let (mut read, mut bytes, mut end) = (Vec::new(), 0_usize, self.looked);
        for id in ids {
            if bytes >= SEEN_AT_ONCE {
                end = place_of(&id).unwrap_or(end);
                break;
            }
            let Some(row) = ctx.read::<MessageRow>(&id) else { continue };
            bytes = bytes.saturating_add(row.text.len());
            if row.progress == Progress::Received && !row.deleted {
                read.push(row.id);
                self.unread = self.unread.saturating_sub(1);
                self.start(ctx, &id, row);
            }
        }
        self.seen = end;
        self.save(ctx);
        if !read.is_empty() {
            self.announce(ctx);
            self.say_read(ctx, &read);
        }
        Ok(())
    }

    /// The time of a message runs from now on.
    fn start<R: CryptoRng>(&mut self, ctx: &mut Context<R>, id: &[u8], row: MessageRow) {
        let Some(place) = place_of(id) else { return };
        if row.after == 0 || row.at.is_some() {
            return;
        }
        let at = ctx.now.saturating_add(millis(row.after));
        self.light(ctx, place, at);
        let row = MessageRow { at: Some(at), ..row };
        ctx.write(id, &row);
        ctx.tell(Event::Changed(self.shown_message(row)));
    }

    /// A received message is gone: if it was not seen, it never will be.
    pub(super) fn gone_unread<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        place: u64,
        row: &MessageRow,
    ) {
        if row.progress == Progress::Received && place >= self.seen {
            self.unread = self.unread.saturating_sub(1);
            self.save(ctx);
            self.announce(ctx);
        }
    }

    /// Tells the peer what was read, if the person wants that: soon, together with what else is read
    /// until then. Of very much only the newest is told.
    fn say_read<R: CryptoRng>(&mut self, ctx: &mut Context<R>, read: &[MessageName]) {
        if !ctx.settings.read_receipts || self.ended {
            return;
        }
        let newest = read.get(read.len().saturating_sub(MOST_TOLD)..).unwrap_or(read);
        let mut names = newest.to_vec();
        if let Some((order, mut waiting, not_before)) = self.waiting_read(ctx.now) {
            let room = MAX_READ.saturating_sub(waiting.len()).min(names.len());
            waiting.extend(names.drain(..room));
            let draft = read_draft(ctx, waiting, not_before);
            self.forget_outgoing(ctx, order);
            self.stage_at(ctx, first_order(order), &draft);
        }
        for names in names.chunks(MAX_READ) {
            let soon = ctx.soon();
            let draft = read_draft(ctx, names.to_vec(), soon);
            self.stage(ctx, &draft);
        }
    }

    /// What is to be told and can be added to.
    fn waiting_read(&self, now: u64) -> Option<(u64, Vec<MessageName>, u64)> {
        self.outgoing.iter().find_map(|(order, row)| {
            let OutgoingRow { what: Outgoing::Item(item), ratcheted: false, .. } = row else {
                return None;
            };
            let waits = item.about == Some(About::Read) && item.not_before > now;
            match Item::from_bytes(&item.payload) {
                Ok(Item::Read(names)) if waits && names.len() < MAX_READ => {
                    Some((*order, names, item.not_before))
                }
                _ => None,
            }
        })
    }
}

/// The place in the history that a row id names.
fn place_of(id: &[u8]) -> Option<u64> {
    id.last_chunk().map(|place| u64::from_be_bytes(*place))
}

/// Text that is read, and may be written and told anew, in one go, in bytes, but for the last one.
const SEEN_AT_ONCE: usize = 4 << 20;

fn read_draft<R: CryptoRng>(
    ctx: &mut Context<R>,
    names: Vec<MessageName>,
    not_before: u64,
) -> Draft {
    let (name, item, written) = (ctx.random(), Item::Read(names), ctx.now);
    Draft { name, item, written, about: Some(About::Read), not_before }
}

/// Names told at once: more than anybody reads in one go.
const MOST_TOLD: usize = 512;
