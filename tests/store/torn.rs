//! Pages that cannot be read: what stands on them is lost, and holds up nothing else.

use bauta::net::server::store::Damage;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Position;
use bauta::net::server::store::Store as _;
use bauta::net::server::store::StoreError;
use bauta::net::server::store::StoreLimits;

use super::NOW;
use super::RETENTION;
use super::ack;
use super::address;
use super::envelope;
use super::fetch;
use super::file::File;
use super::file::edit;
use super::id;
use super::keep;
use super::numbers;
use super::numbers_of;
use super::put;

/// A closed store with envelopes 0 to `count` in mailbox 1, of which these cannot be read.
fn torn(count: u32, lost: &[u32]) -> File {
    let file = File::filled(count);
    for number in lost {
        file.tear(&envelope(*number).as_bytes()[..40]);
    }
    file
}

/// The same, opened so much later that everything in it has expired.
fn later(file: &File) -> Embedded {
    edit(file, "UPDATE meta SET value = 0, checksum = 0 WHERE name = 'time'");
    let now = NOW + 2 * RETENTION;
    let limits = StoreLimits { retention_s: 1, ..StoreLimits::default() };
    let store = Embedded::open(&file.path(), limits, now).unwrap();
    assert_eq!(store.damage(), [Damage::Time], "it begins again at the clock");
    store
}

#[test]
fn what_cannot_be_read_is_passed_over_and_everything_behind_it_is_fetched() {
    let file = torn(6, &[1, 2]);
    let store = file.open();
    let fetched = fetch(&store, 1);
    assert_eq!(fetched.damaged, [2, 3].map(Damage::Envelope));
    assert_eq!((fetched.last, fetched.more), (Position::new(6), false));
    assert_eq!(numbers_of(&fetched, 1), [0, 3, 4, 5]);
    let mut reader = store.reader().unwrap();
    let some = reader.fetch(&address(1), Position::new(1), 3).unwrap();
    assert_eq!((numbers_of(&some, 1), some.last, some.more), (vec![3], Position::new(4), true));
}

/// Nor can its neighbours: SQLite joins a page that becomes empty with those beside it.
#[test]
fn what_cannot_be_deleted_keeps_nothing_else_from_expiring() {
    let file = torn(40, &[20]);
    let mut store = later(&file);
    let now = NOW + 2 * RETENTION;
    let mut expired = Vec::new();
    loop {
        let swept = store.sweep(now, 10).unwrap();
        assert_eq!(swept.more, swept.expired.len() == 10);
        expired.extend(swept.expired);
        if !swept.more {
            assert!(swept.damaged.contains(&Damage::Envelope(21)));
            break;
        }
    }
    let left = store.usage().envelopes;
    assert!((1..=6).contains(&left), "{left}: it and those beside it");
    assert_eq!(expired.len(), 40 - usize::try_from(left).unwrap());
    keep(&mut store, 2, 1);
    assert_eq!(store.sweep(now + 1, 9).unwrap().time_s, now + 1, "and time goes on");
    let usage = store.usage();
    drop(store);
    assert_eq!(file.open().usage(), usage, "as many as there are");
}

/// Deleting such a row finds no entry of it in an index, which SQLite takes for a torn file.
#[test]
fn a_row_that_its_indexes_do_not_know_keeps_nothing_else_from_expiring() {
    let file = File::filled(4);
    let mut row = id(1).as_bytes().to_vec();
    row.extend((NOW + RETENTION).to_be_bytes()[4..].iter());
    file.damage(&row);
    let mut store = later(&file);
    let swept = store.sweep(NOW + 2 * RETENTION, 100).unwrap();
    assert_eq!(swept.expired, [1, 3, 4].map(Position::new));
    assert_eq!(swept.damaged, [Damage::Envelope(2)]);
}

/// The mailbox's column of the row holds a text in the place of a number.
#[test]
fn a_row_of_no_mailbox_keeps_nothing_else_from_expiring() {
    let file = File::filled(4);
    edit(&file, "UPDATE envelope SET mailbox = 'none' WHERE position = 2");
    let mut store = later(&file);
    let swept = store.sweep(NOW + 2 * RETENTION, 100).unwrap();
    assert_eq!(swept.expired, [1, 3, 4].map(Position::new));
    assert_eq!(swept.damaged, [Damage::Envelope(2)]);
}

#[test]
fn a_change_that_meets_damage_is_refused_and_leaves_the_others_to_be_made() {
    let file = torn(40, &[20]);
    let mut store = file.open();
    let error = store.commit(&[put(2, 1), ack(1, &[Position::new(21)]), put(2, 2)], NOW);
    assert!(matches!(error, Err(StoreError::Damaged(_))), "{error:?}");
    assert!(numbers(&store, 2).is_empty(), "none was made");
    store.commit(&[put(2, 1), ack(1, &[Position::new(4)]), put(2, 2)], NOW).unwrap();
    assert_eq!(numbers(&store, 2), [1, 2]);
}
