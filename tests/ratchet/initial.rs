//! Initial messages: any may come first, and none for anybody else is taken.

use bauta::crypto::identity::IdentityKey;
use bauta::crypto::secret::Secret;
use bauta::crypto::secret::SecretBytes;
use bauta::crypto::x25519::X25519Key;
use bauta::signal::Direction;
use bauta::signal::ENVELOPE_LEN;
use bauta::signal::Error;
use bauta::signal::rendezvous::pair::Pair;
use bauta::signal::session::BODY_LEN;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Session;
use bauta::signal::x3dh;
use bauta::signal::x3dh::InitiatorKeys;
use bauta::signal::x3dh::Mode;
use bauta::signal::x3dh::ResponderKeys;

use crate::people::AES;
use crate::people::Asked;
use crate::people::CHACHA;
use crate::people::NETWORK;
use crate::people::TERMS;
use crate::people::bundle_of;
use crate::people::flipped;

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
