//! What goes again, what does not go any more, and what becomes of it on both sides.

use bauta::net::cell::RelayFrame;
use bauta::net::client::Command;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::event::Change;
use bauta::net::client::event::MessageState;
use bauta::net::client::profile::Kind;

use crate::world::*;

/// Loses everything that the relay has, and what is on the way to somebody.
fn lose_all(world: &mut World, who: usize) {
    world.relay.mailboxes.values_mut().for_each(Vec::clear);
    world.relay.on_the_way.remove(&(who, Line::CONVERSATIONS));
}

fn tick(world: &mut World, who: usize, time: u64) {
    world.now += time;
    world.input(who, Input::Tick);
}

/// A timer that both want.
fn agree(world: &mut World, time: u64) {
    let seconds = u32::try_from(time / SECOND).unwrap();
    world.timer(0, Some(seconds));
    world.timer(1, Some(seconds));
    world.settle();
}

#[test]
fn a_failed_text_that_is_to_go_again_goes_though_it_was_asked_offline() {
    for restart in [false, true] {
        let mut world = World::new();
        talk(&mut world);
        let message = world.tell(0, "once more");
        lose_all(&mut world, 1);
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        tick(&mut world, 0, 22 * DAY);
        let state = world.message(0, message).unwrap().state;
        assert!(matches!(state, MessageState::Failed { .. }), "{state:?}");
        world.disconnect(0, Line::CONVERSATIONS);
        world.command(0, |contact| Command::Retry { contact, message });
        if restart {
            world.crash(0, None);
        }
        assert_eq!(world.message(0, message).unwrap().state, MessageState::Queued);
        world.settle();
        assert_eq!(world.people[1].shown, ["once more"]);
        assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered);
    }
}

/// A relay that was set back: it called everything stored, and its writer writes nothing more.
#[test]
fn what_a_relay_has_lost_comes_though_nothing_is_written_behind_it() {
    for count in [1, 5] {
        let mut world = World::new();
        talk(&mut world);
        let texts: Vec<String> = (0..count).map(|n| format!("text {n}")).collect();
        texts.iter().for_each(|text| world.say(0, text));
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        lose_all(&mut world, 1);
        world.settle();
        assert!(world.people[1].shown.is_empty());
        world.pass(HOUR);
        world.settle();
        assert_eq!(world.people[1].shown, texts);
        assert_eq!(world.people[0].delivered.len(), count);
    }
}

#[test]
fn a_peer_that_is_away_costs_one_envelope_after_an_hour_a_day_and_a_week() {
    let mut world = World::new();
    talk(&mut world);
    world.disconnect(1, Line::CONVERSATIONS);
    (0..5).for_each(|n| world.say(0, &n.to_string()));
    world.settle_one(0);
    let puts = |world: &World| world.relay.puts_on[&(0, Line::CONVERSATIONS)];
    let mut before = puts(&world);
    for (silence, more) in [(59 * 60 * SECOND, 0), (HOUR, 1), (22 * HOUR, 0), (2 * HOUR, 1)] {
        tick(&mut world, 0, silence);
        world.settle_one(0);
        assert_eq!(puts(&world) - before, more, "{silence}");
        before = puts(&world);
    }
    for _ in 0..2 * 7 * 24 {
        tick(&mut world, 0, HOUR);
        world.settle_one(0);
    }
    assert_eq!(puts(&world) - before, 1);
    world.settle();
    assert_eq!(world.people[1].shown, ["0", "1", "2", "3", "4"]);
    assert_eq!(world.people[0].delivered.len(), 5);
}

#[test]
fn a_long_text_that_is_taken_back_half_way_leaves_nothing_at_its_reader() {
    for deleted in [false, true] {
        let mut world = World::new();
        talk(&mut world);
        agree(&mut world, HOUR);
        let message = world.tell(0, &"needle ".repeat(4_000));
        world.arrive(1, Line::CONVERSATIONS, 10);
        lose_all(&mut world, 1);
        assert_eq!(world.rows(1, Kind::Join), 1);
        if deleted {
            world.delete(0, message, true);
        } else {
            tick(&mut world, 0, HOUR);
        }
        assert!(!world.on_disk(0, "needle"));
        world.settle();
        world.say(0, "something else");
        world.settle();
        world.pass(HOUR);
        world.settle();
        assert_eq!(world.people[1].shown, ["something else"]);
        assert!(!world.on_disk(1, "needle"));
        for kind in [Kind::Join, Kind::Part, Kind::Early, Kind::Held] {
            assert_eq!(world.rows(1, kind), 0, "{kind:?}");
        }
        assert_eq!(world.rows(0, Kind::Outgoing), 0);
    }
}

#[test]
fn a_long_edit_that_is_taken_back_half_way_leaves_nothing_at_its_reader() {
    let mut world = World::new();
    talk(&mut world);
    let message = world.tell(0, "short");
    world.settle();
    world.edit(0, message, &"needle ".repeat(4_000));
    world.arrive(1, Line::CONVERSATIONS, 10);
    lose_all(&mut world, 1);
    world.delete(0, message, true);
    world.settle();
    world.pass(HOUR);
    world.settle();
    assert!(world.message(1, message).unwrap().deleted);
    assert!(!world.on_disk(1, "needle"));
    assert_eq!(world.rows(1, Kind::Join) + world.rows(0, Kind::Outgoing), 0);
}

#[test]
fn what_was_incomplete_when_a_conversation_ended_is_gone_when_another_begins() {
    let mut world = World::new();
    talk(&mut world);
    world.say(0, &"needle ".repeat(4_000));
    world.arrive(1, Line::CONVERSATIONS, 10);
    lose_all(&mut world, 1);
    let contact = world.people[1].id;
    world.input(0, one(Command::Remove { contact }));
    world.settle();
    assert_eq!(world.rows(1, Kind::Join), 1, "the rest may still be on its way");
    world.settle();
    world.ask(0);
    world.settle();
    world.say(0, "again");
    world.settle();
    assert_eq!(world.people[1].shown, ["again"]);
    assert!(!world.on_disk(1, "needle"));
    assert_eq!(world.rows(1, Kind::Join) + world.rows(1, Kind::Part), 0);
}

#[test]
fn an_edit_of_a_text_that_disappeared_here_does_not_delete_it_at_the_reader() {
    let mut world = World::new();
    talk(&mut world);
    agree(&mut world, HOUR);
    let message = world.tell(0, "first");
    world.settle();
    world.edit(0, message, "a needle");
    world.react(0, message, Some("!"));
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    lose_all(&mut world, 1);
    tick(&mut world, 0, HOUR);
    assert!(world.message(0, message).is_none() && !world.on_disk(0, "needle"));
    world.settle();
    world.say(0, "something else");
    world.settle();
    world.pass(5 * 60 * SECOND);
    world.settle();
    let theirs = world.message(1, message).unwrap();
    assert!(theirs.text == "first" && !theirs.deleted, "its time has not begun there");
    assert_eq!(world.rows(1, Kind::Early), 0);
    assert_eq!(world.rows(0, Kind::Outgoing), 0);
}

#[test]
fn receipts_in_an_envelope_that_is_discarded_go_in_another() {
    for restart in [false, true] {
        let mut world = World::new();
        talk(&mut world);
        let message = world.tell(0, "well?");
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        world.arrive(1, Line::CONVERSATIONS, usize::MAX);
        // The receipt goes with the answer, for which there is no room.
        world.relay.refuses = Some(Refuses::MailboxFull);
        let answer = world.tell(1, "no");
        world.arrive(1, Line::CONVERSATIONS, usize::MAX);
        if restart {
            world.crash(1, None);
            world.connect(1);
            world.arrive(1, Line::CONVERSATIONS, usize::MAX);
        }
        world.delete(1, answer, true);
        world.relay.refuses = None;
        world.settle();
        world.pass(2 * 60 * SECOND);
        world.settle();
        assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered);
        assert_eq!(world.rows(1, Kind::Due), 0);
        assert!(world.people[0].shown.is_empty());
    }
}

#[test]
fn what_was_read_is_not_told_once_that_is_switched_off() {
    let mut world = World::new();
    talk(&mut world);
    let receipts = |world: &mut World, read_receipts| {
        world.command(1, |_| Command::Settings(Change::read_receipts(read_receipts)));
    };
    receipts(&mut world, true);
    let message = world.tell(0, "seen?");
    world.settle();
    let puts = world.relay.puts;
    world.see(1, message);
    receipts(&mut world, false);
    assert_eq!(world.rows(1, Kind::Outgoing), 0);
    world.settle();
    assert_eq!(world.relay.puts, puts);
    assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered);
    receipts(&mut world, true);
    world.settle();
    assert_eq!(world.relay.puts, puts, "not later either");
}

#[test]
fn a_failed_text_that_is_deleted_here_is_gone_from_the_outbox_too() {
    let mut world = World::new();
    talk(&mut world);
    for text in ["needle".to_owned(), "needle ".repeat(1_000)] {
        let message = world.tell(0, &text);
        lose_all(&mut world, 1);
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        tick(&mut world, 0, 22 * DAY);
        let state = world.message(0, message).unwrap().state;
        assert!(matches!(state, MessageState::Failed { .. }), "{state:?}");
        world.delete(0, message, false);
        assert!(!world.on_disk(0, "needle"));
        world.settle();
    }
    world.pass(HOUR);
    world.settle();
    assert_eq!(world.rows(0, Kind::Outgoing), 0);
}

#[test]
fn a_text_that_is_deleted_here_and_waits_leaves_the_outbox_at_its_time() {
    for edited in [false, true] {
        let mut world = World::new();
        talk(&mut world);
        agree(&mut world, HOUR);
        let message = if edited {
            let message = world.tell(0, "first");
            world.settle();
            world.disconnect(0, Line::CONVERSATIONS);
            world.edit(0, message, "needle");
            message
        } else {
            world.disconnect(0, Line::CONVERSATIONS);
            world.tell(0, "needle")
        };
        world.delete(0, message, false);
        assert!(world.on_disk(0, "needle"), "it goes all the same");
        let connected = world.people[0].up.len();
        assert_eq!(connected, 0);
        tick(&mut world, 0, HOUR);
        assert!(!world.on_disk(0, "needle"));
        assert_eq!(world.rows(0, Kind::Fuse), 0);
        world.settle();
        assert!(!world.people[1].shown.contains(&"needle".to_owned()));
        assert!(world.people[1].changed.iter().all(|message| message.text != "needle"));
    }
}

#[test]
fn a_change_that_expired_on_the_relay_goes_again_under_its_number() {
    let mut world = World::new();
    talk(&mut world);
    let message = world.tell(0, "first");
    world.settle();
    world.edit(0, message, "second");
    lose_all(&mut world, 1);
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    world.disconnect(0, Line::CONVERSATIONS);
    tick(&mut world, 0, 22 * DAY);
    world.say(0, "behind it");
    world.settle();
    assert_eq!(world.message(1, message).unwrap().text, "second");
    assert_eq!(world.people[1].shown, ["first", "behind it"], "nothing was missing before it");
}

#[test]
fn a_relay_with_an_odd_clock_does_not_make_a_change_go_again_and_again() {
    let mut world = World::new();
    talk(&mut world);
    let message = world.tell(0, "first");
    world.settle();
    let puts = world.relay.puts;
    world.disconnect(1, Line::CONVERSATIONS);
    world.react(0, message, Some("!"));
    for _ in 0..60 {
        for frame in world.relay.on_the_way.entry((0, Line::CONVERSATIONS)).or_default() {
            if let RelayFrame::Stored { expires, .. } = frame {
                *expires = 1;
            }
        }
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        tick(&mut world, 0, SECOND);
    }
    assert_eq!(world.relay.puts, puts + 1);
}
