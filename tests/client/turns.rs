//! Old copies, lost computers, requests taken back, long absences, clocks.

use bauta::handshake::identity::NetworkId;
use bauta::net::client::Command;
use bauta::net::client::core::Distrust;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::event::FailReason;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Notice;

use crate::world::*;

#[test]
fn a_side_restored_from_an_old_copy_talks_again() {
    for who in 0..2 {
        let mut world = World::new();
        talk(&mut world);
        world.say(who, "before");
        world.settle();
        world.copy(who);
        for n in 0..5 {
            world.say(who, &format!("lost {n}"));
            world.say(1 - who, &format!("answer {n}"));
            world.settle();
        }
        assert!(world.restore(who));
        for n in 0..5 {
            world.say(1 - who, &format!("after {n}"));
            world.settle();
        }
        world.pass(HOUR);
        world.settle();
        world.say(who, "I am back");
        world.say(1 - who, "good");
        world.settle();
        assert!(world.people[1 - who].shown.contains(&"I am back".to_owned()), "{who}");
        let shown = &world.people[who].shown;
        assert!(shown.contains(&"good".to_owned()), "{who}: {shown:?}");
        for n in 0..5 {
            assert!(shown.contains(&format!("after {n}")), "{who} {n}: {shown:?}");
        }
    }
}

#[test]
fn a_computer_that_was_lost_starts_anew_with_the_same_id() {
    for who in 0..2 {
        let mut world = World::new();
        world.copy(who);
        talk(&mut world);
        world.say(who, "before");
        world.settle();
        world.pass(DAY);
        assert!(world.restore(who));
        world.connect(who);
        world.ask(who);
        world.say(who, "new computer");
        world.say(1 - who, "welcome back");
        world.settle();
        assert!(world.people[1 - who].shown.contains(&"new computer".to_owned()), "{who}");
        assert!(world.people[who].shown.contains(&"welcome back".to_owned()), "{who}");
        let replaced = |notice: &&Notice| matches!(notice, Notice::SessionReplaced { .. });
        assert_eq!(world.people[1 - who].notices.iter().filter(replaced).count(), 1, "{who}");
    }
}

#[test]
fn a_request_that_is_answered_after_the_epoch_turned_alarms_nobody() {
    for who in 0..2 {
        let mut world = World::at(715 * 28 * DAY - 60 * SECOND);
        world.ask(who);
        world.arrive_all(who);
        world.pass(120 * SECOND);
        world.ask(1 - who);
        world.settle();
        world.say(0, "a");
        world.say(1, "b");
        world.settle();
        assert_eq!(world.people[0].shown, ["b"]);
        assert_eq!(world.people[1].shown, ["a"]);
        assert_eq!(world.people.each_ref().map(|person| person.notices.len()), [0, 0], "{who}");
    }
}

/// It was made before both talked, and says nothing about what they have now.
#[test]
fn a_request_that_comes_when_both_talk_already_alarms_nobody() {
    for who in 0..2 {
        for start in [START, 715 * 28 * DAY - 120 * SECOND] {
            let mut world = World::at(start);
            world.relay.room = Some(0);
            world.ask(who);
            world.arrive_all(who);
            world.relay.room = None;
            world.ask(1 - who);
            world.arrive_all(who);
            world.arrive_all(1 - who);
            world.arrive_all(who);
            assert!(world.people.iter().all(|person| person.matched), "without that request");
            let before = world.relay.puts_on[&(who, Line::RENDEZVOUS)];
            world.settle();
            assert!(world.relay.puts_on[&(who, Line::RENDEZVOUS)] > before, "it has gone");
            world.say(0, "a");
            world.say(1, "b");
            world.settle();
            assert_eq!(world.people[0].shown, ["b"]);
            assert_eq!(world.people[1].shown, ["a"]);
            let notices = world.people.each_ref().map(|person| {
                person
                    .notices
                    .iter()
                    .filter(|n| matches!(n, Notice::SessionReplaced { .. }))
                    .count()
            });
            assert_eq!(notices, [0, 0], "{who}");
        }
    }
}

#[test]
fn a_new_computer_whose_clock_is_behind_the_lost_one_is_heard_at_once() {
    for who in 0..2 {
        let mut world = World::new();
        world.copy(who);
        world.people[who].skew = DAY.cast_signed();
        talk(&mut world);
        world.people[who].skew = 0;
        world.pass(HOUR);
        assert!(world.restore(who));
        world.connect(who);
        world.ask(who);
        world.settle();
        world.say(who, "new computer");
        world.say(1 - who, "welcome back");
        world.settle();
        assert_eq!(world.people[1 - who].shown, ["new computer"], "{who}");
        assert_eq!(world.people[who].shown, ["welcome back"], "{who}");
    }
}

/// One has read the other's request, and answered, and then forgets both: the two have no session
/// in common, and nothing of theirs is on the relay.
#[test]
fn an_old_copy_that_has_not_read_the_request_of_a_computer_that_was_lost_meets_it() {
    for who in 0..2 {
        let mut world = World::new();
        world.copy_as(1 - who, "birth of");
        talk(&mut world);
        world.copy(who);
        assert!(world.restore_from(1 - who, "birth of"));
        world.connect(1 - who);
        world.ask(1 - who);
        world.settle_one(who);
        assert!(world.restore(who));
        world.settle();
        for _ in 0..6 {
            world.pass(15 * 60 * SECOND);
            world.settle();
        }
        world.say(who, "from the copy");
        world.say(1 - who, "from the new computer");
        world.settle();
        assert_eq!(world.people[1 - who].shown, ["from the copy"], "{who}");
        assert_eq!(world.people[who].shown, ["from the new computer"], "{who}");
    }
}

#[test]
fn an_old_copy_on_a_computer_whose_clock_is_behind_is_heard_at_once() {
    for who in 0..2 {
        let mut world = World::new();
        talk(&mut world);
        world.copy(who);
        world.pass(HOUR);
        world.people[who].skew = DAY.cast_signed();
        // Both choose anew by clocks that are then in the future.
        assert!(world.restore(who));
        for n in 0..4 {
            world.say(0, &format!("{n}"));
            world.say(1, &format!("{n}"));
            world.settle();
        }
        world.people[who].skew = 0;
        assert!(world.restore(who));
        world.pass(HOUR);
        for n in 4..8 {
            world.say(0, &format!("{n}"));
            world.say(1, &format!("{n}"));
            world.settle();
        }
        for person in &world.people {
            assert!(person.shown.contains(&"7".to_owned()), "{who}: {:?}", person.shown);
        }
    }
}

#[test]
fn a_request_taken_back_leaves_nothing_on_the_relay() {
    let mut world = World::new();
    world.ask(0);
    world.settle();
    let kept = |world: &World| world.relay.mailboxes.values().map(Vec::len).sum::<usize>();
    assert_eq!(kept(&world), 1);
    let contact = world.people[1].id;
    world.input(0, one(Command::Remove { contact }));
    world.settle();
    assert_eq!(kept(&world), 0);
    world.ask(1);
    world.settle();
    assert!(!world.people[1].matched, "matched with somebody who took it back");
}

#[test]
fn a_request_taken_back_after_it_was_fetched_is_told() {
    let mut world = World::new();
    talk(&mut world);
    world.say(1, "kept until now");
    world.settle();
    let contact = world.people[1].id;
    world.input(0, one(Command::Remove { contact }));
    world.settle();
    let withdrawn = Notice::Withdrawn { contact: world.people[0].id };
    assert_eq!(world.people[1].notices.iter().filter(|n| **n == withdrawn).count(), 1);
    world.people[0].matched = false;
    world.ask(0);
    world.settle();
    world.say(0, "once more");
    world.say(1, "again");
    world.settle();
    assert!(world.people[0].matched);
    assert!(world.people[1].shown.contains(&"once more".to_owned()));
    assert!(world.people[0].shown.contains(&"again".to_owned()));
}

/// The relay has it, and its answer was lost with the connection.
#[test]
fn a_request_taken_back_offline_that_was_fetched_is_told() {
    let mut world = World::new();
    world.ask(0);
    for line in Line::SHARED {
        world.disconnect(0, line);
    }
    world.ask(1);
    world.settle_one(1);
    let contact = world.people[1].id;
    world.input(0, one(Command::Remove { contact }));
    world.settle();
    let withdrawn = Notice::Withdrawn { contact: world.people[0].id };
    assert_eq!(world.people[1].notices, [withdrawn]);
}

#[test]
fn a_request_waits_for_months_and_a_peer_who_comes_late_is_met() {
    let mut world = World::new();
    world.ask(0);
    world.say(0, "are you there?");
    world.settle();
    world.disconnect(1, Line::RENDEZVOUS);
    world.disconnect(1, Line::CONVERSATIONS);
    for _ in 0..100 {
        world.pass(DAY);
        world.connect(0);
        world.arrive(0, Line::RENDEZVOUS, usize::MAX);
    }
    world.ask(1);
    world.settle();
    assert!(world.people[0].matched && world.people[1].matched);
    assert_eq!(world.people[1].shown, ["are you there?"]);
}

#[test]
fn a_thousand_texts_written_offline_arrive_in_order() {
    let mut world = World::new();
    talk(&mut world);
    for line in Line::SHARED {
        world.disconnect(0, line);
        world.disconnect(1, line);
    }
    let texts: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    texts.iter().for_each(|text| world.say(0, text));
    world.settle();
    assert_eq!(world.people[1].shown, texts);
}

#[test]
fn a_side_restored_from_an_old_copy_that_only_writes_is_heard() {
    for who in 0..2 {
        let mut world = World::new();
        talk(&mut world);
        world.say(who, "before");
        world.settle();
        world.copy(who);
        for n in 0..5 {
            world.say(who, &format!("lost {n}"));
            world.say(1 - who, &format!("answer {n}"));
            world.settle();
        }
        assert!(world.restore(who));
        world.say(who, "I am back");
        world.settle();
        world.say(who, "hello?");
        world.settle();
        let shown = &world.people[1 - who].shown;
        assert!(shown.contains(&"I am back".to_owned()), "{who}: {shown:?}");
        assert!(shown.contains(&"hello?".to_owned()), "{who}: {shown:?}");
    }
}

#[test]
fn a_text_written_offline_for_a_month_arrives() {
    let mut world = World::new();
    talk(&mut world);
    Line::SHARED.into_iter().for_each(|line| world.disconnect(0, line));
    world.say(0, "late");
    (0..32).for_each(|_| world.pass(DAY));
    world.settle();
    assert_eq!(world.people[1].shown, ["late"]);
}

#[test]
fn a_text_that_failed_and_is_tried_again_offline_goes_when_there_is_a_connection() {
    let mut world = World::new();
    talk(&mut world);
    Line::SHARED.into_iter().for_each(|line| world.disconnect(1, line));
    world.say(0, "late");
    world.arrive_all(0);
    world.pass(22 * DAY);
    let (contact, message) = (world.people[1].id, world.messages(0)[0].clone());
    assert_eq!(message.state, MessageState::Failed { reason: FailReason::Expired });
    Line::SHARED.into_iter().for_each(|line| world.disconnect(0, line));
    world.input(0, one(Command::Retry { contact, message: message.id }));
    world.pass(HOUR);
    // It does not wait for the connection by looking every second.
    let wake = world.people[0].core.as_ref().unwrap().next_wake();
    assert!(wake >= world.now + 60 * SECOND, "{}", wake - world.now);
    world.settle();
    assert_eq!(world.people[1].shown, ["late"]);
}

#[test]
fn a_request_taken_back_after_writing_is_told() {
    let mut world = World::new();
    world.ask(1);
    world.arrive_all(1);
    Line::SHARED.into_iter().for_each(|line| world.disconnect(1, line));
    world.ask(0);
    world.arrive_all(0);
    world.say(0, "hi");
    world.arrive_all(0);
    let contact = world.people[1].id;
    world.input(0, one(Command::Remove { contact }));
    world.settle();
    let withdrawn = Notice::Withdrawn { contact: world.people[0].id };
    assert!(world.people[1].notices.contains(&withdrawn), "{:?}", world.people[1].notices);
}

#[test]
fn a_clock_that_was_ahead_and_is_set_right_does_no_lasting_harm() {
    for who in 0..2 {
        let mut world = World::new();
        world.now += 15 * DAY;
        world.ask(who);
        world.now -= 15 * DAY;
        world.ask(1 - who);
        for _ in 0..20 {
            world.now += 15 * DAY;
            world.arrive_all(who);
            world.input(who, Input::Tick);
            world.now -= 15 * DAY;
            world.now += SECOND;
            world.arrive_all(1 - who);
            world.input(1 - who, Input::Tick);
        }
        world.settle();
        world.say(0, "a");
        world.say(1, "b");
        world.settle();
        (0..3).for_each(|_| {
            world.pass(DAY);
            world.settle();
        });
        assert!(world.people[0].matched && world.people[1].matched, "{who}");
        assert!(world.people[0].shown.contains(&"b".to_owned()), "{who}");
        assert!(world.people[1].shown.contains(&"a".to_owned()), "{who}");
    }
}

#[test]
fn the_right_network_is_taken_after_another_one_answered() {
    let mut world = World::new();
    talk(&mut world);
    let (expected, found) = (world.verified.network_id(), NetworkId::from_bytes([9; 32]));
    Line::SHARED.into_iter().for_each(|line| world.disconnect(0, line));
    world.input(0, Input::Distrusted(Distrust::AnotherNetwork { expected, found }));
    assert!(world.people[0].core.as_ref().unwrap().is_stopped());
    world.input(0, one(Command::Reconnect));
    world.connect(0);
    world.say(0, "again");
    world.settle();
    assert_eq!(world.people[1].shown, ["again"]);
}
