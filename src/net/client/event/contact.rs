//! A contact as fronts see it.

use crate::id::Id;

/// A contact as a front shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub id: Id,
    /// The name of this session.
    pub nickname: Option<String>,
    /// Where the request stands.
    pub state: ContactState,
    /// When texts disappear.
    pub timer: Timer,
    /// How many received messages are not [seen](super::Command::Seen). Every message received
    /// after this event is one more.
    pub unread: u64,
}

impl Contact {
    /// A contact with whom nothing was said yet.
    #[must_use]
    pub fn new(id: Id, state: ContactState) -> Self {
        Self { id, nickname: None, state, timer: Timer::default(), unread: 0 }
    }
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContactState {
    /// Asked. Nobody can see the request but a person who makes the same one.
    Asked {
        /// Unix seconds when it lapses unless renewed; `None` until the relay has it.
        lapses: Option<u64>,
    },
    /// Both asked; the conversation is open.
    Matched,
    /// The contact ended the conversation. Nothing can be sent unless they ask again.
    Ended,
}

/// How long texts last after they were read, in seconds; 0: until somebody deletes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timer {
    /// What holds: what both wanted last at the same time.
    pub agreed: u32,
    /// What one wants oneself.
    pub own: u32,
    /// What the contact wants.
    pub theirs: u32,
}
