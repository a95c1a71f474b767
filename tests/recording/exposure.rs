//! What the client counts is what the recorder saw: to the cell, the frame and the mailbox.

use std::collections::BTreeSet;
use std::time::Duration;

use bauta::net::cell;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::RelayFrame;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::Link;
use bauta::net::client::exposure::Exposure;
use bauta::net::client::exposure::Traffic;
use bauta::net::client::exposure::Via;

use crate::people::PATIENCE;
use crate::people::Person;
use crate::recorder::DOWN;
use crate::recorder::Recorder;
use crate::recorder::UP;
use crate::recorder::Watched;

/// The same count by the other side.
fn counted(door: &Recorder) -> Exposure {
    let logs = door.logs();
    let mut counted = Exposure {
        relay: door.address.clone(),
        via: Via::Direct,
        connections: u64::try_from(logs.len()).unwrap(),
        sent: Traffic::default(),
        received: Traffic::default(),
        written: BTreeSet::new(),
        read: BTreeSet::new(),
    };
    for log in logs {
        let seen = log.lock().unwrap();
        for cell in &seen.cells[UP] {
            let frames = cell::decode::<ClientFrame>(cell).unwrap();
            count(&mut counted.sent, frames.len());
            frames.iter().for_each(|frame| note(&mut counted, frame));
        }
        for cell in &seen.cells[DOWN] {
            count(&mut counted.received, cell::decode::<RelayFrame>(cell).unwrap().len());
        }
    }
    counted
}

fn count(traffic: &mut Traffic, frames: usize) {
    traffic.cells += 1;
    traffic.frames += u64::try_from(frames).unwrap();
}

fn note(counted: &mut Exposure, frame: &ClientFrame) {
    match frame {
        ClientFrame::Hello { .. } | ClientFrame::Ping | ClientFrame::Steady { .. } => {}
        ClientFrame::Put { address, .. } => {
            counted.written.insert(*address);
        }
        ClientFrame::Cancel { capability, .. } => {
            counted.written.insert(capability.address());
        }
        ClientFrame::Ack { capability, .. } => {
            counted.read.insert(capability.address());
        }
        ClientFrame::Subscribe { capabilities } | ClientFrame::Unsubscribe { capabilities } => {
            counted.read.extend(capabilities.iter().map(cell::Capability::address));
        }
    }
}

/// Both counts, once this has passed and nothing is on its way any more.
async fn agree(person: &Person, door: &Recorder, has: impl Fn(&Exposure) -> bool) -> Exposure {
    let ledger = person.client.ledger();
    let equal = async {
        loop {
            let (ours, theirs) = (ledger.now(), counted(door));
            if ours == theirs && has(&ours) {
                return ours;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let agreed = tokio::time::timeout(PATIENCE, equal).await;
    agreed.unwrap_or_else(|_| panic!("{:?} here, {:?} there", ledger.now(), counted(door)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_counts_what_the_relay_saw() {
    let watched = Watched::new().await;
    let doors = [watched.door().await, watched.door().await];
    let profile = |name: &str| watched.folder().join("profiles").join(name);
    let mut alice = Person::start(&doors[0].address, &profile("alice")).await;
    let mut bob = Person::start(&doors[1].address, &profile("bob")).await;
    for (person, door) in [(&mut alice, &doors[0]), (&mut bob, &doors[1])] {
        let connected = |event: &Event| matches!(event, Event::Link(Link::Connected(_)));
        person.until("connections", connected).await;
        // Hello on each, Welcome on each.
        let greeted = |said: &Exposure| (said.sent.frames, said.received.frames) == (2, 2);
        let said = agree(person, door, greeted).await;
        assert_eq!((said.connections, said.mailboxes()), (2, 0));
    }

    alice.ask(bob.id, "Bob").await;
    alice.asked().await;
    // One to ask in, and three epochs to be asked in.
    let asked = |said: &Exposure| (said.written.len(), said.read.len()) == (1, 3);
    agree(&alice, &doors[0], asked).await;

    bob.ask(alice.id, "Alice").await;
    for n in 0..30 {
        alice.say(bob.id, &format!("from Alice {n}")).await;
        bob.say(alice.id, &format!("from Bob {n}")).await;
    }
    alice.hears_and_is_heard("from Bob 29").await;
    bob.hears_and_is_heard("from Alice 29").await;
    for (person, door) in [(&alice, &doors[0]), (&bob, &doors[1])] {
        // Requests, and messages.
        let talked = |said: &Exposure| said.written.len() >= 2 && said.read.len() > 3;
        let said = agree(person, door, talked).await;
        assert!(said.sent.cells >= 30 && said.received.cells >= 30, "{said:?}");
        assert_eq!(said.sent.bytes() % u64::try_from(CELL_LEN).unwrap(), 0);
        let cells = said.sent.cells + said.received.cells;
        let sentences = said.sentences();
        assert!(sentences[1].contains(&format!("{} opaque mailboxes", said.mailboxes())));
        assert!(sentences[2].contains(&format!("{cells} cells of 4,096 bytes")), "{sentences:?}");
    }

    // Taken back, and gone: this shows mailboxes too.
    alice.client.send(Command::Remove { contact: bob.id }).await;
    alice.until("removal", |event| matches!(event, Event::Removed { .. })).await;
    agree(&alice, &doors[0], |_| true).await;
    alice.quit().await;
    bob.quit().await;
    watched.network.stop().await.unwrap();
}

/// The control: a cell that the client did not count is missed by it, and the counts differ.
#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_was_not_counted_is_noticed() {
    let watched = Watched::new().await;
    let door = watched.door().await;
    let mut alice = Person::start(&door.address, &watched.folder().join("alice")).await;
    let connected = |event: &Event| matches!(event, Event::Link(Link::Connected(_)));
    alice.until("connections", connected).await;
    let agreed = agree(&alice, &door, |said| said.sent.frames == 2).await;
    for hidden in [ClientFrame::Ping, ClientFrame::Hello { version: 1, join: None }] {
        let log = &door.logs()[0];
        log.lock().unwrap().cells[UP].push(*cell::encode(hidden).unwrap());
        assert_ne!(counted(&door), agreed);
        log.lock().unwrap().cells[UP].pop();
    }
    assert_eq!(counted(&door), agreed);
    alice.quit().await;
}
