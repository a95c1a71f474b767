//! HelloRetryRequest: when the server sends it, and what must come of it.

use bauta::crypto::aead::Algorithm;
use bauta::crypto::group::EphemeralKey;
use bauta::crypto::hash::Hash;
use bauta::crypto::hash::sha256;
use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::ServerHandshake;
use bauta::handshake::error::PeerIncompatible;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::key_schedule::EarlySecret;
use bauta::handshake::record::ContentType;
use bauta::handshake::record::Opener;
use bauta::handshake::record::Sealer;
use bauta::handshake::transcript::Transcript;

use crate::choices::GROUPS_;
use crate::choices::Hello;
use crate::choices::SCHEMES;
use crate::choices::SHARES;
use crate::choices::TYPES;
use crate::choices::share;
use crate::support::*;

/// The P-256 key of the second ClientHello.
fn key() -> EphemeralKey {
    EphemeralKey::generate(Group::P256, &mut rng(8))
}

/// A client that would rather have P-224, and has no share for P-256.
fn first() -> Hello {
    let mut hello = Hello::good();
    hello.extensions[GROUPS_] = extension(10, &vec16(&[0, 21, 0, 23, 0, 24]));
    hello.extensions[SHARES] = extension(51, &vec16(&share(21, &[4; 57])));
    hello
}

fn second() -> Hello {
    let mut hello = first();
    hello.extensions[SHARES] = extension(51, &vec16(&share(23, &key().public_key())));
    hello
}

fn retried(hello: &Hello) -> (ServerHandshake, Vec<u8>) {
    serve(&hello.record()).retried()
}

fn then(hello: &Hello) -> ServerEnd {
    drive_server(retried(&first()).0, &RELAY.keys, &hello.record(), 2)
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_client_without_a_share_is_asked_for_one_and_served() {
    let (state, request) = retried(&first());
    let extensions = [extension(43, &[3, 4]), extension(51, &[0, 23])].concat();
    let random = sha256(&[b"HelloRetryRequest"]);
    let body = [&[3, 3][..], &random, &[0, 0x13, 0x02, 0], &vec16(&extensions)].concat();
    assert_eq!(request, plain(ContentType::Handshake, &message(2, &body)));

    let (state, flight) = drive_server(state, &RELAY.keys, &second().record(), 2).answered();
    let records = split_records(&flight);
    let mut transcript = Transcript::new(Hash::Sha384);
    let first_hash = Hash::Sha384.digest(&[&first().record()[5..]]);
    transcript.add(&message(254, first_hash.as_ref()));
    for sent in [&request, &second().record(), &records[0]] {
        transcript.add(&sent[5..]);
    }
    let shared = key().agree(&records[0][records[0].len() - 65..]).unwrap();
    let secret = EarlySecret::new(Hash::Sha384).into_handshake(shared.expose()).unwrap();
    let client = secret.client_traffic(transcript.current()).unwrap();
    let server = secret.server_traffic(transcript.current()).unwrap();
    let (header, mut messages) = next_record(&mut &*records[1]).unwrap().unwrap();
    let mut opener = Opener::new(server.keys(Algorithm::Aes256Gcm).unwrap());
    assert_eq!(opener.open(&header, &mut messages), Ok(ContentType::Handshake));
    let (before, finished) = messages.split_at(messages.len() - 52);
    transcript.add(before);
    let verify_data = server.verify_data(transcript.current()).unwrap();
    assert_eq!(finished, message(20, verify_data.as_ref()));
    transcript.add(finished);
    let verify_data = client.verify_data(transcript.current()).unwrap();
    let mut sealer = Sealer::new(client.keys(Algorithm::Aes256Gcm).unwrap());
    let finished = seal(&mut sealer, ContentType::Handshake, &message(20, verify_data.as_ref()));
    drive_finished(state, &finished).connected();
}

#[test]
fn the_clients_first_acceptable_group_is_asked_for() {
    for (groups, schemes, expected) in [
        (&[0, 24, 0, 23][..], &[5, 3, 4, 3][..], 24),
        (&[0x1a, 0x1a, 0, 29, 0, 23], &[4, 3], 29),
        (&[0, 25], &[6, 3], 25),
    ] {
        let mut hello = first();
        hello.extensions[GROUPS_] = extension(10, &vec16(groups));
        hello.extensions[SCHEMES] = extension(13, &vec16(schemes));
        hello.extensions[SHARES] = extension(51, &[0, 0]);
        let (_, request) = retried(&hello);
        assert_eq!(request[request.len() - 2..], [0, expected]);
    }
}

#[test]
fn a_client_that_could_not_be_served_is_not_asked() {
    let mut hello = first();
    hello.extensions[GROUPS_] = extension(10, &vec16(&[0, 21]));
    assert_eq!(serve(&hello.record()).refused(), PeerIncompatible::Group.into());
    let mut hello = first();
    hello.extensions[SCHEMES] = extension(13, &vec16(&[6, 3]));
    assert_eq!(serve(&hello.record()).refused(), PeerIncompatible::SignatureScheme.into());
    let mut hello = first();
    hello.extensions[TYPES] = extension(20, &[1, 1]);
    assert_eq!(serve(&hello.record()).refused(), PeerIncompatible::CertificateType.into());
    let mut hello = first();
    hello.suites = vec![0x13, 0x01];
    assert_eq!(serve(&hello.record()).refused(), PeerIncompatible::CipherSuite.into());
}

#[test]
fn a_second_hello_that_was_changed_is_refused() {
    let changed = Error::from(PeerMisbehaved::ChangedClientHello);
    assert_eq!(alert(changed).code(), 47);
    let changes: [fn(&mut Hello); 12] = [
        // Without the share that was asked for there is no second request.
        |hello| hello.extensions[SHARES] = extension(51, &[0, 0]),
        |hello| hello.extensions[SHARES] = first().extensions[SHARES].clone(),
        |hello| hello.extensions[SHARES] = extension(51, &vec16(&share(24, &[4; 97]))),
        |hello| {
            let both = [share(23, &key().public_key()), share(24, &[4; 97])].concat();
            hello.extensions[SHARES] = extension(51, &vec16(&both));
        },
        |hello| hello.session_id = vec![1],
        |hello| hello.suites = vec![0x13, 0x03],
        |hello| hello.suites = vec![0x13, 0x02, 0x13, 0x03],
        |hello| hello.extensions[GROUPS_] = extension(10, &vec16(&[0, 23])),
        |hello| hello.extensions[SCHEMES] = extension(13, &vec16(&[4, 3, 5, 3])),
        |hello| hello.extensions.swap(0, 1),
        // No cookie was given, and there is no early data any more.
        |hello| hello.extensions.push(extension(44, &vec16(b"cookie"))),
        |hello| hello.extensions.push(extension(42, &[])),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut hello = second();
        change(&mut hello);
        assert_eq!(then(&hello).refused(), changed, "change {number}");
    }
    let mut record = second().record();
    record[11] ^= 1;
    let end = drive_server(retried(&first()).0, &RELAY.keys, &record, 2);
    assert_eq!(end.refused(), changed);
}

#[test]
fn a_second_hello_may_change_its_padding_and_its_pre_shared_key() {
    let modes = extension(45, &[1, 1]);
    let mut hello = second();
    hello.extensions.push(modes.clone());
    hello.extensions.push(extension(21, &[0; 30]));
    hello.extensions.push(extension(41, b"last as it should be"));
    let mut before = first();
    before.extensions.push(modes);
    let state = retried(&before).0;
    drive_server(state, &RELAY.keys, &hello.record(), 2).answered();
    before.extensions.push(extension(42, &[]));
    before.extensions.push(extension(41, b"one"));
    let state = retried(&before).0;
    drive_server(state, &RELAY.keys, &hello.record(), 2).answered();
}

#[test]
fn a_bad_share_in_the_second_hello_is_refused() {
    let mut hello = second();
    hello.extensions[SHARES] = extension(51, &vec16(&share(23, &[4; 65])));
    assert_eq!(then(&hello).refused(), PeerMisbehaved::InvalidKeyShare.into());
}

#[test]
fn nothing_may_stand_behind_the_first_hello() {
    let both = [&first().record()[5..], &second().record()[5..]].concat();
    let error = serve(&plain(ContentType::Handshake, &both)).refused();
    assert_eq!(error, PeerMisbehaved::NotAtRecordBoundary.into());
    let unexpected = Error::from(PeerMisbehaved::UnexpectedMessage);
    let finished = plain(ContentType::Handshake, &message(20, &[0; 48]));
    let end = drive_server(retried(&first()).0, &RELAY.keys, &finished, 2);
    assert_eq!(end.refused(), unexpected);
}

/// Appendix D.4: one change_cipher_spec from each side, wherever the client's stands.
#[test]
fn change_cipher_spec_goes_out_behind_the_first_message_only() {
    let ccs = [20, 3, 3, 0, 1, 1];
    let with_id = |mut hello: Hello| {
        hello.session_id = vec![7; 32];
        hello.record()
    };
    let (state, request) = serve(&with_id(first())).retried();
    assert_eq!(split_records(&request)[1], ccs);
    let bytes = [&ccs[..], &with_id(second())].concat();
    let (_, flight) = drive_server(state, &RELAY.keys, &bytes, 2).answered();
    let records = split_records(&flight);
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|record| record[..] != ccs));
    // More of them than anybody means well sends are not dropped.
    let (state, _) = serve(&with_id(first())).retried();
    let bytes = [&ccs.repeat(33)[..], &with_id(second())].concat();
    let error = drive_server(state, &RELAY.keys, &bytes, 2).refused();
    assert_eq!(error, PeerMisbehaved::UnexpectedMessage.into());
}
