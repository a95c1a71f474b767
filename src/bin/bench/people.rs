//! Whole clients that talk in pairs: profiles on disk, ratchets, receipts.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::Instant;

use bauta::id::Address;
use bauta::id::Id;
use bauta::net::client;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Client;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::Options;
use bauta::net::client::ProfilePlace;
use bauta::net::client::Way;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::MessageState;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tokio::time::timeout;

use super::Outcome;
use super::cells::Before;
use super::cells::report;
use super::folder::Folder;
use super::latencies::Latencies;
use super::options::Load;
use super::peer::Wire;
use super::probe;
use super::relay::Relay;

/// Runs it and prints what it cost.
pub(crate) async fn run(load: &Load) -> Outcome<()> {
    let folder = Folder::new(&load.folder)?;
    let fsync = probe::fsync(folder.path())?;
    let relay = Relay::start(load, folder.path(), 4 * load.pairs).await?;
    let address = Address::parse(&relay.address, 0)?;
    let mut pairs = Vec::new();
    for number in 0..load.pairs {
        pairs.push(Pair::matched(&address, folder.path(), number).await?);
    }
    // What clients say to the relay is theirs to count.
    let wire = Wire::default();
    let before = Before::now(&relay, &wire)?;
    let mut tasks = JoinSet::new();
    for pair in pairs {
        tasks.spawn(pair.talk(load.clone()));
    }
    let mut latencies = Latencies::default();
    while let Some(ended) = timeout(load.time + PATIENCE, tasks.join_next()).await? {
        latencies.merge(ended??);
    }
    let after = Before::now(&relay, &wire)?;
    let resident = relay.process.resident_kib()?;
    relay.stop().await?;
    println!("fsync of 4 KiB here: {fsync}");
    report(&before, &after, &latencies.sorted(), resident, 0);
    Ok(())
}

/// Two people who may talk.
pub(crate) struct Pair {
    pub(crate) writer: Client,
    pub(crate) writer_id: Id,
    pub(crate) reader: Client,
    pub(crate) reader_id: Id,
}

impl Pair {
    pub(crate) async fn matched(address: &Address, folder: &Path, number: usize) -> Outcome<Self> {
        let (mut writer, writer_id) =
            open(address, &folder.join(format!("writer {number}"))).await?;
        let (mut reader, reader_id) =
            open(address, &folder.join(format!("reader {number}"))).await?;
        let add = |id: Id| Command::Add { contact: id.to_string(), nickname: None };
        writer.send(add(reader_id)).await;
        reader.send(add(writer_id)).await;
        for client in [&mut writer, &mut reader] {
            until(client, |event| {
                matches!(event, Event::Contact(contact) if contact.state == ContactState::Matched)
            })
            .await?;
        }
        Ok(Self { writer, writer_id, reader, reader_id })
    }

    /// Writes at a rate, or with a window, until the time is over and all has come.
    async fn talk(self, load: Load) -> Outcome<Latencies> {
        let Self { mut writer, writer_id: _, mut reader, reader_id } = self;
        let sent = Arc::new(Mutex::new(HashMap::<String, Instant>::new()));
        let permits = Arc::new(Semaphore::new(load.window));
        let written = Arc::clone(&sent);
        let returned = Arc::clone(&permits);
        let reading = tokio::spawn(async move {
            let mut latencies = Latencies::default();
            loop {
                let event = timeout(PATIENCE, reader.next()).await?.ok_or("a client has ended")?;
                let Event::Message(message) = event else { continue };
                if message.state != MessageState::Received {
                    continue;
                }
                if message.text == LAST {
                    return Ok::<_, Box<dyn std::error::Error + Send + Sync>>((reader, latencies));
                }
                let at = locked(&written).remove(&message.text).ok_or("a text came twice")?;
                latencies.add(at.elapsed());
                returned.add_permits(1);
            }
        });
        let pace = load.pace();
        let (start, mut due) = (Instant::now(), Instant::now());
        let mut number = 0_u64;
        while start.elapsed() < load.time {
            match pace {
                Some(pace) => {
                    due += pace;
                    tokio::select! {
                        () = sleep_until(due) => {}
                        // What it is told must be taken, or it waits.
                        event = writer.next() => {
                            event.ok_or("a client has ended")?;
                            due -= pace;
                            continue;
                        }
                    }
                }
                None => tokio::select! {
                    permit = permits.acquire() => permit?.forget(),
                    event = writer.next() => {
                        event.ok_or("a client has ended")?;
                        continue;
                    }
                },
            }
            if pace.is_none() {
                due = Instant::now();
            }
            number += 1;
            let text = format!("message {number}");
            locked(&sent).insert(text.clone(), due);
            writer.send(Command::Send { contact: reader_id, text, reply_to: None }).await;
        }
        let last = Command::Send { contact: reader_id, text: LAST.to_owned(), reply_to: None };
        writer.send(last).await;
        let mut reading = reading;
        let (reader, latencies) = loop {
            tokio::select! {
                ended = &mut reading => break ended??,
                event = writer.next() => drop(event.ok_or("a client has ended")?),
            }
        };
        for mut client in [writer, reader] {
            client.send(Command::Quit).await;
            until(&mut client, |event| matches!(event, Event::Closed { .. })).await?;
        }
        Ok(latencies)
    }
}

async fn open(address: &Address, folder: &Path) -> Outcome<(Client, Id)> {
    let profile = ProfilePlace::Folder { path: folder.to_owned(), passphrase: None };
    let (address, channel) = (address.clone(), ChannelOptions::default());
    let mut client = client::start(Options { address, way: Way::Direct, channel, profile }).await?;
    match client.next().await {
        Some(Event::Ready { id, .. }) => Ok((client, id)),
        _ => Err("a client did not start".into()),
    }
}

pub(crate) async fn until(client: &mut Client, wanted: impl Fn(&Event) -> bool) -> Outcome<()> {
    let wait = async {
        while let Some(event) = client.next().await {
            if wanted(&event) {
                return Ok(());
            }
        }
        Err("a client has ended".into())
    };
    timeout(PATIENCE, wait).await?
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The text that ends a talk.
const LAST: &str = "that was all";
const PATIENCE: Duration = Duration::from_secs(120);
