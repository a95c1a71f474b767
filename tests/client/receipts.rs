//! What a writer hears of a text: that the relay has it and until when, and that it came. A receipt
//! that went at once would tell the relay which envelope it answers.

use std::collections::BTreeSet;

use bauta::net::cell::RelayFrame;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;

use crate::world::*;

/// Texts that come to the second person, each time by other random numbers.
const NAMES: [[&str; 2]; 6] =
    [["a", "b"], ["c", "d"], ["e", "f"], ["g", "h"], ["i", "j"], ["k", "l"]];

fn talking(names: [&str; 2]) -> World {
    let mut world = World::between(names, START, Box::new(|_, _, _| {}));
    talk(&mut world);
    world
}

/// A text that has just come to the second.
fn come(world: &mut World, text: &str) -> MessageId {
    let message = world.tell(0, text);
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    assert_eq!(world.people[1].shown.last().unwrap(), text);
    message
}

/// How many envelopes the reader has put where conversations are.
fn puts(world: &World) -> usize {
    world.relay.puts_on.get(&(1, Line::CONVERSATIONS)).copied().unwrap_or_default()
}

/// After how many milliseconds of the next minute the reader puts something.
fn puts_in_a_minute(world: &mut World) -> Vec<u64> {
    let (start, mut all) = (world.now, Vec::new());
    while world.now < start + 60 * SECOND {
        let before = puts(world);
        world.now += if world.now < start + 10 * SECOND { SECOND / 10 } else { SECOND };
        world.input(1, Input::Tick);
        all.extend((before..puts(world)).map(|_| world.now - start));
    }
    all
}

#[test]
fn a_receipt_goes_by_itself_once_after_one_to_ten_seconds_of_chance() {
    let mut delays = BTreeSet::new();
    for names in NAMES {
        let mut world = talking(names);
        for n in 0..5 {
            let before = puts(&world);
            let message = come(&mut world, &n.to_string());
            let all = puts_in_a_minute(&mut world);
            assert_eq!(puts(&world) - before, all.len(), "one went at once");
            let [delay] = *all else { panic!("{all:?}") };
            assert!((SECOND..=10 * SECOND).contains(&delay), "{delay}");
            delays.insert(delay);
            assert_ne!(world.message(0, message).unwrap().state, MessageState::Delivered);
            world.arrive(0, Line::CONVERSATIONS, usize::MAX);
            assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered);
        }
    }
    // Thirty of nine seconds.
    let (first, last) = (delays.first().unwrap(), delays.last().unwrap());
    assert!(last - first > 6 * SECOND, "{delays:?}");
}

#[test]
fn a_receipt_goes_with_what_is_said_before_its_time_and_not_again() {
    for names in NAMES {
        let mut world = talking(names);
        let message = come(&mut world, "has it come?");
        let before = puts(&world);
        world.now += SECOND / 2;
        world.input(1, Input::Tick);
        world.say(1, "yes");
        assert_eq!(puts(&world) - before, 1);
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        assert_eq!(world.people[0].shown, ["yes"]);
        assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered);
        assert_eq!(puts_in_a_minute(&mut world), Vec::<u64>::new());
    }
}

/// The time is the relay's, whatever the client thinks that it should be.
#[test]
fn a_text_is_on_the_relay_until_the_relay_says() {
    for said in [START / 1000 + 77_777, START / 1000 + 100 * 24 * 3_600] {
        let mut world = World::new();
        talk(&mut world);
        world.disconnect(1, Line::CONVERSATIONS);
        let message = world.tell(0, "how long?");
        assert_eq!(world.message(0, message).unwrap().state, MessageState::Queued);
        let mut answers = 0;
        for frame in world.relay.on_the_way.entry((0, Line::CONVERSATIONS)).or_default() {
            if let RelayFrame::Stored { expires, .. } = frame {
                (*expires, answers) = (said, answers + 1);
            }
        }
        assert_eq!(answers, 1);
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        let on_relay = MessageState::OnRelay { expires: said };
        assert_eq!(world.people[0].progress[&message], [on_relay]);
        assert_eq!(world.message(0, message).unwrap().state, on_relay);
        world.crash(0, None);
        assert_eq!(world.message(0, message).unwrap().state, on_relay);
    }
}

/// As many as may be without a receipt: their receipts fill more envelopes than wait at a time.
#[test]
fn receipts_of_as_many_texts_as_there_may_be_go_as_the_relay_takes_them() {
    let mut world = World::new();
    talk(&mut world);
    let texts = 900;
    (0..texts).for_each(|n| world.say(0, &n.to_string()));
    for _ in 0..60 {
        (0..2).for_each(|who| world.settle_one(who));
    }
    assert_eq!(world.people[1].shown.len(), texts);
    world.now += 11 * SECOND;
    world.input(1, Input::Tick);
    for _ in 0..10 {
        (0..2).for_each(|who| world.settle_one(who));
    }
    assert_eq!(world.people[0].delivered.len(), texts, "without a pause");
}
