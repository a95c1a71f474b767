//! Prekey bundles, their private keys, and withdrawals.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use bauta::crypto::identity::IdentityKey;
use bauta::crypto::secret::Secret;
use bauta::signal::Error;
use bauta::signal::prekey::PrekeyBundle;
use bauta::signal::prekey::PrekeySecrets;
use bauta::signal::prekey::Terms;
use bauta::signal::prekey::Withdrawal;
use bauta::signal::rendezvous::pair::Pair;
use bauta::signal::rendezvous::rules::Heard;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

const NETWORK: [u8; 32] = [9; 32];
const TERMS: Terms = Terms { epoch: 7, generation: 1_234, not_after: 2_000 };

/// Alice writes to Bob; Carol is somebody else.
struct People {
    alice: IdentityKey,
    bob: IdentityKey,
    carol: IdentityKey,
}

impl People {
    fn new() -> Self {
        let identity = |seed| IdentityKey::from_seed(Secret::new([seed; 32]));
        Self { alice: identity(1), bob: identity(2), carol: identity(3) }
    }

    fn pair(own: &IdentityKey, peer: &IdentityKey) -> Pair {
        Pair::new(own, peer.public(), &NETWORK).unwrap()
    }

    fn bundle(&self) -> (PrekeyBundle, PrekeySecrets) {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        PrekeyBundle::create(&self.alice, &Self::pair(&self.alice, &self.bob), TERMS, &mut rng)
    }

    /// Bob opens bytes as a bundle of Alice's.
    fn open(&self, bytes: &[u8]) -> Result<PrekeyBundle, Error> {
        self.open_at(bytes, TERMS.epoch, TERMS.not_after)
    }

    fn open_at(&self, bytes: &[u8], epoch: u64, now: u64) -> Result<PrekeyBundle, Error> {
        let pair = Self::pair(&self.bob, &self.alice);
        PrekeyBundle::open(bytes, self.alice.public(), self.bob.public(), &pair, epoch, now)
    }

    /// The bundle with other bytes at a place, signed again by Alice.
    fn resigned(&self, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut bytes = self.bundle().0.to_bytes();
        bytes.truncate(bytes.len() - 64);
        change(&mut bytes);
        let signature = self.alice.sign(&[b"bauta bundle v1\0", bytes.as_slice()].concat());
        [bytes.as_slice(), &signature].concat()
    }

    fn withdrawal(&self) -> Withdrawal {
        Withdrawal::create(&self.alice, &Self::pair(&self.alice, &self.bob), 1_234, 7)
    }

    fn open_withdrawal(&self, bytes: &[u8], epoch: u64) -> Result<Withdrawal, Error> {
        let pair = Self::pair(&self.bob, &self.alice);
        Withdrawal::open(bytes, self.alice.public(), self.bob.public(), &pair, epoch)
    }
}

#[test]
fn the_peer_opens_a_bundle() {
    let people = People::new();
    let (bundle, secrets) = people.bundle();
    let opened = people.open(&bundle.to_bytes()).unwrap();
    assert_eq!(opened.to_bytes(), bundle.to_bytes());
    assert_eq!((opened.id(), opened.id()), (bundle.id(), secrets.bundle_id()));
    let terms = (opened.epoch(), opened.generation(), opened.not_after());
    assert_eq!(terms, (TERMS.epoch, TERMS.generation, TERMS.not_after));
}

#[test]
fn a_bundle_ends_after_its_last_second() {
    let people = People::new();
    let bytes = people.bundle().0.to_bytes();
    assert!(people.open_at(&bytes, 7, 0).is_ok());
    assert!(people.open_at(&bytes, 7, 2_000).is_ok());
    assert_eq!(people.open_at(&bytes, 7, 2_001).unwrap_err(), Error::Expired);
    assert_eq!(people.open_at(&bytes, 8, 2_000).unwrap_err(), Error::WrongEpoch);
}

#[test]
fn a_bundle_is_for_one_reader_of_one_writer_on_one_network() {
    let people = People::new();
    let People { alice, bob, carol } = &people;
    let bytes = people.bundle().0.to_bytes();
    let open = |writer: &IdentityKey, reader: &IdentityKey, pair: &Pair| {
        PrekeyBundle::open(&bytes, writer.public(), reader.public(), pair, 7, 0).unwrap_err()
    };
    let (of_bob, of_carol) = (People::pair(bob, alice), People::pair(carol, alice));
    assert_eq!(open(alice, carol, &of_carol), Error::WrongPair);
    assert_eq!(open(alice, bob, &of_carol), Error::WrongPair);
    assert_eq!(open(carol, alice, &of_carol), Error::Signature);
    assert_eq!(open(bob, alice, &of_bob), Error::Signature);
    let elsewhere = Pair::new(bob, alice.public(), &[8; 32]).unwrap();
    assert_eq!(open(alice, bob, &elsewhere), Error::WrongPair);
}

#[test]
fn every_flipped_byte_of_a_bundle_is_refused() {
    let people = People::new();
    let bytes = people.bundle().0.to_bytes();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let expected = if at == 0 { Error::Version(0) } else { Error::Signature };
        assert_eq!(people.open(&flipped).unwrap_err(), expected, "byte {at}");
    }
}

#[test]
fn every_truncation_of_a_bundle_is_refused() {
    let people = People::new();
    let bytes = people.bundle().0.to_bytes();
    for len in 0..bytes.len() {
        assert!(people.open(&bytes[..len]).is_err());
    }
    assert!(people.open(&[bytes.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn a_signed_bundle_of_another_form_is_refused_by_name() {
    let people = People::new();
    let open = |change: &dyn Fn(&mut Vec<u8>)| people.open(&people.resigned(change));
    assert!(open(&|_| {}).is_ok());
    assert_eq!(open(&|bytes| bytes[0] = 2).unwrap_err(), Error::Decode);
    assert_eq!(open(&|bytes| bytes[0] = 3).unwrap_err(), Error::Version(3));
    assert_eq!(open(&|bytes| bytes[3] = 1).unwrap_err(), Error::Suite);
    assert_eq!(open(&|bytes| bytes[1] = 3).unwrap_err(), Error::Decode);
    assert_eq!(open(&|bytes| bytes[20] ^= 1).unwrap_err(), Error::WrongDirection);
    assert_eq!(open(&|bytes| bytes[28] ^= 1).unwrap_err(), Error::WrongEpoch);
    assert_eq!(open(&|bytes| bytes[29] ^= 1).unwrap_err(), Error::WrongPair);
    for key_type in [77, 110, 143] {
        assert_eq!(open(&|bytes| bytes[key_type] ^= 1).unwrap_err(), Error::Decode);
    }
    assert_eq!(open(&|bytes| bytes.push(0)).unwrap_err(), Error::Decode);
    assert_eq!(open(&|bytes| bytes.truncate(1_000)).unwrap_err(), Error::Decode);
}

#[test]
fn a_bundle_tells_what_was_heard_of_its_reader_and_is_of_version_1_if_there_is_nothing() {
    let people = People::new();
    assert_eq!(people.bundle().0.to_bytes()[0], 1);
    assert_eq!(people.open(&people.bundle().0.to_bytes()).unwrap().heard(), Heard::default());
    for (accepted, answers) in [(5, None), (0, Some([7; 16])), (u64::MAX, Some([255; 16]))] {
        let heard = Heard { accepted, answers };
        let pair = People::pair(&people.alice, &people.bob);
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (bundle, _) = PrekeyBundle::telling(&people.alice, &pair, TERMS, heard, &mut rng);
        let bytes = bundle.to_bytes();
        assert_eq!(bytes[0], 2);
        assert_eq!((bundle.heard(), people.open(&bytes).unwrap().heard()), (heard, heard));
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            assert!(people.open(&flipped).is_err(), "byte {at}");
            assert!(people.open(&bytes[..at]).is_err());
        }
    }
}

#[test]
fn a_suite_of_the_future_may_be_offered_beside_a_known_one() {
    let people = People::new();
    let offer = |suites: Vec<u8>| {
        people.open(&people.resigned(|bytes| {
            let len = u8::try_from(suites.len()).unwrap();
            bytes.splice(1..4, [vec![len], suites].concat());
        }))
    };
    assert!(offer(vec![0xff, 0xff, 0, 2]).is_ok());
    assert!(offer([0xff; 14].into_iter().chain([0, 2]).collect()).is_ok());
    assert_eq!(offer([0xff; 16].into_iter().chain([0, 2]).collect()).unwrap_err(), Error::Decode);
    assert_eq!(offer(vec![0xff, 0xff]).unwrap_err(), Error::Suite);
    assert_eq!(offer(vec![]).unwrap_err(), Error::Suite);
}

#[test]
fn private_keys_survive_storage() {
    let (_, secrets) = People::new().bundle();
    let bytes = secrets.to_bytes();
    let read = PrekeySecrets::from_bytes(bytes.expose()).unwrap();
    assert_eq!(read.bundle_id(), secrets.bundle_id());
    assert_eq!(read.to_bytes().expose(), bytes.expose());
}

#[test]
fn damaged_private_keys_are_refused() {
    let bytes = People::new().bundle().1.to_bytes();
    for at in 0..bytes.len() {
        let mut flipped = bytes.expose().to_vec();
        flipped[at] ^= 1 << (at % 8);
        assert_eq!(PrekeySecrets::from_bytes(&flipped).unwrap_err(), Error::Decode);
        assert_eq!(PrekeySecrets::from_bytes(&bytes.expose()[..at]).unwrap_err(), Error::Decode);
    }
}

#[test]
fn the_peer_opens_a_withdrawal() {
    let people = People::new();
    let bytes = people.withdrawal().to_bytes();
    let opened = people.open_withdrawal(&bytes, 7).unwrap();
    assert_eq!((opened.generation(), opened.to_bytes()), (1_234, bytes.clone()));
    assert_eq!(people.open_withdrawal(&bytes, 8).unwrap_err(), Error::WrongEpoch);
    let pair = People::pair(&people.carol, &people.alice);
    let (alice, carol) = (people.alice.public(), people.carol.public());
    assert_eq!(Withdrawal::open(&bytes, alice, carol, &pair, 7).unwrap_err(), Error::WrongPair);
}

#[test]
fn every_flipped_byte_and_truncation_of_a_withdrawal_is_refused() {
    let people = People::new();
    let bytes = people.withdrawal().to_bytes();
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let expected = if at == 0 { Error::Version(0) } else { Error::Signature };
        assert_eq!(people.open_withdrawal(&flipped, 7).unwrap_err(), expected);
        assert!(people.open_withdrawal(&bytes[..at], 7).is_err());
    }
}

#[test]
fn one_record_never_passes_for_the_other() {
    let people = People::new();
    let (bundle, withdrawal) = (people.bundle().0.to_bytes(), people.withdrawal().to_bytes());
    assert_eq!(people.open_withdrawal(&bundle, 7).unwrap_err(), Error::Signature);
    assert_eq!(people.open(&withdrawal).unwrap_err(), Error::Signature);
}

#[test]
fn private_keys_show_their_name_only() {
    let (bundle, secrets) = People::new().bundle();
    assert_eq!(format!("{secrets:?}"), "PrekeySecrets");
    assert!(format!("{bundle:?}").starts_with("PrekeyBundle { id:"));
}
