//! The messages of one conversation, as far as they are loaded.

use core::ops::Range;
use std::collections::HashMap;

use crate::net::client::event::Message;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
use crate::ui::text::plain;

/// A message that can be drawn.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub id: MessageId,
    /// What was written, made harmless.
    pub text: String,
    /// Unix milliseconds: when it was written, by its writer's clock.
    pub written: u64,
    /// Received, or sent and how far it got.
    pub state: MessageState,
}

/// Messages in their order. Each has a place that never changes: older ones that are loaded later
/// have smaller places.
#[derive(Default)]
pub struct Conversation {
    lines: Vec<Line>,
    first: i64,
    places: HashMap<MessageId, i64>,
    more: bool,
    loading: bool,
    new_from: Option<i64>,
    unread: usize,
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
        self.lines.get(usize::try_from(at).ok()?)
    }

    /// The newest message.
    #[must_use]
    pub fn last(&self) -> Option<&Line> {
        self.lines.last()
    }

    /// The oldest message that is loaded, if older ones are to be had and not on their way.
    #[must_use]
    pub fn wants_older(&self) -> Option<MessageId> {
        let oldest = self.lines.first().map(|line| line.id);
        oldest.filter(|_| self.more && !self.loading)
    }

    /// How many messages came while nobody looked.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// The place of the first message that came while nobody looked.
    #[must_use]
    pub fn new_from(&self) -> Option<i64> {
        self.new_from
    }

    /// Takes a new message in; `watched` if somebody looks.
    pub(super) fn push(&mut self, message: Message, watched: bool) {
        if self.places.contains_key(&message.id) {
            return;
        }
        let place = self.places().end;
        if message.state == MessageState::Received && !watched {
            self.new_from.get_or_insert(place);
            self.unread = self.unread.saturating_add(1);
        } else if message.state != MessageState::Received {
            self.new_from = None;
        }
        self.places.insert(message.id, place);
        self.lines.push(line(message));
    }

    /// Takes older messages in, the oldest first; what is known already is left out.
    pub(super) fn prepend(&mut self, messages: Vec<Message>, more: bool) {
        self.loading = false;
        self.more = more;
        let known = &self.places;
        let older: Vec<_> = messages
            .into_iter()
            .filter(|message| !known.contains_key(&message.id))
            .map(line)
            .collect();
        self.first = self.first.saturating_sub(i64::try_from(older.len()).unwrap_or(i64::MAX));
        self.places.extend((self.first..).zip(&older).map(|(place, line)| (line.id, place)));
        self.lines.splice(..0, older);
    }

    pub(super) fn progress(&mut self, message: MessageId, state: MessageState) {
        let at = self.places.get(&message).and_then(|place| place.checked_sub(self.first));
        let at = at.and_then(|at| usize::try_from(at).ok());
        if let Some(line) = at.and_then(|at| self.lines.get_mut(at)) {
            line.state = state;
        }
    }

    pub(super) fn asked_for_older(&mut self) {
        self.loading = true;
    }

    /// Somebody looks at the newest message.
    pub(super) fn seen(&mut self) {
        self.unread = 0;
    }

    /// Nobody looks any more: what was new is new no longer.
    pub(super) fn left(&mut self) {
        if self.unread == 0 {
            self.new_from = None;
        }
    }
}

fn line(message: Message) -> Line {
    let Message { id, text, written, state, .. } = message;
    Line { id, text: plain(&text), written, state }
}
