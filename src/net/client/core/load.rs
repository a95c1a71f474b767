//! What is read from the profile when a network is entered.

use super::Core;
use super::Output;
use super::contact::Contact;
use super::contacts::Contacts;
use super::context::Put;
use super::record;
use super::record::BundleRow;
use super::record::ContactRow;
use super::record::DueRow;
use super::record::EarlyRow;
use super::record::FarewellRow;
use super::record::FuseRow;
use super::record::HeldRow;
use super::record::JoinRow;
use super::record::OutgoingRow;
use super::record::PutRow;
use super::record::SeenRow;
use super::record::SessionRow;
use crate::crypto::CryptoRng;
use crate::handshake::identity::NetworkId;
use crate::net::client::event::Event;
use crate::net::client::profile::Kind;
use crate::net::client::profile::ProfileError;

impl<R: CryptoRng> Core<R> {
    /// Goes over to a network: its contacts, and nobody else's.
    pub(super) fn enter(&mut self, network: NetworkId) -> Result<(), ProfileError> {
        for contact in self.contacts.values() {
            self.ctx.output.push(Output::Event(Event::Removed { contact: contact.id }));
        }
        self.pause_files();
        self.ctx.network = Some(network);
        self.contacts = Contacts::default();
        self.mailboxes.clear();
        self.ctx.puts.clear();
        self.load()?;
        self.look_somewhere();
        self.contacts.values().for_each(|contact| contact.announce(&mut self.ctx));
        Ok(())
    }

    /// Loads everything of the network at hand.
    pub(super) fn load(&mut self) -> Result<(), ProfileError> {
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
        self.load_changes()?;
        self.load_files()?;
        // The clock may have been set back meanwhile.
        let now = self.ctx.now;
        self.contacts.values_mut().for_each(|contact| contact.wait_no_longer_than(now));
        for (id, row) in record::all::<PutRow>(&self.ctx.profile)? {
            self.ctx.order = self.ctx.order.max(row.order);
            if row.network == network {
                let put = Put::new(row);
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

    /// Where no network is known: what is put out for contacts of others takes no place that is
    /// taken.
    pub(super) fn count_orders(&mut self) -> Result<(), ProfileError> {
        for (id, _) in record::all::<OutgoingRow>(&self.ctx.profile)? {
            self.ctx.order = self.ctx.order.max(u64::from_be_bytes(record::name(&id)?));
        }
        for (_, row) in record::all::<PutRow>(&self.ctx.profile)? {
            self.ctx.order = self.ctx.order.max(row.order);
        }
        Ok(())
    }

    /// What came and is not done with.
    fn load_received(&mut self) -> Result<(), ProfileError> {
        let now = self.ctx.now;
        for (id, row) in record::all::<DueRow>(&self.ctx.profile)? {
            let (number, name) = record::parted(&id)?;
            let Some(contact) = self.contacts.get_mut(&number) else { continue };
            if let Some(told) = row.told {
                contact.strayed.insert(name, told);
            } else {
                contact.due.push_back(name);
                contact.receipts_at = Some(now);
            }
        }
        for (id, row) in record::all::<HeldRow>(&self.ctx.profile)? {
            let (session, number) = id.split_first_chunk::<16>().ok_or(ProfileError::Damaged)?;
            let number = u64::from_be_bytes(record::name(number)?);
            if let Some(contact) = self.contacts.get_mut(&row.contact) {
                contact.held.insert((*session, number), row);
            }
        }
        for (id, row) in record::all::<JoinRow>(&self.ctx.profile)? {
            let (number, name) = record::parted(&id)?;
            if let Some(contact) = self.contacts.get_mut(&number) {
                contact.joins.insert(name, row);
            }
        }
        Ok(())
    }

    /// What is to happen to messages later.
    fn load_changes(&mut self) -> Result<(), ProfileError> {
        for (id, row) in record::all::<EarlyRow>(&self.ctx.profile)? {
            let (number, order) = record::parted(&id)?;
            if let Some(contact) = self.contacts.get_mut(&number) {
                let early = (row.target, row.item.len());
                contact.early.insert(u64::from_be_bytes(order), early);
            }
        }
        for (id, row) in record::all::<FuseRow>(&self.ctx.profile)? {
            let (number, place) = record::parted(&id)?;
            if let Some(contact) = self.contacts.get_mut(&number) {
                contact.fuses.set(u64::from_be_bytes(place), row.at);
            }
        }
        Ok(())
    }

    /// Lets the forgetting of names begin anywhere: a client that never runs for long comes by all of
    /// them in time.
    fn look_somewhere(&mut self) {
        let [at] = self.ctx.random::<1>();
        let at = usize::from(at) % self.contacts.len().max(1);
        let Some(number) = self.contacts.keys().nth(at) else { return };
        self.looked_at = record::of_contact(*number, &self.ctx.random::<16>());
    }

    /// Forgets the names of items that cannot come again any more, a few rows at a time: a profile
    /// with a long history is not read at once. A message that is still there keeps its name.
    pub(super) fn forget_old_names(&mut self) -> Result<(), ProfileError> {
        let rows = self.ctx.profile.rows_after(Kind::Seen, &self.looked_at, NAMES_AT_ONCE)?;
        self.looked_at = match rows.last() {
            Some((id, _)) if rows.len() == NAMES_AT_ONCE => id.clone(),
            _ => Vec::new(),
        };
        for (id, row) in rows {
            let SeenRow { place, at } = record::read(&row)?;
            if place.is_none() && at.saturating_add(REMEMBER_SEEN) < self.ctx.now {
                self.ctx.profile.delete(Kind::Seen, &id);
            }
        }
        Ok(())
    }
}

/// An item can come again for as long as a relay keeps it, and a session is read for four weeks.
const REMEMBER_SEEN: u64 = 60 * 24 * 3_600_000;
/// Names looked at once an hour: some hundredths of a second, and more than anybody writes in one.
const NAMES_AT_ONCE: usize = 4_096;
