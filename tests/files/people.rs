//! Two people who talk, and their folders.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use bauta::id::Address;
use bauta::id::Id;
use bauta::net::client;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Client;
use bauta::net::client::Command;
use bauta::net::client::Curve;
use bauta::net::client::Event;
use bauta::net::client::Options;
use bauta::net::client::ProfilePlace;
use bauta::net::client::Way;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::FileState;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::local::Network;
use bauta::net::local::Place;
use tempfile::TempDir;
use tokio::time::timeout;

/// How long anything may take; most of it is never needed.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub struct Person {
    client: Client,
    pub id: Id,
    address: Address,
    profile: PathBuf,
    pub seen: Vec<Event>,
}

impl Person {
    pub async fn start(network: &Network, profile: &Path) -> Self {
        Self::start_at(network.address(), profile).await
    }

    async fn start_at(address: &Address, profile: &Path) -> Self {
        let channel = ChannelOptions { curve: Curve::X25519, ..ChannelOptions::default() };
        let place = ProfilePlace::Folder { path: profile.to_owned(), passphrase: None };
        let address = address.clone();
        let options =
            Options { address: address.clone(), way: Way::Direct, channel, profile: place };
        let mut client = client::start(options).await.unwrap();
        let Some(Event::Ready { id, .. }) = client.next().await else { panic!("not ready") };
        Self { client, id, address, profile: profile.to_owned(), seen: Vec::new() }
    }

    pub async fn tell(&self, command: Command) {
        self.client.send(command).await;
    }

    pub async fn say(&self, to: &Self, text: &str) {
        let (contact, text) = (to.id, text.to_owned());
        self.tell(Command::Send { contact, text, reply_to: None }).await;
    }

    pub async fn offer(&self, to: &Self, path: &Path) {
        self.tell(Command::SendFile { contact: to.id, path: path.to_owned(), strip: false }).await;
    }

    pub async fn accept(&self, from: &Self, message: MessageId, folder: &Path) {
        self.accept_from(from.id, message, folder).await;
    }

    pub async fn accept_from(&self, contact: Id, message: MessageId, folder: &Path) {
        let folder = Some(folder.to_owned());
        self.tell(Command::AcceptFile { contact, message, folder }).await;
    }

    pub async fn cancel(&self, with: &Self, message: MessageId) {
        self.tell(Command::CancelFile { contact: with.id, message }).await;
    }

    /// Waits for an event; what comes before it is kept in `seen`.
    pub async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let wait = async {
            loop {
                let event = self.client.next().await.expect("the client ended");
                let found = wanted(&event);
                self.seen.push(event);
                if let Some(found) = found {
                    return found;
                }
            }
        };
        match timeout(PATIENCE, wait).await {
            Ok(found) => found,
            Err(_) => panic!("no {what}; seen: {}", told(&self.seen)),
        }
    }

    pub async fn matched(&mut self) {
        self.until("match", |event| match event {
            Event::Contact(contact) if contact.state == ContactState::Matched => Some(()),
            _ => None,
        })
        .await;
    }

    pub async fn hear(&mut self, text: &str) {
        self.until(text, |event| match event {
            Event::Message(m) if m.state == MessageState::Received && m.text == text => Some(()),
            _ => None,
        })
        .await;
    }

    /// The name and the message of the next file that is offered.
    pub async fn offered(&mut self) -> (String, MessageId) {
        self.until("offer", |event| match event {
            Event::Message(m) if m.file.is_some() => Some((m.text.clone(), m.id)),
            _ => None,
        })
        .await
    }

    /// Waits for a state of any file.
    pub async fn file(&mut self, what: &str, wanted: impl Fn(&FileState) -> bool) -> FileState {
        self.until(what, |event| match event {
            Event::File { state, .. } if wanted(state) => Some(state.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for the end of a file.
    pub async fn over(&mut self) -> FileState {
        self.file("end", FileState::is_over).await
    }

    /// Waits until so many bytes are there.
    pub async fn moved(&mut self, bytes: u64) {
        self.file("progress", |state| match state {
            FileState::Moving { done, .. } => *done >= bytes,
            state => state.is_over(),
        })
        .await;
    }

    /// Ends as by kill -9 and starts again.
    pub async fn again(self) -> Self {
        let Self { client, address, profile, .. } = self;
        client.kill_and_wait().await;
        Self::start_at(&address, &profile).await
    }

    pub async fn quit(mut self) {
        self.client.send(Command::Quit).await;
        self.until("end", |event| matches!(event, Event::Closed { .. }).then_some(())).await;
    }
}

fn told(events: &[Event]) -> String {
    let files = events.iter().map(|event| match event {
        Event::File { state, .. } => format!("{state:?}"),
        Event::Refused(refusal) => refusal.to_string(),
        other => format!("{other:?}"),
    });
    files.collect::<Vec<_>>().join(", ")
}

pub struct World {
    pub folder: TempDir,
    pub network: Network,
    pub alice: Person,
    pub bob: Person,
}

impl World {
    /// Two people who talk already.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let network = network(folder.path(), 0).await;
        let mut alice = Person::start(&network, &folder.path().join("alice")).await;
        let mut bob = Person::start(&network, &folder.path().join("bob")).await;
        for (one, other) in [(&alice, &bob), (&bob, &alice)] {
            let contact = other.id.to_string();
            one.tell(Command::Add { contact, nickname: None }).await;
        }
        tokio::join!(alice.matched(), bob.matched());
        alice.say(&bob, "hello").await;
        bob.hear("hello").await;
        bob.say(&alice, "yes").await;
        alice.hear("yes").await;
        fs::create_dir(folder.path().join("in")).unwrap();
        Self { folder, network, alice, bob }
    }

    /// Where Bob's files come.
    pub fn inbox(&self) -> PathBuf {
        self.folder.path().join("in")
    }

    /// Every name in Bob's folder.
    pub fn came(&self) -> Vec<String> {
        let entries = fs::read_dir(self.inbox()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A file of Alice's.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Alice offers a file, and Bob accepts it.
    pub async fn send(&mut self, path: &Path) -> MessageId {
        self.alice.offer(&self.bob, path).await;
        let (_, message) = self.bob.offered().await;
        self.bob.accept(&self.alice, message, &self.inbox()).await;
        message
    }

    pub async fn end(self) {
        self.alice.quit().await;
        self.bob.quit().await;
        self.network.stop().await.unwrap();
    }
}

pub async fn network(folder: &Path, port: u16) -> Network {
    let store = Place::File(folder.join("relay.db"));
    Network::start(&folder.join("keys"), store, port).await.unwrap()
}

/// Waits for something that nobody tells of.
pub async fn comes_true(what: &str, is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("no {what}"));
}

/// Bytes that do not repeat.
pub fn bytes(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        })
        .collect()
}
