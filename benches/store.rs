//! Durable envelopes per second of the embedded store, by envelopes per commit.
//!
//! `cargo bench --bench store`; the store lies in the current folder, so run it on the disk in
//! question. `steady` acknowledges what the commit before it has put.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs, reason = "a benchmark")]

use std::hint::black_box;
use std::time::Duration;
use std::time::Instant;

use bauta::net::cell::Address;
use bauta::net::cell::ENVELOPE_LEN;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::server::store::Change;
use bauta::net::server::store::Done;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Store;
use bauta::net::server::store::StoreLimits;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;
use rand_chacha::rand_core::SeedableRng as _;

const NOW_S: u64 = 1_800_000_000;

/// Envelopes for mailboxes of which each gets about sixteen.
fn puts(rng: &mut ChaCha8Rng, count: usize) -> Vec<Change> {
    let mut put = || {
        let (mut address, mut id, mut bytes) = ([0; 32], [0; 16], [0; ENVELOPE_LEN]);
        address[..2].copy_from_slice(&(rng.next_u32() % 1024).to_be_bytes()[2..]);
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut bytes);
        let envelope = Envelope::from_slice(&bytes).unwrap();
        // As much work as there can be: what is measured is storing.
        let effort = u32::MAX;
        Change::Put { address: Address::new(address), id: EnvelopeId::new(id), envelope, effort }
    };
    (0..count).map(|_| put()).collect()
}

/// What acknowledges everything that was stored.
fn acks(puts: &[Change], done: &[Done]) -> Vec<Change> {
    let ack = |(put, done): (&Change, &Done)| match (put, done) {
        (Change::Put { address, .. }, Done::Stored { position, .. }) => {
            Some(Change::Ack { address: *address, positions: vec![*position] })
        }
        _ => None,
    };
    puts.iter().zip(done).filter_map(ack).collect()
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("store");
    group.sample_size(10).measurement_time(Duration::from_secs(4));
    for count in [1, 32, 256] {
        let folder = tempfile::tempdir_in(".").unwrap();
        let path = folder.path().join("store");
        let mut store = Embedded::open(&path, StoreLimits::default(), NOW_S).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        group.throughput(Throughput::Elements(u64::try_from(count).unwrap()));
        group.bench_function(format!("append {count}"), |b| {
            b.iter_custom(|rounds| {
                let mut spent = Duration::ZERO;
                for _ in 0..rounds {
                    let puts = puts(&mut rng, count);
                    let start = Instant::now();
                    let done = store.commit(black_box(&puts), NOW_S).unwrap();
                    spent += start.elapsed();
                    store.commit(&acks(&puts, &done), NOW_S).unwrap();
                }
                spent
            });
        });
        group.bench_function(format!("steady {count}"), |b| {
            let mut last = Vec::new();
            b.iter_custom(|rounds| {
                let mut spent = Duration::ZERO;
                for _ in 0..rounds {
                    let puts = puts(&mut rng, count);
                    let changes = [puts.clone(), std::mem::take(&mut last)].concat();
                    let start = Instant::now();
                    let done = store.commit(black_box(&changes), NOW_S).unwrap();
                    spent += start.elapsed();
                    last = acks(&puts, &done);
                }
                spent
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
