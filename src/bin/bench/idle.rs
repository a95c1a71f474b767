//! Connections that have said Hello, read one mailbox each, and do nothing.

use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::time::Instant;

use bauta::crypto;
use bauta::crypto::secret::Secret;
use bauta::net::cell::Capability;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::RelayFrame;
use bauta::net::clock;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio::time::sleep_until;
use tokio::time::timeout;

use super::Outcome;
use super::folder::Folder;
use super::options::Load;
use super::peer::Peer;
use super::peer::Wire;
use super::peer::next;
use super::relay::Relay;

/// Runs it and prints what a connection costs.
pub(crate) async fn run(load: &Load) -> Outcome<()> {
    let folder = Folder::new(&load.folder)?;
    let relay = Relay::start(load, folder.path(), load.pairs).await?;
    let wire = Wire::default();
    // The first ones warm up what is there once, whoever comes.
    let mut peers = connect(&relay, 0..FIRST, &wire).await?;
    sleep(load.time).await;
    let (before, cpu) = (relay.process.resident_kib()?, relay.process.cpu()?);
    let start = Instant::now();
    peers.extend(connect(&relay, FIRST..FIRST + load.pairs, &wire).await?);
    let connected = start.elapsed();
    sleep(load.time).await;
    let after = relay.process.resident_kib()?;
    let used = relay.process.cpu()?.saturating_sub(cpu);
    let count = u32::try_from(load.pairs).unwrap_or(u32::MAX).max(1);
    let growth = u32::try_from(after.saturating_sub(before)).unwrap_or(u32::MAX);
    let each = f64::from(growth) / f64::from(count);
    println!("connections: {count}, made in {:.1} s", connected.as_secs_f64());
    println!("resident memory of the relay: {before} KiB with {FIRST}, {after} KiB with all");
    println!("a connection: {each:.2} KiB");
    println!("CPU of the relay for a handshake: {:.0} us", (used / count).as_secs_f64() * 1e6);
    let idle = relay.process.cpu()?;
    sleep(load.time).await;
    let idle = relay.process.cpu()?.saturating_sub(idle);
    let part = idle.as_secs_f64() / load.time.as_secs_f64() * 100.0;
    println!("CPU of the relay when all are idle: {part:.2} %");
    if !load.hold.is_zero() {
        hold(&relay, &mut peers, load.hold).await?;
    }
    drop(peers);
    relay.stop().await
}

/// Holds them, each with a Ping a minute.
async fn hold(relay: &Relay, peers: &mut [Peer], time: Duration) -> Outcome<()> {
    let holds = || -> Outcome<String> {
        let (kib, files) = (relay.process.resident_kib()?, relay.process.files()?);
        Ok(format!("{kib} KiB, {files} files"))
    };
    println!("before they are held: {}", holds()?);
    let (start, mut pinged) = (Instant::now(), 0);
    let a_second = peers.len().div_ceil(PINGED_EVERY_S);
    let mut chunks = 0;
    while start.elapsed() < time {
        let begin = (chunks % PINGED_EVERY_S) * a_second;
        for peer in peers.iter_mut().skip(begin).take(a_second) {
            peer.send(ClientFrame::Ping).await?;
            let frames = timeout(PATIENCE, next(&mut peer.reader)).await??;
            if frames != [RelayFrame::Pong] {
                return Err(format!("an idle connection was told {frames:?}").into());
            }
            pinged += 1;
        }
        chunks += 1;
        sleep_until(start + Duration::from_secs(1).saturating_mul(u32::try_from(chunks)?)).await;
    }
    println!("after {} s and {pinged} Pings: {}", start.elapsed().as_secs(), holds()?);
    Ok(())
}

async fn connect(
    relay: &Relay,
    numbers: std::ops::Range<usize>,
    wire: &Wire,
) -> Outcome<Vec<Peer>> {
    let mut peers = Vec::with_capacity(numbers.len());
    let mut tasks = JoinSet::new();
    for number in numbers {
        if tasks.len() >= AT_ONCE
            && let Some(peer) = tasks.join_next().await
        {
            peers.push(peer??);
        }
        let (port, wire) = (relay.port, wire.clone());
        tasks.spawn(async move { subscribed(port, number, &wire).await });
    }
    while let Some(peer) = tasks.join_next().await {
        peers.push(peer??);
    }
    Ok(peers)
}

async fn subscribed(port: u16, number: usize, wire: &Wire) -> Outcome<Peer> {
    // 127.0.0.2 and up: a computer has 28,000 ports for each.
    let [.., high, low] = u32::try_from(number / PER_ADDRESS + 2)?.to_be_bytes();
    let mut peer = Peer::connect(Ipv4Addr::new(127, 0, high, low), port, wire).await?;
    let capability = Capability::new(Secret::new(crypto::random(&mut clock::system_rng())));
    peer.send(ClientFrame::Subscribe { capabilities: vec![capability] }).await?;
    Ok(peer)
}

const FIRST: usize = 200;
const AT_ONCE: usize = 32;
const PER_ADDRESS: usize = 250;
/// As often as a client that wants to be sure of its connection.
const PINGED_EVERY_S: usize = 60;
const PATIENCE: Duration = Duration::from_secs(60);
