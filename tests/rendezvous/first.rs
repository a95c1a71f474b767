//! First contact of which nothing is lost.

use crate::happening::EPOCH;
use crate::happening::Happening;
use crate::standing::ROUNDS;
use crate::world::World;

#[test]
fn nothing_is_shown_and_nothing_matched_when_only_one_asks() {
    let mut world = World::new();
    world.ask(0);
    world.write(0);
    for _ in 0..ROUNDS {
        world.round();
    }
    assert!(world.people[1].shown.is_empty());
    assert!(!world.people[0].rules.as_ref().unwrap().matched());
    assert_eq!(world.people[0].outbox.len(), ROUNDS + 1, "what was written waits");
}

#[test]
fn a_request_that_waits_months_is_asked_again_in_each_epoch() {
    let mut world = World::new();
    world.ask(0);
    for _ in 0..4 {
        world.happen(Happening::Wait(EPOCH));
    }
    world.mail = Default::default();
    world.ask(1);
    world.round();
    world.round();
    assert!(world.converged());
}

#[test]
fn an_undisturbed_conversation_has_no_notice() {
    for order in [[0, 1], [1, 0]] {
        let mut world = World::new();
        world.ask(order[0]);
        world.ask(order[1]);
        for _ in 0..5 {
            world.round();
        }
        assert!(world.converged());
        assert_eq!(world.people[0].notices + world.people[1].notices, 0);
    }
}

#[test]
fn everything_written_is_shown_once_and_in_order_when_nothing_is_forgotten() {
    let mut world = World::new();
    world.ask(0);
    (0..5).for_each(|_| world.write(0));
    world.ask(1);
    (0..5).for_each(|_| world.write(1));
    for _ in 0..4 {
        world.round();
    }
    for person in &world.people {
        assert_eq!(person.shown.len(), 9);
        assert!(person.shown.is_sorted(), "{:?}", person.shown);
    }
}
