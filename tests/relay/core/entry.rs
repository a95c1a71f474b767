//! Who is let in, and how fast: rates, work and the secret of a private relay.

use std::time::Duration;

use bauta::crypto::join::JoinProof;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::Refusal;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::VERSION;
use bauta::net::server::Rate;
use bauta::net::server::RelayLimits;
use bauta::net::server::Work;
use bauta::net::server::store::StoreLimits;

use super::closing;
use super::room;
use crate::ack;
use crate::cancel;
use crate::delivered;
use crate::hello;
use crate::id;
use crate::put;
use crate::stored;
use crate::subscribe;
use crate::world::World;

#[test]
fn a_full_relay_turns_away() {
    let limits = RelayLimits { connections: 2, ..RelayLimits::default() };
    let mut world = World::with(StoreLimits::default(), limits);
    let first = world.connect();
    world.connect();
    assert_eq!(world.relay.open(None, None), Err(CloseReason::Full));
    assert_eq!(world.relay.counters().turned_away, 1);
    world.relay.close(first);
    assert!(world.relay.open(None, None).is_ok());
}

#[test]
fn one_block_never_has_all_places() {
    let limits = RelayLimits { connections: 1_000, ..RelayLimits::default() };
    let mut world = World::with(StoreLimits::default(), limits);
    let crowd = (0..600)
        .filter(|number| world.connect_from(Some(&format!("192.0.2.{}", number % 250))).is_ok());
    assert_eq!(crowd.count(), 500, "half of all, where there is room");
    assert_eq!(world.relay.counters().turned_away, 100);
    let neighbours: Vec<_> = (0..124)
        .map(|number| world.connect_from(Some(&format!("198.51.100.{number}"))).unwrap())
        .collect();
    assert_eq!(world.connect_from(Some("198.51.100.200")), Err(CloseReason::Full), "an eighth");
    world.relay.close(neighbours[7]);
    world.relay.close(neighbours[7]);
    assert!(world.connect_from(Some("198.51.100.201")).is_ok(), "who leaves makes room");
    assert_eq!(world.connect_from(Some("198.51.100.202")), Err(CloseReason::Full), "for one");
    assert!(world.connect_from(Some("203.0.113.1")).is_ok(), "another block gets in");
    let proxied = (0..500).filter(|_| world.connect_from(None).is_ok()).count();
    assert_eq!(proxied, 375, "what comes from one address in the place of all has no share");
}

#[test]
fn nothing_shows_addresses() {
    let mut world = World::new();
    let bob = world.connect();
    world.receive(bob, subscribe([1]));
    world.receive(bob, put(1, 1));
    let shown = format!("{:?} {:?}", world.relay, world.relay.counters());
    assert!(shown.contains("Address") && !shown.contains("[1, 1") && !shown.contains("[7, 7"));
}

#[test]
fn who_puts_too_fast_is_told_when_to_go_on() {
    let (puts, puts_beyond) = (Rate::per_second(2, 3), Rate::per_second(0, 0));
    let limits = RelayLimits { puts, puts_beyond, ..RelayLimits::default() };
    let mut world = World::with(StoreLimits::default(), limits);
    let (hasty, calm) = (world.connect(), world.connect());
    for number in 0..3 {
        assert_eq!(stored(&world.ask(hasty, put(1, number))), [id(number)]);
    }
    let reason = Refusal::TooFast;
    let refused = |number| RelayFrame::Refused { id: id(number), reason, retry_after: 1 };
    assert_eq!(world.ask(hasty, put(1, 3)), [refused(3)]);
    assert_eq!(world.ask(hasty, cancel(1, 1)), [refused(1)], "a Cancel costs the same");
    assert_eq!(world.reader.contents().unwrap().len(), 3, "and did nothing");
    assert_eq!(stored(&world.ask(calm, put(1, 4))), [id(4)], "others have their own");
    world.relay.time_is(Duration::from_secs(1));
    assert_eq!(stored(&world.ask(hasty, put(1, 3))), [id(3)]);
    assert_eq!(world.ask(hasty, cancel(1, 1)), [RelayFrame::Cancelled { id: id(1) }]);
    assert_eq!(world.ask(hasty, put(1, 5)), [refused(5)]);
    world.relay.time_is(Duration::ZERO);
    assert_eq!(world.ask(hasty, put(1, 5)), [refused(5)], "time does not go back");
    assert_eq!((world.relay.counters().too_fast, world.relay.counters().refused), (4, 4));
}

#[test]
fn neighbours_share_a_rate_and_strangers_do_not() {
    let (puts_of_a_block, puts_beyond) = (Rate::per_second(1, 3), Rate::per_second(0, 0));
    let limits = RelayLimits { puts_of_a_block, puts_beyond, ..RelayLimits::default() };
    let mut world = World::with(StoreLimits::default(), limits);
    let mut connect = |from| world.connect_from(from).unwrap();
    let (one, two) = (connect(Some("192.0.2.1")), connect(Some("192.0.2.77")));
    let (stranger, proxied) = (connect(Some("198.51.100.1")), connect(None));
    for (number, client) in [(0, one), (1, two), (2, one), (4, stranger), (5, proxied)] {
        assert_eq!(stored(&world.ask(client, put(1, number))), [id(number)]);
    }
    let reason = Refusal::TooFast;
    let refused = RelayFrame::Refused { id: id(6), reason, retry_after: 2 };
    assert_eq!(world.ask(two, put(1, 6)), [refused]);
}

#[test]
fn who_subscribes_too_fast_is_closed_and_told_when_to_come_back() {
    let mut world = World::new();
    let client = world.connect();
    let mut frames = Vec::new();
    for _ in 0..64 {
        frames.extend(world.ask(client, subscribe(0..64)));
    }
    assert!(frames.is_empty(), "all that a connection may read, twice over");
    let closing = RelayFrame::Closing { reason: CloseReason::TooFast, retry_after: 60 };
    assert_eq!(world.ask(client, subscribe([1])), [closing]);
    let mut world = World::new();
    let client = world.connect();
    for second in 0..200 {
        world.relay.time_is(Duration::from_secs(second));
        assert!(world.ask(client, subscribe(0..64)).is_empty());
    }
}

#[test]
fn a_put_that_nobody_may_read_costs_work_as_the_store_fills() {
    let mut world = World::with(room(64), RelayLimits::default());
    let (alice, bob) = (world.connect(), world.connect());
    world.fill(1, 0..15);
    assert_eq!(world.relay.usage().price(), 0, "the relay hears of it with the next batch");
    assert_eq!(stored(&world.ask(alice, put(1, 15))), [id(15)], "below a quarter it is free");
    let demand = world.relay.demand().unwrap();
    assert_eq!(demand.effort, 16);
    let refused =
        |number| RelayFrame::Refused { id: id(number), reason: Refusal::Work, retry_after: 1 };
    let asked = RelayFrame::Work { demand };
    assert_eq!(world.ask(alice, put(1, 16)), [asked.clone(), refused(16)]);
    let worked = |world: &mut World, number, work| {
        world.relay.receive_worked(alice, Ok(vec![put(1, number)]), work);
        world.take(alice)
    };
    for too_little in [Work::Proven(15), Work::Stale, Work::None] {
        assert_eq!(worked(&mut world, 16, too_little), [asked.clone(), refused(16)]);
    }
    assert_eq!(stored(&worked(&mut world, 16, Work::Proven(16))), [id(16)]);
    assert_eq!(stored(&worked(&mut world, 16, Work::None)), [id(16)], "what is there is there");
    let slow = RelayFrame::Refused { id: id(17), reason: Refusal::TooFast, retry_after: 5 };
    assert_eq!(worked(&mut world, 17, Work::TooMany(5)), [slow]);
    world.fill(1, 17..24);
    assert_eq!(stored(&worked(&mut world, 24, Work::Proven(2048))), [id(24)]);
    assert_eq!(
        world.relay.demand().unwrap().effort,
        16 << 4,
        "half way from a quarter to the half"
    );
    world.fill(2, 0..7);
    let full = RelayFrame::Refused { id: id(25), reason: Refusal::StoreFull, retry_after: 60 };
    assert_eq!(
        worked(&mut world, 25, Work::Proven(u32::MAX)),
        [full],
        "no work buys more than half"
    );

    // Whoever reads makes a mailbox warm, and it is free again.
    let frames = world.ask(bob, subscribe([2]));
    world.ask(bob, ack(2, delivered(&frames[0]).0));
    assert_eq!(stored(&world.ask(alice, put(2, 99))), [id(99)]);
    let counters = world.relay.counters();
    assert_eq!((counters.unproven, counters.proven), (4, 4));
}

#[test]
fn a_proof_that_proves_nothing_closes() {
    let mut world = World::new();
    let client = world.connect();
    world.relay.receive_worked(client, Ok(vec![put(1, 1)]), Work::False);
    assert_eq!(closing(&world.take(client)), CloseReason::FalseProof);
    assert!(world.reader.contents().unwrap().is_empty());
}

#[test]
fn a_private_relay_does_nothing_for_who_does_not_prove_the_secret() {
    let due = JoinProof::from_bytes([1; 32]);
    let said = |world: &mut World, join| {
        let client = world.relay.open(None, Some(due)).unwrap();
        let hello = ClientFrame::Hello { version: VERSION, join };
        world.relay.receive(client, Ok(vec![hello, put(1, 1), subscribe([1])]));
        (client, world.take(client))
    };
    let mut world = World::new();
    for wrong in [None, Some(JoinProof::from_bytes([2; 32]))] {
        let (client, answers) = said(&mut world, wrong);
        assert_eq!(closing(&answers), CloseReason::Join);
        assert!(world.is_over(client) && world.relay.subscriptions() == 0);
    }
    assert!(world.reader.contents().unwrap().is_empty());
    let (client, answers) = said(&mut world, Some(due));
    assert_eq!(stored(&answers[..1]), [id(1)]);
    assert_eq!(closing(&world.ask(client, hello())), CloseReason::Unexpected, "once");
    let early = world.relay.open(None, Some(due)).unwrap();
    assert_eq!(closing(&world.ask(early, put(1, 2))), CloseReason::Unexpected);
    assert_eq!(world.relay.counters().strangers, 2);
}
