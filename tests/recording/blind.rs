//! The recorder has seen nobody, heard nothing, and met one size.

use std::collections::BTreeSet;
use std::fs;

use bauta::id::Id;
use bauta::net::cell;
use bauta::net::cell::Address;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::ENVELOPE_LEN;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::channel;
use bauta::net::channel::ConnectOptions;
use bauta::net::clock::system_rng;
use tokio::net::TcpStream;

use crate::needles::Needle;
use crate::needles::Search;
use crate::needles::about;
use crate::needles::forms;
use crate::people::Person;
use crate::recorder::Recorder;
use crate::recorder::Watched;

const TEXTS: [&str; 4] = [
    "meet me where the river bends",
    "not before the second bell",
    "who is it that writes to me?",
    "אני בדרך 1234567",
];
const NICKNAMES: [&str; 3] = ["Nightingale", "Sparrowhawk", "Kingfisher"];

fn needles(people: &[(&str, Id)]) -> Vec<Needle> {
    let people = people.iter().flat_map(|(who, id)| about(who, *id));
    let words = TEXTS.iter().chain(&NICKNAMES);
    people.chain(words.flat_map(|word| forms(word, word.as_bytes()))).collect()
}

/// Two people who talk, one who asks in vain; one of them goes and comes back.
async fn story(watched: &Watched, doors: &[Recorder; 3]) -> [(&'static str, Id); 3] {
    let profile = |name: &str| watched.folder().join("profiles").join(name);
    let mut alice = Person::start(&doors[0].address, &profile("alice")).await;
    let mut bob = Person::start(&doors[1].address, &profile("bob")).await;
    let mut carol = Person::start(&doors[2].address, &profile("carol")).await;
    let people = [("Alice", alice.id), ("Bob", bob.id), ("Carol", carol.id)];
    carol.ask(alice.id, NICKNAMES[2]).await;
    carol.say(alice.id, TEXTS[2]).await;
    carol.asked().await;
    alice.ask(bob.id, NICKNAMES[0]).await;
    alice.asked().await;
    bob.ask(alice.id, NICKNAMES[1]).await;
    bob.say(alice.id, TEXTS[0]).await;
    alice.hears(TEXTS[0]).await;
    alice.say(bob.id, TEXTS[1]).await;
    bob.hears_and_is_heard(TEXTS[1]).await;
    alice.quit().await;
    let mut alice = Person::start(&doors[0].address, &profile("alice")).await;
    bob.say(alice.id, TEXTS[3]).await;
    alice.hears(TEXTS[3]).await;
    bob.delivered().await;
    for person in [alice, bob, carol] {
        person.quit().await;
    }
    people
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_sees_no_id_no_key_no_nickname_and_no_word() {
    let watched = Watched::new().await;
    let doors = [watched.door().await, watched.door().await, watched.door().await];
    let people = story(&watched, &doors).await;
    let search = Search::new(needles(&people));
    let mut seen: Vec<Vec<u8>> = doors.iter().flat_map(Recorder::everything).collect();
    for (door, least) in doors.iter().zip([4, 2, 2]) {
        assert_eq!(door.logs().len(), least, "two connections for each life");
    }
    // What it keeps, and what its disk holds.
    let kept = watched.network.contents().await.unwrap();
    assert!(!kept.is_empty(), "Carol's request waits");
    seen.extend(kept.iter().map(|kept| kept.envelope.as_bytes().to_vec()));
    for file in fs::read_dir(watched.folder()).unwrap().map(Result::unwrap) {
        if file.file_type().unwrap().is_file() {
            seen.push(fs::read(file.path()).unwrap());
        }
    }
    let all: usize = seen.iter().map(Vec::len).sum();
    assert!(all > 100_000, "{all} bytes were seen");
    assert_eq!(search.find(&seen), BTreeSet::new());
    // A nickname is in no file of its owner's either.
    let nicknames = Search::new(NICKNAMES.iter().map(|n| ((*n).to_owned(), n.as_bytes().to_vec())));
    assert_eq!(nicknames.find(&files(&watched.folder().join("profiles"))), BTreeSet::new());
    watched.network.stop().await.unwrap();
}

fn files(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files.extend(self::files(&entry.path()));
        } else {
            files.push(fs::read(entry.path()).unwrap());
        }
    }
    files
}

/// The control: somebody whose client shows each of these things once, in the one place where a
/// client can say what it likes.
#[tokio::test(flavor = "multi_thread")]
async fn the_search_finds_every_form_of_everything_that_is_shown() {
    let watched = Watched::new().await;
    let door = watched.door().await;
    let id = Person::start(&door.address, &watched.folder().join("alice")).await.id;
    let needles = needles(&[("Alice", id)]);
    let leaks: Vec<_> = needles.iter().map(|(_, needle)| leak(needle)).collect();
    let stream = TcpStream::connect(("127.0.0.1", door.address.port())).await.unwrap();
    let mut rng = system_rng();
    let connected = channel::connect(
        stream,
        ConnectOptions::default(),
        &mut rng,
        |cell: &[u8; cell::CELL_LEN]| crate::recorder::signed(cell).verify(None),
    );
    let (channel, _, _) = connected.await.map_err(|_| "no channel").unwrap();
    let (mut reader, mut writer) = channel.split();
    writer
        .send(&cell::encode(ClientFrame::Hello { version: cell::VERSION, join: None }).unwrap())
        .await
        .unwrap();
    for leak in leaks {
        writer.send(&cell::encode(leak).unwrap()).await.unwrap();
        // Stored: it went through the recorder and back.
        reader.next().await.unwrap().unwrap();
    }
    let found = Search::new(needles.clone()).find(&door.everything());
    let names: BTreeSet<String> = needles.into_iter().map(|(name, _)| name).collect();
    assert_eq!(found, names);
}

/// A Put with something in the middle of its envelope.
fn leak(needle: &[u8]) -> ClientFrame {
    let mut bytes = [0x5a; ENVELOPE_LEN];
    bytes[777..777 + needle.len()].copy_from_slice(needle);
    let mut id = [0; 16];
    rand::Rng::fill_bytes(&mut system_rng(), &mut id);
    ClientFrame::Put {
        id: EnvelopeId::new(id),
        address: Address::new([7; 32]),
        envelope: Envelope::from_slice(&bytes).unwrap(),
        proof: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_every_record_has_one_size() {
    let watched = Watched::new().await;
    let doors = [watched.door().await, watched.door().await, watched.door().await];
    story(&watched, &doors).await;
    for log in doors.iter().flat_map(Recorder::logs) {
        let seen = log.lock().unwrap();
        for (direction, cells) in seen.cells.iter().enumerate() {
            let lengths = encrypted(&seen.bytes[direction]);
            // One record of the handshake, whose length says curve and hash; then one size.
            let [_, rest @ ..] = &*lengths else { panic!("nothing encrypted") };
            let padded = rest.first().unwrap();
            assert!(rest.iter().all(|length| length == padded), "{direction}: {lengths:?}");
            // Behind them at most one: the alert that ends it.
            assert!((cells.len()..=cells.len() + 1).contains(&rest.len()), "{lengths:?}");
        }
    }
}

/// The lengths of the encrypted records in a stream, each checked to end where the next begins.
fn encrypted(mut stream: &[u8]) -> Vec<usize> {
    let mut lengths = Vec::new();
    while let [kind, _, _, high, low, rest @ ..] = stream {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if *kind == 23 {
            lengths.push(length);
        }
        stream = &rest[length..];
    }
    assert!(stream.is_empty(), "a record was cut");
    lengths
}
