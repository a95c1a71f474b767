//! Every message cut at every length, and every flight.

use bauta::handshake::AlertDescription as Alert;
use bauta::handshake::Error;
use bauta::handshake::client::Offer;
use bauta::handshake::record::ContentType;

use crate::support::*;

/// The first `len` bytes of a message's body under a header that says so.
fn cut(whole: &[u8], len: usize) -> Vec<u8> {
    message(whole[0], &whole[4..4 + len])
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn every_message_of_the_server_cut_short_does_not_parse() {
    for offer in BOTH.map(|offer| offer()) {
        let (_, hello) = client(offer);
        // What follows the hellos is the same with every exchange.
        let steps = if offer == p256() { &STEPS[..] } else { &STEPS[..1] };
        every_cut_is_refused(offer, &Puppet::new(offer, &hello), steps);
    }
}

fn every_cut_is_refused(offer: Offer, puppet: &Puppet, steps: &[Step]) {
    for (index, step) in steps.iter().copied().enumerate() {
        let mut flight = puppet.flight(Liar::Between, |_, _| {});
        let honest = flight.messages[index].clone();
        for len in 0..honest.len() - 4 {
            flight.messages[index] = cut(&honest, len);
            let (client, _) = client(offer);
            let error = drive_client(client, &flight.to_bytes()).refused();
            let expected = match (step, len) {
                // A ServerHello of TLS 1.2 may end before the extensions.
                (Step::ServerHello, 38) => Alert::PROTOCOL_VERSION,
                _ => Alert::DECODE_ERROR,
            };
            assert_eq!(alert(error), expected, "{step:?} cut to {len}: {error:?}");
        }
    }
}

#[test]
fn a_message_with_a_byte_too_many_does_not_parse() {
    for (offer, step) in BOTH.into_iter().flat_map(|offer| STEPS.map(|step| (offer(), step))) {
        let edit = |s, m: &mut Vec<u8>| {
            if s == step {
                *m = message(m[0], &[&m[4..], &[0]].concat());
            }
        };
        let error = client_against(offer, Liar::Between, edit).refused();
        assert_eq!(error, Error::Decode, "{step:?}");
    }
}

#[test]
fn every_client_hello_cut_short_does_not_parse() {
    for offer in BOTH.map(|offer| offer()) {
        let (_, hello) = client(offer);
        let whole = &hello[5..];
        for len in 0..whole.len() - 4 {
            let error = serve(&plain(ContentType::Handshake, &cut(whole, len))).refused();
            // Before TLS 1.2 a ClientHello could end before the extensions.
            let expected = if len == 41 { Alert::PROTOCOL_VERSION } else { Alert::DECODE_ERROR };
            assert_eq!(alert(error), expected, "cut to {len}: {error:?}");
        }
        let longer = message(1, &[&whole[4..], &[0]].concat());
        assert_eq!(serve(&plain(ContentType::Handshake, &longer)).refused(), Error::Decode);
    }
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn every_flight_cut_short_gets_nobody_further() {
    every_flight_cut_short(p256(), 1);
    every_flight_cut_short(p256_mlkem768(), 11);
}

fn every_flight_cut_short(offer: Offer, step: usize) {
    let (client_, hello) = client(offer);
    for len in 0..hello.len() {
        assert!(matches!(serve(&hello[..len]), ServerEnd::Starved), "cut to {len}");
    }
    let (server, flight) = serve(&hello).answered();
    for len in (0..flight.len()).step_by(step) {
        let (client, _) = client(offer);
        assert!(matches!(drive_client(client, &flight[..len]), ClientEnd::Starved), "{len}");
    }
    let unconfirmed = drive_client(client_, &flight).unconfirmed();
    let (_, finished) = unconfirmed.confirm(&RELAY.verified).unwrap();
    for len in (0..finished.len()).step_by(step) {
        let (server, _) = serve(&hello).answered();
        assert!(matches!(drive_finished(server, &finished[..len]), FinishedEnd::Starved));
    }
    drive_finished(server, &finished).connected();
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_cut_finished_of_the_client_does_not_parse() {
    let (_, hello) = client(p256());
    let (_, flight) = serve(&hello).answered();
    let puppet = PuppetClient::new(&hello, &flight);
    let honest = puppet.finished();
    for len in 0..honest.len() - 4 {
        let (server, _) = serve(&hello).answered();
        let record = puppet.seal(ContentType::Handshake, &cut(&honest, len));
        assert_eq!(drive_finished(server, &record).refused(), Error::Decode, "cut to {len}");
    }
}
