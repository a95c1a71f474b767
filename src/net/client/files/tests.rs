//! What threads say when nobody waits for it any more.

use core::time::Duration;
use std::fs;
use std::path::Path;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tempfile::tempdir;
use tokio::time::timeout;

use super::*;
use crate::crypto::identity::IdentityKey;
use crate::id::Id;
use crate::net::client::event::MessageId;

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
