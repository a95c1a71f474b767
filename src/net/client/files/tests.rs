//! What threads say when nobody waits for it any more.

use core::time::Duration;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tempfile::tempdir;
use tokio::time::timeout;

use super::*;
use crate::crypto::hash::sha256;
use crate::crypto::identity::IdentityKey;
use crate::crypto::secret::Secret;
use crate::id::Id;
use crate::net::client::core::FilePlan;
use crate::net::client::event::MessageId;
use crate::signal::BodyAead;
use crate::signal::file::FileKeys;
use crate::signal::file::FileScope;

/// A picture that has something to tell.
const TELLING: &[u8] = b"\xff\xd8\xff\xfe\0\x0amy houseX\xff\xda\0\x02\x01\xff\xd9";

fn name() -> FileName {
    let key = IdentityKey::generate(&mut StdRng::seed_from_u64(1));
    FileName { contact: Id::new(*key.public()), message: MessageId([1; 16]) }
}

fn stop(files: &mut Files) {
    files.order(Line::RENDEZVOUS, name(), FileOrder::Stop { withdraw: true });
}

/// What the core is told last of what is under way.
async fn told(files: &mut Files) -> FileReport {
    let wait = async {
        loop {
            let word = files.word().await.unwrap();
            files.hear(word);
            if let Some((of, report)) = files.reports().pop() {
                assert!(of == name());
                return report;
            }
        }
    };
    timeout(Duration::from_secs(60), wait).await.unwrap()
}

fn prepare(files: &mut Files, path: &Path, copy: Option<&Path>) {
    let (path, copy) = (path.to_owned(), copy.map(Path::to_owned));
    files.order(Line::RENDEZVOUS, name(), FileOrder::Prepare { path, copy });
}

#[tokio::test]
async fn a_copy_that_is_made_too_late_is_told_and_the_persons_own_file_is_not() {
    let folder = tempdir().unwrap();
    let (path, copy) = (folder.path().join("a.jpg"), folder.path().join("copies/00"));
    fs::write(&path, TELLING).unwrap();
    let mut files = Files::new();
    prepare(&mut files, &path, None);
    stop(&mut files);
    prepare(&mut files, &path, Some(&copy));
    stop(&mut files);
    assert!(matches!(told(&mut files).await, FileReport::Stray(stray) if stray == copy));
    // The other way round: nothing is told of the first.
    prepare(&mut files, &path, Some(&copy));
    stop(&mut files);
    assert!(matches!(told(&mut files).await, FileReport::Stray(stray) if stray == copy));
    prepare(&mut files, &path, None);
    stop(&mut files);
    prepare(&mut files, &path, None);
    let ready = told(&mut files).await;
    assert!(
        matches!(ready, FileReport::Prepared { source, is_copy: false } if source.path == path)
    );
}

fn receive(files: &mut Files, folder: &Path, begun: Option<&Path>) {
    let key = IdentityKey::generate(&mut StdRng::seed_from_u64(2));
    let (network, name_of_offer) = ([0; 32], [1; 16]);
    let (sender, receiver) = (key.public(), key.public());
    let scope = FileScope { network: &network, sender, receiver, name: &name_of_offer, size: 3 };
    let keys = FileKeys::new(&Secret::new([1; 32]), BodyAead::Aes256Gcm, &scope).unwrap();
    let plan = FilePlan {
        keys: Arc::new(keys),
        offered: "a".to_owned(),
        hash: sha256(&[b"abc"]),
        folder: Some(folder.to_owned()),
        spare: 0,
        begun: begun.map(Path::to_owned),
        durable: 0,
        rounds: 0,
    };
    files.order(Line::RENDEZVOUS, name(), FileOrder::Receive(Box::new(plan)));
    assert!(files.frames(|_| true).values().all(Vec::is_empty));
}

#[tokio::test]
async fn a_place_that_is_found_too_late_is_told_if_it_is_a_new_one() {
    let folder = tempdir().unwrap();
    let mut files = Files::new();
    receive(&mut files, folder.path(), None);
    stop(&mut files);
    let FileReport::Stray(part) = told(&mut files).await else { panic!("not told") };
    assert!(part.is_file() && part.parent() == Some(folder.path()));
    // What was known before is deleted by whoever knew of it.
    receive(&mut files, folder.path(), Some(&part));
    stop(&mut files);
    let word = files.word().await.unwrap();
    files.hear(word);
    assert!(!files.has_reports() && part.is_file());
}
