//! What the relay says.

use std::collections::BTreeMap;

use super::Core;
use super::Line;
use super::Output;
use super::Replaced;
use super::Role;
use super::context::Put;
use super::mailboxes::Place;
use super::record::Held;
use super::record::PutRow;
use super::record::Subject;
use crate::crypto::CryptoRng;
use crate::net::cell;
use crate::net::cell::Address;
use crate::net::cell::ClientFrame;
use crate::net::cell::Envelope;
use crate::net::cell::EnvelopeId;
use crate::net::cell::RelayFrame;
use crate::net::client::event::Event;
use crate::net::client::event::Notice;
use crate::signal::content::MessageName;

impl<R: CryptoRng> Core<R> {
    pub(super) fn frame(&mut self, line: Line, frame: RelayFrame) {
        match frame {
            RelayFrame::Stored { id, expires } => self.stored(*id.as_bytes(), expires),
            RelayFrame::Full { id } => self.full(*id.as_bytes()),
            RelayFrame::Refused { id, reason, retry_after } => {
                self.refused(*id.as_bytes(), reason, retry_after);
            }
            RelayFrame::Deliver { address, seq, expires: _, envelope } => {
                self.deliver(line, address, seq, &envelope);
            }
            RelayFrame::Cancelled { id } => self.cancelled(*id.as_bytes()),
            RelayFrame::Gone { id } => self.gone(*id.as_bytes()),
            RelayFrame::Replaced { address } => self.replaced(address),
            RelayFrame::Work { demand } => self.ctx.works.demanded(Some(demand)),
            // The driver has read Welcome, and acts on Pong and Closing.
            RelayFrame::Welcome(_) | RelayFrame::Pong | RelayFrame::Closing { .. } => {}
        }
    }

    pub(super) fn stored(&mut self, id: [u8; 16], expires: u64) {
        let Some(put) = self.ctx.take_put(&id) else { return };
        self.ctx.works.was_worth_it();
        let Some(contact) = self.contacts.get_mut(&put.row.contact) else { return };
        match put.row.subject {
            Subject::Bundle { name } => contact.bundle_stored(&mut self.ctx, name, expires),
            Subject::Outgoing { order } => contact.stored(&mut self.ctx, order, expires),
            Subject::Receipts => contact.answer_stored(self.ctx.now),
            Subject::Withdrawal => {}
        }
    }

    pub(super) fn full(&mut self, id: [u8; 16]) {
        let now = self.ctx.now;
        let Some(put) = self.ctx.puts.get_mut(&id) else { return };
        put.flying = false;
        put.retry_at = now.saturating_add(FULL_PAUSE);
        let (number, subject) = (put.row.contact, put.row.subject);
        let Some(contact) = self.contacts.get_mut(&number) else { return };
        contact.held_back(&mut self.ctx, subject, Held::MailboxFull);
        if contact.full_until <= now {
            contact.full_until = now.saturating_add(FULL_SILENCE);
            let contact = contact.id;
            self.ctx.tell(Event::Notice(Notice::MailboxFull { contact }));
        }
    }

    pub(super) fn refused(&mut self, id: [u8; 16], reason: cell::Refusal, retry_after: u32) {
        let now = self.ctx.now;
        let Some(put) = self.ctx.puts.get_mut(&id) else { return };
        put.flying = false;
        let pause = u64::from(retry_after).saturating_mul(1000).min(HOPELESS_PAUSE);
        put.retry_at = now.saturating_add(if pause == 0 { HOPELESS_PAUSE } else { pause });
        let (number, subject) = (put.row.contact, put.row.subject);
        match reason {
            // Other bytes stand under the id: only an old copy of this profile can have put them.
            cell::Refusal::Conflict => self.rename(id),
            // Soon over: nobody needs to hear of it.
            cell::Refusal::Busy => {}
            cell::Refusal::Work => self.refused_without_work(id),
            cell::Refusal::TooFast => {
                if let Some(contact) = self.contacts.get_mut(&number) {
                    contact.held_back(&mut self.ctx, subject, Held::TooFast);
                }
            }
            _ => {
                if let Some(contact) = self.contacts.get_mut(&number) {
                    contact.held_back(&mut self.ctx, subject, Held::RelayFull);
                }
            }
        }
    }

    /// Puts an envelope under another id, after a while: a relay that refuses everything must not
    /// keep a client busy.
    fn rename(&mut self, id: [u8; 16]) {
        let Some(put) = self.ctx.take_put(&id) else { return };
        let PutRow { contact, rendezvous, address, subject, envelope, receipts, .. } = put.row;
        if let Subject::Bundle { .. } = subject {
            // The bundle's own row names its envelope, for Cancel: a fresh one takes its place.
            if let Some(contact) = self.contacts.get_mut(&contact) {
                let actions = contact.rules.rolled_back(self.ctx.epoch(), self.ctx.now);
                contact.carry_out(&mut self.ctx, actions);
            }
            return;
        }
        let role = if rendezvous { Role::Rendezvous } else { Role::Conversations };
        let id = self.ctx.random();
        self.ctx.put(id, contact, role, address, subject, envelope);
        let receipts: Vec<MessageName> = receipts.into_iter().map(|name| name.0).collect();
        self.ctx.put_brings(id, &receipts);
        if let Some(put) = self.ctx.puts.get_mut(&id) {
            put.retry_at = self.ctx.now.saturating_add(CONFLICT_PAUSE);
        }
    }

    pub(super) fn deliver(&mut self, line: Line, address: Address, seq: u64, envelope: &Envelope) {
        let Some(mailbox) = self.mailboxes.get_mut(&address) else { return };
        if mailbox.line != line || !mailbox.subscribed {
            return;
        }
        mailbox.ack = Some(mailbox.ack.unwrap_or(0).max(seq));
        self.delivered.insert(address);
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
    pub(super) fn acknowledge(&mut self, line: Line) {
        for address in core::mem::take(&mut self.delivered) {
            let Some(mailbox) = self.mailboxes.get_mut(&address) else { continue };
            if let Some(up_to) = mailbox.ack.take() {
                let frame = ClientFrame::Ack { capability: mailbox.capability(), up_to };
                self.ctx.output.push(Output::Send(line, frame));
            }
        }
    }

    pub(super) fn replaced(&mut self, address: Address) {
        let now = self.ctx.now;
        let Some(mailbox) = self.mailboxes.get_mut(&address) else { return };
        mailbox.subscribed = false;
        self.subscribes = true;
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

    /// Ratchets anew what was made for a week so long ago that nobody may read it any more. What
    /// the relay had of it all the same is recognised by its name.
    fn give_up_old(&mut self) {
        let (ctx, now) = (&self.ctx, self.ctx.now);
        let old = |put: &Put| put.row.at.saturating_add(OLD_PUT) < now;
        let old: Vec<_> = ctx
            .puts
            .iter()
            .filter(|(id, put)| old(put) && ctx.up.contains(&ctx.put_line(id, &put.row)))
            .map(|(id, put)| (*id, put.row.contact, put.row.subject))
            .collect();
        for (id, contact, subject) in old {
            match subject {
                Subject::Outgoing { order } => {
                    if let Some(contact) = self.contacts.get_mut(&contact) {
                        contact.send_anew(&mut self.ctx, order);
                    }
                }
                // What is in them is owed again.
                Subject::Receipts => self.ctx.forget_put(&id),
                Subject::Bundle { .. } | Subject::Withdrawal => {}
            }
        }
    }

    /// Sends what the relay has not confirmed, in order, a bounded number at a time.
    pub(super) fn send_puts(&mut self) {
        self.give_up_old();
        let (ctx, now) = (&self.ctx, self.ctx.now);
        let mut on = BTreeMap::<Line, (usize, Vec<(u64, [u8; 16])>)>::new();
        for (id, put) in &ctx.puts {
            let line = ctx.put_line(id, &put.row);
            let (flying, ready) = on.entry(line).or_default();
            *flying += usize::from(put.flying);
            if put.is_ready(now) && ctx.up.contains(&line) {
                ready.push((put.row.order, *id));
            }
        }
        for (line, (flying, mut ready)) in on {
            ready.sort_unstable();
            for (_, id) in ready.into_iter().take(MAX_FLYING.saturating_sub(flying)) {
                self.send_put(line, id);
            }
        }
    }

    fn send_put(&mut self, line: Line, id: [u8; 16]) {
        let Some(put) = self.ctx.puts.get_mut(&id) else { return };
        let Ok(envelope) = Envelope::from_slice(&put.row.envelope) else { return };
        put.flying = true;
        let address = Address::new(put.row.address);
        let proof = put.proof;
        let frame = ClientFrame::Put { id: EnvelopeId::new(id), address, envelope, proof };
        self.ctx.output.push(Output::Send(line, frame));
    }
}

/// Envelopes on the way without an answer, per connection.
const MAX_FLYING: usize = 32;

const CONFLICT_PAUSE: u64 = 600_000;
const FULL_PAUSE: u64 = 30_000;

/// Half of the three weeks in which a mailbox is read.
const OLD_PUT: u64 = 10 * 24 * 3_600_000;
const FULL_SILENCE: u64 = 600_000;

const HOPELESS_PAUSE: u64 = 3_600_000;

const REPLACED_PAUSE: u64 = 60_000;

const REPLACED_MEMORY: u64 = 600_000;

const REPLACED_TOO_OFTEN: u32 = 3;
