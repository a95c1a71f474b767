//! A store that fails, and a relay that stops.

use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::Refusal;
use bauta::net::cell::RelayFrame;
use bauta::net::server::relay::Trouble;

use super::closing;
use crate::ack;
use crate::cancel;
use crate::capability;
use crate::delivered;
use crate::id;
use crate::numbers;
use crate::put;
use crate::stored;
use crate::subscribe;
use crate::world::World;

#[test]
fn a_store_that_fails_is_never_answered_with_stored() {
    for (trouble, reason) in [
        (Trouble::DiskFull, Refusal::StoreFull),
        (Trouble::Failed, Refusal::StoreFailed),
        (Trouble::Damaged, Refusal::StoreFailed),
    ] {
        let mut world = World::new();
        let client = world.connect();
        world.receive(client, put(1, 1));
        world.receive(client, cancel(1, 1));
        let asked = world.relay.effects().changes;
        let failed = |(asked, change)| (asked, change, Err(trouble));
        let answers = asked.into_iter().map(failed).collect();
        world.relay.committed(answers, world.store.usage());
        let refused = |reason| RelayFrame::Refused { id: id(1), reason, retry_after: 60 };
        let answers = world.take(client);
        assert_eq!(answers, [refused(reason), refused(Refusal::StoreFailed)]);
        assert_eq!(stored(&world.ask(client, put(1, 1))), [id(1)], "and then it goes on");
    }
}

#[test]
fn a_failed_ack_closes_and_is_made_good_by_coming_back() {
    let mut world = World::new();
    let bob = world.connect();
    world.fill(1, 0..2);
    let frames = world.ask(bob, subscribe([1]));
    world.receive(bob, ack(1, delivered(&frames[1]).0));
    let asked = world.relay.effects().changes;
    let failed = |(asked, change)| (asked, change, Err(Trouble::DiskFull));
    let answers = asked.into_iter().map(failed).collect();
    world.relay.committed(answers, world.store.usage());
    assert_eq!(closing(&world.take(bob)), CloseReason::StoreFailed);
    let back = world.connect();
    let frames = world.ask(back, subscribe([1]));
    assert_eq!(numbers(&frames), [0, 1]);
    world.ask(back, ack(1, delivered(&frames[1]).0));
    assert!(world.reader.contents().unwrap().is_empty());
}

#[test]
fn a_mailbox_that_cannot_be_read_closes_its_reader() {
    let mut world = World::new();
    let bob = world.connect();
    world.receive(bob, subscribe([1]));
    let fetch = world.relay.effects().fetches[0];
    world.relay.fetched(&fetch, Err(Trouble::Failed));
    assert_eq!(closing(&world.take(bob)), CloseReason::StoreFailed);
}

#[test]
fn a_mailbox_that_is_damaged_keeps_its_reader_from_no_other() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    world.fill(2, 5..7);
    world.receive(bob, subscribe([1, 2]));
    let fetch = world.relay.effects().fetches[0];
    assert_eq!(fetch.address, capability(1).address());
    world.relay.fetched(&fetch, Err(Trouble::Damaged));
    assert_eq!(numbers(&world.take(bob)), [5, 6]);
    assert_eq!(world.relay.counters().damaged, 1);
    world.ask(alice, put(1, 8));
    assert_eq!(numbers(&world.take(bob)), [8], "and what comes into it is handed on");
}

#[test]
fn an_ack_that_meets_damage_ends_nothing() {
    let mut world = World::new();
    let bob = world.connect();
    world.fill(1, 0..2);
    let frames = world.ask(bob, subscribe([1]));
    world.receive(bob, ack(1, delivered(&frames[1]).0));
    let asked = world.relay.effects().changes;
    let failed = |(asked, change)| (asked, change, Err(Trouble::Damaged));
    world.relay.committed(asked.into_iter().map(failed).collect(), world.store.usage());
    assert_eq!(world.ask(bob, ClientFrame::Ping), [RelayFrame::Pong]);
    assert_eq!(world.reader.contents().unwrap().len(), 2);
    assert_eq!(numbers(&world.ask(bob, subscribe([1]))), [0, 1]);
}

#[test]
fn a_relay_that_stops_answers_what_waits_for_the_store() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    world.fill(1, 0..3);
    world.receive(bob, subscribe([1]));
    world.settle();
    world.receive(alice, put(2, 1));
    world.relay.stop();
    assert!(!world.relay.next(alice).is_over, "its put waits for the store");
    world.receive(alice, put(2, 2));
    let frames = world.take(alice);
    assert_eq!(stored(&frames[..1]), [id(1)]);
    assert_eq!(
        frames.last(),
        Some(&RelayFrame::Closing { reason: CloseReason::Stopping, retry_after: 0 })
    );
    assert_eq!(closing(&world.take(bob)), CloseReason::Stopping);
    assert!(world.is_over(alice) && world.is_over(bob));
    assert_eq!(world.relay.open(None, None), Err(CloseReason::Stopping));
}
