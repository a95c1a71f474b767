//! What lies in mailboxes: bundles and messages, without what only keys can hide.

use bauta::signal::rendezvous::rules::BundleName;
use bauta::signal::rendezvous::rules::Generation;
use bauta::signal::rendezvous::rules::Heard;
use bauta::signal::rendezvous::rules::SessionName;
use bauta::signal::rendezvous::rules::Turn;

pub(crate) type Tag = u64;

#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// What tells one envelope from another with the same number.
    pub(crate) id: u64,
    pub(crate) writer_key: Tag,
    pub(crate) for_key: Tag,
    pub(crate) number: u64,
    pub(crate) turn: Turn,
    pub(crate) content: Content,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Greeting(u64),
    Text(u64),
    Receipt(u64),
}

#[derive(Clone, Debug)]
pub(crate) enum Envelope {
    Bundle { name: BundleName, generation: Generation, heard: Heard, key: Tag },
    Initial { bundle: BundleName, session: SessionName, message: Message },
    Session { session: SessionName, message: Message },
}
