//! Files that somebody stops while there is no connection: on this side it takes effect at once, and
//! the other side hears of it when the connection is back.

use std::path::Path;

use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::FileState;
use bauta::net::client::event::FileWait;
use bauta::net::client::event::Link;
use bauta::net::local::Network;

use crate::people::PATIENCE;
use crate::people::Person;
use crate::people::World;
use crate::people::bytes;
use crate::people::comes_true;
use crate::people::network;

const BY_ONESELF: FileState = FileState::Cancelled { by_contact: false };
const BY_THEM: FileState = FileState::Cancelled { by_contact: true };

async fn is_offline(person: &mut Person) {
    person
        .until("end of the connection", |event| {
            matches!(event, Event::Link(Link::Offline { .. })).then_some(())
        })
        .await;
}

/// The relay goes, and both notice. Returns its port.
async fn stop_relay(world: &mut World) -> u16 {
    let port = stop_network(&mut world.network).await;
    is_offline(&mut world.alice).await;
    is_offline(&mut world.bob).await;
    port
}

async fn stop_network(network: &mut Network) -> u16 {
    let port = network.address().port();
    let other = Network::ephemeral(0).await.unwrap();
    core::mem::replace(network, other).stop().await.unwrap();
    port
}

async fn start_network(stopped: &mut Network, folder: &Path, port: u16) {
    let again = network(folder, port).await;
    core::mem::replace(stopped, again).stop().await.unwrap();
}

async fn start_relay(world: &mut World, port: u16) {
    start_network(&mut world.network, world.folder.path(), port).await;
    world.alice.tell(Command::Reconnect).await;
    world.bob.tell(Command::Reconnect).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn either_side_stops_a_file_without_a_connection() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(20_000_000));
    for (by_sender, moving, killed) in
        [(true, false, false), (false, false, true), (true, true, true), (false, true, false)]
    {
        world.alice.offer(&world.bob, &path).await;
        let (_, message) = world.bob.offered().await;
        if moving {
            world.bob.accept(&world.alice, message, &world.inbox()).await;
            world.bob.moved(1).await;
        }
        let port = stop_relay(&mut world).await;
        if by_sender {
            world.alice.cancel(&world.bob, message).await;
            assert_eq!(world.alice.over().await, BY_ONESELF);
        } else {
            world.bob.cancel(&world.alice, message).await;
            assert_eq!(world.bob.over().await, BY_ONESELF);
            comes_true("end of what is unfinished", || world.came().is_empty()).await;
        }
        // A crash before anybody was told.
        if killed && by_sender {
            world.alice = world.alice.again().await;
        } else if killed {
            world.bob = world.bob.again().await;
        }
        start_relay(&mut world, port).await;
        let other = if by_sender { &mut world.bob } else { &mut world.alice };
        assert_eq!(other.over().await, BY_THEM, "by sender {by_sender}, moving {moving}");
        comes_true("end of what is unfinished", || world.came().is_empty()).await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_is_made_and_taken_back_without_a_connection_is_never_seen() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(10_000));
    let port = stop_relay(&mut world).await;
    world.alice.offer(&world.bob, &path).await;
    let (_, message) = world.alice.offered().await;
    world.alice.file("offer", |state| *state == FileState::Offered).await;
    world.alice.cancel(&world.bob, message).await;
    assert_eq!(world.alice.over().await, BY_ONESELF);
    start_relay(&mut world, port).await;
    world.alice.say(&world.bob, "nothing was here").await;
    world.bob.hear("nothing was here").await;
    let offers = |event: &Event| matches!(event, Event::Message(m) if m.file.is_some());
    assert!(!world.bob.seen.iter().any(offers));
    world.end().await;
}

/// Waits until the relay holds so few envelopes.
async fn holds_at_most(network: &Network, most: usize) {
    let wait = async {
        while network.contents().await.unwrap().len() > most {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("what nobody fetches is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_on_the_relay_of_a_file_that_was_stopped_meanwhile_is_taken_back() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(6_000_000));
    world.alice.offer(&world.bob, &path).await;
    let (_, message) = world.bob.offered().await;
    let [alice, bob] = [(&world.alice, "alice"), (&world.bob, "bob")]
        .map(|(person, name)| (person.id, world.folder.path().join(name)));
    let inbox = world.inbox();
    // Bob asks for the first chunks while Alice is away, and is away when they come.
    world.alice.quit().await;
    let stored = world.network.counters().stored;
    world.bob.accept_from(alice.0, message, &inbox).await;
    world.bob.file("beginning", |state| matches!(state, FileState::Moving { .. })).await;
    let is_said = || world.network.counters().stored >= stored + 2;
    comes_true("answer and request", is_said).await;
    world.bob.quit().await;
    world.alice = Person::start(&world.network, &alice.1).await;
    let is_away =
        |state: &FileState| matches!(state, FileState::Waiting { why: FileWait::Contact, .. });
    world.alice.file("wait", is_away).await;
    let held = world.network.contents().await.unwrap().len();
    assert!(held >= 1_024, "all that was asked for: {held}");
    let port = stop_network(&mut world.network).await;
    is_offline(&mut world.alice).await;
    world.alice.tell(Command::CancelFile { contact: bob.0, message }).await;
    assert_eq!(world.alice.over().await, BY_ONESELF);
    start_network(&mut world.network, world.folder.path(), port).await;
    world.alice.tell(Command::Reconnect).await;
    // What is left says that it was taken back, and what both had to say before.
    holds_at_most(&world.network, held - 1_024 + 16).await;
    world.bob = Person::start(&world.network, &bob.1).await;
    assert_eq!(world.bob.over().await, BY_THEM);
    assert_eq!(world.came(), Vec::<String>::new());
    world.end().await;
}
