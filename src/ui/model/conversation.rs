//! The messages of one conversation, as far as they are loaded.

use core::ops::Range;
use std::collections::HashMap;

use super::Line;
use super::unread::Unread;
use crate::net::client::event::FileState;
use crate::net::client::event::Message;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;

/// Messages in their order. Each has a place that never changes: older ones that are loaded later
/// have smaller places, and what is gone leaves its place empty.
#[derive(Default)]
pub struct Conversation {
    lines: Vec<Line>,
    first: i64,
    places: HashMap<MessageId, i64>,
    more: bool,
    loading: bool,
    unread: Unread,
}

impl Conversation {
    /// The places of all messages.
    #[must_use]
    pub fn places(&self) -> Range<i64> {
        let len = i64::try_from(self.lines.len()).unwrap_or(i64::MAX);
        self.first..self.first.saturating_add(len)
    }

    /// The message at a place.
    #[must_use]
    pub fn at(&self, place: i64) -> Option<&Line> {
        let at = place.checked_sub(self.first)?;
        self.lines.get(usize::try_from(at).ok()?).filter(|line| line.is_there())
    }

    /// The message above a place.
    #[must_use]
    pub fn above(&self, place: i64) -> Option<&Line> {
        (self.first..place).rev().find_map(|above| self.at(above))
    }

    /// Where a message stands, if it is loaded.
    #[must_use]
    pub fn place_of(&self, message: &MessageId) -> Option<i64> {
        self.places.get(message).copied().filter(|place| self.at(*place).is_some())
    }

    /// A message, if it is loaded.
    #[must_use]
    pub fn find(&self, message: &MessageId) -> Option<&Line> {
        self.places.get(message).and_then(|place| self.at(*place))
    }

    /// The newest message.
    #[must_use]
    pub fn last(&self) -> Option<&Line> {
        self.lines.iter().rev().find(|line| line.is_there())
    }

    /// The newest text that was written here and says something.
    #[must_use]
    pub fn last_own(&self) -> Option<&Line> {
        let own =
            |line: &&Line| line.is_there() && line.is_own() && !line.deleted && line.file.is_none();
        self.lines.iter().rev().find(own)
    }

    /// Whether older messages are to be had and not on their way.
    #[must_use]
    pub fn wants_older(&self) -> bool {
        self.more && !self.loading
    }

    /// Whether there are older messages than those that are loaded.
    #[must_use]
    pub fn has_older(&self) -> bool {
        self.more
    }

    /// The oldest message that is loaded: older ones stand before it.
    #[must_use]
    pub fn oldest(&self) -> Option<MessageId> {
        self.lines.iter().find(|line| line.is_there()).map(|line| line.id)
    }

    /// How many messages nobody has seen.
    #[must_use]
    pub fn unread(&self) -> u64 {
        self.unread.shown()
    }

    /// The place of the first message that came while nobody looked.
    #[must_use]
    pub fn new_from(&self) -> Option<i64> {
        self.unread.new_from()
    }

    /// Takes a new message in.
    pub(super) fn push(&mut self, message: Message) {
        if self.places.contains_key(&message.id) {
            return;
        }
        let place = self.places().end;
        self.places.insert(message.id, place);
        self.lines.push(message.into());
        match self.lines.last() {
            Some(line) if line.is_own() => self.unread.answered(),
            _ => self.unread.arrived(place),
        }
        self.mark();
    }

    /// Takes older messages in, the oldest first; what is known already is left out.
    pub(super) fn prepend(&mut self, messages: Vec<Message>, more: bool) {
        self.loading = false;
        self.more = more;
        let known = &self.places;
        let older: Vec<Line> = messages
            .into_iter()
            .filter(|message| !known.contains_key(&message.id))
            .map(Line::from)
            .collect();
        self.first = self.first.saturating_sub(i64::try_from(older.len()).unwrap_or(i64::MAX));
        self.places.extend((self.first..).zip(&older).map(|(place, line)| (line.id, place)));
        self.lines.splice(..0, older);
        self.mark();
    }

    pub(super) fn progress(&mut self, message: MessageId, state: MessageState) {
        if let Some(line) = self.line_mut(&message) {
            line.state = state;
        }
    }

    /// A file got further, or no further.
    pub(super) fn file(&mut self, message: &MessageId, state: FileState) {
        if let Some(card) = self.line_mut(message).and_then(|line| line.file.as_mut()) {
            card.state = state;
        }
    }

    /// Puts a message in the place of the one with its name.
    pub(super) fn change(&mut self, message: Message) {
        if let Some(line) = self.line_mut(&message.id) {
            *line = message.into();
        }
    }

    /// Takes a message away; its place stays, so that nothing that is shown moves to another.
    pub(super) fn vanish(&mut self, message: &MessageId) {
        let Some(place) = self.place_of(message) else { return };
        let unseen = place >= self.unread_from();
        if let Some(line) = self.line_mut(message) {
            let received = !line.is_own();
            line.vanish();
            self.unread.gone(received && unseen);
            self.mark();
        }
    }

    pub(super) fn asked_for_older(&mut self) {
        self.loading = true;
    }

    /// The client counted what nobody has seen.
    pub(super) fn counted(&mut self, unread: u64) {
        self.unread.counted(unread, self.places().end);
        self.mark();
    }

    /// Whether somebody looks at the newest message.
    pub(super) fn watch(&mut self, at_end: bool) {
        self.unread.watch(at_end);
    }

    /// Somebody looks elsewhere now: what they saw is new no longer.
    pub(super) fn left(&mut self) {
        self.unread.leave();
        self.mark();
    }

    /// Everything up to a place stands before somebody's eyes. What comes back is the newest
    /// received message there, if it was not seen before.
    pub(super) fn saw(&mut self, place: i64) -> Option<MessageId> {
        if self.unread.count() == 0 {
            return None;
        }
        let places = self.places();
        let unread_from = self.unread_from();
        let up_to = place.saturating_add(1).min(places.end);
        let received = |place: &i64| self.at(*place).is_some_and(|line| !line.is_own());
        let seen = (unread_from..up_to).rev().find(received)?;
        let left = (seen.saturating_add(1)..places.end).filter(received).count();
        let message = self.at(seen)?.id;
        self.unread.left(u64::try_from(left).unwrap_or(u64::MAX));
        Some(message)
    }

    /// Where the received messages begin that nobody has seen.
    fn unread_from(&self) -> i64 {
        let end = self.places().end;
        self.back_from(end, self.unread.count()).unwrap_or(end)
    }

    /// Finds anew where new messages begin.
    fn mark(&mut self) {
        let (end, count) = self.unread.below();
        let from = self.back_from(end, count);
        self.unread.mark(from);
    }

    /// The place of the `count`-th received message before a place, or of the first of all.
    fn back_from(&self, end: i64, count: u64) -> Option<i64> {
        let places = self.places();
        let received = |place: &i64| self.at(*place).is_some_and(|line| !line.is_own());
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        (places.start..end.min(places.end)).rev().filter(received).take(count).last()
    }

    fn line_mut(&mut self, message: &MessageId) -> Option<&mut Line> {
        let place = self.places.get(message)?;
        let at = usize::try_from(place.checked_sub(self.first)?).ok()?;
        self.lines.get_mut(at)
    }
}
