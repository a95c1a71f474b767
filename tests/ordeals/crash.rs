//! kill -9 of the relay.

use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use bauta::net::clock;
use bauta::net::server::store::Change;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Store as _;
use bauta::net::server::store::StoreLimits;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tempfile::tempdir;

use crate::first_store;
use crate::load;
use crate::load::Load;
use crate::load::Number;
use crate::people::Pair;
use crate::processes::Lines;
use crate::processes::Relay;
use crate::processes::deadline;
use crate::processes::now;
use crate::processes::server;
use crate::shim::Shim;

/// Kills, unless it is said otherwise, and what is in the store before them.
const KILLS: (usize, u32) = (5, 2_000);
/// The same when it is.
const STORED: u32 = 100_000;
/// The longest that the relay lives between two kills, in milliseconds.
const LIFE: u64 = 1_200;
/// Writers on the relay, all the time.
const WRITERS: u8 = 4;

/// A store with this many envelopes in mailboxes that nobody reads.
fn fill(path: &Path, count: u32) {
    let mut store = Embedded::open(path, StoreLimits::default(), clock::unix_s()).unwrap();
    for from in (0..count).step_by(256) {
        let puts: Vec<Change> =
            (from..count.min(from + 256)).map(|number| Number(200, number).change()).collect();
        store.commit(&puts, clock::unix_s()).unwrap();
    }
}

#[test]
fn a_relay_killed_under_load_loses_and_doubles_nothing() {
    let asked = env::var("BAUTA_RELAY_KILLS").ok().map(|kills| kills.parse().unwrap());
    let (kills, stored) = asked.map_or(KILLS, |kills| (kills, STORED));
    let seed = rand::random();
    eprintln!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let folder = tempdir().unwrap();
    let place = folder.path().join("relay");
    fs::create_dir(&place).unwrap();
    fill(&place.join("relay.sqlite"), stored);
    let mut relay = Relay::new(&place);
    let mut pair = Pair::meet(folder.path(), &relay.address);
    let load = Load::on(relay.port, WRITERS);
    let mut starts = Vec::new();
    for kill in 1..=kills {
        let before = load.promised();
        let life = now() + Duration::from_millis(rng.random_range(0..LIFE));
        while now() < life {
            pair.speak();
            thread::sleep(Duration::from_millis(20));
        }
        // Some lives are shorter than a handshake; at least each fourth one has load on it.
        if kill % 4 == 1 {
            load.until_promised(before + 20);
        }
        let (place, port) = relay.kill();
        let began = now();
        relay = Relay::start(&place, port, &[]);
        starts.push(began.elapsed());
        pair.reconnect();
    }
    load.until_promised(load.promised() + 100);
    let known = load.end();
    let texts = pair.part();
    let (place, _) = relay.stop();
    let kept = load::kept(&place.join("relay.sqlite"));
    let (promised, read) = (known.promised.len(), known.read.len());
    starts.sort();
    eprintln!(
        "{kills} kills, {stored} envelopes stored before; {promised} promised, {read} of them read; \
         {texts} texts; from kill to serving {:.0?} at most, {:.0?} in the middle",
        starts[starts.len() - 1],
        starts[starts.len() / 2],
    );
    assert!(promised > 20 * kills.div_ceil(4) && read > 0, "there was no load");
    assert_eq!(load::lost(&known, &kept), []);
    assert_eq!(known.refused, 0);
}

/// Each write, sync, truncation and deletion of a start on a store of the first version, and on none
/// at all, is the last one once.
#[test]
fn a_relay_killed_at_any_write_of_its_start_starts_again_with_everything() {
    let folder = tempdir().unwrap();
    let Some(shim) = Shim::compile(folder.path()) else { return };
    // Keys take longest; they are made once.
    let once = folder.path().join("once");
    Relay::new(&once).stop();
    let now_s = clock::unix_s();
    let old: Vec<_> = (0..20)
        .map(|number| {
            (*Number(1, number).id().as_bytes(), *Number(1, number).envelope().as_bytes())
        })
        .collect();
    for envelopes in [&old[..], &[]] {
        let mut kills = 0;
        loop {
            let place = tempdir().unwrap();
            let copied =
                Command::new("cp").arg("-a").arg(once.join("keys")).arg(place.path()).status();
            assert!(copied.unwrap().success());
            let path = place.path().join("relay.sqlite");
            if !envelopes.is_empty() {
                first_store::write(&path, envelopes, now_s + 1_000_000, now_s);
            }
            let command = shim.under(server(), "relay.sqlite:relay.sqlite-wal");
            if start_is_survived(command, place.path(), kills + 1) {
                break;
            }
            kills += 1;
            let store = Embedded::open(&path, StoreLimits::default(), now_s).unwrap();
            assert_eq!(store.damage(), [], "killed at write {kills}");
            let contents = store.reader().unwrap().contents().unwrap();
            let ids: Vec<_> = contents.iter().map(|kept| *kept.id.as_bytes()).collect();
            assert!(envelopes.iter().map(|(id, _)| *id).eq(ids), "killed at write {kills}");
            drop(store);
            assert!(Embedded::check(&path).unwrap().is_sound(), "killed at write {kills}");
        }
        eprintln!("{kills} kills with {} envelopes in the store", envelopes.len());
        assert!(kills >= 4, "nothing was written");
    }
}

/// Whether a relay in this folder gets to its greeting before it is killed at this write.
fn start_is_survived(mut command: Command, folder: &Path, write: usize) -> bool {
    command.env("SHIM_KILL_AT", write.to_string());
    let mut child = Relay::spawn(command, folder, 0, &[]);
    let said = Lines::of(child.stdout.take().unwrap());
    let deadline = deadline();
    let serves = std::iter::from_fn(|| said.next(deadline)).any(|line| line.contains("Hand out"));
    if serves {
        child.kill().unwrap();
    }
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    serves
}
