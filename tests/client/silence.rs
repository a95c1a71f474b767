//! Each side in a session that the other one no longer has: nobody reads what the other one writes,
//! and no mailbox of theirs tells so.

use bauta::net::cell::Welcome;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::event::Notice;

use crate::world::*;

/// One lost the computer, and they began anew; then the other one went back to a copy from before.
fn apart(back: usize) -> World {
    let mut world = World::new();
    world.copy(1 - back);
    talk(&mut world);
    both_say(&mut world, "one");
    world.copy(back);
    world.pass(DAY);
    assert!(world.restore(1 - back));
    world.connect(1 - back);
    world.ask(1 - back);
    world.settle();
    both_say(&mut world, "two");
    world.pass(DAY);
    assert!(world.restore(back));
    world.settle();
    world
}

fn both_say(world: &mut World, text: &str) {
    for who in 0..2 {
        world.say(who, text);
    }
    world.settle();
    assert!(world.people.iter().all(|person| person.shown.contains(&text.to_owned())), "{text}");
}

fn puts(world: &World, who: usize) -> usize {
    world.relay.puts_on.get(&(who, Line::RENDEZVOUS)).copied().unwrap_or(0)
}

#[test]
fn two_in_sessions_that_the_other_has_not_find_each_other_whoever_speaks() {
    for back in 0..2 {
        for speakers in [vec![back], vec![1 - back], vec![0, 1]] {
            let mut world = apart(back);
            speakers.iter().for_each(|who| world.say(*who, "hello?"));
            world.settle();
            let heard = |world: &World| {
                let hears =
                    |who: &usize| world.people[1 - who].shown.contains(&"hello?".to_owned());
                speakers.iter().all(hears)
            };
            assert!(!heard(&world), "they are apart");
            let hours = (1..=10).find(|_| {
                world.pass(HOUR);
                world.settle();
                heard(&world)
            });
            assert!(hours.is_some(), "{back} went back, {speakers:?} speak");
            both_say(&mut world, "three");
            for person in &world.people {
                let once = |text: &str| person.shown.iter().filter(|shown| *shown == text).count();
                assert!(once("hello?") <= 1 && once("three") == 1, "{:?}", person.shown);
            }
            // And nothing goes on.
            let before = [puts(&world, 0), puts(&world, 1)];
            for _ in 0..5 {
                world.pass(DAY);
                world.settle();
            }
            assert_eq!([puts(&world, 0), puts(&world, 1)], before);
        }
    }
}

/// Whoever is away for weeks finds the conversation as it was, and what waits for it is bounded.
#[test]
fn a_peer_that_was_only_away_goes_on_where_it_was() {
    for away in 0..2 {
        let mut world = World::new();
        talk(&mut world);
        both_say(&mut world, "one");
        let before = puts(&world, 1 - away);
        world.stop(away);
        for day in 0..20 {
            world.say(1 - away, &format!("day {day}"));
            for _ in 0..24 {
                world.now += HOUR;
                world.input(1 - away, Input::Tick);
                world.settle_one(1 - away);
            }
        }
        // When the silence has doubled, and once a week.
        let bundles = puts(&world, 1 - away) - before;
        assert!((6..=12).contains(&bundles), "{bundles}");
        world.reopen(away);
        world.settle();
        let shown = &world.people[away].shown;
        let days: Vec<String> = (0..20).map(|day| format!("day {day}")).collect();
        assert_eq!(shown[shown.len() - 20..], days);
        both_say(&mut world, "two");
        let replaced = |notice: &Notice| matches!(notice, Notice::SessionReplaced { .. });
        assert!(world.people.iter().all(|person| !person.notices.iter().any(replaced)), "{away}");
    }
}

/// A relay that lost what two said last, of both at once, is no reason to begin anew.
#[test]
fn what_a_relay_has_lost_of_both_replaces_nothing() {
    let mut world = World::new();
    talk(&mut world);
    both_say(&mut world, "one");
    for who in 0..2 {
        world.say(who, "lost");
    }
    for who in 0..2 {
        world.arrive(who, Line::CONVERSATIONS, 1);
        while world.relay.lose(1 - who, Line::CONVERSATIONS, 0) {}
    }
    let before = [puts(&world, 0), puts(&world, 1)];
    world.pass(HOUR);
    world.settle();
    world.pass(DAY);
    world.settle();
    assert!(world.people.iter().all(|person| person.shown.contains(&"lost".to_owned())));
    assert_eq!([puts(&world, 0), puts(&world, 1)], before);
}

/// Each finds what the other one said, and its receipts, only when it comes back: no silence at all.
#[test]
fn two_who_are_never_there_at_the_same_time_go_on_where_they_were() {
    for first in Line::SHARED {
        let mut world = World::new();
        talk(&mut world);
        both_say(&mut world, "one");
        let before = [puts(&world, 0), puts(&world, 1)];
        (0..2).for_each(|who| world.stop(who));
        for turn in 0..8 {
            let who = turn % 2;
            world.reopen(who);
            let verified = Box::new(world.verified.clone());
            // What waits comes on one connection before the other.
            let welcome = Welcome { now: world.now / 1000, ..world.welcome.clone() };
            world.people[who].up.insert(first);
            world.input(who, Input::Up(first, verified, Box::new(welcome)));
            world.arrive(who, first, usize::MAX);
            world.input(who, Input::Tick);
            world.connect(who);
            world.say(who, &format!("turn {turn}"));
            for _ in 0..240 {
                world.settle_one(who);
                world.now += 60 * SECOND;
                world.input(who, Input::Tick);
            }
            world.stop(who);
            world.now += HOUR;
        }
        (0..2).for_each(|who| world.reopen(who));
        both_say(&mut world, "two");
        assert_eq!(world.people[0].shown, ["one", "turn 1", "turn 3", "turn 5", "turn 7", "two"]);
        assert_eq!(world.people[1].shown, ["one", "turn 0", "turn 2", "turn 4", "turn 6", "two"]);
        let replaced = |notice: &Notice| matches!(notice, Notice::SessionReplaced { .. });
        assert!(world.people.iter().all(|person| !person.notices.iter().any(replaced)));
        // Doubt there is, for four hours each time: and it is heard as what it is.
        assert!(puts(&world, 0) + puts(&world, 1) > before[0] + before[1]);
    }
}
