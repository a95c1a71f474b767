//! What goes out, until the peer has it: items and their parts, greetings and receipts, each sealed
//! as late as possible.
//!
//! ```text
//!   item ── cut ──► rows, one each ── flush ──► number, envelope ──► relay ──► receipt: row gone
//!                     ▲                                                │
//!                     └── another session, a gap, half of forever ◄────┘
//! ```

mod doubt;
mod probe;
mod progress;
mod receipt;
mod taken_back;

use super::Role;
use super::contact::Contact;
use super::context::Context;
use super::record::About;
use super::record::Outgoing;
use super::record::OutgoingItem;
use super::record::OutgoingRow;
use super::record::Sent;
use super::record::Subject;
use super::requests::address;
use crate::crypto::CryptoRng;
use crate::signal;
use crate::signal::Direction;
use crate::signal::content;
use crate::signal::content::Content;
use crate::signal::content::Item;
use crate::signal::content::MessageName;
use crate::signal::content::Part;
use crate::signal::rendezvous::pair;
use crate::signal::rendezvous::rules::SessionName;

/// An item on its way into the outbox.
pub(super) struct Draft {
    pub(super) name: MessageName,
    pub(super) item: Item,
    /// Milliseconds since 1970.
    pub(super) written: u64,
    pub(super) about: Option<About>,
    pub(super) not_before: u64,
}

impl Contact {
    /// Accepts an item for sending: one row, or one for each part. They are on disk before anything
    /// else happens to them.
    pub(super) fn stage<R: CryptoRng>(&mut self, ctx: &mut Context<R>, draft: &Draft) {
        let order = ctx.next_order();
        self.stage_at(ctx, order, draft);
    }

    /// The same at an order that is known to be free.
    pub(super) fn stage_at<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        order: u64,
        draft: &Draft,
    ) {
        // What people say was checked before: it is refused by name, not here.
        let Ok(bytes) = draft.item.to_bytes() else { return };
        let Draft { name, item: _, written, about, not_before } = *draft;
        let row = |payload, part| {
            Outgoing::Item(OutgoingItem { name, payload, part, written, about, not_before })
        };
        if bytes.len() <= content::MAX_WHOLE_LEN {
            return self.put_out(ctx, order, name, row(bytes, None));
        }
        let Ok(parts) = Part::split(name, &bytes) else { return };
        for (order, part) in (order..).zip(parts) {
            let id = ctx.random();
            self.put_out(ctx, order, id, row(part.slice.into(), Some((part.index, part.count))));
        }
    }

    /// Puts one thing into the outbox.
    pub(super) fn put_out<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        order: u64,
        id: MessageName,
        what: Outgoing,
    ) {
        let (contact, sent, ratcheted, held, failed) = (self.number, None, false, None, None);
        let row = OutgoingRow { contact, id, what, sent, ratcheted, held, failed };
        self.outgoing.insert(order, row);
        self.save_outgoing(ctx, order);
    }

    /// Ratchets and puts what is ready, as far as there is room.
    pub(super) fn flush<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if self.ended {
            return;
        }
        self.forget_unwanted(ctx);
        self.flush_greetings(ctx);
        self.flush_items(ctx);
        self.flush_receipts(ctx);
    }

    /// What was read is not told any more once the person does not want that.
    fn forget_unwanted<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if ctx.settings.read_receipts {
            return;
        }
        for order in self.orders(|row| !row.ratcheted && tells_reading(row)) {
            self.forget_outgoing(ctx, order);
        }
    }

    /// Greetings go first: they tell of the session. One is repeated only while it matters.
    fn flush_greetings<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let greetings: Vec<(u64, SessionName, MessageName, bool)> = self
            .outgoing
            .iter()
            .filter_map(|(order, row)| match row.what {
                Outgoing::Greeting { session } => {
                    Some((*order, session, row.id, row.sent.is_some()))
                }
                Outgoing::Item(_) => None,
            })
            .collect();
        for (order, session, id, sent) in greetings {
            let pointless = sent && !self.rules.live(session);
            if pointless || !self.sessions.contains_key(&session) {
                self.forget_outgoing(ctx, order);
            } else if !sent {
                self.send(ctx, session, content::Kind::Greeting { id }, Some(order));
            }
        }
    }

    fn flush_items<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let Some(session) = self.rules.sending() else { return };
        let flying =
            self.outgoing.values().filter(|row| row.sent.is_some() && row.failed.is_none());
        let flying = flying.count();
        let unconfirmed = ctx.waiting(self.number);
        let room = MAX_IN_FLIGHT.saturating_sub(flying).min(MAX_PUTS.saturating_sub(unconfirmed));
        let is_ready = |row: &OutgoingRow| match &row.what {
            Outgoing::Item(item) => {
                row.sent.is_none() && row.failed.is_none() && item.not_before <= ctx.now
            }
            Outgoing::Greeting { .. } => false,
        };
        let ready = self.outgoing.iter().filter(|(_, row)| is_ready(row));
        let ready: Vec<u64> = ready.map(|(order, _)| *order).take(room).collect();
        for order in ready {
            let Some(conversation) = self.sessions.get(&session) else { return };
            let number = conversation.next_number;
            if !self.send_item(ctx, session, order, number) {
                return;
            }
        }
    }

    /// Seals an item or a part under a number of a session, and puts it. Whether there was room.
    fn send_item<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        session: SessionName,
        order: u64,
        number: u64,
    ) -> bool {
        let Some(OutgoingRow { id, what: Outgoing::Item(item), .. }) = self.outgoing.get(&order)
        else {
            return true;
        };
        let id = *id;
        let kind = match item.part {
            None => content::Kind::Whole { id, number, item: item.payload.clone() },
            Some((index, count)) => {
                let part = Part { item: item.name, index, count, slice: item.payload.to_vec() };
                content::Kind::Part { id, number, part }
            }
        };
        self.send(ctx, session, kind, Some(order))
    }

    fn flush_receipts<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if self.receipts_at.is_none_or(|at| at > ctx.now) {
            return;
        }
        let answered = self.answered_session();
        self.receipts_at = None;
        while !self.due.is_empty() {
            // The others go when the relay has taken some of these.
            if !self.may_answer(ctx) {
                return;
            }
            let sent = answered
                .is_some_and(|session| self.send(ctx, session, content::Kind::Receipts, None));
            if !sent {
                self.receipts_at = Some(ctx.now.saturating_add(NO_ROOM_PAUSE));
                return;
            }
        }
    }

    /// The relay has taken an envelope of receipts: others may have waited for that.
    pub(super) fn answer_stored(&mut self, now: u64) {
        if !self.due.is_empty() {
            self.receipts_at = Some(self.receipts_at.unwrap_or(now));
        }
    }

    /// Whether there is room for what is said in answer: not if the relay has not taken the last
    /// few. Who writes all the time, and reads nothing, would fill this side's disk with receipts.
    pub(super) fn may_answer<R: CryptoRng>(&self, ctx: &Context<R>) -> bool {
        ctx.puts_of(self.number, |subject| *subject == Subject::Receipts).len() < MAX_ANSWERS
    }

    /// A session in which the peer has answered, the chosen one first. Where something came from
    /// there is one, though the chosen one may not be there yet.
    pub(super) fn answered_session(&self) -> Option<SessionName> {
        let mut sessions = self.rules.sending().into_iter().chain(self.rules.sessions());
        sessions.find(|session| self.rules.answered(*session))
    }

    /// Ratchets one message and puts it, with as many receipts as fit. Whether there was room.
    ///
    /// The new state of the ratchet, the envelope and the note where it went are stored in one
    /// transaction, and nothing of it is sent before.
    pub(super) fn send<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: SessionName,
        kind: content::Kind,
        order: Option<u64>,
    ) -> bool {
        let number = match &kind {
            content::Kind::Whole { number, .. } | content::Kind::Part { number, .. } => {
                Some(*number)
            }
            _ => None,
        };
        let beside = Content::receipts_beside(kind.payload_len()).min(self.due.len());
        let receipts: Vec<MessageName> = self.due.iter().take(beside).copied().collect();
        let written = match order.and_then(|order| self.outgoing.get(&order)).map(|row| &row.what) {
            Some(Outgoing::Item(item)) => item.written,
            _ => ctx.now,
        };
        let turn = self.rules.turn(name);
        let content = Content { turn, written, receipts: receipts.clone(), kind };
        let Ok(body) = content.to_bytes() else { return false };
        let Some((role, address, envelope)) = self.encrypt(ctx, name, body.expose()) else {
            return false;
        };
        if let (Some(conversation), Some(number)) = (self.sessions.get_mut(&name), number) {
            conversation.next_number = conversation.next_number.max(number.saturating_add(1));
        }
        self.save_session(ctx, name);
        let subject = order.map_or(Subject::Receipts, |order| Subject::Outgoing { order });
        let id = ctx.random();
        ctx.put(id, self.number, role, address, subject, envelope);
        ctx.put_brings(id, &receipts);
        if let Some(row) = order.and_then(|order| self.outgoing.get_mut(&order)) {
            let number = number.unwrap_or(0);
            let before = row.sent.filter(|sent| sent.session == name && sent.number == number);
            row.sent = Some(Sent {
                session: name,
                number,
                expires: None,
                again_at: None,
                week: Some(ctx.week()),
                stored_at: None,
                probes: before.and_then(|sent| sent.probes),
                silent_from: before.and_then(|sent| sent.silent_from),
            });
            (row.ratcheted, row.held) = (true, None);
        }
        order.into_iter().for_each(|order| self.save_outgoing(ctx, order));
        self.receipts_told(ctx, name, beside);
        true
    }

    /// Whether a session's connection stands, and there is room in it. What is sealed is sealed as
    /// late as possible: made offline, it would lie in a week that nobody reads.
    pub(super) fn can_seal<R: CryptoRng>(&self, ctx: &Context<R>, name: SessionName) -> bool {
        self.sessions.get(&name).is_some_and(|conversation| {
            let role = conversation.role();
            let has_room = role == Role::Conversations || conversation.initial < MAX_INITIAL;
            ctx.is_up(role, self.number) && has_room
        })
    }

    /// The envelope and the mailbox it goes into: that of the session once the peer has answered,
    /// until then the rendezvous.
    fn encrypt<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: SessionName,
        body: &[u8],
    ) -> Option<(Role, [u8; 32], Vec<u8>)> {
        let (epoch, week) = (ctx.epoch(), ctx.week());
        if !self.can_seal(ctx, name) {
            return None;
        }
        let conversation = self.sessions.get_mut(&name)?;
        let role = conversation.role();
        let session = &mut conversation.session;
        if role == Role::Conversations {
            let envelope = session.encrypt(body, ctx.aead, &mut ctx.rng).ok()?;
            let capability = session.capability(Direction::Outgoing, week);
            return Some((role, address(capability.expose()), envelope));
        }
        let plaintext = session.encrypt_initial(body, ctx.aead, &mut ctx.rng).ok()?;
        conversation.initial += 1;
        let (out, kind) = (Direction::Outgoing, pair::Kind::Initial);
        let envelope = self.pair.seal(out, epoch, kind, plaintext.expose(), &mut ctx.rng).ok()?;
        let capability = self.pair.capability(out, epoch);
        Some((role, address(capability.expose()), envelope))
    }

    /// Ratchets something that went out once more. In the session that it went in it keeps its
    /// number, so that the peer, who waits for that number, goes on. Where nothing can be sealed now
    /// it goes as soon as something can, and what was sealed before stays. Whether it was done.
    pub(super) fn send_anew<R: CryptoRng>(&mut self, ctx: &mut Context<R>, order: u64) -> bool {
        let Some(OutgoingRow { sent: Some(sent), what, .. }) = self.outgoing.get(&order) else {
            return false;
        };
        let (sent, is_item) = (*sent, matches!(what, Outgoing::Item(_)));
        if !is_item || Some(sent.session) != self.rules.sending() {
            self.unsend(ctx, order);
            return true;
        }
        let before = ctx.puts_of(self.number, |subject| *subject == Subject::Outgoing { order });
        let can_seal = self.can_seal(ctx, sent.session);
        if can_seal && self.send_item(ctx, sent.session, order, sent.number) {
            before.iter().for_each(|id| ctx.forget_put(id));
            return true;
        }
        let again_at = if can_seal { ctx.now.saturating_add(NO_ROOM_PAUSE) } else { ctx.now };
        if let Some(sent) = self.outgoing.get_mut(&order).and_then(|row| row.sent.as_mut()) {
            sent.again_at = Some(again_at);
        }
        self.save_outgoing(ctx, order);
        false
    }

    /// Makes something that went out ready to go, in whatever session is chosen then.
    pub(super) fn unsend<R: CryptoRng>(&mut self, ctx: &mut Context<R>, order: u64) {
        ctx.forget_puts(self.number, |subject| *subject == Subject::Outgoing { order });
        if let Some(row) = self.outgoing.get_mut(&order) {
            (row.sent, row.held) = (None, None);
        }
        self.save_outgoing(ctx, order);
    }

    /// When [`Contact::flush`] has something to do next.
    pub(super) fn flush_at(&self, now: u64) -> Option<u64> {
        if self.ended {
            return None;
        }
        let items = self.outgoing.values().filter(|row| row.sent.is_none());
        let items = items.filter_map(|row| match &row.what {
            Outgoing::Item(item) => Some(item.not_before).filter(|at| *at > now),
            Outgoing::Greeting { .. } => None,
        });
        items.chain(self.receipts_at).min()
    }
}

/// Whether it tells what was read.
fn tells_reading(row: &OutgoingRow) -> bool {
    match &row.what {
        Outgoing::Item(item) => item.about == Some(About::Read),
        Outgoing::Greeting { .. } => false,
    }
}

/// When receipts that could not go are tried again, in milliseconds.
const NO_ROOM_PAUSE: u64 = 60_000;
/// Messages without the peer's receipt: below what the peer's ratchet skips (1,024).
const MAX_IN_FLIGHT: usize = 900;
/// Envelopes of one contact that the relay has not confirmed: more are ratcheted when it has.
const MAX_PUTS: usize = 64;
/// Envelopes of receipts, or that ask for something, of one contact that the relay has not
/// confirmed. Each tells of some ninety.
const MAX_ANSWERS: usize = 8;
/// Initial messages of one session: what an unanswered request may leave on the relay.
const MAX_INITIAL: u64 = 64;

const _: () = assert!(signal::session::BODY_LEN >= 1_536);
