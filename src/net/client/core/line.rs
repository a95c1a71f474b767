//! Which connection something goes over.
//!
//! ```text
//!   shared     requests of everybody ── one        messages of everybody ── one
//!   isolated   requests of a contact ── one each   messages of a contact ── one each
//!              a request that is taken back ── one each
//!              nobody's ── one, while there is no other
//! ```
//!
//! Isolated lines are for a proxy that sends each another way: then the relay sees on none of them two
//! contacts, or both who asks and who talks.

use std::collections::BTreeSet;

use super::Core;
use super::context::Context;
use super::record::ContactNumber;
use super::record::PutRow;
use crate::crypto::CryptoRng;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Requests.
    Rendezvous,
    /// Messages.
    Conversations,
}

/// Whose mailboxes a connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// Everybody's.
    All,
    /// Nobody's: it finds out which network answers, and keeps finding out whether it does.
    Nobody,
    /// Those of the contact with this number.
    Contact(u64),
    /// Those of a contact that was removed, by the name of what is left to be said.
    Farewell([u8; 16]),
}

/// A connection, by what it carries. The core names it, the driver makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// What for.
    pub role: Role,
    /// Whose.
    pub party: Party,
}

impl Line {
    /// Everybody's requests.
    pub const RENDEZVOUS: Self = Self { role: Role::Rendezvous, party: Party::All };
    /// Everybody's messages.
    pub const CONVERSATIONS: Self = Self { role: Role::Conversations, party: Party::All };
    /// Both connections of a client that is not isolated.
    pub const SHARED: [Self; 2] = [Self::RENDEZVOUS, Self::CONVERSATIONS];
    /// The first connection of a client that is isolated.
    pub const DISCOVERY: Self = Self { role: Role::Rendezvous, party: Party::Nobody };
}

/// How mailboxes are spread over connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Spread {
    /// One connection for each role.
    #[default]
    Shared,
    /// One for each role of each contact.
    Isolated,
}

impl<R: CryptoRng> Context<R> {
    /// The connection of a contact's mailboxes.
    pub(super) fn line(&self, role: Role, contact: ContactNumber) -> Line {
        let party = match self.spread {
            Spread::Shared => Party::All,
            Spread::Isolated => Party::Contact(contact),
        };
        Line { role, party }
    }

    /// The connection of what is said of a contact that was removed.
    pub(super) fn farewell_line(&self, name: [u8; 16]) -> Line {
        let party = match self.spread {
            Spread::Shared => Party::All,
            Spread::Isolated => Party::Farewell(name),
        };
        Line { role: Role::Rendezvous, party }
    }

    /// The connection of an envelope.
    pub(super) fn put_line(&self, id: &[u8; 16], row: &PutRow) -> Line {
        let role = if row.rendezvous { Role::Rendezvous } else { Role::Conversations };
        match row.contact {
            NOBODY => self.farewell_line(*id),
            contact => self.line(role, contact),
        }
    }

    /// Whether a contact's connection stands.
    pub(super) fn is_up(&self, role: Role, contact: ContactNumber) -> bool {
        self.up.contains(&self.line(role, contact))
    }

    /// A connection stands.
    pub(super) fn came_up(&mut self, line: Line) {
        self.up.insert(line);
        let both = [Role::Rendezvous, Role::Conversations];
        let mut lines = both.into_iter().map(|role| Line { role, ..line });
        if lines.all(|line| self.up.contains(&line)) {
            self.whole.insert(line.party, self.now);
        }
    }

    /// A connection is gone.
    pub(super) fn went_down(&mut self, line: Line) {
        self.up.remove(&line);
        self.whole.remove(&line.party);
    }

    /// Since when both connections of a contact stand, in milliseconds since 1970.
    pub(super) fn whole_since(&self, contact: ContactNumber) -> Option<u64> {
        self.whole.get(&self.line(Role::Conversations, contact).party).copied()
    }
}

impl<R: CryptoRng> Core<R> {
    /// Gives each contact connections of its own. To be said before the first input.
    pub fn isolate(&mut self) {
        self.ctx.spread = Spread::Isolated;
    }

    /// The connections that should stand. While the network is unknown, one finds out which it is.
    #[must_use]
    pub fn lines(&self) -> BTreeSet<Line> {
        match (self.ctx.spread, self.ctx.network) {
            (Spread::Shared, None) => BTreeSet::from([Line::RENDEZVOUS]),
            (Spread::Shared, Some(_)) => BTreeSet::from(Line::SHARED),
            (Spread::Isolated, None) => BTreeSet::from([Line::DISCOVERY]),
            (Spread::Isolated, Some(_)) => self.isolated_lines(),
        }
    }

    fn isolated_lines(&self) -> BTreeSet<Line> {
        let requests = self.contacts.keys().map(|n| self.ctx.line(Role::Rendezvous, *n));
        let talking = self.contacts.values().filter(|contact| !contact.sessions.is_empty());
        let messages = talking.map(|contact| self.ctx.line(Role::Conversations, contact.number));
        let farewells = self.farewells.keys().map(|name| self.ctx.farewell_line(*name));
        let withdrawals = self.ctx.puts.iter().filter(|(_, put)| put.row.contact == NOBODY);
        let withdrawals = withdrawals.map(|(id, put)| self.ctx.put_line(id, &put.row));
        let mut lines: BTreeSet<Line> =
            requests.chain(messages).chain(farewells).chain(withdrawals).collect();
        if lines.is_empty() {
            lines.insert(Line::DISCOVERY);
        }
        lines
    }
}

/// The contact number of envelopes that belong to nobody any more.
pub(super) const NOBODY: ContactNumber = 0;
