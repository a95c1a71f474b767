//! Which mailboxes to read, and how far each was read.

use std::collections::BTreeMap;

use super::Role;
use super::contact::Contact;
use super::context::Context;
use super::record::ContactNumber;
use crate::crypto::CryptoRng;
use crate::crypto::secret::Secret;
use crate::net::cell::Address;
use crate::net::cell::Capability;
use crate::signal;
use crate::signal::Direction;
use crate::signal::rendezvous::rules::SessionName;

/// A mailbox that is read.
pub(super) struct Mailbox {
    pub(super) capability: Secret<32>,
    pub(super) contact: ContactNumber,
    pub(super) place: Place,
    /// Whether the relay was asked for it on the connection at hand.
    pub(super) subscribed: bool,
    /// The highest number delivered and not yet acknowledged.
    pub(super) ack: Option<u64>,
}

/// Whose mailbox it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Rendezvous { epoch: u64 },
    Session { name: SessionName },
}

impl Place {
    /// Rendezvous and conversations never share a connection.
    pub(super) fn role(self) -> Role {
        match self {
            Self::Rendezvous { .. } => Role::Rendezvous,
            Self::Session { .. } => Role::Conversations,
        }
    }
}

impl Mailbox {
    pub(super) fn capability(&self) -> Capability {
        Capability::new(self.capability.duplicate())
    }
}

/// The mailboxes of a contact: the rendezvous of three epochs, and the weeks of each session in
/// which an envelope can still be waiting or come.
pub(super) fn of<R: CryptoRng>(contact: &Contact, ctx: &Context<R>) -> BTreeMap<Address, Mailbox> {
    let now = ctx.now_s();
    let epoch = ctx.epoch();
    let incoming = Direction::Incoming;
    let epochs = epoch.saturating_sub(1)..=epoch.saturating_add(1);
    let rendezvous =
        epochs.map(|epoch| (Place::Rendezvous { epoch }, contact.pair.capability(incoming, epoch)));
    let first = signal::week(now.saturating_sub(ctx.retention.saturating_add(DAY)));
    let last = signal::week(now.saturating_add(8 * DAY));
    let sessions = contact.sessions.iter().flat_map(|(name, conversation)| {
        // A day of skew: the peer may have begun the session in the week before.
        let first = first.max(conversation.since_week.saturating_sub(1));
        (first..=last).map(|week| {
            (Place::Session { name: *name }, conversation.session.capability(incoming, week))
        })
    });
    rendezvous
        .chain(sessions)
        .map(|(place, capability)| {
            let contact = contact.number;
            let mailbox = Mailbox { capability, contact, place, subscribed: false, ack: None };
            (mailbox.capability().address(), mailbox)
        })
        .collect()
}

const DAY: u64 = 24 * 3600;
