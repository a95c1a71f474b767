//! Long texts: cut, sent in parts and joined, whatever happens between any two of them.

use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::RelayFrame;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::core::Output;
use bauta::net::client::event::MAX_TEXT_LEN;
use bauta::net::client::event::MessageState;
use bauta::net::client::profile::Kind;

use crate::world::*;

/// A text in which every place is told from every other.
fn long(len: usize) -> String {
    let mut text: String = (0..).map(|n| format!("{n} ")).take(len / 2 + 1).collect();
    text.truncate(len);
    text
}

fn is_whole(world: &mut World, who: usize, text: &str) {
    let shown = &world.people[who].shown;
    assert_eq!(shown.len(), 1, "shown once");
    assert!(shown[0] == text, "as it was written");
    let history = world.messages(1 - who);
    assert_eq!(history.last().unwrap().state, MessageState::Delivered);
    assert_eq!(world.rows(1 - who, Kind::Outgoing), 0);
    for kind in [Kind::Part, Kind::Join, Kind::Held, Kind::Due] {
        assert_eq!(world.rows(who, kind), 0, "{kind:?}");
    }
}

fn older_sessions(world: &mut World, who: usize) -> usize {
    let (contact, now) = (world.people[1 - who].id, world.now);
    let core = world.people[who].core.as_mut().unwrap();
    let outputs = core.handle(one(Command::Details { contact }), now).unwrap();
    let details = outputs.into_iter().find_map(|output| match output {
        Output::Event(Event::Details(details)) => Some(details),
        _ => None,
    });
    details.unwrap().older_sessions
}

#[test]
fn texts_around_the_length_of_one_envelope_arrive() {
    // A text has 6 bytes beside itself, or 22 with a reply; a body takes 1,440.
    for len in [1, 1_433, 1_434, 1_435, 1_440, 1_441, 2 * 1_420 - 6, 2 * 1_420 - 5] {
        let mut world = World::new();
        talk(&mut world);
        let puts = world.relay.puts;
        world.say(0, &long(len));
        let parts = if len <= 1_434 { 1 } else { (len + 6).div_ceil(1_420) };
        assert_eq!(world.relay.puts - puts, parts, "{len}");
        world.settle();
        is_whole(&mut world, 1, &long(len));
    }
}

#[test]
fn every_plane_of_unicode_arrives_in_parts() {
    let mut world = World::new();
    talk(&mut world);
    let planes = (0..=0x10_u32).flat_map(|plane| {
        let starts = [0x20, 0x7ff, 0x800, 0xfff0, 0xfffd];
        starts.map(|start| char::from_u32((plane << 16) + start).unwrap())
    });
    let text: String = planes.cycle().take(3_000).collect();
    world.say(0, &text);
    world.settle();
    is_whole(&mut world, 1, &text);
}

#[test]
fn the_longest_text_arrives_with_losses_and_out_of_order() {
    let mut world = World::new();
    talk(&mut world);
    let text = long(MAX_TEXT_LEN);
    world.say(0, &text);
    // One in nine is lost on the way to the reader, the others arrive backwards.
    let mut state = MessageState::Queued;
    for round in 0..60 {
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        let way = world.relay.on_the_way.entry((1, Line::CONVERSATIONS)).or_default();
        let mut number = round;
        way.retain(|frame| {
            number += 1;
            !matches!(frame, RelayFrame::Deliver { .. }) || number % 9 != 0
        });
        way.reverse();
        world.arrive(1, Line::CONVERSATIONS, usize::MAX);
        world.pass(20 * SECOND);
        state = world.messages(0).last().unwrap().state;
        if state == MessageState::Delivered {
            break;
        }
    }
    assert_eq!(state, MessageState::Delivered);
    world.settle();
    is_whole(&mut world, 1, &text);
}

#[test]
fn a_crash_between_any_two_parts_loses_nothing() {
    let mut world = World::new();
    talk(&mut world);
    let text = long(12 * 1_420);
    world.say(0, &text);
    for part in 0..13 {
        world.connect(1);
        world.arrive(1, Line::CONVERSATIONS, 1);
        // The part is on disk; what was to be answered is lost, or the writer is.
        if part % 3 == 0 {
            world.crash(0, None);
            world.connect(0);
            world.arrive(0, Line::CONVERSATIONS, 3);
        } else {
            world.crash(1, None);
        }
        world.pass(SECOND);
    }
    world.settle();
    is_whole(&mut world, 1, &text);
}

#[test]
fn a_session_that_is_replaced_in_the_middle_loses_nothing() {
    for reader in 0..2 {
        let mut world = World::new();
        talk(&mut world);
        let (writer, text) = (1 - reader, long(40 * 1_420));
        world.say(writer, &text);
        world.arrive(reader, Line::CONVERSATIONS, 15);
        world.pass(12 * SECOND);
        world.arrive(writer, Line::CONVERSATIONS, usize::MAX);
        // The reader comes back from an old copy of itself, without the parts of a while; and what
        // opens under no key makes it ask for another session.
        world.copy(reader);
        world.arrive(reader, Line::CONVERSATIONS, 10);
        assert!(world.restore(reader));
        world.connect(reader);
        let sessions = older_sessions(&mut world, reader);
        for address in world.relay.subscribed[&(reader, Line::CONVERSATIONS)].clone() {
            for n in 0..3 {
                let rubbish = Envelope::from_slice(&[7; 4000]).unwrap();
                world.relay.keep(EnvelopeId::new([n; 16]), address, rubbish);
            }
        }
        world.arrive(reader, Line::CONVERSATIONS, usize::MAX);
        world.settle();
        world.pass(HOUR);
        world.settle();
        assert!(older_sessions(&mut world, reader) > sessions, "the session was replaced");
        is_whole(&mut world, reader, &text);
    }
}

#[test]
fn a_long_text_is_in_its_place_among_short_ones() {
    let mut world = World::new();
    talk(&mut world);
    let text = long(5_000);
    world.say(0, "before");
    world.say(0, &text);
    world.say(0, "after");
    let way = world.relay.on_the_way.get_mut(&(1, Line::CONVERSATIONS)).unwrap();
    way.reverse();
    // The first one comes last, then in its turn.
    world.arrive(1, Line::CONVERSATIONS, 5);
    assert!(world.people[1].shown.is_empty());
    world.crash(1, None);
    world.settle();
    assert_eq!(world.people[1].shown, ["before", &text, "after"]);
}

#[test]
fn the_state_of_a_long_text_is_that_of_its_last_part() {
    let mut world = World::new();
    talk(&mut world);
    let message = world.tell(0, &long(4 * 1_420));
    world.relay.mailboxes.values_mut().for_each(Vec::clear);
    world.relay.on_the_way.remove(&(1, Line::CONVERSATIONS));
    world.arrive(0, Line::CONVERSATIONS, 4);
    assert_eq!(world.message(0, message).unwrap().state, MessageState::Queued);
    world.arrive(0, Line::CONVERSATIONS, 1);
    let on_relay = matches!(world.message(0, message).unwrap().state, MessageState::OnRelay { .. });
    assert!(on_relay);
    world.say(0, "behind it");
    world.settle();
    world.pass(HOUR);
    world.settle();
    let states = &world.people[0].progress[&message];
    assert_eq!(states.len(), 2, "{states:?}");
    assert_eq!(states[1], MessageState::Delivered);
}

#[test]
fn a_part_that_finds_no_room_comes_again_later() {
    let mut world = World::new();
    talk(&mut world);
    // Eight items of which a part is missing, and a ninth.
    let texts: Vec<String> = (0..9).map(|n| format!("{n}: {}", long(2_000))).collect();
    for text in &texts {
        world.say(0, text);
    }
    let way = world.relay.on_the_way.get_mut(&(1, Line::CONVERSATIONS)).unwrap();
    let mut nth = 0;
    way.retain(|frame| {
        nth += usize::from(matches!(frame, RelayFrame::Deliver { .. }));
        nth % 2 == 0 || !matches!(frame, RelayFrame::Deliver { .. })
    });
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    assert_eq!(world.rows(1, Kind::Join), 8);
    world.settle();
    world.say(0, "behind them");
    world.settle();
    world.pass(HOUR);
    world.settle();
    let mut shown = world.people[1].shown.clone();
    shown.sort();
    assert_eq!(shown.pop().as_deref(), Some("behind them"));
    assert!(shown == texts, "{}", shown.len());
    let delivered = world.history(0).iter().all(|(_, state)| *state == MessageState::Delivered);
    assert!(delivered);
}

#[test]
fn a_long_text_that_expired_on_the_relay_goes_again_when_asked() {
    let mut world = World::new();
    talk(&mut world);
    let text = long(5_000);
    let message = world.tell(0, &text);
    world.relay.mailboxes.values_mut().for_each(Vec::clear);
    world.relay.on_the_way.remove(&(1, Line::CONVERSATIONS));
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    world.now += 22 * DAY;
    world.input(0, Input::Tick);
    let state = world.message(0, message).unwrap().state;
    assert!(matches!(state, MessageState::Failed { .. }), "{state:?}");
    world.command(0, |contact| Command::Retry { contact, message });
    world.settle();
    assert_eq!(world.people[1].shown, [text]);
    assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered);
}
