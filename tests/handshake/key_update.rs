//! KeyUpdate both ways, asked for, malformed, in floods; the exporter.

use bauta::crypto::hash::Hash;
use bauta::crypto::hkdf::Prk;
use bauta::handshake::AlertDescription as Alert;
use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::KeyUpdateRequest;
use bauta::handshake::Received;
use bauta::handshake::connection::Receiver;
use bauta::handshake::connection::Sender;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::key_schedule::MAX_LABEL_LEN;
use bauta::handshake::record::ContentType;

use crate::support::*;

const RECORD_LEN: usize = 5 + 4096 + 1 + 16;
const KEY_UPDATE: [u8; 5] = [24, 0, 0, 1, 0];
const UPDATE_REQUESTED: [u8; 5] = [24, 0, 0, 1, 1];

/// What comes of each record; nothing may follow an error.
fn receive(receiver: &mut Receiver, bytes: &[u8]) -> Result<Vec<Received>, Error> {
    let mut rest = bytes;
    let mut all = Vec::new();
    while let Some(record) = next_record(&mut rest) {
        let (header, body) = record?;
        all.push(receiver.receive(&header, body)?);
    }
    Ok(all)
}

fn data(fill: u8) -> Received {
    Received::Data(vec![fill; 4096])
}

fn send(sender: &mut Sender, fill: u8) -> Vec<u8> {
    let mut out = Vec::new();
    sender.send(&[fill; 4096], &mut out).unwrap();
    out
}

fn update(sender: &mut Sender, request: KeyUpdateRequest) -> Vec<u8> {
    let mut out = Vec::new();
    sender.update_keys(request, &mut out).unwrap();
    out
}

#[test]
fn either_side_changes_its_keys_at_any_time() {
    let (mut client, mut server) = connected(p256());
    for (from, to) in
        [(&mut client.sender, &mut server.receiver), (&mut server.sender, &mut client.receiver)]
    {
        for fill in 0..5 {
            let bytes = [update(from, KeyUpdateRequest::NotRequested), send(from, fill)].concat();
            assert_eq!(bytes.len(), 2 * RECORD_LEN);
            assert_eq!(receive(to, &bytes), Ok(vec![Received::KeyUpdate, data(fill)]));
        }
        let mut close = Vec::new();
        from.close(&mut close).unwrap();
        assert_eq!(receive(to, &close), Ok(vec![Received::Closed]));
        let after = from.update_keys(KeyUpdateRequest::Requested, &mut close);
        assert_eq!(after, Err(Error::ApiMisuse));
        assert_eq!(close.len(), RECORD_LEN);
    }
}

#[test]
fn who_is_asked_for_new_keys_sends_them_once_before_its_next_data() {
    let (mut client, mut server) = connected(p256());
    for requests in [1, 3] {
        let asked: Vec<u8> = (0..requests)
            .flat_map(|_| update(&mut client.sender, KeyUpdateRequest::Requested))
            .collect();
        let seen = receive(&mut server.receiver, &asked).unwrap();
        assert!(seen.iter().all(|received| *received == Received::KeyUpdate));
        let answer = send(&mut server.sender, 7);
        assert_eq!(answer.len(), 2 * RECORD_LEN);
        let seen = receive(&mut client.receiver, &answer);
        assert_eq!(seen, Ok(vec![Received::KeyUpdate, data(7)]));
        // The answer asks for none: there is no end of it otherwise.
        assert_eq!(send(&mut client.sender, 8).len(), RECORD_LEN);
        assert_eq!(send(&mut server.sender, 9).len(), RECORD_LEN);
        (client, server) = connected(p256());
    }
}

#[test]
fn who_is_not_asked_sends_none() {
    let (mut client, mut server) = connected(p256());
    let bytes = update(&mut client.sender, KeyUpdateRequest::NotRequested);
    receive(&mut server.receiver, &bytes).unwrap();
    assert_eq!(send(&mut server.sender, 1).len(), RECORD_LEN);
}

/// RFC 8446, section 7.2, derived here by hand.
#[test]
fn the_next_keys_are_the_specifications() {
    let (mut connection, puppet, mut sealer) = connected_to_puppet();
    let record = seal(&mut sealer, ContentType::Handshake, &KEY_UPDATE);
    assert_eq!(receive(&mut connection.receiver, &record), Ok(vec![Received::KeyUpdate]));
    let mut next = [0; 48];
    Prk::from_slice(Hash::Sha384, puppet.server_application.expose())
        .unwrap()
        .expand(b"\x00\x30\x11tls13 traffic upd\x00", &mut next)
        .unwrap();
    assert_eq!(puppet.server_application.next().unwrap().expose(), next);
    let record = RawKeys::of(&puppet.server_application.next().unwrap()).seal(&[5, 23]);
    let seen = receive(&mut connection.receiver, &record);
    assert_eq!(seen, Ok(vec![Received::Data(vec![5])]));
}

#[test]
fn the_keys_before_open_nothing_more() {
    let (mut connection, _, mut sealer) = connected_to_puppet();
    let record = seal(&mut sealer, ContentType::Handshake, &KEY_UPDATE);
    receive(&mut connection.receiver, &record).unwrap();
    let record = seal(&mut sealer, ContentType::ApplicationData, &WELCOME);
    assert_eq!(receive(&mut connection.receiver, &record), Err(Error::Decrypt));
}

#[test]
fn malformed_key_updates_are_refused() {
    for (content, expected) in [
        (&[24, 0, 0, 1, 2][..], PeerMisbehaved::IllegalValue.into()),
        (&[24, 0, 0, 1, 255], PeerMisbehaved::IllegalValue.into()),
        (&[24, 0, 0, 0], Error::Decode),
        (&[24, 0, 0, 2, 0, 0], Error::Decode),
        // Whatever follows in the same record would stand across the change of keys.
        (&[KEY_UPDATE, KEY_UPDATE].concat(), PeerMisbehaved::NotAtRecordBoundary.into()),
        (&[&KEY_UPDATE[..], &[24]].concat(), PeerMisbehaved::NotAtRecordBoundary.into()),
    ] {
        let (mut connection, _, mut sealer) = connected_to_puppet();
        let record = seal(&mut sealer, ContentType::Handshake, content);
        assert_eq!(receive(&mut connection.receiver, &record), Err(expected), "{content:?}");
    }
}

#[test]
fn a_key_update_in_pieces_counts_when_it_is_whole() {
    let (mut connection, puppet, mut sealer) = connected_to_puppet();
    for byte in UPDATE_REQUESTED {
        let record = seal(&mut sealer, ContentType::Handshake, &[byte]);
        assert_eq!(receive(&mut connection.receiver, &record), Ok(vec![Received::KeyUpdate]));
    }
    let record = RawKeys::of(&puppet.server_application.next().unwrap()).seal(&[5, 23]);
    assert_eq!(receive(&mut connection.receiver, &record), Ok(vec![Received::Data(vec![5])]));
    assert_eq!(send(&mut connection.sender, 1).len(), 2 * RECORD_LEN);
}

#[test]
fn data_between_the_pieces_of_a_key_update_is_refused() {
    let (mut connection, _, mut sealer) = connected_to_puppet();
    let piece = seal(&mut sealer, ContentType::Handshake, &KEY_UPDATE[..4]);
    receive(&mut connection.receiver, &piece).unwrap();
    let record = seal(&mut sealer, ContentType::ApplicationData, &WELCOME);
    let error = receive(&mut connection.receiver, &record).unwrap_err();
    assert_eq!(error, PeerMisbehaved::UnexpectedMessage.into());
}

#[test]
fn floods_of_key_updates_end_the_connection() {
    let too_many = Error::from(PeerMisbehaved::TooManyKeyUpdates);
    assert_eq!(alert(too_many), Alert::UNEXPECTED_MESSAGE);
    let (mut client, mut server) = connected(p256());
    for request in [KeyUpdateRequest::Requested, KeyUpdateRequest::NotRequested] {
        for _ in 0..32 {
            let record = update(&mut client.sender, request);
            assert_eq!(receive(&mut server.receiver, &record), Ok(vec![Received::KeyUpdate]));
        }
        let record = send(&mut client.sender, 1);
        assert_eq!(receive(&mut server.receiver, &record), Ok(vec![data(1)]));
    }
    for _ in 0..32 {
        let record = update(&mut client.sender, KeyUpdateRequest::NotRequested);
        receive(&mut server.receiver, &record).unwrap();
    }
    let record = update(&mut client.sender, KeyUpdateRequest::NotRequested);
    assert_eq!(receive(&mut server.receiver, &record), Err(too_many));
    let record = send(&mut client.sender, 1);
    assert_eq!(receive(&mut server.receiver, &record), Err(too_many));
    // However often it asked, it gets one answer.
    assert_eq!(send(&mut server.sender, 1).len(), 2 * RECORD_LEN);
}

/// "Implementations that receive a KeyUpdate message prior to receiving a Finished message MUST
/// terminate the connection with an 'unexpected_message' alert" (section 4.6.3).
#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn key_updates_before_finished_are_refused() {
    let unexpected = Error::from(PeerMisbehaved::UnexpectedMessage);
    let (state, hello) = client(p256());
    let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    let record = seal(&mut puppet.handshake_sealer(), ContentType::Handshake, &KEY_UPDATE);
    let bytes = [plain(ContentType::Handshake, &puppet.messages[0]), record].concat();
    assert_eq!(drive_client(state, &bytes).refused(), unexpected);

    let (_, hello) = client(p256());
    let (server, flight) = serve(&hello).answered();
    let record = PuppetClient::new(&hello, &flight).seal(ContentType::Handshake, &KEY_UPDATE);
    assert_eq!(drive_finished(server, &record).refused(), unexpected);
    let in_plain = plain(ContentType::Handshake, &KEY_UPDATE);
    assert_eq!(serve(&in_plain).refused(), unexpected);
}

#[test]
fn both_sides_export_the_same_secrets_and_no_two_are_alike() {
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for offer in [p256(), classical(Group::X25519), hybrid(Group::X25519)] {
        let (client, server) = connected(offer);
        for (label, context) in [(&b"a"[..], &b""[..]), (b"b", b""), (b"a", b"b"), (b"", b"a")] {
            let secret = client.exporter.export(label, context, 32).unwrap();
            let theirs = server.exporter.export(label, context, 32).unwrap();
            assert_eq!(secret.expose(), theirs.expose());
            assert!(!seen.contains(&secret.expose().to_vec()));
            seen.push(secret.expose().to_vec());
        }
    }
    let (client, _) = connected(p256());
    let export = |label: usize, len| client.exporter.export(&vec![b'x'; label], b"", len);
    assert_eq!(export(MAX_LABEL_LEN, 255 * 48).unwrap().len(), 255 * 48);
    assert_eq!(export(MAX_LABEL_LEN + 1, 32).unwrap_err(), Error::ApiMisuse);
    assert_eq!(export(1, 255 * 48 + 1).unwrap_err(), Error::ApiMisuse);
    assert_eq!(export(1, 1 << 16).unwrap_err(), Error::ApiMisuse);
}
