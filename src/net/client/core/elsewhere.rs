//! Contacts of networks that are not at hand: what is to disappear does so in their conversations
//! too.

use std::collections::BTreeSet;

use super::Core;
use super::Output;
use super::contact::Contact;
use super::context::Put;
use super::record;
use super::record::ContactNumber;
use super::record::ContactRow;
use super::record::FileRow;
use super::record::FuseRow;
use super::record::OutgoingRow;
use super::record::PutRow;
use crate::crypto::CryptoRng;
use crate::handshake::identity::NetworkId;
use crate::net::client::profile::ProfileError;

impl<R: CryptoRng> Core<R> {
    /// Lets time pass for contacts that are not at hand.
    pub(super) fn tick_elsewhere(&mut self) -> Result<(), ProfileError> {
        self.age_elsewhere()?;
        self.lapse_elsewhere()?;
        self.burn_elsewhere()
    }

    /// Destroys what was to be gone by now of contacts that are not at hand. Nobody is told: no
    /// front shows them.
    fn burn_elsewhere(&mut self) -> Result<(), ProfileError> {
        let mut due = BTreeSet::new();
        for (id, row) in record::all::<FuseRow>(&self.ctx.profile)? {
            let (number, _) = record::parted::<8>(&id)?;
            if row.at <= self.ctx.now && !self.contacts.contains_key(&number) {
                due.insert(number);
            }
        }
        due.into_iter().try_for_each(|number| self.burn_of(number))
    }

    fn burn_of(&mut self, number: ContactNumber) -> Result<(), ProfileError> {
        let id = number.to_be_bytes();
        let Some(row) = record::one::<ContactRow>(&self.ctx.profile, &id)? else { return Ok(()) };
        let here = self.ctx.network.replace(NetworkId::from_bytes(row.network));
        let told = self.ctx.output.len();
        let burnt = self.visit(number, &row);
        self.ctx.puts.retain(|_, put| put.row.contact != number);
        // But for what is to be deleted.
        let output = self.ctx.output.split_off(told);
        let is_of_a_disk = |out: &Output| matches!(out, Output::File(..) | Output::Discard(..));
        self.ctx.output.extend(output.into_iter().filter(is_of_a_disk));
        self.ctx.network = here;
        burnt
    }

    /// Loads as much of a contact as its messages can be in, and lets their time pass.
    fn visit(&mut self, number: ContactNumber, row: &ContactRow) -> Result<(), ProfileError> {
        let mut contact = Contact::load(&self.ctx, number, row)?;
        for (id, row) in record::all::<OutgoingRow>(&self.ctx.profile)? {
            if row.contact == number {
                contact.outgoing.insert(u64::from_be_bytes(record::name(&id)?), row);
            }
        }
        for (id, row) in record::all::<PutRow>(&self.ctx.profile)? {
            if row.contact == number {
                let put = Put::new(row);
                self.ctx.puts.insert(record::name(&id)?, put);
            }
        }
        for (id, row) in record::all::<FileRow>(&self.ctx.profile)? {
            let (of, name) = record::parted(&id)?;
            if of == number {
                contact.files.insert(name, row);
            }
        }
        for (id, row) in record::all::<FuseRow>(&self.ctx.profile)? {
            let (of, place) = record::parted(&id)?;
            if of == number {
                contact.fuses.set(u64::from_be_bytes(place), row.at);
            }
        }
        contact.burn(&mut self.ctx);
        let (of_contact, others) =
            core::mem::take(&mut self.ctx.untold).into_iter().partition(|(of, _)| *of == number);
        self.ctx.untold = others;
        let of_contact: Vec<_> = of_contact;
        for (_, name) in of_contact {
            contact.owe_receipt(&mut self.ctx, name);
        }
        Ok(())
    }
}
