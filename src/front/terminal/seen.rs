//! What the person at the terminal has seen: what was printed in the conversation that plain lines
//! go to. In a pipe nobody sees anything.

use super::Terminal;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::MessageId;

/// Received messages of one contact that were printed while another conversation was open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printed {
    last: MessageId,
    count: u64,
}

impl Terminal {
    /// A received message was printed.
    pub(super) fn printed(&mut self, contact: Id, message: MessageId) -> Vec<Command> {
        let before = self.printed.get(&contact).map_or(0, |printed| printed.count);
        self.printed.insert(contact, Printed { last: message, count: before.saturating_add(1) });
        if self.is_open(contact) { self.seen(contact) } else { Vec::new() }
    }

    /// A conversation was opened: what was printed of it is seen now. If there is more that was
    /// never printed, it is asked for, and seen when it is printed.
    pub(super) fn opened(&mut self, contact: Id) -> Vec<Command> {
        if !self.is_open(contact) {
            return Vec::new();
        }
        let unread = self.book.get(&contact).map_or(0, |contact| contact.unread);
        let printed = self.printed.get(&contact).map_or(0, |printed| printed.count);
        if unread <= printed {
            return self.seen(contact);
        }
        let limit = usize::try_from(unread).unwrap_or(MOST).min(MOST);
        vec![Command::History { contact, before: None, limit }]
    }

    fn is_open(&self, contact: Id) -> bool {
        self.interactive && self.book.current() == Some(contact)
    }

    fn seen(&mut self, contact: Id) -> Vec<Command> {
        self.book.seen(&contact);
        let printed = self.printed.remove(&contact);
        let seen = printed.map(|printed| Command::Seen { contact, message: printed.last });
        seen.into_iter().collect()
    }
}

/// How many unread messages are printed when a conversation is opened.
const MOST: usize = 100;
