//! What the relay sees of a file: more of what it sees of a conversation, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bauta::crypto::secret::Secret;
use bauta::net::cell;
use bauta::net::cell::Address;
use bauta::net::cell::Capability;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::RelayFrame;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::Way;
use bauta::net::client::event::FileState;
use bauta::net::client::event::MessageId;

use crate::isolated::mailboxes;
use crate::people::Person;
use crate::recorder::DOWN;
use crate::recorder::Recorder;
use crate::recorder::Seen;
use crate::recorder::UP;
use crate::recorder::Watched;
use crate::socks::Proxy;

/// Some hundred chunks: many times what two people say to each other here.
const LEN: usize = 800_000;
const CHUNKS: usize = LEN.div_ceil(3_968);

/// What every connection of somebody shows: which kinds of frames, and which lengths of records
/// behind the handshake, in either direction.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shown {
    kinds: [BTreeSet<String>; 2],
    lengths: [BTreeSet<usize>; 2],
}

impl Shown {
    fn by(door: &Recorder) -> Self {
        let mut shown = Self::default();
        for log in door.logs() {
            shown.add(&log.lock().unwrap());
        }
        shown
    }

    /// With what a conversation says too, when a week is over: that mailboxes are read no more.
    fn with_an_end(mut self) -> Self {
        self.kinds[UP].insert("Unsubscribe".to_owned());
        self
    }

    fn add(&mut self, seen: &Seen) {
        for cell in &seen.cells[UP] {
            let frames = cell::decode::<ClientFrame>(cell).unwrap();
            self.kinds[UP].extend(frames.iter().map(|frame| kind(&format!("{frame:?}"))));
        }
        for cell in &seen.cells[DOWN] {
            let frames = cell::decode::<RelayFrame>(cell).unwrap();
            self.kinds[DOWN].extend(frames.iter().map(|frame| kind(&format!("{frame:?}"))));
        }
        for direction in [UP, DOWN] {
            // A Ping goes whenever nothing else did for a while.
            self.kinds[direction].retain(|kind| kind != "Ping" && kind != "Pong");
            let all = lengths(&seen.bytes[direction]);
            let cells = seen.cells[direction].len();
            self.lengths[direction].extend(&all[all.len().saturating_sub(cells)..]);
        }
    }
}

fn kind(shown: &str) -> String {
    shown.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
}

/// The lengths of all whole records in a stream.
fn lengths(mut stream: &[u8]) -> Vec<usize> {
    let mut all = Vec::new();
    while let Some((header, rest)) = stream.split_first_chunk::<5>() {
        let len = usize::from(u16::from_be_bytes([header[3], header[4]]));
        let Some(next) = rest.get(len..) else { break };
        all.push(len);
        stream = next;
    }
    all
}

fn puts(door: &Recorder) -> usize {
    let of_log = |log: crate::recorder::Log| {
        let cells = log.lock().unwrap().cells[UP].clone();
        let frames = cells.iter().flat_map(|cell| cell::decode::<ClientFrame>(cell).unwrap());
        frames.filter(|frame| matches!(frame, ClientFrame::Put { .. })).count()
    };
    door.logs().into_iter().map(of_log).sum()
}

/// They find each other and talk.
async fn meet(one: &mut Person, other: &mut Person) {
    one.ask(other.id, "A").await;
    other.ask(one.id, "B").await;
    one.say(other.id, "here").await;
    other.hears("here").await;
    other.say(one.id, "there").await;
    one.hears("there").await;
    one.say(other.id, "good").await;
    other.hears_and_is_heard("good").await;
}

/// One of them has a file for the other.
async fn give(one: &mut Person, other: &mut Person, folder: &Path) {
    let (path, inbox) = (folder.join("file"), folder.join("in"));
    let sent: Vec<u8> = (0..u32::try_from(LEN / 4).unwrap()).flat_map(u32::to_be_bytes).collect();
    fs::write(&path, &sent).unwrap();
    fs::create_dir(&inbox).unwrap();
    one.client.send(Command::SendFile { contact: other.id, path, strip: false }).await;
    let offer = std::cell::Cell::new(MessageId([0; 16]));
    other
        .until("offer", |event| match event {
            Event::Message(message) if message.file.is_some() => {
                offer.set(message.id);
                true
            }
            _ => false,
        })
        .await;
    let (contact, message) = (one.id, offer.get());
    let folder = Some(inbox.clone());
    other.client.send(Command::AcceptFile { contact, message, folder }).await;
    let is_here =
        |event: &Event| matches!(event, Event::File { state: FileState::Done { .. }, .. });
    other.until("file", is_here).await;
    one.until("end of the file", is_here).await;
    assert!(fs::read(inbox.join("file")).unwrap() == sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_with_a_file_differs_from_one_without_in_the_number_of_cells_alone() {
    let watched = Watched::new().await;
    let profile = |name: &str| watched.folder().join("profiles").join(name);
    let doors =
        [watched.door().await, watched.door().await, watched.door().await, watched.door().await];
    let mut anna = Person::start(&doors[0].address, &profile("anna")).await;
    let mut bruno = Person::start(&doors[1].address, &profile("bruno")).await;
    let mut carla = Person::start(&doors[2].address, &profile("carla")).await;
    let mut dario = Person::start(&doors[3].address, &profile("dario")).await;
    meet(&mut anna, &mut bruno).await;
    meet(&mut carla, &mut dario).await;
    give(&mut anna, &mut bruno, watched.folder()).await;
    for person in [anna, bruno, carla, dario] {
        person.quit().await;
    }
    let [of_anna, of_bruno, of_carla, of_dario] = doors.each_ref().map(Shown::by);
    assert_eq!(of_anna, of_carla.with_an_end(), "who sends");
    assert_eq!(of_bruno, of_dario.with_an_end(), "who receives");
    // A record with a cell: content, type and tag.
    assert_eq!(of_anna.lengths, [BTreeSet::from([4_113]), BTreeSet::from([4_113])]);
    // A receipt goes with a text or by itself, so a conversation has some envelopes more or less.
    let [of_anna, _, of_carla, _] = doors.each_ref().map(puts);
    assert!(of_anna > CHUNKS, "{of_anna} envelopes with a file");
    assert!(of_carla < CHUNKS / 4, "{of_carla} envelopes without");

    // One frame of another kind would have been noticed, and one record of another length.
    let mut seen = Seen::default();
    let capability = Capability::new(Secret::new([1; 32]));
    let cancel = ClientFrame::Cancel { capability, id: EnvelopeId::new([1; 16]) };
    seen.cells[UP].push(*cell::encode(cancel).unwrap());
    let mut other = Shown::by(&doors[2]);
    other.add(&seen);
    assert_ne!(other.with_an_end().kinds, Shown::by(&doors[0]).kinds);
    let mut other = Shown::by(&doors[2]);
    seen.bytes[UP] = [&[23, 3, 3, 0, 2][..], &[0; 2]].concat();
    other.add(&seen);
    assert_ne!(other.lengths, Shown::by(&doors[0]).lengths);
    watched.network.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_proxy_a_file_shows_its_mailboxes_on_its_contacts_connection_alone() {
    let watched = Watched::new().await;
    let doors = [watched.door().await, watched.door().await, watched.door().await];
    let proxy = Proxy::new();
    let way = Way::Proxy(proxy.url().parse().unwrap());
    let profile = |name: &str| watched.folder().join("profiles").join(name);
    let mut alice = Person::on(way.clone(), &doors[0].address, &profile("alice")).await;
    let mut bob = Person::on(way.clone(), &doors[1].address, &profile("bob")).await;
    let mut carol = Person::on(way, &doors[2].address, &profile("carol")).await;
    meet(&mut alice, &mut bob).await;
    meet(&mut alice, &mut carol).await;
    let before = mailboxes(&doors[0]);
    give(&mut alice, &mut bob, watched.folder()).await;
    let after = mailboxes(&doors[0]);
    let [bobs, carols]: [BTreeSet<Address>; 2] =
        [1, 2].map(|door| mailboxes(&doors[door]).into_iter().flatten().collect());
    assert_eq!(after.len(), before.len(), "no connection was made for it");
    let mut of_the_file = 0;
    for (before, after) in before.iter().zip(&after) {
        let new: BTreeSet<_> = after.difference(before).collect();
        // Messages turn to new mailboxes as well; a file has four lanes and the way back.
        if new.len() >= 5 {
            of_the_file += 1;
            assert!(new.iter().all(|address| bobs.contains(*address)), "Bob's alone");
        }
        assert!(after.is_disjoint(&bobs) || after.is_disjoint(&carols), "two contacts on one");
    }
    assert_eq!(of_the_file, 1);
    for person in [alice, bob, carol] {
        person.quit().await;
    }
    watched.network.stop().await.unwrap();
}
