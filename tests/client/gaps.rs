//! What is missing is asked for; what has no room waits and goes by itself.

use bauta::net::cell::RelayFrame;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::event::HoldReason;
use bauta::net::client::event::MessageState;

use crate::world::*;

/// Loses the next envelope to somebody, on the way and on the relay.
fn lose(world: &mut World, who: usize) {
    world.relay.mailboxes.values_mut().for_each(Vec::clear);
    let way = world.relay.on_the_way.get_mut(&(who, Line::CONVERSATIONS)).unwrap();
    let at = way.iter().position(|frame| matches!(frame, RelayFrame::Deliver { .. })).unwrap();
    way.remove(at);
}

fn tick(world: &mut World, who: usize, time: u64) {
    world.now += time;
    world.input(who, Input::Tick);
}

#[test]
fn a_gap_is_asked_for_after_ten_seconds_and_filled_at_once() {
    let mut world = World::new();
    talk(&mut world);
    world.say(0, "lost");
    lose(&mut world, 1);
    world.say(0, "held");
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    tick(&mut world, 1, 9 * SECOND);
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    assert!(world.people[1].shown.is_empty(), "nothing was asked for yet");
    let wake = world.people[1].core.as_ref().unwrap().next_wake();
    assert!(wake <= world.now + SECOND, "wants to ask at its time");
    tick(&mut world, 1, SECOND);
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    assert_eq!(world.people[1].shown, ["lost", "held"]);
}

#[test]
fn a_gap_is_asked_for_three_times_and_then_passed_over() {
    let mut world = World::new();
    talk(&mut world);
    world.say(0, "lost");
    lose(&mut world, 1);
    world.say(0, "held");
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    world.settle_one(1);
    // The writer is away: nobody answers. The receipt goes before the first question.
    let mut asked = Vec::new();
    let start = world.now;
    tick(&mut world, 1, 10 * SECOND - 1);
    for _ in 0..40 {
        let puts = world.relay.puts;
        tick(&mut world, 1, 5 * SECOND);
        world.arrive(1, Line::CONVERSATIONS, usize::MAX);
        if world.relay.puts > puts {
            asked.push((world.now - start) / SECOND);
        }
    }
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[1] - asked[0] >= 60 && asked[2] - asked[1] >= 60, "{asked:?}");
    assert_eq!(world.people[1].shown, ["held"]);
    world.settle();
    world.pass(HOUR);
    world.settle();
    assert_eq!(world.people[1].shown, ["held", "lost"]);
}

#[test]
fn what_is_missing_is_waited_for_as_long_as_it_cannot_come() {
    for line in Line::SHARED {
        let mut world = World::new();
        talk(&mut world);
        world.settle();
        world.disconnect(0, Line::RENDEZVOUS);
        world.say(0, "late");
        lose(&mut world, 1);
        world.say(0, "held");
        world.arrive(1, Line::CONVERSATIONS, usize::MAX);
        // Nothing goes between the two for most of a day.
        world.disconnect(0, Line::CONVERSATIONS);
        world.disconnect(1, line);
        tick(&mut world, 1, 20 * HOUR);
        assert!(world.people[1].shown.is_empty());
        world.settle();
        assert_eq!(world.people[1].shown, ["late", "held"], "{line:?}");
    }
}

#[test]
fn nothing_is_held_longer_than_a_day() {
    let mut world = World::new();
    talk(&mut world);
    world.say(0, "lost");
    lose(&mut world, 1);
    world.say(0, "held");
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    world.disconnect(1, Line::CONVERSATIONS);
    tick(&mut world, 1, DAY - SECOND);
    assert!(world.people[1].shown.is_empty());
    let wake = world.people[1].core.as_ref().unwrap().next_wake();
    assert!(wake <= world.now + SECOND, "wants to show it at its time");
    tick(&mut world, 1, SECOND);
    assert_eq!(world.people[1].shown, ["held"]);
}

#[test]
fn a_wide_gap_is_filled_from_its_start() {
    let mut world = World::new();
    talk(&mut world);
    let texts: Vec<String> = (0..150).map(|n| n.to_string()).collect();
    for text in &texts {
        world.say(0, text);
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    }
    world.relay.mailboxes.values_mut().for_each(Vec::clear);
    let way = world.relay.on_the_way.get_mut(&(1, Line::CONVERSATIONS)).unwrap();
    way.drain(..way.len() - 1);
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    assert!(world.people[1].shown.is_empty());
    for shown in [64, 128, 150] {
        tick(&mut world, 1, 11 * SECOND);
        for _ in 0..6 {
            world.arrive(0, Line::CONVERSATIONS, usize::MAX);
            world.arrive(1, Line::CONVERSATIONS, usize::MAX);
        }
        assert_eq!(world.people[1].shown.len(), shown);
    }
    assert_eq!(world.people[1].shown, texts);
}

#[test]
fn a_full_mailbox_holds_a_text_back_which_goes_when_there_is_room() {
    for (refuses, reason) in [
        (Refuses::MailboxFull, HoldReason::MailboxFull),
        (Refuses::StoreFull, HoldReason::RelayFull),
    ] {
        let mut world = World::new();
        talk(&mut world);
        world.relay.refuses = Some(refuses);
        let message = world.tell(0, "patience");
        let held = MessageState::Held { reason };
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        assert_eq!(world.message(0, message).unwrap().state, held);
        for _ in 0..5 {
            world.pass(2 * 60 * SECOND);
            world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        }
        assert_eq!(world.people[0].progress[&message], [held], "told once");
        world.crash(0, None);
        world.connect(0);
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        assert_eq!(world.message(0, message).unwrap().state, held);
        world.relay.refuses = None;
        world.settle();
        world.pass(2 * 60 * SECOND);
        world.settle();
        assert_eq!(world.people[1].shown, ["patience"]);
        assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered);
    }
}

/// For how long a client wants to sleep.
fn sleep(world: &World, who: usize) -> u64 {
    world.people[who].core.as_ref().unwrap().next_wake() - world.now
}

#[test]
fn what_cannot_go_offline_does_not_keep_the_client_awake() {
    let mut world = World::new();
    talk(&mut world);
    world.say(0, "lost");
    lose(&mut world, 1);
    world.say(0, "held");
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    // The receipt goes before the gap is asked for.
    tick(&mut world, 1, 10 * SECOND - 1);
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    (0..2).for_each(|who| world.disconnect(who, Line::CONVERSATIONS));
    tick(&mut world, 1, 2 * SECOND);
    assert!(sleep(&world, 1) > 60 * SECOND, "a gap: {}", sleep(&world, 1));
    tick(&mut world, 0, 61 * SECOND);
    assert!(sleep(&world, 0) > 60 * SECOND, "a repetition: {}", sleep(&world, 0));
    world.connect(0);
    assert!(sleep(&world, 0) <= SECOND);
    world.settle();
    assert_eq!(world.people[1].shown, ["lost", "held"]);
}
