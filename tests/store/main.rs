//! The relay's store: one suite for every engine; `file` has what only a file can go through, `check`,
//! `flips` and `torn` what is found in one, `versions` the files of earlier and later relays.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod check;
mod file;
#[path = "../first_store/mod.rs"]
mod first_store;
mod flips;
mod torn;
mod versions;

use std::path::Path;

use bauta::net::cell::Address;
use bauta::net::cell::ENVELOPE_LEN;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::server::store::Change;
use bauta::net::server::store::Done;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Fetched;
use bauta::net::server::store::Memory;
use bauta::net::server::store::Position;
use bauta::net::server::store::Store;
use bauta::net::server::store::StoreLimits;
use bauta::net::server::store::StoreTime;
use tempfile::TempDir;

const NOW: u64 = 1_800_000_000;
const RETENTION: u64 = 21 * 86_400;

/// An engine under test: what makes one with the given limits, and keeps what it stands on.
struct Engine {
    make: fn(&Path, StoreLimits) -> Box<dyn Store>,
    folder: TempDir,
}

impl Engine {
    fn new(make: fn(&Path, StoreLimits) -> Box<dyn Store>) -> Self {
        Self { make, folder: tempfile::tempdir().unwrap() }
    }

    fn open(&self) -> Box<dyn Store> {
        self.open_with(StoreLimits::default())
    }

    fn open_with(&self, limits: StoreLimits) -> Box<dyn Store> {
        (self.make)(&self.folder.path().join("store"), limits)
    }
}

/// Every law of the suite, for one engine; another engine joins with one more line below.
macro_rules! conformance {
    ($engine:ident, $make:expr, $($law:ident)*) => {
        mod $engine {
            use super::*;
            $(#[test]
            fn $law() {
                super::$law(&Engine::new($make));
            })*
        }
    };
}

macro_rules! engines {
    ($($engine:ident = $make:expr;)*) => {
        $(conformance! { $engine, $make,
            what_is_put_is_fetched_in_order
            a_fetch_goes_on_where_the_last_one_ended
            an_unknown_mailbox_is_empty
            the_same_envelope_again_is_kept_once_and_longer
            other_bytes_under_an_id_are_a_conflict
            an_id_is_unique_in_its_mailbox_only
            an_ack_deletes_what_it_names_in_its_own_mailbox
            a_cancel_deletes_once
            a_full_mailbox_refuses_and_evicts_nothing
            a_full_store_refuses_and_takes_again_when_there_is_room
            cold_mailboxes_share_half_of_the_store
            what_nobody_may_read_costs_work_as_the_store_fills
            what_cools_down_counts_as_cold_again
            empty_mailboxes_are_counted_and_bounded
            nothing_is_deleted_before_it_expires
            a_clock_that_jumps_ahead_empties_nothing_at_once
            a_clock_that_jumps_back_shortens_nothing
            an_empty_store_takes_the_clock_as_it_is
            a_sweep_takes_small_steps
            mailboxes_cool_down_in_small_steps
            a_batch_sees_its_own_changes
            the_contents_are_everything_that_is_kept
        })*
    };
}

engines! {
    memory = |_, limits| Box::new(Memory::new(limits, NOW));
    embedded = |path, limits| Box::new(Embedded::open(path, limits, NOW).unwrap());
}

fn address(number: u8) -> Address {
    Address::new([number; 32])
}

fn id(number: u32) -> EnvelopeId {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    EnvelopeId::new(bytes)
}

fn envelope(number: u32) -> Envelope {
    let mut bytes = [0x5a; ENVELOPE_LEN];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Envelope::from_slice(&bytes).unwrap()
}

fn put(mailbox: u8, number: u32) -> Change {
    let effort = u32::MAX;
    Change::Put { address: address(mailbox), id: id(number), envelope: envelope(number), effort }
}

fn ack(mailbox: u8, positions: &[Position]) -> Change {
    Change::Ack { address: address(mailbox), positions: positions.to_vec() }
}

fn commit(store: &mut dyn Store, change: Change) -> Done {
    store.commit(&[change], NOW).unwrap().remove(0)
}

fn stored(done: &Done) -> Position {
    let Done::Stored { position, .. } = done else { panic!("not stored: {done:?}") };
    *position
}

fn keep(store: &mut dyn Store, mailbox: u8, number: u32) -> Position {
    stored(&commit(store, put(mailbox, number)))
}

fn fetch(store: &dyn Store, mailbox: u8) -> Fetched {
    store.reader().unwrap().fetch(&address(mailbox), Position::START, 10_000).unwrap()
}

/// The numbers of the envelopes in a mailbox, each found whole.
fn numbers(store: &dyn Store, mailbox: u8) -> Vec<u32> {
    let fetched = fetch(store, mailbox);
    assert!(fetched.damaged.is_empty());
    numbers_of(&fetched, mailbox)
}

/// The numbers of what was fetched from a mailbox.
fn numbers_of(fetched: &Fetched, mailbox: u8) -> Vec<u32> {
    let number = |kept: &bauta::net::server::store::Kept| {
        let number = u32::from_be_bytes(kept.envelope.as_bytes()[..4].try_into().unwrap());
        assert!(kept.envelope == envelope(number) && kept.id == id(number));
        assert_eq!(kept.address, address(mailbox));
        number
    };
    fetched.envelopes.iter().map(number).collect()
}

fn limits(envelopes: u64) -> StoreLimits {
    StoreLimits { bytes: envelopes * StoreLimits::ENVELOPE_COST, ..StoreLimits::default() }
}

fn what_is_put_is_fetched_in_order(engine: &Engine) {
    let mut store = engine.open();
    let changes: Vec<Change> = (0..100).map(|n| put(u8::try_from(n % 3).unwrap(), n)).collect();
    let done = store.commit(&changes, NOW).unwrap();
    assert_eq!(done.len(), 100);
    for done in &done {
        let Done::Stored { expires, .. } = done else { panic!("not stored") };
        assert_eq!(*expires, NOW + RETENTION);
    }
    assert!(done.windows(2).all(|pair| stored(&pair[0]) < stored(&pair[1])));
    assert_eq!(numbers(&*store, 1), (0..100).filter(|n| n % 3 == 1).collect::<Vec<_>>());
    assert_eq!(store.usage().envelopes, 100);
}

fn a_fetch_goes_on_where_the_last_one_ended(engine: &Engine) {
    let mut store = engine.open();
    let positions: Vec<Position> = (0..5).map(|n| keep(&mut *store, 1, n)).collect();
    let mut reader = store.reader().unwrap();
    let first = reader.fetch(&address(1), Position::START, 3).unwrap();
    assert_eq!((first.envelopes.len(), first.last, first.more), (3, positions[2], true));
    let second = reader.fetch(&address(1), first.last, 3).unwrap();
    assert_eq!((second.envelopes.len(), second.last, second.more), (2, positions[4], false));
    let third = reader.fetch(&address(1), second.last, 3).unwrap();
    assert_eq!((third.envelopes.len(), third.last, third.more), (0, positions[4], false));
    keep(&mut *store, 1, 5);
    let fourth = reader.fetch(&address(1), third.last, 3).unwrap();
    assert_eq!(fourth.envelopes.len(), 1, "a reader sees what was committed after it was made");
}

fn an_unknown_mailbox_is_empty(engine: &Engine) {
    let mut store = engine.open();
    let fetched = fetch(&*store, 1);
    assert!(fetched.envelopes.is_empty() && !fetched.more);
    assert_eq!(commit(&mut *store, ack(1, &[Position::new(1)])), Done::Acked(vec![]));
    let cancel = Change::Cancel { address: address(1), id: id(1) };
    assert_eq!(commit(&mut *store, cancel), Done::Gone);
}

fn the_same_envelope_again_is_kept_once_and_longer(engine: &Engine) {
    let mut store = engine.open();
    keep(&mut *store, 1, 1);
    keep(&mut *store, 1, 2);
    let soon = store.commit(&[put(1, 1)], NOW + 3599).unwrap();
    assert_eq!(soon, [Done::Duplicate { expires: NOW + RETENTION }], "not worth a write");
    let again = store.commit(&[put(1, 1)], NOW + 3600).unwrap();
    assert_eq!(again, [Done::Duplicate { expires: NOW + 3600 + RETENTION }]);
    let earlier = store.commit(&[put(1, 1)], NOW + 10).unwrap();
    assert_eq!(earlier, [Done::Duplicate { expires: NOW + 3600 + RETENTION }]);
    assert_eq!(numbers(&*store, 1), [1, 2], "its place in the mailbox stays");
    assert_eq!(fetch(&*store, 1).envelopes[0].expires, NOW + 3600 + RETENTION);
    assert_eq!(store.usage().envelopes, 2);
}

fn other_bytes_under_an_id_are_a_conflict(engine: &Engine) {
    let mut store = engine.open();
    keep(&mut *store, 1, 1);
    let other = Change::Put { address: address(1), id: id(1), envelope: envelope(2), effort: 0 };
    assert_eq!(commit(&mut *store, other), Done::Conflict);
    assert_eq!(numbers(&*store, 1), [1]);
}

fn an_id_is_unique_in_its_mailbox_only(engine: &Engine) {
    let mut store = engine.open();
    keep(&mut *store, 1, 1);
    keep(&mut *store, 2, 1);
    assert_eq!((numbers(&*store, 1), numbers(&*store, 2)), (vec![1], vec![1]));
}

fn an_ack_deletes_what_it_names_in_its_own_mailbox(engine: &Engine) {
    let mut store = engine.open();
    let positions: Vec<Position> = (0..4).map(|n| keep(&mut *store, 1, n)).collect();
    let foreign = keep(&mut *store, 2, 9);
    let named = [positions[0], positions[2], foreign, Position::new(999)];
    let done = commit(&mut *store, ack(1, &named));
    assert_eq!(done, Done::Acked(vec![positions[0], positions[2]]));
    assert_eq!((numbers(&*store, 1), numbers(&*store, 2)), (vec![1, 3], vec![9]));
    assert_eq!(commit(&mut *store, ack(1, &named)), Done::Acked(vec![]));
    assert_eq!(store.usage().envelopes, 3);
}

fn a_cancel_deletes_once(engine: &Engine) {
    let mut store = engine.open();
    let position = keep(&mut *store, 1, 1);
    let cancel = Change::Cancel { address: address(1), id: id(1) };
    assert_eq!(commit(&mut *store, cancel.clone()), Done::Cancelled(position));
    assert_eq!(commit(&mut *store, cancel), Done::Gone);
    assert_eq!((store.usage().envelopes, store.usage().cold), (0, 0));
    keep(&mut *store, 1, 1);
    assert_eq!(numbers(&*store, 1), [1], "the id is free again");
}

fn a_full_mailbox_refuses_and_evicts_nothing(engine: &Engine) {
    let mut store = engine.open();
    let changes: Vec<Change> = (0..1025).map(|n| put(1, n)).collect();
    let done = store.commit(&changes, NOW).unwrap();
    assert!(done[..1024].iter().all(|done| matches!(done, Done::Stored { .. })));
    assert_eq!(done[1024], Done::MailboxFull);
    assert_eq!(numbers(&*store, 1), (0..1024).collect::<Vec<_>>());
    assert!(matches!(commit(&mut *store, put(1, 3)), Done::Duplicate { .. }));
    keep(&mut *store, 2, 0);
    commit(&mut *store, ack(1, &[stored(&done[0])]));
    keep(&mut *store, 1, 1024);
    assert_eq!(commit(&mut *store, put(1, 1025)), Done::MailboxFull);
}

fn a_full_store_refuses_and_takes_again_when_there_is_room(engine: &Engine) {
    let mut store = engine.open_with(limits(10));
    let first = keep(&mut *store, 1, 0);
    commit(&mut *store, ack(1, &[first]));
    let second = keep(&mut *store, 1, 1);
    for n in 2..11 {
        keep(&mut *store, 1, n);
    }
    assert_eq!(store.usage().free(), 0);
    assert_eq!(commit(&mut *store, put(1, 99)), Done::StoreFull);
    assert!(matches!(commit(&mut *store, put(1, 2)), Done::Duplicate { .. }));
    assert_eq!(numbers(&*store, 1), (1..11).collect::<Vec<_>>());
    commit(&mut *store, ack(1, &[second]));
    keep(&mut *store, 1, 99);
}

fn cold_mailboxes_share_half_of_the_store(engine: &Engine) {
    let mut store = engine.open_with(limits(10));
    let first = keep(&mut *store, 1, 0);
    commit(&mut *store, ack(1, &[first]));
    for n in 0..5 {
        keep(&mut *store, 2, n);
    }
    assert_eq!(commit(&mut *store, put(2, 5)), Done::StoreFull);
    assert_eq!(commit(&mut *store, put(3, 0)), Done::StoreFull, "another cold one neither");
    assert_eq!((store.usage().envelopes, store.usage().cold), (5, 5));
    keep(&mut *store, 1, 1);
    let cold = fetch(&*store, 2).envelopes[0].position;
    commit(&mut *store, ack(2, &[cold]));
    assert_eq!((store.usage().envelopes, store.usage().cold), (5, 0));
    keep(&mut *store, 3, 0);
    assert_eq!(store.usage().cold, 1);
}

fn what_nobody_may_read_costs_work_as_the_store_fills(engine: &Engine) {
    let bytes = 64 * StoreLimits::ENVELOPE_COST;
    let mut store = engine.open_with(StoreLimits { bytes, ..StoreLimits::default() });
    let worked = |mailbox, number, effort| {
        let (address, id) = (address(mailbox), id(number));
        Change::Put { address, id, envelope: envelope(number), effort }
    };
    let mut prices = Vec::new();
    for number in 0..32 {
        let price = store.usage().price();
        prices.push(price);
        if let Some(less) = price.checked_sub(1) {
            assert_eq!(commit(&mut *store, worked(1, number, less)), Done::TooCheap);
            assert_eq!(store.usage().envelopes, u64::from(number), "nothing was stored");
        }
        let done = commit(&mut *store, worked(1, number, price));
        assert!(matches!(done, Done::Stored { .. }), "{number}: {done:?}");
        assert!(matches!(commit(&mut *store, worked(1, number, 0)), Done::Duplicate { .. }));
    }
    let mut expected = vec![0; 16];
    expected.extend([16, 16, 32, 32, 64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024, 2048, 2048]);
    assert_eq!(prices, expected, "nothing below a quarter, and at the half there is no more room");
    assert_eq!(commit(&mut *store, worked(1, 32, u32::MAX)), Done::StoreFull);
    let kept = store.reader().unwrap().fetch(&address(1), Position::START, 1).unwrap();
    commit(&mut *store, ack(1, &[kept.envelopes[0].position]));
    assert_eq!(store.usage().price(), 0, "somebody reads it: none of it is cold");
    assert!(matches!(commit(&mut *store, worked(1, 33, 0)), Done::Stored { .. }));
}

fn what_cools_down_counts_as_cold_again(engine: &Engine) {
    let mut store = engine.open();
    let first = keep(&mut *store, 1, 0);
    commit(&mut *store, ack(1, &[first]));
    let warm = StoreLimits::WARM_S;
    store.sweep(NOW + warm, 100).unwrap();
    store.commit(&[put(1, 1)], NOW + warm).unwrap();
    assert_eq!(store.usage().cold, 1);
}

fn empty_mailboxes_are_counted_and_bounded(engine: &Engine) {
    let mut store = engine.open_with(limits(64));
    for n in 0..100 {
        let position = keep(&mut *store, n, 1);
        commit(&mut *store, ack(n, &[position]));
    }
    let usage = store.usage();
    assert_eq!((usage.envelopes, usage.mailboxes, usage.free()), (0, 64, 62));
    drop(store);
    let mut store = engine.open_with(limits(64));
    if store.usage().mailboxes > 0 {
        assert_eq!(store.usage(), usage, "counted alike on opening");
    }
    // What was never acknowledged is forgotten with its last envelope, however it goes.
    let before = store.usage().mailboxes;
    keep(&mut *store, 200, 1);
    assert_eq!(store.usage().mailboxes, before + 1);
    commit(&mut *store, Change::Cancel { address: address(200), id: id(1) });
    assert_eq!(store.usage().mailboxes, before);
}

fn nothing_is_deleted_before_it_expires(engine: &Engine) {
    let short = StoreLimits { retention_s: 1000, ..StoreLimits::default() };
    let mut store = engine.open_with(short);
    let first = keep(&mut *store, 1, 1);
    let second = store.commit(&[put(1, 2)], NOW + 400).unwrap();
    for now in [NOW + 240, NOW + 480, NOW + 720, NOW + 960, NOW + 999] {
        assert!(store.sweep(now, 100).unwrap().expired.is_empty());
    }
    let swept = store.sweep(NOW + 1000, 100).unwrap();
    assert_eq!((swept.expired, swept.time_s), (vec![first], NOW + 1000));
    assert_eq!(numbers(&*store, 1), [2]);
    store.sweep(NOW + 1200, 100).unwrap();
    assert_eq!(store.sweep(NOW + 1400, 100).unwrap().expired, [stored(&second[0])]);
    assert_eq!((store.usage().envelopes, store.usage().cold), (0, 0));
}

fn a_clock_that_jumps_ahead_empties_nothing_at_once(engine: &Engine) {
    let mut store = engine.open();
    keep(&mut *store, 1, 1);
    let year_later = NOW + 365 * 86_400;
    for _ in 0..60 {
        assert!(store.sweep(year_later, 100).unwrap().expired.is_empty());
    }
    let time_s = store.sweep(NOW, 100).unwrap().time_s;
    assert_eq!(time_s, NOW + 60 * StoreTime::STEP_S, "an hour of sweeps is four hours at most");
}

fn a_clock_that_jumps_back_shortens_nothing(engine: &Engine) {
    let mut store = engine.open();
    let done = store.commit(&[put(1, 1)], 5).unwrap();
    let Done::Stored { expires, .. } = done[0] else { panic!("not stored") };
    assert_eq!(expires, NOW + RETENTION);
    assert_eq!(store.sweep(5, 100).unwrap().time_s, NOW);
}

fn an_empty_store_takes_the_clock_as_it_is(engine: &Engine) {
    let mut store = engine.open();
    assert_eq!(store.sweep(NOW + 1_000_000, 100).unwrap().time_s, NOW + 1_000_000);
    assert_eq!(store.sweep(NOW, 100).unwrap().time_s, NOW);
}

fn a_sweep_takes_small_steps(engine: &Engine) {
    let short = StoreLimits { retention_s: 10, ..StoreLimits::default() };
    let mut store = engine.open_with(short);
    for n in 0..10 {
        keep(&mut *store, 1, n);
    }
    let first = store.sweep(NOW + 1000, 4).unwrap();
    assert!((first.expired.len(), first.time_s, first.more) == (4, NOW + 240, true));
    let second = store.sweep_on(4).unwrap();
    assert!((second.expired.len(), second.time_s, second.more) == (4, NOW + 240, true));
    let third = store.sweep_on(4).unwrap();
    assert!((third.expired.len(), third.time_s, third.more) == (2, NOW + 240, false));
}

fn mailboxes_cool_down_in_small_steps(engine: &Engine) {
    let mut store = engine.open();
    for n in 0..10 {
        let position = keep(&mut *store, n, 1);
        commit(&mut *store, ack(n, &[position]));
    }
    for (left, more) in [(6, true), (2, true), (0, false)] {
        assert_eq!(store.sweep(NOW + StoreLimits::WARM_S, 4).unwrap().more, more);
        assert_eq!(store.usage().mailboxes, left);
    }
}

fn a_batch_sees_its_own_changes(engine: &Engine) {
    let mut store = engine.open();
    let cancel = Change::Cancel { address: address(1), id: id(1) };
    let done = store.commit(&[put(1, 1), put(1, 1), cancel.clone(), cancel, put(1, 1)], NOW);
    let done = done.unwrap();
    assert!(matches!(done[0], Done::Stored { .. }) && matches!(done[1], Done::Duplicate { .. }));
    assert!(matches!(done[2], Done::Cancelled(_)) && matches!(done[3], Done::Gone));
    assert!(stored(&done[4]) > stored(&done[0]));
}

fn the_contents_are_everything_that_is_kept(engine: &Engine) {
    let mut store = engine.open();
    for n in 0..10 {
        keep(&mut *store, u8::try_from(n % 4).unwrap(), n);
    }
    let contents = store.reader().unwrap().contents().unwrap();
    let seen: Vec<_> = contents.iter().map(|kept| (kept.address, kept.id, kept.expires)).collect();
    let put = |n: u32| (address(u8::try_from(n % 4).unwrap()), id(n), NOW + RETENTION);
    assert_eq!(seen, (0..10).map(put).collect::<Vec<_>>());
}
