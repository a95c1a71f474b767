//! Both sides together, whole and in pieces; who gets which type when.

use bauta::handshake::CipherSuite;
use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::Pin;
use bauta::handshake::Received;
use bauta::handshake::client::Offer;
use bauta::handshake::connection::Receiver;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::record::ContentType;

use crate::support::*;

fn receive(receiver: &mut Receiver, record: &[u8]) -> Result<Received, Error> {
    let (header, body) = next_record(&mut &*record).unwrap().unwrap();
    receiver.receive(&header, body)
}

#[test]
fn every_exchange_and_suite_agrees_and_carries_data_both_ways() {
    for exchange in KeyExchange::ALL {
        for suite in CipherSuite::ALL {
            let (mut client, mut server) = connected(Offer { pin: Pin::new(exchange), suite });
            for (from, to) in [
                (&mut client.sender, &mut server.receiver),
                (&mut server.sender, &mut client.receiver),
            ] {
                for fill in 0..3 {
                    let mut record = Vec::new();
                    from.send(&[fill; 4096], &mut record).unwrap();
                    assert_eq!(receive(to, &record), Ok(Received::Data(vec![fill; 4096])));
                }
                let mut record = Vec::new();
                from.close(&mut record).unwrap();
                assert_eq!(receive(to, &record), Ok(Received::Closed));
                assert_eq!(from.send(&[0; 4096], &mut record), Err(Error::ApiMisuse));
            }
        }
    }
}

#[test]
fn the_server_written_a_second_time_is_believed() {
    for exchange in KeyExchange::ALL {
        client_against(offer(exchange), Liar::Server, |_, _| {}).unconfirmed();
        client_against(offer(exchange), Liar::Between, |_, _| {}).unconfirmed();
    }
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn the_client_written_a_second_time_is_believed() {
    for exchange in KeyExchange::ALL {
        let (_, hello) = client(offer(exchange));
        let (server, flight) = serve(&hello).answered();
        let puppet = PuppetClient::of(offer(exchange), &hello, &flight);
        let finished = puppet.seal(ContentType::Handshake, &puppet.finished());
        drive_finished(server, &finished).connected();
    }
}

#[test]
fn both_servers_say_the_same_but_for_what_is_random() {
    for offer in BOTH.map(|offer| offer()) {
        let (_, hello) = client(offer);
        let (_, flight) = serve(&hello).answered();
        let puppet = Puppet::new(offer, &hello).flight(Liar::Server, |_, _| {});
        let (ours, theirs) = (split_records(&flight), split_records(&puppet.to_bytes()));
        assert_eq!(ours[0].len(), theirs[0].len());
        assert_eq!(ours[0][..11], theirs[0][..11]);
        assert_eq!(ours[0][43..64], theirs[0][43..64]);
        assert_eq!(ours.len(), 3);
        assert_eq!(ours[2].len(), theirs[2].len());
    }
}

#[test]
fn the_client_hello_says_nothing_private() {
    let (_, hello) = client(classical(Group::X25519));
    // Record and message headers, version; then a random; then one constant, but for the share.
    assert_eq!(hello.len(), 5 + 4 + 2 + 32 + 1 + 4 + 2 + 2 + 7 + 8 + 8 + 6 + 42);
    let constant = [
        &[0, 0, 2, 0x13, 0x02, 1, 0][..],
        &vec16(
            &[
                extension(43, &[2, 3, 4]),
                extension(10, &[0, 2, 0, 29]),
                extension(13, &[0, 2, 4, 3]),
                extension(20, &[1, 2]),
                extension(51, &[&[0, 36, 0, 29, 0, 32][..], &hello[hello.len() - 32..]].concat()),
            ]
            .concat(),
        ),
    ]
    .concat();
    assert_eq!(hello[43..], constant);
}

/// What a client says unless it is told otherwise: one group and its share, which fit one record.
#[test]
fn the_default_client_hello_offers_one_hybrid_group_and_nothing_else() {
    let (_, hello) = client(hybrid(Group::P521));
    let share = &hello[hello.len() - 1701..];
    let extensions = [
        extension(43, &[2, 3, 4]),
        extension(10, &vec16(&[0xfe, 0xed])),
        extension(13, &vec16(&[6, 3])),
        extension(20, &[1, 2]),
        extension(51, &vec16(&[&[0xfe, 0xed][..], &vec16(share)].concat())),
    ];
    let constant = [&[0, 0, 2, 0x13, 0x02, 1, 0][..], &vec16(&extensions.concat())].concat();
    assert_eq!(hello[43..], constant);
    assert_eq!(split_records(&hello).len(), 1);
    assert_eq!(hello.len(), 1792);
}

/// Cuts a flight's handshake messages into records of `len` bytes.
fn pieces(len: usize, offer: Offer) -> ClientEnd {
    let (client, hello) = client(offer);
    let puppet = Puppet::new(offer, &hello).flight(Liar::Server, |_, _| {});
    let mut flight = Vec::new();
    for piece in puppet.messages[0].chunks(len) {
        flight.extend(plain(ContentType::Handshake, piece));
    }
    let mut sealer = puppet.handshake_sealer();
    for piece in puppet.messages[1..].concat().chunks(len) {
        flight.extend(seal(&mut sealer, ContentType::Handshake, piece));
    }
    flight.extend(seal(&mut puppet.application_sealer(), ContentType::ApplicationData, &WELCOME));
    drive_client(client, &flight)
}

#[test]
fn messages_arrive_in_pieces_of_any_size() {
    for offer in BOTH.map(|offer| offer()) {
        for len in [1, 2, 3, 4, 5, 7, 64, 100, 10_000] {
            pieces(len, offer).unconfirmed();
        }
        let (client, hello) = client(offer);
        let mut in_pieces = Vec::new();
        for byte in &hello[5..] {
            in_pieces.extend(plain(ContentType::Handshake, &[*byte]));
        }
        let (server, flight) = serve(&in_pieces).answered();
        let (_, finished) =
            drive_client(client, &flight).unconfirmed().confirm(&RELAY.verified).unwrap();
        drive_finished(server, &finished).connected();
    }
}

#[test]
fn finished_is_withheld_until_the_signer_is_in_the_key_set() {
    let (client, hello) = client(p256());
    let (server, flight) = serve(&hello).answered();
    let unconfirmed = drive_client(client, &flight).unconfirmed();
    assert_eq!(unconfirmed.signer(), RELAY.keys.spki(p256().pin.curve()));
    let stranger = Relay::new(101);
    let failure = unconfirmed.confirm(&stranger.verified).unwrap_err();
    assert_eq!(failure.error, PeerMisbehaved::SignerNotInKeySet.into());
    // All that the server gets is an alert of a cell's size.
    assert_eq!(split_records(&failure.alert).len(), 1);
    assert_eq!(failure.alert.len(), 5 + 4096 + 1 + 16);
    let told = drive_finished(server, &failure.alert).refused();
    assert!(matches!(told, Error::PeerAlert(code) if code.code() == 46));
}

#[test]
fn a_refused_identity_is_an_alert_of_one_size() {
    let (client, hello) = client(p256());
    let (server, flight) = serve(&hello).answered();
    let failure = drive_client(client, &flight).unconfirmed().abort(Error::IdentityRefused);
    assert_eq!(failure.alert.len(), 5 + 4096 + 1 + 16);
    let told = drive_finished(server, &failure.alert).refused();
    assert!(matches!(told, Error::PeerAlert(code) if code.code() == 48));
}

#[test]
fn a_client_with_a_session_id_gets_it_back_and_a_change_cipher_spec() {
    let (_, hello) = client(p256());
    let body = &hello[9..];
    let with_id = [&body[..34], &[32], &[5; 32], &body[35..]].concat();
    let record = plain(ContentType::Handshake, &message(1, &with_id));
    let (_, flight) = serve(&record).answered();
    let records = split_records(&flight);
    assert_eq!(records[0][9 + 34..][..33], [&[32][..], &[5; 32]].concat());
    assert_eq!(records[1], [20, 3, 3, 0, 1, 1]);
    assert_eq!(records.len(), 4);
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn nothing_shows_keys_or_content_when_it_is_printed() {
    let (client, hello) = client(p256());
    let (_, flight) = serve(&hello).answered();
    let unconfirmed = drive_client(client, &flight).unconfirmed();
    let finished = PuppetClient::new(&hello, &flight).finished();
    let shown = format!("{unconfirmed:?}");
    for bytes in [&finished[4..7], &RELAY.keys.spki(p256().pin.curve())[40..43]] {
        let listed = format!("{}, {}, {}", bytes[0], bytes[1], bytes[2]);
        assert!(!shown.contains(&listed), "{listed} in {shown}");
    }
    assert_eq!(format!("{:?}", Received::Data(vec![1; 3])), "Data(3 bytes)");
}
