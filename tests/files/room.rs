//! A receiver whose disk is full: the file waits, goes on when there is room, and is whole.

use std::fs;
use std::fs::File;
use std::io::ErrorKind;
use std::io::Write as _;
use std::path::Path;

use bauta::net::client::event::FileState;
use bauta::net::client::event::FileWait;

use crate::namespace;
use crate::namespace::Namespace;
use crate::people::Person;
use crate::people::World;
use crate::people::bytes;

const SMALL_DISK: Namespace =
    Namespace { kind: "--mount", script: "mount -t tmpfs -o size=4m none \"$ORDEAL\"" };

const LEN: usize = 1_500_000;

/// Takes all the room that is left, to the last byte.
fn fill(path: &Path) {
    let mut filler = File::create(path).unwrap();
    let mut len = 1 << 20;
    while len > 0 {
        match filler.write(&vec![1; len]) {
            Ok(written) => assert!(written > 0),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::StorageFull);
                len /= 2;
            }
        }
    }
}

fn waits_for_room(state: &FileState) -> bool {
    matches!(state, FileState::Waiting { why: FileWait::Disk, .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_waited_for_and_nothing_is_lost() {
    if !SMALL_DISK.is_inside("room::a_full_disk_is_waited_for_and_nothing_is_lost") {
        return;
    }
    let (inbox, filler) = (namespace::folder().join("in"), namespace::folder().join("filler"));
    fs::create_dir(&inbox).unwrap();
    let mut world = World::new().await;
    let path = world.file("a", &bytes(LEN));
    world.alice.offer(&world.bob, &path).await;
    let (_, message) = world.bob.offered().await;
    // It is not begun where there is no room for all of it.
    fill(&filler);
    world.bob.accept(&world.alice, message, &inbox).await;
    world.bob.file("wait", waits_for_room).await;
    fs::remove_file(&filler).unwrap();
    // It is begun while its sender is away, and then the room goes.
    let profile = world.folder.path().join("alice");
    let id = world.alice.id;
    world.alice.quit().await;
    world.bob.accept_from(id, message, &inbox).await;
    world.bob.file("beginning", |state| matches!(state, FileState::Moving { .. })).await;
    fill(&filler);
    world.alice = Person::start(&world.network, &profile).await;
    world.bob.file("wait", waits_for_room).await;
    assert_eq!(fs::read_dir(&inbox).unwrap().count(), 1, "only what is unfinished");
    fs::remove_file(&filler).unwrap();
    world.bob.accept(&world.alice, message, &inbox).await;
    let FileState::Done { path: Some(came) } = world.bob.over().await else {
        panic!("it did not come: {:?}", world.bob.seen.last());
    };
    assert!(fs::read(came).unwrap() == bytes(LEN));
    assert_eq!(fs::read_dir(&inbox).unwrap().count(), 1);
    assert_eq!(world.alice.over().await, FileState::Done { path: None });
    world.end().await;
}
