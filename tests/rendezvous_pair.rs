//! The mailboxes that only two people can name.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use core::convert::Infallible;

use bauta::crypto::hash;
use bauta::crypto::identity::IdentityKey;
use bauta::crypto::identity::PublicIdentity;
use bauta::crypto::secret::Secret;
use bauta::signal::Direction;
use bauta::signal::ENVELOPE_LEN;
use bauta::signal::Error;
use bauta::signal::rendezvous::pair::Kind;
use bauta::signal::rendezvous::pair::PLAINTEXT_LEN;
use bauta::signal::rendezvous::pair::Pair;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

const NETWORK: [u8; 32] = [9; 32];
const KINDS: [Kind; 3] = [Kind::Bundle, Kind::Initial, Kind::Withdrawn];
const DIRECTIONS: [Direction; 2] = [Direction::Outgoing, Direction::Incoming];

fn identity(seed: u8) -> IdentityKey {
    IdentityKey::from_seed(Secret::new([seed; 32]))
}

fn pair(own: u8, peer: u8) -> Pair {
    Pair::new(&identity(own), identity(peer).public(), &NETWORK).unwrap()
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Outgoing => Direction::Incoming,
        Direction::Incoming => Direction::Outgoing,
    }
}

/// Gives 0x55 for ever: for known answers only.
struct Fives;

impl rand::TryRng for Fives {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0x5555_5555)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0x5555_5555_5555_5555)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0x55);
        Ok(())
    }
}

impl rand::TryCryptoRng for Fives {}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The numbers were computed from the formulas in `pair`'s documentation with Python's `hmac`,
/// `hashlib` and `cryptography`.
#[test]
fn known_answers_of_a_pair() {
    let pair = pair(1, 2);
    assert_eq!(
        hex(&pair.tag()),
        "b3dd6ef7283bcac0fcfae069e2cdc36e2bc031510848ef82125abd022f84c8c0"
    );
    assert_eq!(
        hex(pair.capability(Direction::Outgoing, 7).expose()),
        "0af7b5ec05fa298fc496653b8d32f47aaebd4235d3761e229c20e152420cc4c5"
    );
    let envelope = pair.seal(Direction::Outgoing, 7, Kind::Initial, b"hello", &mut Fives).unwrap();
    assert_eq!(
        hex(&hash::sha256(&[&envelope])),
        "e725ed77dd8254fb0da15b23f13a8e8cd09807928034b829fd761f3e2829dc02"
    );
}

#[test]
fn both_sides_name_the_same_mailboxes() {
    let (alice, bob) = (pair(1, 2), pair(2, 1));
    assert_eq!(alice.tag(), bob.tag());
    for direction in DIRECTIONS {
        let of_alice = alice.capability(direction, 3);
        assert_eq!(of_alice.expose(), bob.capability(opposite(direction), 3).expose());
        assert_ne!(of_alice.expose(), bob.capability(direction, 3).expose());
        assert_ne!(of_alice.expose(), alice.capability(direction, 4).expose());
    }
}

#[test]
fn another_person_or_network_has_other_mailboxes() {
    let ours = pair(1, 2);
    let elsewhere = Pair::new(&identity(1), identity(2).public(), &[8; 32]).unwrap();
    for other in [pair(1, 3), pair(3, 2), elsewhere] {
        assert_ne!(ours.tag(), other.tag());
        for direction in DIRECTIONS {
            let capability = ours.capability(direction, 3);
            assert_ne!(capability.expose(), other.capability(direction, 3).expose());
            let envelope = ours.seal(direction, 3, Kind::Bundle, b"x", &mut Fives).unwrap();
            for theirs in DIRECTIONS {
                assert_eq!(other.open(theirs, 3, &envelope).unwrap_err(), Error::Decrypt);
            }
        }
    }
}

#[test]
fn the_reader_opens_what_the_writer_sealed() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (alice, bob) = (pair(1, 2), pair(2, 1));
    for kind in KINDS {
        for direction in DIRECTIONS {
            for len in [0, 1, 1_000, PLAINTEXT_LEN] {
                let plaintext = vec![7; len];
                let envelope = alice.seal(direction, 5, kind, &plaintext, &mut rng).unwrap();
                assert_eq!(envelope.len(), ENVELOPE_LEN);
                let opened = bob.open(opposite(direction), 5, &envelope).unwrap();
                assert_eq!((opened.0, opened.1.expose()), (kind, plaintext.as_slice()));
                assert_eq!(bob.open(direction, 5, &envelope).unwrap_err(), Error::Decrypt);
                for epoch in [0, 4, 6, u64::MAX] {
                    let refused = bob.open(opposite(direction), epoch, &envelope);
                    assert_eq!(refused.unwrap_err(), Error::Decrypt);
                }
            }
        }
    }
}

#[test]
fn one_byte_too_many_is_refused() {
    let too_long = vec![0; PLAINTEXT_LEN + 1];
    let sealed = pair(1, 2).seal(Direction::Outgoing, 1, Kind::Bundle, &too_long, &mut Fives);
    assert_eq!(sealed, Err(Error::TooLong));
}

#[test]
fn one_plaintext_gives_different_envelopes() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let pair = pair(1, 2);
    let mut seal = || pair.seal(Direction::Outgoing, 1, Kind::Bundle, b"x", &mut rng).unwrap();
    let (one, two) = (seal(), seal());
    let equal = one.iter().zip(&two).filter(|(a, b)| a == b).count();
    assert!(equal < ENVELOPE_LEN / 50, "{equal} equal bytes");
}

#[test]
fn every_flipped_byte_is_refused() {
    let (alice, bob) = (pair(1, 2), pair(2, 1));
    let envelope = alice.seal(Direction::Outgoing, 1, Kind::Bundle, b"x", &mut Fives).unwrap();
    for at in 0..ENVELOPE_LEN {
        let mut flipped = envelope.clone();
        flipped[at] ^= 1 << (at % 8);
        assert_eq!(bob.open(Direction::Incoming, 1, &flipped).unwrap_err(), Error::Decrypt);
    }
}

#[test]
fn every_other_length_is_refused() {
    let (alice, bob) = (pair(1, 2), pair(2, 1));
    let envelope = alice.seal(Direction::Outgoing, 1, Kind::Bundle, b"x", &mut Fives).unwrap();
    for len in 0..ENVELOPE_LEN {
        assert_eq!(bob.open(Direction::Incoming, 1, &envelope[..len]).unwrap_err(), Error::Decode);
    }
    let longer = [envelope.as_slice(), &[0]].concat();
    assert_eq!(bob.open(Direction::Incoming, 1, &longer).unwrap_err(), Error::Decode);
}

#[test]
fn nobody_pairs_with_their_own_key_or_its_negative() {
    let own = identity(1);
    let mut negative = *own.public().as_bytes();
    negative[31] ^= 0x80;
    let negative = PublicIdentity::from_bytes(&negative).unwrap();
    for peer in [own.public(), &negative] {
        assert_eq!(Pair::new(&own, peer, &NETWORK).unwrap_err(), Error::Key);
    }
}

#[test]
fn a_pair_shows_its_name_only() {
    assert_eq!(format!("{:?}", pair(1, 2)), "Pair");
}
