//! What nobody has seen, and the line above it.
//!
//! ```text
//!   seen   seen  | new   new   new        the line stands while somebody reads below it, and is
//!                ^ new_from     ^ end     gone when they leave or answer
//! ```

/// How many received messages nobody has seen, and where they begin.
#[derive(Default)]
pub(super) struct Unread {
    count: u64,
    /// Received messages before `end` that stand below the line.
    new: u64,
    end: i64,
    new_from: Option<i64>,
    /// Whether somebody looks at the newest message.
    watched: bool,
}

impl Unread {
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Nothing is new to somebody who looks at it.
    pub(super) fn shown(&self) -> u64 {
        if self.watched { 0 } else { self.count }
    }

    pub(super) fn new_from(&self) -> Option<i64> {
        self.new_from
    }

    /// The end of what stands below the line, and how much that is.
    pub(super) fn below(&self) -> (i64, u64) {
        (self.end, self.new)
    }

    pub(super) fn mark(&mut self, from: Option<i64>) {
        self.new_from = from;
    }

    /// A message came to a place.
    pub(super) fn arrived(&mut self, place: i64) {
        self.count = self.count.saturating_add(1);
        if !self.watched {
            (self.new, self.end) = (self.new.saturating_add(1), place.saturating_add(1));
        }
    }

    /// Whoever writes has read.
    pub(super) fn answered(&mut self) {
        self.new = 0;
    }

    /// The client says how many there are; messages of earlier sessions among them.
    pub(super) fn counted(&mut self, count: u64, end: i64) {
        if count > self.count && !self.watched {
            (self.new, self.end) = (count, end);
        }
        self.count = count;
    }

    /// So many are left.
    pub(super) fn left(&mut self, count: u64) {
        self.count = count;
    }

    /// A received message is gone that was not seen, or that was.
    pub(super) fn gone(&mut self, unseen: bool) {
        if unseen {
            self.count = self.count.saturating_sub(1);
            self.new = self.new.saturating_sub(1);
        }
    }

    pub(super) fn watch(&mut self, at_end: bool) {
        self.watched = at_end;
    }

    pub(super) fn leave(&mut self) {
        self.watched = false;
        if self.count == 0 {
            self.new = 0;
        }
    }
}
