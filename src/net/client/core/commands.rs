//! What a person wants, carried out or refused.

use super::Core;
use super::Output;
use super::SETTINGS;
use super::contact::Contact;
use super::context::Context;
use super::record;
use super::record::MarkRow;
use super::record::SettingsRow;
use crate::crypto::CryptoRng;
use crate::crypto::join::JoinSecret;
use crate::handshake::identity::NetworkId;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::client::event::Change;
use crate::net::client::event::Command;
use crate::net::client::event::Event;
use crate::net::client::event::Refusal;
use crate::net::client::event::Settings;
use crate::net::client::profile::Kind;
use crate::net::client::profile::ProfileError;
use crate::signal::rendezvous::rules::Marks;
use crate::signal::rendezvous::rules::Rules;

impl<R: CryptoRng> Core<R> {
    pub(super) fn command(&mut self, command: Command) -> Result<(), ProfileError> {
        if self.ctx.network.is_none() && needs_network(&command) {
            if self.early.len() < MAX_EARLY {
                self.early.push(command);
            } else {
                self.refuse(Refusal::NoNetworkYet);
            }
            return Ok(());
        }
        match command {
            Command::Add { contact, nickname } => self.add(&contact, nickname)?,
            Command::Nickname { contact, nickname } => {
                self.with(contact, |contact, ctx| {
                    contact.nickname = nickname;
                    contact.announce(ctx);
                });
            }
            Command::Send { contact, text, reply_to } => {
                self.try_with(contact, |contact, ctx| contact.write(ctx, text, reply_to));
            }
            Command::SendFile { contact, path, strip } => {
                self.try_with(contact, |contact, ctx| contact.send_file(ctx, path, strip));
            }
            Command::AcceptFile { contact, message, folder } => {
                self.try_with(contact, |contact, ctx| contact.accept_file(ctx, message, folder));
            }
            Command::CancelFile { contact, message } => {
                self.try_with(contact, |contact, ctx| contact.cancel_file(ctx, message));
            }
            Command::Edit { contact, message, text } => {
                self.try_with(contact, |contact, ctx| contact.edit(ctx, message, text));
            }
            Command::Delete { contact, message, for_both } => {
                self.try_with(contact, |contact, ctx| contact.delete(ctx, message, for_both));
            }
            Command::React { contact, message, reaction } => {
                self.try_with(contact, |contact, ctx| contact.react(ctx, message, reaction));
            }
            Command::Seen { contact, message } => self.seen(contact, message)?,
            Command::Timer { contact, seconds } => {
                self.try_with(contact, |contact, ctx| contact.set_timer(ctx, seconds));
            }
            Command::Details { contact } => {
                self.with(contact, |contact, ctx| ctx.tell(Event::Details(contact.details())));
            }
            Command::Settings(change) => self.set(change),
            Command::Retry { contact, message } => {
                self.try_with(contact, |contact, ctx| contact.retry(ctx, message.0));
            }
            Command::Remove { contact } => self.remove(contact)?,
            Command::History { contact, before, limit } => self.history(contact, before, limit)?,
            Command::Contacts => {
                self.contacts.values().for_each(|contact| contact.announce(&mut self.ctx));
            }
            Command::Trust { typed } => self.trust(&typed)?,
            Command::Join { secret } => match JoinSecret::from_text(&secret) {
                Some(secret) => {
                    self.ctx.output.push(Output::Join(secret));
                    self.ctx.output.push(Output::Connect);
                }
                None => self.refuse(Refusal::NoJoinSecret),
            },
            Command::Reconnect => {
                // Whoever answers then is judged anew, and announced anew.
                self.stranger = None;
                self.ctx.output.push(Output::Connect);
            }
            Command::Quit => self.ctx.output.push(Output::Quit),
        }
        Ok(())
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.ctx.tell(Event::Refused(refusal));
    }

    /// Runs something on a contact; refuses if there is none with this ID.
    pub(super) fn with<T>(
        &mut self,
        id: Id,
        run: impl FnOnce(&mut Contact, &mut Context<R>) -> T,
    ) -> Option<T> {
        let Some(contact) = self.contacts.find_mut(id) else {
            self.refuse(Refusal::UnknownContact);
            return None;
        };
        Some(run(contact, &mut self.ctx))
    }

    pub(super) fn add(&mut self, text: &str, nickname: Option<String>) -> Result<(), ProfileError> {
        match self.readable(text) {
            Ok(id) => self.ask(id, nickname),
            Err(refusal) => {
                self.refuse(refusal);
                Ok(())
            }
        }
    }

    /// The ID in a text, if it can become a contact on this network.
    pub(super) fn readable(&self, text: &str) -> Result<Id, Refusal> {
        let id = if Invitation::is_meant(text) {
            let invitation: Invitation = text.parse().map_err(Refusal::Invitation)?;
            let network = NetworkId::from_bytes(*invitation.fingerprint().as_bytes());
            if Some(network) != self.ctx.network {
                let address = invitation.address().clone();
                return Err(Refusal::OtherNetwork { address });
            }
            invitation.id()
        } else {
            text.parse().map_err(Refusal::Id)?
        };
        if id == self.own_id() {
            return Err(Refusal::OwnId);
        }
        if self.contacts.number(id).is_some() {
            return Err(Refusal::AlreadyAdded { contact: id });
        }
        if id.collides(&self.own_id()) || self.contacts.values().any(|c| c.id.collides(&id)) {
            return Err(Refusal::Collides);
        }
        if self.contacts.len() >= MAX_CONTACTS {
            return Err(Refusal::TooManyContacts { max: MAX_CONTACTS });
        }
        Ok(id)
    }

    pub(super) fn ask(&mut self, id: Id, nickname: Option<String>) -> Result<(), ProfileError> {
        let leader = self.own_id() < id;
        if self.ctx.trouble.is_some() {
            return Ok(());
        }
        // Also those of a contact that was removed by the command before.
        self.ctx.profile.commit(&mut self.ctx.rng)?;
        let (marks, withdrawn) = self.take_marks(id)?;
        let rules = Rules::renewed(leader, marks);
        let number = self.next_contact;
        let Ok(mut contact) = Contact::new(&self.ctx, number, id, rules) else {
            self.refuse(Refusal::Collides);
            return Ok(());
        };
        self.next_contact = self.next_contact.saturating_add(1);
        contact.nickname = nickname;
        contact.withdrawn = withdrawn;
        contact.save(&mut self.ctx);
        contact.announce(&mut self.ctx);
        contact.ask(&mut self.ctx);
        self.contacts.insert(number, contact);
        Ok(())
    }

    /// The marks of somebody who was a contact before, and the highest generation that they have
    /// taken back.
    pub(super) fn take_marks(&mut self, id: Id) -> Result<(Marks, u64), ProfileError> {
        let mut marks = Marks::default();
        let mut withdrawn = 0;
        let network = self.ctx.network_bytes();
        for (name, row) in record::all::<MarkRow>(&self.ctx.profile)? {
            if row.network == network && row.key == *id.key().as_bytes() {
                marks.issued = marks.issued.max(row.issued);
                marks.accepted = marks.accepted.max(row.accepted);
                marks.turn = marks.turn.max(row.turn);
                withdrawn = withdrawn.max(row.withdrawn);
                self.ctx.profile.delete(Kind::Mark, &name);
            }
        }
        Ok((marks, withdrawn))
    }

    fn set(&mut self, change: Change) {
        let before = self.ctx.settings;
        let read_receipts = change.read_receipts.unwrap_or(before.read_receipts);
        let accept_below = change.accept_below.unwrap_or(before.accept_below);
        let settings = Settings { read_receipts, accept_below };
        self.ctx.settings = settings;
        self.contacts.touch_all();
        let accept_below = Some(accept_below);
        self.ctx.write(SETTINGS, &SettingsRow { read_receipts, accept_below });
        self.ctx.tell(Event::Settings(settings));
    }

    pub(super) fn remove(&mut self, id: Id) -> Result<(), ProfileError> {
        let Some(number) = self.contacts.number(id) else {
            self.refuse(Refusal::UnknownContact);
            return Ok(());
        };
        let Some(contact) = self.contacts.remove(&number) else { return Ok(()) };
        let (name, farewell) = contact.remove(&mut self.ctx)?;
        self.unsubscribe(|mailbox| mailbox.contact == number);
        self.farewells.insert(name, farewell);
        self.say_farewell(name);
        self.ctx.tell(Event::Removed { contact: id });
        Ok(())
    }
}

/// Whether a command is about somebody on a network.
fn needs_network(command: &Command) -> bool {
    !matches!(
        command,
        Command::Contacts
            | Command::Settings(_)
            | Command::Trust { .. }
            | Command::Join { .. }
            | Command::Reconnect
            | Command::Quit
    )
}

/// Three rendezvous mailboxes and some sessions each stay below what a relay lets one connection
/// read.
const MAX_CONTACTS: usize = 250;

/// Commands kept until the network is known.
const MAX_EARLY: usize = 64;
