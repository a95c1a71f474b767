//! Subscribing to the mailboxes that are to be read, and to no others.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::Core;
use super::Line;
use super::Output;
use super::mailboxes;
use super::mailboxes::Mailbox;
use super::record::ContactNumber;
use crate::crypto::CryptoRng;
use crate::net::cell::Address;
use crate::net::cell::Capability;
use crate::net::cell::ClientFrame;
use crate::net::cell::SUBSCRIBE_MAX;

impl<R: CryptoRng> Core<R> {
    /// Which mailboxes those are of whoever is busy; of all, when an epoch or a week is over.
    pub(super) fn find_mailboxes(&mut self, busy: &BTreeSet<ContactNumber>) {
        let period = (self.ctx.epoch(), self.ctx.week());
        let turned = core::mem::replace(&mut self.period, period) != period;
        let mut all = BTreeMap::new();
        let mut moved = BTreeSet::new();
        let whose: Vec<ContactNumber> = match turned {
            true => self.contacts.keys().copied().collect(),
            false => busy.iter().copied().collect(),
        };
        for number in whose {
            let Some(contact) = self.contacts.look_at(&number) else { continue };
            if core::mem::take(&mut contact.moved) || turned {
                moved.insert(contact.number);
                all.append(&mut mailboxes::of(contact, &self.ctx));
            }
        }
        if turned {
            self.contacts.touch_all();
        }
        if moved.is_empty() {
            return;
        }
        self.unsubscribe_gone(&moved, &all);
        for (address, mailbox) in all {
            let rank = mailbox.rank;
            self.mailboxes.entry(address).or_insert(mailbox).rank = rank;
        }
        self.subscribes = true;
    }

    pub(super) fn unsubscribe_gone(
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

    pub(super) fn unsubscribe(&mut self, which: impl Fn(&Mailbox) -> bool) {
        self.subscribes = true;
        let gone: Vec<Address> =
            self.mailboxes.iter().filter(|(_, m)| which(m)).map(|(address, _)| *address).collect();
        let gone: Vec<Mailbox> =
            gone.iter().filter_map(|address| self.mailboxes.remove(address)).collect();
        let mut on = BTreeMap::<Line, Vec<Capability>>::new();
        for mailbox in gone.iter().filter(|mailbox| mailbox.subscribed) {
            on.entry(mailbox.line).or_default().push(mailbox.capability());
        }
        for (line, capabilities) in on {
            for capabilities in in_frames(capabilities) {
                let frame = ClientFrame::Unsubscribe { capabilities };
                self.ctx.output.push(Output::Send(line, frame));
            }
        }
    }

    pub(super) fn subscribe(&mut self) {
        if self.replaced.subscribe_at.is_some() || !core::mem::take(&mut self.subscribes) {
            return;
        }
        let mut on = BTreeMap::<Line, (usize, Vec<&mut Mailbox>)>::new();
        let up = &self.ctx.up;
        for mailbox in self.mailboxes.values_mut().filter(|mailbox| up.contains(&mailbox.line)) {
            let (subscribed, waiting) = on.entry(mailbox.line).or_default();
            match mailbox.subscribed {
                true => *subscribed += 1,
                false => waiting.push(mailbox),
            }
        }
        for (line, (subscribed, mut waiting)) in on {
            waiting.sort_by_key(|mailbox| mailbox.rank);
            let room = self.ctx.subscriptions.saturating_sub(subscribed);
            let mut capabilities = Vec::new();
            for mailbox in waiting.into_iter().take(room) {
                mailbox.subscribed = true;
                capabilities.push(mailbox.capability());
            }
            for capabilities in in_frames(capabilities) {
                let frame = ClientFrame::Subscribe { capabilities };
                self.ctx.output.push(Output::Send(line, frame));
            }
        }
    }
}

fn in_frames(mut capabilities: Vec<Capability>) -> Vec<Vec<Capability>> {
    let mut frames = Vec::new();
    while !capabilities.is_empty() {
        let rest = capabilities.split_off(capabilities.len().min(SUBSCRIBE_MAX));
        frames.push(core::mem::replace(&mut capabilities, rest));
    }
    frames
}
