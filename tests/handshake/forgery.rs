//! Replayed, relayed and malformed: shares, keys, signatures and MACs.

use bauta::crypto::group::EphemeralKey;
use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::client::Offer;
use bauta::handshake::error::Forged;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::record::ContentType;

use crate::support::*;

#[test]
fn a_signature_of_another_connection_is_refused() {
    let (_, first_hello) = bauta::handshake::ClientHandshake::start(p256(), &mut rng(50)).unwrap();
    let replayed = Puppet::new(p256(), &first_hello).flight(Liar::Server, |_, _| {}).messages;
    // With the certificate or without it, and with everything after it made to fit.
    for steps in [&[Step::CertificateVerify][..], &[Step::Certificate, Step::CertificateVerify]] {
        let edit = |step, m: &mut Vec<u8>| {
            if steps.contains(&step) {
                m.clone_from(&replayed[STEPS.iter().position(|s| *s == step).unwrap()]);
            }
        };
        let error = client_against(p256(), Liar::Server, edit).refused();
        assert_eq!(error, Forged::CertificateVerify.into());
    }
}

#[test]
fn a_whole_flight_of_another_connection_opens_under_no_key() {
    let (_, first_hello) = bauta::handshake::ClientHandshake::start(p256(), &mut rng(50)).unwrap();
    let (_, flight) = serve(&first_hello).answered();
    let (client, _) = client(p256());
    assert_eq!(drive_client(client, &flight).refused(), Error::Decrypt);
}

/// Somebody between swaps both shares for its own and speaks to each side under its own keys: it can
/// open and seal everything, and cannot make the server sign what the client has seen.
#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_man_in_the_middle_cannot_use_the_servers_signature() {
    for offer in BOTH.map(|offer| offer()) {
        let (client, hello) = client(offer);
        let (swapped, messages) = as_a_client(offer, &hello);
        assert_eq!(swapped.len(), hello.len());
        let relayed = as_a_server(offer, &hello, &messages);
        assert_eq!(drive_client(client, &relayed).refused(), Forged::CertificateVerify.into());
    }
}

/// Towards the server it is a client, and so reads the server's messages in the clear.
pub(crate) fn as_a_client(offer: Offer, hello: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let own = PuppetKey::generate(offer.pin.exchange(), &mut rng(60));
    let share = own.share();
    let swapped = [&hello[..hello.len() - share.len()], &share].concat();
    let (_, flight) = serve(&swapped).answered();
    let messages = open_flight(&swapped, &flight, own);
    (swapped, messages)
}

/// Towards the client it is a server, with the server's own certificate and signature.
pub(crate) fn as_a_server(offer: Offer, hello: &[u8], messages: &[Vec<u8>]) -> Vec<u8> {
    let puppet = Puppet {
        key: |group| EphemeralKey::generate(group, &mut rng(60)),
        ..Puppet::new(offer, hello)
    };
    let relayed = puppet.flight(Liar::Server, |step, m| match step {
        Step::EncryptedExtensions | Step::Certificate | Step::CertificateVerify => {
            m.clone_from(&messages[STEPS.iter().position(|s| *s == step).unwrap() - 1]);
        }
        Step::ServerHello | Step::Finished => {}
    });
    relayed.to_bytes()
}

/// The messages of a flight, opened by whoever sent the ClientHello with this key's share.
pub(crate) fn open_flight(hello: &[u8], flight: &[u8], key: PuppetKey) -> Vec<Vec<u8>> {
    let mut content = &open_sealed(hello, flight, key)[..];
    let mut messages = Vec::new();
    while !content.is_empty() {
        let len = 4 + usize::from(u16::from_be_bytes([content[2], content[3]]));
        messages.push(content[..len].to_vec());
        content = &content[len..];
    }
    messages
}

#[test]
fn shares_swapped_and_passed_on_give_other_keys() {
    for offer in BOTH.map(|offer| offer()) {
        let (client, hello) = client(offer);
        let share = PuppetKey::generate(offer.pin.exchange(), &mut rng(61)).share();
        let swapped = [&hello[..hello.len() - share.len()], &share].concat();
        let (_, flight) = serve(&swapped).answered();
        assert_eq!(drive_client(client, &flight).refused(), Error::Decrypt);
    }
}

/// Points that are none, for a group with this length of coordinates.
pub(crate) fn bad_points(good: &[u8]) -> Vec<Vec<u8>> {
    let coordinate = good.len() / 2;
    let compressed = [&[2 | (good[good.len() - 1] & 1)], &good[1..=coordinate]].concat();
    let hybrid = [&[6 | (good[good.len() - 1] & 1)], &good[1..]].concat();
    let mut off_curve = good.to_vec();
    *off_curve.last_mut().unwrap() ^= 1;
    vec![
        off_curve,
        compressed,
        hybrid,
        vec![0],
        vec![0; good.len()],
        [&[4][..], &vec![0; good.len() - 1]].concat(),
        [&[4][..], &vec![0xff; good.len() - 1]].concat(),
        good[..good.len() - 1].to_vec(),
        [good, &[0]].concat(),
        good[1..].to_vec(),
    ]
}

/// The ClientHello of this offer with another share in its place.
pub(crate) fn with_share(hello: &[u8], offer: Offer, share: &[u8]) -> Vec<u8> {
    // Everything before the key_share extension stands as it was.
    let (own, _) = share_lens(offer.pin.exchange());
    let start = hello.len() - own - 10;
    let body = &hello[9..start];
    let code = &hello[hello.len() - own - 4..hello.len() - own - 2];
    let key_share = extension(51, &vec16(&[code, &vec16(share)].concat()));
    let mut body = [body, &key_share].concat();
    let extensions = body.len() - 43;
    body[41..43].copy_from_slice(&u16::try_from(extensions).unwrap().to_be_bytes());
    plain(ContentType::Handshake, &message(1, &body))
}

#[test]
fn shares_that_are_no_points_are_refused_by_both_sides() {
    let invalid = Error::from(PeerMisbehaved::InvalidKeyShare);
    for group in [Group::P256, Group::P384, Group::P521] {
        let (_, hello) = client(classical(group));
        let good = EphemeralKey::generate(group, &mut rng(62)).public_key();
        serve(&with_share(&hello, classical(group), &good)).answered();
        for point in bad_points(&good) {
            let error = serve(&with_share(&hello, classical(group), &point)).refused();
            assert_eq!(error, invalid, "{group:?} {point:02x?}");
            assert_eq!(
                server_with_share(classical(group), &point),
                invalid,
                "{group:?} {point:02x?}"
            );
        }
    }
}

#[test]
fn x25519_shares_that_contribute_nothing_are_refused_by_both_sides() {
    let invalid = Error::from(PeerMisbehaved::InvalidKeyShare);
    let offer = classical(Group::X25519);
    let (_, hello) = client(offer);
    for share in low_order().iter().map(<[u8; 32]>::as_slice).chain([&[9; 31][..], &[9; 33], &[9]])
    {
        assert_eq!(serve(&with_share(&hello, offer, share)).refused(), invalid);
        assert_eq!(server_with_share(offer, share), invalid);
    }
}

/// Points of X25519 of order 1, 2, 4 and 8, one of them not reduced (RFC 7748, section 6.1).
pub(crate) fn low_order() -> [[u8; 32]; 4] {
    let order_8 = [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ];
    let mut one = [0; 32];
    one[0] = 1;
    let mut p = [0xff; 32];
    (p[0], p[31]) = (0xed, 0x7f);
    [[0; 32], one, order_8, p]
}

/// What a client of this offer says to a server with this share.
pub(crate) fn server_with_share(offer: Offer, share: &[u8]) -> Error {
    let edit = |step, m: &mut Vec<u8>| {
        if step == Step::ServerHello {
            let key_share = extension(51, &[&m[54..56], &vec16(share)].concat());
            let extensions = vec16(&[extension(43, &[3, 4]), key_share].concat());
            *m = message(2, &[&m[4..42], &extensions].concat());
        }
    };
    client_against(offer, Liar::Between, edit).refused()
}

/// DER: SEQUENCE of two INTEGERs.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |n: &[u8]| {
        let n =
            if n.first().is_some_and(|b| b & 0x80 != 0) { [&[0], n].concat() } else { n.to_vec() };
        [&[2, u8::try_from(n.len()).unwrap()], &n[..]].concat()
    };
    let body = [integer(r), integer(s)].concat();
    let len = u8::try_from(body.len()).unwrap();
    let len = if len < 0x80 { vec![len] } else { vec![0x81, len] };
    [&[0x30][..], &len, &body].concat()
}

/// The order of each curve's group (FIPS 186-5; SEC 2).
fn order(group: Group) -> Vec<u8> {
    let hex = match group {
        Group::P256 => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        Group::P384 => concat!(
            "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf",
            "581a0db248b0a77aecec196accc52973"
        ),
        _ => concat!(
            "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa",
            "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409"
        ),
    };
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

#[test]
fn signatures_out_of_range_or_in_another_form_are_refused() {
    for group in [Group::P256, Group::P384, Group::P521] {
        let n = order(group);
        let mut above = n.clone();
        *above.last_mut().unwrap() += 1;
        let small = [1];
        for signature in [
            der(&[0], &small),
            der(&small, &[0]),
            der(&[0], &[0]),
            der(&n, &small),
            der(&small, &n),
            der(&above, &small),
            der(&small, &above),
            der(&vec![0x7f; n.len() + 1], &small),
            der(&small, &small),
            vec![],
            vec![0x30, 0],
            vec![0; n.len() * 2],
            [&der(&small, &small)[..], &[0]].concat(),
            // A negative r, and an r with a zero in front that DER does not allow.
            vec![0x30, 6, 2, 1, 0xff, 2, 1, 1],
            vec![0x30, 7, 2, 2, 0, 1, 2, 1, 1],
        ] {
            let edit = |step, m: &mut Vec<u8>| {
                if step == Step::CertificateVerify {
                    *m = message(15, &[&m[4..6], &vec16(&signature)].concat());
                }
            };
            let error = client_against(classical(group), Liar::Server, edit).refused();
            assert_eq!(error, Forged::CertificateVerify.into(), "{group:?} {signature:02x?}");
        }
    }
}

#[test]
fn a_key_that_did_not_sign_is_refused() {
    use bauta::crypto::sign::Curve;
    let stranger = Relay::new(102);
    let edit = |step, m: &mut Vec<u8>| {
        if step == Step::Certificate {
            let entry = [vec24(stranger.keys.spki(Curve::P256)), vec16(&[])].concat();
            *m = message(11, &[&[0][..], &vec24(&entry)].concat());
        }
    };
    let error = client_against(p256(), Liar::Server, edit).refused();
    assert_eq!(error, Forged::CertificateVerify.into());
}

#[test]
fn a_scheme_that_was_not_offered_is_refused_whoever_signed() {
    for scheme in [[8, 4], [4, 1], [5, 3], [6, 3], [2, 3], [8, 7]] {
        let edit = |step, m: &mut Vec<u8>| {
            if step == Step::CertificateVerify {
                m[4..6].copy_from_slice(&scheme);
            }
        };
        let error = client_against(p256(), Liar::Server, edit).refused();
        assert_eq!(error, PeerMisbehaved::ChoseUnoffered.into());
    }
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_wrong_finished_is_refused_by_both_sides() {
    let zeros = |step, m: &mut Vec<u8>| {
        if step == Step::Finished {
            *m = message(20, &[0; 48]);
        }
    };
    let error = client_against(p256(), Liar::Server, zeros).refused();
    assert_eq!(error, Forged::Finished.into());

    let (_, hello) = client(p256());
    let (server, flight) = serve(&hello).answered();
    let puppet = PuppetClient::new(&hello, &flight);
    let record = puppet.seal(ContentType::Handshake, &message(20, &[0; 48]));
    assert_eq!(drive_finished(server, &record).refused(), Forged::Finished.into());
}

/// The server's own Finished, and everything else that it said, thrown back at it.
#[test]
fn what_the_server_said_is_refused_when_it_comes_back() {
    let (_, hello) = client(p256());
    let (_, flight) = serve(&hello).answered();
    for (index, record) in split_records(&flight).iter().enumerate() {
        let (server, _) = serve(&hello).answered();
        let error = drive_finished(server, record).refused();
        let expected =
            if index == 0 { PeerMisbehaved::UnexpectedMessage.into() } else { Error::Decrypt };
        assert_eq!(error, expected, "record {index}");
    }
    let (server, _) = serve(&hello).answered();
    let again = drive_finished(server, &hello).refused();
    assert_eq!(again, PeerMisbehaved::UnexpectedMessage.into());
    let (client_, _) = client(p256());
    let reflected = drive_client(client_, &hello).refused();
    assert_eq!(reflected, PeerMisbehaved::UnexpectedMessage.into());
}

#[test]
fn a_finished_of_another_connection_is_refused() {
    let (client_, hello) = client(p256());
    let (_, flight) = serve(&hello).answered();
    let unconfirmed = drive_client(client_, &flight).unconfirmed();
    let (_, finished) = unconfirmed.confirm(&RELAY.verified).unwrap();
    let (other, _) = serve_with(&RELAY.keys, &hello, 77).answered();
    assert_eq!(drive_finished(other, &finished).refused(), Error::Decrypt);
}
