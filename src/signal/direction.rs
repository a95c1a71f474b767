//! Which way something goes between two people.

/// A direction, from one's own point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// What one writes oneself.
    Outgoing,
    /// What the peer writes.
    Incoming,
}

impl Direction {
    /// `(writer, reader)` of the two keys.
    pub(super) const fn writer_and_reader<'a, K>(self, own: &'a K, peer: &'a K) -> (&'a K, &'a K) {
        match self {
            Self::Outgoing => (own, peer),
            Self::Incoming => (peer, own),
        }
    }
}
