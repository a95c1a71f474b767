//! What an operator reads over HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bauta::net::server::RelayLimits;
use bauta::net::server::Running;
use bauta::net::server::store::Damage;
use bauta::net::server::store::Store;
use bauta::net::server::store::StoreError;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::put;
use super::sockets::Client;
use super::sockets::Faulty;
use super::sockets::PATIENCE;
use super::sockets::memory;
use super::sockets::start_watched;
use super::subscribe;

async fn watched() -> (Running, SocketAddr) {
    watched_over(memory()).await
}

async fn watched_over(store: Box<dyn Store>) -> (Running, SocketAddr) {
    let metrics = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = metrics.local_addr().unwrap();
    (start_watched(store, RelayLimits::default(), Some(metrics)).await, address)
}

/// Everything that is answered to these bytes.
async fn ask(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    // What was not read of a request that is too long may end as a reset.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8(answer).unwrap()
}

async fn get(address: SocketAddr, path: &str) -> String {
    ask(address, format!("GET {path} HTTP/1.1\r\nHost: relay\r\n\r\n").as_bytes()).await
}

async fn numbers(address: SocketAddr) -> BTreeMap<String, u64> {
    let answer = get(address, "/metrics").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-type: text/plain; version=0.0.4"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let values = body.lines().filter(|line| !line.starts_with('#'));
    values
        .map(|line| line.split_once(' ').unwrap())
        .map(|(k, v)| (k.into(), v.parse().unwrap()))
        .collect()
}

#[tokio::test]
async fn the_numbers_follow_what_the_relay_does() {
    let (relay, address) = watched().await;
    let before = numbers(address).await;
    assert!(before.values().zip(before.keys()).all(|(n, k)| *n == 0 || k.ends_with("_limit")));
    let mut alice = Client::new(&relay).await;
    alice.send(put(1, 1)).await;
    alice.send(put(2, 2)).await;
    alice.take(2).await;
    alice.send(subscribe([1])).await;
    alice.take(1).await;
    let after = numbers(address).await;
    for (name, value) in [
        ("connections", 1),
        ("subscriptions", 1),
        ("store_envelopes", 2),
        ("store_envelopes_cold", 2),
        ("store_mailboxes", 2),
        ("connections_served_total", 1),
        ("stored_total", 2),
        ("delivered_total", 1),
        ("handshakes_failed_total", 0),
    ] {
        assert_eq!(after[&format!("bauta_{name}")], value, "{name}");
    }
    relay.stop().await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "closed with the relay");
}

#[tokio::test]
async fn a_store_that_fails_or_is_damaged_is_counted() {
    let damage = vec![Damage::Envelope(7), Damage::Envelope(9)];
    let store = Faulty::new(damage, || StoreError::Damaged(Damage::File));
    let (relay, address) = watched_over(Box::new(store)).await;
    let mut alice = Client::new(&relay).await;
    for number in 0..3 {
        alice.send(put(1, number)).await;
        alice.take(1).await;
    }
    assert_eq!(numbers(address).await["bauta_store_failures_total"], 2);
    let swept = async { while numbers(address).await["bauta_damaged_total"] < 2 {} };
    timeout(PATIENCE, swept).await.unwrap();
    let counters = relay.stop().await.unwrap();
    assert_eq!((counters.store_failures, counters.damaged, counters.stored), (2, 2, 1));
}

#[tokio::test]
async fn health_is_a_line_and_other_paths_and_methods_are_refused() {
    let (relay, address) = watched().await;
    let answer = get(address, "/health").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\r\n\r\nserving\n"));
    assert!(get(address, "/").await.starts_with("HTTP/1.1 404 "));
    let posted =
        ask(address, b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").await;
    assert!(posted.starts_with("HTTP/1.1 405 "), "{posted}");
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn rubbish_and_silence_hold_nobody_up() {
    let (relay, address) = watched().await;
    assert!(
        ask(address, b"\x16\x03\x01 no HTTP at all\r\n\r\n").await.starts_with("HTTP/1.1 400 ")
    );
    let endless = [&b"GET /"[..], &[b'a'; 100_000], b" HTTP/1.1\r\n\r\n"].concat();
    let answer = ask(address, &endless).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    // More of them than are answered at once; each is given up after some seconds.
    let mut silent = Vec::new();
    for _ in 0..9 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    assert!(numbers(address).await.contains_key("bauta_connections"));
    relay.stop().await.unwrap();
}
