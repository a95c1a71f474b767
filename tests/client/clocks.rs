//! Clocks that are wrong by more than the day that is promised: what is written then waits until the
//! clock is right again, and nothing is lost for good.

use bauta::net::client::Command;
use bauta::net::client::core::Line;
use bauta::net::client::event::Notice;

use crate::world::*;

/// Days that one clock is ahead.
const SKEWS: [i64; 8] = [-400, -30, -14, -8, 8, 14, 30, 400];

/// Somebody's clock is wrong from now on, and everybody connects anew.
fn set_clock(world: &mut World, who: usize, days: i64) {
    world.people[who].skew = days * DAY.cast_signed();
    for line in [Line::RENDEZVOUS, Line::CONVERSATIONS] {
        world.disconnect(who, line);
    }
    world.settle();
}

fn warned(world: &World, who: usize) -> usize {
    let notices = world.people[who].notices.iter();
    notices.filter(|notice| matches!(notice, Notice::Clock { .. })).count()
}

#[test]
fn what_is_written_under_a_wrong_clock_arrives_once_it_is_right() {
    for days in SKEWS {
        for who in 0..2 {
            let mut world = World::new();
            talk(&mut world);
            set_clock(&mut world, who, days);
            for n in 0..3 {
                (0..2).for_each(|of| world.say(of, &n.to_string()));
            }
            world.settle();
            set_clock(&mut world, who, 0);
            world.settle();
            for of in 0..2 {
                assert_eq!(world.people[of].shown, ["0", "1", "2"], "{who} by {days}, to {of}");
                assert_eq!(world.people[of].delivered.len(), 3, "{who} by {days}, of {of}");
            }
        }
    }
}

#[test]
fn a_week_of_skew_delays_nothing() {
    for days in [-7, 7] {
        for who in 0..2 {
            let mut world = World::new();
            talk(&mut world);
            set_clock(&mut world, who, days);
            (0..2).for_each(|of| world.say(of, "hello"));
            world.settle();
            let shown = world.people.each_ref().map(|person| person.shown.len());
            assert_eq!(shown, [1, 1], "{who} by {days}");
            let delivered = world.people.each_ref().map(|person| person.delivered.len());
            assert_eq!(delivered, [1, 1], "{who} by {days}");
        }
    }
}

#[test]
fn whose_clock_goes_wrong_is_told_once_until_it_is_right_again() {
    let mut world = World::new();
    talk(&mut world);
    assert_eq!(warned(&world, 0), 0);
    for told in 1..3 {
        set_clock(&mut world, 0, 30);
        set_clock(&mut world, 0, 30);
        assert_eq!(warned(&world, 0), told);
        set_clock(&mut world, 0, 0);
        assert_eq!(warned(&world, 0), told);
    }
    assert_eq!(warned(&world, 1), 0);
}

/// What it took back under a wrong clock does not take back what it asks by the right one.
#[test]
fn who_asked_and_left_by_a_clock_that_was_ahead_is_heard_by_the_right_one() {
    for who in 0..2 {
        let mut world = World::new();
        talk(&mut world);
        set_clock(&mut world, who, 20);
        // A new request, by the wrong clock.
        let contact = world.people[1 - who].id;
        world.input(who, one(Command::Remove { contact }));
        world.ask(who);
        world.settle();
        set_clock(&mut world, who, 0);
        world.input(who, one(Command::Remove { contact }));
        world.settle();
        world.ask(who);
        world.settle();
        (0..2).for_each(|of| world.say(of, "again"));
        world.settle();
        for of in 0..2 {
            assert_eq!(world.people[of].shown.last().unwrap(), "again", "{who} left, to {of}");
        }
    }
}
