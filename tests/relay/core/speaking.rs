//! Frames that are legal, and how a connection ends that sends others.

use bauta::net::cell::CELL_LEN;
use bauta::net::cell::CellError;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::Pace;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::VERSION;
use bauta::net::cell::decode;
use bauta::net::server::RelayLimits;

use super::closing;
use crate::ack;
use crate::cancel;
use crate::capability;
use crate::hello;
use crate::put;
use crate::subscribe;
use crate::world::World;

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
