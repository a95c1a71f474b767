//! Texts that disappear: after a time that both want, on both sides.

use bauta::net::client::Command;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::Refusal;
use bauta::net::client::event::Timer;
use bauta::net::client::profile::Kind;

use crate::world::*;

fn timers(world: &World) -> [Timer; 2] {
    [0, 1].map(|who| world.people[who].contact.as_ref().unwrap().timer)
}

fn agreed(world: &World) -> [u32; 2] {
    timers(world).map(|timer| timer.agreed)
}

fn agree(world: &mut World, seconds: u32) {
    world.timer(0, Some(seconds));
    world.timer(1, Some(seconds));
    world.settle();
    assert_eq!(agreed(world), [seconds; 2]);
}

#[test]
fn a_timer_holds_when_both_want_it() {
    let mut world = World::new();
    talk(&mut world);
    world.timer(0, Some(60));
    world.settle();
    assert_eq!(timers(&world)[0], Timer { agreed: 0, own: 60, theirs: 0 });
    assert_eq!(timers(&world)[1], Timer { agreed: 0, own: 0, theirs: 60 });
    let message = world.tell(0, "stays");
    assert!(world.message(0, message).unwrap().disappears.is_none());
    world.timer(1, Some(60));
    world.settle();
    assert_eq!(agreed(&world), [60, 60]);
    world.timer(1, None);
    world.settle();
    assert_eq!(agreed(&world), [60, 60], "what was agreed holds until both want another");
    world.crash(0, None);
    assert_eq!(timers(&world)[0], Timer { agreed: 60, own: 60, theirs: 0 });
    world.timer(0, None);
    world.settle();
    assert_eq!(agreed(&world), [0, 0]);
}

#[test]
fn proposals_that_cross_agree_when_they_are_the_same() {
    let mut world = World::new();
    talk(&mut world);
    world.timer(0, Some(60));
    world.timer(1, Some(3_600));
    world.settle();
    assert_eq!(agreed(&world), [0, 0]);
    world.timer(0, Some(3_600));
    world.settle();
    assert_eq!(agreed(&world), [3_600; 2]);
    agree(&mut world, 5);
    for seconds in [0, 4, 365 * 24 * 3_600 + 1] {
        let timer = |contact| Command::Timer { contact, seconds: Some(seconds) };
        let refusal = Refusal::BadTimer { least: 5, most: 365 * 24 * 3_600 };
        assert_eq!(world.refused(0, timer), refusal);
    }
}

/// Each sees what it said itself before what the other said, and both remember the same.
#[test]
fn two_who_change_their_minds_at_one_moment_agree_on_the_same() {
    for (first, crash) in [(0, false), (1, false), (0, true)] {
        let mut world = World::new();
        talk(&mut world);
        let said = [(first, Some(60)), (1 - first, Some(60)), (first, None)];
        for (who, seconds) in said {
            world.now += 1;
            world.timer(who, seconds);
        }
        if crash {
            (0..2).for_each(|who| world.crash(who, None));
        }
        world.settle();
        assert_eq!(agreed(&world), [60; 2], "both wanted it for a moment");
        world.timer(1 - first, None);
        world.settle();
        assert_eq!(agreed(&world), [0; 2]);
    }
}

fn is_gone(world: &mut World, who: usize, message: MessageId) -> bool {
    let gone = world.message(who, message).is_none();
    assert_eq!(gone, world.people[who].vanished.contains(&message));
    gone
}

#[test]
fn a_text_disappears_at_its_writer_after_writing_and_at_its_reader_after_reading() {
    for crash in [false, true] {
        let mut world = World::new();
        talk(&mut world);
        agree(&mut world, 3_600);
        let message = world.tell(0, "a needle");
        let at = world.now + HOUR;
        assert_eq!(world.message(0, message).unwrap().disappears.unwrap().at, Some(at));
        world.settle();
        let unseen = world.message(1, message).unwrap().disappears.unwrap();
        assert_eq!((unseen.after, unseen.at), (3_600, None));
        world.now = at - 1;
        world.pass(0);
        assert!(!is_gone(&mut world, 0, message));
        if crash {
            world.stop(0);
            world.now = at;
            world.reopen(0);
        }
        world.now = at;
        world.pass(0);
        assert!(is_gone(&mut world, 0, message) && !is_gone(&mut world, 1, message));
        assert!(!world.on_disk(0, "needle"));
        world.see(1, message);
        let at = world.now + HOUR;
        let told = world.people[1].changed.last().unwrap().disappears.unwrap();
        assert_eq!(told.at, Some(at));
        if crash {
            world.crash(1, None);
        }
        world.now = at - 1;
        world.pass(0);
        assert!(!is_gone(&mut world, 1, message));
        let wake = world.people[1].core.as_ref().unwrap().next_wake();
        assert!(wake <= at + SECOND, "wants to be woken at its time");
        world.now = at;
        world.pass(0);
        assert!(is_gone(&mut world, 1, message));
        assert!(!world.on_disk(1, "needle"));
        assert_eq!(world.rows(1, Kind::Fuse), 0);
    }
}

#[test]
fn a_text_that_nobody_looks_at_disappears_all_the_same() {
    let mut world = World::new();
    talk(&mut world);
    agree(&mut world, 60);
    let message = world.tell(0, "needle");
    world.settle();
    assert_eq!(world.people[1].contact.as_ref().unwrap().unread, 0);
    world.crash(1, None);
    assert_eq!(world.people[1].contact.as_ref().unwrap().unread, 1);
    world.pass(20 * DAY);
    assert!(!is_gone(&mut world, 1, message));
    world.pass(DAY + 60 * SECOND);
    assert!(is_gone(&mut world, 1, message));
    assert_eq!(world.people[1].contact.as_ref().unwrap().unread, 0);
    assert!(!world.on_disk(1, "needle"));
}

#[test]
fn a_text_that_disappears_before_it_went_never_goes() {
    for long in [false, true] {
        let mut world = World::new();
        talk(&mut world);
        agree(&mut world, 60);
        let text = "needle".repeat(if long { 1_000 } else { 1 });
        world.disconnect(0, Line::CONVERSATIONS);
        let message = world.tell(0, &text);
        world.pass(61 * SECOND);
        assert!(is_gone(&mut world, 0, message));
        assert!(!world.on_disk(0, "needle"));
        world.say(0, "later");
        world.settle();
        assert_eq!(world.people[1].shown, ["later"]);
    }
}

#[test]
fn a_text_that_has_gone_and_comes_again_is_not_shown_again() {
    let mut world = World::new();
    talk(&mut world);
    agree(&mut world, 60);
    let message = world.tell(0, "once");
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    world.copy(0);
    world.see(1, message);
    world.pass(61 * SECOND);
    assert!(is_gone(&mut world, 1, message));
    // Its writer sends it again, from an old copy of itself that has no receipt for it.
    world.now -= 61 * SECOND;
    assert!(world.restore(0));
    world.settle();
    world.pass(HOUR);
    world.settle();
    assert_eq!(world.people[1].shown, ["once"]);
    assert!(is_gone(&mut world, 1, message));
}

/// A peer, or a relay, that never lets half a second go by does not stop time.
#[test]
fn a_text_disappears_in_time_also_while_something_comes_all_the_time() {
    let mut world = World::new();
    talk(&mut world);
    agree(&mut world, 5);
    let message = world.tell(0, "a needle");
    world.settle();
    world.see(1, message);
    let end = world.now + 7 * SECOND;
    while world.now < end {
        world.now += SECOND / 2;
        world.input(1, Input::Commands(Vec::new()));
        if world.people[1].core.as_ref().unwrap().next_wake() <= world.now {
            world.input(1, Input::Tick);
        }
    }
    assert!(is_gone(&mut world, 1, message));
}
