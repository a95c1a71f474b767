//! Files of earlier and later relays.

use std::fs;

use bauta::net::server::store::Embedded;
use bauta::net::server::store::StoreError;
use bauta::net::server::store::StoreLimits;
use rusqlite::Connection;

use super::NOW;
use super::RETENTION;
use super::envelope;
use super::file::File;
use super::file::edit;
use super::file::killed;
use super::first_store;
use super::id;
use super::keep;
use super::numbers;

fn number(file: &File) -> i64 {
    let store = Connection::open(file.path()).unwrap();
    store.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// A store of version 1 with envelopes 0 to `count`.
fn first(count: u32) -> File {
    let file = File::new();
    let envelopes: Vec<_> =
        (0..count).map(|n| (*id(n).as_bytes(), *envelope(n).as_bytes())).collect();
    first_store::write(&file.path(), &envelopes, NOW + RETENTION, NOW);
    file
}

#[test]
fn a_store_of_the_first_version_is_brought_up_with_everything_in_it() {
    let file = first(20);
    assert_eq!(number(&file), 0);
    let checked = Embedded::check(&file.path()).unwrap();
    assert!(checked.is_sound() && checked.envelopes == 20, "{checked:?}");
    let mut store = file.open();
    assert!(store.damage().is_empty());
    assert_eq!(numbers(&store, 1), (0..20).collect::<Vec<_>>());
    keep(&mut store, 1, 20);
    drop(store);
    assert_eq!(number(&file), 2);
    assert!(Embedded::check(&file.path()).unwrap().is_sound());
    assert_eq!(numbers(&file.open(), 1), (0..=20).collect::<Vec<_>>());
}

/// As a kill leaves it between the steps of making it.
#[test]
fn a_store_between_two_steps_climbs_on() {
    let file = first(3);
    edit(&file, "PRAGMA user_version = 1");
    assert_eq!(numbers(&file.open(), 1), [0, 1, 2]);
    assert_eq!(number(&file), 2);
}

#[test]
fn a_new_store_has_the_newest_version() {
    let file = File::new();
    let store = file.open();
    drop(store);
    assert_eq!(number(&file), 2);
}

#[test]
fn a_newer_store_is_refused_in_a_sentence_and_stays_as_it_is() {
    let file = File::filled(1);
    edit(&file, "PRAGMA user_version = 3; CREATE TABLE later (what TEXT)");
    let before = fs::read(file.path()).unwrap();
    let error = file.try_open().err().unwrap();
    assert_eq!(
        error.to_string(),
        "a newer relay has written the store: it is of version 3, and this relay knows versions \
         up to 2; nothing in it was changed"
    );
    assert!(matches!(Embedded::check(&file.path()), Err(StoreError::Schema { found: 3, .. })));
    assert!(fs::read(file.path()).unwrap() == before);
}

/// What a newer relay wrote last, and was killed: it stands in the log only.
#[test]
fn the_log_of_a_newer_store_stays_as_it_is() {
    let file = File::filled(1);
    let newer = Connection::open(file.path()).unwrap();
    newer.execute_batch("PRAGMA user_version = 3").unwrap();
    let copy = killed(file.folder.path());
    let path = copy.path().join("store");
    let both = || (fs::read(&path).unwrap(), fs::read(path.with_file_name("store-wal")).unwrap());
    let before = both();
    assert!(!before.1.is_empty());
    let error = Embedded::open(&path, StoreLimits::default(), NOW).err().unwrap();
    assert!(matches!(error, StoreError::Schema { found: 3, .. }), "{error:?}");
    assert!(both() == before);
}

#[test]
fn a_store_that_names_no_version_is_damaged() {
    for (file, change) in [
        (File::filled(1), "PRAGMA user_version = 0"),
        (File::filled(1), "PRAGMA user_version = -5"),
        (first(1), "UPDATE meta SET value = 2 WHERE name = 'schema'"),
    ] {
        edit(&file, change);
        let error = file.try_open().err().unwrap();
        assert!(matches!(error, StoreError::Damaged(_)), "{change}: {error:?}");
    }
}
