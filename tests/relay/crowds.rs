//! Crowds at the door: storms, silence, rubbish, and a system that has no more files.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::RelayFrame;
use bauta::net::server::RelayLimits;
use bauta::net::server::Running;
use bauta::net::server::Sources;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::hello;
use super::id;
use super::numbers;
use super::processes;
use super::processes::Lines;
use super::put;
use super::sockets::Client;
use super::sockets::PATIENCE;
use super::sockets::memory;
use super::sockets::start;
use super::sockets::verify;
use super::sockets::verify_by_any_clock;
use super::stored;
use super::subscribe;

/// A stream to a relay from an address of the loopback network.
async fn from(source: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((source, 0))).unwrap();
    socket.connect(to).await.unwrap()
}

async fn is_served(client: &mut Client) {
    client.send(hello()).await;
    client.send(ClientFrame::Ping).await;
    assert_eq!(client.next().await, Some(RelayFrame::Pong));
}

/// Waits until so many connections were dropped.
async fn dropped(relay: &Running, least: u64) {
    let wait = async {
        while relay.counters().dropped < least {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap();
}

#[tokio::test]
async fn a_storm_of_one_block_keeps_nobody_else_out() {
    let relay = start(memory(), RelayLimits::default()).await;
    let mut storm = Vec::new();
    for _ in 0..300 {
        storm.push(from([127, 0, 0, 2], relay.address()).await);
    }
    dropped(&relay, 300 - 64).await;
    let stream = from([127, 0, 1, 1], relay.address()).await;
    is_served(&mut Client::over(stream, verify).await.unwrap()).await;
    let neighbour = from([127, 0, 0, 3], relay.address()).await;
    assert!(Client::over(neighbour, verify).await.is_err(), "a neighbour shares the storm's limit");
    assert_eq!(relay.counters().dropped, 300 - 64 + 1);
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn who_stays_takes_a_part_of_all_places_for_its_block() {
    let limits = RelayLimits { connections: 4, ..RelayLimits::default() };
    let relay = start(memory(), limits).await;
    let connect = async |source| {
        let stream = from(source, relay.address()).await;
        Client::over(stream, verify).await.unwrap()
    };
    let (mut first, mut second) = (connect([127, 0, 0, 2]).await, connect([127, 0, 0, 3]).await);
    is_served(&mut first).await;
    is_served(&mut second).await;
    assert_eq!(connect([127, 0, 0, 4]).await.closing().await, CloseReason::Full);
    is_served(&mut connect([127, 0, 1, 1]).await).await;
    drop(first);
    let again = async {
        loop {
            let mut client = connect([127, 0, 0, 4]).await;
            client.send(hello()).await;
            client.send(ClientFrame::Ping).await;
            if client.next().await == Some(RelayFrame::Pong) {
                break client;
            }
        }
    };
    timeout(PATIENCE, again).await.expect("who leaves makes room");
    is_served(&mut connect([127, 0, 1, 1]).await).await;
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn behind_a_proxy_a_storm_is_thinned_out_and_who_tries_again_gets_in() {
    let limits = RelayLimits { starting: 64, sources: Sources::One, ..RelayLimits::default() };
    let relay = start(memory(), limits).await;
    let mut storm = Vec::new();
    while relay.counters().dropped < 16 {
        storm.push(TcpStream::connect(relay.address()).await.unwrap());
    }
    assert!(storm.len() > 16 + 16, "the first sixteen are all let in");
    let mut tries = 0;
    let mut client = loop {
        tries += 1;
        assert!(tries < 100, "not one of a hundred got in");
        let stream = TcpStream::connect(relay.address()).await.unwrap();
        if let Ok(client) = Client::over(stream, verify).await {
            break client;
        }
    };
    is_served(&mut client).await;
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn who_drips_its_first_flight_is_cut_in_time_and_holds_nobody_up() {
    let relay = start(memory(), RelayLimits::default()).await;
    let mut slow = TcpStream::connect(relay.address()).await.unwrap();
    slow.set_nodelay(true).unwrap();
    is_served(&mut Client::silent(&relay).await).await;
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    // A record that announces 512 bytes, one of them each second.
    let drip = [&[0x16, 3, 1, 2, 0, 1, 0, 1, 252][..], &[0; 200]].concat();
    let mut sent = 0;
    for byte in &drip {
        if slow.write_all(&[*byte]).await.is_err() || relay.counters().handshakes_failed > 0 {
            break;
        }
        sent += 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::resume();
    assert!(sent < drip.len(), "it was never cut");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn other_protocols_and_noise_are_dropped_and_harm_nobody() {
    let relay = start(memory(), RelayLimits::default()).await;
    let mut noise = vec![
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"EHLO relay\r\n".to_vec(),
        vec![0; 70_000],
        vec![0xff; 70_000],
    ];
    // Bytes as a simple generator makes them, the same in every run.
    let mut state = 1_u32;
    for len in [1, 5, 6, 100, 5_000, 70_000] {
        noise.push(
            (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    state.to_be_bytes()[0]
                })
                .collect(),
        );
    }
    let count = u64::try_from(noise.len()).unwrap();
    for bytes in noise {
        let mut stream = TcpStream::connect(relay.address()).await.unwrap();
        // The relay may hang up before it has read everything; a reset is as good an end as any.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
        assert!(answer.len() <= 7, "an alert at most");
    }
    let mut client = Client::new(&relay).await;
    client.send(put(1, 1)).await;
    assert_eq!(stored(&client.take(1).await), [id(1)]);
    assert_eq!(relay.stop().await.unwrap().handshakes_failed, count);
}

/// The kernel's list of sockets says which timer runs for each: 2 is the keepalive's.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn the_system_looks_after_connections_that_say_nothing() {
    let relay = start(memory(), RelayLimits::default()).await;
    let mut client = Client::silent(&relay).await;
    is_served(&mut client).await;
    let port = format!(":{:04X}", relay.address().port());
    let timers = || {
        let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
        let established = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let of_relay = established.filter(|f| f[1].ends_with(&port) && f[3] == "01");
        of_relay.map(|fields| fields[5].to_owned()).collect::<Vec<_>>()
    };
    let wait = async {
        // Until what was sent is acknowledged another timer runs.
        while !timers().first().is_some_and(|timer| timer.starts_with("02:")) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap();
    let timers = timers();
    let [timer] = &timers[..] else { panic!("{timers:?}") };
    let due = u64::from_str_radix(timer.trim_start_matches("02:"), 16).unwrap();
    assert!(due <= 30 * 100, "{due} hundredths of a second");
    relay.stop().await.unwrap();
}

/// A relay in a process of its own, started through a shell that sets a limit first.
struct Relay {
    child: Child,
    address: SocketAddr,
}

impl Relay {
    fn start(folder: &Path, files: u32) -> Self {
        let program = processes::server();
        let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        let mut child = Command::new("sh")
            .args(["-c", &script])
            .arg(program.get_program())
            .args(["-port", "0", "-ephemeral", "-keys"])
            .arg(folder.join("keys"))
            .env_remove("RUST_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = Lines::of(child.stdout.take().unwrap()).until("Hand out");
        let address = said.lines().find_map(|line| line.strip_prefix("Listening on")).unwrap();
        Self { child, address: address.trim().parse().unwrap() }
    }

    async fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).await.unwrap();
        Client::over(stream, verify_by_any_clock).await.unwrap()
    }

    fn status(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }

    fn resident_kib(&self) -> u64 {
        let status = self.status("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// What it has computed so far, in hundredths of a second.
    fn computed(&self) -> u64 {
        let stat = self.status("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_relay_without_files_rests_and_goes_on_when_there_are_some() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(folder.path(), 64);
    let mut early = relay.connect().await;
    is_served(&mut early).await;
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(TcpStream::connect(relay.address).await.unwrap());
    }
    let files = || fs::read_dir(format!("/proc/{}/fd", relay.child.id())).unwrap().count();
    let full = async {
        while files() < 64 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, full).await.unwrap();
    let before = relay.computed();
    // What is measured is what it computes while nothing can be done.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let computed = relay.computed() - before;
    assert!(computed <= 30, "{computed} hundredths of a second in three seconds");
    early.send(ClientFrame::Ping).await;
    assert_eq!(early.next().await, Some(RelayFrame::Pong), "who is there is served");
    drop(crowd);
    is_served(&mut relay.connect().await).await;
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_thousand_idle_connections_take_little_and_disturb_nobody() {
    let count = connections_that_fit().min(1000);
    let folder = tempfile::tempdir().unwrap();
    let relay = Relay::start(folder.path(), u32::try_from(count + 100).unwrap());
    // What the first ones bring into memory is the relay's, not theirs.
    let mut idle = Vec::new();
    for _ in 0..10 {
        idle.push(relay.connect().await);
    }
    let before = relay.resident_kib();
    for number in 0..count {
        let mut client = relay.connect().await;
        client.send(hello()).await;
        client.send(subscribe([u8::try_from(number % 200).unwrap()])).await;
        idle.push(client);
    }
    let (mut alice, mut bob) = (relay.connect().await, relay.connect().await);
    bob.send(hello()).await;
    bob.send(subscribe([255])).await;
    alice.send(hello()).await;
    alice.send(put(255, 1)).await;
    assert_eq!(numbers(&bob.take(1).await), [1]);
    let each = relay.resident_kib().saturating_sub(before) / u64::try_from(count).unwrap();
    assert!(each <= 16, "{each} KiB for each connection");
}

/// How many connections this process may have.
#[cfg(target_os = "linux")]
fn connections_that_fit() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = files.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    soft.unwrap_or(256).saturating_sub(200) / 2
}
