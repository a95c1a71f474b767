//! A client, and on request its network, on a thread of their own: a window must never wait.
//!
//! ```text
//!   window ── send ──► commands ──► client ──► reports ── take ──► window
//!                                       └── wake ──────────────────┘
//! ```

use core::time::Duration;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::thread::JoinHandle;

use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::LocalError;
use super::Network;
use super::Place;
use crate::id::Address;
use crate::id::DEFAULT_PORT;
use crate::net::client;
use crate::net::client::ChannelOptions;
use crate::net::client::Client;
use crate::net::client::Command;
use crate::net::client::Event;
use crate::net::client::Options;
use crate::net::client::ProfilePlace;
use crate::net::client::Way;
use crate::net::client::exposure::Exposure;
use crate::net::client::exposure::Ledger;

/// What a session is started with.
#[derive(Debug)]
pub struct Plan {
    /// The network.
    pub relay: Relay,
    /// How connections are made.
    pub way: Way,
    /// What the channel is made of.
    pub channel: ChannelOptions,
    /// Where identity, contacts and messages are kept.
    pub profile: ProfilePlace,
}

/// Where the network is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relay {
    /// It runs elsewhere.
    At(Address),
    /// It is to be started here and ends with the session; its keys and envelopes are in this
    /// folder, or nowhere.
    Here(Option<PathBuf>),
}

/// What a session says.
#[expect(clippy::large_enum_variant, reason = "nearly every report is an event, and moved once")]
#[derive(Debug, PartialEq, Eq)]
pub enum Report {
    /// The client says this.
    Event(Event),
    /// There is no client: one sentence says why. The last report.
    Failed(String),
}

/// A running session.
#[derive(Debug)]
pub struct Session {
    commands: mpsc::UnboundedSender<Command>,
    reports: mpsc::Receiver<Report>,
    ledger: Arc<OnceLock<Ledger>>,
    thread: JoinHandle<()>,
}

impl Session {
    /// Starts a session. `wake` is called, on another thread, whenever there is a report to take.
    pub fn start(plan: Plan, wake: impl Fn() + Send + 'static) -> Self {
        let (commands, taken) = mpsc::unbounded_channel();
        let (told, reports) = mpsc::channel(REPORTS);
        let ledger = Arc::default();
        let teller = Teller { told, wake, ledger: Arc::clone(&ledger) };
        let thread = thread::spawn(move || run(plan, taken, &teller));
        Self { commands, reports, ledger, thread }
    }

    /// Asks for something. After the client has ended it goes nowhere.
    pub fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    /// The next report, if there is one.
    pub fn take(&mut self) -> Option<Report> {
        self.reports.try_recv().ok()
    }

    /// What the relay can see so far; nothing before there is a client.
    #[must_use]
    pub fn exposure(&self) -> Option<Exposure> {
        self.ledger.get().map(Ledger::now)
    }

    /// Ends the session and waits for it, at most some seconds.
    pub fn close(mut self) {
        drop(self.commands);
        while self.reports.blocking_recv().is_some() {}
        // The thread has nothing left to say, and a panic of it was printed.
        let _ = self.thread.join();
    }

    /// Ends the session while nobody waits. `wake` is called, on another thread, when it is over.
    #[must_use]
    pub fn end(self, wake: impl FnOnce() + Send + 'static) -> Ending {
        let is_over = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_over);
        let thread = thread::spawn(move || {
            self.close();
            done.store(true, Ordering::Release);
            wake();
        });
        Ending { is_over, thread }
    }
}

/// A session that ends.
#[derive(Debug)]
pub struct Ending {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Ending {
    /// Whether it has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Waits for the end, at most some seconds.
    pub fn wait(self) {
        // A panic of it was printed.
        let _ = self.thread.join();
    }
}

struct Teller<W> {
    told: mpsc::Sender<Report>,
    wake: W,
    ledger: Arc<OnceLock<Ledger>>,
}

impl<W: Fn()> Teller<W> {
    /// Waits for room; a window that is gone needs to know nothing.
    async fn tell(&self, report: Report) {
        let _ = self.told.send(report).await;
        (self.wake)();
    }
}

fn run(
    plan: Plan,
    commands: mpsc::UnboundedReceiver<Command>,
    teller: &Teller<impl Fn() + Send + 'static>,
) {
    let built = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    match built {
        Ok(runtime) => runtime.block_on(serve(plan, commands, teller)),
        Err(error) => {
            let sentence = format!("the client's threads cannot be started: {error}");
            let _ = teller.told.blocking_send(Report::Failed(sentence));
            (teller.wake)();
        }
    }
}

async fn serve(plan: Plan, commands: mpsc::UnboundedReceiver<Command>, teller: &Teller<impl Fn()>) {
    let (network, address) = match open(plan.relay).await {
        Ok(opened) => opened,
        Err(error) => return teller.tell(Report::Failed(error.to_string())).await,
    };
    let Plan { way, channel, profile, .. } = plan;
    match client::start(Options { address, way, channel, profile }).await {
        Ok(client) => {
            // One session starts one client.
            let _ = teller.ledger.set(client.ledger());
            pass(client, commands, teller).await;
        }
        Err(error) => teller.tell(Report::Failed(error.to_string())).await,
    }
    if let Some(network) = network {
        // Whatever fails at the end, the session is over.
        let _ = timeout(CLOSING, network.stop()).await;
    }
}

async fn open(relay: Relay) -> Result<(Option<Network>, Address), LocalError> {
    let network = match relay {
        Relay::At(address) => return Ok((None, address)),
        Relay::Here(folder) => match start(folder.as_ref(), DEFAULT_PORT).await {
            Err(LocalError::Port { .. }) => start(folder.as_ref(), 0).await?,
            started => started?,
        },
    };
    let address = network.address().clone();
    Ok((Some(network), address))
}

async fn start(folder: Option<&PathBuf>, port: u16) -> Result<Network, LocalError> {
    match folder {
        Some(folder) => {
            // What is wrong with the folder is said by whoever needs it next.
            let _ = tokio::fs::create_dir_all(folder).await;
            let store = Place::File(folder.join("relay.sqlite"));
            Network::start(&folder.join("keys"), store, port).await
        }
        None => Network::ephemeral(port).await,
    }
}

/// Passes commands and events on until the client has closed. Events are taken while a command
/// waits for room, so the two queues cannot wait for each other.
async fn pass(
    mut client: Client,
    mut commands: mpsc::UnboundedReceiver<Command>,
    teller: &Teller<impl Fn()>,
) {
    let room = client.commands();
    let (mut waiting, mut quitting) = (None, false);
    loop {
        tokio::select! {
            event = client.next() => match event {
                Some(event) => teller.tell(Report::Event(event)).await,
                None => return,
            },
            room = room.reserve(), if waiting.is_some() => {
                if let (Ok(room), Some(command)) = (room, waiting.take()) {
                    room.send(command);
                }
            }
            command = commands.recv(), if waiting.is_none() && !quitting => {
                quitting = command.is_none();
                waiting = Some(command.unwrap_or(Command::Quit));
            }
            () = tokio::time::sleep(CLOSING), if quitting => return,
        }
    }
}

/// Reports that may wait for the window.
const REPORTS: usize = 256;
/// Threads of the client and of a network here.
const WORKERS: usize = 2;
/// How long the end may take.
const CLOSING: Duration = Duration::from_secs(10);
