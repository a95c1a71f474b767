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
//! Rendezvous and conversations go over different connections ([`Line`]), so that the relay cannot see
//! on one of them who asks and who talks.

mod ageing;
mod commands;
mod contact;
mod contacts;
mod context;
mod details;
mod elsewhere;
mod farewell;
mod file;
mod frames;
mod history;
mod inbox;
mod line;
mod link;
mod load;
mod mailboxes;
mod message;
mod network;
mod outbox;
mod reading;
mod record;
mod requests;
mod ticking;
mod work;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use self::contacts::Contacts;
use self::context::Context;
pub use self::file::FileName;
pub use self::file::FileOrder;
pub use self::file::FilePlan;
pub use self::file::FileReport;
pub use self::file::FileSource;
pub use self::file::Leftover;
use self::file::Unasked;
pub use self::line::Line;
pub use self::line::Party;
pub use self::line::Role;
use self::line::Spread;
use self::mailboxes::Mailbox;
pub use self::network::Distrust;
pub use self::network::Expectation;
use self::network::Networks;
use self::record::ContactNumber;
use self::record::FarewellRow;
use self::record::IdentityRow;
use self::record::SettingsRow;
pub use self::work::Job;
pub use self::work::MAX_EFFORT;
use self::work::Works;
use super::event::Command;
use super::event::Event;
use super::event::Settings;
use super::profile::Profile;
use super::profile::ProfileError;
use crate::crypto::CryptoRng;
use crate::crypto::identity::IdentityKey;
use crate::crypto::join::JoinSecret;
use crate::crypto::puzzle::Solution;
use crate::crypto::secret::Secret;
use crate::handshake::identity::NetworkId;
use crate::handshake::identity::VerifiedKeySet;
use crate::id::Address as RelayAddress;
use crate::id::Id;
use crate::net::cell::Address;
use crate::net::cell::ClientFrame;
use crate::net::cell::RelayFrame;
use crate::net::cell::Welcome;
use crate::signal::BodyAead;
use zeroize::Zeroizing;

/// What happens to the core.
#[derive(Debug)]
pub enum Input {
    /// A person, or a script, wants these things, in this order: one transaction for all.
    Commands(Vec<Command>),
    /// A connection is there, and its relay passed what was expected when it began
    /// ([`Core::expectation`]).
    Up(Line, Box<VerifiedKeySet>, Box<Welcome>),
    /// A connection is gone.
    Down(Line),
    /// The relay says this.
    Frames(Line, Vec<RelayFrame>),
    /// The relay that answers is not trusted. Nothing was sent to it.
    Distrusted(Distrust),
    /// The work for an envelope is done, or was given up.
    Worked([u8; 16], Option<Solution>),
    /// What became of a file.
    File(FileName, FileReport),
    /// What is known by this name is not there any more.
    Discarded([u8; 16]),
    /// Time has passed.
    Tick,
}

/// What the core wants done, in this order.
#[derive(Debug)]
pub enum Output {
    /// Tell the front.
    Event(Event),
    /// Tell the relay.
    Send(Line, ClientFrame),
    /// Do this work, and say so by [`Input::Worked`]. There is no other under way.
    Work(Job),
    /// Do not go on with the work.
    StopWork,
    /// Do this with a file, over this connection, and say so by [`Input::File`].
    File(Line, FileName, FileOrder),
    /// Delete this, and say so by [`Input::Discarded`].
    Discard(Leftover),
    /// Prove on each connection that comes that this is known, if the relay asks for it.
    Join(JoinSecret),
    /// Connect now.
    Connect,
    /// End this connection, of which nobody has heard, and make it anew.
    Redial(Line),
    /// An untrusted relay answers: end the connections, and make no other until [`Output::Connect`].
    Halt,
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
    contacts: Contacts,
    next_contact: ContactNumber,
    farewells: BTreeMap<[u8; 16], FarewellRow>,
    mailboxes: BTreeMap<Address, Mailbox>,
    /// Whether the relay may have to be asked for some of them.
    subscribes: bool,
    /// Of which something was delivered that is not acknowledged yet.
    delivered: BTreeSet<Address>,
    /// Commands that wait until the network is known.
    early: Vec<Command>,
    /// The epoch and week for which mailboxes were computed.
    period: (u64, u64),
    replaced: Replaced,
    tidied: u64,
    /// The name that was looked at last, by [`Core::forget_old_names`].
    looked_at: Vec<u8>,
    ticked: u64,
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
            untold: Vec::new(),
            output: Vec::new(),
            up: BTreeSet::new(),
            whole: BTreeMap::new(),
            spread: Spread::default(),
            subscriptions: 0,
            settings: Settings::default(),
            works: Works::default(),
            unasked: Unasked::default(),
            clock_is_wrong: false,
            clock_strays: false,
            trouble: None,
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
            contacts: Contacts::default(),
            next_contact: 1,
            farewells: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            subscribes: true,
            delivered: BTreeSet::new(),
            early: Vec::new(),
            period: (0, 0),
            replaced: Replaced::default(),
            tidied: now,
            looked_at: Vec::new(),
            ticked: now,
        };
        let id = core.own_id();
        core.ctx.tell(Event::Ready { id, ephemeral });
        let settings = record::one(&core.ctx.profile, SETTINGS)?;
        if let Some(SettingsRow { read_receipts, accept_below }) = settings {
            let accept_below = accept_below.unwrap_or(0);
            core.ctx.settings = Settings { read_receipts, accept_below };
        }
        core.ctx.tell(Event::Settings(core.ctx.settings));
        match core.networks.expected(&core.address) {
            Some(network) => core.enter(network)?,
            None => core.count_orders()?,
        }
        core.tick_elsewhere()?;
        let output = core.release()?;
        Ok((core, output))
    }

    /// Takes one input in. What comes back may be told and sent: all of it is durable.
    ///
    /// # Errors
    /// [`ProfileError`]: nothing was released, and the state in memory is ahead of the disk. The
    /// only thing to do is to drop the core.
    pub fn handle(&mut self, input: Input, now: u64) -> Result<Vec<Output>, ProfileError> {
        let before = core::mem::replace(&mut self.ctx.now, now);
        if now.saturating_add(CLOCK_STEP) < before {
            self.clock_was_set_back();
        }
        match input {
            Input::Commands(commands) => {
                commands.into_iter().try_for_each(|command| self.command(command))?;
            }
            Input::Up(line, verified, welcome) => self.connected(line, &verified, &welcome)?,
            Input::Down(line) => self.disconnected(line),
            Input::Frames(line, frames) => {
                frames.into_iter().for_each(|frame| self.frame(line, frame));
                self.acknowledge(line);
            }
            Input::Distrusted(distrust) => self.distrusted(distrust),
            Input::Worked(id, solution) => self.worked(id, solution),
            Input::File(of, report) => self.file_report(of, report)?,
            Input::Discarded(name) => self.discarded(name),
            Input::Tick => self.tick()?,
        }
        self.pump();
        self.release()
    }

    /// When [`Input::Tick`] is due, in milliseconds since 1970.
    #[must_use]
    pub fn next_wake(&self) -> u64 {
        let contacts = self.contacts.next_wake(|contact| contact.next_wake(&self.ctx));
        let puts = self.ctx.puts.values().filter(|put| !put.flying).map(|put| put.retry_at);
        let puts = puts.filter(|at| *at > self.ctx.now);
        let latest = self.ticked.saturating_add(LONGEST_SLEEP);
        let others = [contacts, self.replaced.subscribe_at, self.work_at()];
        let next = puts.chain(others.into_iter().flatten()).min();
        // What is overdue could not be done at the last tick: it is tried again, not at once.
        next.unwrap_or(latest).min(latest).max(self.ticked.saturating_add(LEAST_SLEEP))
    }

    /// What to hold the relay at the address to.
    #[must_use]
    pub fn expectation(&self) -> Expectation {
        self.networks.expectation(self.ctx.network)
    }

    /// Whether nothing is to be sent, because an untrusted relay answers.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stranger.is_some()
    }

    /// Whether the relay has confirmed everything that was ready to be sent.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let goes = |name: &[u8; 16]| {
            let line = self.ctx.farewell_line(*name);
            line.party == Party::All || self.ctx.up.contains(&line)
        };
        self.early.is_empty() && self.ctx.puts.is_empty() && self.farewells.keys().all(goes)
    }

    /// One's own ID.
    #[must_use]
    pub fn own_id(&self) -> Id {
        Id::new(*self.ctx.identity.public())
    }

    /// Commits, and hands out what was held back until then.
    fn release(&mut self) -> Result<Vec<Output>, ProfileError> {
        if let Some(trouble) = self.ctx.trouble.take() {
            return Err(trouble);
        }
        self.ctx.profile.commit(&mut self.ctx.rng)?;
        Ok(core::mem::take(&mut self.ctx.output))
    }

    fn tick(&mut self) -> Result<(), ProfileError> {
        let now = self.ctx.now;
        self.ticked = now;
        for contact in self.contacts.values_mut() {
            contact.tick(&mut self.ctx);
            contact.see_on(&mut self.ctx)?;
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
            self.forget_old_names()?;
            self.tick_elsewhere()?;
        }
        Ok(())
    }

    /// No timer waits for a time that the clock no longer comes to soon.
    fn clock_was_set_back(&mut self) {
        let now = self.ctx.now;
        for contact in self.contacts.values_mut() {
            contact.receipts_at = contact.receipts_at.map(|at| at.min(now));
            contact.full_until = 0;
            contact.refilled_until = 0;
            contact.asked.clear();
            contact.wait_no_longer_than(now);
        }
        self.ctx.puts.values_mut().for_each(|put| put.retry_at = 0);
        self.ctx.whole.values_mut().for_each(|since| *since = (*since).min(now));
        self.ctx.works.clock_was_set_back();
        self.replaced = Replaced::default();
        (self.tidied, self.ticked) = (now, now);
    }

    /// Ratchets what is ready, reads the mailboxes that should be read, and sends what waits.
    fn pump(&mut self) {
        if self.ctx.network.is_none() {
            return;
        }
        let busy = self.contacts.take_busy(self.ctx.now);
        for number in &busy {
            let Some(contact) = self.contacts.look_at(number) else { continue };
            let before = self.ctx.puts_made();
            contact.flush(&mut self.ctx);
            // A greeting that went out in a session that is over is forgotten then.
            if self.ctx.puts_made() != before {
                self.contacts.touch(*number);
            }
        }
        self.owe_untold();
        self.find_mailboxes(&busy);
        if !self.is_stopped() {
            self.subscribe();
            self.work();
            self.send_puts();
        }
        self.owe_untold();
        for number in &busy {
            self.contacts.looked_at(*number, |contact| contact.next_wake(&self.ctx));
        }
        #[cfg(debug_assertions)]
        self.assert_that_others_rest();
    }

    /// There is nothing to do for whoever was not looked at, and not before it is known to be.
    #[cfg(debug_assertions)]
    fn assert_that_others_rest(&mut self) {
        for (contact, known) in self.contacts.resting() {
            let before = (self.ctx.puts_made(), self.ctx.output.len());
            contact.flush(&mut self.ctx);
            assert_eq!((self.ctx.puts_made(), self.ctx.output.len()), before, "somebody waits");
            let next = contact.next_wake(&self.ctx).unwrap_or(u64::MAX);
            assert!(known.unwrap_or(u64::MAX) <= next, "{known:?} is later than {next}");
            assert!(!contact.moved, "mailboxes are not read");
        }
    }

    /// Owes the receipts again that were in envelopes which are given up.
    fn owe_untold(&mut self) {
        for (number, name) in core::mem::take(&mut self.ctx.untold) {
            if let Some(contact) = self.contacts.get_mut(&number) {
                contact.owe_receipt(&mut self.ctx, name);
            }
        }
    }
}

impl<R> core::fmt::Debug for Core<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Core({} contacts)", self.contacts.len())
    }
}

#[cfg(test)]
mod tests;

const IDENTITY: &[u8] = b"0";
const SETTINGS: &[u8] = b"0";
/// What a relay keeps envelopes for until it says otherwise: 21 days, in seconds.
const DEFAULT_RETENTION_S: u64 = 21 * 24 * 3600;

// In milliseconds.
const LONGEST_SLEEP: u64 = 600_000;
const LEAST_SLEEP: u64 = 1_000;
const CLOCK_STEP: u64 = 60_000;
const TIDY_EVERY: u64 = 3_600_000;
