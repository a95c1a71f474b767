//! Connections on which a cell goes in each interval.

use bauta::net::cell;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::Pace;
use bauta::net::cell::RelayFrame;
use bauta::net::server::RelayLimits;
use tokio::time::timeout;

use super::ack;
use super::delivered;
use super::id;
use super::numbers;
use super::put;
use super::sockets::Client;
use super::sockets::PATIENCE;
use super::sockets::memory;
use super::sockets::start;
use super::stored;
use super::subscribe;

fn limits() -> RelayLimits {
    RelayLimits { pace: Pace::LEAST, ..RelayLimits::default() }
}

/// The frames of each of the cells that come next.
async fn cells(client: &mut Client, count: usize) -> Vec<Vec<RelayFrame>> {
    let mut cells = Vec::new();
    while cells.len() < count {
        let cell = timeout(PATIENCE, client.reader.next()).await.unwrap().unwrap().unwrap();
        cells.push(cell::decode(cell).unwrap());
    }
    cells
}

fn deliveries(cell: &[RelayFrame]) -> Vec<&RelayFrame> {
    cell.iter().filter(|frame| matches!(frame, RelayFrame::Deliver { .. })).collect()
}

#[tokio::test]
async fn a_steady_connection_gets_a_cell_whether_there_is_something_or_not() {
    let relay = start(memory(), limits()).await;
    let mut client = Client::new(&relay).await;
    client.send(ClientFrame::Steady { pace: Pace::LEAST }).await;
    let silent = cells(&mut client, 5).await;
    assert!(silent.iter().all(Vec::is_empty), "{silent:?}");
    for number in 0..4 {
        client.send(put(1, number)).await;
    }
    client.send(subscribe([1])).await;
    // Four envelopes are four cells at least, each at its time, with whatever else fits.
    let busy = cells(&mut client, 12).await;
    assert!(busy.iter().all(|cell| deliveries(cell).len() <= 1), "{busy:?}");
    let (envelopes, answers): (Vec<_>, Vec<_>) =
        busy.concat().into_iter().partition(|frame| matches!(frame, RelayFrame::Deliver { .. }));
    assert_eq!(stored(&answers), (0..4).map(id).collect::<Vec<_>>());
    assert_eq!(numbers(&envelopes), [0, 1, 2, 3]);
    client.send(ack(1, delivered(&envelopes[3]).0)).await;
    client.send(ClientFrame::Ping).await;
    let answer = cells(&mut client, 8).await.concat();
    assert_eq!(answer, [RelayFrame::Pong]);
    let counters = relay.stop().await.unwrap();
    assert_eq!((counters.stored, counters.acknowledged), (4, 4));
}

/// What would have waited for its cells comes at once, and Closing behind it.
#[tokio::test]
async fn a_relay_that_stops_holds_nothing_back() {
    let relay = start(memory(), limits()).await;
    let mut client = Client::new(&relay).await;
    client.send(ClientFrame::Steady { pace: Pace::MOST }).await;
    // The first cell is due at once, the next in a minute.
    assert_eq!(cells(&mut client, 1).await, [vec![]]);
    for number in 0..200 {
        client.send(put(1, number)).await;
    }
    while relay.counters().stored < 200 {
        tokio::task::yield_now().await;
    }
    relay.stop().await.unwrap();
    let answers = client.take(200).await;
    assert_eq!(stored(&answers), (0..200).map(id).collect::<Vec<_>>());
    assert_eq!(client.closing().await, CloseReason::Stopping);
}

#[tokio::test]
async fn a_pace_outside_its_bounds_is_no_frame() {
    let relay = start(memory(), limits()).await;
    let mut client = Client::new(&relay).await;
    let mut cell: [u8; CELL_LEN] =
        *cell::encode(ClientFrame::Steady { pace: Pace::LEAST }).unwrap();
    // [8, 100]: the length, the array, the tag, and the pace in two bytes.
    assert_eq!(cell[..6], [0, 4, 0x82, 8, 0x18, 100]);
    cell[5] = 99;
    client.writer.send(&cell).await.unwrap();
    assert_eq!(client.closing().await, CloseReason::Malformed);
    relay.stop().await.unwrap();
}
