//! What is put: when it is stored, refused, doubled and taken back.

use bauta::net::cell::ClientFrame;
use bauta::net::cell::Refusal;
use bauta::net::cell::RelayFrame;
use bauta::net::server::RelayLimits;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::StoreLimits;

use super::room;
use crate::NOW;
use crate::ack;
use crate::cancel;
use crate::delivered;
use crate::id;
use crate::numbers;
use crate::put;
use crate::stored;
use crate::subscribe;
use crate::world::World;

#[test]
fn an_envelope_goes_from_put_to_ack() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    assert!(world.ask(bob, subscribe([1])).is_empty());
    assert_eq!(stored(&world.ask(alice, put(1, 5))), [id(5)]);
    let frames = world.take(bob);
    assert_eq!(numbers(&frames), [5]);
    let (seq, _) = delivered(&frames[0]);
    assert!(world.ask(bob, ack(1, seq)).is_empty());
    assert!(world.reader.contents().unwrap().is_empty());
    assert!(world.take(bob).is_empty() && world.take(alice).is_empty());
    let counters = world.relay.counters();
    assert_eq!((counters.stored, counters.delivered, counters.acknowledged), (1, 1, 1));
}

#[test]
fn stored_follows_the_durable_answer() {
    let mut world = World::new();
    let alice = world.connect();
    world.receive(alice, put(1, 1));
    assert!(world.relay.next(alice).frames.is_empty());
    let asked = world.relay.effects().changes;
    assert!(world.relay.next(alice).frames.is_empty());
    let answers = world.commit(asked);
    assert!(world.relay.next(alice).frames.is_empty());
    world.relay.committed(answers, world.store.usage());
    assert_eq!(stored(&world.relay.next(alice).frames), [id(1)]);
}

#[test]
fn a_kill_between_commit_and_answer_loses_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let path = folder.path().join("store");
        Box::new(Embedded::open(&path, StoreLimits::default(), NOW).unwrap())
    };
    let mut world = World::over(open(), RelayLimits::default());
    let alice = world.connect();
    assert_eq!(stored(&world.ask(alice, put(1, 1))), [id(1)]);
    world.receive(alice, put(1, 2));
    let changes: Vec<_> =
        world.relay.effects().changes.into_iter().map(|(_, change)| change).collect();
    world.store.commit(&changes, NOW).unwrap();
    drop(world);

    let mut world = World::over(open(), RelayLimits::default());
    let (alice, bob) = (world.connect(), world.connect());
    assert_eq!(stored(&world.ask(alice, put(1, 2))), [id(2)], "the retry is answered");
    assert_eq!(numbers(&world.ask(bob, subscribe([1]))), [1, 2]);
}

#[test]
fn the_retry_of_a_put_is_not_doubled() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    world.ask(bob, subscribe([1]));
    for _ in 0..3 {
        assert_eq!(stored(&world.ask(alice, put(1, 1))), [id(1)]);
    }
    assert_eq!(numbers(&world.take(bob)), [1]);
    assert_eq!((world.relay.counters().stored, world.relay.counters().duplicates), (1, 2));
}

#[test]
fn other_bytes_under_an_id_are_refused() {
    let mut world = World::new();
    let alice = world.connect();
    world.ask(alice, put(1, 1));
    let ClientFrame::Put { id, address, .. } = put(1, 1) else { panic!("a put") };
    let other = ClientFrame::Put { id, address, envelope: crate::envelope(2), proof: None };
    let refused = RelayFrame::Refused { id, reason: Refusal::Conflict, retry_after: 0 };
    assert_eq!(world.ask(alice, other), [refused]);
}

#[test]
fn a_full_mailbox_says_so_and_evicts_nothing() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    world.fill(1, 0..1024);
    assert_eq!(world.ask(alice, put(1, 2000)), [RelayFrame::Full { id: id(2000) }]);
    assert_eq!(stored(&world.ask(alice, put(1, 1023))), [id(1023)], "it is there already");
    assert_eq!(world.reader.contents().unwrap().len(), 1024);
    let frames = world.ask(bob, subscribe([1]));
    world.ask(bob, ack(1, delivered(&frames[0]).0));
    assert_eq!(stored(&world.ask(alice, put(1, 2000))), [id(2000)]);
}

#[test]
fn a_full_store_refuses_and_takes_again_when_there_is_room() {
    let mut world = World::with(room(8), RelayLimits::default());
    let bob = world.connect();
    world.fill(1, 0..1);
    let frames = world.ask(bob, subscribe([1]));
    world.ask(bob, ack(1, delivered(&frames[0]).0));
    world.fill(1, 1..9);
    let reason = Refusal::StoreFull;
    let alice = world.connect();
    let refused = RelayFrame::Refused { id: id(99), reason, retry_after: 60 };
    assert_eq!(world.ask(alice, put(1, 99)), [refused]);
    let frames = world.take(bob);
    assert!(frames.is_empty(), "nobody woke the reader: these came without a connection");
    let frames = world.ask(bob, subscribe([1]));
    assert_eq!(numbers(&frames), (1..9).collect::<Vec<_>>());
    world.ask(bob, ack(1, delivered(&frames[0]).0));
    assert_eq!(stored(&world.ask(alice, put(1, 99))), [id(99)]);
}

#[test]
fn a_connection_holds_its_share_of_what_is_free_at_most() {
    let mut world = World::with(room(80), RelayLimits::default());
    let (alice, bob) = (world.connect(), world.connect());
    for number in 0..10 {
        assert_eq!(stored(&world.ask(alice, put(1, number))), [id(number)]);
    }
    let refused = RelayFrame::Refused { id: id(10), reason: Refusal::Share, retry_after: 60 };
    assert_eq!(world.ask(alice, put(1, 10)), [refused]);
    assert_eq!(stored(&world.ask(bob, put(2, 0))), [id(0)], "another one has its own");
    let frames = world.ask(bob, subscribe([1]));
    world.ask(bob, ack(1, delivered(&frames[4]).0));
    for number in 10..14 {
        assert_eq!(stored(&world.ask(alice, put(1, number))), [id(number)], "what is read is free");
    }
}

#[test]
fn too_many_waiting_puts_are_refused_and_not_dropped() {
    let mut world = World::new();
    let mut answered = 0;
    let clients: Vec<_> = (0..80).map(|_| world.connect()).collect();
    for number in 0..80 * 64 {
        let client = clients[usize::try_from(number / 64).unwrap()];
        world.receive(client, put(u8::try_from(number / 1000).unwrap(), number));
    }
    let waiting = world.relay.effects();
    assert_eq!(waiting.changes.len(), 4096 + 16, "and one of each connection that came too late");
    for client in &clients {
        let refused = world.relay.next(*client).frames;
        answered += refused.len();
        assert!(refused.iter().all(|frame| matches!(
            frame,
            RelayFrame::Refused { reason: Refusal::Busy, retry_after: 1, .. }
        )));
    }
    assert_eq!(answered + waiting.changes.len(), 80 * 64);
}

#[test]
fn what_is_taken_back_is_gone() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    world.ask(alice, put(1, 1));
    assert_eq!(world.ask(alice, cancel(1, 1)), [RelayFrame::Cancelled { id: id(1) }]);
    assert_eq!(world.ask(alice, cancel(1, 1)), [RelayFrame::Gone { id: id(1) }]);
    assert!(world.ask(bob, subscribe([1])).is_empty());
}
