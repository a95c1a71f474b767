//! change_cipher_spec, empty and zero records, lengths, order, alerts, limits.

use bauta::handshake::AlertDescription as Alert;
use bauta::handshake::Error;
use bauta::handshake::Received;
use bauta::handshake::connection::Receiver;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::record::ContentType;
use bauta::handshake::record::Header;
use bauta::handshake::record::MAX_CONTENT_LEN;
use bauta::handshake::record::MAX_SEALED_LEN;

use crate::support::*;

const CCS: [u8; 6] = [20, 3, 3, 0, 1, 1];

fn misbehaved(rule: PeerMisbehaved) -> Error {
    rule.into()
}

/// A client, and the honest flight as records.
fn flight() -> (bauta::handshake::ClientHandshake, Vec<Vec<u8>>) {
    let (client, hello) = client(p256());
    let (_, flight) = serve(&hello).answered();
    (client, split_records(&flight))
}

fn with_inserted(at: usize, record: &[u8]) -> ClientEnd {
    let (client, mut records) = flight();
    records.insert(at, record.to_vec());
    drive_client(client, &records.concat())
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn change_cipher_spec_is_dropped_where_the_specification_says_so() {
    with_inserted(0, &CCS).unconfirmed();
    with_inserted(1, &CCS).unconfirmed();
    with_inserted(1, &CCS.repeat(32)).unconfirmed();
    let flood = with_inserted(1, &CCS.repeat(33)).refused();
    assert_eq!(flood, misbehaved(PeerMisbehaved::UnexpectedMessage));
    // After the server's Finished.
    let late = with_inserted(2, &CCS).refused();
    assert_eq!(late, misbehaved(PeerMisbehaved::UnexpectedMessage));

    let (_, hello) = client(p256());
    let early = serve(&[&CCS[..], &hello].concat()).refused();
    assert_eq!(early, misbehaved(PeerMisbehaved::UnexpectedMessage));
    let (server, flight) = serve(&hello).answered();
    let finished = PuppetClient::new(&hello, &flight);
    let record = finished.seal(ContentType::Handshake, &finished.finished());
    drive_finished(server, &[&CCS[..], &record].concat()).connected();
}

#[test]
fn change_cipher_spec_with_anything_else_in_it_is_refused() {
    for content in [&[][..], &[0], &[2], &[1, 1]] {
        let record = plain(ContentType::ChangeCipherSpec, content);
        let error = with_inserted(1, &record).refused();
        assert_eq!(error, misbehaved(PeerMisbehaved::UnexpectedMessage));
    }
}

#[test]
fn change_cipher_spec_is_refused_inside_a_seal_and_inside_a_message() {
    let (client, hello) = client(p256());
    let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    let sealed = seal(&mut puppet.handshake_sealer(), ContentType::ChangeCipherSpec, &[1]);
    let bytes = [plain(ContentType::Handshake, &puppet.messages[0]), sealed].concat();
    let error = drive_client(client, &bytes).refused();
    assert_eq!(error, misbehaved(PeerMisbehaved::UnexpectedMessage));

    let (half, rest) = puppet.messages[0].split_at(20);
    let bytes =
        [plain(ContentType::Handshake, half), CCS.to_vec(), plain(ContentType::Handshake, rest)]
            .concat();
    let (client, _) = crate::support::client(p256());
    let error = drive_client(client, &bytes).refused();
    assert_eq!(error, misbehaved(PeerMisbehaved::UnexpectedMessage));
}

#[test]
fn change_cipher_spec_after_the_handshake_is_refused() {
    let (mut client, mut server) = connected(p256());
    for receiver in [&mut client.receiver, &mut server.receiver] {
        let error = receive(receiver, &CCS).unwrap_err();
        assert_eq!(error, misbehaved(PeerMisbehaved::UnexpectedMessage));
    }
}

/// What a client says to this as the first sealed record.
fn first_sealed(content_type: ContentType, content: &[u8]) -> Error {
    let (client, hello) = client(p256());
    let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    let sealed = seal(&mut puppet.handshake_sealer(), content_type, content);
    let bytes = [plain(ContentType::Handshake, &puppet.messages[0]), sealed].concat();
    drive_client(client, &bytes).refused()
}

#[test]
fn empty_fragments_are_refused() {
    let empty = misbehaved(PeerMisbehaved::EmptyFragment);
    assert_eq!(first_sealed(ContentType::Handshake, &[]), empty);
    assert_eq!(first_sealed(ContentType::Alert, &[]), empty);
    assert_eq!(serve(&plain(ContentType::Handshake, &[])).refused(), empty);
    assert_eq!(serve(&plain(ContentType::Alert, &[])).refused(), empty);
    let unexpected = misbehaved(PeerMisbehaved::UnexpectedMessage);
    assert_eq!(serve(&plain(ContentType::ApplicationData, &[])).refused(), unexpected);
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn data_before_finished_is_refused_by_both_sides() {
    let unexpected = misbehaved(PeerMisbehaved::UnexpectedMessage);
    assert_eq!(first_sealed(ContentType::ApplicationData, &[1; 4096]), unexpected);
    assert_eq!(first_sealed(ContentType::ApplicationData, &[]), unexpected);

    let (_, hello) = client(p256());
    let (server, flight) = serve(&hello).answered();
    let puppet = PuppetClient::new(&hello, &flight);
    let data = puppet.seal(ContentType::ApplicationData, &[1; 4096]);
    assert_eq!(drive_finished(server, &data).refused(), unexpected);
}

/// Welcome in the place of the server's Finished: sealed under keys that the client has not got.
#[test]
fn welcome_before_finished_opens_under_no_key() {
    let (client, mut records) = flight();
    records.swap(1, 2);
    assert_eq!(drive_client(client, &records.concat()).refused(), Error::Decrypt);
}

/// A record of nothing but zeros under its seal, made from one that holds its own content type.
#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_sealed_record_of_zeros_is_refused() {
    let (_, hello) = client(p256());
    let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    for len in [1, 2, 4097, MAX_CONTENT_LEN + 1] {
        let keys = RawKeys::of(&puppet.server_handshake);
        let record = keys.seal(&vec![0; len]);
        let bytes = [plain(ContentType::Handshake, &puppet.messages[0]), record].concat();
        let (client, _) = client(p256());
        let error = drive_client(client, &bytes).refused();
        assert_eq!(error, misbehaved(PeerMisbehaved::UnexpectedMessage), "{len} zeros");
    }
    // A content type that does not exist, one byte too much, and a seal around nothing.
    for (inner, expected) in [
        (vec![1, 99], misbehaved(PeerMisbehaved::UnknownContentType)),
        (vec![22; MAX_CONTENT_LEN + 2], misbehaved(PeerMisbehaved::RecordOverflow)),
        (vec![], misbehaved(PeerMisbehaved::UnexpectedMessage)),
    ] {
        let record = RawKeys::of(&puppet.server_handshake).seal(&inner);
        let bytes = [plain(ContentType::Handshake, &puppet.messages[0]), record].concat();
        let (client, _) = client(p256());
        assert_eq!(drive_client(client, &bytes).refused(), expected);
    }
}

#[test]
fn records_shorter_than_a_tag_are_refused() {
    for len in 0..=16 {
        let (client, records) = flight();
        let short = [&[23, 3, 3, 0, len], &vec![0; usize::from(len)][..]].concat();
        let error = drive_client(client, &[&records[0][..], &short].concat()).refused();
        assert_eq!(error, Error::Decrypt, "{len} bytes");
    }
}

#[test]
fn a_records_length_is_judged_by_its_header_alone() {
    let overflow = Err(misbehaved(PeerMisbehaved::RecordOverflow));
    let header = |content_type: u8, len: usize| {
        let [high, low] = u16::try_from(len).unwrap().to_be_bytes();
        Header::parse([content_type, 3, 3, high, low]).map(|header| header.len())
    };
    for plain in [20, 21, 22] {
        assert_eq!(header(plain, MAX_CONTENT_LEN), Ok(MAX_CONTENT_LEN));
        assert_eq!(header(plain, MAX_CONTENT_LEN + 1), overflow);
    }
    assert_eq!(header(23, MAX_SEALED_LEN), Ok(MAX_SEALED_LEN));
    assert_eq!(header(23, MAX_SEALED_LEN + 1), overflow);
    assert_eq!(header(23, 0xffff), overflow);
    for unknown in [0, 19, 24, 25, 128, 255] {
        assert_eq!(header(unknown, 1), Err(misbehaved(PeerMisbehaved::UnknownContentType)));
    }
}

#[test]
fn messages_longer_than_16_kib_are_refused_at_their_header() {
    for len in [[0x00, 0x40, 0x01], [0x01, 0, 0], [0xff, 0xff, 0xff]] {
        let header = [&[1][..], &len].concat();
        assert_eq!(serve(&plain(ContentType::Handshake, &header)).refused(), Error::Decode);
        let header = [&[8][..], &len].concat();
        assert_eq!(first_sealed(ContentType::Handshake, &header), Error::Decode);
    }
    // The longest is waited for.
    let header = plain(ContentType::Handshake, &[1, 0, 0x40, 0]);
    assert!(matches!(serve(&header), ServerEnd::Starved));
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_message_across_a_change_of_keys_is_refused() {
    let (client, hello) = client(p256());
    let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    // The start of EncryptedExtensions behind ServerHello, in the clear.
    let first = [&puppet.messages[0][..], &puppet.messages[1][..3]].concat();
    let error = drive_client(client, &plain(ContentType::Handshake, &first)).refused();
    assert_eq!(error, misbehaved(PeerMisbehaved::NotAtRecordBoundary));
    // Something behind the server's Finished.
    let sealed = [&puppet.messages[1..].concat()[..], &[4]].concat();
    let bytes = [
        plain(ContentType::Handshake, &puppet.messages[0]),
        seal(&mut puppet.handshake_sealer(), ContentType::Handshake, &sealed),
    ]
    .concat();
    let (client, _) = crate::support::client(p256());
    let error = drive_client(client, &bytes).refused();
    assert_eq!(error, misbehaved(PeerMisbehaved::NotAtRecordBoundary));
    // Something behind ClientHello; something behind the client's Finished.
    let twice = [&hello[5..], &[20]].concat();
    let error = serve(&plain(ContentType::Handshake, &twice)).refused();
    assert_eq!(error, misbehaved(PeerMisbehaved::NotAtRecordBoundary));
    let (server, flight) = serve(&hello).answered();
    let client = PuppetClient::new(&hello, &flight);
    let record = client.seal(ContentType::Handshake, &[&client.finished()[..], &[24]].concat());
    let error = drive_finished(server, &record).refused();
    assert_eq!(error, misbehaved(PeerMisbehaved::NotAtRecordBoundary));
}

#[test]
fn other_records_between_the_pieces_of_a_message_are_refused() {
    let (client, hello) = client(p256());
    let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    let mut sealer = puppet.handshake_sealer();
    let bytes = [
        plain(ContentType::Handshake, &puppet.messages[0]),
        seal(&mut sealer, ContentType::Handshake, &puppet.messages[1][..3]),
        seal(&mut sealer, ContentType::Alert, &[2, 40]),
    ]
    .concat();
    let error = drive_client(client, &bytes).refused();
    assert_eq!(error, misbehaved(PeerMisbehaved::UnexpectedMessage));
}

#[test]
fn the_peers_alert_ends_the_handshake_and_is_not_answered() {
    for (content, code) in [([2, 40], 40), ([1, 40], 40), ([2, 250], 250), ([1, 0], 0)] {
        let (client, _) = client(p256());
        match drive_client(client, &plain(ContentType::Alert, &content)) {
            ClientEnd::Refused(failure) => {
                assert!(failure.alert.is_empty());
                assert!(matches!(failure.error, Error::PeerAlert(alert) if alert.code() == code));
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(first_sealed(ContentType::Alert, &content), Error::PeerAlert(_)));
    }
    for content in [&[2][..], &[2, 40, 0]] {
        let (client, _) = client(p256());
        let error = drive_client(client, &plain(ContentType::Alert, content)).refused();
        assert_eq!(error, Error::Decode);
    }
    // A client without our keys can only say so in the clear, before anything is sealed.
    let (_, hello) = client(p256());
    let (server, _) = serve(&hello).answered();
    let error = drive_finished(server, &plain(ContentType::Alert, &[2, 47])).refused();
    assert_eq!(error, Error::PeerAlert(Alert::ILLEGAL_PARAMETER));
}

/// Stacks in use send it before close_notify, in the handshake and after it.
#[test]
fn user_canceled_is_passed_over_once() {
    let canceled = plain(ContentType::Alert, &[1, 90]);
    let closed = plain(ContentType::Alert, &[1, 0]);
    let twice = [&canceled[..], &canceled].concat();
    let then_closed = [&canceled[..], &closed].concat();
    for (bytes, code) in [(&twice, 90), (&then_closed, 0)] {
        let (client_, hello) = client(p256());
        let (server, _) = serve(&hello).answered();
        for error in [
            drive_client(client_, bytes).refused(),
            serve(bytes).refused(),
            drive_finished(server, bytes).refused(),
        ] {
            assert!(matches!(error, Error::PeerAlert(alert) if alert.code() == code), "{error:?}");
        }
    }
    // A handshake that goes on all the same is completed.
    let (_, hello) = client(p256());
    serve(&[canceled, hello].concat()).answered();

    let (client, hello) = client(p256());
    let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    let unconfirmed = drive_client(client, &puppet.to_bytes()).unconfirmed();
    let (mut connection, _) = unconfirmed.confirm(&RELAY.verified).unwrap();
    let mut sealer = puppet.application_sealer();
    seal(&mut sealer, ContentType::ApplicationData, &WELCOME);
    let mut then = |content_type, content: &[u8]| {
        let record = seal(&mut sealer, content_type, content);
        receive(&mut connection.receiver, &record)
    };
    assert_eq!(then(ContentType::Alert, &[1, 90]), Ok(Received::UserCanceled));
    assert_eq!(then(ContentType::ApplicationData, &[1]), Ok(Received::Data(vec![1])));
    assert_eq!(then(ContentType::Alert, &[1, 0]), Ok(Received::Closed));
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn the_alert_that_a_server_reads_is_the_one_that_belongs_to_the_error() {
    // Before ServerHello in the clear.
    let (client_, hello) = client(p256());
    let mut bad = split_records(&serve(&hello).answered().1).concat();
    bad[9] = 9;
    match drive_client(client_, &bad) {
        ClientEnd::Refused(failure) => assert_eq!(failure.alert, [21, 3, 3, 0, 2, 2, 47]),
        other => panic!("{other:?}"),
    }
    // After it sealed, and as long as every other record.
    let (client, _) = client(p256());
    let mut puppet = Puppet::new(p256(), &hello).flight(Liar::Between, |_, _| {});
    puppet.messages[3][4] ^= 1;
    match drive_client(client, &puppet.to_bytes()) {
        ClientEnd::Refused(failure) => {
            assert_eq!(failure.alert.len(), 5 + 4096 + 1 + 16);
            assert_eq!(puppet.open_alert(&failure.alert), [2, 47]);
        }
        other => panic!("{other:?}"),
    }
}

fn receive(receiver: &mut Receiver, record: &[u8]) -> Result<Received, Error> {
    let (header, body) = next_record(&mut &*record).unwrap().unwrap();
    receiver.receive(&header, body)
}

#[test]
fn every_record_after_the_handshake_has_one_size() {
    let (mut client, _) = connected(p256());
    for len in [0, 1, 100, 4095, 4096] {
        let mut record = Vec::new();
        client.sender.send(&vec![1; len], &mut record).unwrap();
        assert_eq!(record.len(), 5 + 4096 + 1 + 16, "{len} bytes");
    }
    let mut record = Vec::new();
    client.sender.close(&mut record).unwrap();
    assert_eq!(record.len(), 5 + 4096 + 1 + 16);
}

#[test]
fn records_reordered_repeated_dropped_or_reflected_end_the_connection() {
    let records = |sender: &mut bauta::handshake::connection::Sender| {
        [1, 2, 3].map(|fill| {
            let mut record = Vec::new();
            sender.send(&[fill; 4096], &mut record).unwrap();
            record
        })
    };
    // What is read well first, and what then is not.
    for (read, refused) in [(&[][..], 1), (&[0], 0), (&[0], 2), (&[0, 1], 0)] {
        let (mut client, mut server) = connected(p256());
        let sent = records(&mut client.sender);
        for index in read {
            receive(&mut server.receiver, &sent[*index]).unwrap();
        }
        assert_eq!(receive(&mut server.receiver, &sent[refused]), Err(Error::Decrypt));
        // Nothing that comes later is believed, even if it would fit.
        for record in &sent {
            assert_eq!(receive(&mut server.receiver, record), Err(Error::Decrypt));
        }
    }
    let (mut client, _) = connected(p256());
    let sent = records(&mut client.sender);
    assert_eq!(receive(&mut client.receiver, &sent[0]), Err(Error::Decrypt));
}

#[test]
fn after_close_notify_nothing_more_is_read() {
    let (mut client, mut server) = connected(p256());
    let mut close = Vec::new();
    client.sender.close(&mut close).unwrap();
    assert_eq!(receive(&mut server.receiver, &close), Ok(Received::Closed));
    assert_eq!(receive(&mut server.receiver, &close), Ok(Received::Closed));
    let mut other = Vec::new();
    server.sender.send(&[1; 4096], &mut other).unwrap();
    assert!(matches!(receive(&mut client.receiver, &other), Ok(Received::Data(_))));
}

#[test]
fn an_error_is_told_to_the_peer_by_its_code() {
    let (mut client, mut server) = connected(p256());
    let mut record = Vec::new();
    client.sender.abort(PeerMisbehaved::RecordLength.into(), &mut record).unwrap();
    let told = receive(&mut server.receiver, &record);
    assert_eq!(told, Err(Error::PeerAlert(Alert::ILLEGAL_PARAMETER)));
    let mut answer = Vec::new();
    server.sender.abort(told.unwrap_err(), &mut answer).unwrap();
    assert!(answer.is_empty());
}

/// NewSessionTicket, a second ClientHello, a request for a certificate, a second Finished.
#[test]
fn handshake_messages_after_the_handshake_are_refused() {
    for (message_type, body) in [(4, &[0; 40][..]), (1, &[0; 60]), (13, &[0; 9]), (20, &[0; 48])] {
        let (client, hello) = client(p256());
        let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
        let (mut connection, _) = drive_client(client, &puppet.to_bytes())
            .unconfirmed()
            .confirm(&RELAY.verified)
            .unwrap();
        let mut sealer = puppet.application_sealer();
        seal(&mut sealer, ContentType::ApplicationData, &WELCOME);
        let record = seal(&mut sealer, ContentType::Handshake, &message(message_type, body));
        let error = receive(&mut connection.receiver, &record).unwrap_err();
        assert_eq!(error, misbehaved(PeerMisbehaved::UnexpectedMessage));
    }
}

#[test]
fn a_sealer_refuses_what_no_record_can_hold() {
    let (_, hello) = client(p256());
    let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    let mut sealer = puppet.handshake_sealer();
    let mut out = Vec::new();
    let data = ContentType::ApplicationData;
    assert_eq!(sealer.seal(data, &vec![1; MAX_CONTENT_LEN], 0, &mut out), Ok(()));
    out.clear();
    let too_long = sealer.seal(data, &vec![1; MAX_CONTENT_LEN + 1], 0, &mut out);
    assert_eq!(too_long, Err(Error::ApiMisuse));
    assert!(out.is_empty());
}

#[test]
fn an_alert_in_plaintext_counts_only_from_a_peer_that_can_have_no_keys() {
    let close_notify = plain(ContentType::Alert, &[1, 0]);
    let unexpected = misbehaved(PeerMisbehaved::UnexpectedMessage);

    // The server has answered, and the client can make nothing of it.
    let (_, hello) = client(p256());
    let (server, _) = serve(&hello).answered();
    let refused = drive_finished(server, &plain(ContentType::Alert, &[2, 40])).refused();
    assert_eq!(refused, Error::PeerAlert(Alert::HANDSHAKE_FAILURE));

    // Between any two keys of the client, and of either side afterwards, it is somebody else's.
    assert_eq!(with_inserted(1, &close_notify).refused(), unexpected);
    assert_eq!(with_inserted(2, &close_notify).refused(), unexpected);
    let (mut client, mut server) = connected(p256());
    assert_eq!(receive(&mut client.receiver, &close_notify), Err(unexpected));
    assert_eq!(receive(&mut server.receiver, &close_notify), Err(unexpected));
}
