//! Sessions: the key agreement and the Double Ratchet, through the public interface.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use bauta::crypto::hash;
use bauta::crypto::identity::IdentityKey;
use bauta::crypto::secret::Secret;
use bauta::crypto::secret::SecretBytes;
use bauta::crypto::x25519::X25519Key;
use bauta::signal::BodyAead;
use bauta::signal::Direction;
use bauta::signal::ENVELOPE_LEN;
use bauta::signal::Error;
use bauta::signal::prekey::PrekeyBundle;
use bauta::signal::prekey::PrekeySecrets;
use bauta::signal::prekey::Terms;
use bauta::signal::rendezvous::pair::Pair;
use bauta::signal::session::BODY_LEN;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Role;
use bauta::signal::session::Session;
use bauta::signal::x3dh;
use bauta::signal::x3dh::Agreement;
use bauta::signal::x3dh::InitiatorKeys;
use bauta::signal::x3dh::Mode;
use bauta::signal::x3dh::ResponderKeys;
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

const NETWORK: [u8; 32] = [9; 32];
const TERMS: Terms = Terms { epoch: 7, generation: 1_234, not_after: 2_000 };
const NOW: u64 = 1_500;
const AES: BodyAead = BodyAead::Aes256Gcm;
const CHACHA: BodyAead = BodyAead::ChaCha20Poly1305;

/// Alice has opened a bundle of Bob's.
struct Asked {
    rng: ChaCha20Rng,
    alice: IdentityKey,
    bob: IdentityKey,
    bundle: PrekeyBundle,
    secrets: PrekeySecrets,
}

impl Asked {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let (alice, bob) = (IdentityKey::generate(&mut rng), IdentityKey::generate(&mut rng));
        let (bundle, secrets) = bundle_of(&bob, &alice, &mut rng);
        Self { rng, alice, bob, bundle, secrets }
    }

    fn initiate(&mut self) -> Session {
        let Self { rng, alice, bob, bundle, .. } = self;
        Session::initiate(alice, bob.public(), &NETWORK, bundle, rng).unwrap()
    }

    fn respond(&self, initial: &[u8]) -> Result<(Session, SecretBytes), Error> {
        let Self { alice, bob, secrets, .. } = self;
        let message = InitialMessage::parse(initial)?;
        Session::respond(bob, alice.public(), &NETWORK, secrets, &message)
    }
}

/// A bundle of one's own for a peer, as the peer opens it.
fn bundle_of(
    own: &IdentityKey,
    peer: &IdentityKey,
    rng: &mut ChaCha20Rng,
) -> (PrekeyBundle, PrekeySecrets) {
    let pair = Pair::new(own, peer.public(), &NETWORK).unwrap();
    let (bundle, secrets) = PrekeyBundle::create(own, &pair, TERMS, rng);
    let theirs = Pair::new(peer, own.public(), &NETWORK).unwrap();
    let bytes = bundle.to_bytes();
    let opened =
        PrekeyBundle::open(&bytes, own.public(), peer.public(), &theirs, TERMS.epoch, NOW).unwrap();
    (opened, secrets)
}

/// A conversation in which both sides have authenticated a message.
struct Talk {
    rng: ChaCha20Rng,
    alice: Session,
    bob: Session,
}

impl Talk {
    fn new(seed: u64) -> Self {
        let mut asked = Asked::new(seed);
        let mut alice = asked.initiate();
        let first = alice.encrypt_initial(b"first", AES, &mut asked.rng).unwrap();
        let (mut bob, body) = asked.respond(first.expose()).unwrap();
        assert_eq!(body.expose(), b"first");
        let reply = bob.encrypt(b"reply", AES, &mut asked.rng).unwrap();
        assert_eq!(alice.decrypt(&reply).unwrap().expose(), b"reply");
        Self { rng: asked.rng, alice, bob }
    }
}

/// Asserts that a session refuses an envelope and is the same, byte for byte, afterwards.
#[track_caller]
fn assert_refused(session: &mut Session, envelope: &[u8]) -> Error {
    let before = session.to_bytes();
    let error = session.decrypt(envelope).unwrap_err();
    assert_eq!(session.to_bytes().expose(), before.expose());
    error
}

fn restored(session: &Session) -> Session {
    Session::from_bytes(session.to_bytes().expose()).unwrap()
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << (at % 8);
    bytes
}

#[test]
fn two_people_talk() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(1);
    assert_eq!(alice.id(), bob.id());
    assert_eq!((alice.role(), bob.role()), (Role::Initiator, Role::Responder));
    for round in 0..20_u8 {
        for aead in [AES, CHACHA] {
            let envelope = alice.encrypt(&[round; 3], aead, &mut rng).unwrap();
            assert_eq!(envelope.len(), ENVELOPE_LEN);
            assert_eq!(bob.decrypt(&envelope).unwrap().expose(), [round; 3]);
            let envelope = bob.encrypt(&[round; BODY_LEN], aead, &mut rng).unwrap();
            assert_eq!(envelope.len(), ENVELOPE_LEN);
            assert_eq!(alice.decrypt(&envelope).unwrap().expose(), [round; BODY_LEN]);
        }
    }
    for week in 0..3 {
        let (outgoing, incoming) = (Direction::Outgoing, Direction::Incoming);
        let of = |session: &Session, direction| *session.capability(direction, week).expose();
        assert_eq!(of(&alice, outgoing), of(&bob, incoming));
        assert_eq!(of(&alice, incoming), of(&bob, outgoing));
        assert_ne!(of(&alice, incoming), of(&alice, outgoing));
        assert_ne!(of(&alice, incoming), *alice.capability(incoming, week + 1).expose());
    }
}

#[test]
fn a_body_may_have_every_length_up_to_its_ceiling() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(2);
    for len in [0, 1, BODY_LEN - 1, BODY_LEN] {
        let envelope = alice.encrypt(&vec![5; len], AES, &mut rng).unwrap();
        assert_eq!(bob.decrypt(&envelope).unwrap().expose(), vec![5; len]);
    }
    let before = alice.to_bytes();
    assert_eq!(alice.encrypt(&[5; BODY_LEN + 1], AES, &mut rng).unwrap_err(), Error::TooLong);
    assert_eq!(alice.to_bytes().expose(), before.expose());
}

#[test]
fn initial_messages_have_one_length_and_fit_their_envelope() {
    let mut asked = Asked::new(3);
    let mut alice = asked.initiate();
    let pair = Pair::new(&asked.alice, asked.bob.public(), &NETWORK).unwrap();
    for len in [0, BODY_LEN] {
        let initial = alice.encrypt_initial(&vec![1; len], CHACHA, &mut asked.rng).unwrap();
        let (epoch, kind) = (TERMS.epoch, bauta::signal::rendezvous::pair::Kind::Initial);
        let sealed =
            pair.seal(Direction::Outgoing, epoch, kind, initial.expose(), &mut asked.rng).unwrap();
        assert_eq!(sealed.len(), ENVELOPE_LEN);
        assert_eq!(initial.len(), 3_963);
    }
    let refused = alice.encrypt_initial(&[1; BODY_LEN + 1], AES, &mut asked.rng);
    assert_eq!(refused.unwrap_err(), Error::TooLong);
}

#[test]
fn any_initial_message_may_arrive_first() {
    for first in 0..4_usize {
        let mut asked = Asked::new(4);
        let mut alice = asked.initiate();
        let initials: Vec<SecretBytes> = (0..4_u8)
            .map(|number| alice.encrypt_initial(&[number], AES, &mut asked.rng).unwrap())
            .collect();
        let (mut bob, body) = asked.respond(initials[first].expose()).unwrap();
        assert_eq!(body.expose(), [u8::try_from(first).unwrap()]);
        let reply = bob.encrypt(b"reply", AES, &mut asked.rng).unwrap();
        for (number, initial) in initials.iter().enumerate().rev() {
            let message = InitialMessage::parse(initial.expose()).unwrap();
            assert_eq!(message.session_id(), alice.id());
            let opened = bob.decrypt_initial(&message);
            if number == first {
                assert_eq!(opened.unwrap_err(), Error::Consumed);
            } else {
                assert_eq!(opened.unwrap().expose(), [u8::try_from(number).unwrap()]);
            }
        }
        assert_eq!(alice.decrypt(&reply).unwrap().expose(), b"reply");
    }
}

#[test]
fn initial_messages_that_come_late_are_still_opened() {
    let mut asked = Asked::new(5);
    let mut alice = asked.initiate();
    let mut initial = |alice: &mut Session, body: &[u8]| {
        let plaintext = alice.encrypt_initial(body, AES, &mut asked.rng).unwrap();
        InitialMessage::parse(plaintext.expose()).unwrap()
    };
    let (first, late) = (initial(&mut alice, b"first"), initial(&mut alice, b"late"));
    let Asked { mut rng, alice: alice_key, bob: bob_key, secrets, .. } = asked;
    let (mut bob, _) =
        Session::respond(&bob_key, alice_key.public(), &NETWORK, &secrets, &first).unwrap();
    for _ in 0..2 {
        let envelope = bob.encrypt(b"x", AES, &mut rng).unwrap();
        alice.decrypt(&envelope).unwrap();
        let envelope = alice.encrypt(b"y", AES, &mut rng).unwrap();
        bob.decrypt(&envelope).unwrap();
    }
    assert_eq!(bob.decrypt_initial(&late).unwrap().expose(), b"late");
    for again in [&first, &late] {
        let before = bob.to_bytes();
        assert_eq!(bob.decrypt_initial(again).unwrap_err(), Error::Consumed);
        assert_eq!(bob.to_bytes().expose(), before.expose());
    }
}

#[test]
fn each_call_has_its_time() {
    let mut asked = Asked::new(6);
    let mut alice = asked.initiate();
    assert!(!alice.answered());
    assert_eq!(alice.encrypt(b"x", AES, &mut asked.rng).unwrap_err(), Error::ApiMisuse);
    let initial = alice.encrypt_initial(b"x", AES, &mut asked.rng).unwrap();
    let message = InitialMessage::parse(initial.expose()).unwrap();
    let misuse = alice.decrypt_initial(&message);
    assert_eq!(misuse.unwrap_err(), Error::ApiMisuse);
    let (mut bob, _) = asked.respond(initial.expose()).unwrap();
    assert!(bob.answered());
    assert_eq!(bob.encrypt_initial(b"x", AES, &mut asked.rng).unwrap_err(), Error::ApiMisuse);
    let reply = bob.encrypt(b"x", AES, &mut asked.rng).unwrap();
    alice.decrypt(&reply).unwrap();
    assert!(alice.answered());
    assert_eq!(alice.encrypt_initial(b"x", AES, &mut asked.rng).unwrap_err(), Error::ApiMisuse);
    let Asked { rng, alice, bundle, .. } = &mut asked;
    let misuse = Session::initiate(alice, alice.public(), &NETWORK, bundle, rng);
    assert_eq!(misuse.unwrap_err(), Error::ApiMisuse);
}

#[test]
fn an_initial_message_for_other_people_networks_or_bundles_is_refused() {
    let mut asked = Asked::new(7);
    let initial = asked.initiate().encrypt_initial(b"x", AES, &mut asked.rng).unwrap();
    let message = InitialMessage::parse(initial.expose()).unwrap();
    let Asked { mut rng, alice, bob, secrets, .. } = asked;
    let carol = IdentityKey::generate(&mut rng);
    let (_, others) = bundle_of(&bob, &alice, &mut rng);
    let respond = |own: &IdentityKey, peer: &IdentityKey, network, secrets| {
        Session::respond(own, peer.public(), network, secrets, &message).map(|_| ())
    };
    assert_eq!(respond(&bob, &carol, &NETWORK, &secrets), Err(Error::NoHeaderKey));
    assert_eq!(respond(&carol, &alice, &NETWORK, &secrets), Err(Error::NoHeaderKey));
    assert_eq!(respond(&bob, &alice, &[8; 32], &secrets), Err(Error::NoHeaderKey));
    assert_eq!(respond(&bob, &alice, &NETWORK, &others), Err(Error::WrongBundle));
    assert_eq!(respond(&bob, &alice, &NETWORK, &secrets), Ok(()));
}

#[test]
fn an_initial_message_of_another_session_is_refused() {
    let mut asked = Asked::new(8);
    let one = asked.initiate().encrypt_initial(b"x", AES, &mut asked.rng).unwrap();
    let two = asked.initiate().encrypt_initial(b"x", AES, &mut asked.rng).unwrap();
    let (mut bob, _) = asked.respond(one.expose()).unwrap();
    let message = InitialMessage::parse(two.expose()).unwrap();
    let refused = bob.decrypt_initial(&message);
    assert_eq!(refused.unwrap_err(), Error::WrongSession);
}

#[test]
fn every_flipped_byte_of_an_initial_message_is_refused() {
    let mut asked = Asked::new(9);
    let mut alice = asked.initiate();
    let first = alice.encrypt_initial(b"x", AES, &mut asked.rng).unwrap();
    let next = alice.encrypt_initial(b"y", AES, &mut asked.rng).unwrap();
    let (mut bob, _) = asked.respond(first.expose()).unwrap();
    let state = bob.to_bytes();
    // Behind the initial header, where a key agreement for each would take long, every 29th byte
    // meets a responder, and every byte a session.
    for at in (0..1_139).chain((1_139..first.len()).step_by(29)) {
        let refused = asked.respond(&flipped(first.expose(), at)).map(|_| ()).unwrap_err();
        let expected = match at {
            0 => Error::Version(0),
            1..3 => Error::Suite,
            3..19 => Error::WrongBundle,
            19..2_393 => Error::NoHeaderKey,
            _ => Error::Decrypt,
        };
        assert_eq!(refused, expected, "byte {at}");
    }
    for at in 0..next.len() {
        let Ok(message) = InitialMessage::parse(&flipped(next.expose(), at)) else { continue };
        let refused = bob.decrypt_initial(&message).unwrap_err();
        let expected = match at {
            0..1_139 => Error::WrongSession,
            1_139..2_393 => Error::NoHeaderKey,
            _ => Error::Decrypt,
        };
        assert_eq!(refused, expected, "byte {at}");
        assert_eq!(bob.to_bytes().expose(), state.expose());
    }
    let message = InitialMessage::parse(next.expose()).unwrap();
    assert_eq!(bob.decrypt_initial(&message).unwrap().expose(), b"y");
}

#[test]
fn an_initial_message_of_another_length_is_refused() {
    let mut asked = Asked::new(10);
    let initial = asked.initiate().encrypt_initial(b"x", AES, &mut asked.rng).unwrap();
    for len in 0..initial.len() {
        let refused = InitialMessage::parse(&initial.expose()[..len]);
        assert_eq!(refused.unwrap_err(), Error::Decode);
    }
    let longer = [initial.expose(), &[0]].concat();
    assert_eq!(InitialMessage::parse(&longer).unwrap_err(), Error::Decode);
}

#[test]
fn every_flipped_byte_of_an_envelope_leaves_the_state_alone() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(11);
    // One envelope that turns the ratchet, one that advances a chain, one that was skipped.
    let turning = alice.encrypt(b"turning", AES, &mut rng).unwrap();
    let advancing = alice.encrypt(b"advancing", CHACHA, &mut rng).unwrap();
    for (envelope, forged) in [(turning, Error::Diverged), (advancing, Error::Decrypt)] {
        for at in 0..ENVELOPE_LEN {
            let expected = if at < 2_342 { Error::NoHeaderKey } else { forged };
            let error = assert_refused(&mut bob, &flipped(&envelope, at));
            assert_eq!(error, expected, "byte {at}");
        }
        bob.decrypt(&envelope).unwrap();
    }
    let skipped = alice.encrypt(b"skipped", AES, &mut rng).unwrap();
    let last = alice.encrypt(b"last", AES, &mut rng).unwrap();
    bob.decrypt(&last).unwrap();
    for at in (0..ENVELOPE_LEN).step_by(7) {
        assert_refused(&mut bob, &flipped(&skipped, at));
    }
    assert_eq!(bob.decrypt(&skipped).unwrap().expose(), b"skipped");
}

#[test]
fn envelopes_of_another_length_kind_or_session_are_refused() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(12);
    let envelope = alice.encrypt(b"x", AES, &mut rng).unwrap();
    for len in 0..ENVELOPE_LEN {
        assert_eq!(assert_refused(&mut bob, &envelope[..len]), Error::Decode);
    }
    let longer = [envelope.as_slice(), &[0]].concat();
    assert_eq!(assert_refused(&mut bob, &longer), Error::Decode);
    for rubbish in [0, 0xff] {
        let rubbish = [rubbish; ENVELOPE_LEN];
        assert_eq!(assert_refused(&mut bob, &rubbish), Error::NoHeaderKey);
    }
    let mut other = Talk::new(13);
    assert_eq!(assert_refused(&mut other.bob, &envelope), Error::NoHeaderKey);
    // Reflected to its own sender.
    assert_eq!(assert_refused(&mut alice, &envelope), Error::NoHeaderKey);
    // The body of one message behind the header of another.
    let second = alice.encrypt(b"y", AES, &mut rng).unwrap();
    let crossed = [&envelope[..2_342], &second[2_342..]].concat();
    assert_eq!(assert_refused(&mut bob, &crossed), Error::Diverged);
    assert_eq!(bob.decrypt(&envelope).unwrap().expose(), b"x");
}

#[test]
fn a_replayed_envelope_is_refused() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(14);
    let envelopes: Vec<Vec<u8>> =
        (0..5_u8).map(|number| alice.encrypt(&[number], AES, &mut rng).unwrap()).collect();
    for order in [2_usize, 0, 4, 1, 3] {
        bob.decrypt(&envelopes[order]).unwrap();
        assert_eq!(assert_refused(&mut bob, &envelopes[order]), Error::Consumed);
    }
    for _ in 0..4 {
        let reply = bob.encrypt(b"x", AES, &mut rng).unwrap();
        alice.decrypt(&reply).unwrap();
        for envelope in &envelopes {
            assert_eq!(assert_refused(&mut bob, envelope), Error::Consumed);
        }
        let envelope = alice.encrypt(b"y", AES, &mut rng).unwrap();
        bob.decrypt(&envelope).unwrap();
    }
}

#[test]
fn a_chain_is_given_up_after_five_later_ones() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(15);
    let late: Vec<Vec<u8>> =
        (0..3_u8).map(|number| alice.encrypt(&[number], AES, &mut rng).unwrap()).collect();
    for turn in 0..6 {
        let envelope = alice.encrypt(b"x", AES, &mut rng).unwrap();
        bob.decrypt(&envelope).unwrap();
        let reply = bob.encrypt(b"y", AES, &mut rng).unwrap();
        alice.decrypt(&reply).unwrap();
        match turn {
            0 => assert_eq!(bob.decrypt(&late[0]).unwrap().expose(), [0]),
            4 => assert_eq!(bob.decrypt(&late[1]).unwrap().expose(), [1]),
            5 => assert_eq!(assert_refused(&mut bob, &late[2]), Error::NoHeaderKey),
            _ => {}
        }
    }
}

#[test]
fn a_gap_of_1024_is_bridged_and_one_more_is_not() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(16);
    let mut envelopes: Vec<Vec<u8>> =
        (0..1_026).map(|_| alice.encrypt(b"x", AES, &mut rng).unwrap()).collect();
    let too_far = envelopes.pop().unwrap();
    assert_eq!(assert_refused(&mut bob, &too_far), Error::TooFarAhead);
    bob.decrypt(&envelopes[1_024]).unwrap();
    bob.decrypt(&too_far).unwrap();
    bob.decrypt(&envelopes[0]).unwrap();
    bob.decrypt(&envelopes[1_023]).unwrap();
}

#[test]
fn a_gap_at_the_end_of_a_chain_has_the_same_bound() {
    for (sent, expected) in [(1_025, None), (1_026, Some(Error::TooFarAhead))] {
        let Talk { mut rng, mut alice, mut bob } = Talk::new(17);
        let first = alice.encrypt(b"x", AES, &mut rng).unwrap();
        bob.decrypt(&first).unwrap();
        for _ in 1..sent {
            alice.encrypt(b"x", AES, &mut rng).unwrap();
        }
        let reply = bob.encrypt(b"x", AES, &mut rng).unwrap();
        alice.decrypt(&reply).unwrap();
        let turning = alice.encrypt(b"x", AES, &mut rng).unwrap();
        assert_eq!(bob.decrypt(&turning).err(), expected);
    }
}

#[test]
fn a_session_keeps_2048_skipped_keys() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(18);
    let mut kept = Vec::new();
    for skipped in [1_024, 1_024, 1] {
        let mut envelopes: Vec<Vec<u8>> =
            (0..=skipped).map(|_| alice.encrypt(b"x", AES, &mut rng).unwrap()).collect();
        bob.decrypt(&envelopes.pop().unwrap()).unwrap();
        kept.push(envelopes);
        let reply = bob.encrypt(b"x", AES, &mut rng).unwrap();
        alice.decrypt(&reply).unwrap();
    }
    assert_eq!(assert_refused(&mut bob, &kept[0][0]), Error::Consumed);
    let mut bob = restored(&bob);
    for envelope in kept.iter().flatten().skip(1) {
        bob.decrypt(envelope).unwrap();
    }
}

#[test]
fn both_may_begin_at_once() {
    let mut asked = Asked::new(19);
    let (of_alice, alice_secrets) = bundle_of(&asked.alice, &asked.bob, &mut asked.rng);
    let mut alice = asked.initiate();
    let Asked { mut rng, alice: alice_key, bob: bob_key, secrets: bob_secrets, .. } = asked;
    let mut bob =
        Session::initiate(&bob_key, alice_key.public(), &NETWORK, &of_alice, &mut rng).unwrap();
    let from_alice = alice.encrypt_initial(b"a", AES, &mut rng).unwrap();
    let from_bob = bob.encrypt_initial(b"b", AES, &mut rng).unwrap();
    let from_alice = InitialMessage::parse(from_alice.expose()).unwrap();
    let from_bob = InitialMessage::parse(from_bob.expose()).unwrap();
    let (mut at_bob, body) =
        Session::respond(&bob_key, alice_key.public(), &NETWORK, &bob_secrets, &from_alice)
            .unwrap();
    assert_eq!(body.expose(), b"a");
    let (mut at_alice, body) =
        Session::respond(&alice_key, bob_key.public(), &NETWORK, &alice_secrets, &from_bob)
            .unwrap();
    assert_eq!(body.expose(), b"b");
    assert_ne!(alice.id(), bob.id());
    assert_eq!((alice.id(), bob.id()), (at_bob.id(), at_alice.id()));
    for (from, to) in [(&mut at_bob, &mut alice), (&mut at_alice, &mut bob)] {
        let envelope = from.encrypt(b"x", AES, &mut rng).unwrap();
        assert_eq!(to.decrypt(&envelope).unwrap().expose(), b"x");
    }
    let one = alice.capability(Direction::Outgoing, 1);
    assert_ne!(one.expose(), at_alice.capability(Direction::Outgoing, 1).expose());
}

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

/// Every envelope of a round trip in both directions, each delivered.
fn round_trip(talk: &mut Talk) -> [Vec<u8>; 2] {
    let Talk { rng, alice, bob } = talk;
    let to_bob = alice.encrypt(b"to bob", AES, rng).unwrap();
    bob.decrypt(&to_bob).unwrap();
    let to_alice = bob.encrypt(b"to alice", AES, rng).unwrap();
    alice.decrypt(&to_alice).unwrap();
    [to_bob, to_alice]
}

/// Both sides of a conversation, and of one that is not answered yet, as version 3 stored them.
#[test]
fn what_the_version_before_stored_is_read_and_talks_on() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let read = |bytes: &[u8]| Session::from_bytes(bytes).unwrap();
    let mut alice = read(include_bytes!("data/session_v3/alice.bin"));
    let mut bob = read(include_bytes!("data/session_v3/bob.bin"));
    assert_eq!((alice.turns(), bob.turns()), (1, 2));
    let late = include_bytes!("data/session_v3/late.bin");
    assert_eq!(bob.decrypt(late).unwrap().expose(), b"late");
    assert_eq!(assert_refused(&mut bob, late), Error::Consumed);
    talk_on(&mut alice, &mut bob, &mut rng);
    let mut alice = read(include_bytes!("data/session_v3/unanswered.bin"));
    let mut bob = read(include_bytes!("data/session_v3/responder.bin"));
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

#[test]
fn a_stolen_state_reads_nothing_after_a_round_trip() {
    let mut talk = Talk::new(20);
    let mut thieves = [restored(&talk.alice), restored(&talk.bob)];
    round_trip(&mut talk);
    for _ in 0..3 {
        for envelope in round_trip(&mut talk) {
            for thief in &mut thieves {
                let refused = thief.decrypt(&envelope).unwrap_err();
                assert_eq!(refused, Error::NoHeaderKey);
            }
        }
    }
}

#[test]
fn a_stolen_state_reads_nothing_of_what_was_said_before() {
    let mut talk = Talk::new(21);
    let mut said = Vec::new();
    for _ in 0..8 {
        said.extend(round_trip(&mut talk));
    }
    let mut thieves = [restored(&talk.alice), restored(&talk.bob)];
    for envelope in &said {
        for thief in &mut thieves {
            let refused = thief.decrypt(envelope).unwrap_err();
            assert!(matches!(refused, Error::NoHeaderKey | Error::Consumed), "{refused}");
        }
    }
}

#[test]
fn a_state_with_all_its_chains_has_less_than_eight_kibibytes() {
    let mut talk = Talk::new(22);
    for _ in 0..8 {
        round_trip(&mut talk);
    }
    assert!(talk.alice.to_bytes().len() <= 8 * 1_024);
    assert!(Asked::new(22).initiate().to_bytes().len() <= 8 * 1_024);
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

#[test]
fn secrets_show_their_names_only() {
    let mut asked = Asked::new(24);
    let mut alice = asked.initiate();
    let initial = alice.encrypt_initial(b"x", AES, &mut asked.rng).unwrap();
    let message = InitialMessage::parse(initial.expose()).unwrap();
    let id = format!("{:?}", alice.id());
    assert_eq!(format!("{alice:?}"), "Session(Initiator)");
    assert_eq!(format!("{message:?}"), format!("InitialMessage {{ session_id: {id}, .. }}"));
    assert_eq!(format!("{initial:?}"), "SecretBytes");
    let mode = Mode::PostQuantum(Secret::new([6; 32]));
    assert_eq!(format!("{mode:?}"), "PostQuantum(Secret)");
}

/// The numbers were computed from the formulas in `x3dh`'s documentation with Python's `hmac` and
/// `cryptography`: identity seeds of ones and twos, EK of threes, SPK of fours, OPK of fives, SS of
/// sixes.
#[test]
fn known_answers_of_the_key_agreement() {
    let [alice, bob] = [1, 2].map(|seed| IdentityKey::from_seed(Secret::new([seed; 32])));
    let key = |byte| X25519Key::from_bytes(&[byte; 32]);
    let agree = |mode: fn() -> Mode| {
        let theirs = ResponderKeys {
            identity: &bob.public().x25519().unwrap(),
            signed_prekey: &key(4).public(),
            one_time_prekey: &key(5).public(),
        };
        let initiator = x3dh::initiate(&alice, key(3), theirs, mode()).unwrap();
        let theirs = InitiatorKeys {
            identity: &alice.public().x25519().unwrap(),
            ephemeral: &key(3).public(),
        };
        let responder = x3dh::respond(&bob, &key(4), &key(5), theirs, mode()).unwrap();
        assert_eq!(parts(&initiator), parts(&responder));
        assert_eq!(format!("{initiator:?}"), "Agreement");
        parts(&initiator)
    };
    assert_eq!(
        agree(|| Mode::PostQuantum(Secret::new([6; 32]))),
        [
            "8e3b788b4a732f4060674fe2dee11ea31d195c22218a12d0e1ae5576eb12f6c7",
            "de8e3dc190de18331c98c5b4b6c89a6fb60e40bdc5f8ac544ef3c4c317c45517",
            "9868468efc9b9537e5cae76a496964e72e8103ce91bc10ff73c61cea7f232b72",
            "9b0be4a7a9cfde94a776f5d6806993df59a611c994efe8c9e56050dc689c2666",
        ]
    );
    assert_eq!(
        agree(|| Mode::Classic),
        [
            "37d40bd28e5da18ecf0d20d669cb7002ea2ced88b2932a14eda349b11246d0b1",
            "4f9bec3b5c0fc9c09c7c99e82ce4c83012c0e7ebe0fba74b8c3a2625d2764b82",
            "d390e8e988d21948800184ba5451c35d8a233230787408a4bf898a73f4095147",
            "505006bc21f698991213ae1965701d433cbb8e4762cd6426ae8f574466849427",
        ]
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parts(agreement: &Agreement) -> [String; 4] {
    let Agreement { root, header, next_header, mailbox } = agreement;
    [root, header, next_header, mailbox].map(|secret| hex(secret.expose()))
}

/// Digests of a conversation that `tests/peers/session.py`, an independent reading of
/// docs/PROTOCOL.md, has opened from the private keys. They also change when random bytes are drawn
/// in another order.
#[test]
fn known_answers_of_a_conversation() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let [alice_key, bob_key] = [1, 2].map(|seed| IdentityKey::from_seed(Secret::new([seed; 32])));
    let (bundle, secrets) = bundle_of(&bob_key, &alice_key, &mut rng);
    let mut alice =
        Session::initiate(&alice_key, bob_key.public(), &NETWORK, &bundle, &mut rng).unwrap();
    alice.encrypt_initial(b"first", AES, &mut rng).unwrap();
    let second = alice.encrypt_initial(b"second", CHACHA, &mut rng).unwrap();
    let message = InitialMessage::parse(second.expose()).unwrap();
    let (mut bob, _) =
        Session::respond(&bob_key, alice_key.public(), &NETWORK, &secrets, &message).unwrap();
    let reply = bob.encrypt(b"reply", AES, &mut rng).unwrap();
    let digests = [bundle.to_bytes().as_slice(), second.expose(), &reply]
        .map(|bytes| hash::sha256(&[bytes]))
        .map(|digest| hex(&digest));
    assert_eq!(
        digests,
        [
            "22bd6a4ff66f8662eab600584901bdd34cd9f0fdb6cefff3671aca1d6652ad30",
            "d2eca23bfa3f8d8434a3b2df2cce67f72441e39e253481a880174a666fd32f5b",
            "b442ff43ca7ed2839b5215c6f1c77019474f338c90229c3a200c980390945f92",
        ]
    );
    assert_eq!(hex(bob.id().as_bytes()), "51a4e7061f0dd74a4ebcffc786e0cf9a");
    assert_eq!(
        hex(bob.capability(Direction::Outgoing, 5).expose()),
        "ddc7f97ffc36bc4d967ee8dbd24d641c0ed726a605fb4e3228fdea21e93fcffa"
    );
}

#[test]
fn public_keys_of_low_order_are_refused() {
    let own = IdentityKey::from_seed(Secret::new([1; 32]));
    let key = |byte| X25519Key::from_bytes(&[byte; 32]);
    let (good, low) = (key(4).public(), [0; 32]);
    for at in 0..3 {
        let mut keys = [&good; 3];
        keys[at] = &low;
        let theirs =
            ResponderKeys { identity: keys[0], signed_prekey: keys[1], one_time_prekey: keys[2] };
        let refused = x3dh::initiate(&own, key(3), theirs, Mode::Classic);
        assert_eq!(refused.unwrap_err(), Error::Key);
    }
    for (identity, ephemeral) in [(&low, &good), (&good, &low)] {
        let theirs = InitiatorKeys { identity, ephemeral };
        let refused = x3dh::respond(&own, &key(4), &key(5), theirs, Mode::Classic);
        assert_eq!(refused.unwrap_err(), Error::Key);
    }
}

/// What can happen between two people, with a relay that does what it likes.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send { from: usize, chacha: bool },
    Deliver { to: usize, which: usize },
    Drop { to: usize, which: usize },
    Forge { to: usize, which: usize, at: usize },
    Restart { who: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let (who, which) = (0..2_usize, 0..64_usize);
    prop_oneof![
        6 => (who.clone(), any::<bool>()).prop_map(|(from, chacha)| Step::Send { from, chacha }),
        8 => (who.clone(), which.clone()).prop_map(|(to, which)| Step::Deliver { to, which }),
        1 => (who.clone(), which.clone()).prop_map(|(to, which)| Step::Drop { to, which }),
        1 => (who.clone(), which, 0..ENVELOPE_LEN)
            .prop_map(|(to, which, at)| Step::Forge { to, which, at }),
        1 => who.prop_map(|who| Step::Restart { who }),
    ]
}

/// One message under way, and what the model knows of it.
struct UnderWay {
    envelope: Vec<u8>,
    body: [u8; 4],
    /// How many turns its sender had made.
    chain: usize,
    opened: bool,
}

/// One side, and what the model expects of it.
struct Side {
    session: Session,
    /// How many new chains of the peer's it has received: its own turns.
    turns: usize,
    /// The chain numbers of the peer's that it can still open.
    open: Vec<usize>,
    inbox: Vec<UnderWay>,
}

struct Model {
    rng: ChaCha20Rng,
    sides: [Side; 2],
    sent: u32,
}

impl Model {
    fn new(seed: u64) -> Self {
        let Talk { rng, alice, bob } = Talk::new(seed);
        let side = |session, turns, open| Side { session, turns, open, inbox: Vec::new() };
        // Bob has received Alice's chain 0 and has turned once; Alice has received Bob's chain 1.
        Self { rng, sides: [side(alice, 1, vec![1]), side(bob, 1, vec![0])], sent: 0 }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Send { from, chacha } => self.send(from, if chacha { CHACHA } else { AES }),
            Step::Deliver { to, which } => self.deliver(to, which),
            Step::Drop { to, which } => {
                let inbox = &mut self.sides[to].inbox;
                if !inbox.is_empty() {
                    inbox.remove(which % inbox.len());
                }
            }
            Step::Forge { to, which, at } => {
                let Side { session, inbox, .. } = &mut self.sides[to];
                if let Some(message) = inbox.get(which) {
                    assert_refused(session, &flipped(&message.envelope, at));
                }
            }
            Step::Restart { who } => {
                self.sides[who].session = restored(&self.sides[who].session);
            }
        }
    }

    fn send(&mut self, from: usize, aead: BodyAead) {
        self.sent += 1;
        let body = self.sent.to_be_bytes();
        let sender = &mut self.sides[from];
        let envelope = sender.session.encrypt(&body, aead, &mut self.rng).unwrap();
        let message = UnderWay { envelope, body, chain: sender.turns, opened: false };
        self.sides[1 - from].inbox.push(message);
    }

    /// Delivers a message; it stays where it is, so that it can come again.
    fn deliver(&mut self, to: usize, which: usize) {
        let Side { session, turns, open, inbox } = &mut self.sides[to];
        if inbox.is_empty() {
            return;
        }
        let index = which % inbox.len();
        let message = &mut inbox[index];
        let newest = *open.last().unwrap();
        let expected = !message.opened && (open.contains(&message.chain) || message.chain > newest);
        if !expected {
            assert_refused(session, &message.envelope);
            return;
        }
        let body = session.decrypt(&message.envelope).unwrap();
        assert_eq!(body.expose(), message.body);
        message.opened = true;
        if message.chain > newest {
            *turns += 1;
            open.push(message.chain);
            if open.len() > 5 {
                open.remove(0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_relay_does_each_message_is_opened_once_or_refused(
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..160),
    ) {
        let mut model = Model::new(seed);
        steps.into_iter().for_each(|step| model.run(step));
    }

    #[test]
    fn rubbish_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..4_200)) {
        prop_assert!(InitialMessage::parse(&bytes).is_err());
        prop_assert!(Session::from_bytes(&bytes).is_err());
        prop_assert!(PrekeySecrets::from_bytes(&bytes).is_err());
    }
}
