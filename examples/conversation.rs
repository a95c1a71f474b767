//! A network and two people, in one process: they exchange IDs, ask for each other and talk, one of
//! them away for a while. Beside the talk stands everything that the relay saw of it.
//!
//! ```text
//! cargo run --release --example conversation
//! ```

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use bauta::id::Id;
use bauta::net::client;
use bauta::net::client::Cipher;
use bauta::net::client::Client;
use bauta::net::client::Command;
use bauta::net::client::Curve;
use bauta::net::client::Event;
use bauta::net::client::Options;
use bauta::net::client::ProfilePlace;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::MessageState;
use bauta::net::local::Network;
use bauta::net::local::Place;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let store = Place::File(folder.path().join("relay.db"));
    let network = Network::start(&folder.path().join("keys"), store, 0).await?;
    println!("A network: {}\n", network.address());

    let mut anna = Person::open("Anna", &network, folder.path()).await?;
    let mut bruno = Person::open("Bruno", &network, folder.path()).await?;
    anna.does(&format!("has the ID {}", anna.id));
    bruno.does(&format!("has the ID {}", bruno.id));
    println!("\nThey give each other their IDs: on paper, by telephone, as QR code.\n");

    anna.does("enters Bruno's ID");
    anna.ask(bruno.id).await;
    anna.until(|event| is_asked(event)).await?;
    relay_saw(&network, "after one of them asked").await?;
    bruno.does("knows nothing of it, and enters Anna's ID");
    bruno.ask(anna.id).await;
    anna.until(is_matched).await?;
    bruno.until(is_matched).await?;
    relay_saw(&network, "after both of them asked").await?;

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
    relay_saw(&network, "while Bruno is away").await?;

    let mut bruno = Person::open("Bruno", &network, place).await?;
    bruno.does("comes back");
    bruno.hears("Not by mail.").await?;
    bruno.hears("The usual place, at nine.").await?;
    bruno.says(anna.id, "I will be there.").await;
    anna.hears("I will be there.").await?;

    bruno.leave().await?;
    anna.leave().await?;
    relay_saw(&network, "in the end").await?;
    let counters = network.stop().await?;
    println!("What it counted: {counters:?}");
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
        let (curve, cipher) = (Curve::P521, Cipher::Aes256Gcm);
        let address = network.address().clone();
        let mut client = client::start(Options { address, curve, cipher, profile }).await?;
        match client.next().await {
            Some(Event::Ready { id, .. }) => Ok(Self { name, id, client }),
            _ => Err("the client did not start".into()),
        }
    }

    fn does(&self, what: &str) {
        println!("{:>6} {what}", self.name);
    }

    async fn ask(&self, contact: Id) {
        let contact = contact.to_string();
        self.client.send(Command::Add { contact, nickname: None }).await;
    }

    async fn says(&self, contact: Id, text: &str) {
        println!("{:>6}: {text}", self.name);
        self.client.send(Command::Send { contact, text: text.to_owned() }).await;
    }

    async fn hears(&mut self, text: &str) -> Outcome<()> {
        self.until(|event| {
            matches!(event, Event::Message(message)
                if message.state == MessageState::Received && message.text == text)
        })
        .await?;
        println!("{:>30} has read it", self.name);
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

/// Everything that the relay holds: mailboxes without owners, envelopes of one size.
async fn relay_saw(network: &Network, when: &str) -> Outcome<()> {
    println!("\n  What the relay holds {when}:");
    let kept = network.contents().await?;
    for envelope in &kept {
        let bytes = envelope.envelope.as_bytes();
        println!(
            "    mailbox {}…  envelope of {} bytes: {}…",
            hex(envelope.address.as_bytes(), 6),
            bytes.len(),
            hex(bytes, 10),
        );
    }
    if kept.is_empty() {
        println!("    nothing");
    }
    println!();
    Ok(())
}

fn hex(bytes: &[u8], first: usize) -> String {
    bytes.iter().take(first).fold(String::new(), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);
