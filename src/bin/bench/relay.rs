//! The relay's process: this program once more, told to be a relay. It ends with its standard input.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use bauta::keys::KeyDir;
use bauta::net::clock;
use bauta::net::server;
use bauta::net::server::RelayConfig;
use bauta::net::server::RelayLimits;
use bauta::net::server::Sources;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Memory;
use bauta::net::server::store::Store;
use bauta::net::server::store::StoreLimits;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::process::Command;
use tokio::time::timeout;

use super::Outcome;
use super::options::Load;
use super::process::Process;

/// A relay that runs.
pub(crate) struct Relay {
    child: Child,
    pub(crate) port: u16,
    /// The address with its fingerprint, as clients take it.
    pub(crate) address: String,
    pub(crate) process: Process,
}

impl Relay {
    /// Starts one with its keys and store in a folder, for so many connections.
    pub(crate) async fn start(load: &Load, folder: &Path, connections: usize) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("relay").arg("--folder").arg(folder);
        command.arg("--pairs").arg(connections.to_string());
        if load.memory {
            command.arg("--memory");
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let stdout = child.stdout.take().ok_or("the relay has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(PATIENCE, lines.next_line()).await??.ok_or("the relay did not start")?;
        let (port, address) = line.split_once(' ').ok_or("the relay said something else")?;
        let process = Process::new(child.id().ok_or("the relay has ended")?);
        Ok(Self { port: port.parse()?, address: address.to_owned(), process, child })
    }

    /// Ends it in order.
    pub(crate) async fn stop(mut self) -> Outcome<()> {
        drop(self.child.stdin.take());
        let status = timeout(PATIENCE, self.child.wait()).await??;
        match status.success() {
            true => Ok(()),
            false => Err(format!("the relay ended with {status}").into()),
        }
    }
}

/// Is the relay.
pub(crate) async fn serve(load: &Load) -> Outcome<()> {
    let keys = KeyDir::open_or_create(load.folder.join("keys"), &mut clock::system_rng())?;
    let limits = StoreLimits::default();
    let store: Box<dyn Store> = match load.memory {
        true => Box::new(Memory::new(limits, clock::unix_s())),
        false => Box::new(Embedded::open(&load.folder.join("relay.db"), limits, clock::unix_s())?),
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let config = RelayConfig::new(keys, store);
    let network = config.keys.network_id();
    let fingerprint = bauta::id::Fingerprint::from_bytes(*network.as_bytes());
    let config = RelayConfig { limits: raised(config.limits, load.pairs), ..config };
    let running = server::start(listener, config)?;
    println!("{port} 127.0.0.1:{port}#{fingerprint}");
    let mut end = Vec::new();
    tokio::io::stdin().read_to_end(&mut end).await?;
    running.stop().await?;
    Ok(())
}

/// Everything comes from one computer here.
fn raised(usual: RelayLimits, connections: usize) -> RelayLimits {
    let connections = usual.connections.max(connections + SPARE);
    RelayLimits { connections, sources: Sources::One, ..usual }
}

/// Connections beside those that are asked for.
const SPARE: usize = 1_024;
const PATIENCE: Duration = Duration::from_secs(60);
