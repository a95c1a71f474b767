//! Asking, and what the rules order.

use super::Role;
use super::contact::Contact;
use super::contact::Conversation;
use super::contact::Recent;
use super::context::Context;
use super::record;
use super::record::BundleRow;
use super::record::FarewellRow;
use super::record::MarkRow;
use super::record::OutBundle;
use super::record::Outgoing;
use super::record::OutgoingRow;
use super::record::Sent;
use super::record::Subject;
use crate::crypto::CryptoRng;
use crate::crypto::hash;
use crate::net::client::event::Event;
use crate::net::client::event::Notice;
use crate::net::client::profile::Kind;
use crate::net::client::profile::ProfileError;
use crate::signal;
use crate::signal::Direction;
use crate::signal::prekey::PrekeyBundle;
use crate::signal::prekey::Terms;
use crate::signal::prekey::Withdrawal;
use crate::signal::rendezvous::pair;
use crate::signal::rendezvous::rules::Action;
use crate::signal::rendezvous::rules::BundleName;
use crate::signal::rendezvous::rules::Generation;
use crate::signal::rendezvous::rules::Heard;
use crate::signal::rendezvous::rules::SessionName;
use crate::signal::session::Session;
use zeroize::Zeroizing;

impl Contact {
    /// Asks, unless a request is out or answered, or the peer has ended the conversation.
    pub(super) fn ask<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if self.ended {
            return;
        }
        let actions = self.rules.ask(ctx.epoch(), ctx.now);
        self.carry_out(ctx, actions);
    }

    /// Initiates a session on a bundle of the peer's that the rules accept.
    pub(super) fn initiate<R: CryptoRng>(&mut self, ctx: &mut Context<R>, bundle: &PrekeyBundle) {
        let network = ctx.network_bytes();
        let session =
            Session::initiate(&ctx.identity, self.id.key(), &network, bundle, &mut ctx.rng);
        // One with keys that cannot be agreed on begins nothing, and ends no end.
        let Ok(session) = session else { return };
        if core::mem::take(&mut self.ended) {
            self.forget_timer();
            self.forget_joins(ctx);
            self.announce(ctx);
        }
        let name = self.add(ctx, session);
        let actions = self.rules.initiated(name, bundle.generation(), bundle.heard(), ctx.now);
        self.carry_out(ctx, actions);
    }

    /// Takes a new session in.
    pub(super) fn add<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        session: Session,
    ) -> SessionName {
        let name = *session.id().as_bytes();
        let since_week = ctx.week();
        self.sessions.insert(
            name,
            Conversation {
                session,
                since_week,
                next_number: 0,
                expected: 0,
                initial: 0,
                recent: Recent::default(),
                began: ctx.now_s() / DAY_S,
                turned_at: None,
            },
        );
        self.moved = true;
        self.save_session(ctx, name);
        name
    }

    /// Carries out what the rules order, in the order given, and stores the rules.
    pub(super) fn carry_out<R: CryptoRng>(&mut self, ctx: &mut Context<R>, actions: Vec<Action>) {
        for action in actions {
            match action {
                // After the end nothing is repaired: it is the peer who asks again.
                Action::PutBundle { .. } if self.ended => {}
                Action::PutBundle { generation, epoch, heard } => {
                    self.put_bundle(ctx, generation, epoch, heard);
                }
                Action::Greet(session) => self.greet(ctx, session),
                Action::Reassure(session) => self.reassure(ctx, session),
                Action::Resend(_) => {
                    self.moved = true;
                    self.send_again(ctx);
                }
                Action::Matched => {
                    self.matched = true;
                    self.announce(ctx);
                }
                Action::Replaced => {
                    ctx.tell(Event::Notice(Notice::SessionReplaced { contact: self.id }));
                }
                Action::TwoDevices => {
                    ctx.tell(Event::Notice(Notice::TwoDevices { contact: self.id }));
                }
                Action::ForgetBundle(name) => self.forget_bundle(ctx, name),
                Action::SpendBundle(name) => self.spend_bundle(ctx, name),
                Action::ForgetSession(name) => self.forget_session(ctx, name),
            }
        }
        self.save(ctx);
    }

    /// Makes a bundle for this contact alone, and puts it. Its private keys are on disk first:
    /// nothing is sent before the transaction that holds both.
    fn put_bundle<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        generation: Generation,
        epoch: u64,
        heard: Heard,
    ) {
        let not_after = epoch.saturating_add(EPOCHS_READ).saturating_mul(signal::EPOCH_SECONDS);
        let terms = Terms { epoch, generation, not_after };
        let (bundle, secrets) =
            PrekeyBundle::telling(&ctx.identity, &self.pair, terms, heard, &mut ctx.rng);
        let sealed = self.pair.seal(
            Direction::Outgoing,
            epoch,
            pair::Kind::Bundle,
            &bundle.to_bytes(),
            &mut ctx.rng,
        );
        let Ok(envelope) = sealed else { return };
        let name = *bundle.id().as_bytes();
        let envelope_id = ctx.random();
        let row = BundleRow {
            contact: self.number,
            epoch,
            secrets: Zeroizing::new(secrets.to_bytes().expose().to_vec()),
            envelope_id,
            envelope: envelope.clone(),
            expires: None,
            renew_at: None,
        };
        record::put(&mut ctx.profile, &name, &row);
        self.bundles.insert(name, row);
        // Whoever fetched the bundle on its last day may answer for as long as the relay keeps it.
        let keep_until = not_after.saturating_add(ctx.retention).saturating_add(WEEK);
        let surplus = self.rules.issued(name, generation, epoch, keep_until.saturating_mul(1000));
        for action in surplus {
            if let Action::ForgetBundle(name) = action {
                self.forget_bundle(ctx, name);
            }
        }
        let address = address(self.pair.capability(Direction::Outgoing, epoch).expose());
        ctx.put(
            envelope_id,
            self.number,
            Role::Rendezvous,
            address,
            Subject::Bundle { name },
            envelope,
        );
    }

    /// Puts what has waited for half of its time once more: the same bytes under the same id. Who
    /// has read it passes it over.
    pub(super) fn renew<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let (now, epoch) = (ctx.now, ctx.epoch());
        let due: Vec<BundleName> = self
            .bundles
            .iter()
            .filter(|(_, row)| self.is_renewed(row, epoch))
            .filter(|(_, row)| row.renew_at.is_some_and(|at| at <= now))
            .map(|(name, _)| *name)
            .collect();
        for name in due {
            let Some(row) = self.bundles.get_mut(&name) else { continue };
            row.renew_at = None;
            record::put(&mut ctx.profile, &name, row);
            let address = address(self.pair.capability(Direction::Outgoing, row.epoch).expose());
            ctx.put(
                row.envelope_id,
                self.number,
                Role::Rendezvous,
                address,
                Subject::Bundle { name },
                row.envelope.clone(),
            );
        }
    }

    /// When something has to be renewed next.
    pub(super) fn renew_at(&self, epoch: u64) -> Option<u64> {
        let waiting = self.bundles.values().filter(|row| self.is_renewed(row, epoch));
        waiting.filter_map(|row| row.renew_at).min()
    }

    /// Whether a bundle goes again: as long as nobody has answered, or it is not known that whoever
    /// has used it goes on.
    fn is_renewed(&self, row: &BundleRow, epoch: u64) -> bool {
        row.epoch == epoch && !self.ended && (!self.matched || is_spent(row))
    }

    /// The relay has a bundle until `expires`.
    pub(super) fn bundle_stored<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: BundleName,
        expires: u64,
    ) {
        let now = ctx.now;
        let Some(row) = self.bundles.get_mut(&name) else { return };
        row.expires = Some(expires);
        let left = expires.saturating_mul(1000).saturating_sub(now);
        row.renew_at = Some(now.saturating_add((left / 2).max(LEAST_RENEWAL)));
        record::put(&mut ctx.profile, &name, row);
        if !self.matched {
            self.announce(ctx);
        }
    }

    /// One that has no receipt yet goes again.
    fn greet<R: CryptoRng>(&mut self, ctx: &mut Context<R>, session: SessionName) {
        match self.greeting_in(session) {
            Some(order) => self.greet_again(ctx, order),
            None => drop(self.put_greeting(ctx, session)),
        }
    }

    /// A greeting within the hour. One that has no receipt goes again by itself where the peer has
    /// answered (`probe`).
    fn reassure<R: CryptoRng>(&mut self, ctx: &mut Context<R>, session: SessionName) {
        let waiting = self.greeting_in(session);
        if waiting.is_some() && self.rules.answered(session) {
            return;
        }
        let order = waiting.unwrap_or_else(|| self.put_greeting(ctx, session));
        let again_at = ctx.within_an_hour();
        let Some(row) = self.outgoing.get_mut(&order) else { return };
        row.sent.get_or_insert_with(|| Sent::later(session)).again_at.get_or_insert(again_at);
        self.save_outgoing(ctx, order);
    }

    /// The greeting in this session that has no receipt.
    fn greeting_in(&self, session: SessionName) -> Option<u64> {
        let is_it = |row: &OutgoingRow| match row.what {
            Outgoing::Greeting { session: name } => name == session,
            Outgoing::Item(_) => false,
        };
        self.orders(is_it).first().copied()
    }

    fn put_greeting<R: CryptoRng>(&mut self, ctx: &mut Context<R>, session: SessionName) -> u64 {
        let (order, id) = (ctx.next_order(), ctx.random());
        self.put_out(ctx, order, id, Outgoing::Greeting { session });
        order
    }

    /// What the peer has not receipted goes again, in the session that is chosen now.
    fn send_again<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let items: Vec<u64> = self
            .outgoing
            .iter()
            .filter(|(_, row)| matches!(row.what, Outgoing::Item(_)) && row.sent.is_some())
            .map(|(order, _)| *order)
            .collect();
        items.into_iter().for_each(|order| self.unsend(ctx, order));
    }

    fn forget_bundle<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: BundleName) {
        ctx.profile.delete(Kind::Bundle, &name);
        ctx.forget_puts(self.number, |subject| *subject == Subject::Bundle { name });
        self.bundles.remove(&name);
    }

    /// The private keys of a used bundle go. Its envelope is kept for a while, the last one.
    fn spend_bundle<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: BundleName) {
        self.forget_spent(ctx);
        ctx.forget_puts(self.number, |subject| *subject == Subject::Bundle { name });
        let Some(row) = self.bundles.get_mut(&name) else { return };
        row.secrets = Zeroizing::new(Vec::new());
        row.renew_at = Some(ctx.now.saturating_add(LEAST_RENEWAL));
        record::put(&mut ctx.profile, &name, row);
    }

    /// Forgets the bundle that was used last: what came of it is known to work, or something newer
    /// was used.
    pub(super) fn forget_spent<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let spent = self.bundles.iter().filter(|(_, row)| is_spent(row));
        let spent: Vec<BundleName> = spent.map(|(name, _)| *name).collect();
        spent.into_iter().for_each(|name| self.forget_bundle(ctx, name));
    }

    fn forget_session<R: CryptoRng>(&mut self, ctx: &mut Context<R>, name: SessionName) {
        // What waited for something that never came is taken rather than lost.
        self.take_held(ctx, name, true);
        self.asked.remove(&name);
        ctx.profile.delete(Kind::Session, &name);
        self.sessions.remove(&name);
        self.moved = true;
    }

    /// Removes everything that is kept of the contact, and leaves what takes the request back.
    ///
    /// # Errors
    /// [`ProfileError`] if the profile cannot be read.
    pub(super) fn remove<R: CryptoRng>(
        self,
        ctx: &mut Context<R>,
    ) -> Result<([u8; 16], FarewellRow), ProfileError> {
        let farewell = self.farewell(ctx);
        self.abandon_files(ctx);
        let marks = self.rules.marks();
        let mark = MarkRow {
            network: ctx.network_bytes(),
            key: *self.id.key().as_bytes(),
            issued: self.taken_back(ctx.now),
            accepted: marks.accepted,
            turn: marks.turn,
            withdrawn: self.withdrawn,
        };
        let name = ctx.random::<16>();
        record::put(&mut ctx.profile, &name, &mark);
        ctx.forget_puts(self.number, |_| true);
        ctx.profile.delete(Kind::Contact, &self.number.to_be_bytes());
        for kind in OF_CONTACT {
            ctx.profile.delete_all(kind, &self.number.to_be_bytes())?;
        }
        self.sessions.keys().for_each(|name| ctx.profile.delete(Kind::Session, name));
        self.bundles.keys().for_each(|name| ctx.profile.delete(Kind::Bundle, name));
        for order in self.outgoing.keys() {
            ctx.profile.delete(Kind::Outgoing, &order.to_be_bytes());
        }
        for (session, number) in self.held.keys() {
            ctx.profile.delete(Kind::Held, &held_id(*session, *number));
        }
        let name = ctx.random::<16>();
        record::put(&mut ctx.profile, &name, &farewell);
        Ok((name, farewell))
    }

    /// Up to which generation a removal takes everything back: not below a turn that the peer has
    /// heard, also from a state that is lost, and below everything that is said later.
    fn taken_back(&self, now: u64) -> Generation {
        let marks = self.rules.marks();
        marks.issued.max(marks.turn).max(now)
    }

    /// What the relay and, through it, the peer are told of the removal.
    fn farewell<R: CryptoRng>(&self, ctx: &mut Context<R>) -> FarewellRow {
        let epoch = ctx.epoch();
        let bundles = self
            .bundles
            .values()
            .map(|row| OutBundle {
                capability: Zeroizing::new(
                    *self.pair.capability(Direction::Outgoing, row.epoch).expose(),
                ),
                envelope_id: row.envelope_id,
                expires: row.expires,
            })
            .collect();
        let generation = self.taken_back(ctx.now);
        let record = Withdrawal::create(&ctx.identity, &self.pair, generation, epoch);
        let envelope = self
            .pair
            .seal(
                Direction::Outgoing,
                epoch,
                pair::Kind::Withdrawn,
                &record.to_bytes(),
                &mut ctx.rng,
            )
            .unwrap_or_default();
        FarewellRow {
            network: ctx.network_bytes(),
            bundles,
            address: address(self.pair.capability(Direction::Outgoing, epoch).expose()),
            envelope,
            // Whoever initiated has shown itself already.
            tell: !self.sessions.is_empty(),
            until: ctx.now.saturating_add(ctx.retention.saturating_mul(1000)),
        }
    }
}

/// Whether a bundle was used: its private keys are gone.
pub(super) fn is_spent(row: &BundleRow) -> bool {
    row.secrets.is_empty()
}

/// The row id of a held text.
pub(super) fn held_id(session: SessionName, number: u64) -> Vec<u8> {
    [&session[..], &number.to_be_bytes()].concat()
}

/// The address of a mailbox: SHA-256 of its capability.
pub(super) fn address(capability: &[u8; 32]) -> [u8; 32] {
    hash::sha256(&[capability])
}

/// The rows whose ids begin with the contact's number.
const OF_CONTACT: [Kind; 8] = [
    Kind::Message,
    Kind::Seen,
    Kind::Due,
    Kind::Part,
    Kind::Join,
    Kind::Early,
    Kind::Fuse,
    Kind::File,
];
/// A bundle is read in its own epoch and in the next.
const EPOCHS_READ: u64 = 2;
/// In seconds.
const DAY_S: u64 = 24 * 3600;
const WEEK: u64 = 7 * DAY_S;
/// In milliseconds: a relay with an odd clock does not make a client busy.
const LEAST_RENEWAL: u64 = 3_600_000;
