//! Somebody with a client, each behind a recorder.

use std::cell::Cell;
use std::path::Path;
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
use bauta::net::client::event::MessageState;
use tokio::time::timeout;

/// How long anything may take; most of it is never needed.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Person {
    pub client: Client,
    pub id: Id,
}

impl Person {
    pub async fn start(address: &Address, profile: &Path) -> Self {
        Self::on(Way::Direct, address, profile).await
    }

    pub async fn on(way: Way, address: &Address, profile: &Path) -> Self {
        let channel = ChannelOptions { curve: Curve::X25519, ..ChannelOptions::default() };
        Self::made(way, address, profile, channel).await
    }

    pub async fn with(address: &Address, profile: &Path, channel: ChannelOptions) -> Self {
        Self::made(Way::Direct, address, profile, channel).await
    }

    async fn made(way: Way, address: &Address, profile: &Path, channel: ChannelOptions) -> Self {
        let profile = ProfilePlace::Folder { path: profile.to_owned(), passphrase: None };
        let address = address.clone();
        let mut client = client::start(Options { address, way, channel, profile }).await.unwrap();
        let Some(Event::Ready { id, .. }) = client.next().await else { panic!("not ready") };
        Self { client, id }
    }

    pub async fn ask(&self, other: Id, nickname: &str) {
        let (contact, nickname) = (other.to_string(), Some(nickname.to_owned()));
        self.client.send(Command::Add { contact, nickname }).await;
    }

    pub async fn say(&self, contact: Id, text: &str) {
        let text = text.to_owned();
        self.client.send(Command::Send { contact, text, reply_to: None }).await;
    }

    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) {
        let wait = async { while !wanted(&self.client.next().await.expect("the client ended")) {} };
        timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("no {what}"));
    }

    pub async fn hears(&mut self, text: &str) {
        let is_it = |event: &Event| matches!(event, Event::Message(m) if m.state == MessageState::Received && m.text == text);
        self.until(text, is_it).await;
    }

    pub async fn asked(&mut self) {
        let is_kept = |event: &Event| matches!(event, Event::Contact(c) if matches!(c.state, ContactState::Asked { lapses: Some(_) }));
        self.until("request on the relay", is_kept).await;
    }

    /// Both, whichever comes first.
    pub async fn hears_and_is_heard(&mut self, text: &str) {
        let (hears, is_heard) = (Cell::new(false), Cell::new(false));
        self.until("text and vv", |event| {
            match event {
                Event::Message(m) if m.state == MessageState::Received && m.text == text => {
                    hears.set(true);
                }
                Event::Progress { state: MessageState::Delivered, .. } => is_heard.set(true),
                _ => {}
            }
            hears.get() && is_heard.get()
        })
        .await;
    }

    pub async fn delivered(&mut self) {
        let is_delivered =
            |event: &Event| matches!(event, Event::Progress { state: MessageState::Delivered, .. });
        self.until("vv", is_delivered).await;
    }

    pub async fn quit(mut self) {
        self.client.send(Command::Quit).await;
        self.until("end", |event| matches!(event, Event::Closed { reason: None })).await;
    }
}
