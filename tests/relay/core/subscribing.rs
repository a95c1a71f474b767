//! Subscriptions: how many, and what replaces or ends them.

use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::RelayFrame;
use bauta::net::server::Rate;
use bauta::net::server::RelayLimits;
use bauta::net::server::store::StoreLimits;

use super::closing;
use crate::ack;
use crate::capability;
use crate::delivered;
use crate::numbers;
use crate::put;
use crate::subscribe;
use crate::world::World;

/// Limits that no storm of subscribes meets.
fn unhurried() -> RelayLimits {
    RelayLimits { subscribes: Rate::per_second(1, u32::MAX), ..RelayLimits::default() }
}

#[test]
fn a_storm_of_subscribes_is_bounded() {
    let mut world = World::with(StoreLimits::default(), unhurried());
    world.fill(1, 0..1000);
    let client = world.connect();
    for _ in 0..10_000 {
        world.receive(client, subscribe([1]));
        world.settle();
    }
    assert!(world.relay.counters().delivered <= 16);
    assert!(addresses(&world) <= 16 + 2 * 64 + 2, "{}", addresses(&world));
    assert!(!world.take(client).is_empty());
}

#[test]
fn a_storm_of_subscribes_and_unsubscribes_is_bounded() {
    let mut world = World::with(StoreLimits::default(), unhurried());
    for mailbox in 0..4 {
        world.fill(mailbox, 0..100);
    }
    let client = world.connect();
    for round in 0..10_000_u32 {
        let mailbox = u8::try_from(round % 250).unwrap();
        world.receive(client, subscribe([mailbox, mailbox + 1]));
        world.settle();
        let capabilities = vec![capability(mailbox), capability(mailbox + 1)];
        world.receive(client, ClientFrame::Unsubscribe { capabilities });
        world.settle();
    }
    assert!(addresses(&world) <= 16 + 2 * 64 + 2, "{}", addresses(&world));
    assert_eq!(world.ask(client, subscribe([200])).len(), 16);
}

/// How many addresses a relay keeps in memory.
fn addresses(world: &World) -> usize {
    format!("{:?}", world.relay).matches("Address").count()
}

#[test]
fn one_subscription_too_many_closes() {
    let limits = RelayLimits { subscriptions: 10, ..RelayLimits::default() };
    let mut world = World::with(StoreLimits::default(), limits);
    let client = world.connect();
    assert!(world.ask(client, subscribe(0..10)).is_empty());
    assert!(world.ask(client, subscribe(0..10)).is_empty(), "the same ones count once");
    assert_eq!(closing(&world.ask(client, subscribe([10]))), CloseReason::Subscriptions);

    let limits = RelayLimits { subscriptions_in_all: 10, ..RelayLimits::default() };
    let mut world = World::with(StoreLimits::default(), limits);
    let (first, second) = (world.connect(), world.connect());
    assert!(world.ask(first, subscribe(0..10)).is_empty());
    assert_eq!(closing(&world.ask(second, subscribe([10]))), CloseReason::SubscriptionsInAll);
    world.relay.close(first);
    let third = world.connect();
    assert!(world.ask(third, subscribe(0..10)).is_empty(), "what is gone counts no longer");
}

#[test]
fn one_block_never_has_all_subscriptions() {
    let limits = RelayLimits { subscriptions_in_all: 40, ..RelayLimits::default() };
    let mut world = World::with(StoreLimits::default(), limits);
    let from = |world: &mut World, address| world.connect_from(Some(address)).unwrap();
    let (one, two) = (from(&mut world, "192.0.2.1"), from(&mut world, "192.0.2.77"));
    assert!(world.ask(one, subscribe(0..12)).is_empty());
    assert!(world.ask(two, subscribe(12..20)).is_empty());
    assert!(world.ask(one, subscribe(0..12)).is_empty(), "the same ones count once");
    let capabilities = vec![capability(0), capability(1), capability(99)];
    assert!(world.ask(one, ClientFrame::Unsubscribe { capabilities }).is_empty());
    assert!(world.ask(two, subscribe([2, 20, 21])).is_empty(), "what is given up, and replaced");
    assert_eq!(world.take(one).len(), 1, "it is told");
    let full = CloseReason::SubscriptionsInAll;
    assert_eq!(closing(&world.ask(one, subscribe([22]))), full);
    assert_eq!(world.relay.subscriptions(), 11, "who is closed reads nothing any more");

    let stranger = from(&mut world, "198.51.100.1");
    assert!(world.ask(stranger, subscribe(22..42)).is_empty(), "another block has its own");
    assert_eq!(closing(&world.ask(stranger, subscribe([42]))), full);
    let again = from(&mut world, "192.0.2.3");
    assert!(world.ask(again, subscribe(42..51)).is_empty(), "what ended has made room");
    assert_eq!(closing(&world.ask(again, subscribe([51]))), full);
    world.relay.close(two);
    let proxied = world.connect();
    assert!(world.ask(proxied, subscribe(60..100)).is_empty(), "no share of one address for all");
}

#[test]
fn a_later_subscribe_replaces_an_earlier_one() {
    let mut world = World::new();
    let (half_open, bob, alice) = (world.connect(), world.connect(), world.connect());
    world.fill(1, 0..2);
    let before = world.ask(half_open, subscribe([1]));
    assert_eq!(numbers(&world.ask(bob, subscribe([1]))), [0, 1]);
    let address = capability(1).address();
    assert_eq!(world.take(half_open), [RelayFrame::Replaced { address }]);
    world.ask(alice, put(1, 2));
    assert_eq!(numbers(&world.take(bob)), [2]);
    assert!(world.take(half_open).is_empty());
    assert!(world.ask(half_open, ack(1, delivered(&before[1]).0)).is_empty());
    assert_eq!(world.reader.contents().unwrap().len(), 3, "a late ack deletes nothing");
    world.relay.close(half_open);
    world.ask(alice, put(1, 3));
    assert_eq!(numbers(&world.take(bob)), [3], "the earlier one's end does not end the later");
    assert_eq!(world.relay.counters().replaced, 1);
}

#[test]
fn subscribing_again_on_one_connection_starts_over() {
    let mut world = World::new();
    let bob = world.connect();
    world.fill(1, 0..3);
    assert_eq!(numbers(&world.ask(bob, subscribe([1]))), [0, 1, 2]);
    assert_eq!(numbers(&world.ask(bob, subscribe([1]))), [0, 1, 2]);
    assert_eq!(world.relay.counters().replaced, 0);
}

#[test]
fn unsubscribing_ends_delivery() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    world.ask(bob, subscribe([1, 2]));
    let capabilities = vec![capability(1), capability(3)];
    assert!(world.ask(bob, ClientFrame::Unsubscribe { capabilities }).is_empty());
    world.ask(alice, put(1, 1));
    world.ask(alice, put(2, 2));
    assert_eq!(numbers(&world.take(bob)), [2]);
}
