//! The core: what is answered to whom, with a store that is driven by hand.

use std::time::Duration;

use bauta::crypto::join::JoinProof;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::CellError;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::Pace;
use bauta::net::cell::Refusal;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::VERSION;
use bauta::net::cell::decode;
use bauta::net::server::Block;
use bauta::net::server::Rate;
use bauta::net::server::RelayLimits;
use bauta::net::server::WINDOW;
use bauta::net::server::Work;
use bauta::net::server::relay::Trouble;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::StoreLimits;

use super::NOW;
use super::ack;
use super::cancel;
use super::capability;
use super::delivered;
use super::hello;
use super::id;
use super::numbers;
use super::put;
use super::stored;
use super::subscribe;
use super::world::World;

fn closing(frames: &[RelayFrame]) -> CloseReason {
    match frames {
        [RelayFrame::Closing { reason, .. }] => *reason,
        other => panic!("{other:?}"),
    }
}

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
fn any_frame_before_hello_closes() {
    let unsubscribe = ClientFrame::Unsubscribe { capabilities: vec![capability(1)] };
    let early =
        [put(1, 1), subscribe([1]), unsubscribe, ack(1, 1), cancel(1, 1), ClientFrame::Ping];
    for frame in early {
        let mut world = World::new();
        let client = world.relay.open(None, None).unwrap();
        assert_eq!(closing(&world.ask(client, frame)), CloseReason::Unexpected);
        assert!(world.is_over(client));
        assert!(world.reader.contents().unwrap().is_empty());
        assert_eq!(world.relay.counters().misbehaved, 1);
    }
}

#[test]
fn a_second_hello_and_an_unspoken_version_close() {
    let mut world = World::new();
    let client = world.connect();
    assert_eq!(closing(&world.ask(client, hello())), CloseReason::Unexpected);
    for version in [0, VERSION - 1, VERSION + 1, u16::MAX] {
        let client = world.relay.open(None, None).unwrap();
        let answer = world.ask(client, ClientFrame::Hello { version, join: None });
        assert_eq!(closing(&answer), CloseReason::Version);
    }
}

#[test]
fn a_cell_that_is_not_legal_closes_and_does_nothing() {
    // Unknown, oversized, trailing, nested, and a legal Ping before the illegal frame.
    let cells: [&[u8]; 5] = [
        &[0, 2, 0x81, 9],
        &[0xff, 0xff, 0x81, 7],
        &[0, 3, 0x81, 7, 7],
        &[0, 4, 0x82, 1, 0x81, 7],
        &[0, 2, 0x81, 7, 0, 2, 0x81, 0],
    ];
    for bytes in cells {
        let mut cell = [0; CELL_LEN];
        cell[..bytes.len()].copy_from_slice(bytes);
        let frames: Result<Vec<ClientFrame>, CellError> = decode(&cell);
        let mut world = World::new();
        let client = world.connect();
        world.relay.receive(client, frames);
        assert_eq!(closing(&world.take(client)), CloseReason::Malformed);
        assert!(world.is_over(client));
    }
}

#[test]
fn after_closing_nothing_is_read_or_said() {
    let mut world = World::new();
    let client = world.connect();
    world.receive(client, put(1, 1));
    world.receive(client, ack(1, 0));
    world.receive(client, hello());
    world.receive(client, put(1, 2));
    world.receive(client, hello());
    assert_eq!(closing(&world.take(client)), CloseReason::Unexpected);
    assert_eq!(world.reader.contents().unwrap().len(), 1, "what was asked before is done");
    assert!(!world.relay.next(client).reads);
    assert_eq!(world.relay.counters().misbehaved, 1);
}

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
    let other = ClientFrame::Put { id, address, envelope: super::envelope(2), proof: None };
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

/// Room for this many envelopes.
fn room(envelopes: u64) -> StoreLimits {
    StoreLimits { bytes: envelopes * StoreLimits::ENVELOPE_COST, ..StoreLimits::default() }
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
fn a_connection_is_not_read_while_it_is_owed_much() {
    let mut world = World::new();
    let client = world.connect();
    for number in 0..64 {
        assert!(world.relay.next(client).reads);
        world.receive(client, put(1, number));
    }
    assert!(!world.relay.next(client).reads, "64 puts wait for the store");
    world.settle();
    for _ in 0..500 {
        world.receive(client, ClientFrame::Ping);
    }
    let mut frames = world.relay.next(client).frames;
    assert!(!world.relay.next(client).reads || frames.len() == 564);
    frames.extend(world.take(client));
    assert!(world.relay.next(client).reads);
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

#[test]
fn what_is_taken_back_is_gone() {
    let mut world = World::new();
    let (alice, bob) = (world.connect(), world.connect());
    world.ask(alice, put(1, 1));
    assert_eq!(world.ask(alice, cancel(1, 1)), [RelayFrame::Cancelled { id: id(1) }]);
    assert_eq!(world.ask(alice, cancel(1, 1)), [RelayFrame::Gone { id: id(1) }]);
    assert!(world.ask(bob, subscribe([1])).is_empty());
}

#[test]
fn a_ping_is_answered() {
    let mut world = World::new();
    let client = world.connect();
    assert_eq!(world.ask(client, ClientFrame::Ping), [RelayFrame::Pong]);
}

#[test]
fn a_pace_is_kept_but_no_faster_than_the_relay_does_and_not_at_the_end() {
    let mut world = World::new();
    let client = world.connect();
    assert_eq!(world.relay.next(client).pace, None);
    for (asked, kept) in [(Pace::MOST, Pace::MOST), (Pace::LEAST, RelayLimits::default().pace)] {
        world.receive(client, ClientFrame::Steady { pace: asked });
        assert_eq!(world.relay.next(client).pace, Some(kept));
    }
    world.receive(client, ClientFrame::Ping);
    let held = world.relay.next_few(client, 0);
    assert!(held.frames.is_empty() && !held.is_over);
    world.relay.idle(client);
    assert_eq!(world.relay.next_few(client, 0).pace, None);
    assert_eq!(world.take(client).len(), 2, "Pong and Closing");
}

#[test]
fn a_cell_full_of_pings_is_answered_once() {
    let mut world = World::new();
    let client = world.connect();
    let pings = || (0..1024).map(|_| ClientFrame::Ping).collect();
    world.relay.receive(client, Ok(pings()));
    assert_eq!(world.take(client), [RelayFrame::Pong]);
    world.relay.receive(client, Ok(pings()));
    assert_eq!(world.take(client), [RelayFrame::Pong], "each cell has its own");
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

#[test]
fn a_store_that_fails_is_never_answered_with_stored() {
    for (trouble, reason) in
        [(Trouble::DiskFull, Refusal::StoreFull), (Trouble::Failed, Refusal::StoreFailed)]
    {
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
    let block = |text: &str| Some(Block::of(text.parse().unwrap()));
    let mut connect = |from| {
        let client = world.relay.open(from, None).unwrap();
        world.relay.receive(client, Ok(vec![hello()]));
        client
    };
    let (one, two) = (connect(block("192.0.2.1")), connect(block("192.0.2.77")));
    let (stranger, proxied) = (connect(block("198.51.100.1")), connect(None));
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
