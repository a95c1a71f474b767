//! Every event has its line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use core::time::Duration;

use serde_json::Value;
use serde_json::json;

use super::*;
use crate::id::Fingerprint;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::client::ChannelOptions;
use crate::net::client::Cipher;
use crate::net::client::Curve;
use crate::net::client::Quantum;
use crate::net::client::event::*;

fn id() -> Id {
    "ha4e7qbm17rsbzajvcpksejxeb56e2dz3pa146zkej403d0fdxeen0r1".parse().unwrap()
}

fn shown(event: &Event) -> Value {
    let line = line(event);
    assert_eq!(line.matches('\n').count(), 1);
    serde_json::from_str(&line).unwrap()
}

#[test]
fn messages_are_flat() {
    let (name, text) = (MessageId([1; 16]), "two\nlines \u{1b}[2J".to_owned());
    let state = MessageState::OnRelay { expires: 34 };
    let message = Message::new(id(), name, text, 12, state);
    let expected = json!({
        "event": "message", "contact": id().compact(), "message": "01".repeat(16),
        "text": "two\nlines \u{1b}[2J", "written_ms": 12, "state": "on_relay", "expires": 34,
    });
    assert_eq!(shown(&Event::Message(message.clone())), expected);
    let Value::Object(mut expected) = expected else { panic!("no object") };
    expected["event"] = "changed".into();
    assert_eq!(shown(&Event::Changed(message.clone())), Value::Object(expected));
    let history = Event::History { contact: id(), messages: vec![message], more: true };
    assert_eq!(shown(&history)["messages"][0]["state"], "on_relay");
    let state = MessageState::Failed { reason: FailReason::Expired };
    let progress = Event::Progress { contact: id(), message: MessageId([1; 16]), state };
    assert_eq!(shown(&progress)["reason"], "expired");
}

#[test]
fn a_message_says_what_became_of_it() {
    let mut message =
        Message::new(id(), MessageId([1; 16]), String::new(), 12, MessageState::Received);
    message.reply_to = Some(MessageId([2; 16]));
    message.edited = Some(13);
    message.deleted = true;
    message.reactions = Reactions { own: Some("+1".into()), theirs: Some("\u{1f44d}".into()) };
    message.disappears = Some(Disappears { after: 60, at: Some(72_000) });
    let expected = json!({
        "event": "changed", "contact": id().compact(), "message": "01".repeat(16), "text": "",
        "written_ms": 12, "state": "received", "reply_to": "02".repeat(16), "edited_ms": 13,
        "deleted": true, "own_reaction": "+1", "their_reaction": "\u{1f44d}",
        "disappears_after_s": 60, "disappears_at_ms": 72_000,
    });
    assert_eq!(shown(&Event::Changed(message)), expected);
}

#[test]
fn a_file_is_told_in_each_of_its_states() {
    let states = [
        (FileState::Preparing { done: 1 }, json!({"state": "preparing", "done": 1})),
        (FileState::Offered, json!({"state": "offered"})),
        (
            FileState::Moving { done: 2, left: Some(Duration::from_millis(3_900)) },
            json!({"state": "moving", "done": 2, "left_s": 3}),
        ),
        (
            FileState::Moving { done: 2, left: None },
            json!({"state": "moving", "done": 2, "left_s": null}),
        ),
        (
            FileState::Waiting { done: 4, why: FileWait::Disk },
            json!({"state": "waiting", "done": 4, "reason": "disk"}),
        ),
        (
            FileState::Done { path: Some("/in/a \"b\"\n.txt".into()) },
            json!({"state": "done", "path": "/in/a \"b\"\n.txt"}),
        ),
        (FileState::Done { path: None }, json!({"state": "done", "path": null})),
        (
            FileState::Failed { reason: FileFailure::WrongHash },
            json!({"state": "failed", "reason": "wrong_hash"}),
        ),
        (
            FileState::Cancelled { by_contact: true },
            json!({"state": "cancelled", "by_contact": true}),
        ),
    ];
    for (state, told) in states {
        let event =
            Event::File { contact: id(), message: MessageId([1; 16]), state: state.clone() };
        let Value::Object(mut expected) = told.clone() else { panic!("no object") };
        expected.insert("event".into(), "file".into());
        expected.insert("contact".into(), id().compact().into());
        expected.insert("message".into(), "01".repeat(16).into());
        assert_eq!(shown(&event), Value::Object(expected));
        // In a message the same stands beside the size, as a field of its own.
        let name = MessageId([1; 16]);
        let mut message =
            Message::new(id(), name, "../a\u{202e}.txt".into(), 12, MessageState::Received);
        message.file = Some(FileCard { size: 5, state, source: None });
        let Value::Object(mut card) = told else { panic!("no object") };
        card.insert("size".into(), 5.into());
        let shown = shown(&Event::Message(message));
        assert_eq!(shown["file"], Value::Object(card));
        assert_eq!(shown["text"], "../a\u{202e}.txt", "as its sender wrote it");
    }
}

#[test]
fn details_are_told_with_and_without_a_session() {
    let session = SessionDetails {
        suite: "suite",
        role: SessionRole::Responder,
        answered: true,
        began: 20_000,
        turns: Turns { own: 3, theirs: 4, last: Some(7) },
        messages: Messages { sent: 5, received: 6 },
        post_quantum: PostQuantum { kem: "kem", mixed: true },
        skipped: 1,
        chains: 2,
    };
    let details = Details { contact: id(), session: Some(session), older_sessions: 8, bundles: 9 };
    let expected = json!({
        "event": "details", "contact": id().compact(), "older_sessions": 8, "bundles": 9,
        "session": {
            "suite": "suite", "role": "responder", "answered": true, "began_day": 20_000,
            "own_turns": 3, "their_turns": 4, "last_turn_ms": 7, "sent": 5, "received": 6,
            "kem": "kem", "kem_mixed": true, "skipped": 1, "chains": 2,
        },
    });
    assert_eq!(shown(&Event::Details(details.clone())), expected);
    let none = Details { session: None, ..details };
    assert_eq!(shown(&Event::Details(none))["session"], Value::Null);
}

#[test]
fn every_event_names_itself() {
    let address: crate::id::Address = "127.0.0.1:7000".parse().unwrap();
    let fingerprint = Fingerprint::from_bytes([3; 32]);
    let asked = ContactState::Asked { lapses: None };
    let contact = Contact {
        nickname: Some("Rook".into()),
        timer: Timer { agreed: 60, own: 60, theirs: 0 },
        unread: 3,
        ..Contact::new(id(), asked)
    };
    let classical = ChannelOptions {
        curve: Curve::X25519,
        quantum: Quantum::Classical,
        cipher: Cipher::ChaCha20Poly1305,
        pace: ChannelOptions::pace_of(5),
    };
    let offline = Link::Offline { reason: OfflineReason::Lost, retry_in: Duration::from_secs(2) };
    let reason = OfflineReason::Proxy(ProxyFault::Refused);
    let partly = Link::Partly { standing: 3, wanted: 4, reason };
    for (event, expected) in [
        (
            Event::Ready { id: id(), ephemeral: true },
            json!({"event": "ready", "id": id().compact(), "ephemeral": true}),
        ),
        (
            Event::Proxy { at: "localhost:9050".into() },
            json!({"event": "proxy", "at": "localhost:9050"}),
        ),
        (
            Event::Link(partly),
            json!({"event": "link", "state": "partly", "standing": 3, "wanted": 4,
                "reason": "proxy_refused",
                "text": "the proxy reaches the relay's host, and nobody answers at its port"}),
        ),
        (
            Event::Link(Link::Connected(ChannelOptions::default())),
            json!({"event": "link", "state": "connected", "curve": "P-521",
                "kem": "ML-KEM-1024", "cipher": "AES-256-GCM", "pace_ms": null}),
        ),
        (
            Event::Link(Link::Connected(classical)),
            json!({"event": "link", "state": "connected", "curve": "X25519", "kem": null,
                "cipher": "ChaCha20-Poly1305", "pace_ms": 5_000}),
        ),
        (
            Event::Link(offline),
            json!({"event": "link", "state": "offline", "reason": "lost",
                "text": "the connection was lost", "retry_in_ms": 2000}),
        ),
        (
            Event::Contact(contact),
            json!({"event": "contact", "contact": id().compact(), "nickname": "Rook",
                "state": "asked", "lapses": null, "timer_s": 60, "own_timer_s": 60,
                "their_timer_s": 0, "unread": 3}),
        ),
        (
            Event::Settings(Settings { read_receipts: true, accept_below: 5 }),
            json!({"event": "settings", "read_receipts": true, "accept_below": 5}),
        ),
        (
            Event::Vanished { contact: id(), message: MessageId([1; 16]) },
            json!({"event": "vanished", "contact": id().compact(), "message": "01".repeat(16)}),
        ),
        (
            Event::Notice(Notice::KeysRefreshed { sequence: 2 }),
            json!({"event": "notice", "notice": "keys_refreshed", "sequence": 2}),
        ),
        (
            Event::AnotherNetwork {
                address: address.clone(),
                expected: fingerprint,
                found: Fingerprint::from_bytes([4; 32]),
            },
            json!({"event": "another_network", "address": "127.0.0.1:7000",
                "expected": fingerprint.to_string(),
                "found": Fingerprint::from_bytes([4; 32]).to_string()}),
        ),
        (
            Event::Refused(Refusal::OwnId),
            json!({"event": "refused", "reason": "own_id", "text": "that is your own ID"}),
        ),
        (Event::Closed { reason: None }, json!({"event": "closed", "reason": null, "text": null})),
    ] {
        assert_eq!(shown(&event), expected);
    }
    let invitation = Invitation::new(id(), &address, fingerprint);
    let shown = shown(&Event::Network { invitation: invitation.clone(), first_use: true });
    assert_eq!(shown["invitation"], invitation.to_string());
    assert_eq!(shown["address"], "127.0.0.1:7000");
    assert_eq!(shown["fingerprint"], fingerprint.to_string());
}
