//! A network on this computer, in this process: the real relay on a loopback port, for the window,
//! tests and examples; and a client on a thread of its own, for a front that cannot wait.

mod errand;
mod session;

use std::net::Ipv4Addr;
use std::path::Path;
use std::path::PathBuf;

use tokio::net::TcpListener;

pub use self::errand::Errand;
pub use self::errand::Gone;
pub use self::session::Ending;
pub use self::session::Plan;
pub use self::session::Relay;
pub use self::session::Report;
pub use self::session::Session;
use super::client::Target;
use super::clock;
pub use super::clock::unix_ms;
use super::server;
use super::server::Counters;
use super::server::RelayConfig;
use super::server::RelayLimits;
use super::server::Running;
use super::server::ServerError;
use super::server::store::Embedded;
use super::server::store::Kept;
use super::server::store::Memory;
use super::server::store::Store;
use super::server::store::StoreError;
use super::server::store::StoreLimits;
use crate::id::Address;
use crate::id::AddressError;
use crate::id::Fingerprint;
use crate::keys::KeyDir;
use crate::keys::KeysError;
use crate::keys::RelayKeys;

/// Where a network keeps its envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In memory: stopping it leaves nothing.
    Memory,
    /// In a file.
    File(PathBuf),
}

impl Place {
    /// Opens a store there, with the usual limits.
    ///
    /// # Errors
    /// [`StoreError`] if the file cannot be used.
    pub fn open(&self) -> Result<Box<dyn Store>, StoreError> {
        let (limits, now) = (StoreLimits::default(), clock::unix_s());
        Ok(match self {
            Self::Memory => Box::new(Memory::new(limits, now)),
            Self::File(path) => Box::new(Embedded::open(path, limits, now)?),
        })
    }
}

/// A relay that runs in this process.
pub struct Network {
    address: Address,
    running: Running,
}

impl Network {
    /// Starts a network with the keys in a folder, which are made if there are none. Port 0 takes
    /// any that is free. To be called within a tokio runtime.
    ///
    /// # Errors
    /// [`LocalError`], one sentence.
    pub async fn start(keys: &Path, place: Place, port: u16) -> Result<Self, LocalError> {
        Self::with_store(keys, place.open()?, port).await
    }

    /// The same with a store that the caller has opened.
    ///
    /// # Errors
    /// As [`Network::start`].
    pub async fn with_store(
        keys: &Path,
        store: Box<dyn Store>,
        port: u16,
    ) -> Result<Self, LocalError> {
        let listener = listen(port).await?;
        Self::on(listener, KeyDir::open_or_create(keys, &mut clock::system_rng())?, store)
    }

    /// A new network of which nothing touches the disk.
    ///
    /// # Errors
    /// As [`Network::start`].
    pub async fn ephemeral(port: u16) -> Result<Self, LocalError> {
        let listener = listen(port).await?;
        Self::on(listener, RelayKeys::generate(&mut clock::system_rng())?, Place::Memory.open()?)
    }

    fn on(
        listener: TcpListener,
        keys: RelayKeys,
        store: Box<dyn Store>,
    ) -> Result<Self, LocalError> {
        let port = listener.local_addr().map_err(ServerError::from)?.port();
        let fingerprint = Fingerprint::from_bytes(*keys.network_id().as_bytes());
        let address = Address::new("127.0.0.1", port, Some(fingerprint))?;
        let limits = RelayLimits::local();
        let config = RelayConfig { limits, ..RelayConfig::new(keys, store) };
        let running = server::start(listener, config)?;
        Ok(Self { address, running })
    }

    /// Its address with its fingerprint: what others connect to.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The same as a target for a client.
    #[must_use]
    pub fn target(&self) -> Target {
        Target::Address(self.address.clone())
    }

    /// What the relay has counted so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.running.counters()
    }

    /// Everything that the relay holds at this moment.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub async fn contents(&self) -> Result<Vec<Kept>, StoreError> {
        self.running.contents().await
    }

    /// Stops it: what was acknowledged is finished, and every client is told.
    ///
    /// # Errors
    /// [`ServerError`] if a part of it had failed.
    pub async fn stop(self) -> Result<Counters, ServerError> {
        self.running.stop().await
    }
}

async fn listen(port: u16) -> Result<TcpListener, LocalError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listener.map_err(|source| LocalError::Port { port, source })
}

impl core::fmt::Debug for Network {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { address: _, running: _ } = self;
        f.write_str("Network")
    }
}

/// Why a network does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// The port cannot be taken.
    #[error("port {port} cannot be used on this computer; name another one")]
    Port {
        /// Which.
        port: u16,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The relay does not start.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The address cannot be written down.
    #[error(transparent)]
    Address(#[from] AddressError),
}
