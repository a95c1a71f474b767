//! Events that the front has not taken.

use std::collections::VecDeque;

use super::event::Event;
use super::event::Message;

/// Events in their order, and how much text they hold.
#[derive(Default)]
pub(super) struct Untaken {
    events: VecDeque<Event>,
    bytes: usize,
}

impl Untaken {
    /// Adds one. There is always room for what is one's own doing; the relay is read no further
    /// when there is none.
    pub(super) fn push(&mut self, event: Event) {
        self.bytes = self.bytes.saturating_add(text_len(&event));
        self.events.push_back(event);
    }

    /// Takes the oldest.
    pub(super) fn pop(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        self.bytes = self.bytes.saturating_sub(text_len(&event));
        Some(event)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether more may come from the relay.
    pub(super) fn has_room(&self) -> bool {
        self.events.len() < MAX_EVENTS && self.bytes < MAX_BYTES
    }
}

/// How many bytes of text an event holds.
fn text_len(event: &Event) -> usize {
    let len = |message: &Message| message.text.len();
    match event {
        Event::Message(message) | Event::Changed(message) => len(message),
        Event::History { messages, .. } => messages.iter().map(len).sum(),
        _ => 0,
    }
}

/// Events that the front may leave untaken before the relay is read no further.
const MAX_EVENTS: usize = 4_096;
/// Their text in bytes, so that a contact cannot fill a memory with long texts: sixteen of the longest.
const MAX_BYTES: usize = 16 << 20;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;
    use crate::crypto::identity::IdentityKey;
    use crate::id::Id;
    use crate::net::client::event::MessageId;
    use crate::net::client::event::MessageState;
    use crate::net::client::event::Reactions;

    fn message(len: usize) -> Event {
        let key = IdentityKey::generate(&mut StdRng::seed_from_u64(1));
        Event::Changed(Message {
            contact: Id::new(*key.public()),
            id: MessageId([1; 16]),
            text: "x".repeat(len),
            written: 1,
            state: MessageState::Received,
            reply_to: None,
            edited: None,
            deleted: false,
            reactions: Reactions::default(),
            disappears: None,
            file: None,
        })
    }

    #[test]
    fn long_texts_take_the_room_of_many_short_ones() {
        let mut untaken = Untaken::default();
        for _ in 0..16 {
            assert!(untaken.has_room());
            untaken.push(message(1 << 20));
        }
        assert!(!untaken.has_room());
        untaken.pop().unwrap();
        assert!(untaken.has_room());
        while untaken.pop().is_some() {}
        assert!(untaken.is_empty() && untaken.bytes == 0);
        for _ in 0..MAX_EVENTS {
            assert!(untaken.has_room());
            untaken.push(message(1));
        }
        assert!(!untaken.has_room());
    }
}
