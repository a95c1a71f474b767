//! Two people, a real relay, in one process: what a conversation must do from end to end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use bauta::id::Id;
use bauta::net::client;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Client;
use bauta::net::client::Command;
use bauta::net::client::Curve;
use bauta::net::client::Event;
use bauta::net::client::Options;
use bauta::net::client::ProfilePlace;
use bauta::net::client::Quantum;
use bauta::net::client::Way;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Notice;
use bauta::net::local::Network;
use bauta::net::local::Place;
use tempfile::TempDir;
use tokio::time::timeout;

/// How long anything may take; most of it is never needed.
const PATIENCE: Duration = Duration::from_secs(60);

struct Person {
    client: Client,
    id: Id,
    seen: Vec<Event>,
}

impl Person {
    async fn start(network: &Network, profile: &Path) -> Self {
        let channel = ChannelOptions { curve: Curve::X25519, ..ChannelOptions::default() };
        Self::with(network, profile, channel).await
    }

    async fn with(network: &Network, profile: &Path, channel: ChannelOptions) -> Self {
        let profile = ProfilePlace::Folder { path: profile.to_owned(), passphrase: None };
        let address = network.address().clone();
        let mut client =
            client::start(Options { address, way: Way::Direct, channel, profile }).await.unwrap();
        let Some(Event::Ready { id, .. }) = client.next().await else { panic!("not ready") };
        Self { client, id, seen: Vec::new() }
    }

    async fn ask(&self, other: Id) {
        let contact = other.to_string();
        self.client.send(Command::Add { contact, nickname: None }).await;
    }

    async fn say(&self, to: Id, text: &str) {
        self.client
            .send(Command::Send { contact: to, text: text.to_owned(), reply_to: None })
            .await;
    }

    /// Waits for an event; what comes before it is kept in `seen`.
    async fn until(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> bool) -> Event {
        let wait = async {
            loop {
                let event = self.client.next().await.expect("the client ended");
                self.seen.push(event.clone());
                if wanted(&event) {
                    return event;
                }
            }
        };
        match timeout(PATIENCE, wait).await {
            Ok(event) => event,
            Err(_) => panic!("no {what}; seen: {:?}", self.seen),
        }
    }

    async fn hear(&mut self, text: &str) {
        self.until(text, |event| {
            matches!(event, Event::Message(m) if m.state == MessageState::Received && m.text == text)
        })
        .await;
    }

    async fn matched(&mut self) {
        self.until(
            "match",
            |event| matches!(event, Event::Contact(c) if c.state == ContactState::Matched),
        )
        .await;
    }

    async fn on_relay(&mut self) {
        self.until("v", |event| {
            matches!(event, Event::Progress { state: MessageState::OnRelay { .. }, .. })
        })
        .await;
    }

    async fn delivered(&mut self) {
        let is_delivered =
            |event: &Event| matches!(event, Event::Progress { state: MessageState::Delivered, .. });
        if !self.seen.iter().any(is_delivered) {
            self.until("vv", is_delivered).await;
        }
    }

    async fn asked(&mut self) {
        self.until("request on the relay", |event| {
            matches!(event, Event::Contact(c) if matches!(c.state, ContactState::Asked { lapses: Some(_) }))
        })
        .await;
    }

    /// Ends in order, and gives everything that was told.
    async fn quit(mut self) -> Vec<Event> {
        self.client.send(Command::Quit).await;
        self.until("end", |event| matches!(event, Event::Closed { reason: None })).await;
        self.seen
    }
}

fn received(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Message(m) if m.state == MessageState::Received => Some(m.text.clone()),
            _ => None,
        })
        .collect()
}

async fn network(folder: &TempDir, port: u16) -> Network {
    let store = Place::File(folder.path().join("relay.db"));
    Network::start(&folder.path().join("keys"), store, port).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_ask_for_each_other_talk() {
    let folder = tempfile::tempdir().unwrap();
    let network = network(&folder, 0).await;
    let mut alice = Person::start(&network, &folder.path().join("alice")).await;
    let mut bob = Person::start(&network, &folder.path().join("bob")).await;
    alice.ask(bob.id).await;
    alice.asked().await;
    bob.ask(alice.id).await;
    alice.matched().await;
    bob.matched().await;
    alice.say(bob.id, "hello").await;
    bob.hear("hello").await;
    bob.say(alice.id, "yes").await;
    alice.hear("yes").await;
    alice.delivered().await;
    bob.delivered().await;
    let (alice, bob) = (alice.quit().await, bob.quit().await);
    for events in [&alice, &bob] {
        assert_eq!(received(events).len(), 1);
        assert!(
            !events
                .iter()
                .any(|e| matches!(e, Event::Notice(n) if !matches!(n, Notice::Clock { .. })))
        );
    }
    network.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ask_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let network = network(&folder, 0).await;
    let mut alice = Person::start(&network, &folder.path().join("alice")).await;
    // The curve alone: the exchange belongs to each one's own channel.
    let classical = ChannelOptions { quantum: Quantum::Classical, ..ChannelOptions::default() };
    let mut bob = Person::with(&network, &folder.path().join("bob"), classical).await;
    tokio::join!(alice.ask(bob.id), bob.ask(alice.id));
    tokio::join!(alice.say(bob.id, "a1"), bob.say(alice.id, "b1"));
    tokio::join!(alice.say(bob.id, "a2"), bob.say(alice.id, "b2"));
    tokio::join!(alice.hear("b2"), bob.hear("a2"));
    tokio::join!(alice.say(bob.id, "a3"), bob.say(alice.id, "b3"));
    tokio::join!(alice.hear("b3"), bob.hear("a3"));
    let (alice, bob) = (alice.quit().await, bob.quit().await);
    assert_eq!(received(&alice), ["b1", "b2", "b3"]);
    assert_eq!(received(&bob), ["a1", "a2", "a3"]);
    network.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_asks_and_quits_the_other_comes_writes_and_quits_the_first_reads() {
    let folder = tempfile::tempdir().unwrap();
    let network = network(&folder, 0).await;
    let bobs_profile = folder.path().join("bob");
    let bob = Person::start(&network, &bobs_profile).await;
    let bobs_id = bob.id;
    bob.quit().await;

    let mut alice = Person::start(&network, &folder.path().join("alice")).await;
    let alices_id = alice.id;
    alice.ask(bobs_id).await;
    alice.say(bobs_id, "written before you came").await;
    alice.asked().await;
    alice.quit().await;

    let mut bob = Person::start(&network, &bobs_profile).await;
    assert_eq!(bob.id, bobs_id);
    bob.ask(alices_id).await;
    bob.say(alices_id, "first").await;
    bob.say(alices_id, "second").await;
    bob.on_relay().await;
    bob.on_relay().await;
    bob.quit().await;

    let mut alice = Person::start(&network, &folder.path().join("alice")).await;
    alice.hear("second").await;
    let alice = alice.quit().await;
    assert_eq!(received(&alice), ["first", "second"]);
    let mut bob = Person::start(&network, &bobs_profile).await;
    bob.hear("written before you came").await;
    bob.quit().await;
    network.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_not_mutual_shows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let network = network(&folder, 0).await;
    let mut alice = Person::start(&network, &folder.path().join("alice")).await;
    let mut bob = Person::start(&network, &folder.path().join("bob")).await;
    let mut carol = Person::start(&network, &folder.path().join("carol")).await;
    alice.ask(bob.id).await;
    alice.say(bob.id, "can you see this?").await;
    alice.asked().await;
    // What Carol and Bob say to each other comes after everything that could have come to Bob.
    bob.ask(carol.id).await;
    carol.ask(bob.id).await;
    bob.matched().await;
    carol.matched().await;
    carol.say(bob.id, "hello").await;
    bob.hear("hello").await;
    let alices_id = alice.id;
    let bob = bob.quit().await;
    assert_eq!(received(&bob), ["hello"]);
    for event in &bob {
        match event {
            Event::Contact(contact) => assert_ne!(contact.id, alices_id),
            Event::Message(message) => assert_ne!(message.contact, alices_id),
            _ => {}
        }
    }
    let kept = network.contents().await.unwrap();
    assert!(!kept.is_empty());
    carol.quit().await;
    alice.quit().await;
    network.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_restarts_on_the_same_port_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let first = network(&folder, 0).await;
    let port = first.address().port();
    let mut alice = Person::start(&first, &folder.path().join("alice")).await;
    let mut bob = Person::start(&first, &folder.path().join("bob")).await;
    alice.ask(bob.id).await;
    bob.ask(alice.id).await;
    alice.matched().await;
    bob.matched().await;
    alice.say(bob.id, "1").await;
    bob.hear("1").await;
    first.stop().await.unwrap();
    alice.say(bob.id, "2").await;
    alice.say(bob.id, "3").await;
    let second = network(&folder, port).await;
    alice.client.send(Command::Reconnect).await;
    bob.client.send(Command::Reconnect).await;
    bob.hear("3").await;
    assert_eq!(received(&bob.quit().await), ["1", "2", "3"]);
    alice.quit().await;
    second.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_killed_loses_nothing_and_shows_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let network = network(&folder, 0).await;
    let mut alice = Person::start(&network, &folder.path().join("alice")).await;
    let bobs_profile = folder.path().join("bob");
    let mut bob = Person::start(&network, &bobs_profile).await;
    alice.ask(bob.id).await;
    bob.ask(alice.id).await;
    alice.matched().await;
    bob.matched().await;
    let bobs_id = bob.id;
    let mut heard = Vec::new();
    for round in 0..5 {
        for n in 0..5 {
            alice.say(bobs_id, &format!("{}", round * 5 + n)).await;
        }
        // Killed somewhere in the middle of receiving.
        bob.hear(&format!("{}", round * 5 + round)).await;
        heard.extend(received(&bob.seen));
        bob.client.kill_and_wait().await;
        bob = Person::start(&network, &bobs_profile).await;
    }
    alice.say(bobs_id, "end").await;
    bob.hear("end").await;
    heard.extend(received(&bob.seen));
    // Shown by an event that the kill swallowed: the history has it all the same.
    bob.client.send(Command::History { contact: alice.id, before: None, limit: 100 }).await;
    let history = bob.until("history", |e| matches!(e, Event::History { .. })).await;
    let Event::History { messages, more: false, .. } = history else { panic!("{history:?}") };
    let texts: Vec<_> = messages.iter().map(|m| m.text.clone()).collect();
    let mut expected: Vec<_> = (0..25).map(|n| n.to_string()).collect();
    expected.push("end".to_owned());
    assert_eq!(texts, expected);
    let mut once = heard.clone();
    once.dedup();
    assert_eq!(once, heard, "shown twice");
    bob.quit().await;
    alice.quit().await;
    network.stop().await.unwrap();
}
