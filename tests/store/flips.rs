//! Bits that flip and files that are cut, anywhere: what is delivered is what was written, what is
//! not delivered is reported, and nothing panics.

use std::collections::BTreeMap;
use std::fs;

use bauta::net::server::store::Change;
use bauta::net::server::store::Checked;
use bauta::net::server::store::Damage;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Position;
use bauta::net::server::store::Store as _;
use bauta::net::server::store::StoreError;
use bauta::net::server::store::StoreLimits;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::NOW;
use super::address;
use super::envelope;
use super::file::File;
use super::id;
use super::put;

const MAILBOXES: u8 = 12;
const EACH: u32 = 10;
/// Files tried for each kind of damage.
const TRIES: u64 = 200;
/// And where each of many bytes has its own consequences.
const STRUCTURE_TRIES: u64 = 1_500;

/// A closed store with ten envelopes in each of twelve mailboxes, and its bytes.
fn sound() -> Vec<u8> {
    let file = File::new();
    let mut store = file.open();
    let all = (0..EACH).flat_map(|n| (1..=MAILBOXES).map(move |m| put(m, u32::from(m) * 100 + n)));
    store.commit(&all.collect::<Vec<Change>>(), NOW).unwrap();
    drop(store);
    fs::read(file.path()).unwrap()
}

/// What a relay makes of a file.
#[derive(Debug, Default)]
struct Outcome {
    /// It said so when it opened the store, or could not.
    opening: bool,
    /// Mailboxes that were not delivered whole, and whether that was said.
    mailboxes: BTreeMap<u8, bool>,
}

/// Opens a store with these bytes and reads every mailbox. Whatever is delivered is right.
fn read(bytes: &[u8], seed: u64) -> (Outcome, bool) {
    let file = File::new();
    fs::write(file.path(), bytes).unwrap();
    let check = Embedded::check(&file.path());
    let is_named = !check.as_ref().is_ok_and(Checked::is_sound);
    let mut outcome = Outcome::default();
    let store = match Embedded::open(&file.path(), StoreLimits::default(), NOW) {
        Ok(store) => store,
        Err(error) => {
            let is_said = matches!(
                error,
                StoreError::Damaged(_) | StoreError::NotAStore(_) | StoreError::Schema { .. }
            );
            assert!(is_said, "{seed}: {error:?}");
            outcome.opening = true;
            return (outcome, is_named);
        }
    };
    outcome.opening = !store.damage().is_empty();
    let Ok(mut reader) = store.reader() else { return (outcome, is_named) };
    for mailbox in 1..=MAILBOXES {
        let fetched = reader.fetch(&address(mailbox), Position::START, 1000);
        let fetched = match fetched {
            Ok(fetched) => fetched,
            Err(error) => {
                assert!(matches!(error, StoreError::Damaged(_)), "{seed}: {error:?}");
                outcome.mailboxes.insert(mailbox, true);
                continue;
            }
        };
        // What is reported here is named there, by itself or with all that a torn page holds.
        let checked = check.as_ref().unwrap();
        let is_there = |damage: &Damage| checked.damage.contains(damage);
        assert!(
            !checked.structure.is_empty()
                || is_there(&Damage::File)
                || fetched.damaged.iter().all(is_there),
            "{seed}: {fetched:?} and {checked:?}"
        );
        let mut numbers = Vec::new();
        for kept in &fetched.envelopes {
            let number = u32::from_be_bytes(kept.envelope.as_bytes()[..4].try_into().unwrap());
            assert!(kept.envelope == envelope(number) && kept.id == id(number), "{seed}");
            assert_eq!(number / 100, u32::from(mailbox), "{seed}: another mailbox's");
            numbers.push(number);
        }
        assert!(numbers.is_sorted(), "{seed}: {numbers:?}");
        numbers.dedup();
        assert_eq!(numbers.len(), fetched.envelopes.len(), "{seed}: twice");
        if numbers.len() != usize::try_from(EACH).unwrap() {
            outcome.mailboxes.insert(mailbox, !fetched.damaged.is_empty());
        }
    }
    (outcome, is_named)
}

/// What was seen of many damaged files.
#[derive(Debug, Default)]
struct Seen {
    whole: usize,
    at_opening: usize,
    reported: usize,
    /// Not by the relay, but by `server -check`: what an index no longer leads to.
    named: usize,
    most: usize,
}

fn damage_many(tries: u64, mut change: impl FnMut(&mut Vec<u8>, &mut StdRng)) -> Seen {
    let sound = sound();
    let mut seen = Seen::default();
    for seed in 0..tries {
        let mut bytes = sound.clone();
        change(&mut bytes, &mut StdRng::seed_from_u64(seed));
        let (Outcome { opening, mailboxes }, is_named) = read(&bytes, seed);
        assert!(is_named || !opening && mailboxes.is_empty(), "{seed}: -check finds nothing");
        if opening {
            seen.at_opening += 1;
        } else if mailboxes.is_empty() {
            seen.whole += 1;
        } else if mailboxes.values().all(|reported| *reported) {
            seen.reported += 1;
            seen.most = seen.most.max(mailboxes.len());
        } else {
            seen.named += 1;
        }
    }
    seen
}

#[test]
fn one_flipped_bit_is_delivered_by_nobody_and_lost_without_a_word_by_nobody() {
    let seen = damage_many(TRIES, |bytes, rng| {
        let at = rng.random_range(0..bytes.len());
        bytes[at] ^= 1 << rng.random_range(0..8);
    });
    eprintln!("{seen:?}");
    // Nearly all of a file is bodies, and who else has a mailbox is not concerned.
    assert!(seen.reported > 150 && seen.most == 1, "{seen:?}");
}

/// Where trees and indexes stand; at random one in fifty files would be hit there.
#[test]
fn one_flipped_bit_of_the_structure_is_delivered_by_nobody_and_lost_without_a_word_by_nobody() {
    let sound = sound();
    let is_structure = |page: &&[u8]| page.iter().filter(|byte| **byte == 0x5a).count() < 2000;
    let structure: Vec<usize> = (sound.chunks(4096).zip(0..))
        .filter(|(page, _)| is_structure(page))
        .map(|(_, number)| number * 4096)
        .collect();
    assert!(structure.len() > 5, "{structure:?}");
    let seen = damage_many(STRUCTURE_TRIES, |bytes, rng| {
        let page = structure[rng.random_range(0..structure.len())];
        bytes[page + rng.random_range(0..4096)] ^= 1 << rng.random_range(0..8);
    });
    eprintln!("{seen:?}");
    assert!(seen.at_opening > 0 && seen.reported > 0, "{seen:?}");
}

#[test]
fn many_flipped_bits_in_one_page_are_delivered_by_nobody() {
    let seen = damage_many(TRIES, |bytes, rng| {
        let page = rng.random_range(0..bytes.len() / 4096) * 4096;
        for _ in 0..rng.random_range(2..64) {
            bytes[page + rng.random_range(0..4096)] ^= 1 << rng.random_range(0..8);
        }
    });
    eprintln!("{seen:?}");
    assert!(seen.reported > 150 && seen.most == 1, "{seen:?}");
}

#[test]
fn a_file_cut_anywhere_is_reported() {
    let seen = damage_many(TRIES, |bytes, rng| {
        let len = rng.random_range(0..bytes.len());
        bytes.truncate(len);
    });
    eprintln!("{seen:?}");
    assert_eq!(seen.whole + seen.named, 0);
}
