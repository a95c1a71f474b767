//! What is delivered, to whom, and what an acknowledgement deletes.

use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::RelayFrame;
use bauta::net::server::WINDOW;

use super::closing;
use crate::ack;
use crate::cancel;
use crate::capability;
use crate::delivered;
use crate::id;
use crate::numbers;
use crate::put;
use crate::subscribe;
use crate::world::World;

#[test]
fn another_capability_reads_nothing() {
    let mut world = World::new();
    let (alice, eve) = (world.connect(), world.connect());
    world.ask(alice, put(1, 1));
    assert!(world.ask(eve, subscribe([2])).is_empty());
    assert!(world.ask(eve, ack(1, 1)).is_empty());
    assert_eq!(world.ask(eve, cancel(2, 1)), [RelayFrame::Gone { id: id(1) }]);
    assert_eq!(world.reader.contents().unwrap().len(), 1);
}

#[test]
fn an_ack_beyond_what_was_delivered_closes() {
    for beyond in [1, 4, u64::MAX] {
        let mut world = World::new();
        let bob = world.connect();
        world.fill(1, 0..3);
        let frames = world.ask(bob, subscribe([1, 2]));
        let (last, _) = delivered(&frames[2]);
        assert_eq!(last, 3);
        let (mailbox, up_to) = if beyond == 1 { (2, 1) } else { (1, beyond) };
        assert_eq!(closing(&world.ask(bob, ack(mailbox, up_to))), CloseReason::Undelivered);
        assert_eq!(world.reader.contents().unwrap().len(), 3);
    }
}

#[test]
fn an_ack_of_an_earlier_subscribe_deletes_nothing() {
    let mut world = World::new();
    let bob = world.connect();
    world.fill(1, 0..3);
    let before = world.ask(bob, subscribe([1]));
    let unsubscribe = ClientFrame::Unsubscribe { capabilities: vec![capability(1)] };
    world.ask(bob, unsubscribe);
    assert!(world.ask(bob, ack(1, delivered(&before[2]).0)).is_empty());
    let again = world.ask(bob, subscribe([1]));
    assert_eq!(numbers(&again), [0, 1, 2]);
    assert!(delivered(&again[0]).0 > delivered(&before[2]).0, "seq does not repeat");
    assert!(world.ask(bob, ack(1, delivered(&before[2]).0)).is_empty());
    assert_eq!(world.reader.contents().unwrap().len(), 3);
    world.ask(bob, ack(1, delivered(&again[1]).0));
    assert_eq!(world.reader.contents().unwrap().len(), 1);
}

#[test]
fn at_most_a_window_is_delivered_before_an_ack() {
    let mut world = World::new();
    let bob = world.connect();
    let window = u32::try_from(WINDOW).unwrap();
    world.fill(1, 0..200);
    let first = world.ask(bob, subscribe([1]));
    assert_eq!(numbers(&first), (0..window).collect::<Vec<_>>());
    let second = world.ask(bob, ack(1, delivered(&first[9]).0));
    assert_eq!(numbers(&second), (window..window + 10).collect::<Vec<_>>());
    let third = world.ask(bob, ack(1, delivered(&second[9]).0));
    assert_eq!(numbers(&third), (window + 10..2 * window + 10).collect::<Vec<_>>());
    assert_eq!(world.reader.contents().unwrap().len(), 200 - WINDOW - 10);
}

#[test]
fn a_reader_that_reconnects_gets_the_rest_again_in_order() {
    let mut world = World::new();
    let bob = world.connect();
    world.fill(1, 0..100);
    let frames = world.ask(bob, subscribe([1]));
    world.receive(bob, ack(1, delivered(&frames[29]).0));
    world.settle();
    world.relay.close(bob);
    let bob = world.connect();
    let mut seen = Vec::new();
    let mut frames = world.ask(bob, subscribe([1]));
    while let Some(last) = frames.last() {
        seen.extend(numbers(&frames));
        frames = world.ask(bob, ack(1, delivered(last).0));
    }
    assert_eq!(seen, (30..100).collect::<Vec<_>>());
    assert!(world.reader.contents().unwrap().is_empty());
}

#[test]
fn a_reader_that_takes_nothing_costs_a_bounded_queue_and_loses_nothing() {
    let mut world = World::new();
    let (slow, quick) = (world.connect(), world.connect());
    for mailbox in 0..20 {
        world.fill(mailbox, 0..100);
    }
    world.receive(slow, subscribe(0..10));
    world.receive(quick, subscribe(10..20));
    world.settle();
    let fetched = world.relay.counters().delivered;
    assert!(fetched <= 2 * 16, "{fetched}");
    assert_eq!(world.take(quick).len(), 10 * WINDOW, "the other one is not held up");
    world.relay.close(slow);
    assert_eq!(world.reader.contents().unwrap().len(), 2000);
    let back = world.connect();
    assert_eq!(world.ask(back, subscribe(0..10)).len(), 10 * WINDOW);
}

#[test]
fn what_comes_while_a_fetch_is_under_way_is_fetched_too() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    world.receive(bob, subscribe([1]));
    let fetch = world.relay.effects().fetches[0];
    let empty = world.reader.fetch(&fetch.address, fetch.after, fetch.max).unwrap();
    world.ask(alice, put(1, 1));
    world.relay.fetched(&fetch, Ok(empty));
    assert_eq!(numbers(&world.take(bob)), [1]);
}

#[test]
fn an_answer_to_a_fetch_of_an_earlier_subscribe_is_not_delivered() {
    let mut world = World::new();
    let bob = world.connect();
    world.fill(1, 0..3);
    world.receive(bob, subscribe([1]));
    let fetch = world.relay.effects().fetches[0];
    let fetched = world.reader.fetch(&fetch.address, fetch.after, fetch.max).unwrap();
    world.receive(bob, subscribe([1]));
    world.relay.fetched(&fetch, Ok(fetched));
    assert_eq!(numbers(&world.take(bob)), [0, 1, 2]);
}
