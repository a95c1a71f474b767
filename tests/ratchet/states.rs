//! States: stored, read again, restored from old copies, and stolen.

use bauta::crypto::hash;
use bauta::signal::Error;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Role;
use bauta::signal::session::Session;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

use crate::people::AES;
use crate::people::Asked;
use crate::people::Talk;
use crate::people::assert_refused;
use crate::people::flipped;
use crate::people::restored;
use crate::people::round_trip;

#[test]
fn a_restored_state_never_seals_two_bodies_under_one_key() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(20);
    let before = alice.encrypt(b"before", AES, &mut rng).unwrap();
    assert_eq!(bob.decrypt(&before).unwrap().expose(), b"before");
    let (mut now, mut then) = (restored(&alice), restored(&alice));
    let new = now.encrypt(b"one", AES, &mut rng).unwrap();
    let old = then.encrypt(b"two", AES, &mut rng).unwrap();
    // The message key is the same; the salt, and with it the body key, is not.
    assert_ne!(new[2_342..2_358], old[2_342..2_358]);
    assert_ne!(new[..12], old[..12]);
    let same = new[2_358..].iter().zip(&old[2_358..]).filter(|(a, b)| a == b).count();
    assert!(same < 40, "{same} bytes of the bodies are equal");
    assert_eq!(bob.decrypt(&new).unwrap().expose(), b"one");
    assert_eq!(assert_refused(&mut bob, &old), Error::Consumed);
}

#[test]
fn a_state_restored_from_before_its_answer_is_noticed() {
    let Talk { mut rng, alice, mut bob } = Talk::new(22);
    let (mut now, mut then) = (restored(&alice), restored(&alice));
    let new = now.encrypt(b"one", AES, &mut rng).unwrap();
    let old = then.encrypt(b"two", AES, &mut rng).unwrap();
    assert_eq!(bob.decrypt(&new).unwrap().expose(), b"one");
    // Another chain under the same header key.
    assert_eq!(assert_refused(&mut bob, &old), Error::Misbehaved);
    let reply = bob.encrypt(b"x", AES, &mut rng).unwrap();
    assert_eq!(now.decrypt(&reply).unwrap().expose(), b"x");
    assert_eq!(assert_refused(&mut then, &reply), Error::Diverged);
    let mut unsaid = restored(&alice);
    assert_eq!(assert_refused(&mut unsaid, &reply), Error::Misbehaved);
}

#[test]
fn a_restored_reader_opens_no_chain_that_it_has_forgotten() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(21);
    let backup = bob.to_bytes();
    for _ in 0..2 {
        let envelope = alice.encrypt(b"x", AES, &mut rng).unwrap();
        bob.decrypt(&envelope).unwrap();
        let reply = bob.encrypt(b"x", AES, &mut rng).unwrap();
        alice.decrypt(&reply).unwrap();
    }
    let envelope = alice.encrypt(b"x", AES, &mut rng).unwrap();
    let mut bob = Session::from_bytes(backup.expose()).unwrap();
    assert_eq!(assert_refused(&mut bob, &envelope), Error::NoHeaderKey);
}

/// Both sides of a conversation, and of one that is not answered yet, as version 3 stored them.
#[test]
fn what_the_version_before_stored_is_read_and_talks_on() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let read = |bytes: &[u8]| Session::from_bytes(bytes).unwrap();
    let mut alice = read(include_bytes!("../data/session_v3/alice.bin"));
    let mut bob = read(include_bytes!("../data/session_v3/bob.bin"));
    assert_eq!((alice.turns(), bob.turns()), (1, 2));
    let late = include_bytes!("../data/session_v3/late.bin");
    assert_eq!(bob.decrypt(late).unwrap().expose(), b"late");
    assert_eq!(assert_refused(&mut bob, late), Error::Consumed);
    talk_on(&mut alice, &mut bob, &mut rng);
    let mut alice = read(include_bytes!("../data/session_v3/unanswered.bin"));
    let mut bob = read(include_bytes!("../data/session_v3/responder.bin"));
    let again = alice.encrypt_initial(b"again", AES, &mut rng).unwrap();
    let again = InitialMessage::parse(again.expose()).unwrap();
    assert_eq!(bob.decrypt_initial(&again).unwrap().expose(), b"again");
    let reply = bob.encrypt(b"reply", AES, &mut rng).unwrap();
    assert_eq!(alice.decrypt(&reply).unwrap().expose(), b"reply");
    talk_on(&mut alice, &mut bob, &mut rng);
}

/// A few turns, each side stored and read in between.
fn talk_on(alice: &mut Session, bob: &mut Session, rng: &mut ChaCha20Rng) {
    let (mut from, mut to) = (alice, bob);
    for round in 0..8_u8 {
        let envelope = from.encrypt(&[round], AES, rng).unwrap();
        assert_eq!(to.decrypt(&envelope).unwrap().expose(), [round]);
        (*from, *to) = (restored(from), restored(to));
        core::mem::swap(&mut from, &mut to);
    }
}

#[test]
fn an_unknown_version_of_a_state_is_refused_by_name() {
    let state = Talk::new(1).alice.to_bytes();
    for version in [0, 2, 5, 255] {
        let mut bytes = state.expose()[..state.expose().len() - 16].to_vec();
        bytes[0] = version;
        let sum = hash::sha256(&[&bytes]);
        bytes.extend_from_slice(&sum[..16]);
        assert_eq!(Session::from_bytes(&bytes).unwrap_err(), Error::Version(version));
    }
}

const KIB_8: usize = 8 * 1_024;

#[test]
fn a_state_with_all_its_chains_has_less_than_eight_kibibytes() {
    let mut talk = Talk::new(22);
    for _ in 0..8 {
        round_trip(&mut talk);
    }
    let unanswered = Asked::new(22).initiate();
    for session in [&talk.alice, &talk.bob, &unanswered] {
        assert!(session.to_bytes().len() <= KIB_8);
        assert_eq!(session.standing().skipped, 0);
    }
    assert_eq!((talk.alice.standing().chains, talk.bob.standing().chains), (5, 5));
}

#[test]
fn a_missing_message_takes_36_bytes_of_a_state_and_at_most_2048_are_kept() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(24);
    let first = alice.encrypt(b"x", AES, &mut rng).unwrap();
    bob.decrypt(&first).unwrap();
    let without = bob.to_bytes().len();
    let mut missing = 0;
    for gap in [1, 1_023, 1_024, 7] {
        let last = (0..=gap).map(|_| alice.encrypt(b"x", AES, &mut rng).unwrap()).last();
        bob.decrypt(&last.unwrap()).unwrap();
        missing = 2_048.min(missing + gap);
        assert_eq!(bob.standing().skipped, missing);
        assert_eq!(bob.to_bytes().len(), without + 36 * missing);
    }
    assert!(bob.to_bytes().len() <= KIB_8 + 36 * 2_048);
}

#[test]
fn states_survive_storage_at_every_stage() {
    let mut asked = Asked::new(22);
    let mut alice = restored(&asked.initiate());
    let initial = alice.encrypt_initial(b"x", AES, &mut asked.rng).unwrap();
    let mut alice = restored(&alice);
    let (bob, _) = asked.respond(initial.expose()).unwrap();
    let mut bob = restored(&bob);
    let reply = bob.encrypt(b"y", AES, &mut asked.rng).unwrap();
    alice.decrypt(&reply).unwrap();
    let (mut alice, bob) = (restored(&alice), restored(&bob));
    assert_eq!((alice.id(), alice.role(), alice.answered()), (bob.id(), Role::Initiator, true));
    assert_eq!((bob.role(), bob.answered()), (Role::Responder, true));
    alice.encrypt(b"lost", AES, &mut asked.rng).unwrap();
    let envelope = alice.encrypt(b"z", AES, &mut asked.rng).unwrap();
    let mut bob = restored(&bob);
    assert_eq!(bob.decrypt(&envelope).unwrap().expose(), b"z");
    assert_eq!(restored(&bob).to_bytes().expose(), bob.to_bytes().expose());
}

#[test]
fn every_flipped_byte_and_truncation_of_a_state_is_refused() {
    let mut talk = Talk::new(23);
    talk.alice.encrypt(b"lost", AES, &mut talk.rng).unwrap();
    let envelope = talk.alice.encrypt(b"x", AES, &mut talk.rng).unwrap();
    talk.bob.decrypt(&envelope).unwrap();
    for session in [Asked::new(23).initiate(), talk.alice, talk.bob] {
        let bytes = session.to_bytes();
        for at in 0..bytes.len() {
            let refused = Session::from_bytes(&flipped(bytes.expose(), at));
            assert_eq!(refused.unwrap_err(), Error::Decode);
            let refused = Session::from_bytes(&bytes.expose()[..at]);
            assert_eq!(refused.unwrap_err(), Error::Decode);
        }
    }
}
