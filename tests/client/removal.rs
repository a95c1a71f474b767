//! What is left of a contact that was removed: on the relay, on its connections and on the disk.

use std::collections::BTreeSet;

use bauta::net::cell::Address;
use bauta::net::client::Command;
use bauta::net::client::core::FileName;
use bauta::net::client::core::FileReport;
use bauta::net::client::core::FileSource;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::core::Output;
use bauta::net::client::profile::Kind;

use crate::crowd::Crowd;
use crate::world::*;

fn remove(world: &mut World) {
    world.command(0, |contact| Command::Remove { contact });
}

fn read(world: &World) -> BTreeSet<Address> {
    let of = |line| world.relay.subscribed.get(&(0, line)).into_iter().flatten().copied();
    Line::SHARED.into_iter().flat_map(of).collect()
}

#[test]
fn no_mailbox_of_a_removed_contact_is_read() {
    for talks in [false, true] {
        let mut world = World::new();
        world.ask(0);
        if talks {
            world.ask(1);
        }
        world.settle();
        assert!(!read(&world).is_empty());
        remove(&mut world);
        assert_eq!(read(&world), BTreeSet::new());
        world.settle();
        world.pass(HOUR);
        world.settle();
        world.crash(0, None);
        world.settle();
        assert_eq!(read(&world), BTreeSet::new());
    }
}

#[test]
fn the_mailboxes_of_others_are_read_as_before() {
    let mut crowd = Crowd::shared();
    crowd.talk();
    let read = |crowd: &Crowd| Line::SHARED.map(|line| crowd.relay.subscribed[&(0, line)].clone());
    let of = |crowd: &Crowd, of| Line::SHARED.map(|line| crowd.mailboxes(0, of, line));
    let (before, theirs) = (read(&crowd), of(&crowd, 2));
    assert!(of(&crowd, 1).iter().chain(&theirs).all(|mailboxes| !mailboxes.is_empty()));
    let contact = crowd.people[1].id;
    crowd.input(0, one(Command::Remove { contact }));
    let after = read(&crowd);
    assert!(of(&crowd, 1).iter().all(BTreeSet::is_empty));
    for (line, (before, after)) in before.iter().zip(&after).enumerate() {
        assert!(theirs[line].is_subset(after) && after.is_subset(before));
        // Both contacts have as many.
        assert_eq!(before.len(), 2 * after.len());
    }
    crowd.say(0, 2, "still here");
    crowd.say(2, 0, "I too");
    crowd.settle();
    assert_eq!(
        (crowd.hears(2, 0), crowd.hears(0, 2)),
        (vec!["to c", "still here"], vec!["from c", "I too"])
    );
    assert_eq!(crowd.hears(0, 1), ["from b"]);
}

/// How an envelope waits for the relay.
#[derive(Clone, Copy, Debug)]
enum Waits {
    Unanswered,
    Refused,
    Offline,
}

/// Only what tells the other of it.
#[test]
fn nothing_that_waits_for_the_relay_goes_once_the_contact_is_removed() {
    for waits in [Waits::Unanswered, Waits::Refused, Waits::Offline] {
        let mut world = World::new();
        talk(&mut world);
        if matches!(waits, Waits::Refused) {
            world.relay.refuses = Some(Refuses::MailboxFull);
        }
        (0..3).for_each(|n| world.say(0, &format!("never goes {n}")));
        match waits {
            Waits::Unanswered => {}
            Waits::Refused => drop(world.arrive(0, Line::CONVERSATIONS, usize::MAX)),
            Waits::Offline => world.disconnect(0, Line::CONVERSATIONS),
        }
        let waiting = |world: &World| {
            let rows = world.disk(0).into_iter().filter(|((kind, _), _)| *kind == Kind::Put);
            rows.map(|((_, id), _)| id).collect::<BTreeSet<_>>()
        };
        let before = waiting(&world);
        assert_eq!(before.len(), 3, "{waits:?}");
        world.disconnect(0, Line::RENDEZVOUS);
        remove(&mut world);
        world.relay.refuses = None;
        let left = waiting(&world);
        assert!(left.is_disjoint(&before) && left.len() <= 1, "{waits:?}");
        let puts = world.relay.puts_on.clone();
        world.crash(0, None);
        world.settle();
        world.pass(HOUR);
        world.settle();
        let since = |line| {
            let before = puts.get(&(0, line)).copied().unwrap_or_default();
            world.relay.puts_on.get(&(0, line)).copied().unwrap_or_default() - before
        };
        assert_eq!((since(Line::CONVERSATIONS), since(Line::RENDEZVOUS)), (0, 1), "{waits:?}");
        assert_eq!(waiting(&world), BTreeSet::new(), "{waits:?}");
    }
}

/// What one's own client is, what it knows of networks and how it is set; the marks of who is removed
/// and what tells them.
const STAYS: [Kind; 6] =
    [Kind::Identity, Kind::Network, Kind::Settings, Kind::Mark, Kind::Farewell, Kind::Put];

#[test]
fn removing_a_contact_destroys_every_row_of_it() {
    let mut world = World::new();
    talk(&mut world);
    world.timer(0, Some(3_600));
    world.timer(1, Some(3_600));
    world.settle();
    let message = world.tell(0, "a needle");
    world.tell(1, &"a long needle ".repeat(200));
    world.settle();
    world.react(0, message, Some("needle"));
    // What is offered: a copy of a picture.
    let path = world.folder.path().join("needle.jpeg");
    world.command(0, |contact| Command::SendFile { contact, path: path.clone(), strip: true });
    let message = world.messages(0).last().unwrap().id;
    let of = FileName { contact: world.people[1].id, message };
    let source = FileSource { path: path.clone(), size: 10, hash: [0; 32], modified: 1 };
    world.input(0, Input::File(of, FileReport::Prepared { source, is_copy: true }));
    world.say(0, "a needle that has no answer");
    world.disconnect(0, Line::CONVERSATIONS);
    world.say(0, "a needle that waits");
    let kinds = |world: &World| -> BTreeSet<Kind> {
        world.disk(0).into_keys().map(|(kind, _)| kind).collect()
    };
    let before = kinds(&world);
    for kind in [Kind::Session, Kind::Outgoing, Kind::Put, Kind::Message, Kind::File, Kind::Fuse] {
        assert!(before.contains(&kind), "{kind:?}");
    }
    let (contact, now) = (of.contact, world.now);
    let core = world.people[0].core.as_mut().unwrap();
    let output = core.handle(one(Command::Remove { contact }), now).unwrap();
    let discarded = output.iter().find_map(|output| match output {
        Output::Discard(leftover) => Some((leftover.name, leftover.path.clone())),
        _ => None,
    });
    let (name, discarded) = discarded.unwrap();
    assert!(discarded.starts_with(&world.people[0].folder), "not the copy, but the picture");
    world.pass_on(0, output);
    // Until its driver has deleted the copy.
    let left = kinds(&world);
    assert!(left.iter().all(|kind| STAYS.contains(kind) || *kind == Kind::Leftover), "{left:?}");
    world.input(0, Input::Discarded(name));
    let left = kinds(&world);
    assert!(left.iter().all(|kind| STAYS.contains(kind)), "{left:?}");
    assert!(!world.on_disk(0, "needle"));
}
