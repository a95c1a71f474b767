//! What arrives: bundles, initial messages, withdrawals, and the messages of sessions.
//!
//! An envelope that opens under no key, or says what nobody may say, is acknowledged and dropped:
//! only the relay or the peer can have put it there, and neither is told anything.
//!
//! ```text
//!   envelope ── opened ──► body ──► part ── joined ──► item ── in its order ──► taken in, once
//!                            └────────────────────────► ▲
//! ```

mod gap;
mod join;
mod order;
mod owed;

pub(super) use self::gap::Asked;
use self::order::Arrived;
use super::contact::Contact;
use super::context::Context;
use crate::crypto::CryptoRng;
use crate::crypto::secret::SecretBytes;
use crate::net::client::event::Event;
use crate::net::client::event::Notice;
use crate::signal;
use crate::signal::Direction;
use crate::signal::content;
use crate::signal::content::Content;
use crate::signal::prekey::PrekeyBundle;
use crate::signal::prekey::PrekeySecrets;
use crate::signal::prekey::Withdrawal;
use crate::signal::rendezvous::pair;
use crate::signal::rendezvous::rules::Initial;
use crate::signal::rendezvous::rules::MAX_AHEAD;
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
        let (generation, heard) = (bundle.generation(), bundle.heard());
        let taken_back = generation <= self.withdrawn;
        let moment = self.moment(ctx);
        if !taken_back && self.rules.accepts(generation, heard, moment) {
            self.initiate(ctx, &bundle);
        } else {
            let name = *bundle.id().as_bytes();
            let actions = self.rules.outdated(name, generation, heard, ctx.epoch(), moment);
            self.carry_out(ctx, actions);
        }
    }

    fn receive_withdrawal<R: CryptoRng>(&mut self, ctx: &mut Context<R>, epoch: u64, bytes: &[u8]) {
        let (writer, reader) = (self.id.key(), ctx.identity.public());
        let Ok(record) = Withdrawal::open(bytes, writer, reader, &self.pair, epoch) else {
            return;
        };
        // Only the newest counts: an old record says nothing about a later request, nor about a
        // conversation in which its writer has said something since.
        let generation = record.generation();
        let newest = self.rules.latest_of_peer().max(self.withdrawn.saturating_add(1));
        // No bundle from too far ahead is accepted, so that none has to be taken back: its writer's
        // clock was ahead, and what it asks by the right one is new.
        let is_ahead = generation > ctx.now.saturating_add(MAX_AHEAD);
        let is_known = is_ahead && generation <= self.withdrawn_ahead;
        if generation >= newest && !is_known {
            if is_ahead {
                self.withdrawn_ahead = generation;
                self.withdrawn = self.withdrawn.max(self.rules.latest_of_peer().min(ctx.now));
            } else {
                self.withdrawn = generation;
            }
            // A request that nobody had answered has no end.
            if !self.sessions.is_empty() && !self.ended {
                self.ended = true;
                self.fail_all(ctx);
                self.end_files(ctx);
                self.announce(ctx);
            }
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
                let turns = conversation.session.turns();
                if let Ok(body) = conversation.session.decrypt_initial(&message) {
                    conversation.note_turn(turns, ctx.now);
                    self.take(ctx, name, body.expose());
                }
            }
            Initial::Respond => {
                let Some((session, body)) = self.respond(ctx, &message) else { return };
                let added = self.add(ctx, session);
                if let Some(conversation) = self.sessions.get_mut(&added) {
                    conversation.note_turn(0, ctx.now);
                }
                let actions = self.rules.responded(name, bundle);
                self.carry_out(ctx, actions);
                self.take(ctx, name, body.expose());
            }
            Initial::Unknown => {
                let actions = self.rules.lost(name, ctx.epoch(), ctx.now);
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
        Session::respond(own, peer, &network, &secrets, message).ok()
    }

    /// An envelope from a mailbox of a session.
    pub(super) fn receive_message<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: SessionName,
        envelope: &[u8],
    ) {
        let Some(conversation) = self.sessions.get_mut(&name) else { return };
        let turns = conversation.session.turns();
        match conversation.session.decrypt(envelope) {
            Ok(body) => {
                conversation.recent.push(envelope);
                conversation.note_turn(turns, ctx.now);
                self.rules.ordinary(name);
                self.take(ctx, name, body.expose());
            }
            // Delivered once more.
            Err(_) if conversation.recent.contains(envelope) => {}
            Err(
                signal::Error::NoHeaderKey | signal::Error::Diverged | signal::Error::TooFarAhead,
            ) => {
                let actions = self.rules.undecipherable(ctx.epoch(), ctx.now);
                self.carry_out(ctx, actions);
            }
            Err(signal::Error::Consumed | signal::Error::Misbehaved) => {
                let actions = self.rules.rolled_back(ctx.epoch(), ctx.now);
                self.carry_out(ctx, actions);
            }
            // Forged.
            Err(_) => {}
        }
    }

    /// What an authenticated message says. Its key is used up: the session is stored in any case.
    fn take<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: SessionName, body: &[u8]) {
        // A later version may say what is unknown here; its writer is known all the same.
        let content = Content::from_bytes(body).ok();
        let turn = content.as_ref().map_or(0, |content| content.turn);
        if let Some(Content { turn: _, written, receipts, kind }) = content {
            for id in &receipts {
                self.receipt(ctx, *id);
            }
            self.take_kind(ctx, name, written, kind);
        }
        let actions = self.rules.authenticated(name, turn, self.moment(ctx));
        self.carry_out(ctx, actions);
        if turn != 0 && self.rules.sending() == Some(name) {
            self.heard(ctx);
        }
        if self.rules.works() {
            self.forget_spent(ctx);
        }
        self.save_session(ctx, name);
    }

    pub(super) fn take_kind<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        session: SessionName,
        written: u64,
        kind: content::Kind,
    ) {
        match kind {
            content::Kind::Whole { id, number, item } => {
                self.owe_receipt(ctx, id);
                let arrived = Arrived { name: id, item: Some(item), written };
                self.arrive(ctx, session, number, arrived);
            }
            content::Kind::Part { id, number, part } => {
                // What there is no room for never came: the peer sends it again.
                if let Some(item) = self.join(ctx, &part) {
                    self.owe_receipt(ctx, id);
                    self.arrive(ctx, session, number, Arrived { name: part.item, item, written });
                }
            }
            content::Kind::Receipts => {}
            // The writer waits for the answer to know that the session works: no delay.
            content::Kind::Greeting { id } => {
                self.owe_receipt(ctx, id);
                self.receipts_at = Some(ctx.now);
            }
            content::Kind::Gap(gap) => self.refill(ctx, &gap),
        }
    }
}
