//! The numbers by which a person names messages: every message that was shown has one, in the order
//! in which they were shown, whoever wrote it and whomever it is with.

use std::collections::HashMap;
use std::hash::DefaultHasher;
use std::hash::Hash as _;
use std::hash::Hasher as _;

use crate::id::Id;
use crate::net::client::event::Message;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
use crate::net::client::event::Reactions;

/// What is remembered of the messages that were shown.
#[derive(Default)]
pub(super) struct Numbers {
    /// The message with number 1 first; gone ones keep their place.
    shown: Vec<Option<Shown>>,
    /// A name is its writer's choice: it says something only together with the contact.
    places: HashMap<(Id, MessageId), usize>,
}

/// A message as it was shown last.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) contact: Id,
    pub(super) message: MessageId,
    pub(super) own: bool,
    /// As much of the text as a quote needs.
    pub(super) start: String,
    /// Tells one text from another.
    text: u64,
    pub(super) deleted: bool,
    pub(super) reactions: Reactions,
}

impl Numbers {
    /// Remembers how a message is shown. Returns its number and how it was shown before.
    pub(super) fn put(&mut self, message: &Message) -> (usize, Option<Shown>) {
        let next = self.shown.len() + 1;
        let number = *self.places.entry((message.contact, message.id)).or_insert(next);
        if number == next {
            self.shown.push(None);
        }
        let place = self.shown.get_mut(number - 1);
        (number, place.and_then(|place| place.replace(Shown::of(message))))
    }

    /// The number of a message.
    pub(super) fn of(&self, contact: Id, message: MessageId) -> Option<usize> {
        self.places.get(&(contact, message)).copied()
    }

    /// The message with a number.
    pub(super) fn at(&self, number: usize) -> Option<&Shown> {
        self.shown.get(number.checked_sub(1)?)?.as_ref()
    }

    /// Forgets a message. Returns the number that it had.
    pub(super) fn remove(&mut self, contact: Id, message: MessageId) -> Option<usize> {
        let number = self.places.remove(&(contact, message))?;
        self.shown.get_mut(number - 1)?.take();
        Some(number)
    }

    /// Forgets all messages with a contact.
    pub(super) fn remove_all(&mut self, contact: &Id) {
        self.places.retain(|(with, _), _| with != contact);
        for place in &mut self.shown {
            if place.as_ref().is_some_and(|shown| shown.contact == *contact) {
                *place = None;
            }
        }
    }
}

impl Shown {
    fn of(message: &Message) -> Self {
        Self {
            contact: message.contact,
            message: message.id,
            own: message.state != MessageState::Received,
            start: start(&message.text),
            text: hash(&message.text),
            deleted: message.deleted,
            reactions: message.reactions.clone(),
        }
    }

    /// Whether the message says something else now. One that was not sent yet changes without
    /// being marked as edited.
    pub(super) fn says_something_else(&self, message: &Message) -> bool {
        self.text != hash(&message.text)
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The beginning of a text on one line, as it may be shown.
fn start(text: &str) -> String {
    // Twice as many: what is taken out makes it shorter.
    let some: String = text.chars().take(2 * QUOTE).collect();
    let plain = crate::plain::plain(&some, " ");
    let mut start: String = plain.chars().take(QUOTE).collect();
    if start.len() < plain.len() || some.len() < text.len() {
        start.push('…');
    }
    start
}

/// How many characters of a message an answer to it repeats.
const QUOTE: usize = 50;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::contact;
    use super::*;

    fn message(with: usize, name: u8, text: &str) -> Message {
        let id = MessageId([name; 16]);
        Message::new(contact(with).id, id, text.into(), 0, MessageState::Received)
    }

    #[test]
    fn numbers_go_on_and_are_never_given_again() {
        let mut numbers = Numbers::default();
        assert_eq!(numbers.put(&message(1, 1, "a")).0, 1);
        assert_eq!(numbers.put(&message(2, 1, "b")).0, 2, "another contact's");
        let (number, before) = numbers.put(&message(1, 1, "c"));
        assert_eq!((number, before.unwrap().start), (1, "a".to_owned()));
        assert_eq!(numbers.at(1).unwrap().start, "c");
        assert_eq!(numbers.remove(contact(1).id, MessageId([1; 16])), Some(1));
        assert!(numbers.at(1).is_none());
        assert_eq!(numbers.put(&message(1, 1, "a")).0, 3);
        for number in [0, 4, usize::MAX] {
            assert!(numbers.at(number).is_none());
        }
        numbers.remove_all(&contact(2).id);
        assert!(numbers.at(2).is_none());
        assert!(numbers.at(3).is_some());
    }

    #[test]
    fn a_quote_is_short_and_on_one_line() {
        assert_eq!(start("two\nlines\u{1b}[2J"), "two lines\u{fffd}[2J");
        assert_eq!(start(&"a".repeat(QUOTE)), "a".repeat(QUOTE));
        assert_eq!(start(&"é".repeat(QUOTE + 1)), "é".repeat(QUOTE) + "…");
        assert_eq!(start(&"\u{202e}".repeat(1000)), "…");
    }
}
