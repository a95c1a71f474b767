//! Crashes and restarts: files go on where they were, and little goes twice.

use std::fs;

use bauta::net::client::event::FileState;

use crate::people::World;
use crate::people::bytes;
use crate::people::network;

const LEN: usize = 9_000_000;
/// What is asked for at once: protocol, section 8.
const CREDIT: u64 = 1_024;
const CHUNK: usize = 3_968;

async fn ends_well(mut world: World) {
    let FileState::Done { path: Some(path) } = world.bob.over().await else {
        panic!("it did not come: {:?}", world.bob.seen.last());
    };
    assert!(fs::read(path).unwrap() == bytes(LEN));
    assert_eq!(world.came(), ["a"]);
    assert_eq!(world.alice.over().await, FileState::Done { path: None });
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_and_a_receiver_that_are_killed_go_on_and_send_little_twice() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(LEN));
    let before = world.network.counters().stored;
    world.send(&path).await;
    let mut kills = 0;
    for (bytes, is_sender) in
        [(1_000_000, true), (3_000_000, false), (5_000_000, true), (7_000_000, false)]
    {
        world.bob.moved(bytes).await;
        kills += 1;
        if is_sender {
            world.alice = world.alice.again().await;
        } else {
            world.bob = world.bob.again().await;
        }
    }
    let network = &world.network;
    let FileState::Done { .. } = world.bob.over().await else { panic!("it did not come") };
    let chunks = u64::try_from(LEN.div_ceil(CHUNK)).unwrap();
    let stored = network.counters().stored - before;
    assert!(stored <= chunks + kills * CREDIT + 200, "{stored} envelopes for {chunks} chunks");
    assert!(fs::read(world.inbox().join("a")).unwrap() == bytes(LEN));
    assert_eq!(world.came(), ["a"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_restarts_is_gone_on_with() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(LEN));
    world.send(&path).await;
    world.bob.moved(2_000_000).await;
    let port = world.network.address().port();
    world.network.stop().await.unwrap();
    world.network = network(world.folder.path(), port).await;
    ends_well(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_away_gets_it_when_it_is_back() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(LEN));
    world.send(&path).await;
    world.bob.moved(1_000_000).await;
    let profile = world.folder.path().join("bob");
    world.bob.quit().await;
    // The sender stops at what was asked for, and says so.
    let waits = |state: &FileState| {
        matches!(
            state,
            FileState::Waiting { why: bauta::net::client::event::FileWait::Contact, .. }
        )
    };
    world.alice.file("wait", waits).await;
    world.bob = crate::people::Person::start(&world.network, &profile).await;
    ends_well(world).await;
}
