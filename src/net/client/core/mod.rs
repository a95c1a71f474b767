//! The headless client, sans-IO: commands, frames and the time in; events and frames out.
//!
//! ```text
//!   Command ──┐                              ┌──► Event          to the front
//!   frames  ──┼──► Core::handle ── commit ───┤
//!   time    ──┘    (state, staged rows)      └──► frames         to the relay
//! ```
//!
//! **Persist, then release.** [`Core::handle`] changes the state, stages every row that changed,
//! commits them in one transaction, and only then gives out what it wants told and sent. A crash
//! anywhere loses nothing that was acknowledged and reuses no key: what was not released never
//! happened, and what was released is on disk.
//!
//! Rendezvous and conversations go over two connections ([`Role`]), so that the relay cannot see on
//! one of them who asks and who talks.

mod contact;
mod context;
mod incoming;
mod mailboxes;
mod network;
mod outgoing;
mod record;
mod requests;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use self::contact::Contact;
use self::contact::history_id;
use self::context::Context;
use self::context::Put;
use self::mailboxes::Mailbox;
use self::mailboxes::Place;
pub use self::network::Distrust;
pub use self::network::Expectation;
use self::network::Networks;
use self::record::BundleRow;
use self::record::ContactNumber;
use self::record::ContactRow;
use self::record::FarewellRow;
use self::record::HeldRow;
use self::record::IdentityRow;
use self::record::MarkRow;
use self::record::MessageRow;
use self::record::OutgoingRow;
use self::record::Progress;
use self::record::PutRow;
use self::record::SeenRow;
use self::record::SessionRow;
use self::record::Subject;
use super::event;
use super::event::Command;
use super::event::Event;
use super::event::FailReason;
use super::event::MessageId;
use super::event::MessageState;
use super::event::Notice;
use super::event::Refusal;
use super::profile::Kind;
use super::profile::Profile;
use super::profile::ProfileError;
use crate::crypto::CryptoRng;
use crate::crypto::identity::IdentityKey;
use crate::crypto::secret::Secret;
use crate::handshake::identity::Follow;
use crate::handshake::identity::NetworkId;
use crate::handshake::identity::VerifiedKeySet;
use crate::id::Address as RelayAddress;
use crate::id::Fingerprint;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::cell;
use crate::net::cell::Address;
use crate::net::cell::Capability;
use crate::net::cell::ClientFrame;
use crate::net::cell::Envelope;
use crate::net::cell::EnvelopeId;
use crate::net::cell::RelayFrame;
use crate::net::cell::SUBSCRIBE_MAX;
use crate::net::cell::Welcome;
use crate::signal::BodyAead;
use crate::signal::rendezvous::rules::Marks;
use crate::signal::rendezvous::rules::Rules;
use zeroize::Zeroizing;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Requests.
    Rendezvous,
    /// Messages.
    Conversations,
}

impl Role {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Rendezvous, Self::Conversations];
}

/// What happens to the core.
#[derive(Debug)]
pub enum Input {
    /// A person wants something.
    Command(Command),
    /// A connection is there, and its relay is trusted.
    Up(Role, Box<VerifiedKeySet>, Box<Welcome>),
    /// A connection is gone.
    Down(Role),
    /// The relay says this.
    Frames(Role, Vec<RelayFrame>),
    /// The relay that answers is not trusted. Nothing was sent to it.
    Distrusted(Distrust),
    /// Time has passed.
    Tick,
}

/// What the core wants done, in this order.
#[derive(Debug)]
pub enum Output {
    /// Tell the front.
    Event(Event),
    /// Tell the relay.
    Send(Role, ClientFrame),
    /// Another network was accepted: connect.
    Connect,
    /// End, when everything before is done.
    Quit,
}

/// The headless client.
pub struct Core<R> {
    ctx: Context<R>,
    address: RelayAddress,
    networks: Networks,
    /// Another network that answers and is not accepted.
    stranger: Option<NetworkId>,
    announced: bool,
    contacts: BTreeMap<ContactNumber, Contact>,
    next_contact: ContactNumber,
    farewells: BTreeMap<[u8; 16], FarewellRow>,
    mailboxes: BTreeMap<Address, Mailbox>,
    up: BTreeSet<Role>,
    /// Commands that wait until the network is known.
    early: Vec<Command>,
    /// The epoch and week for which mailboxes were computed.
    period: (u64, u64),
    replaced: Replaced,
    tidied: u64,
}

/// How often other connections took mailboxes over.
#[derive(Default)]
struct Replaced {
    count: u32,
    first_at: u64,
    subscribe_at: Option<u64>,
}

impl<R: CryptoRng> Core<R> {
    /// Opens the identity in a profile, or makes one, and loads what is known of the network at an
    /// address.
    ///
    /// # Errors
    /// [`ProfileError`] if the profile is damaged or cannot be written.
    pub fn open(
        profile: Profile,
        address: RelayAddress,
        aead: BodyAead,
        ephemeral: bool,
        mut rng: R,
        now: u64,
    ) -> Result<(Self, Vec<Output>), ProfileError> {
        let (identity, fresh) = match record::one::<IdentityRow>(&profile, IDENTITY)? {
            Some(row) => {
                let seed = Secret::from_slice(&row.seed).map_err(|_| ProfileError::Damaged)?;
                (IdentityKey::from_seed(seed), false)
            }
            None => (IdentityKey::generate(&mut rng), true),
        };
        let networks = Networks::load(&profile)?;
        let mut ctx = Context {
            rng,
            profile,
            identity,
            aead,
            network: None,
            now,
            retention: DEFAULT_RETENTION_S,
            order: 0,
            puts: BTreeMap::new(),
            output: Vec::new(),
        };
        if fresh {
            let seed = Zeroizing::new(ctx.identity.seed().expose().to_vec());
            record::put(&mut ctx.profile, IDENTITY, &IdentityRow { seed });
        }
        let mut core = Self {
            ctx,
            address,
            networks,
            stranger: None,
            announced: false,
            contacts: BTreeMap::new(),
            next_contact: 1,
            farewells: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            up: BTreeSet::new(),
            early: Vec::new(),
            period: (0, 0),
            replaced: Replaced::default(),
            tidied: now,
        };
        let id = core.own_id();
        core.ctx.tell(Event::Ready { id, ephemeral });
        if let Some(network) = core.networks.expected(&core.address) {
            core.enter(network)?;
        }
        let output = core.release()?;
        Ok((core, output))
    }

    /// Takes one input in. What comes back may be told and sent: all of it is durable.
    ///
    /// # Errors
    /// [`ProfileError`]: nothing was released, and the state in memory is ahead of the disk. The
    /// only thing to do is to drop the core.
    pub fn handle(&mut self, input: Input, now: u64) -> Result<Vec<Output>, ProfileError> {
        self.ctx.now = now;
        match input {
            Input::Command(command) => self.command(command)?,
            Input::Up(role, verified, welcome) => self.connected(role, &verified, &welcome)?,
            Input::Down(role) => self.disconnected(role),
            Input::Frames(role, frames) => {
                frames.into_iter().for_each(|frame| self.frame(role, frame));
                self.acknowledge(role);
            }
            Input::Distrusted(distrust) => self.distrusted(distrust),
            Input::Tick => self.tick()?,
        }
        self.pump();
        self.release()
    }

    /// When [`Input::Tick`] is due, in milliseconds since 1970.
    #[must_use]
    pub fn next_wake(&self) -> u64 {
        let contacts = self.contacts.values().filter_map(Contact::next_wake);
        let puts = self.ctx.puts.values().filter(|put| !put.flying).map(|put| put.retry_at);
        let puts = puts.filter(|at| *at > self.ctx.now);
        let latest = self.ctx.now.saturating_add(LONGEST_SLEEP);
        contacts.chain(puts).chain(self.replaced.subscribe_at).min().unwrap_or(latest).min(latest)
    }

    /// What to hold the relay at the address to.
    #[must_use]
    pub fn expectation(&self) -> Expectation {
        self.networks.expectation(self.ctx.network)
    }

    /// Whether the network at the address is known; before, one connection must find out.
    #[must_use]
    pub fn knows_network(&self) -> bool {
        self.ctx.network.is_some()
    }

    /// Whether nothing is to be sent, because an untrusted relay answers.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stranger.is_some()
    }

    /// Whether the relay has confirmed everything that was ready to be sent.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        !self.ctx.puts.values().any(|put| put.flying)
    }

    /// One's own ID.
    #[must_use]
    pub fn own_id(&self) -> Id {
        Id::new(*self.ctx.identity.public())
    }

    /// Commits, and hands out what was held back until then.
    fn release(&mut self) -> Result<Vec<Output>, ProfileError> {
        self.ctx.profile.commit(&mut self.ctx.rng)?;
        Ok(core::mem::take(&mut self.ctx.output))
    }

    // ---------------------------------------------------------------- commands

    fn command(&mut self, command: Command) -> Result<(), ProfileError> {
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
            Command::Send { contact, text } => self.send(contact, text),
            Command::Retry { contact, message } => {
                let found = self.with(contact, |contact, ctx| contact.retry(ctx, message.0));
                if found == Some(false) {
                    self.refuse(Refusal::UnknownMessage);
                }
            }
            Command::Remove { contact } => self.remove(contact)?,
            Command::History { contact, before, limit } => self.history(contact, before, limit)?,
            Command::Contacts => {
                self.contacts.values().for_each(|contact| contact.announce(&mut self.ctx));
            }
            Command::Trust { typed } => self.trust(&typed)?,
            Command::Reconnect => self.ctx.output.push(Output::Connect),
            Command::Quit => self.ctx.output.push(Output::Quit),
        }
        Ok(())
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.ctx.tell(Event::Refused(refusal));
    }

    /// Runs something on a contact; refuses if there is none with this ID.
    fn with<T>(
        &mut self,
        id: Id,
        run: impl FnOnce(&mut Contact, &mut Context<R>) -> T,
    ) -> Option<T> {
        let found = self.contacts.values_mut().find(|contact| contact.id == id);
        let Some(contact) = found else {
            self.refuse(Refusal::UnknownContact);
            return None;
        };
        Some(run(contact, &mut self.ctx))
    }

    fn add(&mut self, text: &str, nickname: Option<String>) -> Result<(), ProfileError> {
        match self.readable(text) {
            Ok(id) => self.ask(id, nickname),
            Err(refusal) => {
                self.refuse(refusal);
                Ok(())
            }
        }
    }

    /// The ID in a text, if it can become a contact on this network.
    fn readable(&self, text: &str) -> Result<Id, Refusal> {
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
        if self.contacts.values().any(|contact| contact.id == id) {
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

    fn ask(&mut self, id: Id, nickname: Option<String>) -> Result<(), ProfileError> {
        let leader = self.own_id() < id;
        let marks = self.take_marks(id)?;
        let rules = Rules::renewed(leader, marks);
        let number = self.next_contact;
        let Ok(mut contact) = Contact::new(&self.ctx, number, id, rules) else {
            self.refuse(Refusal::Collides);
            return Ok(());
        };
        self.next_contact = self.next_contact.saturating_add(1);
        contact.nickname = nickname;
        contact.save(&mut self.ctx);
        contact.announce(&mut self.ctx);
        contact.ask(&mut self.ctx);
        self.contacts.insert(number, contact);
        Ok(())
    }

    /// The marks of somebody who was a contact before.
    fn take_marks(&mut self, id: Id) -> Result<Marks, ProfileError> {
        let mut marks = Marks::default();
        let network = self.ctx.network_bytes();
        for (name, row) in record::all::<MarkRow>(&self.ctx.profile)? {
            if row.network == network && row.key == *id.key().as_bytes() {
                marks.issued = marks.issued.max(row.issued);
                marks.accepted = marks.accepted.max(row.accepted);
                self.ctx.profile.delete(Kind::Mark, &name);
            }
        }
        Ok(marks)
    }

    fn send(&mut self, contact: Id, text: String) {
        if text.is_empty() {
            return self.refuse(Refusal::EmptyText);
        }
        let (len, max) = (text.len(), event::MAX_TEXT_LEN);
        if len > max {
            return self.refuse(Refusal::TextTooLong { len, max });
        }
        self.with(contact, |contact, ctx| contact.write(ctx, text));
    }

    fn remove(&mut self, id: Id) -> Result<(), ProfileError> {
        let found = self.contacts.values().find(|contact| contact.id == id);
        let Some(number) = found.map(|contact| contact.number) else {
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

    fn history(
        &mut self,
        id: Id,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<(), ProfileError> {
        let found = self.contacts.values().find(|contact| contact.id == id);
        let Some(number) = found.map(|contact| contact.number) else {
            self.refuse(Refusal::UnknownContact);
            return Ok(());
        };
        let end = match before {
            None => history_id(number.saturating_add(1), 0),
            Some(message) => match self.place_of(number, message)? {
                Some(place) => place,
                None => {
                    self.refuse(Refusal::UnknownMessage);
                    return Ok(());
                }
            },
        };
        let limit = limit.min(MAX_HISTORY);
        let prefix = number.to_be_bytes();
        let profile = &self.ctx.profile;
        let mut rows =
            profile.rows_before(Kind::Message, &prefix, &end, limit.saturating_add(1))?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        rows.reverse();
        let messages = rows
            .iter()
            .map(|(_, row)| Ok(shown_message(id, record::read::<MessageRow>(row)?)))
            .collect::<Result<_, ProfileError>>()?;
        self.ctx.tell(Event::History { contact: id, messages, more });
        Ok(())
    }

    /// The row id of a message of the history.
    fn place_of(
        &self,
        contact: ContactNumber,
        message: MessageId,
    ) -> Result<Option<[u8; 16]>, ProfileError> {
        let prefix = contact.to_be_bytes();
        let mut end = history_id(contact.saturating_add(1), 0);
        loop {
            let profile = &self.ctx.profile;
            let rows = profile.rows_before(Kind::Message, &prefix, &end, MAX_HISTORY)?;
            for (id, row) in &rows {
                end = record::name(id)?;
                if record::read::<MessageRow>(row)?.id == message.0 {
                    return Ok(Some(end));
                }
            }
            if rows.len() < MAX_HISTORY {
                return Ok(None);
            }
        }
    }

    // ---------------------------------------------------------------- the network

    fn trust(&mut self, typed: &str) -> Result<(), ProfileError> {
        let Some(found) = self.stranger else {
            self.refuse(Refusal::NothingToTrust);
            return Ok(());
        };
        if !network::accepts(typed, found) {
            self.refuse(Refusal::NotTheFingerprint);
            return Ok(());
        }
        self.stranger = None;
        self.announced = false;
        self.address = self.address.with_fingerprint(Fingerprint::from_bytes(*found.as_bytes()));
        let (address, now) = (self.address.clone(), self.ctx.now);
        self.networks.accept(&mut self.ctx.profile, &address, found, now);
        // Rows of the network at hand are committed before those of the other one are read.
        self.ctx.profile.commit(&mut self.ctx.rng)?;
        self.enter(found)?;
        self.ctx.output.push(Output::Connect);
        Ok(())
    }

    /// Goes over to a network: its contacts, and nobody else's.
    fn enter(&mut self, network: NetworkId) -> Result<(), ProfileError> {
        for contact in self.contacts.values() {
            self.ctx.output.push(Output::Event(Event::Removed { contact: contact.id }));
        }
        self.ctx.network = Some(network);
        self.contacts.clear();
        self.mailboxes.clear();
        self.ctx.puts.clear();
        self.load()?;
        self.contacts.values().for_each(|contact| contact.announce(&mut self.ctx));
        Ok(())
    }

    /// Loads everything of the network at hand.
    fn load(&mut self) -> Result<(), ProfileError> {
        let network = self.ctx.network_bytes();
        for (id, row) in record::all::<ContactRow>(&self.ctx.profile)? {
            let number = u64::from_be_bytes(record::name(&id)?);
            self.next_contact = self.next_contact.max(number.saturating_add(1));
            if row.network == network {
                self.contacts.insert(number, Contact::load(&self.ctx, number, &row)?);
            }
        }
        for (id, row) in record::all::<SessionRow>(&self.ctx.profile)? {
            if let Some(contact) = self.contacts.get_mut(&row.contact) {
                contact.add_session(record::name(&id)?, &row)?;
            }
        }
        for (id, row) in record::all::<BundleRow>(&self.ctx.profile)? {
            if let Some(contact) = self.contacts.get_mut(&row.contact) {
                contact.bundles.insert(record::name(&id)?, row);
            }
        }
        for (id, row) in record::all::<OutgoingRow>(&self.ctx.profile)? {
            let order = u64::from_be_bytes(record::name(&id)?);
            self.ctx.order = self.ctx.order.max(order);
            if let Some(contact) = self.contacts.get_mut(&row.contact) {
                contact.outgoing.insert(order, row);
            }
        }
        self.load_received()?;
        for (id, row) in record::all::<PutRow>(&self.ctx.profile)? {
            self.ctx.order = self.ctx.order.max(row.order);
            if row.network == network {
                let put = Put { row, flying: false, retry_at: 0 };
                self.ctx.puts.insert(record::name(&id)?, put);
            }
        }
        let farewells = record::all::<FarewellRow>(&self.ctx.profile)?.into_iter();
        self.farewells = farewells
            .filter(|(_, row)| row.network == network)
            .map(|(id, row)| Ok((record::name(&id)?, row)))
            .collect::<Result<_, ProfileError>>()?;
        Ok(())
    }

    fn load_received(&mut self) -> Result<(), ProfileError> {
        let now = self.ctx.now;
        for (id, row) in record::all::<SeenRow>(&self.ctx.profile)? {
            // What the relay cannot deliver again any more need not be recognised.
            if !row.due && row.at.saturating_add(REMEMBER_SEEN) < now {
                self.ctx.profile.delete(Kind::Seen, &id);
            } else if let Some(contact) = self.contacts.get_mut(&row.contact) {
                contact.add_seen(record::name(&id)?, row, now);
            }
        }
        for (id, row) in record::all::<HeldRow>(&self.ctx.profile)? {
            let (session, number) = id.split_first_chunk::<16>().ok_or(ProfileError::Damaged)?;
            let number = u64::from_be_bytes(record::name(number)?);
            if let Some(contact) = self.contacts.get_mut(&row.contact) {
                contact.add_held(*session, number, row);
            }
        }
        Ok(())
    }

    fn distrusted(&mut self, distrust: Distrust) {
        let address = self.address.clone();
        match distrust {
            Distrust::AnotherNetwork { expected, found } => {
                if self.stranger.replace(found) == Some(found) {
                    return;
                }
                let expected = Fingerprint::from_bytes(*expected.as_bytes());
                let found = Fingerprint::from_bytes(*found.as_bytes());
                self.ctx.tell(Event::AnotherNetwork { address, expected, found });
            }
            Distrust::BadKeys(reason) => self.ctx.tell(Event::BadKeys { address, reason }),
        }
    }

    fn connected(
        &mut self,
        role: Role,
        verified: &VerifiedKeySet,
        welcome: &Welcome,
    ) -> Result<(), ProfileError> {
        let network = verified.network_id();
        if let Some(expected) = self.ctx.network.filter(|expected| *expected != network) {
            self.distrusted(Distrust::AnotherNetwork { expected, found: network });
            return Ok(());
        }
        let first_use = self.ctx.network.is_none();
        self.networks.accept(&mut self.ctx.profile, &self.address, network, self.ctx.now);
        match self.networks.follow(&mut self.ctx.profile, verified) {
            Ok(Follow::Newer) => {
                let sequence = verified.sequence();
                self.ctx.tell(Event::Notice(Notice::KeysRefreshed { sequence }));
            }
            Ok(_) => {}
            Err(distrust) => {
                self.distrusted(distrust);
                return Ok(());
            }
        }
        self.disconnected(role);
        self.ctx.retention = welcome.retention;
        if first_use {
            self.enter(network)?;
        }
        self.announce_network(network, first_use, welcome);
        self.up.insert(role);
        self.ctx.output.push(Output::Send(role, ClientFrame::Hello { version: cell::VERSION }));
        if role == Role::Rendezvous {
            let names: Vec<_> = self.farewells.keys().copied().collect();
            names.into_iter().for_each(|name| self.say_farewell(name));
        }
        for command in core::mem::take(&mut self.early) {
            self.command(command)?;
        }
        Ok(())
    }

    fn announce_network(&mut self, network: NetworkId, first_use: bool, welcome: &Welcome) {
        if self.announced {
            return;
        }
        self.announced = true;
        let fingerprint = Fingerprint::from_bytes(*network.as_bytes());
        let invitation = Invitation::new(self.own_id(), &self.address, fingerprint);
        self.ctx.tell(Event::Network { invitation, first_use });
        let ahead = i128::from(welcome.now) - i128::from(self.ctx.now_s());
        if ahead.abs() > MAX_CLOCK_DIFFERENCE_S {
            let ahead_s = i64::try_from(ahead).unwrap_or(i64::MAX);
            self.ctx.tell(Event::Notice(Notice::Clock { ahead_s }));
        }
    }

    fn disconnected(&mut self, role: Role) {
        self.up.remove(&role);
        let rendezvous = role == Role::Rendezvous;
        let puts = self.ctx.puts.values_mut();
        puts.filter(|put| put.row.rendezvous == rendezvous).for_each(|put| put.flying = false);
        let mailboxes = self.mailboxes.values_mut();
        mailboxes.filter(|mailbox| mailbox.place.role() == role).for_each(|mailbox| {
            mailbox.subscribed = false;
            mailbox.ack = None;
        });
    }

    // ---------------------------------------------------------------- frames

    fn frame(&mut self, role: Role, frame: RelayFrame) {
        match frame {
            RelayFrame::Stored { id, expires } => self.stored(*id.as_bytes(), expires),
            RelayFrame::Full { id } => self.full(*id.as_bytes()),
            RelayFrame::Refused { id, reason, retry_after } => {
                self.refused(*id.as_bytes(), reason, retry_after);
            }
            RelayFrame::Deliver { address, seq, expires: _, envelope } => {
                self.deliver(role, address, seq, &envelope);
            }
            RelayFrame::Cancelled { id } => self.cancelled(*id.as_bytes()),
            RelayFrame::Gone { id } => self.gone(*id.as_bytes()),
            RelayFrame::Replaced { address } => self.replaced(address),
            // The driver has read Welcome, and acts on Pong and Closing.
            RelayFrame::Welcome(_) | RelayFrame::Pong | RelayFrame::Closing { .. } => {}
        }
    }

    fn stored(&mut self, id: [u8; 16], expires: u64) {
        let Some(put) = self.ctx.forget_put(&id) else { return };
        let Some(contact) = self.contacts.get_mut(&put.row.contact) else { return };
        match put.row.subject {
            Subject::Bundle { name } => contact.bundle_stored(&mut self.ctx, name, expires),
            Subject::Outgoing { order } => contact.stored(&mut self.ctx, order, expires),
            Subject::Receipts | Subject::Withdrawal => {}
        }
    }

    fn full(&mut self, id: [u8; 16]) {
        let now = self.ctx.now;
        let Some(put) = self.ctx.puts.get_mut(&id) else { return };
        put.flying = false;
        put.retry_at = now.saturating_add(FULL_PAUSE);
        let Some(contact) = self.contacts.get_mut(&put.row.contact) else { return };
        if contact.full_until <= now {
            contact.full_until = now.saturating_add(FULL_SILENCE);
            let contact = contact.id;
            self.ctx.tell(Event::Notice(Notice::MailboxFull { contact }));
        }
    }

    fn refused(&mut self, id: [u8; 16], reason: cell::Refusal, retry_after: u32) {
        let now = self.ctx.now;
        let Some(put) = self.ctx.puts.get_mut(&id) else { return };
        put.flying = false;
        let pause = u64::from(retry_after).saturating_mul(1000);
        put.retry_at = now.saturating_add(if pause == 0 { HOPELESS_PAUSE } else { pause });
        // Other bytes stand under the id: only an old copy of this profile can have put them.
        if reason == cell::Refusal::Conflict
            && let Subject::Outgoing { order } = put.row.subject
            && let Some(contact) = self.contacts.get_mut(&put.row.contact)
        {
            contact.send_anew(&mut self.ctx, order);
        }
    }

    fn deliver(&mut self, role: Role, address: Address, seq: u64, envelope: &Envelope) {
        let Some(mailbox) = self.mailboxes.get_mut(&address) else { return };
        if mailbox.place.role() != role || !mailbox.subscribed {
            return;
        }
        mailbox.ack = Some(mailbox.ack.unwrap_or(0).max(seq));
        let Some(contact) = self.contacts.get_mut(&mailbox.contact) else { return };
        let envelope = envelope.as_bytes();
        match mailbox.place {
            Place::Rendezvous { epoch } => {
                contact.receive_rendezvous(&mut self.ctx, epoch, envelope);
            }
            Place::Session { name } => contact.receive_message(&mut self.ctx, name, envelope),
        }
    }

    /// Acknowledges what was delivered; it is committed before this is sent.
    fn acknowledge(&mut self, role: Role) {
        for mailbox in self.mailboxes.values_mut().filter(|m| m.place.role() == role) {
            if let Some(up_to) = mailbox.ack.take() {
                let frame = ClientFrame::Ack { capability: mailbox.capability(), up_to };
                self.ctx.output.push(Output::Send(role, frame));
            }
        }
    }

    fn replaced(&mut self, address: Address) {
        let now = self.ctx.now;
        let Some(mailbox) = self.mailboxes.get_mut(&address) else { return };
        mailbox.subscribed = false;
        let replaced = &mut self.replaced;
        if replaced.subscribe_at.is_some() {
            return;
        }
        if now > replaced.first_at.saturating_add(REPLACED_MEMORY) {
            *replaced = Replaced { count: 0, first_at: now, subscribe_at: None };
        }
        replaced.count += 1;
        replaced.subscribe_at = Some(now.saturating_add(REPLACED_PAUSE));
        if replaced.count == REPLACED_TOO_OFTEN {
            self.ctx.tell(Event::Notice(Notice::OpenElsewhere));
        }
    }

    // ---------------------------------------------------------------- requests taken back

    /// Takes the bundles of a removed contact from the relay. What is gone was fetched, or never
    /// came there: then the peer is told, sealed and signed.
    fn say_farewell(&mut self, name: [u8; 16]) {
        let Some(row) = self.farewells.get(&name) else { return };
        if row.bundles.is_empty() {
            self.put_withdrawal(name);
            return;
        }
        if self.up.contains(&Role::Rendezvous) {
            for bundle in &row.bundles {
                let capability = Capability::new(Secret::new(bundle.capability));
                let id = EnvelopeId::new(bundle.envelope_id);
                let frame = ClientFrame::Cancel { capability, id };
                self.ctx.output.push(Output::Send(Role::Rendezvous, frame));
            }
        }
    }

    fn cancelled(&mut self, id: [u8; 16]) {
        let Some((name, row)) = self.farewell_of(id) else { return };
        row.bundles.retain(|bundle| bundle.envelope_id != id);
        let row = row.clone();
        if row.bundles.is_empty() {
            self.forget_farewell(name);
        } else {
            record::put(&mut self.ctx.profile, &name, &row);
        }
    }

    fn gone(&mut self, id: [u8; 16]) {
        if let Some((name, _)) = self.farewell_of(id) {
            self.put_withdrawal(name);
        }
    }

    fn farewell_of(&mut self, id: [u8; 16]) -> Option<([u8; 16], &mut FarewellRow)> {
        self.farewells
            .iter_mut()
            .find(|(_, row)| row.bundles.iter().any(|bundle| bundle.envelope_id == id))
            .map(|(name, row)| (*name, row))
    }

    fn put_withdrawal(&mut self, name: [u8; 16]) {
        let Some(row) = self.farewells.get(&name).cloned() else { return };
        self.forget_farewell(name);
        let id = self.ctx.random();
        let (role, subject) = (Role::Rendezvous, Subject::Withdrawal);
        self.ctx.put(id, NOBODY, role, row.address, subject, row.envelope);
    }

    fn forget_farewell(&mut self, name: [u8; 16]) {
        self.ctx.profile.delete(Kind::Farewell, &name);
        self.farewells.remove(&name);
    }

    // ---------------------------------------------------------------- time and mailboxes

    fn tick(&mut self) -> Result<(), ProfileError> {
        let now = self.ctx.now;
        for contact in self.contacts.values_mut() {
            contact.tick(&mut self.ctx);
            contact.ask(&mut self.ctx);
            contact.renew(&mut self.ctx);
        }
        let lapsed: Vec<_> =
            self.farewells.iter().filter(|(_, row)| row.until < now).map(|(n, _)| *n).collect();
        lapsed.into_iter().for_each(|name| self.forget_farewell(name));
        if self.replaced.subscribe_at.is_some_and(|at| at <= now) {
            self.replaced.subscribe_at = None;
        }
        if now >= self.tidied.saturating_add(TIDY_EVERY) {
            self.tidied = now;
            self.ctx.profile.tidy()?;
        }
        Ok(())
    }

    /// Ratchets what is ready, reads the mailboxes that should be read, and sends what waits.
    fn pump(&mut self) {
        if self.ctx.network.is_none() {
            return;
        }
        self.contacts.values_mut().for_each(|contact| contact.flush(&mut self.ctx));
        self.find_mailboxes();
        if !self.is_stopped() {
            self.subscribe();
            Role::ALL.into_iter().for_each(|role| self.send_puts(role));
        }
    }

    fn find_mailboxes(&mut self) {
        let period = (self.ctx.epoch(), self.ctx.week());
        let turned = core::mem::replace(&mut self.period, period) != period;
        let mut all = BTreeMap::new();
        let mut moved = BTreeSet::new();
        for contact in self.contacts.values_mut() {
            if core::mem::take(&mut contact.moved) || turned {
                moved.insert(contact.number);
                all.append(&mut mailboxes::of(contact, &self.ctx));
            }
        }
        if moved.is_empty() {
            return;
        }
        self.unsubscribe_gone(&moved, &all);
        for (address, mailbox) in all {
            self.mailboxes.entry(address).or_insert(mailbox);
        }
    }

    fn unsubscribe_gone(
        &mut self,
        moved: &BTreeSet<ContactNumber>,
        all: &BTreeMap<Address, Mailbox>,
    ) {
        let gone: BTreeSet<Address> = self
            .mailboxes
            .iter()
            .filter(|(address, mailbox)| {
                moved.contains(&mailbox.contact) && !all.contains_key(address)
            })
            .map(|(address, _)| *address)
            .collect();
        self.unsubscribe(|mailbox| gone.contains(&mailbox.capability().address()));
    }

    fn unsubscribe(&mut self, which: impl Fn(&Mailbox) -> bool) {
        let gone: Vec<Address> =
            self.mailboxes.iter().filter(|(_, m)| which(m)).map(|(address, _)| *address).collect();
        let gone: Vec<Mailbox> =
            gone.iter().filter_map(|address| self.mailboxes.remove(address)).collect();
        for role in Role::ALL.into_iter().filter(|role| self.up.contains(role)) {
            let subscribed =
                gone.iter().filter(|mailbox| mailbox.subscribed && mailbox.place.role() == role);
            let capabilities: Vec<_> = subscribed.map(Mailbox::capability).collect();
            for capabilities in in_frames(capabilities) {
                let frame = ClientFrame::Unsubscribe { capabilities };
                self.ctx.output.push(Output::Send(role, frame));
            }
        }
    }

    fn subscribe(&mut self) {
        if self.replaced.subscribe_at.is_some() {
            return;
        }
        for role in Role::ALL.into_iter().filter(|role| self.up.contains(role)) {
            let mut capabilities = Vec::new();
            for mailbox in self.mailboxes.values_mut() {
                if !mailbox.subscribed && mailbox.place.role() == role {
                    mailbox.subscribed = true;
                    capabilities.push(mailbox.capability());
                }
            }
            for capabilities in in_frames(capabilities) {
                let frame = ClientFrame::Subscribe { capabilities };
                self.ctx.output.push(Output::Send(role, frame));
            }
        }
    }

    /// Sends what the relay has not confirmed, in order, a bounded number at a time.
    fn send_puts(&mut self, role: Role) {
        if !self.up.contains(&role) {
            return;
        }
        let (now, rendezvous) = (self.ctx.now, role == Role::Rendezvous);
        let of_role = |put: &&Put| put.row.rendezvous == rendezvous;
        let flying = self.ctx.puts.values().filter(of_role).filter(|put| put.flying).count();
        let mut ready: Vec<(u64, [u8; 16])> = self
            .ctx
            .puts
            .iter()
            .filter(|(_, put)| of_role(put) && !put.flying && put.retry_at <= now)
            .map(|(id, put)| (put.row.order, *id))
            .collect();
        ready.sort_unstable();
        for (_, id) in ready.into_iter().take(MAX_FLYING.saturating_sub(flying)) {
            let Some(put) = self.ctx.puts.get_mut(&id) else { continue };
            let Ok(envelope) = Envelope::from_slice(&put.row.envelope) else { continue };
            put.flying = true;
            let address = Address::new(put.row.address);
            let frame = ClientFrame::Put { id: EnvelopeId::new(id), address, envelope };
            self.ctx.output.push(Output::Send(role, frame));
        }
    }
}

impl<R> core::fmt::Debug for Core<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Core({} contacts)", self.contacts.len())
    }
}

/// Whether a command is about somebody on a network.
fn needs_network(command: &Command) -> bool {
    !matches!(
        command,
        Command::Contacts | Command::Trust { .. } | Command::Reconnect | Command::Quit
    )
}

fn in_frames(mut capabilities: Vec<Capability>) -> Vec<Vec<Capability>> {
    let mut frames = Vec::new();
    while !capabilities.is_empty() {
        let rest = capabilities.split_off(capabilities.len().min(SUBSCRIBE_MAX));
        frames.push(core::mem::replace(&mut capabilities, rest));
    }
    frames
}

fn shown_message(contact: Id, row: MessageRow) -> event::Message {
    let MessageRow { id, text, written, progress } = row;
    let state = match progress {
        Progress::Received => MessageState::Received,
        Progress::Queued => MessageState::Queued,
        Progress::OnRelay { expires } => MessageState::OnRelay { expires },
        Progress::Delivered => MessageState::Delivered,
        Progress::Expired => MessageState::Failed { reason: FailReason::Expired },
    };
    event::Message { contact, id: MessageId(id), text, written, state }
}

const IDENTITY: &[u8] = b"0";
/// The contact number of envelopes that belong to nobody any more.
const NOBODY: ContactNumber = 0;
/// What a relay keeps envelopes for until it says otherwise: 21 days, in seconds.
const DEFAULT_RETENTION_S: u64 = 21 * 24 * 3600;
/// Three rendezvous mailboxes and some sessions each stay below what a relay lets one connection
/// read.
const MAX_CONTACTS: usize = 500;
/// Commands kept until the network is known.
const MAX_EARLY: usize = 64;
/// Messages in one answer.
const MAX_HISTORY: usize = 1_000;
/// Envelopes on the way without an answer, per connection.
const MAX_FLYING: usize = 32;
/// Below this nobody notices, above it people should.
const MAX_CLOCK_DIFFERENCE_S: i128 = 3600;

// In milliseconds.
const LONGEST_SLEEP: u64 = 600_000;
const FULL_PAUSE: u64 = 30_000;
const FULL_SILENCE: u64 = 600_000;
const HOPELESS_PAUSE: u64 = 3_600_000;
const REPLACED_PAUSE: u64 = 60_000;
const REPLACED_MEMORY: u64 = 600_000;
const REPLACED_TOO_OFTEN: u32 = 3;
const TIDY_EVERY: u64 = 3_600_000;
/// A message can come again for as long as a relay keeps it, and a session is read for four weeks.
const REMEMBER_SEEN: u64 = 60 * 24 * 3_600_000;
