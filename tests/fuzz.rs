//! What a fuzzer found worth keeping, and a few inputs of chance, put to `fuzz/`'s targets.
//!
//! The seeds must still come as far as they were kept for: one that does not helps no fuzzer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "a library of its own where it lies")]
mod targets;

use std::fmt::Debug;
use std::fs;
use std::path::Path;

use rand::Rng as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use targets::client_hello;
use targets::records;
use targets::server_flight;

#[test]
fn client_hellos_reach_every_answer_of_a_relay() {
    use client_hello::End;
    let ends = run("client_hello", client_hello::run);
    for end in [End::Starved, End::Answered, End::AnsweredAgain] {
        assert!(ends.contains(&end), "{end:?}");
    }
    assert!(refusals(&ends, |end| matches!(end, End::Refused(_))) >= 8);
}

#[test]
fn server_flights_reach_a_client_that_believes() {
    use server_flight::End;
    let ends = run("server_flight", server_flight::run);
    assert!(ends.contains(&End::Starved) && ends.contains(&End::Believed));
    assert!(refusals(&ends, |end| matches!(end, End::Refused(_))) >= 8);
}

#[test]
fn records_reach_connections_that_go_on_and_that_end() {
    use records::End;
    let ends = run("records", records::run);
    assert!(ends.contains(&End::Open));
    assert!(refusals(&ends, |end| matches!(end, End::Ended(_))) >= 4);
}

#[test]
fn cells_reach_frames_of_both_directions() {
    let ends = run("cells", targets::cells::run);
    assert!(ends.iter().any(|[client, _]| client.is_ok_and(|frames| frames > 0)));
    assert!(ends.iter().any(|[_, relay]| relay.is_ok_and(|frames| frames > 0)));
    assert!(refusals(&ends, |[client, relay]| client.is_err() && relay.is_err()) >= 4);
}

#[test]
fn conversations_start_over_and_go_on() {
    // Stories of chance are told in tests/client: here they would take minutes.
    let ends = seeds("conversation", targets::conversation::run);
    assert!(ends.iter().any(|end| end.shown >= 5));
    assert!(ends.iter().any(|end| end.replaced >= 2));
    assert!(ends.iter().any(|end| end.changed >= 4 && end.replaced == 0));
    assert!(ends.iter().any(|end| end.changed >= 2 && end.replaced >= 1));
}

/// How the seeds of a target end, behind as many inputs of chance.
fn run<E: Debug>(target: &str, run: fn(&[u8]) -> E) -> Vec<E> {
    let mut rng = StdRng::seed_from_u64(1);
    for len in 0..200 {
        let mut data = vec![0; len];
        rng.fill_bytes(&mut data);
        run(&data);
    }
    seeds(target, run)
}

fn seeds<E: Debug>(target: &str, run: fn(&[u8]) -> E) -> Vec<E> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let seeds: Vec<_> = files.map(|path| fs::read(path).unwrap()).collect();
    assert!(seeds.iter().map(Vec::len).sum::<usize>() < 25_000, "seeds are small");
    seeds.iter().map(|data| run(data)).collect()
}

/// How many different refusals there are.
fn refusals<E: Debug>(ends: &[E], is_refusal: fn(&E) -> bool) -> usize {
    let names = ends.iter().filter(|end| is_refusal(end)).map(|end| format!("{end:?}"));
    names.collect::<std::collections::BTreeSet<_>>().len()
}
