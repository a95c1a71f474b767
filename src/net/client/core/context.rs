//! What every contact shares: the profile, the keys, the time, and what is to be told and sent.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::Line;
use super::Output;
use super::Party;
use super::Role;
use super::Spread;
use super::file::Unasked;
use super::record;
use super::record::ContactNumber;
use super::record::Held;
use super::record::Name;
use super::record::PutRow;
use super::record::Record;
use super::record::Subject;
use super::work::Works;
use crate::crypto::CryptoRng;
use crate::crypto::identity::IdentityKey;
use crate::crypto::random;
use crate::handshake::identity::NetworkId;
use crate::net::cell::ENVELOPE_LEN;
use crate::net::cell::Proof;
use crate::net::client::event::Event;
use crate::net::client::event::Settings;
use crate::net::client::profile::Kind;
use crate::net::client::profile::Profile;
use crate::net::client::profile::ProfileError;
use crate::signal;
use crate::signal::BodyAead;
use crate::signal::content::MAX_PARTS;
use crate::signal::content::MessageName;

/// What every contact shares.
pub(super) struct Context<R> {
    pub(super) rng: R,
    pub(super) profile: Profile,
    pub(super) identity: IdentityKey,
    pub(super) aead: BodyAead,
    /// The network of the contacts at hand.
    pub(super) network: Option<NetworkId>,
    /// Milliseconds since 1970.
    pub(super) now: u64,
    /// How long the relay keeps an envelope, in seconds.
    pub(super) retention: u64,
    /// Counts what goes out.
    pub(super) order: u64,
    /// Envelopes that the relay has not confirmed.
    pub(super) puts: BTreeMap<[u8; 16], Put>,
    /// Receipts in envelopes that were given up.
    pub(super) untold: Vec<(ContactNumber, MessageName)>,
    pub(super) output: Vec<Output>,
    /// The connections that stand.
    pub(super) up: BTreeSet<Line>,
    /// Since when both of somebody's do, in milliseconds since 1970.
    pub(super) whole: BTreeMap<Party, u64>,
    pub(super) spread: Spread,
    /// How many mailboxes the relay lets one connection read.
    pub(super) subscriptions: usize,
    pub(super) settings: Settings,
    pub(super) works: Works,
    /// What comes of files without a question.
    pub(super) unasked: Unasked,
    /// Whether the relay's clock was another one when it greeted last.
    pub(super) clock_is_wrong: bool,
    /// Whether by more than the day that mailboxes allow for.
    pub(super) clock_strays: bool,
    /// Why a row could not be read: nothing of this input is committed then.
    pub(super) trouble: Option<ProfileError>,
}

/// An envelope on its way, and when it was last tried.
pub(super) struct Put {
    pub(super) row: PutRow,
    /// Whether it was sent on the connection at hand and not yet answered.
    pub(super) flying: bool,
    /// Not before this, in milliseconds since 1970.
    pub(super) retry_at: u64,
    /// Whether the relay wants work for it.
    pub(super) wants_work: bool,
    /// That it was done.
    pub(super) proof: Option<Proof>,
    /// What was told of it.
    pub(super) told_of_work: Option<Held>,
}

impl Put {
    pub(super) const fn new(row: PutRow) -> Self {
        let (wants_work, proof, told_of_work) = (false, None, None);
        Self { row, flying: false, retry_at: 0, wants_work, proof, told_of_work }
    }

    pub(super) const fn is_ready(&self, now: u64) -> bool {
        !self.flying && self.retry_at <= now && !self.waits_for_work()
    }

    pub(super) const fn waits_for_work(&self) -> bool {
        self.wants_work && self.proof.is_none()
    }
}

impl<R: CryptoRng> Context<R> {
    pub(super) fn tell(&mut self, event: Event) {
        self.output.push(Output::Event(event));
    }

    pub(super) fn now_s(&self) -> u64 {
        self.now / 1000
    }

    /// The day since 1970, as sessions count them.
    pub(super) fn day(&self) -> u32 {
        u32::try_from(self.now_s() / DAY_S).unwrap_or(u32::MAX)
    }

    pub(super) fn epoch(&self) -> u64 {
        signal::epoch(self.now_s())
    }

    pub(super) fn week(&self) -> u64 {
        signal::week(self.now_s())
    }

    pub(super) fn network_bytes(&self) -> [u8; 32] {
        self.network.map_or([0; 32], |network| *network.as_bytes())
    }

    /// An order behind all others, with room for the parts of an item behind it.
    pub(super) fn next_order(&mut self) -> u64 {
        self.order = (self.order | (ORDER_STEP - 1)).saturating_add(1);
        self.order
    }

    /// A row as it stands, staged changes included. One that cannot be read is told of by
    /// [`Core::handle`](super::Core::handle), which then commits and releases nothing.
    pub(super) fn read<T: Record>(&mut self, id: &[u8]) -> Option<T> {
        match record::one(&self.profile, id) {
            Ok(row) => row,
            Err(error) => {
                self.trouble.get_or_insert(error);
                None
            }
        }
    }

    /// When something goes by itself that must not go at once.
    pub(super) fn soon(&mut self) -> u64 {
        let [a, b] = self.random();
        let delay = SOON_LEAST + u64::from(u16::from_be_bytes([a, b])) % SOON_SPREAD;
        self.now.saturating_add(delay)
    }

    /// Some moment of the next hour. What is done on another connection because of something does not
    /// show when that was.
    pub(super) fn within_an_hour(&mut self) -> u64 {
        let [a, b] = self.random();
        // delay = hour * random / 2^16
        let delay = (HOUR * u64::from(u16::from_be_bytes([a, b]))) >> 16;
        self.now.saturating_add(delay)
    }

    /// Stages a row.
    pub(super) fn write<T: Record>(&mut self, id: &[u8], row: &T) {
        record::put(&mut self.profile, id, row);
    }

    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        random(&mut self.rng)
    }

    /// Keeps an envelope until the relay has confirmed it. The same id twice is the same envelope.
    pub(super) fn put(
        &mut self,
        id: [u8; 16],
        contact: ContactNumber,
        role: Role,
        address: [u8; 32],
        subject: Subject,
        envelope: Vec<u8>,
    ) {
        debug_assert_eq!(envelope.len(), ENVELOPE_LEN);
        let order = self.next_order();
        let rendezvous = role == Role::Rendezvous;
        let (network, at) = (self.network_bytes(), self.now);
        let receipts = Vec::new();
        let row = PutRow {
            contact,
            order,
            rendezvous,
            address,
            subject,
            envelope,
            network,
            at,
            receipts,
        };
        record::put(&mut self.profile, &id, &row);
        self.puts.insert(id, Put::new(row));
    }

    /// Notes which receipts an envelope brings.
    pub(super) fn put_brings(&mut self, id: [u8; 16], receipts: &[MessageName]) {
        let Some(put) = self.puts.get_mut(&id).filter(|_| !receipts.is_empty()) else { return };
        put.row.receipts = receipts.iter().copied().map(Name).collect();
        record::put(&mut self.profile, &id, &put.row);
    }

    /// Forgets an envelope that the relay has, or that goes under another id.
    pub(super) fn take_put(&mut self, id: &[u8; 16]) -> Option<Put> {
        self.profile.delete(Kind::Put, id);
        self.puts.remove(id)
    }

    /// Forgets an envelope that is pointless. Its receipts are owed again.
    pub(super) fn forget_put(&mut self, id: &[u8; 16]) {
        let Some(put) = self.take_put(id) else { return };
        let contact = put.row.contact;
        self.untold.extend(put.row.receipts.into_iter().map(|name| (contact, name.0)));
    }

    /// What changes with every envelope that is made or forgotten.
    pub(super) fn puts_made(&self) -> (u64, usize) {
        (self.order, self.puts.len())
    }

    /// Forgets every envelope of a contact that fits.
    pub(super) fn forget_puts(&mut self, contact: ContactNumber, fits: impl Fn(&Subject) -> bool) {
        for id in self.puts_of(contact, fits) {
            self.forget_put(&id);
        }
    }

    /// The ids of every envelope of a contact that fits.
    pub(super) fn puts_of(
        &self,
        contact: ContactNumber,
        fits: impl Fn(&Subject) -> bool,
    ) -> Vec<[u8; 16]> {
        let puts = self.puts.iter();
        puts.filter(|(_, put)| put.row.contact == contact && fits(&put.row.subject))
            .map(|(id, _)| *id)
            .collect()
    }

    /// How many envelopes of a contact wait for the relay.
    pub(super) fn waiting(&self, contact: ContactNumber) -> usize {
        self.puts.values().filter(|put| put.row.contact == contact).count()
    }
}

/// The order of an item's first part.
pub(super) const fn first_order(order: u64) -> u64 {
    order & !(ORDER_STEP - 1)
}

/// In milliseconds.
const HOUR: u64 = 3_600_000;
const DAY_S: u64 = 24 * 3600;
/// What is not to go at once goes after 1 to 10 s, in milliseconds.
const SOON_LEAST: u64 = 1_000;
const SOON_SPREAD: u64 = 9_000;
/// What lies between two orders: an item that is changed while it waits may become longer.
const ORDER_STEP: u64 = 1_024;

const _: () = assert!(MAX_PARTS < 1_024);
