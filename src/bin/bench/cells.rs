//! Opaque envelopes from writers to readers: real channels, a durable store, no cryptography of people.
//!
//! ```text
//!   writer ──Put──► relay ──Stored──► writer
//!                     └────Deliver──► reader ──Ack──► relay
//! ```
//!
//! An envelope carries when it should have gone, so that a run at a rate does not forgive the relay what
//! it kept the writer waiting; what the writer's own timer is late is forgiven.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

use bauta::crypto;
use bauta::crypto::secret::Secret;
use bauta::net::cell::Capability;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::ENVELOPE_LEN;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::RelayFrame;
use bauta::net::channel::CellReader;
use bauta::net::channel::CellWriter;
use bauta::net::clock;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio::time::sleep_until;
use tokio::time::timeout;

use super::Outcome;
use super::folder::Folder;
use super::latencies::Latencies;
use super::options::Load;
use super::peer::Counted;
use super::peer::Peer;
use super::peer::Wire;
use super::peer::next;
use super::peer::send;
use super::probe;
use super::process::Process;
use super::relay::Relay;

/// Runs it and prints what it cost.
pub(crate) async fn run(load: &Load) -> Outcome<()> {
    let folder = Folder::new(&load.folder)?;
    let fsync = probe::fsync(folder.path())?;
    let relay = Relay::start(load, folder.path(), 2 * load.pairs).await?;
    let run = Arc::new(Run::new(load));
    let wire = Wire::default();
    let mut tasks = JoinSet::new();
    for _ in 0..load.pairs {
        begin(&run, &relay, &wire, &mut tasks).await?;
    }
    sleep(WARM_UP).await;
    let before = Before::now(&relay, &wire)?;
    run.measures.store(true, Ordering::Relaxed);
    sleep(load.time).await;
    run.measures.store(false, Ordering::Relaxed);
    let after = Before::now(&relay, &wire)?;
    run.end();
    let mut latencies = Latencies::default();
    while let Some(ended) = timeout(PATIENCE, tasks.join_next()).await? {
        latencies.merge(ended??);
    }
    let resident = relay.process.resident_kib()?;
    relay.stop().await?;
    println!("fsync of 4 KiB here: {fsync}");
    report(&before, &after, &latencies.sorted(), resident, run.refused.load(Ordering::Relaxed));
    Ok(())
}

/// A writer and a reader, connected and busy.
pub(crate) async fn begin(
    run: &Arc<Run>,
    relay: &Relay,
    wire: &Wire,
    tasks: &mut JoinSet<Outcome<Latencies>>,
) -> Outcome<()> {
    let mut rng = clock::system_rng();
    let capability = Capability::new(Secret::new(crypto::random(&mut rng)));
    let mut reader = Peer::connect(Ipv4Addr::LOCALHOST, relay.port, wire).await?;
    reader.send(ClientFrame::Subscribe { capabilities: vec![capability.duplicate()] }).await?;
    let writer = Peer::connect(Ipv4Addr::LOCALHOST, relay.port, wire).await?;
    let permits = Arc::new(Semaphore::new(run.load.window));
    tasks.spawn(listen(Arc::clone(run), writer.reader));
    tasks.spawn(write(Arc::clone(run), writer.writer, capability.duplicate(), permits.clone()));
    tasks.spawn(read(Arc::clone(run), reader, capability, permits));
    Ok(())
}

/// What all tasks of a run share.
pub(crate) struct Run {
    load: Load,
    start: Instant,
    measures: AtomicBool,
    ends: AtomicBool,
    pub(crate) delivered: AtomicU64,
    pub(crate) refused: AtomicU64,
}

impl Run {
    pub(crate) fn new(load: &Load) -> Self {
        let (measures, ends) = (AtomicBool::new(false), AtomicBool::new(false));
        let (delivered, refused) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { load: load.clone(), start: Instant::now(), measures, ends, delivered, refused }
    }

    pub(crate) fn end(&self) {
        self.ends.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ends.load(Ordering::Relaxed)
    }
}

async fn write(
    run: Arc<Run>,
    mut writer: CellWriter<Counted>,
    capability: Capability,
    permits: Arc<Semaphore>,
) -> Outcome<Latencies> {
    let mut due = Instant::now();
    while !run.has_ended() {
        let stamp;
        match run.load.pace() {
            Some(pace) => {
                due += pace;
                sleep_until(due).await;
                let late = due.elapsed();
                stamp = if late < TIMER { due + late } else { due };
            }
            None => {
                // A permit comes back with its message; a reader that has ended gives none.
                match timeout(IMPATIENCE, permits.acquire()).await {
                    Ok(permit) => permit?.forget(),
                    Err(_) => continue,
                }
                stamp = Instant::now();
            }
        }
        send(&mut writer, put(&capability, stamp.duration_since(run.start))?).await?;
    }
    sleep(DRAIN).await;
    writer.close().await?;
    Ok(Latencies::default())
}

/// What the writer is answered.
async fn listen(run: Arc<Run>, mut reader: CellReader<Counted>) -> Outcome<Latencies> {
    while !run.has_ended() {
        let Ok(frames) = timeout(IMPATIENCE, next(&mut reader)).await else { continue };
        for frame in frames? {
            match frame {
                RelayFrame::Stored { .. } => {}
                RelayFrame::Full { .. } | RelayFrame::Refused { .. } => {
                    run.refused.fetch_add(1, Ordering::Relaxed);
                }
                other => return Err(format!("a writer was told {other:?}").into()),
            }
        }
    }
    Ok(Latencies::default())
}

async fn read(
    run: Arc<Run>,
    peer: Peer,
    capability: Capability,
    permits: Arc<Semaphore>,
) -> Outcome<Latencies> {
    let Peer { mut reader, mut writer } = peer;
    let mut latencies = Latencies::default();
    let mut unacknowledged = None;
    while !run.has_ended() {
        // What is there already is taken before all of it is acknowledged at once.
        let frames = tokio::select! {
            biased;
            frames = next(&mut reader) => frames?,
            () = tokio::task::yield_now(), if unacknowledged.is_some() => Vec::new(),
            () = sleep(IMPATIENCE) => Vec::new(),
        };
        let mut came = None;
        for frame in frames {
            let RelayFrame::Deliver { seq, envelope, .. } = frame else {
                return Err(format!("a reader was told {frame:?}").into());
            };
            came = Some(seq);
            run.delivered.fetch_add(1, Ordering::Relaxed);
            permits.add_permits(1);
            if run.measures.load(Ordering::Relaxed) {
                latencies.add(run.start.elapsed().saturating_sub(stamp_of(&envelope)));
            }
        }
        match (came, unacknowledged.take()) {
            (Some(seq), _) => unacknowledged = Some(seq),
            (None, Some(up_to)) => {
                let capability = capability.duplicate();
                send(&mut writer, ClientFrame::Ack { capability, up_to }).await?;
            }
            (None, None) => {}
        }
    }
    Ok(latencies)
}

/// A Put of an envelope that says when it should have gone.
pub(crate) fn put(capability: &Capability, at: Duration) -> Outcome<ClientFrame> {
    Ok(ClientFrame::Put {
        id: EnvelopeId::new(crypto::random(&mut clock::system_rng())),
        address: capability.address(),
        envelope: stamped(at)?,
        proof: None,
    })
}

fn stamped(at: Duration) -> Outcome<Envelope> {
    let mut bytes = vec![7; ENVELOPE_LEN];
    let nanos = u64::try_from(at.as_nanos())?.to_be_bytes();
    bytes.splice(..nanos.len(), nanos);
    Envelope::from_slice(&bytes).map_err(|_| "an envelope of another length".into())
}

fn stamp_of(envelope: &Envelope) -> Duration {
    let first = envelope.as_bytes().first_chunk().copied().unwrap_or_default();
    Duration::from_nanos(u64::from_be_bytes(first))
}

/// What was used until now.
pub(crate) struct Before {
    at: Instant,
    relay_cpu: Duration,
    load_cpu: Duration,
    bytes: u64,
}

impl Before {
    pub(crate) fn now(relay: &Relay, wire: &Wire) -> Outcome<Self> {
        let (relay_cpu, load_cpu) = (relay.process.cpu()?, Process::own().cpu()?);
        Ok(Self { at: Instant::now(), relay_cpu, load_cpu, bytes: wire.bytes() })
    }

    /// Prints what a file of so many bytes took since then.
    pub(crate) fn report_file(&self, before: &Self, bytes: u64) {
        let time = (self.at - before.at).as_secs_f64();
        let megabytes = f64::from(u32::try_from(bytes / 1_000).unwrap_or(u32::MAX)) / 1_000.0;
        println!("{megabytes:.1} MB in {time:.2} s: {:.1} MB a second", megabytes / time);
        let [relay, load] = [(before.relay_cpu, self.relay_cpu), (before.load_cpu, self.load_cpu)]
            .map(|(before, after)| after.saturating_sub(before).as_secs_f64());
        println!("CPU: {relay:.2} s of the relay, {load:.2} s of both clients");
    }
}

/// Prints what so many messages took of everything.
pub(crate) fn report(
    before: &Before,
    after: &Before,
    latencies: &Latencies,
    resident_kib: u64,
    refused: u64,
) {
    let count = u32::try_from(latencies.count()).unwrap_or(u32::MAX).max(1);
    let messages = f64::from(count);
    let time = (after.at - before.at).as_secs_f64();
    let each = |before: Duration, after: Duration| {
        (after.saturating_sub(before) / count).as_secs_f64() * 1e6
    };
    let bytes = after.bytes.saturating_sub(before.bytes) / u64::from(count);
    println!("messages: {count} in {time:.1} s, {:.0} a second", messages / time);
    println!("latency: {latencies}");
    println!("CPU of the relay: {:.1} us a message", each(before.relay_cpu, after.relay_cpu));
    println!("CPU of the load: {:.1} us a message", each(before.load_cpu, after.load_cpu));
    println!("resident memory of the relay: {resident_kib} KiB");
    if bytes > 0 {
        println!("on the wire, both ways: {bytes} bytes a message");
    }
    if refused > 0 {
        println!("refused: {refused}");
    }
}

/// How late tokio's timer may be.
const TIMER: Duration = Duration::from_millis(2);
const WARM_UP: Duration = Duration::from_secs(1);
/// How long what is on its way may still come.
const DRAIN: Duration = Duration::from_millis(200);
/// How soon a task notices the end.
const IMPATIENCE: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(60);
