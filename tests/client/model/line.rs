//! What one profile remembers, seen from outside.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use bauta::net::client::Event;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::Message;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Notice;

/// A profile from its beginning to now. A copy of the profile is a copy of its line: who restores
/// it is back at that moment, and what came after belongs to a line that was given up.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Whether the peer is a contact.
    pub asked: bool,
    /// Whether the peer has ever answered.
    pub matched: bool,
    /// Whether the peer ended the conversation.
    pub ended: bool,
    /// The texts that the front was shown, and when by the relay's clock.
    pub shown: BTreeMap<MessageId, u64>,
    /// What the front was told is on the peer's device.
    pub delivered: BTreeSet<MessageId>,
    /// Until when the front was told that the relay has it, in seconds.
    pub kept_until: BTreeMap<MessageId, u64>,
    /// What the front was told has failed, now or earlier.
    pub failed: BTreeSet<MessageId>,
    /// What the front was told is gone.
    pub vanished: BTreeSet<MessageId>,
    /// What the person deleted here, or on both sides.
    pub deleted: BTreeSet<MessageId>,
    /// What the person has looked at.
    pub seen: BTreeSet<MessageId>,
    /// What of it the peer is to be told.
    pub tells: BTreeSet<MessageId>,
    /// Whether the person tells what was read.
    pub receipts: bool,
    /// After how long texts disappear, as the front was told last.
    pub agreed: u32,
    /// How many texts the front was told are unread.
    pub unread: Option<u64>,
    /// What the front was told of the session.
    pub notices: Vec<Notice>,
    /// Whether the last thing that the front wanted was refused.
    pub refused: bool,
}

impl Line {
    /// What is left when the contact is removed: the settings.
    pub fn emptied(&self) -> Self {
        Self { receipts: self.receipts, ..Self::default() }
    }

    /// Takes in what the front is told.
    pub fn hear(&mut self, event: Event, now: u64) {
        match event {
            // A front folds what it shows from the events: the contacts are told after this.
            Event::Ready { .. } => (self.asked, self.matched) = (false, false),
            Event::Contact(contact) => {
                self.asked = true;
                self.matched = contact.state == ContactState::Matched;
                self.ended = contact.state == ContactState::Ended;
                self.agreed = contact.timer.agreed;
                self.unread = Some(contact.unread);
            }
            Event::Removed { .. } => *self = self.emptied(),
            Event::Message(message) if message.state == MessageState::Received => {
                let again = self.shown.insert(message.id, now);
                assert!(again.is_none(), "{:?} is shown twice", message.text);
            }
            Event::Changed(message) => self.changed(&message),
            Event::Vanished { message, .. } => drop(self.vanished.insert(message)),
            Event::Progress { message, state, .. } => self.progress(message, state),
            Event::Notice(notice) => self.notices.push(notice),
            Event::Refused(_) => self.refused = true,
            _ => {}
        }
    }

    fn changed(&self, message: &Message) {
        assert!(!self.vanished.contains(&message.id), "what is gone has changed");
        let untold = message.deleted && !message.text.is_empty();
        assert!(!untold, "{:?} is deleted and there", message.text);
    }

    fn progress(&mut self, message: MessageId, state: MessageState) {
        assert!(!self.vanished.contains(&message), "what is gone gets further");
        let delivered = self.delivered.contains(&message);
        match state {
            MessageState::Delivered | MessageState::Read => drop(self.delivered.insert(message)),
            MessageState::Failed { .. } => {
                assert!(!delivered, "what is delivered has failed");
                self.failed.insert(message);
            }
            MessageState::OnRelay { expires } => {
                assert!(!delivered, "what is delivered is on its way again");
                self.kept_until.insert(message, expires);
            }
            _ => assert!(!delivered, "what is delivered is on its way again"),
        }
    }
}
