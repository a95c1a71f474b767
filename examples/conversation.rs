//! A network and two people, in one process: they exchange IDs, ask for each other and talk, one of
//! them away for a while. On the right stands everything that the relay writes and deletes: its
//! store is the real one, and every change of it is printed on its way to the disk.
//!
//! ```text
//! cargo run --release --example conversation
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use bauta::id::Id;
use bauta::net::client;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Client;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::Options;
use bauta::net::client::ProfilePlace;
use bauta::net::client::Way;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::MessageState;
use bauta::net::local::Network;
use bauta::net::local::Place;
use bauta::net::server::store::Change;
use bauta::net::server::store::Done;
use bauta::net::server::store::Reader;
use bauta::net::server::store::Store;
use bauta::net::server::store::StoreError;
use bauta::net::server::store::StoreLimits;
use bauta::net::server::store::Swept;
use bauta::net::server::store::Usage;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let store = Place::File(folder.path().join("relay.db")).open()?;
    let store = Box::new(Overlooked { store });
    let network = Network::with_store(&folder.path().join("keys"), store, 0).await?;
    println!("A network: {}\n", network.address());
    println!("{:WIDTH$}| What the relay writes and deletes", "What people do");
    println!("{:-<WIDTH$}+{:-<48}", "", "");

    let mut anna = Person::open("Anna", &network, folder.path()).await?;
    let mut bruno = Person::open("Bruno", &network, folder.path()).await?;
    anna.does(&format!("has the ID {} …", anna.id.short()));
    bruno.does(&format!("has the ID {} …", bruno.id.short()));
    said("They give each other their IDs: on paper, by");
    said("telephone, as QR code.");
    anna.does("enters Bruno's ID");
    anna.ask(bruno.id).await;
    anna.until(is_asked).await?;
    bruno.does("knows nothing of it, and enters Anna's ID");
    bruno.ask(anna.id).await;
    anna.until(is_matched).await?;
    bruno.until(is_matched).await?;

    anna.says(bruno.id, "Is this you?").await;
    bruno.hears("Is this you?").await?;
    bruno.says(anna.id, "Yes. I have the papers.").await;
    anna.hears("Yes. I have the papers.").await?;

    bruno.does("goes away");
    let (bruno_id, place) = (bruno.id, folder.path());
    bruno.leave().await?;
    anna.says(bruno_id, "Not by mail.").await;
    anna.says(bruno_id, "The usual place, at nine.").await;
    anna.until(is_on_relay).await?;
    anna.until(is_on_relay).await?;

    let mut bruno = Person::open("Bruno", &network, place).await?;
    bruno.does("comes back");
    bruno.hears("Not by mail.").await?;
    bruno.hears("The usual place, at nine.").await?;
    bruno.says(anna.id, "I will be there.").await;
    anna.hears("I will be there.").await?;

    bruno.leave().await?;
    anna.leave().await?;
    let left = network.contents().await?.len();
    let counters = network.stop().await?;
    println!("\nIt holds {left} envelopes now, and has counted:");
    println!("{counters:#?}");
    Ok(())
}

struct Person {
    name: &'static str,
    id: Id,
    client: Client,
}

impl Person {
    async fn open(name: &'static str, network: &Network, folder: &Path) -> Outcome<Self> {
        let profile = ProfilePlace::Folder { path: folder.join(name), passphrase: None };
        let (address, channel) = (network.address().clone(), ChannelOptions::default());
        let mut client =
            client::start(Options { address, way: Way::Direct, channel, profile }).await?;
        match client.next().await {
            Some(Event::Ready { id, .. }) => Ok(Self { name, id, client }),
            _ => Err("the client did not start".into()),
        }
    }

    fn does(&self, what: &str) {
        said(&format!("{} {what}", self.name));
    }

    async fn ask(&self, contact: Id) {
        let contact = contact.to_string();
        self.client.send(Command::Add { contact, nickname: None }).await;
    }

    async fn says(&self, contact: Id, text: &str) {
        said(&format!("{}: {text}", self.name));
        self.client.send(Command::Send { contact, text: text.to_owned(), reply_to: None }).await;
    }

    async fn hears(&mut self, text: &str) -> Outcome<()> {
        self.until(|event| {
            matches!(event, Event::Message(message)
                if message.state == MessageState::Received && message.text == text)
        })
        .await?;
        said(&format!("{:>WIDTH$}", format!("({} reads it) ", self.name)));
        Ok(())
    }

    async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Outcome<()> {
        let wait = async {
            while let Some(event) = self.client.next().await {
                if wanted(&event) {
                    return Ok(());
                }
            }
            Err("the client ended".into())
        };
        tokio::time::timeout(PATIENCE, wait).await?
    }

    async fn leave(mut self) -> Outcome<()> {
        self.client.send(Command::Quit).await;
        self.until(|event| matches!(event, Event::Closed { .. })).await
    }
}

fn is_asked(event: &Event) -> bool {
    matches!(event, Event::Contact(contact)
        if matches!(contact.state, ContactState::Asked { lapses: Some(_) }))
}

fn is_matched(event: &Event) -> bool {
    matches!(event, Event::Contact(contact) if contact.state == ContactState::Matched)
}

fn is_on_relay(event: &Event) -> bool {
    matches!(event, Event::Progress { state: MessageState::OnRelay { .. }, .. })
}

/// The relay's store, with everything that is changed in it printed.
struct Overlooked {
    store: Box<dyn Store>,
}

impl Store for Overlooked {
    fn commit(&mut self, changes: &[Change], now_s: u64) -> Result<Vec<Done>, StoreError> {
        for change in changes {
            match change {
                Change::Put { address, id: _, envelope, effort: _ } => saw(&format!(
                    "+ {}…  {} bytes {}…",
                    hex(address.as_bytes(), 4),
                    envelope.as_bytes().len(),
                    hex(envelope.as_bytes(), 6)
                )),
                Change::Ack { address, positions } => {
                    saw(&format!("- {}…  {} read", hex(address.as_bytes(), 4), positions.len()));
                }
                Change::Cancel { address, id: _ } => {
                    saw(&format!("- {}…  1 taken back", hex(address.as_bytes(), 4)));
                }
            }
        }
        self.store.commit(changes, now_s)
    }

    fn sweep(&mut self, now_s: u64, limit: usize) -> Result<Swept, StoreError> {
        self.store.sweep(now_s, limit)
    }

    fn sweep_on(&mut self, limit: usize) -> Result<Swept, StoreError> {
        self.store.sweep_on(limit)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        self.store.reader()
    }

    fn usage(&self) -> Usage {
        self.store.usage()
    }

    fn limits(&self) -> StoreLimits {
        self.store.limits()
    }
}

fn said(line: &str) {
    println!("{line:WIDTH$}|");
}

fn saw(line: &str) {
    println!("{:WIDTH$}| {line}", "");
}

/// The width of the left column.
const WIDTH: usize = 48;

fn hex(bytes: &[u8], first: usize) -> String {
    bytes.iter().take(first).fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
