//! A relay that is filling up wants work: it is done once, told truthfully, and not for nothing.

use bauta::crypto::puzzle;
use bauta::net::cell::Demand;
use bauta::net::cell::Seed;
use bauta::net::client::Command;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::event::HoldReason;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Notice;

use crate::world::*;

fn demand(seed: u8, effort: u32) -> Option<Demand> {
    Some(Demand { seed: Seed::new([seed; 16]), effort })
}

/// Does the work that somebody's driver was asked to do.
fn work(world: &mut World, who: usize) {
    let job = world.people[who].job.take().unwrap();
    let solution = puzzle::solve(&job.challenge, job.effort, 0, || true);
    world.input(who, Input::Worked(job.id, solution));
}

/// Works for as long as something is wanted.
fn work_on(world: &mut World) {
    for _ in 0..20 {
        world.settle();
        for who in 0..2 {
            if world.people[who].job.is_some() {
                work(world, who);
            }
        }
    }
}

fn arrive(world: &mut World, who: usize) {
    world.arrive(who, Line::RENDEZVOUS, usize::MAX);
    world.arrive(who, Line::CONVERSATIONS, usize::MAX);
}

#[test]
fn people_meet_and_talk_on_a_relay_that_wants_work() {
    let mut world = World::new();
    world.relay.demand = demand(1, 1);
    world.ask(0);
    arrive(&mut world, 0);
    let asked = world.people[1].id;
    assert_eq!(world.people[0].notices, [Notice::Working { contact: asked }]);
    assert_eq!((world.relay.puts, world.relay.paid), (0, 0));
    assert!(world.people[0].job.is_some());
    work(&mut world, 0);
    assert_eq!((world.relay.puts, world.relay.paid), (1, 1));
    world.ask(1);
    work_on(&mut world);
    world.say(0, "worth it");
    work_on(&mut world);
    assert_eq!(world.people[1].shown, ["worth it"]);
    assert_eq!(world.people[0].notices.len(), 1, "told once");
}

#[test]
fn what_welcome_announces_is_worked_for_before_anything_is_sent() {
    let mut world = World::new();
    world.disconnect(0, Line::RENDEZVOUS);
    world.relay.demand = demand(1, 1);
    world.welcome.policy.work = demand(1, 1);
    world.connect(0);
    world.ask(0);
    assert!(world.people[0].job.is_some());
    let waiting = world.relay.on_the_way.get(&(0, Line::RENDEZVOUS));
    assert!(waiting.is_none_or(Vec::is_empty), "nothing was put, and so nothing refused");
    work(&mut world, 0);
    assert_eq!((world.relay.puts, world.relay.paid), (1, 1));
}

#[test]
fn a_message_shows_that_it_is_worked_for() {
    let mut world = World::new();
    talk(&mut world);
    world.relay.demand = demand(1, 1);
    let message = world.tell(0, "patience");
    arrive(&mut world, 0);
    let held = MessageState::Held { reason: HoldReason::Working };
    assert_eq!(world.message(0, message).unwrap().state, held);
    world.crash(0, None);
    world.connect(0);
    assert_eq!(world.message(0, message).unwrap().state, held, "after a crash too");
    work_on(&mut world);
    assert_eq!(world.people[1].shown, ["patience"]);
    assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered);
}

#[test]
fn what_is_too_dear_is_given_up_with_a_reason_and_tried_again() {
    let mut world = World::new();
    world.relay.demand = demand(1, 4_097);
    world.ask(0);
    arrive(&mut world, 0);
    let contact = world.people[1].id;
    assert!(world.people[0].job.is_none());
    assert_eq!(world.people[0].notices, [Notice::WorkTooDear { contact }]);
    for _ in 0..3 {
        world.pass(HOUR);
        arrive(&mut world, 0);
        assert!(world.people[0].job.is_none());
    }
    assert_eq!(world.people[0].notices.len(), 1, "told once");
    world.relay.demand = demand(1, 4_096);
    world.pass(HOUR);
    arrive(&mut world, 0);
    assert_eq!(world.people[0].job.unwrap().effort, 4_096);
    world.relay.demand = None;
    world.crash(0, None);
    world.connect(0);
    world.settle();
    assert_eq!(world.relay.puts, 1);
}

#[test]
fn work_for_what_is_taken_back_ends() {
    let mut world = World::new();
    world.relay.demand = demand(1, 1);
    world.ask(0);
    arrive(&mut world, 0);
    let job = world.people[0].job.unwrap();
    world.command(0, |contact| Command::Remove { contact });
    assert!(world.people[0].job.is_none(), "the driver was told");
    let solution = puzzle::solve(&job.challenge, job.effort, 0, || true);
    world.input(0, Input::Worked(job.id, solution));
    assert_eq!(world.relay.paid, 0);
}

#[test]
fn a_relay_that_wastes_work_gets_less_and_less_of_it() {
    let mut world = World::new();
    world.relay.demand = demand(1, 1);
    world.ask(0);
    arrive(&mut world, 0);
    let mut pauses = Vec::new();
    for seed in 2..8 {
        // The seed changes under the solver's hands.
        world.relay.demand = demand(seed, 1);
        work(&mut world, 0);
        arrive(&mut world, 0);
        let refused = world.now;
        while world.people[0].job.is_none() {
            world.pass(60 * SECOND);
            arrive(&mut world, 0);
        }
        pauses.push((world.now - refused) / (60 * SECOND));
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32]);
    work(&mut world, 0);
    assert_eq!(world.relay.paid, 1, "what is accepted at last is put");
}

#[test]
fn a_solver_that_comes_to_nothing_is_asked_again() {
    let mut world = World::new();
    world.relay.demand = demand(1, 1);
    world.ask(0);
    arrive(&mut world, 0);
    let job = world.people[0].job.take().unwrap();
    world.input(0, Input::Worked(job.id, None));
    assert!(world.people[0].job.is_none());
    world.pass(60 * SECOND);
    work(&mut world, 0);
    assert_eq!(world.relay.paid, 1);
}
