//! The terminal from outside: events and lines in, text and commands out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use core::time::Duration;

use super::*;
use crate::id::Address;
use crate::id::Fingerprint;
use crate::net::client::ChannelOptions;
use crate::net::client::Cipher;
use crate::net::client::Command;
use crate::net::client::Curve;
use crate::net::client::Quantum;
use crate::net::client::event::Change;
use crate::net::client::event::Contact;
use crate::net::client::event::ContactState;
use crate::net::client::event::Details;
use crate::net::client::event::Disappears;
use crate::net::client::event::FailReason;
use crate::net::client::event::HoldReason;
use crate::net::client::event::Link;
use crate::net::client::event::MAX_TEXT_LEN;
use crate::net::client::event::Message;
use crate::net::client::event::MessageState;
use crate::net::client::event::Messages;
use crate::net::client::event::PostQuantum;
use crate::net::client::event::ProxyFault;
use crate::net::client::event::Reactions;
use crate::net::client::event::Refusal;
use crate::net::client::event::SessionDetails;
use crate::net::client::event::SessionRole;
use crate::net::client::event::Timer;
use crate::net::client::event::Turns;

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
        (
            MessageState::Held { reason: HoldReason::MailboxFull },
            "  [1 .] for Rook waits here: the mailbox is full\n",
        ),
        (MessageState::Delivered, "  [1 vv] Rook has it\n"),
        (MessageState::Read, "  [1 vvv] Rook has read it\n"),
        (
            MessageState::Failed { reason: FailReason::Ended },
            "  [1 !] for Rook failed: the conversation was ended\n",
        ),
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
    let expected = "04:03 Rook [1]: hi\n      | 02:44 you to Rook [9 vv]: I agree\u{fffd}[2J\n";
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
    let connected = Link::Connected(ChannelOptions::default());
    assert!(terminal.event(Event::Link(connected)).output.starts_with("Connected"));
    assert!(!terminal.event(Event::Link(offline(2))).output.is_empty());
}

#[test]
fn a_proxy_and_what_does_not_go_through_it_are_said_once() {
    let mut terminal = terminal(true);
    let said = terminal.event(Event::Proxy { at: "127.0.0.1:9050".into() }).output;
    assert!(said.starts_with("Everything goes through the proxy at 127.0.0.1:9050"), "{said}");
    let reason = OfflineReason::Proxy(ProxyFault::HostUnreachable);
    let partly = |standing| Link::Partly { standing, wanted: 6, reason };
    let said = terminal.event(Event::Link(partly(4))).output;
    assert!(said.starts_with("4 of 6 connections stand"), "{said}");
    assert!(said.contains("the proxy does not find the relay"), "{said}");
    assert_eq!(terminal.event(Event::Link(partly(5))), Reaction::default());
    let connected = Link::Connected(ChannelOptions::default());
    assert!(terminal.event(Event::Link(connected)).output.starts_with("Connected"));
}

#[test]
fn a_connection_says_what_its_channel_is_made_of() {
    let connected = |curve, quantum, cipher, steady| {
        let pace = ChannelOptions::pace_of(steady);
        let channel = ChannelOptions { curve, quantum, cipher, pace };
        terminal(true).event(Event::Link(Link::Connected(channel))).output
    };
    assert_eq!(
        connected(Curve::P521, Quantum::Resistant, Cipher::Aes256Gcm, 0),
        "Connected: P-521 + ML-KEM-1024, AES-256-GCM.\n"
    );
    assert_eq!(
        connected(Curve::X25519, Quantum::Classical, Cipher::ChaCha20Poly1305, 5),
        "Connected: X25519 without ML-KEM, ChaCha20-Poly1305, \
         one cell every 5 s each way (142 MB a day and connection).\n"
    );
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
    assert!(shown.ends_with("04:03 Rook [1]: a\n04:03 you to Rook [2 vv]: b\n"), "{shown}");
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

/// Rook's message 1 and one's own 2.
fn with_two_messages() -> Terminal {
    let mut terminal = with_rook();
    terminal.event(Event::Message(message(1, "is this you?", MessageState::Received)));
    terminal.event(Event::Message(message(2, "yes", MessageState::Delivered)));
    terminal
}

fn reacted(message: Message, own: Option<&str>, theirs: Option<&str>) -> Message {
    let reactions = Reactions { own: own.map(str::to_owned), theirs: theirs.map(str::to_owned) };
    Message { reactions, ..message }
}

#[test]
fn messages_are_answered_changed_and_reacted_to_by_number() {
    let mut terminal = with_two_messages();
    let contact = rook().id;
    let (one, two) = (MessageId([1; 16]), MessageId([2; 16]));
    for (line, command) in [
        ("/reply 1 it is", Command::Send { contact, text: "it is".into(), reply_to: Some(one) }),
        ("/edit 2 no", Command::Edit { contact, message: two, text: "no".into() }),
        ("/delete 2", Command::Delete { contact, message: two, for_both: true }),
        ("/forget 1", Command::Delete { contact, message: one, for_both: false }),
        ("/react 1 +1", Command::React { contact, message: one, reaction: Some("+1".into()) }),
        ("/react 1", Command::React { contact, message: one, reaction: None }),
    ] {
        assert_eq!(type_in(&mut terminal, line).commands, [command], "{line}");
    }
    for line in ["/reply 3 x", "/delete 0", "/react 99999999999 x"] {
        let reaction = type_in(&mut terminal, line);
        assert_eq!(reaction.commands, [], "{line}");
        assert!(reaction.output.contains("Numbers stand in brackets"), "{}", reaction.output);
    }
}

#[test]
fn a_number_leads_to_its_own_conversation() {
    let mut terminal = with_two_messages();
    let other = Contact { state: ContactState::Matched, ..contact(2) };
    terminal.event(Event::Contact(other.clone()));
    type_in(&mut terminal, &format!("/to {}", other.id.short()));
    let [Command::Send { contact, .. }] = &type_in(&mut terminal, "/reply 1 a").commands[..] else {
        panic!("not sent");
    };
    assert_eq!(*contact, rook().id);
}

#[test]
fn an_answer_stands_below_what_it_answers() {
    let mut terminal = with_two_messages();
    let reply = |number, to| Message {
        reply_to: Some(MessageId([to; 16])),
        ..message(number, "good", MessageState::Received)
    };
    let shown = terminal.event(Event::Message(reply(3, 2))).output;
    assert_eq!(shown, "  > [2] you: yes\n04:03 Rook [3]: good\n");
    let shown = terminal.event(Event::Message(reply(4, 1))).output;
    assert_eq!(shown, "  > [1] Rook: is this you?\n04:03 Rook [4]: good\n");
    let shown = terminal.event(Event::Message(reply(5, 77))).output;
    assert_eq!(shown, "  > an earlier message\n04:03 Rook [5]: good\n");
    let deleted = Message { deleted: true, ..message(1, "", MessageState::Received) };
    terminal.event(Event::Changed(deleted));
    let shown = terminal.event(Event::Message(reply(6, 1))).output;
    assert_eq!(shown, "  > [1, deleted]\n04:03 Rook [6]: good\n");
}

#[test]
fn what_becomes_of_a_message_is_said() {
    let mut terminal = with_two_messages();
    let theirs = message(1, "is it you?", MessageState::Received);
    let edited = Message { edited: Some(1), ..theirs.clone() };
    let own = message(2, "yes", MessageState::Delivered);
    for (changed, line) in [
        (edited.clone(), "  [1] Rook edited it: is it you?\n"),
        (edited.clone(), ""),
        (reacted(edited.clone(), Some("+1"), None), "  [1] you react: +1\n"),
        (reacted(edited.clone(), None, None), "  [1] you take the reaction back\n"),
        (reacted(own.clone(), None, Some("\u{2764}")), "  [2] Rook reacts: \u{2764}\n"),
        (own.clone(), "  [2] Rook takes the reaction back\n"),
        // Before it was sent.
        (Message { text: "no".into(), ..own.clone() }, "  [2] you edited it: no\n"),
        (Message { edited: Some(9), text: "on".into(), ..own }, "  [2] you edited it: on\n"),
        (reacted(edited.clone(), None, Some("+1")), "  [1] Rook reacts: +1\n"),
        (Message { text: String::new(), deleted: true, ..edited }, "  [1] Rook deleted it\n"),
    ] {
        assert_eq!(terminal.event(Event::Changed(changed)).output, line);
    }
}

#[test]
fn the_history_says_what_became_of_a_message() {
    let mut terminal = with_rook();
    let disappears = Some(Disappears { after: 3600, at: None });
    let edited = Message { edited: Some(1), disappears, ..message(1, "a", MessageState::Received) };
    let deleted = Message { deleted: true, ..message(2, "", MessageState::Read) };
    let messages = vec![reacted(edited, Some("+1"), Some("-1")), deleted];
    let shown = terminal.event(Event::History { contact: rook().id, messages, more: false }).output;
    let expected = "04:03 Rook [1, edited, 1h]: a\n  [1] you react: +1\n  [1] Rook reacts: -1\n\
                    04:03 you to Rook [2 vvv, deleted]\n";
    assert!(shown.ends_with(expected), "{shown}");
}

#[test]
fn edits_reactions_and_quotes_cannot_imitate_a_line() {
    let mut terminal = with_two_messages();
    let text = "a\n04:03 you to Rook [9 vv]: b\u{1b}[2J";
    let hostile = Message { edited: Some(1), ..message(1, text, MessageState::Received) };
    let hostile = reacted(hostile, None, Some("x\r04:03"));
    let answer =
        Message { reply_to: Some(MessageId([1; 16])), ..message(3, text, MessageState::Received) };
    for event in [Event::Changed(hostile), Event::Message(answer)] {
        let shown = terminal.event(event).output;
        let own = ["  [1] Rook ", "  > [1] Rook: ", "04:03 Rook [3]: ", "      | "];
        for line in shown.lines() {
            assert!(own.iter().any(|start| line.starts_with(start)), "{line}");
            assert!(!line.contains('\u{1b}'));
        }
        assert!(shown.contains("      | 04:03"), "{shown}");
    }
}

#[test]
fn what_was_never_shown_changes_and_vanishes_silently() {
    let mut terminal = with_rook();
    let contact = rook().id;
    let runs = Some(Disappears { after: 5, at: Some(7) });
    let unseen = Message { disappears: runs, ..message(1, "a", MessageState::Received) };
    assert_eq!(terminal.event(Event::Changed(unseen)), Reaction::default());
    let vanished = Event::Vanished { contact, message: MessageId([1; 16]) };
    assert_eq!(terminal.event(vanished), Reaction::default());
    // Of an earlier session, and another one now: it is shown as it is.
    let edited = Message { edited: Some(1), ..message(2, "b", MessageState::Received) };
    let shown = terminal.event(Event::Changed(edited)).output;
    assert!(shown.ends_with("04:03 Rook [1, edited]: b\n"), "{shown}");
}

#[test]
fn a_message_that_is_gone_is_said_once() {
    let mut terminal = with_two_messages();
    let contact = rook().id;
    let vanished = |number| Event::Vanished { contact, message: MessageId([number; 16]) };
    assert_eq!(terminal.event(vanished(1)).output, "  [1] has disappeared\n");
    assert_eq!(terminal.event(vanished(1)), Reaction::default());
    assert_eq!(type_in(&mut terminal, "/reply 1 a").commands, []);
    type_in(&mut terminal, "/forget 2");
    let shown = terminal.event(vanished(2)).output;
    assert_eq!(shown, "  [2] is deleted here; Rook may have it still\n");
    terminal.event(Event::Message(message(3, "oh", MessageState::Queued)));
    type_in(&mut terminal, "/delete 3");
    assert_eq!(terminal.event(vanished(3)).output, "  [3] is deleted; Rook never got it\n");
    terminal.event(Event::Message(message(4, "well", MessageState::Received)));
    type_in(&mut terminal, "/delete 4");
    terminal.event(Event::Refused(Refusal::NotYours));
    assert_eq!(terminal.event(vanished(4)).output, "  [4] has disappeared\n");
}

#[test]
fn what_is_printed_in_the_open_conversation_is_seen() {
    let mut terminal = with_rook();
    let other = Contact { state: ContactState::Matched, ..contact(2) };
    terminal.event(Event::Contact(other.clone()));
    let from = |contact: &Contact, number| {
        Event::Message(Message {
            contact: contact.id,
            ..message(number, "a", MessageState::Received)
        })
    };
    let seen = |contact: &Contact, number| {
        [Command::Seen { contact: contact.id, message: MessageId([number; 16]) }]
    };
    assert_eq!(terminal.event(from(&rook(), 1)).commands, seen(&rook(), 1));
    assert_eq!(terminal.event(from(&other, 2)).commands, []);
    assert_eq!(terminal.event(from(&other, 3)).commands, []);
    // Deleted before it came: there is nothing to read.
    let deleted =
        Message { contact: other.id, deleted: true, ..message(9, "", MessageState::Received) };
    terminal.event(Event::Message(deleted));
    let shown = type_in(&mut terminal, "/contacts").output;
    assert!(shown.contains("Rook: open\n") && shown.contains(": open, 2 unread\n"), "{shown}");
    let to_other = format!("/to {}", other.id.short());
    assert_eq!(type_in(&mut terminal, &to_other).commands, seen(&other, 9));
    assert_eq!(type_in(&mut terminal, &to_other).commands, []);
    assert_eq!(terminal.event(from(&rook(), 4)).commands, []);
    assert_eq!(terminal.event(Event::Message(message(5, "b", MessageState::Queued))).commands, []);
}

#[test]
fn nobody_sees_what_goes_into_a_pipe() {
    let mut terminal = terminal(false);
    terminal.event(Event::Contact(Contact { unread: 2, ..rook() }));
    let received = Event::Message(message(1, "a", MessageState::Received));
    assert_eq!(terminal.event(received).commands, []);
    assert_eq!(type_in(&mut terminal, "/to rook").commands, []);
}

#[test]
fn unread_messages_are_printed_before_they_count_as_seen() {
    let mut terminal = terminal(true);
    let reaction = terminal.event(Event::Contact(Contact { unread: 2, ..rook() }));
    assert_eq!(reaction.output, "Rook: the conversation is open, 2 unread.\n");
    let contact = rook().id;
    assert_eq!(reaction.commands, [Command::History { contact, before: None, limit: 2 }]);
    let messages =
        vec![message(1, "a", MessageState::Received), message(2, "b", MessageState::Delivered)];
    let shown = terminal.event(Event::History { contact, messages, more: true });
    assert_eq!(shown.commands, [Command::Seen { contact, message: MessageId([1; 16]) }]);
    assert_eq!(type_in(&mut terminal, "/to rook").commands, []);
}

#[test]
fn both_must_want_a_timer() {
    let mut terminal = with_rook();
    let contact = rook().id;
    for (line, seconds) in [("/timer 1d", Some(86_400)), ("/timer off", None)] {
        assert_eq!(type_in(&mut terminal, line).commands, [Command::Timer { contact, seconds }]);
    }
    assert!(type_in(&mut terminal, "/timer soon").output.contains("30m, 2h, 1d"));
    let with = |agreed, own, theirs| {
        Event::Contact(Contact { timer: Timer { agreed, own, theirs }, ..rook() })
    };
    for (event, line) in [
        (
            with(0, 0, 86_400),
            "Messages with Rook stay until somebody deletes them. You want: off. They want: 1d; \
             /timer 1d agrees.\n",
        ),
        (
            with(86_400, 86_400, 86_400),
            "Messages with Rook disappear 1d after they are read. What a terminal has shown stays \
             in it.\n",
        ),
        (with(86_400, 86_400, 86_400), ""),
    ] {
        assert_eq!(terminal.event(event).output, line);
    }
    assert!(type_in(&mut terminal, "/timer").output.starts_with("Messages with Rook disappear 1d"));
    let shown = type_in(&mut terminal, "/contacts").output;
    assert!(shown.contains("Rook: open, messages disappear 1d after they are read\n"), "{shown}");
}

#[test]
fn read_receipts_are_off_until_somebody_wants_them() {
    let mut terminal = with_rook();
    let off = Settings::default();
    let on = Settings { read_receipts: true, ..off };
    assert_eq!(terminal.event(Event::Settings(off)), Reaction::default());
    assert!(type_in(&mut terminal, "/receipts").output.starts_with("Read receipts are off"));
    assert_eq!(
        type_in(&mut terminal, "/receipts on").commands,
        [Command::Settings(Change::read_receipts(true))]
    );
    assert!(terminal.event(Event::Settings(on)).output.starts_with("Read receipts are on"));
    assert_eq!(terminal.event(Event::Settings(on)), Reaction::default());
    assert_eq!(
        type_in(&mut terminal, "/receipts off").commands,
        [Command::Settings(Change::read_receipts(false))]
    );
    let mut again = self::terminal(true);
    assert!(again.event(Event::Settings(on)).output.starts_with("Read receipts are on"));
}

#[test]
fn no_file_comes_by_itself_until_somebody_wants_it() {
    let mut terminal = with_rook();
    let off = Settings::default();
    assert_eq!(terminal.event(Event::Settings(off)), Reaction::default());
    assert!(type_in(&mut terminal, "/autoaccept").output.starts_with("No file comes before"));
    let wanted = [Command::Settings(Change::accept_below(5_000_000))];
    assert_eq!(type_in(&mut terminal, "/autoaccept 5MB").commands, wanted);
    let on = Settings { accept_below: 5_000_000, ..off };
    let said = terminal.event(Event::Settings(on)).output;
    assert!(said.starts_with("Files of at most 5.0 MB come by themselves"), "{said}");
    assert!(said.contains("learns that you are here"), "{said}");
}

#[test]
fn an_end_is_said_and_a_new_beginning_too() {
    let mut terminal = with_rook();
    let ended = Contact { state: ContactState::Ended, ..rook() };
    let shown = terminal.event(Event::Contact(ended.clone())).output;
    assert!(shown.starts_with("Rook ended the conversation."), "{shown}");
    assert_eq!(terminal.event(Event::Contact(ended)), Reaction::default());
    assert!(type_in(&mut terminal, "/contacts").output.contains("Rook: ended by them"));
    let shown = terminal.event(Event::Contact(rook())).output;
    assert_eq!(shown, "Rook has added you too: the conversation is open.\n");
}

#[test]
fn several_lines_become_one_message() {
    let mut terminal = with_rook();
    let shown = type_in(&mut terminal, "/paste").output;
    assert!(shown.contains("/end") && shown.contains("Rook"), "{shown}");
    for line in ["one", "", "/quit", "  two"] {
        assert_eq!(type_in(&mut terminal, line), Reaction::default());
    }
    let (contact, text) = (rook().id, "one\n\n/quit\n  two".into());
    let commands = type_in(&mut terminal, "/end").commands;
    assert_eq!(commands, [Command::Send { contact, text, reply_to: None }]);
    assert_eq!(type_in(&mut terminal, "/end").commands, [], "no text");
    assert_eq!(type_in(&mut terminal, "/quit").commands, [Command::Quit]);
}

#[test]
fn a_paste_that_is_too_long_is_counted_and_not_sent() {
    let mut terminal = with_rook();
    type_in(&mut terminal, "/paste");
    type_in(&mut terminal, &"a".repeat(MAX_TEXT_LEN));
    type_in(&mut terminal, "b");
    let reaction = type_in(&mut terminal, "/end");
    assert_eq!(reaction.commands, []);
    let expected = format!("The message has {} bytes, at most {MAX_TEXT_LEN}", MAX_TEXT_LEN + 2);
    assert!(reaction.output.starts_with(&expected), "{}", reaction.output);
}

#[test]
fn what_a_terminal_cut_is_not_sent() {
    let mut terminal = with_rook();
    let cut = "a".repeat(TERMINAL_LINE);
    let reaction = type_in(&mut terminal, &cut);
    assert_eq!(reaction.commands, []);
    assert!(reaction.output.contains("was not sent"), "{}", reaction.output);
    type_in(&mut terminal, "/paste");
    for line in [Line::Text(cut.clone()), Line::TooLong, Line::NotText] {
        assert_eq!(terminal.line(line), Reaction::default());
    }
    let reaction = type_in(&mut terminal, "/end");
    assert_eq!(reaction.commands, []);
    assert!(reaction.output.contains("nothing was sent"), "{}", reaction.output);
    let mut pipe = self::terminal(false);
    pipe.event(Event::Contact(rook()));
    assert_eq!(type_in(&mut pipe, &cut).commands.len(), 1, "a pipe cuts nothing");
}

#[test]
fn details_are_a_few_lines() {
    let mut terminal = with_rook();
    let contact = rook().id;
    assert_eq!(type_in(&mut terminal, "/details").commands, [Command::Details { contact }]);
    let session = SessionDetails {
        suite: "SUITE",
        role: SessionRole::Initiator,
        answered: false,
        began: 20_798,
        turns: Turns { own: 3, theirs: 2, last: Some(1_796_961_780_000) },
        messages: Messages { sent: 5, received: 6 },
        post_quantum: PostQuantum { kem: "KEM", mixed: true },
        skipped: 7,
        chains: 8,
    };
    let details = Details { contact, session: Some(session), older_sessions: 9, bundles: 1 };
    let shown = terminal.event(Event::Details(details.clone())).output;
    let expected = "Conversation with Rook
  session       SUITE, begun by you on 2026-12-11, not answered yet
  turns         3 with a new key of yours, 2 with one of theirs, the last 2026-12-11 04:03
  since then    messages sent: 5, received: 6
  post-quantum  KEM, mixed in at the last turn
  kept          keys of missing messages: 7, chains that are read: 8
  also kept     older sessions that are still read: 9, sealed requests of yours: 1
";
    assert_eq!(shown, expected);
    let shown = terminal.event(Event::Details(Details { session: None, ..details })).output;
    assert!(shown.contains("none before they have added you too"), "{shown}");
}

#[test]
fn the_help_lists_commands_that_exist() {
    let commands = text::HELP.lines().filter_map(|line| line.split(' ').next());
    let commands: Vec<_> = commands.filter(|word| word.starts_with('/')).collect();
    assert_eq!(commands.len(), 25);
    for command in commands {
        assert!(!matches!(Input::parse(command), Input::Unknown(_)), "{command}");
    }
    assert!(text::HELP.lines().all(|line| line.chars().count() <= 100));
}
