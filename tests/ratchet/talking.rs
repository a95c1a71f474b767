//! What two people do when nothing goes wrong.

use bauta::crypto::secret::Secret;
use bauta::signal::Direction;
use bauta::signal::ENVELOPE_LEN;
use bauta::signal::Error;
use bauta::signal::session::BODY_LEN;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Role;
use bauta::signal::session::Session;
use bauta::signal::x3dh::Mode;

use crate::people::AES;
use crate::people::Asked;
use crate::people::CHACHA;
use crate::people::NETWORK;
use crate::people::Talk;
use crate::people::bundle_of;

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
