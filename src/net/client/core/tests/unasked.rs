//! Files that come without a question, from one contact and from several.

use zeroize::Zeroizing;

use super::*;
use crate::net::client::core::file::FileOrder;
use crate::net::client::core::file::FileReport;
use crate::net::client::event::FileFailure;
use crate::signal::content::Offer;

/// What stays free on a disk.
const SPARE: u64 = 1_000_000_000;
/// Bytes of a chunk.
const CHUNK: u64 = 3_968;

struct World {
    folder: tempfile::TempDir,
    core: Core<StdRng>,
    contacts: Vec<Id>,
}

impl World {
    /// Somebody with so many contacts, whose files of at most so many bytes come by themselves.
    fn new(contacts: usize, below: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut core = open(folder.path());
        let contacts = (0..contacts).map(|_| befriend(&mut core).0).collect();
        core.handle(settings(Change::accept_below(below)), NOW).unwrap();
        Self { folder, core, contacts }
    }

    /// A contact offers a file. If it comes without a question: how much must stay free beside it.
    fn offer(&mut self, who: usize, name: u8, size: u64) -> Option<u64> {
        let id = self.contacts[who];
        let contact = self.core.contacts.values_mut().find(|contact| contact.id == id).unwrap();
        let offer = Offer {
            size,
            hash: [0; 32],
            secret: Zeroizing::new([7; 32]),
            aead: BodyAead::Aes256Gcm,
            disappears: 0,
            name: "a".into(),
        };
        contact.is_offered(&mut self.core.ctx, [name; 16], offer, NOW);
        received(self.core.release().unwrap()).map(|(_, spare)| spare)
    }

    fn report(&mut self, who: usize, name: u8, report: FileReport) {
        let of = FileName { contact: self.contacts[who], message: MessageId([name; 16]) };
        self.core.handle(Input::File(of, report), NOW).unwrap();
    }

    fn command(&mut self, command: Command) -> Vec<Output> {
        self.core.handle(Input::Commands(vec![command]), NOW).unwrap()
    }
}

/// The file that is to be received, and what must stay free beside it.
fn received(output: Vec<Output>) -> Option<(FileName, u64)> {
    output.into_iter().find_map(|output| match output {
        Output::File(_, of, FileOrder::Receive(plan)) => Some((of, plan.spare)),
        _ => None,
    })
}

/// Files of these sizes are offered; which of them come without a question.
fn come(below: u64, sizes: &[u64]) -> Vec<u64> {
    let mut world = World::new(1, below);
    let offers = (1..).zip(sizes.iter().copied());
    let came = offers.filter(|(name, size)| {
        let spare = world.offer(0, *name, *size);
        spare.inspect(|spare| assert!(*spare >= SPARE, "a disk may be filled")).is_some()
    });
    came.map(|(_, size)| size).collect()
}

#[test]
fn files_come_unasked_when_they_are_small_and_few() {
    assert_eq!(come(0, &[0, 1, 5]), [0_u64; 0]);
    assert_eq!(come(5, &[0, 6, 5, 1]), [0, 5, 1]);
    assert_eq!(come(5, &[1, 2, 3, 4, 5, 1]), [1, 2, 3, 4]);
}

#[test]
fn what_comes_unasked_from_all_contacts_together_is_bounded() {
    let mut world = World::new(4, 1_000_000_000);
    assert_eq!(world.offer(0, 1, 600_000_000), Some(SPARE));
    // Each leaves room for what is still to come of the others.
    assert_eq!(world.offer(1, 2, 300_000_000), Some(SPARE + 600_000_000));
    assert_eq!(world.offer(2, 3, 100_000_001), None, "together more than 1 GB");
    assert_eq!(world.offer(2, 4, 100_000_000), Some(SPARE + 900_000_000));
    assert_eq!(world.offer(3, 5, 1), None);
    assert_eq!(world.offer(3, 6, 0), Some(SPARE + 1_000_000_000));
    // The one that was too much is an offer as any other.
    let contact = world.contacts[2];
    let message = MessageId([3; 16]);
    let output = world.command(Command::AcceptFile { contact, message, folder: None });
    let of = FileName { contact, message };
    assert_eq!(received(output), Some((of, 0)));
    assert_eq!(world.offer(3, 7, 1), None, "and takes nobody's place");
}

#[test]
fn what_is_there_or_over_makes_room_for_more() {
    let mut world = World::new(3, 1_000_000_000);
    world.offer(0, 1, 1_000_000_000).unwrap();
    assert_eq!(world.offer(1, 2, 5), None);
    let path = std::path::PathBuf::from("/in/.a.part");
    world.report(0, 1, FileReport::Opened { path, is_new: true });
    world.report(0, 1, FileReport::Durable(250_000));
    let there = 250_000 * CHUNK;
    let rest = 1_000_000_000 - there;
    assert_eq!(world.offer(1, 3, there), Some(SPARE + rest));
    assert_eq!(world.offer(1, 4, 1), None);
    // It is so also in the next life.
    let World { folder, core, contacts } = world;
    drop(core);
    let (core, output) = open_at(folder.path(), [7; 32], NOW);
    assert!(received(output).is_some(), "it goes on");
    let mut world = World { folder, core, contacts };
    assert_eq!(world.offer(1, 5, 1), None);
    world.report(0, 1, FileReport::Failed(FileFailure::Unwritable));
    assert_eq!(world.offer(2, 6, rest), Some(SPARE + there));
    assert_eq!(world.offer(2, 7, 1), None);
    // With a contact go its files.
    world.command(Command::Remove { contact: world.contacts[1] });
    assert_eq!(world.offer(2, 8, there), Some(SPARE + rest));
    assert_eq!(world.offer(0, 9, 1), None);
    // One that finds no place is an offer again.
    world.report(2, 8, FileReport::NoPlace(crate::net::client::event::FileWait::Disk));
    assert_eq!(world.offer(0, 10, there), Some(SPARE + rest));
}
