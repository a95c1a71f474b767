//! Files that come.

use std::fs;

use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::FileState;

use crate::people::World;
use crate::people::bytes;

#[tokio::test(flavor = "multi_thread")]
async fn files_of_every_length_come_as_they_were_sent() {
    let mut world = World::new().await;
    for len in [0, 1, 3_967, 3_968, 3_969, 300_000] {
        let name = format!("{len}.bin");
        let path = world.file(&name, &bytes(len));
        world.send(&path).await;
        let FileState::Done { path: Some(came) } = world.bob.over().await else {
            panic!("{len} bytes did not come: {:?}", world.bob.seen.last());
        };
        assert_eq!(came, world.inbox().join(&name));
        assert!(fs::read(&came).unwrap() == bytes(len), "{len} bytes are others");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&came).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(world.alice.over().await, FileState::Done { path: None });
    }
    assert_eq!(world.came().len(), 6, "nothing else is there: {:?}", world.came());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_talk_while_a_file_moves() {
    let mut world = World::new().await;
    let path = world.file("large", &bytes(5_000_000));
    world.send(&path).await;
    world.bob.moved(1).await;
    for number in 0..10 {
        let text = format!("beside {number}");
        world.alice.say(&world.bob, &text).await;
        world.bob.hear(&text).await;
    }
    let is_over = |event: &Event| matches!(event, Event::File { state, .. } if state.is_over());
    if !world.bob.seen.iter().any(is_over) {
        assert!(matches!(world.bob.over().await, FileState::Done { .. }));
    }
    assert!(fs::read(world.inbox().join("large")).unwrap() == bytes(5_000_000));
    // Nothing of it is left on the relay but what waits for nobody.
    assert_eq!(world.alice.over().await, FileState::Done { path: None });
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_cross_and_share_the_line() {
    let mut world = World::new().await;
    let (one, two) = (world.file("one", &bytes(400_000)), world.file("two", &bytes(400_001)));
    world.alice.offer(&world.bob, &one).await;
    world.bob.offer(&world.alice, &two).await;
    // One's own offer is a message too.
    let mut offers = Vec::new();
    for person in [&mut world.alice, &mut world.bob] {
        let offer = person
            .until("offer of the other's", |event| match event {
                Event::Message(m) if m.file.is_some() => {
                    let is_theirs = m.state == bauta::net::client::event::MessageState::Received;
                    is_theirs.then_some(m.id)
                }
                _ => None,
            })
            .await;
        offers.push(offer);
    }
    let (to_alice, to_bob) = (world.folder.path().join("alices"), world.inbox());
    fs::create_dir(&to_alice).unwrap();
    world.alice.accept(&world.bob, offers[0], &to_alice).await;
    world.bob.accept(&world.alice, offers[1], &to_bob).await;
    let has_come = |state: &FileState| matches!(state, FileState::Done { path: Some(_) });
    world.alice.file("file", has_come).await;
    world.bob.file("file", has_come).await;
    assert!(fs::read(to_bob.join("one")).unwrap() == bytes(400_000));
    assert!(fs::read(to_alice.join("two")).unwrap() == bytes(400_001));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_leads_out_of_the_folder_or_over_a_file() {
    let mut world = World::new().await;
    fs::write(world.inbox().join("taken.txt"), b"mine").unwrap();
    let folder = world.folder.path().join("out");
    fs::create_dir(&folder).unwrap();
    for (sent, came) in [
        ("x; rm -rf $HOME `id`", "x_ rm -rf _HOME _id_"),
        ("CON.txt", "_CON.txt"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("trailing. . ", "trailing"),
        ("a\nb\u{202e}c", "a_b_c"),
        ("taken.txt", "taken (2).txt"),
        (&"x".repeat(255), &"x".repeat(200)),
    ] {
        let path = folder.join(sent);
        fs::write(&path, sent).unwrap();
        world.send(&path).await;
        let FileState::Done { path: Some(path) } = world.bob.over().await else {
            panic!("{sent:?} did not come");
        };
        assert_eq!(path, world.inbox().join(came));
        assert_eq!(fs::read_to_string(path).unwrap(), sent);
    }
    assert_eq!(fs::read(world.inbox().join("taken.txt")).unwrap(), b"mine");
    assert_eq!(world.came().len(), 9);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_moves_before_it_is_accepted_and_history_knows_how_it_ended() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(100_000));
    let before = world.network.counters().stored;
    world.alice.offer(&world.bob, &path).await;
    let (_, message) = world.bob.offered().await;
    world.alice.say(&world.bob, "do you want it?").await;
    world.bob.hear("do you want it?").await;
    let stored = world.network.counters().stored - before;
    assert!(stored < 10, "{stored} envelopes for an offer, a text and receipts");
    world.bob.accept(&world.alice, message, &world.inbox()).await;
    world.bob.over().await;
    let history = Command::History { contact: world.alice.id, before: None, limit: 10 };
    world.bob.tell(history).await;
    let state = world
        .bob
        .until("history", |event| match event {
            Event::History { messages, .. } => {
                messages.iter().find(|m| m.id == message).map(|m| m.file.clone().unwrap())
            }
            _ => None,
        })
        .await;
    assert_eq!(state.size, 100_000);
    assert_eq!(state.state, FileState::Done { path: Some(world.inbox().join("a")) });
    world.end().await;
}
