//! The headless client: what window, terminal, JSON lines, bots and tests have in common.
//!
//! ```text
//!   front ◄── Command, Event ──► task ──► core (sans-IO) ──► profile
//!                                  └────► wire, wire ──► relay
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `event` | what fronts and client say to each other |
//! | `options` | how a client is started |
//! | `task` | the driver: inputs, clock, back-pressure |
//! | `wires` | which connections stand, and when the others are tried |
//! | `wire` | one connection |
//! | `dial` | the one place that connects and resolves, directly or through a `proxy` |
//! | `solver` | the thread that works where a relay wants work |
//! | `exposure` | what the relay can see, counted where cells pass |
//! | `look` | what stands at a path, before it is sent |
//! | `files` | files that move: past the core, over the connection of conversations |
//! | `core` | everything that is decided, without a socket or a clock |
//! | `profile` | the file that it is kept in |

pub mod core;
mod dial;
pub mod event;
pub mod exposure;
mod files;
pub mod look;
mod options;
pub mod profile;
mod proxy;
mod solver;
mod task;
mod untaken;
mod wire;
mod wires;

use std::path::Path;
use std::path::PathBuf;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::core::Core;
use self::core::Output;
pub use self::dial::Way;
pub use self::event::Command;
pub use self::event::Event;
use self::exposure::Ledger;
use self::exposure::Via;
pub use self::options::ChannelOptions;
pub use self::options::Cipher;
pub use self::options::Curve;
pub use self::options::Options;
pub use self::options::ProfilePlace;
pub use self::options::Quantum;
pub use self::options::StartError;
pub use self::options::Target;
pub use self::options::TargetError;
pub use self::options::default_profile;
use self::profile::Profile;
use self::profile::ProfileError;
pub use self::profile::ProfileState;
pub use self::proxy::Proxy;
pub use self::proxy::ProxyError;
use self::task::Task;
use super::clock;
use crate::crypto::password::Cost;

/// A running client.
#[derive(Debug)]
pub struct Client {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    ledger: Ledger,
    task: JoinHandle<()>,
}

/// Starts a client: opens its profile, then connects in the background.
///
/// # Errors
/// [`StartError`], one sentence about the profile. That nobody answers is no error: the client keeps
/// trying, and says so by events.
pub async fn start(options: Options) -> Result<Client, StartError> {
    let Options { address, way, channel, profile } = options;
    way.allows(&address).map_err(StartError::Address)?;
    let ephemeral = matches!(profile, ProfilePlace::Ephemeral);
    let relay = address.clone();
    // Argon2id takes most of a second by design: not on a thread that serves others.
    let opening = tokio::task::spawn_blocking(move || {
        let mut rng = clock::system_rng();
        let profile = match profile {
            ProfilePlace::Ephemeral => Profile::ephemeral(&mut rng)?,
            ProfilePlace::Folder { path, passphrase } => {
                let passphrase = passphrase.as_ref().map(|passphrase| passphrase.as_str());
                Profile::open(&path, passphrase, Cost::RECOMMENDED, &mut rng)?
            }
        };
        Core::open(profile, relay, channel.cipher.body_aead(), ephemeral, rng, clock::unix_ms())
    });
    let (mut core, mut first) = opening.await.map_err(|_| ProfileError::Damaged)??;
    if let Some(proxy) = way.proxy() {
        core.isolate();
        first.insert(READY, Output::Event(Event::Proxy { at: proxy.place() }));
    }
    let (commands, commands_taken) = mpsc::channel(COMMANDS);
    let (told, events) = mpsc::channel(EVENTS);
    let ledger = Ledger::new(address.clone(), Via::from(&way));
    let place = (address, way, ledger.clone());
    let task = Task::new(core, place, channel, commands_taken, told);
    let task = tokio::spawn(task.run(first));
    Ok(Client { commands, events, ledger, task })
}

/// How the profile in a folder is protected: whether to ask for a passphrase.
///
/// # Errors
/// [`StartError`] if it cannot be read.
pub fn profile_state(folder: &Path) -> Result<ProfileState, StartError> {
    Ok(Profile::state(folder)?)
}

/// The system's folder for downloads, where files go that are accepted without another one; none on
/// a platform without homes.
#[must_use]
pub fn download_folder() -> Option<PathBuf> {
    files::default_folder()
}

/// Whether there is a profile in a folder that can be wiped.
///
/// # Errors
/// [`StartError`]: there is none, or one of its files is a link.
pub fn can_be_wiped(folder: &Path) -> Result<(), StartError> {
    Ok(Profile::can_be_wiped(folder)?)
}

/// Destroys the profile in a folder, its key first.
///
/// # Errors
/// [`StartError`]: there is none, it is in use, or a file cannot be overwritten or deleted.
pub fn wipe(folder: &Path) -> Result<(), StartError> {
    Ok(Profile::wipe(folder)?)
}

impl Client {
    /// Where commands go. They are carried out in order.
    #[must_use]
    pub fn commands(&self) -> mpsc::Sender<Command> {
        self.commands.clone()
    }

    /// Says a command. After the client has ended it goes nowhere.
    pub async fn send(&self, command: Command) {
        let _ = self.commands.send(command).await;
    }

    /// The next event; none after [`Event::Closed`]. It may be dropped and asked again.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// The count of what the relay can see, which goes on as long as the client does.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.ledger.clone()
    }

    /// Ends the client as if its process had been killed: what is not on disk is lost. Returns when
    /// the profile can be opened again.
    pub async fn kill_and_wait(self) {
        self.task.abort();
        // An aborted task has no result.
        let _ = self.task.await;
    }
}

/// How many events stand before all others: the first is [`Event::Ready`].
const READY: usize = 1;
/// Commands that may wait: a person is slower, a script waits.
const COMMANDS: usize = 64;
/// Events that may wait for the front.
const EVENTS: usize = 256;
