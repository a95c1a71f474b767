//! Socket, keys and store as they were asked for, or a sentence why not.

use std::io::ErrorKind;
use std::path::Path;

use bauta::args::Server;
use bauta::args::StoreChoice;
use bauta::keys::KeyDir;
use bauta::keys::RelayKeys;
use bauta::keys::join;
use bauta::net::clock;
use bauta::net::server::JoinSecret;
use bauta::net::server::RelayLimits;
use bauta::net::server::Sources;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Memory;
use bauta::net::server::store::Store;
use bauta::net::server::store::StoreLimits;
use tokio::net::TcpListener;

use super::sentence::chain;
use super::sentence::plainly;

pub(crate) async fn listen(host: &str, port: u16) -> Result<TcpListener, String> {
    TcpListener::bind((host, port)).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => {
            format!(
                "port {port} on {host} is in use; choose another with -port, or stop what uses it"
            )
        }
        ErrorKind::AddrNotAvailable => format!("{host} is no address of this computer; see -host"),
        ErrorKind::PermissionDenied => {
            format!("port {port} may not be used; choose one above 1023")
        }
        _ => format!("cannot listen on {host} port {port}: {}", plainly(&error)),
    })
}

/// Where numbers are shown, if anywhere.
pub(crate) async fn metrics(asked: &Server) -> Result<Option<TcpListener>, String> {
    let Some(address) = asked.metrics else { return Ok(None) };
    let listener = TcpListener::bind(address).await;
    listener.map(Some).map_err(|error| format!("cannot show metrics at {address}: {error}"))
}

/// On a loopback address there is nobody but this computer, or what stands in front of it.
pub(crate) fn limits(asked: &Server, listener: &TcpListener, usual: RelayLimits) -> RelayLimits {
    let is_loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    let sources = match asked.one_address || is_loopback {
        true => Sources::One,
        false => Sources::Clients,
    };
    RelayLimits { connections: asked.connections, sources, ..usual }
}

/// The secret that clients have to know, if they have to.
pub(crate) fn join(asked: &Server) -> Result<Option<JoinSecret>, String> {
    let Some(path) = &asked.join else { return Ok(None) };
    let secret = join::open_or_create(path, &mut clock::system_rng());
    secret.map(Some).map_err(|error| format!("join secret: {error}"))
}

pub(crate) fn keys(asked: &Server) -> Result<RelayKeys, String> {
    let mut rng = clock::system_rng();
    let keys = if asked.refresh_keys {
        KeyDir::refresh(&asked.keys, &mut rng)
    } else {
        KeyDir::open_or_create(&asked.keys, &mut rng)
    };
    keys.map_err(|error| format!("keys: {error}"))
}

pub(crate) fn store(asked: &Server) -> Result<Box<dyn Store>, String> {
    let retention_s = u64::from(asked.retention_days) * 86_400;
    let limits = StoreLimits { retention_s, bytes: asked.size, ..StoreLimits::default() };
    match &asked.store {
        StoreChoice::Memory => Ok(Box::new(Memory::new(limits, clock::unix_s()))),
        StoreChoice::Sqlite(path) => embedded(path, limits),
    }
}

fn embedded(path: &Path, limits: StoreLimits) -> Result<Box<dyn Store>, String> {
    let store = Embedded::open(path, limits, clock::unix_s()).map_err(|error| chain(&error))?;
    for damage in store.damage() {
        tracing::warn!(%damage, "damaged and passed over");
    }
    Ok(Box::new(store))
}
