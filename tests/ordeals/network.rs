//! Bad networks: in a namespace of the test's own with packets lost at random, at 16 kbit/s, and
//! behind a proxy that delays each connection by itself, so that they overtake one another.

use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tempfile::tempdir;

use crate::namespace::Namespace;
use crate::people::Pair;
use crate::processes::Relay;
use crate::processes::now;

/// Of a hundred packets one and a half of each direction, handshakes and ends included.
const LOSS: Namespace = Namespace {
    kind: "--net",
    script: "ip link set lo up && nft add table inet bad &&
        nft 'add chain inet bad input { type filter hook input priority 0; }' &&
        nft add rule inet bad input meta l4proto tcp numgen random mod 1000 '<' 30 drop",
};

/// The loopback device carries both directions of both clients: each has 16 kbit/s of it. Its packets
/// are as small as on such a line.
const SLOW: Namespace = Namespace {
    kind: "--net",
    script: "ip link set lo up mtu 1500 && tc qdisc add dev lo root tbf rate 64kbit burst 3000 latency 10s",
};

/// Whether the programs are there that the scripts use.
fn has(program: &str) -> bool {
    let found = std::process::Command::new(program).arg("-V").output().is_ok();
    if !found {
        crate::missing(&format!("{program} is not installed"));
    }
    found
}

#[test]
fn lost_packets_lose_and_double_no_message() {
    let test = "network::lost_packets_lose_and_double_no_message";
    if !has("ip") || !has("nft") || !LOSS.is_inside(test) {
        return;
    }
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let mut pair = Pair::meet(folder.path(), &relay.address);
    for _ in 0..5 {
        (0..5).for_each(|_| pair.speak());
        pair.hear();
        pair.reconnect();
    }
    eprintln!("{} texts with packets lost", pair.end());
    relay.stop();
}

/// A handshake takes seconds there, and each message four kilobytes both ways.
#[test]
fn a_line_of_16_kbit_loses_and_doubles_no_message() {
    let test = "network::a_line_of_16_kbit_loses_and_doubles_no_message";
    if !has("ip") || !has("tc") || !SLOW.is_inside(test) {
        return;
    }
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let began = now();
    let mut pair = Pair::meet(folder.path(), &relay.address);
    eprintln!("they met after {:.0?}", began.elapsed());
    pair.speak();
    pair.hear();
    eprintln!("{} texts after {:.0?}", pair.end(), began.elapsed());
}

/// A place in front of a relay that delays every connection, each direction and each piece of it,
/// by itself.
fn delaying(relay: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut seed = 0;
        for client in listener.incoming().map_while(Result::ok) {
            // A relay that is gone is a connection that ends.
            let Ok(relay) = TcpStream::connect(("127.0.0.1", relay)) else { continue };
            let pairs =
                [(client.try_clone().unwrap(), relay.try_clone().unwrap()), (relay, client)];
            for (from, to) in pairs {
                seed += 1;
                delay(from, to, seed);
            }
        }
    });
    port
}

fn delay(mut from: TcpStream, mut to: TcpStream, seed: u64) {
    let (sender, pieces) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut bytes = [0; 8192];
        // Most pieces are quick, some take long: what comes later elsewhere overtakes them.
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let most = if rng.random_ratio(1, 8) { 400 } else { 20 };
            let due = now() + Duration::from_millis(rng.random_range(0..most));
            if sender.send((due, bytes[..count].to_vec())).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        for (due, piece) in pieces {
            thread::sleep(due.saturating_duration_since(now()));
            if to.write_all(&piece).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

#[test]
fn connections_that_overtake_one_another_lose_and_double_no_message() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let fingerprint = relay.fingerprint().to_owned();
    let place = format!("127.0.0.1:{}#{fingerprint}", delaying(relay.port));
    let mut pair = Pair::meet(folder.path(), &place);
    for round in 0..6 {
        (0..5).for_each(|_| pair.speak());
        // New connections while the old ones still have something on their way.
        if round % 2 == 1 {
            pair.reconnect();
        }
        pair.hear();
    }
    assert_eq!(pair.end(), 60);
    relay.stop();
}
