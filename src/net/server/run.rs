//! The relay on tokio: accepts, sweeps, stops.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::sync::watch;
use tokio::task;
use tokio::task::AbortHandle;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio::time::interval;
use tokio::time::sleep;
use tokio::time::timeout;

use super::admission::Block;
use super::counters::Counters;
use super::desk;
use super::desk::Threads;
use super::error::ServerError;
use super::limits;
use super::limits::RelayLimits;
use super::limits::Sources;
use super::metrics;
use super::relay::Relay;
use super::shared::Settings;
use super::shared::Shared;
use super::store::Kept;
use super::store::Store;
use super::store::StoreError;
use super::store::StoreTime;
use super::task::serve;
use super::work::Seeds;
use crate::crypto;
use crate::crypto::join::JoinSecret;
use crate::crypto::secret::Secret;
use crate::keys::RelayKeys;
use crate::net::clock;

/// What a relay is made of.
pub struct RelayConfig {
    /// Its keys.
    pub keys: RelayKeys,
    /// Its store, with limits and retention.
    pub store: Box<dyn Store>,
    /// Its other limits.
    pub limits: RelayLimits,
    /// Its clock: seconds since 1970.
    pub clock: fn() -> u64,
    /// The secret of a private network, which Hello has to prove.
    pub join: Option<JoinSecret>,
    /// Where its numbers can be read over HTTP; nowhere: none.
    pub metrics: Option<TcpListener>,
}

impl RelayConfig {
    /// A relay with the usual limits and the computer's clock.
    #[must_use]
    pub fn new(keys: RelayKeys, store: Box<dyn Store>) -> Self {
        let (limits, clock, join) = (RelayLimits::default(), clock::unix_s, None);
        Self { keys, store, limits, clock, join, metrics: None }
    }
}

/// Runs a relay on a listening socket until `shutdown` is ready, or its store has failed for good,
/// then stops it in order.
///
/// # Errors
///
/// When the store cannot be read or has failed, or the keys do not fit into a Welcome.
pub async fn run(
    listener: TcpListener,
    config: RelayConfig,
    shutdown: impl Future<Output = ()>,
) -> Result<Counters, ServerError> {
    let running = start(listener, config)?;
    tokio::select! {
        () = shutdown => {}
        () = running.halted() => {}
    }
    running.stop().await
}

/// Starts a relay on a listening socket, in the background. To be called within a tokio runtime.
///
/// # Errors
///
/// As [`run`].
pub fn start(listener: TcpListener, config: RelayConfig) -> Result<Running, ServerError> {
    let RelayConfig { keys, store, limits, clock, join, metrics } = config;
    let address = listener.local_addr()?;
    let reader = store.reader()?;
    let (desk, counter) = desk::desk();
    let seeds = Seeds::new(Secret::random(&mut clock::system_rng()));
    let relay = Relay::new(limits, store.usage(), seeds);
    let settings = Settings { keys, limits, store_limits: store.limits(), join, clock };
    let shared = Arc::new(Shared::new(relay, desk, settings));
    shared.welcome().ok_or(ServerError::KeySet)?;
    let threads = counter.serve(store, reader, clock, Arc::clone(&shared))?;
    let (stop, stopped) = watch::channel(false);
    let accepting = tokio::spawn(accept(listener, Arc::clone(&shared), stopped));
    let watched = metrics.map(|listener| {
        let watched = tokio::spawn(metrics::serve(listener, Arc::clone(&shared)));
        watched.abort_handle()
    });
    tracing::info!("serving");
    Ok(Running { address, shared, stop, accepting, watched, threads })
}

/// A relay that runs in the background. Dropping it without [`Running::stop`] leaves it running.
pub struct Running {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
    watched: Option<AbortHandle>,
    threads: Threads,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has counted so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.counters()
    }

    /// Everything that its store holds at this moment: what somebody sees who has the relay in
    /// hand. For tests and examples.
    ///
    /// # Errors
    ///
    /// As [`super::store::Reader::contents`]; [`StoreError::Halted`] if the relay has stopped.
    pub async fn contents(&self) -> Result<Vec<Kept>, StoreError> {
        let (answer, answered) = oneshot::channel();
        // A receiver that is gone needs no answer.
        self.shared.desk.contents(Box::new(move |contents| drop(answer.send(contents))));
        answered.await.unwrap_or(Err(StoreError::Halted))
    }

    /// Returns when the store has failed for good, so that there is nothing to do but to stop.
    pub async fn halted(&self) {
        ready(&mut self.shared.halted()).await;
    }

    /// Stops: takes no more, answers what waits for the store, tells every connection, and closes
    /// the store.
    ///
    /// # Errors
    ///
    /// [`ServerError::Failed`] when a part of it had panicked, [`ServerError::Halted`] when its store
    /// had failed for good.
    pub async fn stop(self) -> Result<Counters, ServerError> {
        let Self { shared, stop, accepting, watched, threads, .. } = self;
        // The receiver may have gone with a task that panicked, which `accepting` then says.
        let _ = stop.send(true);
        let ended = accepting.await;
        if let Some(watched) = watched {
            watched.abort();
        }
        shared.desk.stop();
        let joined = task::spawn_blocking(move || threads.join()).await;
        let counters = shared.counters();
        tracing::info!(?counters, "stopped");
        match (ended, joined) {
            (Ok(()), Ok(Ok(()))) if *shared.halted().borrow() => Err(ServerError::Halted),
            (Ok(()), Ok(Ok(()))) => Ok(counters),
            _ => Err(ServerError::Failed),
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, stopped: watch::Receiver<bool>) {
    let mut stop = stopped.clone();
    let mut connections = JoinSet::new();
    let mut sweeps = interval(Duration::from_secs(StoreTime::SWEEP_EVERY_S));
    sweeps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = ready(&mut stop) => break,
            _ = sweeps.tick() => shared.desk.sweep(),
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    let from = block(&shared.limits, address);
                    let [chance] = crypto::random(&mut clock::system_rng());
                    // Who is not let in is closed by being dropped.
                    if let Some(start) = shared.arrive(from, chance) {
                        let (shared, stop) = (Arc::clone(&shared), stopped.clone());
                        connections.spawn(serve(stream, from, shared, start, stop));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections");
                    sleep(limits::ACCEPT_AGAIN).await;
                }
            },
        }
    }
    drop(listener);
    shared.with(Relay::stop);
    let all_ended = async { while connections.join_next().await.is_some() {} };
    if timeout(limits::STOP, all_ended).await.is_err() {
        connections.shutdown().await;
    }
}

/// Returns when it says yes: the relay is to stop, or its store has failed for good.
pub(super) async fn ready(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone stops as well.
    let _ = stop.wait_for(|stops| *stops).await;
}

/// The block of addresses that a connection belongs to, if that says anything about its client.
fn block(limits: &RelayLimits, address: SocketAddr) -> Option<Block> {
    match limits.sources {
        Sources::Clients => Some(Block::of(address.ip())),
        Sources::One => None,
    }
}
