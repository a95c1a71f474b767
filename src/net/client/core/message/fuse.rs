//! When messages disappear. Their deadlines stand in rows of their own, so that a profile opens
//! without reading its history.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::record::FuseRow;
use super::super::record::MessageRow;
use super::super::record::Name;
use crate::crypto::CryptoRng;
use crate::net::client::event::Event;
use crate::net::client::event::MessageId;
use crate::net::client::profile::Kind;
use crate::signal::content::MessageName;

/// The deadlines of a contact's messages.
#[derive(Default)]
pub(in super::super) struct Fuses {
    /// By place, in milliseconds since 1970.
    of: BTreeMap<u64, u64>,
    /// Deadline and place.
    order: BTreeSet<(u64, u64)>,
}

impl Fuses {
    pub(in super::super) fn set(&mut self, place: u64, at: u64) {
        self.remove(place);
        self.of.insert(place, at);
        self.order.insert((at, place));
    }

    fn remove(&mut self, place: u64) -> bool {
        let Some(at) = self.of.remove(&place) else { return false };
        self.order.remove(&(at, place))
    }

    /// The first deadline.
    pub(in super::super) fn next(&self) -> Option<u64> {
        self.order.first().map(|(at, _)| *at)
    }
}

impl Contact {
    /// Sets the deadline of a message.
    pub(super) fn light<R: CryptoRng>(&mut self, ctx: &mut Context<R>, place: u64, at: u64) {
        self.fuses.set(place, at);
        ctx.write(&self.history_id(place), &FuseRow { at, name: None });
    }

    /// Sets the deadline of a message that may never be looked at.
    pub(super) fn light_unseen<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        place: u64,
        row: &MessageRow,
    ) {
        if row.after > 0 {
            let at = ctx.now.saturating_add(UNSEEN).saturating_add(millis(row.after));
            self.light(ctx, place, at);
        }
    }

    /// Takes the deadline of a message away.
    pub(super) fn quench<R: CryptoRng>(&mut self, ctx: &mut Context<R>, place: u64) {
        if self.fuses.remove(place) {
            ctx.profile.delete(Kind::Fuse, &self.history_id(place));
        }
    }

    /// The deadline of a message that leaves the history stays for what waits of it in the outbox.
    pub(super) fn keep_fuse<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        place: u64,
        name: MessageName,
    ) {
        if let Some(at) = self.fuses.of.get(&place).copied() {
            ctx.write(&self.history_id(place), &FuseRow { at, name: Some(Name(name)) });
        }
    }

    /// Destroys the messages whose time is over.
    pub(in super::super) fn burn<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        while let Some((at, place)) = self.fuses.order.first().copied() {
            if at > ctx.now {
                return;
            }
            self.vanish(ctx, place);
        }
    }

    /// Destroys a message on this side: in the history, and in the outbox.
    pub(super) fn vanish<R: CryptoRng>(&mut self, ctx: &mut Context<R>, place: u64) {
        let id = self.history_id(place);
        let fuse: Option<FuseRow> = ctx.read(&id);
        self.quench(ctx, place);
        if let Some(row) = ctx.read::<MessageRow>(&id) {
            self.drop_file(ctx, row.id);
        }
        let Some(row) = ctx.read::<MessageRow>(&id) else {
            let name = fuse.and_then(|fuse| fuse.name);
            return name.into_iter().for_each(|name| self.take_back(ctx, name.0));
        };
        ctx.profile.delete(Kind::Message, &id);
        self.remember(ctx, row.id, None);
        self.take_back(ctx, row.id);
        ctx.tell(Event::Vanished { contact: self.id, message: MessageId(row.id) });
        if !row.deleted {
            self.gone_unread(ctx, place, &row);
        }
    }
}

pub(super) fn millis(seconds: u32) -> u64 {
    u64::from(seconds).saturating_mul(1000)
}

/// When the time of a text runs at the latest, in milliseconds after it came.
const UNSEEN: u64 = 21 * 24 * 3_600_000;
