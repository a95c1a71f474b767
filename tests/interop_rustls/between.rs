//! A byte changed on the way: whichever it is, the handshake does not complete.

use crate::agreement::SUITES;
use crate::agreement::X25519;
use crate::agreement::assert_open;
use crate::agreement::ours_to_theirs;
use crate::agreement::theirs_to_ours;
use crate::ours::Ours;
use crate::ours::RELAY;
use crate::theirs::CHACHA20;
use crate::theirs::Theirs;
use crate::wire::From;
use crate::wire::converse_through;

/// The flights of an undisturbed handshake: who sent each, and how long its records are.
fn flights(ours: &mut Ours, theirs: &mut Theirs) -> Vec<(From, Vec<usize>)> {
    let mut flights = Vec::new();
    converse_through(ours, theirs, |from, flight| {
        let mut lens = Vec::new();
        let mut rest = flight.as_slice();
        while let [_, _, _, high, low, ..] = rest {
            let len = 5 + usize::from(u16::from_be_bytes([*high, *low]));
            lens.push(len);
            rest = &rest[len..];
        }
        flights.push((from, lens));
    });
    flights
}

/// Every byte of a flight, and of Welcome one in 61.
fn places(lens: &[usize]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut start = 0;
    for len in lens {
        let step = if *len > 4096 { 61 } else { 1 };
        places.extend((start..start + len).step_by(step));
        start += len;
    }
    places
}

/// Whether the receiver looks away from this byte. The version in the header of a record is "ignored
/// for all purposes". Of a sealed record ours authenticates the whole header as it came; rustls puts
/// the constants in the place of type and version.
fn is_free(from: From, flight: &[u8], at: usize) -> bool {
    let mut start = 0;
    while let [kind, _, _, high, low, ..] = &flight[start..] {
        let len = 5 + usize::from(u16::from_be_bytes([*high, *low]));
        if at < start + len {
            let free = match (*kind == SEALED, from) {
                (false, _) => 1..3,
                (true, From::Ours) => 0..3,
                (true, From::Theirs) => 0..0,
            };
            return free.contains(&(at - start));
        }
        start += len;
    }
    true
}

fn change_every_byte(pair: impl Fn() -> (Ours, Theirs), is_complete: fn(&Ours, &Theirs) -> bool) {
    let (mut ours, mut theirs) = pair();
    let flights = flights(&mut ours, &mut theirs);
    assert_open(&ours, &theirs);
    // ClientHello; the server's flight with Welcome; the client's Finished.
    assert_eq!(flights.len(), 3);
    let mut changed = 0;
    for (number, (_, lens)) in flights.iter().enumerate() {
        for at in places(lens) {
            let (mut ours, mut theirs) = pair();
            let is_changed = change(&mut ours, &mut theirs, number, at);
            let place = format!("byte {at} of flight {number}: {:?}", ours.seen);
            assert_eq!(is_complete(&ours, &theirs), !is_changed, "{place}");
            changed += usize::from(is_changed);
        }
    }
    assert!(changed > 500, "{changed}");
}

#[test]
fn no_byte_between_a_rustls_client_and_our_server_can_be_changed() {
    let is_complete =
        |ours: &Ours, theirs: &Theirs| ours.is_open() && theirs.data == *RELAY.welcome;
    change_every_byte(|| theirs_to_ours(X25519, CHACHA20), is_complete);
}

#[test]
fn no_byte_between_our_client_and_a_rustls_server_can_be_changed() {
    let is_complete = |ours: &Ours, theirs: &Theirs| ours.is_open() && theirs.is_open();
    change_every_byte(|| ours_to_theirs(X25519, SUITES[1]), is_complete);
}

/// Changes a byte of a flight, if the flight has that byte and somebody looks at it: a signature may
/// be shorter than it was.
fn change(ours: &mut Ours, theirs: &mut Theirs, number: usize, at: usize) -> bool {
    let mut count = 0;
    let mut is_changed = false;
    converse_through(ours, theirs, |from, flight| {
        if count == number && at < flight.len() && !is_free(from, flight, at) {
            flight[at] ^= 1 << (at % 8);
            is_changed = true;
        }
        count += 1;
    });
    is_changed
}

/// The content type of a record that is sealed.
const SEALED: u8 = 23;
