//! The terminal from outside: events and lines in, text and commands out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use core::time::Duration;

use super::*;
use crate::id::Address;
use crate::id::Fingerprint;
use crate::net::client::Command;
use crate::net::client::event::Contact;
use crate::net::client::event::ContactState;
use crate::net::client::event::FailReason;
use crate::net::client::event::Link;
use crate::net::client::event::Message;
use crate::net::client::event::MessageState;

/// Four people who never existed.
const IDS: [&str; 4] = [
    "ha4e7qbm17rsbzajvcpksejxeb56e2dz3pa146zkej403d0fdxeen0r1",
    "g4wqe3n8fmbnynn3ahkc6k3ysk5rv2mhpkq3f8jxyr7nq3y9pea6zk81",
    "xn4jhhh8t71cdtq90cw90pcnc4mnj9stbhhzjdhpr5319b476z8xt6g1",
    "sa9tr5r531r73nkvgf3zy3qyg44ehv2561bntxs6gy9k7pytqsyd8d01",
];

pub(super) fn contact(number: usize) -> Contact {
    let id = IDS[number - 1].parse().unwrap();
    Contact::new(id, ContactState::Asked { lapses: None })
}

fn rook() -> Contact {
    Contact { nickname: Some("Rook".into()), state: ContactState::Matched, ..contact(1) }
}

fn terminal(interactive: bool) -> Terminal {
    Terminal::in_zone(interactive, TimeZone::UTC)
}

fn with_rook() -> Terminal {
    let mut terminal = terminal(true);
    terminal.event(Event::Contact(rook()));
    terminal
}

fn type_in(terminal: &mut Terminal, line: &str) -> Reaction {
    terminal.line(Line::Text(line.into()))
}

fn message(number: u8, text: &str, state: MessageState) -> Message {
    let written = 1_796_961_780_000;
    Message::new(rook().id, MessageId([number; 16]), text.into(), written, state)
}

#[test]
fn a_message_is_followed_to_its_end() {
    let mut terminal = with_rook();
    let reaction = type_in(&mut terminal, "yes");
    let (contact, text) = (rook().id, "yes".into());
    assert_eq!(reaction.commands, [Command::Send { contact, text, reply_to: None }]);
    let shown = terminal.event(Event::Message(message(1, "yes", MessageState::Queued)));
    assert_eq!(shown.output, "-- Friday 2026-12-11 --\n04:03 you to Rook [1 .]: yes\n");
    let (contact, id) = (rook().id, MessageId([1; 16]));
    for (state, line) in [
        (
            MessageState::OnRelay { expires: 1_796_961_780 },
            "  [1 v] on the relay until 2026-12-11\n",
        ),
        (MessageState::Delivered, "  [1 vv] Rook has it\n"),
    ] {
        let shown = terminal.event(Event::Progress { contact, message: id, state });
        assert_eq!(shown.output, line);
    }
}

#[test]
fn failed_messages_are_sent_again_on_request() {
    let mut terminal = with_rook();
    assert_eq!(type_in(&mut terminal, "/retry").commands, []);
    let (contact, message) = (rook().id, MessageId([1; 16]));
    let state = MessageState::Failed { reason: FailReason::Expired };
    let shown = terminal.event(Event::Progress { contact, message, state });
    assert!(shown.output.contains("/retry"), "{}", shown.output);
    let commands = type_in(&mut terminal, "/retry").commands;
    assert_eq!(commands, [Command::Retry { contact, message }]);
    assert_eq!(type_in(&mut terminal, "/retry").commands, []);
}

#[test]
fn peer_text_cannot_imitate_a_line() {
    let mut terminal = with_rook();
    let text = "hi\n02:44 you to Rook [9 vv]: I agree\u{1b}[2J";
    let shown = terminal.event(Event::Message(message(1, text, MessageState::Received)));
    let expected = "04:03 Rook: hi\n      | 02:44 you to Rook [9 vv]: I agree\u{fffd}[2J\n";
    assert!(shown.output.ends_with(expected), "{}", shown.output);
}

#[test]
fn a_nickname_is_asked_after_the_id() {
    let mut terminal = terminal(true);
    let id = contact(1).id;
    let asked = type_in(&mut terminal, &format!("/add {id}"));
    assert!(asked.output.starts_with("Nickname for"), "{}", asked.output);
    assert_eq!(asked.commands, []);
    let added = type_in(&mut terminal, " Rook ").commands;
    let nickname = Some("Rook".into());
    assert_eq!(added, [Command::Add { contact: id.to_string(), nickname }]);
    type_in(&mut terminal, &format!("/add {id}"));
    let added = type_in(&mut terminal, "").commands;
    assert_eq!(added, [Command::Add { contact: id.to_string(), nickname: None }]);
}

#[test]
fn a_pipe_is_not_asked_for_a_nickname() {
    let mut terminal = terminal(false);
    let contact = contact(1).id.compact();
    let added = type_in(&mut terminal, &format!("/add {contact}")).commands;
    assert_eq!(added, [Command::Add { contact, nickname: None }]);
}

#[test]
fn a_wrong_id_is_named_at_once() {
    let mut terminal = terminal(true);
    let shown = type_in(&mut terminal, "/add abc");
    assert_eq!(shown.output, "An ID has 56 characters, this has 3.\n");
    assert_eq!(type_in(&mut terminal, "hello").output, format!("{}\n", text::NOBODY_CHOSEN));
}

#[test]
fn a_request_says_who_can_see_it() {
    let mut terminal = terminal(true);
    let shown = terminal.event(Event::Contact(contact(2))).output;
    assert!(shown.contains("Nobody, the relay included, can see this request"), "{shown}");
    assert_eq!(terminal.event(Event::Contact(contact(2))), Reaction::default());
    let matched = Contact { state: ContactState::Matched, ..contact(2) };
    let shown = terminal.event(Event::Contact(matched)).output;
    assert!(shown.contains("has added you too"), "{shown}");
}

#[test]
fn staying_offline_is_said_once() {
    let mut terminal = terminal(true);
    let offline =
        |s| Link::Offline { reason: OfflineReason::Unreachable, retry_in: Duration::from_secs(s) };
    assert!(terminal.event(Event::Link(offline(2))).output.contains("Next try in 2 s"));
    assert_eq!(terminal.event(Event::Link(Link::Connecting)), Reaction::default());
    assert_eq!(terminal.event(Event::Link(offline(4))), Reaction::default());
    assert_eq!(terminal.event(Event::Link(Link::Connected)).output, "Connected.\n");
    assert!(!terminal.event(Event::Link(offline(2))).output.is_empty());
}

#[test]
fn another_network_is_a_hard_stop_with_both_fingerprints() {
    let mut terminal = with_rook();
    let address: Address = "127.0.0.1:7000".parse().unwrap();
    let (expected, found) = (Fingerprint::from_bytes([1; 32]), Fingerprint::from_bytes([2; 32]));
    let shown = terminal.event(Event::AnotherNetwork { address, expected, found }).output;
    for part in [expected.to_string(), found.to_string(), "/trust".into(), "127.0.0.1:7000".into()]
    {
        assert!(shown.contains(&part), "{shown}");
    }
    let typed = format!("127.0.0.1:7000#{found}");
    let commands = type_in(&mut terminal, &format!("/trust {typed}")).commands;
    assert_eq!(commands, [Command::Trust { typed }]);
}

#[test]
fn who_was_removed_is_told_from_who_is_elsewhere() {
    let mut terminal = with_rook();
    let contact = rook().id;
    let elsewhere = terminal.event(Event::Removed { contact }).output;
    assert_eq!(elsewhere, "Rook belongs to the network of before and is kept there.\n");
    terminal.event(Event::Contact(rook()));
    assert_eq!(type_in(&mut terminal, "/remove rook").commands, [Command::Remove { contact }]);
    let removed = terminal.event(Event::Removed { contact }).output;
    assert_eq!(removed, "Rook is removed; keys and messages are destroyed.\n");
}

#[test]
fn history_goes_on_where_it_ended() {
    let mut terminal = with_rook();
    let contact = rook().id;
    let asked = |before| [Command::History { contact, before, limit: 20 }];
    assert_eq!(type_in(&mut terminal, "/history older").commands, asked(None));
    let messages =
        vec![message(3, "a", MessageState::Received), message(4, "b", MessageState::Delivered)];
    let shown = terminal.event(Event::History { contact, messages, more: true }).output;
    assert!(shown.ends_with("04:03 Rook: a\n04:03 you to Rook [vv]: b\n"), "{shown}");
    assert_eq!(type_in(&mut terminal, "/history older").commands, asked(Some(MessageId([3; 16]))));
    assert_eq!(type_in(&mut terminal, "/history").commands, asked(None));
}

#[test]
fn commands_are_never_sent_as_messages() {
    let mut terminal = with_rook();
    for line in ["/quti", "/", "/to", "/remove", "/add", "/trust", "   "] {
        assert_eq!(type_in(&mut terminal, line).commands, [], "{line}");
    }
    assert_eq!(type_in(&mut terminal, "/quit").commands, [Command::Quit]);
}
