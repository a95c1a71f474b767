//! Pictures that are sent without what they tell.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::FileFailure;
use bauta::net::client::event::FileState;

use crate::people::Person;
use crate::people::World;
use crate::people::bytes;
use crate::people::comes_true;

/// A JPEG whose comment says where it was taken, and whose scan has so many bytes.
fn telling(len: usize) -> Vec<u8> {
    let mut scan = bytes(len);
    scan.iter_mut().filter(|byte| **byte == 0xff).for_each(|byte| *byte = 0);
    [b"\xff\xd8\xff\xfe\0\x0cBaker Str.\xff\xda\0\x02", &scan[..], b"\xff\xd9"].concat()
}

fn tells(bytes: &[u8]) -> bool {
    bytes.windows(9).any(|part| part == b"Baker Str")
}

fn copies(world: &World) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(world.folder.path().join("alice/copies")) else {
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}

async fn strip(from: &Person, to: &Person, path: &Path) {
    let command = Command::SendFile { contact: to.id, path: path.to_owned(), strip: true };
    from.tell(command).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_comes_without_what_it_tells_also_after_a_crash() {
    let mut world = World::new().await;
    let path = world.file("house.jpg", &telling(300_000));
    strip(&world.alice, &world.bob, &path).await;
    let (name, message) = world.bob.offered().await;
    assert_eq!(name, "house.jpg");
    let [copy] = <[PathBuf; 1]>::try_from(copies(&world)).unwrap();
    assert!(!tells(&fs::read(&copy).unwrap()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
    world.alice = world.alice.again().await;
    // The picture itself may go, or change: the copy is what was offered.
    fs::remove_file(&path).unwrap();
    world.bob.accept(&world.alice, message, &world.inbox()).await;
    let FileState::Done { path: Some(came) } = world.bob.over().await else {
        panic!("it did not come: {:?}", world.bob.seen.last());
    };
    let came = fs::read(came).unwrap();
    assert!(!tells(&came));
    assert_eq!(came.len(), telling(300_000).len() - 14, "all but the comment");
    assert_eq!(world.alice.over().await, FileState::Done { path: None });
    assert_eq!(copies(&world), Vec::<PathBuf>::new());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_not_sent_as_it_is() {
    let mut world = World::new().await;
    let path = world.file("plan.jpg", b"a text about Baker Str");
    strip(&world.alice, &world.bob, &path).await;
    let failed = FileState::Failed { reason: FileFailure::NoPicture };
    assert_eq!(world.alice.over().await, failed);
    world.alice.say(&world.bob, "it would not go").await;
    world.bob.hear("it would not go").await;
    let offers = world.bob.seen.iter().filter(|event| format!("{event:?}") == "File").count();
    assert_eq!((offers, copies(&world).len()), (0, 0));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_goes_with_its_offer_and_one_without_an_offer_at_the_start() {
    let mut world = World::new().await;
    let path = world.file("house.jpg", &telling(1_000));
    strip(&world.alice, &world.bob, &path).await;
    let (_, message) = world.bob.offered().await;
    assert_eq!(copies(&world).len(), 1);
    world.alice.cancel(&world.bob, message).await;
    assert_eq!(world.alice.over().await, FileState::Cancelled { by_contact: false });
    assert_eq!(copies(&world).len(), 0);
    let orphan = world.folder.path().join("alice/copies").join("0".repeat(32));
    fs::write(&orphan, b"left behind").unwrap();
    world.alice = world.alice.again().await;
    assert!(!orphan.exists());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_nobody_wants_any_more_while_it_is_made_does_not_stay() {
    let mut world = World::new().await;
    let path = world.file("house.jpg", &telling(20_000_000));
    let folder = world.folder.path().join("alice/copies");
    let contact = world.bob.id;
    for is_removed in [false, true] {
        strip(&world.alice, &world.bob, &path).await;
        let (_, message) = world.alice.offered().await;
        let command = if is_removed {
            Command::Remove { contact }
        } else {
            Command::CancelFile { contact, message }
        };
        world.alice.tell(command).await;
        // The folder is made with the first copy.
        comes_true("end of the copy", || folder.exists() && copies(&world).is_empty()).await;
        fs::remove_dir(&folder).unwrap();
    }
    let bob = &world.bob;
    assert!(!bob.seen.iter().any(|event| format!("{event:?}") == "File"), "it was offered");
    let folder = world.folder.path().to_owned();
    world.alice.quit().await;
    world.bob.quit().await;
    assert!(!folder.join("alice/copies").exists(), "a copy came after its end");
    assert!(path.exists(), "the picture itself is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_of_reading_once_a_file_is_offered() {
    let mut world = World::new().await;
    let path = world.file("large", &bytes(2_000_000));
    world.alice.offer(&world.bob, &path).await;
    world.bob.offered().await;
    world.alice.say(&world.bob, "there it is").await;
    world.bob.hear("there it is").await;
    world.alice.file("offer", |state| *state == FileState::Offered).await;
    world.alice.until("text", |event| matches!(event, Event::Message(_)).then_some(())).await;
    let mut states = world.alice.seen.iter().filter_map(|event| match event {
        Event::File { state, .. } => Some(state),
        _ => None,
    });
    assert_eq!(states.next_back(), Some(&FileState::Offered));
    world.end().await;
}
