//! How a conversation is protected.

use serde::Serialize;

use crate::net::client::event::Details;
use crate::net::client::event::SessionDetails;
use crate::net::client::event::SessionRole;

#[derive(Serialize)]
pub(crate) struct DetailsOutput {
    contact: String,
    session: Option<SessionOutput>,
    older_sessions: usize,
    bundles: usize,
}

#[derive(Serialize)]
struct SessionOutput {
    suite: &'static str,
    role: &'static str,
    answered: bool,
    began_day: u64,
    own_turns: u64,
    their_turns: u64,
    last_turn_ms: Option<u64>,
    sent: u32,
    received: u32,
    kem: &'static str,
    kem_mixed: bool,
    skipped: usize,
    chains: usize,
}

impl From<&Details> for DetailsOutput {
    fn from(details: &Details) -> Self {
        Self {
            contact: details.contact.compact(),
            session: details.session.as_ref().map(SessionOutput::from),
            older_sessions: details.older_sessions,
            bundles: details.bundles,
        }
    }
}

impl From<&SessionDetails> for SessionOutput {
    fn from(session: &SessionDetails) -> Self {
        Self {
            suite: session.suite,
            role: match session.role {
                SessionRole::Initiator => "initiator",
                SessionRole::Responder => "responder",
            },
            answered: session.answered,
            began_day: session.began,
            own_turns: session.turns.own,
            their_turns: session.turns.theirs,
            last_turn_ms: session.turns.last,
            sent: session.messages.sent,
            received: session.messages.received,
            kem: session.post_quantum.kem,
            kem_mixed: session.post_quantum.mixed,
            skipped: session.skipped,
            chains: session.chains,
        }
    }
}
