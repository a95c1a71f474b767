//! Files that do not come: both sides are told, and nothing is left.

use std::fs;
use std::fs::OpenOptions;
use std::io::Write as _;

use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::FileFailure;
use bauta::net::client::event::FileState;
use bauta::net::client::event::FileWait;
use bauta::net::client::event::Refusal;
use bauta::net::local::Network;

use crate::people::Person;
use crate::people::World;
use crate::people::bytes;
use crate::people::comes_true;

const BY_ONESELF: FileState = FileState::Cancelled { by_contact: false };
const BY_THEM: FileState = FileState::Cancelled { by_contact: true };

#[tokio::test(flavor = "multi_thread")]
async fn either_side_stops_a_file_at_every_stage() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(20_000_000));
    for (by_sender, moving) in [(true, false), (false, false), (true, true), (false, true)] {
        world.alice.offer(&world.bob, &path).await;
        let (_, message) = world.bob.offered().await;
        if moving {
            world.bob.accept(&world.alice, message, &world.inbox()).await;
            world.bob.moved(1).await;
        }
        let (alice, bob) = (&mut world.alice, &mut world.bob);
        if by_sender {
            alice.cancel(bob, message).await;
            assert_eq!((alice.over().await, bob.over().await), (BY_ONESELF, BY_THEM));
        } else {
            bob.cancel(alice, message).await;
            assert_eq!((alice.over().await, bob.over().await), (BY_THEM, BY_ONESELF));
        }
        // A second time there is nothing to stop.
        bob.cancel(alice, message).await;
        bob.until("refusal", |event| {
            matches!(event, Event::Refused(Refusal::NoOpenFile)).then_some(())
        })
        .await;
        assert_eq!(world.came(), Vec::<String>::new());
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cancelled_as_soon_as_it_is_accepted_leaves_nothing() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(10_000));
    let inbox = world.inbox();
    for _ in 0..30 {
        world.alice.offer(&world.bob, &path).await;
        let (_, message) = world.bob.offered().await;
        world.bob.accept(&world.alice, message, &inbox).await;
        world.bob.cancel(&world.alice, message).await;
        let over = world.bob.over().await;
        if let FileState::Done { path } = over {
            fs::remove_file(path.unwrap()).unwrap();
        }
    }
    // Places are found by threads of their own, each in its time: what is there in the end counts.
    comes_true("end of what is unfinished", || world.came().is_empty()).await;
    world.end().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_said_and_not_offered() {
    use std::fs::File;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;
    let mut world = World::new().await;
    let folder = world.folder.path().to_owned();
    // Two gigabytes and a byte, of which the disk holds nothing.
    File::create(folder.join("sparse")).unwrap().set_len((1 << 31) + 1).unwrap();
    let pipe = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let forbidden = folder.join("forbidden");
    fs::write(&forbidden, b"a").unwrap();
    fs::set_permissions(&forbidden, Permissions::from_mode(0o000)).unwrap();
    let mut refused = vec![
        (folder.clone(), FileFailure::NoFile),
        (folder.join("none"), FileFailure::Unreadable),
        (folder.join("sparse"), FileFailure::TooLarge),
        (pipe, FileFailure::NoFile),
        ("/dev/zero".into(), FileFailure::NoFile),
    ];
    match File::open(&forbidden) {
        Ok(_) => eprintln!("skipped: a file that may not be read: this user may read all"),
        Err(_) => refused.push((forbidden, FileFailure::Unreadable)),
    }
    for (path, failure) in refused {
        world.alice.offer(&world.bob, &path).await;
        assert_eq!(world.alice.over().await, FileState::Failed { reason: failure });
    }
    world.alice.say(&world.bob, "after it").await;
    world.bob.hear("after it").await;
    assert!(
        !world.bob.seen.iter().any(|event| matches!(event, Event::Message(m) if m.file.is_some()))
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_while_it_is_sent_fails_on_both_sides() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(20_000_000));
    world.send(&path).await;
    world.bob.moved(1).await;
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"more").unwrap();
    let changed = FileState::Failed { reason: FileFailure::Changed };
    assert_eq!(world.alice.over().await, changed);
    assert_eq!(world.bob.over().await, changed);
    assert_eq!(world.came(), Vec::<String>::new());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_size_than_was_offered_is_not_sent() {
    let mut world = World::new().await;
    for len in [0, 9_999, 10_001] {
        let path = world.file("a", &bytes(10_000));
        world.alice.offer(&world.bob, &path).await;
        let (_, message) = world.bob.offered().await;
        OpenOptions::new().write(true).open(&path).unwrap().set_len(len).unwrap();
        world.bob.accept(&world.alice, message, &world.inbox()).await;
        let changed = FileState::Failed { reason: FileFailure::Changed };
        assert_eq!(world.bob.over().await, changed, "{len}");
        assert_eq!(world.alice.over().await, changed, "{len}");
        assert_eq!(world.came(), Vec::<String>::new());
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_other_bytes_than_were_offered_never_appears() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(10_000));
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    world.alice.offer(&world.bob, &path).await;
    let (_, message) = world.bob.offered().await;
    // The same length and the same time: only the hash tells.
    fs::write(&path, vec![0; 10_000]).unwrap();
    OpenOptions::new().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    world.bob.accept(&world.alice, message, &world.inbox()).await;
    let wrong = FileState::Failed { reason: FileFailure::WrongHash };
    assert_eq!(world.bob.over().await, wrong);
    assert_eq!(world.alice.over().await, wrong);
    assert_eq!(world.came(), Vec::<String>::new());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_folder_the_offer_stands_and_can_be_accepted_again() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(10_000));
    world.alice.offer(&world.bob, &path).await;
    let (_, message) = world.bob.offered().await;
    let nowhere = world.folder.path().join("nowhere");
    world.bob.accept(&world.alice, message, &nowhere).await;
    world
        .bob
        .file("wait", |state| matches!(state, FileState::Waiting { why: FileWait::Disk, .. }))
        .await;
    world.bob.accept(&world.alice, message, &world.inbox()).await;
    assert!(matches!(world.bob.over().await, FileState::Done { .. }));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_offer_and_a_removed_contact_take_the_file_along() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(20_000_000));
    let message = world.send(&path).await;
    world.bob.moved(1).await;
    let delete = Command::Delete { contact: world.bob.id, message, for_both: true };
    world.alice.tell(delete).await;
    assert_eq!(world.bob.over().await, BY_THEM);
    assert_eq!(world.came(), Vec::<String>::new());
    world.send(&path).await;
    world.bob.moved(1).await;
    world.alice.tell(Command::Remove { contact: world.bob.id }).await;
    let ended = FileState::Failed { reason: FileFailure::Ended };
    assert_eq!(world.bob.over().await, ended);
    assert_eq!(world.came(), Vec::<String>::new());
    world.end().await;
}

/// Envelopes that the relay holds.
fn held(network: &Network) -> u64 {
    let counters = network.counters();
    counters.stored - counters.acknowledged - counters.cancelled
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_fetches_any_more_is_taken_back() {
    let mut world = World::new().await;
    let path = world.file("a", &bytes(6_000_000));
    world.alice.offer(&world.bob, &path).await;
    let (_, message) = world.bob.offered().await;
    let [alice, bob] = [(&world.alice, "alice"), (&world.bob, "bob")]
        .map(|(person, name)| (person.id, world.folder.path().join(name)));
    let inbox = world.inbox();
    // Bob asks for the first chunks while Alice is away, and is away when they come.
    world.alice.quit().await;
    let before = held(&world.network);
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
    assert!(held(&world.network) >= 1_024, "all that was asked for: {}", held(&world.network));
    world.alice.tell(Command::CancelFile { contact: bob.0, message }).await;
    assert_eq!(world.alice.over().await, BY_ONESELF);
    // What is left says that it was taken back, and what both had to say before.
    comes_true("room on the relay", || held(&world.network) <= before + 16).await;
    world.bob = Person::start(&world.network, &bob.1).await;
    assert_eq!(world.bob.over().await, BY_THEM);
    assert_eq!(world.came(), Vec::<String>::new());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_offers_are_not_more_than_a_client_keeps() {
    let mut world = World::new().await;
    let path = world.file("a", b"a");
    for _ in 0..100 {
        world.alice.offer(&world.bob, &path).await;
    }
    let mut refused = 0;
    while refused < 100 - 32 {
        world
            .alice
            .until("refusal", |event| {
                matches!(event, Event::Refused(Refusal::TooManyFiles { max: 32 })).then_some(())
            })
            .await;
        refused += 1;
    }
    world.alice.say(&world.bob, "that was all").await;
    world.bob.hear("that was all").await;
    world.end().await;
}
