//! What arrives: bundles, initial messages, withdrawals, and the messages of sessions.
//!
//! An envelope that opens under no key, or says what nobody may say, is acknowledged and dropped:
//! only the relay or the peer can have put it there, and neither is told anything.

use std::collections::BTreeSet;

use super::contact::Contact;
use super::contact::history_id;
use super::context::Context;
use super::record;
use super::record::HeldRow;
use super::record::MessageRow;
use super::record::Outgoing;
use super::record::Progress;
use super::record::SeenRow;
use super::requests::held_id;
use crate::crypto::CryptoRng;
use crate::crypto::secret::SecretBytes;
use crate::net::client::event;
use crate::net::client::event::Event;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
use crate::net::client::event::Notice;
use crate::net::client::profile::Kind;
use crate::signal;
use crate::signal::Direction;
use crate::signal::content;
use crate::signal::content::Content;
use crate::signal::content::MessageName;
use crate::signal::prekey::PrekeyBundle;
use crate::signal::prekey::PrekeySecrets;
use crate::signal::prekey::Withdrawal;
use crate::signal::rendezvous::pair;
use crate::signal::rendezvous::rules::Initial;
use crate::signal::rendezvous::rules::SessionName;
use crate::signal::session::InitialMessage;
use crate::signal::session::Session;

impl Contact {
    /// An envelope from the rendezvous mailbox of an epoch.
    pub(super) fn receive_rendezvous<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        epoch: u64,
        envelope: &[u8],
    ) {
        let Ok((kind, plaintext)) = self.pair.open(Direction::Incoming, epoch, envelope) else {
            return;
        };
        match kind {
            pair::Kind::Bundle => self.receive_bundle(ctx, epoch, plaintext.expose()),
            pair::Kind::Initial => self.receive_initial(ctx, plaintext.expose()),
            pair::Kind::Withdrawn => self.receive_withdrawal(ctx, epoch, plaintext.expose()),
        }
    }

    fn receive_bundle<R: CryptoRng>(&mut self, ctx: &mut Context<R>, epoch: u64, bytes: &[u8]) {
        let (writer, reader) = (self.id.key(), ctx.identity.public());
        let bundle = PrekeyBundle::open(bytes, writer, reader, &self.pair, epoch, ctx.now_s());
        let Ok(bundle) = bundle else { return };
        let taken_back = bundle.generation() <= self.withdrawn;
        if !taken_back && self.rules.accepts(bundle.generation(), ctx.now) {
            self.initiate(ctx, &bundle);
        }
    }

    fn receive_withdrawal<R: CryptoRng>(&mut self, ctx: &mut Context<R>, epoch: u64, bytes: &[u8]) {
        let (writer, reader) = (self.id.key(), ctx.identity.public());
        let Ok(record) = Withdrawal::open(bytes, writer, reader, &self.pair, epoch) else {
            return;
        };
        // Only the newest counts: an old record says nothing about a later request.
        let newest = self.rules.marks().accepted.max(self.withdrawn.saturating_add(1));
        if record.generation() >= newest {
            self.withdrawn = record.generation();
            self.save(ctx);
            ctx.tell(Event::Notice(Notice::Withdrawn { contact: self.id }));
        }
    }

    fn receive_initial<R: CryptoRng>(&mut self, ctx: &mut Context<R>, plaintext: &[u8]) {
        let Ok(message) = InitialMessage::parse(plaintext) else { return };
        let name = *message.session_id().as_bytes();
        let bundle = *message.bundle_id().as_bytes();
        match self.rules.initial(bundle, name) {
            Initial::Known => {
                let Some(conversation) = self.sessions.get_mut(&name) else { return };
                if let Ok(body) = conversation.session.decrypt_initial(&message, &mut ctx.rng) {
                    self.take(ctx, name, body.expose());
                }
            }
            Initial::Respond => {
                let Some((session, body)) = self.respond(ctx, &message) else { return };
                self.add(ctx, session);
                let actions = self.rules.responded(name, bundle);
                self.carry_out(ctx, actions);
                self.take(ctx, name, body.expose());
            }
            Initial::Unknown => {
                let actions = self.rules.lost(ctx.epoch(), ctx.now);
                self.carry_out(ctx, actions);
            }
        }
    }

    fn respond<R: CryptoRng>(
        &self,
        ctx: &mut Context<R>,
        message: &InitialMessage,
    ) -> Option<(Session, SecretBytes)> {
        let row = self.bundles.get(message.bundle_id().as_bytes())?;
        let secrets = PrekeySecrets::from_bytes(&row.secrets).ok()?;
        let network = ctx.network_bytes();
        let (own, peer) = (&ctx.identity, self.id.key());
        Session::respond(own, peer, &network, &secrets, message, &mut ctx.rng).ok()
    }

    /// An envelope from a mailbox of a session.
    pub(super) fn receive_message<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: SessionName,
        envelope: &[u8],
    ) {
        let Some(conversation) = self.sessions.get_mut(&name) else { return };
        match conversation.session.decrypt(envelope, &mut ctx.rng) {
            Ok(body) => {
                conversation.recent.push(envelope);
                self.take(ctx, name, body.expose());
            }
            Err(signal::Error::NoHeaderKey | signal::Error::TooFarAhead) => {
                let actions = self.rules.undecipherable(ctx.epoch(), ctx.now);
                self.carry_out(ctx, actions);
            }
            Err(signal::Error::Consumed | signal::Error::Misbehaved)
                if !conversation.recent.contains(envelope) =>
            {
                let actions = self.rules.rolled_back(ctx.epoch(), ctx.now);
                self.carry_out(ctx, actions);
            }
            // Delivered once more, or forged.
            Err(_) => {}
        }
    }

    /// What an authenticated message says. Its key is used up: the session is stored in any case.
    fn take<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: SessionName, body: &[u8]) {
        if let Ok(content) = Content::from_bytes(body) {
            for id in &content.receipts {
                self.receipt(ctx, *id);
            }
            match content.kind {
                content::Kind::Text { id, number, text } => {
                    let text = Text { id, text, written: content.written };
                    self.receive_text(ctx, name, number, text);
                }
                content::Kind::Receipts => {}
                // The writer waits for the answer to know that the session works: no delay.
                content::Kind::Greeting { id } => {
                    self.owe_receipt(ctx, id);
                    self.receipts_at = Some(ctx.now);
                }
            }
            let actions = self.rules.authenticated(name, content.turn, ctx.now);
            self.carry_out(ctx, actions);
        } else {
            // A later version may say what is unknown here; its writer is known all the same.
            let actions = self.rules.authenticated(name, 0, ctx.now);
            self.carry_out(ctx, actions);
        }
        self.save_session(ctx, name);
    }

    /// The peer has received something.
    fn receipt<R: CryptoRng>(&mut self, ctx: &mut Context<R>, id: MessageName) {
        let found = self.outgoing.iter().find(|(_, row)| row.id == id).map(|(order, _)| *order);
        let Some(order) = found else { return };
        let Some(row) = self.forget_outgoing(ctx, order) else { return };
        if let Outgoing::Text { text, written, place, failed: _ } = row.what {
            let progress = Progress::Delivered;
            self.write_history(ctx, place, &MessageRow { id, text, written, progress });
            self.tell_progress(ctx, id, MessageState::Delivered);
        }
        if let Some(sent) = row.sent {
            self.suspect_gap(ctx, sent.session, sent.number);
        }
    }

    /// Texts before one that arrived should have arrived: if they do not, they go once more.
    fn suspect_gap<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        session: SessionName,
        number: u64,
    ) {
        let again_at = ctx.now.saturating_add(GAP_PATIENCE);
        let mut suspects = Vec::new();
        for (order, row) in &mut self.outgoing {
            let text = matches!(row.what, Outgoing::Text { .. });
            let Some(sent) = row.sent.as_mut().filter(|_| text) else { continue };
            let before = sent.session == session && sent.number < number;
            if before && sent.expires.is_some() && sent.again_at.is_none() {
                sent.again_at = Some(again_at);
                suspects.push(*order);
            }
        }
        for order in suspects {
            self.save_outgoing(ctx, order);
        }
    }

    /// A text, in its place: shown once, in order, and receipted however often it comes.
    fn receive_text<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: SessionName,
        number: u64,
        text: Text,
    ) {
        self.owe_receipt(ctx, text.id);
        let Some(conversation) = self.sessions.get_mut(&name) else { return };
        if number > conversation.expected {
            self.hold(ctx, name, number, text);
            return;
        }
        if number == conversation.expected {
            conversation.expected = conversation.expected.saturating_add(1);
        }
        // What an earlier session still holds was written before what a later one brings.
        self.show_held_elsewhere(ctx, name, text.written);
        self.show(ctx, text);
        self.show_held(ctx, name, false);
    }

    /// Keeps a text that came before its turn.
    fn hold<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: SessionName,
        number: u64,
        text: Text,
    ) {
        let Text { id, text, written } = text;
        let row = HeldRow { contact: self.number, id, text, written, since: ctx.now };
        record::put(&mut ctx.profile, &held_id(name, number), &row);
        self.held.insert((name, number), row);
    }

    fn show_held_elsewhere<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: SessionName,
        before: u64,
    ) {
        let mut earlier: Vec<_> = self
            .held
            .iter()
            .filter(|((session, _), row)| *session != name && row.written < before)
            .map(|((session, number), row)| (row.written, *number, *session))
            .collect();
        earlier.sort_unstable();
        for (_, number, session) in earlier {
            self.take_held(ctx, session, number);
        }
    }

    /// Shows the held texts whose turn has come; `all`: whatever is held, turn or not.
    pub(super) fn show_held<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: SessionName,
        all: bool,
    ) {
        while let Some(number) = self.next_held(name, all) {
            self.take_held(ctx, name, number);
        }
    }

    /// Shows what has waited long enough for a text that does not come: late and out of order is
    /// better than never.
    pub(super) fn show_overdue<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let overdue: BTreeSet<SessionName> = self
            .held
            .iter()
            .filter(|(_, row)| row.since.saturating_add(HOLD_PATIENCE) <= ctx.now)
            .map(|((session, _), _)| *session)
            .collect();
        for session in overdue {
            self.show_held(ctx, session, true);
        }
    }

    /// When [`Contact::show_overdue`] has something to do next.
    pub(super) fn overdue_at(&self) -> Option<u64> {
        self.held.values().map(|row| row.since.saturating_add(HOLD_PATIENCE)).min()
    }

    fn next_held(&self, name: SessionName, all: bool) -> Option<u64> {
        let expected = self.sessions.get(&name)?.expected;
        let (at, _) = self.held.range((name, 0)..=(name, u64::MAX)).next()?;
        (all || at.1 <= expected).then_some(at.1)
    }

    fn take_held<R: CryptoRng>(&mut self, ctx: &mut Context<R>, session: SessionName, number: u64) {
        ctx.profile.delete(Kind::Held, &held_id(session, number));
        let Some(row) = self.held.remove(&(session, number)) else { return };
        if let Some(conversation) = self.sessions.get_mut(&session) {
            conversation.expected = conversation.expected.max(number.saturating_add(1));
        }
        self.save_session(ctx, session);
        self.show(ctx, Text { id: row.id, text: row.text, written: row.written });
    }

    /// Shows a text unless it was shown before.
    fn show<R: CryptoRng>(&mut self, ctx: &mut Context<R>, text: Text) {
        let Text { id, text, written } = text;
        if !self.shown.insert(id) {
            return;
        }
        self.save_seen(ctx, id);
        let place = self.next_place;
        self.next_place = self.next_place.saturating_add(1);
        let progress = Progress::Received;
        self.write_history(ctx, place, &MessageRow { id, text: text.clone(), written, progress });
        self.save(ctx);
        let (id, state) = (MessageId(id), MessageState::Received);
        ctx.tell(Event::Message(event::Message::new(self.id, id, text, written, state)));
    }

    /// Notes that a message came, and that the peer is to be told, soon and not at once: an
    /// immediate receipt would tell the relay which envelope it answers.
    fn owe_receipt<R: CryptoRng>(&mut self, ctx: &mut Context<R>, id: MessageName) {
        self.seen.insert(id);
        if !self.due.contains(&id) {
            self.due.push_back(id);
        }
        self.save_seen(ctx, id);
        if self.receipts_at.is_none() {
            let [a, b] = ctx.random();
            let delay = RECEIPT_LEAST + u64::from(u16::from_be_bytes([a, b])) % RECEIPT_SPREAD;
            self.receipts_at = Some(ctx.now.saturating_add(delay));
        }
    }

    /// Stages the row of a received message.
    pub(super) fn save_seen<R: CryptoRng>(&self, ctx: &mut Context<R>, id: MessageName) {
        let (due, shown) = (self.due.contains(&id), self.shown.contains(&id));
        let row = SeenRow { contact: self.number, due, at: ctx.now, shown };
        record::put(&mut ctx.profile, &id, &row);
    }

    pub(super) fn write_history<R: CryptoRng>(
        &self,
        ctx: &mut Context<R>,
        place: u64,
        row: &MessageRow,
    ) {
        record::put(&mut ctx.profile, &history_id(self.number, place), row);
    }

    pub(super) fn tell_progress<R: CryptoRng>(
        &self,
        ctx: &mut Context<R>,
        id: MessageName,
        state: MessageState,
    ) {
        ctx.tell(Event::Progress { contact: self.id, message: MessageId(id), state });
    }
}

/// A text as it came.
struct Text {
    id: MessageName,
    text: String,
    written: u64,
}

/// A receipt waits from 1 to 10 s, in milliseconds.
const RECEIPT_LEAST: u64 = 1_000;
const RECEIPT_SPREAD: u64 = 9_000;
/// How long a text is held for one before it, in milliseconds: longer than a gap takes to be filled.
const HOLD_PATIENCE: u64 = 180_000;
/// How long a text may be missing while later ones have receipts, in milliseconds.
const GAP_PATIENCE: u64 = 60_000;
