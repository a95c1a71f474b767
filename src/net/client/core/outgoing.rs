//! What goes out: texts, greetings and receipts, each ratcheted as late as possible.

use super::Role;
use super::contact::Contact;
use super::context::Context;
use super::record::MessageRow;
use super::record::Outgoing;
use super::record::OutgoingRow;
use super::record::Progress;
use super::record::Sent;
use super::record::Subject;
use super::requests::address;
use crate::crypto::CryptoRng;
use crate::net::client::event;
use crate::net::client::event::Event;
use crate::net::client::event::FailReason;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
use crate::signal;
use crate::signal::Direction;
use crate::signal::content;
use crate::signal::content::Content;
use crate::signal::content::MessageName;
use crate::signal::rendezvous::pair;
use crate::signal::rendezvous::rules::SessionName;

impl Contact {
    /// Accepts a text for sending. It is on disk before anything else happens to it.
    pub(super) fn write<R: CryptoRng>(&mut self, ctx: &mut Context<R>, text: String) {
        let id: MessageName = ctx.random();
        let (order, place, written) = (ctx.next_order(), self.next_place, ctx.now);
        self.next_place = self.next_place.saturating_add(1);
        let progress = Progress::Queued;
        self.write_history(ctx, place, &MessageRow { id, text: text.clone(), written, progress });
        let what = Outgoing::Text { text: text.clone(), written, place, failed: false };
        self.outgoing.insert(order, OutgoingRow { contact: self.number, id, what, sent: None });
        self.save_outgoing(ctx, order);
        self.save(ctx);
        let (id, state) = (MessageId(id), MessageState::Queued);
        ctx.tell(Event::Message(event::Message::new(self.id, id, text, written, state)));
    }

    /// Sends a failed text once more. Whether there is such a text.
    pub(super) fn retry<R: CryptoRng>(&mut self, ctx: &mut Context<R>, id: MessageName) -> bool {
        let found = self.outgoing.iter_mut().find(|(_, row)| row.id == id);
        let Some((order, OutgoingRow { what: Outgoing::Text { failed, .. }, .. })) = found else {
            return false;
        };
        let order = *order;
        if core::mem::take(failed) {
            self.note(ctx, order, Progress::Queued, MessageState::Queued);
            self.send_anew(ctx, order);
        }
        true
    }

    /// Ratchets and puts what is ready, as far as there is room.
    pub(super) fn flush<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        self.flush_greetings(ctx);
        self.flush_texts(ctx);
        self.flush_receipts(ctx);
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
                Outgoing::Text { .. } => None,
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

    fn flush_texts<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let Some(session) = self.rules.sending() else { return };
        let ready: Vec<u64> = self
            .outgoing
            .iter()
            .filter(|(_, row)| row.sent.is_none())
            .filter(|(_, row)| matches!(row.what, Outgoing::Text { failed: false, .. }))
            .map(|(order, _)| *order)
            .collect();
        let flying = self.outgoing.values().filter(|row| row.sent.is_some() && !is_failed(row));
        let flying = flying.count();
        let unconfirmed = ctx.waiting(self.number);
        let room = MAX_IN_FLIGHT.saturating_sub(flying).min(MAX_PUTS.saturating_sub(unconfirmed));
        for order in ready.into_iter().take(room) {
            let Some(row) = self.outgoing.get(&order) else { continue };
            let Outgoing::Text { text, .. } = &row.what else { continue };
            let (id, text) = (row.id, text.clone());
            let Some(conversation) = self.sessions.get_mut(&session) else { return };
            let number = conversation.next_number;
            let kind = content::Kind::Text { id, number, text };
            if !self.send(ctx, session, kind, Some(order)) {
                return;
            }
        }
    }

    fn flush_receipts<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if self.receipts_at.is_none_or(|at| at > ctx.now) {
            return;
        }
        // Where something came from, the peer has answered; the chosen session may not be there yet.
        let chosen = self.rules.sending().into_iter().chain(self.rules.sessions());
        let answered = chosen.into_iter().find(|session| self.rules.answered(*session));
        self.receipts_at = None;
        while !self.due.is_empty() {
            let sent = answered
                .is_some_and(|session| self.send(ctx, session, content::Kind::Receipts, None));
            if !sent {
                self.receipts_at = Some(ctx.now.saturating_add(NO_ROOM_PAUSE));
                return;
            }
        }
    }

    /// Ratchets one message and puts it, with as many receipts as fit. Whether there was room.
    ///
    /// The new state of the ratchet, the envelope and the note where it went are stored in one
    /// transaction, and nothing of it is sent before.
    fn send<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: SessionName,
        kind: content::Kind,
        order: Option<u64>,
    ) -> bool {
        let (text_len, number) = match &kind {
            content::Kind::Text { text, number, .. } => (text.len(), *number),
            _ => (0, 0),
        };
        let is_text = text_len > 0;
        let beside = Content::receipts_beside(text_len).min(self.due.len());
        let receipts: Vec<MessageName> = self.due.iter().take(beside).copied().collect();
        let written = match order.and_then(|order| self.outgoing.get(&order)).map(|row| &row.what) {
            Some(Outgoing::Text { written, .. }) => *written,
            _ => ctx.now,
        };
        let content = Content { turn: self.rules.turn(name), written, receipts, kind };
        let Ok(body) = content.to_bytes() else { return false };
        let Some((role, address, envelope)) = self.encrypt(ctx, name, body.expose()) else {
            return false;
        };
        if let Some(conversation) = self.sessions.get_mut(&name)
            && is_text
        {
            conversation.next_number = conversation.next_number.max(number.saturating_add(1));
        }
        self.save_session(ctx, name);
        let subject = order.map_or(Subject::Receipts, |order| Subject::Outgoing { order });
        let id = ctx.random();
        ctx.put(id, self.number, role, address, subject, envelope);
        if let Some(order) = order {
            let sent = Sent { session: name, number, expires: None, again_at: None };
            if let Some(row) = self.outgoing.get_mut(&order) {
                row.sent = Some(sent);
            }
            self.save_outgoing(ctx, order);
        }
        let told: Vec<MessageName> = self.due.drain(..beside).collect();
        told.into_iter().for_each(|id| self.save_seen(ctx, id));
        true
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
        let conversation = self.sessions.get_mut(&name)?;
        let session = &mut conversation.session;
        let role = if session.answered() { Role::Conversations } else { Role::Rendezvous };
        // As late as possible: what is ratcheted offline would lie in a week that nobody reads.
        if !ctx.up.contains(&role) {
            return None;
        }
        if role == Role::Conversations {
            let envelope = session.encrypt(body, ctx.aead, &mut ctx.rng).ok()?;
            let capability = session.capability(Direction::Outgoing, week);
            return Some((role, address(capability.expose()), envelope));
        }
        if conversation.initial >= MAX_INITIAL {
            return None;
        }
        let plaintext = session.encrypt_initial(body, ctx.aead, &mut ctx.rng).ok()?;
        conversation.initial += 1;
        let (out, kind) = (Direction::Outgoing, pair::Kind::Initial);
        let envelope = self.pair.seal(out, epoch, kind, plaintext.expose(), &mut ctx.rng).ok()?;
        let capability = self.pair.capability(out, epoch);
        Some((role, address(capability.expose()), envelope))
    }

    /// The relay has something that went out, until `expires`.
    pub(super) fn stored<R: CryptoRng>(&mut self, ctx: &mut Context<R>, order: u64, expires: u64) {
        let Some(row) = self.outgoing.get_mut(&order) else { return };
        if let Some(sent) = row.sent.as_mut() {
            sent.expires = Some(expires);
        }
        self.save_outgoing(ctx, order);
        let (progress, state) = (Progress::OnRelay { expires }, MessageState::OnRelay { expires });
        self.note(ctx, order, progress, state);
    }

    /// Ratchets something that went out once more. In the session that it went in it keeps its
    /// number, so that the peer, who waits for that number, goes on.
    pub(super) fn send_anew<R: CryptoRng>(&mut self, ctx: &mut Context<R>, order: u64) {
        ctx.forget_puts(self.number, |subject| *subject == Subject::Outgoing { order });
        let sending = self.rules.sending();
        let Some(row) = self.outgoing.get_mut(&order) else { return };
        let sent = row.sent.take().filter(|sent| Some(sent.session) == sending);
        if let (Some(sent), Outgoing::Text { text, .. }) = (sent, &row.what) {
            let (id, number, text) = (row.id, sent.number, text.clone());
            let kind = content::Kind::Text { id, number, text };
            if !self.send(ctx, sent.session, kind, Some(order))
                && let Some(row) = self.outgoing.get_mut(&order)
            {
                row.sent = Some(sent);
            }
        }
        self.save_outgoing(ctx, order);
    }

    /// Lets time pass: gaps are filled, and what nobody fetched has failed.
    pub(super) fn tick<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let (now, now_s) = (ctx.now, ctx.now_s());
        let sent = |row: &OutgoingRow| row.sent;
        let gaps: Vec<u64> = self
            .orders(|row| sent(row).is_some_and(|sent| sent.again_at.is_some_and(|at| at <= now)));
        let expired: Vec<u64> = self.orders(|row| {
            sent(row).is_some_and(|sent| sent.expires.is_some_and(|expires| expires < now_s))
        });
        for order in gaps.into_iter().filter(|order| !expired.contains(order)) {
            self.send_anew(ctx, order);
        }
        for order in expired {
            self.expire(ctx, order);
        }
        self.show_overdue(ctx);
        let day = u32::try_from(now_s / DAY_S).unwrap_or(u32::MAX);
        let aged: Vec<SessionName> = self
            .sessions
            .iter_mut()
            .filter_map(|(name, conversation)| conversation.session.age(day).then_some(*name))
            .collect();
        aged.into_iter().for_each(|name| self.save_session(ctx, name));
        let actions = self.rules.tick(now);
        if !actions.is_empty() {
            self.carry_out(ctx, actions);
        }
    }

    /// When [`Contact::tick`] or [`Contact::flush`] has something to do next.
    pub(super) fn next_wake(&self, epoch: u64) -> Option<u64> {
        let again = self.outgoing.values().filter_map(|row| row.sent?.again_at).min();
        [again, self.receipts_at, self.renew_at(epoch), self.overdue_at()]
            .into_iter()
            .flatten()
            .min()
    }

    fn expire<R: CryptoRng>(&mut self, ctx: &mut Context<R>, order: u64) {
        let Some(row) = self.outgoing.get_mut(&order) else { return };
        match &mut row.what {
            Outgoing::Text { failed, .. } => *failed = true,
            Outgoing::Greeting { .. } => row.sent = None,
        }
        if let Some(sent) = row.sent.as_mut() {
            sent.expires = None;
            sent.again_at = None;
        }
        self.save_outgoing(ctx, order);
        let state = MessageState::Failed { reason: FailReason::Expired };
        self.note(ctx, order, Progress::Expired, state);
    }

    fn orders(&self, fits: impl Fn(&OutgoingRow) -> bool) -> Vec<u64> {
        self.outgoing.iter().filter(|(_, row)| fits(row)).map(|(order, _)| *order).collect()
    }

    /// Notes in the history, and tells, how far a text got.
    fn note<R: CryptoRng>(
        &self,
        ctx: &mut Context<R>,
        order: u64,
        progress: Progress,
        state: MessageState,
    ) {
        let Some(OutgoingRow { id, what, .. }) = self.outgoing.get(&order) else { return };
        let Outgoing::Text { text, written, place, .. } = what else { return };
        let row = MessageRow { id: *id, text: text.clone(), written: *written, progress };
        self.write_history(ctx, *place, &row);
        self.tell_progress(ctx, *id, state);
    }
}

fn is_failed(row: &OutgoingRow) -> bool {
    matches!(row.what, Outgoing::Text { failed: true, .. })
}

const DAY_S: u64 = 24 * 3600;
/// When receipts that could not go are tried again, in milliseconds.
const NO_ROOM_PAUSE: u64 = 60_000;
/// Messages without the peer's receipt: below what the peer's ratchet skips (1,024).
const MAX_IN_FLIGHT: usize = 900;
/// Envelopes of one contact that the relay has not confirmed: more are ratcheted when it has.
const MAX_PUTS: usize = 64;
/// Initial messages of one session: what an unanswered request may leave on the relay.
const MAX_INITIAL: u64 = 64;

// A text is never refused by its frame.
const _: () = assert!(event::MAX_TEXT_LEN == content::MAX_TEXT_LEN);
const _: () = assert!(signal::session::BODY_LEN >= 1_536);
