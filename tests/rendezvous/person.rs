//! One of the two, with what is on the disk.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use bauta::signal::rendezvous::rules::BundleName;
use bauta::signal::rendezvous::rules::Generation;
use bauta::signal::rendezvous::rules::Heard;
use bauta::signal::rendezvous::rules::Marks;
use bauta::signal::rendezvous::rules::Millis;
use bauta::signal::rendezvous::rules::Moment;
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
    /// When each of them was first put in the session that it went in last.
    pub(crate) put_at: BTreeMap<u64, (SessionName, Millis)>,
    pub(crate) receipts: Vec<u64>,
    pub(crate) received: BTreeSet<u64>,
    pub(crate) shown: Vec<u64>,
    pub(crate) notices: usize,
}

impl Person {
    /// A moment at somebody who waits for receipts.
    pub(crate) fn at(&self, now: Millis) -> Moment {
        let sending = self.rules.as_ref().and_then(Rules::sending);
        let put_at = |(content, _, _): &(Content, _, _)| {
            let (Content::Text(id) | Content::Greeting(id) | Content::Receipt(id)) = content;
            let (session, at) = *self.put_at.get(id)?;
            (Some(session) == sending).then_some(at)
        };
        Moment { now, unheard: self.outbox.iter().filter_map(put_at).min() }
    }
}
