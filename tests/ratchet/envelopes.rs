//! Envelopes: forged, of another session, replayed, and with gaps before them.

use bauta::signal::ENVELOPE_LEN;
use bauta::signal::Error;

use crate::people::AES;
use crate::people::CHACHA;
use crate::people::Talk;
use crate::people::assert_refused;
use crate::people::flipped;
use crate::people::restored;

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
