//! What one profile remembers, seen from outside.

use std::collections::BTreeSet;

use bauta::net::client::Event;
use bauta::net::client::event::ContactState;
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
    /// The texts that the front was shown, and when by the relay's clock.
    pub shown: Vec<(String, u64)>,
    /// What the front was told is on the peer's device.
    pub delivered: BTreeSet<MessageId>,
    /// What the front was told has failed, now or earlier.
    pub failed: BTreeSet<MessageId>,
    /// What the front was told of the session.
    pub notices: Vec<Notice>,
    /// Whether the last thing that the front wanted was refused.
    pub refused: bool,
}

impl Line {
    /// Takes in what the front is told.
    pub fn hear(&mut self, event: Event, now: u64) {
        match event {
            // A front folds what it shows from the events: the contacts are told after this.
            Event::Ready { .. } => (self.asked, self.matched) = (false, false),
            Event::Contact(contact) => {
                self.asked = true;
                self.matched = contact.state == ContactState::Matched;
            }
            Event::Removed { .. } => *self = Self::default(),
            Event::Message(message) if message.state == MessageState::Received => {
                let again = self.shown.iter().any(|(text, _)| *text == message.text);
                assert!(!again, "{:?} is shown twice", message.text);
                self.shown.push((message.text, now));
            }
            Event::Progress { message, state, .. } => self.progress(message, state),
            Event::Notice(notice) => self.notices.push(notice),
            Event::Refused(_) => self.refused = true,
            _ => {}
        }
    }

    fn progress(&mut self, message: MessageId, state: MessageState) {
        let delivered = self.delivered.contains(&message);
        match state {
            MessageState::Delivered | MessageState::Read => drop(self.delivered.insert(message)),
            MessageState::Failed { .. } => {
                assert!(!delivered, "what is delivered has failed");
                self.failed.insert(message);
            }
            _ => assert!(!delivered, "what is delivered is on its way again"),
        }
    }
}
