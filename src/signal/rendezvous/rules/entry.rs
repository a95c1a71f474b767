//! A session as the rules see it.

use super::Generation;
use super::Millis;
use super::SessionName;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: SessionName,
    pub(super) initiated: bool,
    /// The generation of the bundle that it was made from.
    pub(super) generation: Generation,
    /// Of the session if one initiated it, of the bundle if the peer did.
    pub(super) order: u64,
    pub(super) answered: bool,
    /// Whether an ordinary message came in it: whoever initiated it has had an answer.
    pub(super) ordinary: bool,
    /// Since when it is only read.
    pub(super) retired: Option<Millis>,
}

impl Entry {
    /// Whether messages are known to have come both ways.
    pub(super) fn works(&self) -> bool {
        self.answered && (self.initiated || self.ordinary)
    }
}
