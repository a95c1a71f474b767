//! One of the two, with what is on the disk.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use bauta::signal::rendezvous::rules::BundleName;
use bauta::signal::rendezvous::rules::Generation;
use bauta::signal::rendezvous::rules::Heard;
use bauta::signal::rendezvous::rules::Marks;
use bauta::signal::rendezvous::rules::Rules;
use bauta::signal::rendezvous::rules::SessionName;

use crate::mail::Content;
use crate::mail::Tag;
use crate::session::Session;

#[derive(Clone, Debug)]
pub(crate) struct OwnBundle {
    pub(crate) generation: Generation,
    pub(crate) heard: Heard,
    pub(crate) key: Tag,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) rules: Option<Rules>,
    pub(crate) marks: Marks,
    pub(crate) bundles: BTreeMap<BundleName, OwnBundle>,
    /// Those that were used, to be put once more while nothing is known to work.
    pub(crate) spent: BTreeMap<BundleName, OwnBundle>,
    pub(crate) sessions: BTreeMap<SessionName, Session>,
    /// Texts and greetings without a receipt: (content, the session they must go in, went in).
    pub(crate) outbox: Vec<(Content, Option<SessionName>, Option<SessionName>)>,
    pub(crate) receipts: Vec<u64>,
    pub(crate) received: BTreeSet<u64>,
    pub(crate) shown: Vec<u64>,
    pub(crate) notices: usize,
}
