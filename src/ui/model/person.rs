//! Somebody in the list.

use super::Conversation;
use crate::id::Id;
use crate::net::client::event::Contact;
use crate::net::client::event::ContactState;
use crate::net::client::event::Timer;
use crate::ui::text::plain;

/// A contact and the conversation with them.
pub struct Person {
    contact: Contact,
    conversation: Conversation,
    arrival: u64,
}

impl Person {
    pub(super) fn new(contact: Contact) -> Self {
        let mut conversation = Conversation::default();
        conversation.counted(contact.unread);
        Self { contact, conversation, arrival: 0 }
    }

    /// Who.
    #[must_use]
    pub fn id(&self) -> Id {
        self.contact.id
    }

    /// Where the request stands.
    #[must_use]
    pub fn state(&self) -> ContactState {
        self.contact.state
    }

    /// The nickname of this session.
    #[must_use]
    pub fn nickname(&self) -> Option<&str> {
        self.contact.nickname.as_deref()
    }

    /// The nickname, or the first two groups of the ID.
    #[must_use]
    pub fn name(&self) -> String {
        self.nickname().map_or_else(|| self.id().short(), plain)
    }

    /// When texts disappear.
    #[must_use]
    pub fn timer(&self) -> Timer {
        self.contact.timer
    }

    /// What was said.
    #[must_use]
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    pub(super) fn update(&mut self, contact: Contact) {
        self.conversation.counted(contact.unread);
        self.contact = contact;
    }

    pub(super) fn conversation_mut(&mut self) -> &mut Conversation {
        &mut self.conversation
    }

    pub(super) fn arrived(&mut self, arrival: u64) {
        self.arrival = arrival;
    }

    /// Larger is more recent: what arrived in this session, in its order; before that what was
    /// written, by the writers' clocks.
    pub(super) fn recency(&self) -> (u64, u64) {
        (self.arrival, self.conversation.last().map_or(0, |line| line.written))
    }
}
