//! Single cases between two people: the same thing twice, somebody who goes in the middle, and
//! every kind of text.

use std::collections::BTreeSet;

use bauta::net::cell::EnvelopeId;
use bauta::net::cell::RelayFrame;
use bauta::net::client::Command;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::core::Output;
use bauta::net::client::event::Event;
use bauta::net::client::event::MAX_TEXT_LEN;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Notice;
use bauta::net::client::event::Refusal;
use bauta::net::client::profile::Kind;

use crate::world::*;

/// Puts what was ever put on these connections once more, under other names: what a relay that
/// keeps all can do, and anybody who had its disk.
fn put_again(world: &mut World, lines: &[Line]) -> usize {
    let ever = world.relay.ever.clone();
    let again = ever.iter().filter(|(line, ..)| lines.contains(line));
    for (_, address, envelope) in again.clone() {
        let mut id = [0xee; 16];
        id[..8].copy_from_slice(&world.relay.next.to_be_bytes());
        world.relay.keep(EnvelopeId::new(id), *address, envelope.clone());
    }
    again.count()
}

/// A long talk, of which everything on these connections comes twice more. The notices.
fn talk_with_echoes(lines: &[Line]) -> Vec<Notice> {
    let mut world = World::new();
    talk(&mut world);
    for n in 0..3 {
        world.say(0, &format!("a {n}"));
        world.settle();
        world.say(1, &format!("b {n}"));
        world.settle();
    }
    for round in 0..2 {
        assert!(put_again(&mut world, lines) >= 3);
        world.settle();
        world.say(0, &format!("still a {round}"));
        world.say(1, &format!("still b {round}"));
        world.settle();
    }
    let expected = |who: &str| {
        let first = (0..3).map(|n| format!("{who} {n}"));
        first.chain((0..2).map(|n| format!("still {who} {n}"))).collect::<Vec<_>>()
    };
    assert_eq!(world.people[1].shown, expected("a"));
    assert_eq!(world.people[0].shown, expected("b"));
    assert!(world.relay.mailboxes.values().all(Vec::is_empty), "all of it is acknowledged");
    world.people.iter().flat_map(|person| person.notices.clone()).collect()
}

#[test]
fn old_bundles_and_old_initial_messages_once_more_change_nothing() {
    assert_eq!(talk_with_echoes(&[Line::RENDEZVOUS]), []);
}

/// Messages of chains that are over open under no key: whoever gets three of them starts a fresh
/// session, as with any rubbish, and at most that.
#[test]
fn everything_that_was_ever_said_once_more_is_shown_to_nobody() {
    let notices = talk_with_echoes(&Line::SHARED);
    let replaced = |notice: &Notice| matches!(notice, Notice::SessionReplaced { .. });
    assert!(notices.len() <= 2 && notices.iter().all(replaced), "{notices:?}");
}

/// Somebody who took a bundle, and takes it again from an old copy: the second use of its one-time
/// prekey is answered with a fresh bundle, not with a session.
#[test]
fn a_one_time_prekey_that_is_used_twice_opens_one_session() {
    let mut world = World::new();
    world.ask(0);
    world.settle();
    world.input(1, one(Command::Contacts));
    let (_, address, bundle) = world.relay.ever[0].clone();
    world.copy(1);
    world.ask(1);
    world.say(1, "with the first use");
    world.settle();
    assert!(world.people.iter().all(|person| person.matched));
    assert!(world.restore(1));
    // As if it had never been fetched.
    world.relay.keep(EnvelopeId::new([0xee; 16]), address, bundle);
    world.connect(1);
    world.ask(1);
    world.say(1, "with the second use");
    world.settle();
    world.say(0, "I hear you");
    world.say(1, "and I you");
    world.settle();
    assert_eq!(world.people[0].shown, ["with the first use", "with the second use", "and I you"]);
    assert_eq!(world.people[1].shown, ["I hear you"]);
    let replaced = |notice: &&Notice| matches!(notice, Notice::SessionReplaced { .. });
    let told = world.people[0].notices.iter().filter(replaced).count();
    assert!((1..=2).contains(&told), "{told}");
    // And from then on it stands.
    world.say(0, "is it still you?");
    world.settle();
    world.say(1, "it is");
    world.settle();
    assert_eq!(world.people[0].shown.last().unwrap(), "it is");
    assert_eq!(world.people[0].notices.iter().filter(replaced).count(), told);
}

#[test]
fn a_contact_removed_while_messages_are_in_flight_is_gone_and_can_come_back() {
    for line in Line::SHARED {
        let mut world = World::new();
        talk(&mut world);
        world.say(0, "before");
        world.settle();
        for n in 0..5 {
            world.say(0, &format!("to B {n}"));
            world.say(1, &format!("to A {n}"));
        }
        // Some of it has come, and its receipt is owed.
        world.arrive(0, Line::CONVERSATIONS, 2);
        let shown = world.people[0].shown.len();
        let contact = world.people[1].id;
        world.input(0, one(Command::Remove { contact }));
        world.arrive(0, line, usize::MAX);
        world.settle();
        assert_eq!(world.people[0].shown.len(), shown, "shown after the removal");
        let withdrawn = Notice::Withdrawn { contact: world.people[0].id };
        assert_eq!(world.people[1].notices.iter().filter(|n| **n == withdrawn).count(), 1);
        world.crash(0, None);
        world.settle();
        assert_eq!(world.history(0), [], "nothing of it is left");

        let heard = world.people[1].shown.clone();
        world.ask(0);
        world.settle();
        world.say(0, "once more");
        world.say(1, "welcome back");
        world.settle();
        assert_eq!(world.people[1].shown.last().unwrap(), "once more");
        assert_eq!(world.people[0].shown.last().unwrap(), "welcome back");
        let once: BTreeSet<_> = world.people[1].shown.iter().collect();
        assert_eq!(once.len(), world.people[1].shown.len(), "shown twice");
        assert!(world.people[1].shown.starts_with(&heard));
    }
}

#[test]
fn every_text_arrives_as_it_was_written() {
    let mut world = World::new();
    talk(&mut world);
    // The first and the last code point of every plane.
    let ends = |plane: u32| [plane << 16, plane << 16 | 0xffff];
    let mut texts: Vec<String> =
        (0..17).map(|plane| ends(plane).into_iter().filter_map(char::from_u32).collect()).collect();
    texts.extend((0..0x20).chain(0x7f..0xa0).filter_map(char::from_u32).map(String::from));
    for text in [
        "שלום 1234567 + 89",
        "\u{202e}gnp.exe\u{202c} \u{2066}42\u{2069}",
        "مرحبا ٣٤٥ 678",
        "e\u{301}\u{327} \u{1f469}\u{200d}\u{1f680} \u{fe0f}",
        "{\"event\":\"closed\"}\n\\u0000 %s '; --",
        " \t\r\n ",
    ] {
        texts.push(text.to_owned());
    }
    texts.push("x".repeat(1_400));
    for chunk in texts.chunks(8) {
        chunk.iter().for_each(|text| world.say(0, text));
        world.settle();
    }
    assert_eq!(world.people[1].shown, texts);
    let history: Vec<_> = world.history(1).into_iter().map(|(text, _)| text).collect();
    assert_eq!(history, texts);
}

#[test]
fn no_text_and_too_much_text_are_refused_with_the_count() {
    let mut world = World::new();
    talk(&mut world);
    let contact = world.people[1].id;
    for (text, len) in [(String::new(), 0), ("é".repeat(MAX_TEXT_LEN / 2 + 1), MAX_TEXT_LEN + 2)] {
        let command = Command::Send { contact, text, reply_to: None };
        let now = world.now;
        let output = world.people[0].core.as_mut().unwrap().handle(one(command), now).unwrap();
        let refused = match &*output {
            [Output::Event(Event::Refused(refusal))] => refusal,
            other => panic!("{other:?}"),
        };
        match refused {
            Refusal::EmptyText => assert_eq!(len, 0),
            Refusal::TextTooLong { len: told, max } => {
                assert_eq!((*told, *max), (len, MAX_TEXT_LEN));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.history(0), []);
}

/// What a relay says twice, or says of what was never asked, is nothing.
#[test]
fn answers_to_what_was_not_asked_and_answers_twice_change_nothing() {
    let mut world = World::new();
    talk(&mut world);
    world.say(0, "once");
    world.settle();
    let before = world.history(0);
    assert_eq!(before.len(), 1);
    let id = EnvelopeId::new([0xee; 16]);
    for line in Line::SHARED {
        let frames = vec![
            RelayFrame::Stored { id, expires: u64::MAX },
            RelayFrame::Full { id },
            RelayFrame::Cancelled { id },
            RelayFrame::Gone { id },
            RelayFrame::Replaced { address: bauta::net::cell::Address::new([0xee; 32]) },
            RelayFrame::Pong,
        ];
        world.input(0, Input::Frames(line, frames));
    }
    assert_eq!(world.history(0), before);
    assert!(matches!(before[0].1, MessageState::Delivered));
    world.say(0, "twice");
    world.settle();
    assert_eq!(world.people[1].shown, ["once", "twice"]);
}

#[test]
fn what_is_known_of_a_contact_survives_removing_and_adding_at_once() {
    let mut world = World::new();
    talk(&mut world);
    let contact = world.people[1].id;
    let add = Command::Add { contact: contact.to_string(), nickname: None };
    world.input(0, Input::Commands(vec![Command::Remove { contact }, add]));
    assert_eq!(world.rows(0, Kind::Mark), 0, "they are taken over");
}
