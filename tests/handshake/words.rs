//! What people are told of an error, what the peer is told when the caller ends a handshake, and
//! what the caller is told who does what nobody may.

use core::error::Error as _;
use std::collections::BTreeSet;

use bauta::handshake::AlertDescription;
use bauta::handshake::CipherSuite;
use bauta::handshake::Error;
use bauta::handshake::KeyUpdateRequest;
use bauta::handshake::PADDED_LEN;
use bauta::handshake::Received;
use bauta::handshake::error::Forged;
use bauta::handshake::error::PeerIncompatible;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::identity::IdentityError;
use bauta::handshake::identity::NetworkId;
use bauta::handshake::record::ContentType;
use bauta::handshake::record::HEADER_LEN;

use crate::support::*;

const MISBEHAVED: [PeerMisbehaved; 19] = [
    PeerMisbehaved::UnexpectedMessage,
    PeerMisbehaved::UnknownContentType,
    PeerMisbehaved::EmptyFragment,
    PeerMisbehaved::NotAtRecordBoundary,
    PeerMisbehaved::RecordOverflow,
    PeerMisbehaved::IllegalValue,
    PeerMisbehaved::DuplicateExtension,
    PeerMisbehaved::MisplacedExtension,
    PeerMisbehaved::UnsolicitedExtension,
    PeerMisbehaved::MissingExtension,
    PeerMisbehaved::ChoseUnoffered,
    PeerMisbehaved::UnneededHelloRetryRequest,
    PeerMisbehaved::ChangedClientHello,
    PeerMisbehaved::InvalidKeyShare,
    PeerMisbehaved::InvalidPublicKey,
    PeerMisbehaved::SignerNotInKeySet,
    PeerMisbehaved::RecordLength,
    PeerMisbehaved::EmptyCertificate,
    PeerMisbehaved::TooManyKeyUpdates,
];
const INCOMPATIBLE: [PeerIncompatible; 6] = [
    PeerIncompatible::Version,
    PeerIncompatible::CipherSuite,
    PeerIncompatible::Group,
    PeerIncompatible::SignatureScheme,
    PeerIncompatible::CertificateType,
    PeerIncompatible::RawPublicKeyRequired,
];
const OTHERS: [Error; 8] = [
    Error::Decode,
    Error::Decrypt,
    Error::Forged(Forged::CertificateVerify),
    Error::Forged(Forged::Finished),
    Error::IdentityRefused,
    Error::PeerAlert(AlertDescription::CLOSE_NOTIFY),
    Error::KeyExhausted,
    Error::ApiMisuse,
];

#[test]
fn every_error_has_words_of_its_own() {
    let network = NetworkId::from_bytes([1; 32]);
    let identity = [
        IdentityError::Malformed,
        IdentityError::BadSignature,
        IdentityError::OtherNetwork { found: network },
        IdentityError::RolledBack { seen: 3, found: 2 },
        IdentityError::Doubled { sequence: 3 },
    ];
    let errors = MISBEHAVED.map(Error::PeerMisbehaved).into_iter();
    let errors = errors.chain(INCOMPATIBLE.map(Error::PeerIncompatible)).chain(OTHERS);
    let mut words: Vec<String> = errors.map(|error| error.to_string()).collect();
    words.extend(identity.map(|error| error.to_string()));
    words.extend(CipherSuite::ALL.map(|suite| suite.name().to_lowercase()));
    let distinct: BTreeSet<&String> = words.iter().collect();
    assert_eq!(distinct.len(), 19 + 6 + 8 + 5 + 2);
    for text in &words {
        assert!(text.starts_with(char::is_lowercase) && !text.ends_with('.'), "{text}");
    }
    let numbers = identity[3].to_string();
    assert!(numbers.contains("set 2,") && numbers.contains("3 was seen"), "{numbers}");
}

#[test]
fn a_handshake_that_its_caller_ends_tells_the_peer_and_the_caller_why() {
    let (started, hello) = client(p256());
    let failure = started.abort(Error::Decode);
    assert_eq!(failure.alert, [21, 3, 3, 0, 2, 2, 50]);
    assert_eq!(failure.to_string(), Error::Decode.to_string());
    assert_eq!(failure.source().unwrap().to_string(), Error::Decode.to_string());
    // Once there are keys the alert is sealed, and has the size of everything.
    let (server, _) = serve(&hello).answered();
    let failure = server.abort(Error::ApiMisuse);
    assert_eq!(failure.error, Error::ApiMisuse);
    assert_eq!(failure.alert.len(), HEADER_LEN + PADDED_LEN + 1 + 16);
}

#[test]
fn what_no_caller_may_do_is_refused_without_harm() {
    let (mut client, mut server) = connected(p256());
    let mut out = Vec::new();
    client.sender.send(&[1], &mut out).unwrap();
    let (header, mut body) = next_record(&mut &out[..]).unwrap().unwrap();
    body.push(0);
    assert_eq!(server.receiver.receive(&header, body), Err(Error::ApiMisuse));
    client.sender.close(&mut out).unwrap();
    let closed = out.clone();
    let late = client.sender.update_keys(KeyUpdateRequest::Requested, &mut out);
    assert_eq!((late, &out), (Err(Error::ApiMisuse), &closed));
    let twice = client.sender.close(&mut out);
    assert_eq!((twice, out), (Err(Error::ApiMisuse), closed));
}

#[test]
fn what_was_received_is_shown_by_its_kind() {
    let data = Received::Data(vec![7; 3]);
    let all = [data, Received::KeyUpdate, Received::UserCanceled, Received::Closed];
    assert_eq!(format!("{all:?}"), "[Data(3 bytes), KeyUpdate, UserCanceled, Closed]");
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_server_that_nobody_trusts_yet_says_data_and_nothing_else() {
    let (started, hello) = client(p256());
    let puppet = Puppet::new(p256(), &hello).flight(Liar::Server, |_, _| {});
    let unconfirmed = drive_client(started, &puppet.to_bytes()).unconfirmed();
    let mut sealer = puppet.application_sealer();
    seal(&mut sealer, ContentType::ApplicationData, &WELCOME);
    let key_update = seal(&mut sealer, ContentType::Handshake, &message(24, &[0]));
    let (header, body) = next_record(&mut &key_update[..]).unwrap().unwrap();
    let failure = unconfirmed.receive(&header, body).unwrap_err();
    assert_eq!(checked(failure), PeerMisbehaved::UnexpectedMessage.into());
}
