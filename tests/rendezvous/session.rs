//! A fake of a Double Ratchet: what it reads, and what it never reads again.

use std::collections::BTreeSet;
use std::collections::VecDeque;

use bauta::signal::rendezvous::rules::BundleName;

use crate::mail::Message;
use crate::mail::Tag;

/// How many of the last envelopes a session knows again.
pub(crate) const RECENT: usize = 128;

#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) initiated: bool,
    pub(crate) bundle: BundleName,
    pub(crate) own_key: Tag,
    /// The peer's chains that are readable, the newest last.
    pub(crate) chains: Vec<Tag>,
    pub(crate) for_key: Tag,
    pub(crate) number: u64,
    pub(crate) consumed: BTreeSet<(Tag, u64)>,
    /// The envelopes that came last in the session's mailbox.
    pub(crate) recent: VecDeque<u64>,
}

/// What becomes of an envelope in a session.
pub(crate) enum Opened {
    Read,
    /// Its number was used.
    Used,
    Unreadable,
}

impl Session {
    pub(crate) fn open(&mut self, message: &Message) -> Opened {
        let known = self.chains.contains(&message.writer_key);
        if !known && message.for_key != self.own_key {
            return Opened::Unreadable;
        }
        if !self.consumed.insert((message.writer_key, message.number)) {
            return Opened::Used;
        }
        Opened::Read
    }

    /// The first message of a new chain of the peer's begins a new one of one's own.
    pub(crate) fn turn(&mut self, message: &Message, next_key: Tag) {
        if self.chains.contains(&message.writer_key) {
            return;
        }
        self.chains.push(message.writer_key);
        self.for_key = message.writer_key;
        self.own_key = next_key;
        self.number = 0;
    }
}
