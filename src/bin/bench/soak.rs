//! Everything at once for a long while: pairs that talk, people who come and go with mailboxes that
//! nobody has used before, readers who are slow, connections that do nothing. What must not grow is
//! printed every minute.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
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
use tokio::time::timeout;

use super::Outcome;
use super::cells;
use super::cells::Run;
use super::folder::Folder;
use super::latencies::Latencies;
use super::options::Load;
use super::peer::Peer;
use super::peer::Wire;
use super::peer::next;
use super::relay::Relay;

/// Runs it and prints what the relay holds.
pub(crate) async fn run(load: &Load) -> Outcome<()> {
    let folder = Folder::new(&load.folder)?;
    let relay = Relay::start(load, folder.path(), 2 * load.pairs + IDLE).await?;
    let run = Arc::new(Run::new(load));
    let wire = Wire::default();
    let mut tasks = JoinSet::new();
    for _ in 0..load.pairs {
        cells::begin(&run, &relay, &wire, &mut tasks).await?;
    }
    for _ in 0..PASSERS_BY {
        tasks.spawn(pass_by(Arc::clone(&run), relay.port));
        tasks.spawn(read_slowly(Arc::clone(&run), relay.port));
    }
    tasks.spawn(idle(Arc::clone(&run), relay.port));
    let start = Instant::now();
    sleep(WARM_UP).await;
    loop {
        println!("{:>5} s: {}", start.elapsed().as_secs(), holds(&relay, folder.path(), &run)?);
        if start.elapsed() >= load.time {
            break;
        }
        let rest = load.time.saturating_sub(start.elapsed()).min(EVERY);
        if let Ok(Some(ended)) = timeout(rest, tasks.join_next()).await {
            ended??;
            return Err("a part of the load has ended".into());
        }
    }
    run.end();
    while let Some(ended) = timeout(PATIENCE, tasks.join_next()).await? {
        ended??;
    }
    relay.stop().await
}

/// What the relay has of everything at this moment.
fn holds(relay: &Relay, folder: &Path, run: &Run) -> Outcome<String> {
    let len = |name: &str| folder.join(name).metadata().map_or(0, |found| found.len() / 1_024);
    Ok(format!(
        "resident {} KiB, files {}, store {} + {} KiB, CPU {:.0} s, delivered {}, refused {}",
        relay.process.resident_kib()?,
        relay.process.files()?,
        len("relay.db"),
        len("relay.db-wal"),
        relay.process.cpu()?.as_secs_f64(),
        run.delivered.load(Ordering::Relaxed),
        run.refused.load(Ordering::Relaxed),
    ))
}

/// A writer comes, puts some into a new mailbox and leaves; a reader comes, takes them and leaves.
async fn pass_by(run: Arc<Run>, port: u16) -> Outcome<Latencies> {
    let wire = Wire::default();
    while !run.has_ended() {
        let capability = fresh();
        put(port, &wire, &capability, FEW).await?;
        let mut reader = subscribed(port, &wire, &capability).await?;
        take(&run, &mut reader, &capability, FEW, Duration::ZERO).await?;
        sleep(PAUSE).await;
    }
    Ok(Latencies::default())
}

/// A mailbox of one's own is filled, and read one by one.
async fn read_slowly(run: Arc<Run>, port: u16) -> Outcome<Latencies> {
    let (wire, capability) = (Wire::default(), fresh());
    while !run.has_ended() {
        put(port, &wire, &capability, MANY).await?;
        let mut reader = subscribed(port, &wire, &capability).await?;
        take(&run, &mut reader, &capability, MANY, SLOWNESS).await?;
        sleep(PAUSE).await;
    }
    Ok(Latencies::default())
}

/// Connections that only are there; now and then one leaves and another comes.
async fn idle(run: Arc<Run>, port: u16) -> Outcome<Latencies> {
    let wire = Wire::default();
    let mut held = VecDeque::new();
    while !run.has_ended() {
        held.push_back(subscribed(port, &wire, &fresh()).await?);
        if held.len() > IDLE {
            drop(held.pop_front());
            sleep(PAUSE).await;
        }
    }
    Ok(Latencies::default())
}

async fn put(port: u16, wire: &Wire, capability: &Capability, count: usize) -> Outcome<()> {
    let mut writer = Peer::connect(Ipv4Addr::LOCALHOST, port, wire).await?;
    for _ in 0..count {
        writer.send(cells::put(capability, Duration::ZERO)?).await?;
    }
    let mut stored = 0;
    while stored < count {
        let frames = timeout(PATIENCE, next(&mut writer.reader)).await??;
        if let Some(other) = frames.iter().find(|f| !matches!(f, RelayFrame::Stored { .. })) {
            return Err(format!("a writer was told {other:?}").into());
        }
        stored += frames.len();
    }
    Ok(())
}

async fn subscribed(port: u16, wire: &Wire, capability: &Capability) -> Outcome<Peer> {
    let mut reader = Peer::connect(Ipv4Addr::LOCALHOST, port, wire).await?;
    reader.send(ClientFrame::Subscribe { capabilities: vec![capability.duplicate()] }).await?;
    Ok(reader)
}

/// Takes what was put into a mailbox, acknowledging half a window at a time.
async fn take(
    run: &Run,
    reader: &mut Peer,
    capability: &Capability,
    count: usize,
    slowness: Duration,
) -> Outcome<()> {
    let mut taken = 0;
    while taken < count {
        for frame in timeout(PATIENCE, next(&mut reader.reader)).await?? {
            let RelayFrame::Deliver { seq, .. } = frame else {
                return Err(format!("a reader was told {frame:?}").into());
            };
            taken += 1;
            run.delivered.fetch_add(1, Ordering::Relaxed);
            if taken % ACKNOWLEDGED_AT_ONCE == 0 || taken == count {
                let capability = capability.duplicate();
                reader.send(ClientFrame::Ack { capability, up_to: seq }).await?;
            }
            sleep(slowness).await;
        }
    }
    // What is acknowledged last is read by the relay before the connection is gone.
    reader.send(ClientFrame::Ping).await?;
    timeout(PATIENCE, next(&mut reader.reader)).await??;
    Ok(())
}

fn fresh() -> Capability {
    Capability::new(Secret::new(crypto::random(&mut clock::system_rng())))
}

const EVERY: Duration = Duration::from_secs(60);
/// What is there once, however long it runs, is there by then.
const WARM_UP: Duration = Duration::from_secs(20);
const PASSERS_BY: usize = 4;
const FEW: usize = 20;
const MANY: usize = 400;
const SLOWNESS: Duration = Duration::from_millis(20);
const ACKNOWLEDGED_AT_ONCE: usize = 32;
const PAUSE: Duration = Duration::from_millis(500);
const IDLE: usize = 500;
const PATIENCE: Duration = Duration::from_secs(60);
