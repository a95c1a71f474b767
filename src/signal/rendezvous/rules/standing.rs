//! What can be asked of the rules: nothing here changes them.

use super::BundleName;
use super::Entry;
use super::Generation;
use super::Marks;
use super::Millis;
use super::Rules;
use super::SessionName;
use super::Turn;

impl Rules {
    /// What must survive the removal of the contact.
    #[must_use]
    pub fn marks(&self) -> Marks {
        Marks { issued: self.issued, accepted: self.accepted, turn: self.turn }
    }

    /// The latest generation accepted from the peer, or turn of the peer's authenticated: what it took
    /// back before that is over.
    #[must_use]
    pub fn latest_of_peer(&self) -> Generation {
        self.accepted.max(self.peer_turn)
    }

    /// The session to send in, if there is one.
    #[must_use]
    pub fn sending(&self) -> Option<SessionName> {
        self.sending
    }

    /// The number that a message in this session carries: the turn in which the session was
    /// chosen, or 0 in a session that is not the chosen one.
    #[must_use]
    pub fn turn(&self, name: SessionName) -> Turn {
        if self.sending == Some(name) { self.turn } else { 0 }
    }

    /// Whether a message of the peer was ever authenticated in a session that is still here.
    #[must_use]
    pub fn matched(&self) -> bool {
        self.sessions.iter().any(|session| session.answered)
    }

    /// Whether the peer answered in this session.
    #[must_use]
    pub fn answered(&self, name: SessionName) -> bool {
        self.session(name).is_some_and(|session| session.answered)
    }

    /// Whether this session is sent in or a candidate: a greeting in it is worth repeating.
    #[must_use]
    pub fn live(&self, name: SessionName) -> bool {
        self.session(name).is_some_and(|session| session.retired.is_none())
    }

    /// Whether messages are known to have come both ways in the session to send in.
    #[must_use]
    pub fn works(&self) -> bool {
        self.sending.and_then(|sending| self.session(sending)).is_some_and(Entry::works)
    }

    /// Since when a session is only read.
    #[must_use]
    pub fn retired(&self, name: SessionName) -> Option<Millis> {
        self.session(name).and_then(|session| session.retired)
    }

    /// Whether the peer may choose a session that is retired here: it began it, and is not known to
    /// have heard that it was answered.
    #[must_use]
    pub fn may_be_chosen(&self, name: SessionName) -> bool {
        self.session(name).is_some_and(|session| !session.initiated && !session.ordinary)
    }

    /// Every session that is still read.
    pub fn sessions(&self) -> impl Iterator<Item = SessionName> {
        self.sessions.iter().map(|session| session.name)
    }

    /// Every bundle whose private keys are kept.
    pub fn bundles(&self) -> impl Iterator<Item = BundleName> {
        self.bundles.iter().map(|bundle| bundle.name)
    }

    pub(super) fn session(&self, name: SessionName) -> Option<&Entry> {
        self.sessions.iter().find(|session| session.name == name)
    }
}
