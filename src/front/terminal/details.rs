//! How a conversation is protected, in a few lines.

use super::clock::Clock;
use crate::net::client::event::Details;
use crate::net::client::event::SessionDetails;
use crate::net::client::event::SessionRole;

/// The lines; `name` is how the contact is shown.
pub(super) fn lines(details: &Details, name: &str, clock: &Clock) -> String {
    let session = details.session.as_ref().map_or_else(
        || "  session       none before they have added you too".to_owned(),
        |session| self::session(session, clock),
    );
    format!(
        "Conversation with {name}\n{session}\n  \
           also kept     older sessions that are still read: {}, sealed requests of yours: {}",
        details.older_sessions, details.bundles
    )
}

fn session(session: &SessionDetails, clock: &Clock) -> String {
    let who = match session.role {
        SessionRole::Initiator => "you",
        SessionRole::Responder => "them",
    };
    let answered = if session.answered { "" } else { ", not answered yet" };
    let last = session.turns.last.map(|ms| format!(", the last {}", clock.date_and_time(ms)));
    let mixed = if session.post_quantum.mixed { "mixed in" } else { "not yet mixed in" };
    format!(
        "  session       {suite}, begun by {who} on {began}{answered}\n  \
           turns         {own} with a new key of yours, {theirs} with one of theirs{last}\n  \
           since then    messages sent: {sent}, received: {received}\n  \
           post-quantum  {kem}, {mixed} at the last turn\n  \
           kept          keys of missing messages: {skipped}, chains that are read: {chains}",
        suite = session.suite,
        began = Clock::day(session.began),
        own = session.turns.own,
        theirs = session.turns.theirs,
        last = last.unwrap_or_default(),
        sent = session.messages.sent,
        received = session.messages.received,
        kem = session.post_quantum.kem,
        skipped = session.skipped,
        chains = session.chains,
    )
}
