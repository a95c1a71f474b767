//! One file between two whole clients, and a conversation beside it.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use bauta::crypto;
use bauta::id::Address;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::FileState;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::clock;
use tokio::time::Instant;
use tokio::time::sleep_until;
use tokio::time::timeout;

use super::Outcome;
use super::cells::Before;
use super::folder::Folder;
use super::latencies::Latencies;
use super::options::Load;
use super::peer::Wire;
use super::people::Pair;
use super::people::until;
use super::probe;
use super::relay::Relay;

/// Runs it and prints what it cost.
pub(crate) async fn run(load: &Load) -> Outcome<()> {
    let folder = Folder::new(&load.folder)?;
    let fsync = probe::fsync(folder.path())?;
    let relay = Relay::start(load, folder.path(), 4).await?;
    let address = Address::parse(&relay.address, 0)?;
    let mut pair = Pair::matched(&address, folder.path(), 0).await?;
    let path = random_file(folder.path(), load.megabytes)?;
    let message = offer(&mut pair, path).await?;
    println!("fsync of 4 KiB here: {fsync}");
    let inbox = folder.path().join("in");
    std::fs::create_dir(&inbox)?;
    // What clients say to the relay is theirs to count.
    let wire = Wire::default();
    let resident = relay.process.resident_kib()?;
    let before = Before::now(&relay, &wire)?;
    let accept =
        Command::AcceptFile { contact: pair.writer_id, message, folder: Some(inbox.clone()) };
    pair.reader.send(accept).await;
    let (latencies, most) = timeout(PATIENCE, come(&mut pair, &relay)).await??;
    let after = Before::now(&relay, &wire)?;
    after.report_file(&before, load.megabytes << 20);
    println!("texts beside it: {}, {latencies}", latencies.count());
    let at_the_end = relay.process.resident_kib()?;
    println!(
        "resident memory of the relay: {resident} KiB before, {most} at most, {at_the_end} after"
    );
    for client in [&mut pair.writer, &mut pair.reader] {
        client.send(Command::Quit).await;
        until(client, |event| matches!(event, Event::Closed { .. })).await?;
    }
    relay.stop().await
}

fn random_file(folder: &Path, megabytes: u64) -> Outcome<PathBuf> {
    let path = folder.join("file");
    let mut file = File::create_new(&path)?;
    for _ in 0..megabytes << 10 {
        file.write_all(&crypto::random::<1_024>(&mut clock::system_rng()))?;
    }
    file.sync_all()?;
    Ok(path)
}

/// The writer offers it, and the reader hears of it.
async fn offer(pair: &mut Pair, path: PathBuf) -> Outcome<MessageId> {
    pair.writer.send(Command::SendFile { contact: pair.reader_id, path, strip: false }).await;
    let wait = async {
        while let Some(event) = next(pair).await {
            if let (Side::Reader, Event::Message(message)) = event
                && message.file.is_some()
            {
                return Ok(message.id);
            }
        }
        Err("a client has ended".into())
    };
    timeout(PATIENCE, wait).await?
}

/// The file comes, with texts beside it. How long these took, and what the relay needed at most.
async fn come(pair: &mut Pair, relay: &Relay) -> Outcome<(Latencies, u64)> {
    let (mut latencies, mut most) = (Latencies::default(), 0);
    let mut sent = HashMap::new();
    let mut due = Instant::now();
    let mut is_here = false;
    while !is_here || !sent.is_empty() {
        let event = tokio::select! {
            event = next(pair) => event.ok_or("a client has ended")?,
            () = sleep_until(due), if !is_here => {
                most = relay.process.resident_kib()?.max(most);
                let text = format!("beside it {}", sent.len() + latencies.count());
                sent.insert(text.clone(), due);
                due += TEXT_EVERY;
                say(pair, text).await;
                continue;
            }
        };
        match event {
            (Side::Reader, Event::Message(message)) if message.state == MessageState::Received => {
                let at = sent.remove(&message.text).ok_or("a text came twice")?;
                latencies.add(at.elapsed());
            }
            (Side::Reader, Event::File { state: FileState::Done { .. }, .. }) => is_here = true,
            (_, Event::File { state, .. }) if state.is_over() && !is_here => {
                return Err(format!("the file did not come: {state:?}").into());
            }
            _ => {}
        }
    }
    Ok((latencies.sorted(), most))
}

async fn say(pair: &Pair, text: String) {
    pair.writer.send(Command::Send { contact: pair.reader_id, text, reply_to: None }).await;
}

enum Side {
    Writer,
    Reader,
}

async fn next(pair: &mut Pair) -> Option<(Side, Event)> {
    tokio::select! {
        event = pair.writer.next() => Some((Side::Writer, event?)),
        event = pair.reader.next() => Some((Side::Reader, event?)),
    }
}

/// Twenty texts a second: more than anybody writes.
const TEXT_EVERY: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(600);
