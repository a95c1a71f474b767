//! How a conversation is protected, told to the curious.

use super::contact::Contact;
use super::contact::Conversation;
use crate::net::client::event::Details;
use crate::net::client::event::Messages;
use crate::net::client::event::PostQuantum;
use crate::net::client::event::SessionDetails;
use crate::net::client::event::SessionRole;
use crate::net::client::event::Turns;
use crate::signal::session::Role;

impl Contact {
    /// How the conversation is protected: never a key, a name of a session or a secret.
    pub(super) fn details(&self) -> Details {
        let sending = self.rules.sending();
        let session = sending.and_then(|name| self.sessions.get(&name)).map(session_details);
        let older_sessions = self.sessions.keys().filter(|name| Some(**name) != sending).count();
        let bundles = self.rules.bundles().count();
        Details { contact: self.id, session, older_sessions, bundles }
    }
}

fn session_details(conversation: &Conversation) -> SessionDetails {
    let Conversation { session, began, turned_at, .. } = conversation;
    let standing = session.standing();
    let (role, first) = match session.role() {
        Role::Initiator => (SessionRole::Initiator, 1),
        Role::Responder => (SessionRole::Responder, 0),
    };
    let theirs = session.turns();
    SessionDetails {
        suite: SUITE,
        role,
        answered: session.answered(),
        began: *began,
        turns: Turns { own: theirs.saturating_add(first), theirs, last: *turned_at },
        messages: Messages { sent: standing.sent, received: standing.received },
        post_quantum: PostQuantum { kem: KEM, mixed: standing.kem_mixed },
        skipped: standing.skipped,
        chains: standing.chains,
    }
}

/// There is one suite.
const SUITE: &str = "X25519 with ML-KEM-768, Ed25519, HKDF-SHA256, AES-256-GCM";
const KEM: &str = "ML-KEM-768";
