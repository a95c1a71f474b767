//! The contacts at hand, and which of them there may be something to do for.
//!
//! A client of hundreds of contacts hears of one at a time. Who was handed out to be changed is looked
//! at afterwards, and so is whoever's time has come; of all others it is known when that is.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::contact::Contact;
use super::record::ContactNumber;
use crate::id::Id;

/// The contacts of the network at hand.
#[derive(Default)]
pub(super) struct Contacts {
    all: BTreeMap<ContactNumber, Contact>,
    numbers: BTreeMap<Id, ContactNumber>,
    /// Who was handed out since it was looked at last.
    touched: BTreeSet<ContactNumber>,
    /// When each has something to do next, in milliseconds since 1970; never too late, for whoever
    /// is not touched.
    wakes: BTreeMap<ContactNumber, u64>,
}

impl Contacts {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn contains_key(&self, number: &ContactNumber) -> bool {
        self.all.contains_key(number)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &ContactNumber> {
        self.all.keys()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Contact> {
        self.all.values()
    }

    pub(super) fn get(&self, number: &ContactNumber) -> Option<&Contact> {
        self.all.get(number)
    }

    /// The number of who has this ID.
    pub(super) fn number(&self, id: Id) -> Option<ContactNumber> {
        self.numbers.get(&id).copied()
    }

    /// One, to be changed.
    pub(super) fn get_mut(&mut self, number: &ContactNumber) -> Option<&mut Contact> {
        let contact = self.all.get_mut(number)?;
        self.touched.insert(*number);
        Some(contact)
    }

    /// Who has this ID, to be changed.
    pub(super) fn find_mut(&mut self, id: Id) -> Option<&mut Contact> {
        let number = self.number(id)?;
        self.get_mut(&number)
    }

    /// All of them, to be changed.
    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut Contact> {
        self.touch_all();
        self.all.values_mut()
    }

    /// There may be more to do for somebody.
    pub(super) fn touch(&mut self, number: ContactNumber) {
        self.touched.insert(number);
    }

    /// Something changed that each of them acts by.
    pub(super) fn touch_all(&mut self) {
        self.touched.extend(self.all.keys());
    }

    pub(super) fn insert(&mut self, number: ContactNumber, contact: Contact) {
        self.numbers.insert(contact.id, number);
        self.touched.insert(number);
        self.all.insert(number, contact);
    }

    pub(super) fn remove(&mut self, number: &ContactNumber) -> Option<Contact> {
        let contact = self.all.remove(number)?;
        self.numbers.remove(&contact.id);
        self.touched.remove(number);
        self.wakes.remove(number);
        Some(contact)
    }

    /// Who was touched, or has something to do by now. Each is to be looked at
    /// ([`Contacts::look_at`]), and then [`Contacts::looked_at`].
    pub(super) fn take_busy(&mut self, now: u64) -> BTreeSet<ContactNumber> {
        let due = self.wakes.iter().filter(|(_, at)| **at <= now).map(|(number, _)| *number);
        let mut busy: BTreeSet<ContactNumber> = due.collect();
        busy.append(&mut self.touched);
        busy
    }

    /// One of those who are busy, to be looked at.
    pub(super) fn look_at(&mut self, number: &ContactNumber) -> Option<&mut Contact> {
        self.all.get_mut(number)
    }

    /// Notes when somebody who was looked at has something to do next.
    pub(super) fn looked_at(
        &mut self,
        number: ContactNumber,
        next_wake: impl FnOnce(&Contact) -> Option<u64>,
    ) {
        match self.all.get(&number).and_then(next_wake) {
            Some(at) => self.wakes.insert(number, at),
            None => self.wakes.remove(&number),
        };
    }

    /// When any of them has something to do next; `next_wake` says it of one.
    pub(super) fn next_wake(&self, next_wake: impl Fn(&Contact) -> Option<u64>) -> Option<u64> {
        let touched = self.touched.iter().filter_map(|number| self.all.get(number));
        let known = self.wakes.iter().filter(|(number, _)| !self.touched.contains(number));
        touched.filter_map(next_wake).chain(known.map(|(_, at)| *at)).min()
    }

    /// Those that are not touched, and when each is known to have something to do next: for a check
    /// that there is nothing to do for them.
    #[cfg(debug_assertions)]
    pub(super) fn resting(&mut self) -> impl Iterator<Item = (&mut Contact, Option<u64>)> {
        let all = self.all.iter_mut().filter(|(number, _)| !self.touched.contains(number));
        all.map(|(number, contact)| (contact, self.wakes.get(number).copied()))
    }
}
