//! `server -check`: everything that is damaged is named, and nothing is changed.

use std::fs;
use std::fs::OpenOptions;
use std::io::Seek as _;
use std::io::SeekFrom;
use std::io::Write as _;

use bauta::net::server::store::Checked;
use bauta::net::server::store::Damage;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::StoreError;

use super::commit;
use super::envelope;
use super::file::File;
use super::file::edit;
use super::keep;
use super::put;

fn check(file: &File) -> Checked {
    let before = fs::read(file.path()).unwrap();
    let checked = Embedded::check(&file.path()).unwrap();
    assert!(fs::read(file.path()).unwrap() == before, "nothing is changed");
    checked
}

fn damage(file: &File) -> Vec<Damage> {
    let checked = check(file);
    assert!(!checked.is_sound());
    assert_eq!(checked.damaged, u64::try_from(checked.damage.len()).unwrap());
    checked.damage
}

#[test]
fn a_sound_store_is_counted() {
    let checked = check(&File::filled(7));
    assert!(checked.is_sound());
    assert_eq!((checked.envelopes, checked.mailboxes), (7, 1));
}

#[test]
fn a_store_that_a_relay_has_open_is_read_with_its_log() {
    let file = File::new();
    let mut store = file.open();
    keep(&mut store, 1, 0);
    commit(&mut store, put(2, 1));
    let checked = Embedded::check(&file.path()).unwrap();
    assert!(checked.is_sound());
    assert_eq!((checked.envelopes, checked.mailboxes), (2, 2));
    keep(&mut store, 1, 2);
}

#[test]
fn each_damaged_row_is_named() {
    let file = File::filled(5);
    file.damage(&envelope(2).as_bytes()[..40]);
    assert_eq!(damage(&file), [Damage::Envelope(3)]);

    let file = File::filled(5);
    edit(&file, "UPDATE mailbox SET acknowledged = 77");
    assert_eq!(damage(&file), [Damage::Mailbox(1)]);

    let file = File::filled(5);
    edit(&file, "UPDATE meta SET value = 5 WHERE name = 'time'");
    assert_eq!(damage(&file), [Damage::Time]);

    let file = File::filled(5);
    edit(&file, "DELETE FROM envelope WHERE position = 2; UPDATE envelope SET expires = 1");
    let named = [1, 3, 4, 5].map(Damage::Envelope);
    assert_eq!(damage(&file), [&[Damage::Mailbox(1)], &named[..]].concat());
}

#[test]
fn an_envelope_without_a_mailbox_is_damage() {
    let file = File::filled(2);
    edit(&file, "DELETE FROM mailbox");
    assert_eq!(damage(&file), [Damage::Envelope(1), Damage::Envelope(2)]);
}

#[test]
fn a_torn_structure_is_said_in_sqlites_words() {
    let file = File::filled(100);
    let len = fs::metadata(file.path()).unwrap().len();
    let mut handle = OpenOptions::new().write(true).open(file.path()).unwrap();
    handle.seek(SeekFrom::Start(len / 2 / 4096 * 4096)).unwrap();
    handle.write_all(&[0; 4096]).unwrap();
    let checked = check(&file);
    assert!(!checked.is_sound() && !checked.structure.is_empty(), "{checked:?}");
}

#[test]
fn what_is_named_is_bounded_and_all_is_counted() {
    let file = File::filled(300);
    edit(&file, "UPDATE envelope SET expires = 1");
    let checked = check(&file);
    assert_eq!((checked.damaged, checked.damage.len()), (300, 100));
}

#[test]
fn what_is_no_store_is_said() {
    let file = File::new();
    assert!(matches!(Embedded::check(&file.path()), Err(StoreError::Io { .. })));
    assert!(!file.path().exists());
    fs::write(file.path(), b"a shopping list, long enough for a header".repeat(20)).unwrap();
    assert!(matches!(Embedded::check(&file.path()), Err(StoreError::NotAStore(_))));
    fs::write(file.path(), b"").unwrap();
    assert!(matches!(Embedded::check(&file.path()), Err(StoreError::NotAStore(_))));
}
