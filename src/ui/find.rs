//! What is looked for in a conversation, and where it was found.

use core::ops::Range;

use super::model::Conversation;
use crate::net::client::event::MessageId;

/// A search through the messages of the open conversation, from the newest to the oldest.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Find {
    /// What is typed.
    pub(crate) text: String,
    /// The messages that have it, oldest first, as far as they are loaded.
    hits: Vec<MessageId>,
    /// What the hits were found for.
    found_for: Option<(String, Range<i64>)>,
    /// The hit that is shown.
    at: Option<MessageId>,
    /// Whether one older than what is loaded is wanted.
    looks_back: bool,
}

impl Find {
    /// Looks through what is loaded, if that or what is looked for is another than before. A hit to
    /// be brought into view comes back.
    pub(crate) fn look(&mut self, conversation: &Conversation) -> Option<MessageId> {
        let wanted = self.text.trim().to_lowercase();
        let places = conversation.places();
        let before = self.found_for.as_ref();
        let same_text = before.is_some_and(|(text, _)| *text == wanted);
        if same_text && before.is_some_and(|(_, loaded)| *loaded == places) {
            return None;
        }
        let has = |place: i64| {
            let line = conversation.at(place)?;
            let found = !line.deleted && line.text.to_lowercase().contains(&wanted);
            found.then_some(line.id)
        };
        self.hits.clear();
        if !wanted.is_empty() {
            self.hits.extend(places.clone().filter_map(has));
        }
        self.found_for = Some((wanted, places));
        if !same_text {
            (self.at, self.looks_back) = (self.hits.last().copied(), false);
            return self.at;
        }
        if self.looks_back { self.older() } else { None }
    }

    /// Goes to the next older hit. If none is loaded, older messages are wanted.
    pub(crate) fn older(&mut self) -> Option<MessageId> {
        let next = match self.place() {
            Some(at) => at.checked_sub(1).and_then(|at| self.hits.get(at)),
            None => self.hits.last(),
        };
        self.looks_back = next.is_none() && !self.text.trim().is_empty();
        self.at = next.copied().or(self.at);
        next.copied()
    }

    /// Goes to the next newer hit.
    pub(crate) fn newer(&mut self) -> Option<MessageId> {
        self.looks_back = false;
        let next = self.place().and_then(|at| self.hits.get(at.saturating_add(1))).copied();
        self.at = next.or(self.at);
        next
    }

    /// Whether older messages are wanted. There are none if `more` is not so.
    pub(crate) fn wants_older(&mut self, more: bool) -> bool {
        self.looks_back &= more;
        self.looks_back
    }

    /// Whether a message has what is looked for, and whether it is the one that is shown.
    pub(crate) fn marks(&self, message: &MessageId) -> Option<bool> {
        self.hits.contains(message).then(|| self.at.as_ref() == Some(message))
    }

    /// How far the search got, for a person. `whole`: whether every message is loaded.
    pub(crate) fn progress(&self, whole: bool) -> String {
        if self.text.trim().is_empty() {
            return "Enter: older, Shift+Enter: newer".into();
        }
        if self.looks_back {
            return "Looking further back…".into();
        }
        match self.place() {
            // The newest is the first.
            Some(at) => {
                let count = self.hits.len();
                format!("{} of {count} found", count.saturating_sub(at))
            }
            None if whole => "Not found".into(),
            None => "Not in the newest messages: Enter looks further back".into(),
        }
    }

    fn place(&self) -> Option<usize> {
        let at = self.at?;
        self.hits.iter().position(|hit| *hit == at)
    }
}
