//! kill -9 of the real programs at random moments: the file comes whole, and little of it goes twice.
//!
//! `BAUTA_FILE_KILLS=20 cargo test --test files kills` has so many files suffer.

use std::env;
use std::fs;
use std::io::Read;
use std::io::Write as _;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use serde_json::Value;
use serde_json::json;
use tempfile::tempdir;

use crate::people::bytes;
use crate::processes::Person;
use crate::processes::Relay;
use crate::processes::talk;

const LEN: usize = 4_000_000;
const CHUNK: usize = 3_968;
/// What is asked for at once: protocol, section 8.
const CREDIT: u64 = 1_024;
/// A record with a cell in it.
const RECORD: u64 = 4_118;
/// What a life says beside chunks: a handshake, a greeting, receipts, requests and Acks.
const BESIDE: u64 = 200;
/// The longest pause between what is seen and the kill that follows, in milliseconds.
const LATEST: u64 = 100;

/// A door to the relay that counts what goes in.
struct Door {
    port: u16,
    onward: Arc<AtomicU16>,
    bytes: Arc<AtomicU64>,
}

impl Door {
    fn new(relay: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (onward, bytes) = (Arc::new(AtomicU16::new(relay)), Arc::<AtomicU64>::default());
        let (to, count) = (Arc::clone(&onward), Arc::clone(&bytes));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A relay that is down takes nobody.
                let Ok(relay) = TcpStream::connect(("127.0.0.1", to.load(Ordering::Relaxed)))
                else {
                    continue;
                };
                let back = (relay.try_clone().unwrap(), stream.try_clone().unwrap());
                let count = Arc::clone(&count);
                thread::spawn(move || pass(stream, relay, &count));
                thread::spawn(move || pass(back.0, back.1, &AtomicU64::new(0)));
            }
        });
        Self { port, onward, bytes }
    }

    /// Cells that went in, and what a handshake takes.
    fn cells(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed) / RECORD
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut buffer = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        count.fetch_add(read.try_into().unwrap(), Ordering::Relaxed);
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

#[derive(Clone, Copy, Debug)]
enum Victim {
    Sender,
    Receiver,
    Relay,
}

struct Play {
    relay: Relay,
    door: Door,
    sender: Person,
    receiver: Person,
}

impl Play {
    fn new(folder: &Path) -> Self {
        let relay = Relay::new(&folder.join("relay"));
        let door = Door::new(relay.port);
        let place = format!("127.0.0.1:{}#{}", door.port, relay.fingerprint());
        let fast = ["-c", "X25519"];
        let mut sender = Person::online(&folder.join("sender"), &place, &fast);
        let mut receiver = Person::online(&folder.join("receiver"), &relay.address, &fast);
        talk(&mut sender, &mut receiver);
        Self { relay, door, sender, receiver }
    }

    fn kill(self, victim: Victim) -> Self {
        let Self { relay, door, sender, receiver } = self;
        let again = |person: Person, place: &str| {
            let profile = person.profile.clone();
            person.kill();
            Person::with(&profile, place, &["-c", "X25519"])
        };
        let place = format!("127.0.0.1:{}#{}", door.port, relay.fingerprint());
        let mut play = match victim {
            Victim::Sender => Self { sender: again(sender, &place), relay, door, receiver },
            Victim::Receiver => {
                let receiver = again(receiver, &relay.address);
                Self { receiver, relay, door, sender }
            }
            Victim::Relay => Self { relay: relay.crash_and_restart(), door, sender, receiver },
        };
        play.door.onward.store(play.relay.port, Ordering::Relaxed);
        // Nobody waits for the pause that grows with each failure.
        for person in [&mut play.sender, &mut play.receiver] {
            person.tell(&json!({"command": "reconnect"}));
        }
        play
    }
}

/// What it says of a file when so much of it has moved, or when it is there.
fn moved(person: &mut Person, least: u64) -> Value {
    person.expect("file", |file| {
        file["state"] == "done" || file["done"].as_u64().is_some_and(|done| done >= least)
    })
}

#[test]
fn whatever_is_killed_whenever_a_file_comes_whole_and_little_of_it_twice() {
    let rounds = env::var("BAUTA_FILE_KILLS").map_or(1, |n| n.parse().unwrap());
    let seed = rand::random();
    eprintln!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let folder = tempdir().unwrap();
    let (path, inbox) = (folder.path().join("a file"), folder.path().join("in"));
    let sent = bytes(LEN);
    fs::write(&path, &sent).unwrap();
    fs::create_dir(&inbox).unwrap();
    let mut play = Play::new(folder.path());
    let ids = [&play.sender.id, &play.receiver.id].map(Clone::clone);
    for round in 0..rounds {
        let before = play.door.cells();
        play.sender.tell(&json!({"command": "send_file", "contact": ids[1], "path": path}));
        let offered = play.receiver.expect("message", |message| message["file"].is_object());
        let message = offered["message"].clone();
        play.receiver.tell(&json!({
            "command": "accept_file", "contact": ids[0], "message": message, "folder": inbox,
        }));
        let mut victims = [Victim::Sender, Victim::Receiver, Victim::Relay];
        victims.shuffle(&mut rng);
        for (third, victim) in (0..).zip(victims) {
            let part = u64::try_from(LEN).unwrap() / 4;
            moved(&mut play.receiver, part * third + rng.random_range(1..part));
            thread::sleep(Duration::from_millis(rng.random_range(0..LATEST)));
            eprintln!("round {round}: {victim:?}");
            play = play.kill(victim);
        }
        play.receiver.tell(&json!({"command": "history", "contact": ids[0], "limit": 1}));
        let history = play.receiver.expect("history", |_| true);
        let path = match &history["messages"][0]["file"] {
            file if file["state"] == "done" => file["path"].clone(),
            _ => play.receiver.expect("file", |file| file["state"] == "done")["path"].clone(),
        };
        assert!(fs::read(path.as_str().unwrap()).unwrap() == sent, "other bytes came");
        let chunks = u64::try_from(LEN.div_ceil(CHUNK)).unwrap();
        let (cells, kills) = (play.door.cells() - before, 3);
        let most = chunks + kills * CREDIT + (kills + 1) * BESIDE;
        eprintln!("{cells} cells for {chunks} chunks, {most} at most");
        assert!((chunks..=most).contains(&cells));
        let names: Vec<_> =
            fs::read_dir(&inbox).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 1, "nothing else is there: {names:?}");
        fs::remove_file(path.as_str().unwrap()).unwrap();
    }
    play.sender.quit();
    play.receiver.quit();
    play.relay.stop();
}
