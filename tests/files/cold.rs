//! A relay that is a quarter full of what nobody reads, and asks for work.

use std::fs;
use std::path::Path;

use bauta::net::cell::Address;
use bauta::net::cell::ENVELOPE_LEN;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::clock;
use bauta::net::server::store::Change;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Store as _;
use bauta::net::server::store::StoreLimits;
use serde_json::json;
use tempfile::tempdir;

use crate::people::bytes;
use crate::processes::Person;
use crate::processes::Relay;
use crate::processes::talk;

/// The smallest store that a relay takes.
const BYTES: u64 = 16 << 20;

fn fill_a_quarter(path: &Path) {
    let limits = StoreLimits { bytes: BYTES, ..StoreLimits::default() };
    let mut store = Embedded::open(path, limits, clock::unix_s()).unwrap();
    let put = |number: u64| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        let mut address = [1; 32];
        address[..8].copy_from_slice(&(number / 100).to_be_bytes());
        Change::Put {
            address: Address::new(address),
            id: EnvelopeId::new(id),
            envelope: Envelope::from_slice(&[7; ENVELOPE_LEN]).unwrap(),
            effort: u32::MAX,
        }
    };
    let puts: Vec<_> = (0..limits.envelopes() / 4 + 20).map(put).collect();
    store.commit(&puts, clock::unix_s()).unwrap();
    assert!(store.usage().price() > 0);
}

#[test]
fn who_receives_a_file_works_for_its_mailboxes_and_the_sender_for_nothing() {
    let folder = tempdir().unwrap();
    let (home, inbox) = (folder.path().join("relay"), folder.path().join("in"));
    fs::create_dir_all(&home).unwrap();
    fs::create_dir(&inbox).unwrap();
    let small = ["-size", "16M"];
    let relay = Relay::start(&home, 0, &small);
    let online = |name: &str| Person::online(&folder.path().join(name), &relay.address, &[]);
    let (mut alice, mut bob) = (online("alice"), online("bob"));
    talk(&mut alice, &mut bob);
    // What they say to each other is acknowledged from now on, and asks nobody for work.
    alice.send(&bob.id, "one");
    bob.hears(&alice.id, "one");
    bob.send(&alice.id, "two");
    alice.hears(&bob.id, "two");
    bob.delivered(&alice.id, "two");
    alice.delivered(&bob.id, "one");
    let (home, port) = relay.stop();
    fill_a_quarter(&home.join("relay.sqlite"));
    let relay = Relay::start(&home, port, &small);
    for person in [&mut alice, &mut bob] {
        person.tell(&json!({"command": "reconnect"}));
    }
    let path = folder.path().join("file");
    fs::write(&path, bytes(300_000)).unwrap();
    let (alice_id, bob_id) = (alice.id.clone(), bob.id.clone());
    alice.tell(&json!({"command": "send_file", "contact": bob_id, "path": path}));
    let message = bob.expect("message", |message| message["file"].is_object())["message"].clone();
    bob.tell(&json!({
        "command": "accept_file", "contact": alice_id, "message": message, "folder": inbox,
    }));
    let came = bob.expect("file", |file| file["state"] == "done");
    assert!(fs::read(came["path"].as_str().unwrap()).unwrap() == bytes(300_000));
    alice.expect("file", |file| file["state"] == "done");
    alice.quit();
    bob.quit();
    relay.stop();
}
