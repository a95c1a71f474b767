//! A profile with 200 contacts and 100,000 messages: how long it takes to open behind the key
//! derivation, and what a message that is sent and one that is received cost in it, beside an empty
//! one. In memory, without a network.
//!
//! `cargo bench --no-default-features --bench profile`; it takes some minutes to write all that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark that borrows the tests' world"
)]

#[path = "../tests/client/relay.rs"]
mod relay;
#[path = "../tests/client/world.rs"]
mod world;

use std::time::Duration;
use std::time::Instant;

use bauta::net::client::core::Input;
use bauta::net::client::core::Line;

use crate::world::*;

const CONTACTS: u64 = 200;
const MESSAGES: usize = 100_000;
/// Texts that go one after the other, before their receipts come.
const AT_ONCE: usize = 50;
const TIMES: usize = 20;

fn main() {
    let mut small = World::new();
    talk(&mut small);
    exchange(&mut small, AT_ONCE);
    tell("one contact, 50 messages", &mut small);

    let mut large = World::new();
    for number in 1..CONTACTS {
        talk(&mut large);
        meet(&mut large, number);
    }
    talk(&mut large);
    while large.people[0].shown.len() + large.people[1].shown.len() < MESSAGES {
        exchange(&mut large, AT_ONCE);
        for person in &mut large.people {
            person.told.clear();
            person.progress.clear();
        }
        large.relay.ever.clear();
    }
    tell("200 contacts, 100,000 messages", &mut large);
}

/// Somebody else takes the other's place.
fn meet(world: &mut World, number: u64) {
    world.stop(1);
    let person = &mut world.people[1];
    person.folder = world.folder.path().join(format!("b{number}"));
    world.seed = 1_000 + number;
    world.reopen(1);
    let id = world.people[1].core.as_ref().unwrap().own_id();
    world.people[1].id = id;
    world.people.iter_mut().for_each(|person| person.matched = false);
}

/// Both write, and have everything. How long one Send took, in the median.
fn exchange(world: &mut World, count: usize) -> Duration {
    let before = world.people[1].shown.len();
    let mut times = Vec::new();
    for number in 0..count {
        let begin = Instant::now();
        world.say(0, &format!("A message of some length, as people write them: number {number}."));
        times.push(begin.elapsed());
        world.say(1, "And its answer.");
    }
    confirm(world);
    assert_eq!(world.people[1].shown.len(), before + count, "everything has come");
    median(times)
}

/// The other writes. How long one text took to be received, from its frame to the commit and what
/// is shown and acknowledged, in the median.
fn receive(world: &mut World, count: usize) -> Duration {
    confirm(world);
    let before = world.people[0].shown.len();
    for number in 0..count {
        world.say(1, &format!("A message of some length, as people write them: number {number}."));
        // So few are unconfirmed that none waits.
        world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    }
    let times = (0..count).map(|_| {
        let begin = Instant::now();
        assert!(world.arrive(0, Line::CONVERSATIONS, 1));
        begin.elapsed()
    });
    let times = times.collect();
    assert_eq!(world.people[0].shown.len(), before + count, "each frame was a text");
    confirm(world);
    median(times)
}

/// Everything arrives, receipts too.
fn confirm(world: &mut World) {
    for _ in 0..3 {
        (0..2).for_each(|who| world.arrive_all(who));
        world.now += 11 * SECOND;
        (0..2).for_each(|who| world.input(who, Input::Tick));
    }
    (0..2).for_each(|who| world.arrive_all(who));
}

fn tell(what: &str, world: &mut World) {
    let sends = (0..TIMES).map(|_| exchange(world, AT_ONCE)).collect();
    let receives = (0..TIMES).map(|_| receive(world, AT_ONCE)).collect();
    world.stop(0);
    let folder = world.people[0].folder.clone();
    let opens = (0..TIMES).map(|_| {
        let begin = Instant::now();
        let core = open(&folder, world.now, 1);
        let took = begin.elapsed();
        drop(core);
        took
    });
    let opens = median(opens.collect());
    let (sends, receives, len) = (median(sends), median(receives), size(&folder));
    println!(
        "{what}: opened in {opens:.1?}, a text sent in {sends:.1?}, received in {receives:.1?}, {len} KiB"
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn size(folder: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>() / 1024
}
