//! A disk without room, on a tmpfs of the test's own.

use std::fs;
use std::fs::File;
use std::io::ErrorKind;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use bauta::net::cell::ClientFrame;
use bauta::net::cell::Refusal;
use bauta::net::cell::RelayFrame;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::StoreLimits;

use crate::load;
use crate::load::Client;
use crate::load::Number;
use crate::namespace;
use crate::namespace::Namespace;
use crate::processes::Relay;
use crate::processes::deadline;
use crate::processes::now;
use crate::processes::server;

const SMALL_DISK: Namespace =
    Namespace { kind: "--mount", script: "mount -t tmpfs -o size=96m none \"$ORDEAL\"" };

/// Takes all the room that is left, to the last byte.
fn fill(folder: &Path) {
    let mut filler = File::options().create(true).append(true).open(folder.join("filler")).unwrap();
    let mut len = 1 << 20;
    while len > 0 {
        match filler.write(&vec![1; len]) {
            Ok(written) => assert!(written > 0),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::StorageFull);
                len /= 2;
            }
        }
    }
}

fn make_room(folder: &Path) {
    fs::remove_file(folder.join("filler")).unwrap();
}

/// One after the other, until one is refused. Numbers from `from` on that are stored.
async fn put_until_refused(client: &mut Client, from: u32) -> (Vec<Number>, Refusal, u32) {
    let mut stored = Vec::new();
    for number in (from..from + 20_000).map(|number| Number(1, number)) {
        client.send(number.put()).await.unwrap();
        match client.next().await.unwrap() {
            RelayFrame::Stored { .. } => stored.push(number),
            RelayFrame::Refused { reason, retry_after, .. } => {
                return (stored, reason, retry_after);
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("the disk was never full");
}

/// Puts one until it is taken.
async fn put_at_last(client: &mut Client, number: Number) {
    let deadline = deadline();
    loop {
        client.send(number.put()).await.unwrap();
        match client.next().await.unwrap() {
            RelayFrame::Stored { .. } => return,
            RelayFrame::Refused { .. } => assert!(now() < deadline, "no room, and there is"),
            other => panic!("{other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Reads this many, acknowledges each as it comes, and waits until all of them are gone.
async fn read(port: u16, count: usize, mailboxes: std::ops::RangeInclusive<u32>) {
    let mut reader = Client::connect(port).await.unwrap();
    let capabilities = mailboxes.map(|mailbox| load::mailbox(1, mailbox)).collect();
    reader.send(ClientFrame::Subscribe { capabilities }).await.unwrap();
    let mut last = None;
    for _ in 0..count {
        let frame = reader.next().await.unwrap();
        let RelayFrame::Deliver { seq, envelope, .. } = frame else { panic!("{frame:?}") };
        let number = load::number_in(1, &envelope).unwrap();
        reader.send(ClientFrame::Ack { capability: number.mailbox(), up_to: seq }).await.unwrap();
        last = Some(number);
    }
    // Done behind every acknowledgement.
    let last = last.unwrap();
    reader.send(ClientFrame::Cancel { capability: last.mailbox(), id: last.id() }).await.unwrap();
    assert_eq!(reader.next().await, Some(RelayFrame::Gone { id: last.id() }));
}

#[test]
fn a_relay_on_a_full_disk_refuses_delivers_and_takes_again() {
    if !SMALL_DISK.is_inside("full::a_relay_on_a_full_disk_refuses_delivers_and_takes_again") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(fills_and_empties());
}

async fn fills_and_empties() {
    let disk = namespace::folder();
    let mut relay = Relay::new(&disk.join("relay"));
    let mut client = Client::connect(relay.port).await.unwrap();
    let mut next = 600;
    for number in 0..next {
        put_at_last(&mut client, Number(1, number)).await;
    }
    // Full while it runs; then full when it starts, after a kill and after a clean stop.
    for begin in ["runs", "was killed", "was stopped"] {
        fill(&disk);
        let port = relay.port;
        relay = match begin {
            "was killed" => relay.crash_and_restart(),
            "was stopped" => {
                let (place, _) = relay.stop();
                // What a clean stop gives back, somebody else takes.
                fill(&disk);
                Relay::start(&place, port, &[])
            }
            _ => relay,
        };
        let mut client = Client::connect(relay.port).await.unwrap();
        let (stored, reason, retry_after) = put_until_refused(&mut client, next).await;
        assert_eq!((reason, retry_after), (Refusal::StoreFull, 60), "{begin}");
        let held = stored.len() + 600;
        eprintln!("{begin}: {} more were taken", stored.len());
        // All the room there may be by now is somebody else's.
        fill(&disk);
        let from = (next - 600) / load::IN_ONE_MAILBOX;
        let to = (next + u32::try_from(stored.len()).unwrap()) / load::IN_ONE_MAILBOX;
        read(relay.port, held, from..=to).await;
        let (_, reason, _) = put_until_refused(&mut client, next + 15_000).await;
        assert_eq!(reason, Refusal::StoreFull);
        make_room(&disk);
        next += 20_000;
        for number in next..next + 600 {
            put_at_last(&mut client, Number(1, number)).await;
        }
        next += 600;
    }
    let (place, _) = relay.stop();
    let store = place.join("relay.sqlite");
    let kept = load::kept(&store);
    assert!(kept.iter().copied().eq((next - 600..next).map(|number| Number(1, number))));
    assert!(Embedded::check(&store).unwrap().is_sound());
}

#[test]
fn a_new_relay_on_a_full_disk_says_so_and_ends() {
    if !SMALL_DISK.is_inside("full::a_new_relay_on_a_full_disk_says_so_and_ends") {
        return;
    }
    let (disk, keys) = (namespace::folder(), tempfile::tempdir().unwrap());
    fill(&disk);
    let mut server = server();
    server.args(["-host", "127.0.0.1", "-port", "0", "-keys"]).arg(keys.path().join("keys"));
    let output = server.arg("-store").arg(disk.join("relay.sqlite")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.as_str()), (Some(1), "server: the disk is full\n"));
    make_room(&disk);
    assert!(Embedded::open(&disk.join("relay.sqlite"), StoreLimits::default(), 1).is_ok());
}
