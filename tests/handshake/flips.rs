//! Every byte of every message and record flipped, by field: which alert it earns, and from whom.
//!
//! Plain messages are flipped on their way between the real sides. Sealed ones are flipped inside
//! the seal, by a server whose signature and MAC cover the message as it was; then outside, on the
//! wire, where every flip must end in bad_record_mac.

use bauta::handshake::AlertDescription as Alert;
use bauta::handshake::Error;
use bauta::handshake::Group;
use bauta::handshake::client::Offer;
use bauta::handshake::record::ContentType;
use bauta::handshake::record::HEADER_LEN;

use crate::support::*;

const MASKS: [u8; 3] = [0x01, 0x80, 0xff];

/// A field: its name, its length, and the alerts that a flip in it may earn.
struct Field(&'static str, usize, &'static [Alert]);

const DECODE: &[Alert] = &[Alert::DECODE_ERROR];
const ILLEGAL: &[Alert] = &[Alert::ILLEGAL_PARAMETER];
const MAC: &[Alert] = &[Alert::BAD_RECORD_MAC];
const UNEXPECTED: &[Alert] = &[Alert::UNEXPECTED_MESSAGE];
const VERSION: &[Alert] = &[Alert::PROTOCOL_VERSION];
const MISSING: &[Alert] = &[Alert::MISSING_EXTENSION];
const UNSUPPORTED: &[Alert] = &[Alert::UNSUPPORTED_EXTENSION];
const CERTIFICATE_TYPE: &[Alert] = &[Alert::UNSUPPORTED_CERTIFICATE];
const BAD_CERTIFICATE: &[Alert] = &[Alert::BAD_CERTIFICATE];
const NOTHING_IN_COMMON: &[Alert] = &[Alert::HANDSHAKE_FAILURE];
const FORGED: &[Alert] = &[Alert::DECRYPT_ERROR];
/// A message that claims to be shorter does not parse, or leaves bytes that are no message; one that
/// claims to be longer swallows what follows, or waits, and then the next record has other keys.
const MESSAGE_LENGTH: &[Alert] =
    &[Alert::DECODE_ERROR, Alert::UNEXPECTED_MESSAGE, Alert::BAD_RECORD_MAC];

const SERVER_HELLO: &[Field] = &[
    Field("message type", 1, UNEXPECTED),
    Field("message length", 3, MESSAGE_LENGTH),
    Field("legacy_version", 2, ILLEGAL),
    Field("random", 32, MAC),
    Field("length of legacy_session_id_echo", 1, DECODE),
    Field("cipher_suite", 2, ILLEGAL),
    Field("legacy_compression_method", 1, ILLEGAL),
    Field("length of extensions", 2, DECODE),
    Field("type of supported_versions", 2, VERSION),
    Field("length of supported_versions", 2, DECODE),
    Field("selected_version", 2, ILLEGAL),
    Field("type of key_share", 2, UNSUPPORTED),
    Field("length of key_share", 2, DECODE),
    Field("group", 2, ILLEGAL),
    Field("length of key_exchange", 2, DECODE),
    Field("form of the point", 1, ILLEGAL),
    Field("point", 64, ILLEGAL),
    // In a hybrid: another ciphertext is another secret (implicit rejection), and nothing says so
    // before the first sealed record.
    Field("ciphertext", REST, MAC),
];

const ENCRYPTED_EXTENSIONS: &[Field] = &[
    Field("message type", 1, UNEXPECTED),
    Field("message length", 3, MESSAGE_LENGTH),
    Field("length of extensions", 2, DECODE),
    Field("type of server_certificate_type", 2, UNSUPPORTED),
    Field("length of server_certificate_type", 2, DECODE),
    Field("certificate type", 1, ILLEGAL),
];

const CERTIFICATE: &[Field] = &[
    Field("message type", 1, UNEXPECTED),
    Field("message length", 3, MESSAGE_LENGTH),
    Field("length of certificate_request_context", 1, DECODE),
    Field("length of certificate_list", 3, DECODE),
    Field("length of the public key", 3, DECODE),
    Field("SubjectPublicKeyInfo", 91, BAD_CERTIFICATE),
    Field("length of extensions", 2, DECODE),
];

/// A DER signature has no fixed length: its field comes last and takes the rest.
const CERTIFICATE_VERIFY: &[Field] = &[
    Field("message type", 1, UNEXPECTED),
    Field("message length", 3, MESSAGE_LENGTH),
    Field("algorithm", 2, ILLEGAL),
    Field("length of signature", 2, DECODE),
    Field("signature", REST, FORGED),
];

const FINISHED: &[Field] = &[
    Field("message type", 1, UNEXPECTED),
    Field("message length", 3, MESSAGE_LENGTH),
    Field("verify_data", 48, FORGED),
];

const REST: usize = usize::MAX;

fn fields_of(step: Step) -> &'static [Field] {
    match step {
        Step::ServerHello => SERVER_HELLO,
        Step::EncryptedExtensions => ENCRYPTED_EXTENSIONS,
        Step::Certificate => CERTIFICATE,
        Step::CertificateVerify => CERTIFICATE_VERIFY,
        Step::Finished => FINISHED,
    }
}

/// The field at each byte of a message; the fields cover it exactly.
fn spread(fields: &'static [Field], len: usize) -> Vec<&'static Field> {
    let mut spread = Vec::new();
    for field in fields {
        let len = if field.1 == REST { len - spread.len() } else { field.1 };
        spread.extend(std::iter::repeat_n(field, len));
    }
    assert_eq!(spread.len(), len);
    spread
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn every_flipped_byte_of_the_servers_messages_earns_its_fields_alert() {
    for step in STEPS {
        every_flip_in(p256(), step);
    }
    // What follows the hellos is the same with every exchange.
    every_flip_in(p256_mlkem768(), Step::ServerHello);
}

fn every_flip_in(offer: Offer, step: Step) {
    let (_, hello) = client(offer);
    let index = STEPS.iter().position(|s| *s == step).unwrap();
    let mut flight = Puppet::new(offer, &hello).flight(Liar::Between, |_, _| {});
    let honest = flight.messages[index].clone();
    for (at, field) in spread(fields_of(step), honest.len()).into_iter().enumerate() {
        // One flip in each byte of a ciphertext: no bit of it is unlike the others.
        let masks = if field.0 == "ciphertext" { &MASKS[..1] } else { &MASKS };
        for mask in masks {
            flight.messages[index] = honest.clone();
            flight.messages[index][at] ^= mask;
            let (client, _) = client(offer);
            let error = drive_client(client, &flight.to_bytes()).refused();
            let where_ = format!("{offer:?}, {step:?}, {}, byte {at}, mask {mask:#x}", field.0);
            assert!(field.2.contains(&alert(error)), "{where_}: {error:?}");
        }
    }
}

/// With X25519 a flipped share is another share: the keys differ, and the first sealed record shows.
#[test]
fn a_flipped_x25519_share_gives_other_keys() {
    let (_, hello) = client(classical(Group::X25519));
    let mut flight = Puppet::new(classical(Group::X25519), &hello).flight(Liar::Between, |_, _| {});
    let honest = flight.messages[0].clone();
    for at in honest.len() - 32..honest.len() {
        for mask in [0x01, 0x40, 0x7f] {
            flight.messages[0] = honest.clone();
            flight.messages[0][at] ^= mask;
            let (client, _) = client(classical(Group::X25519));
            let error = drive_client(client, &flight.to_bytes()).refused();
            assert_eq!(error, Error::Decrypt, "byte {at}, mask {mask:#x}");
        }
    }
}

/// Who notices a flip in the ClientHello.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Server,
    /// The server took it for what the client meant; the client's transcript says otherwise.
    Client,
    /// The server waits for the rest of a longer message, until its deadline.
    Deadline,
}

struct HelloField(&'static str, usize, By, &'static [Alert]);

/// The message of `p256()`, and of `p256_mlkem768()` up to its point, whose fields stand in the order that the encoder writes.
const CLIENT_HELLO: &[HelloField] = &[
    HelloField("message type", 1, By::Server, UNEXPECTED),
    HelloField("message length", 3, By::Server, DECODE),
    HelloField("legacy_version", 2, By::Server, ILLEGAL),
    HelloField("random", 32, By::Client, MAC),
    HelloField("length of legacy_session_id", 1, By::Server, DECODE),
    HelloField("length of cipher_suites", 2, By::Server, DECODE),
    HelloField("cipher suite", 2, By::Server, NOTHING_IN_COMMON),
    HelloField("length of legacy_compression_methods", 1, By::Server, DECODE),
    HelloField("compression method", 1, By::Server, ILLEGAL),
    HelloField("length of extensions", 2, By::Server, DECODE),
    HelloField("type of supported_versions", 2, By::Server, VERSION),
    HelloField("lengths of supported_versions", 3, By::Server, DECODE),
    HelloField("version", 2, By::Server, VERSION),
    HelloField("type of supported_groups", 2, By::Server, MISSING),
    HelloField("lengths of supported_groups", 4, By::Server, DECODE),
    HelloField("group that is not the share's", 2, By::Server, ILLEGAL),
    HelloField("type of signature_algorithms", 2, By::Server, MISSING),
    HelloField("lengths of signature_algorithms", 4, By::Server, DECODE),
    HelloField("signature scheme", 2, By::Server, NOTHING_IN_COMMON),
    HelloField("type of server_certificate_type", 2, By::Client, MAC),
    HelloField("lengths of server_certificate_type", 3, By::Server, DECODE),
    HelloField("certificate type", 1, By::Server, CERTIFICATE_TYPE),
    HelloField("type of key_share", 2, By::Server, MISSING),
    HelloField("lengths of key_share", 4, By::Server, DECODE),
    HelloField("share's group that is not listed", 2, By::Server, ILLEGAL),
    HelloField("length of key_exchange", 2, By::Server, DECODE),
    HelloField("form of the point", 1, By::Server, ILLEGAL),
    HelloField("point", 64, By::Server, ILLEGAL),
];

/// Flips that turn one legal offer into another, or a message into a longer one.
type Exception = (usize, u8, By, &'static [Alert]);
const EXCEPTIONS: &[Exception] = &[
    (2, 0x01, By::Deadline, &[]),
    // 0x0203: below SSL 3.0.
    (4, 0x01, By::Server, VERSION),
    // TLS_CHACHA20_POLY1305_SHA256 in the place of TLS_AES_256_GCM_SHA384.
    (42, 0x01, By::Client, ILLEGAL),
];
const HYBRID_EXCEPTIONS: &[Exception] = &[
    (3, 0x80, By::Deadline, &[]),
    (3, 0xff, By::Deadline, &[]),
    // 0x0203: below SSL 3.0.
    (4, 0x01, By::Server, VERSION),
    // TLS_CHACHA20_POLY1305_SHA256 in the place of TLS_AES_256_GCM_SHA384.
    (42, 0x01, By::Client, ILLEGAL),
];

#[test]
fn every_flipped_byte_of_the_client_hello_earns_its_fields_alert() {
    let (_, hello) = client(p256());
    assert_eq!(hello_fields().len(), hello.len() - HEADER_LEN);
    every_flip_in_the_fields(p256(), EXCEPTIONS);
}

#[test]
fn every_flipped_byte_of_a_hybrid_client_hello_earns_its_fields_alert() {
    let (_, hello) = client(p256_mlkem768());
    assert_eq!(hello_fields().len(), hello.len() - HEADER_LEN - ENCAPSULATION_KEY_LEN);
    every_flip_in_the_fields(p256_mlkem768(), HYBRID_EXCEPTIONS);
}

fn hello_fields() -> Vec<&'static HelloField> {
    let field = |field: &'static HelloField| std::iter::repeat_n(field, field.1);
    CLIENT_HELLO.iter().flat_map(field).collect()
}

fn every_flip_in_the_fields(offer: Offer, exceptions: &[Exception]) {
    let (_, hello) = client(offer);
    for (at, HelloField(name, _, by, alerts)) in hello_fields().into_iter().enumerate() {
        for mask in MASKS {
            let exception = exceptions.iter().find(|e| (e.0, e.1) == (at, mask));
            let (by, alerts) = exception.map_or((by, alerts), |e| (&e.2, &e.3));
            let mut flipped = hello.clone();
            flipped[HEADER_LEN + at] ^= mask;
            let (noticed, error) = first_to_notice(offer, &flipped);
            let where_ = format!("{name}, byte {at}, mask {mask:#x}: {error:?}");
            assert_eq!(noticed, *by, "{where_}");
            assert!(error.is_none_or(|error| alerts.contains(&alert(error))), "{where_}");
        }
    }
}

fn first_to_notice(offer: Offer, flipped: &[u8]) -> (By, Option<Error>) {
    match serve(flipped) {
        ServerEnd::Starved => (By::Deadline, None),
        ServerEnd::Refused(failure) => (By::Server, Some(checked(failure))),
        ServerEnd::Retried(_, flight) | ServerEnd::Answered(_, flight) => {
            let (client, _) = client(offer);
            (By::Client, Some(drive_client(client, &flight).refused()))
        }
    }
}

/// A key whose every coefficient is below the modulus is as good as any: the server answers it, and
/// cannot be understood. Any other is refused.
#[test]
fn every_flipped_byte_of_an_encapsulation_key_is_noticed_by_one_side() {
    let offer = p256_mlkem768();
    let (_, hello) = client(offer);
    let key_at = hello.len() - ENCAPSULATION_KEY_LEN;
    let mut by_server = 0;
    for at in key_at..hello.len() {
        let mut flipped = hello.clone();
        flipped[at] ^= MASKS[at % 2];
        let above = is_above_the_modulus(&flipped[key_at..]);
        let (noticed, error) = first_to_notice(offer, &flipped);
        let (by, alert_) = match above {
            true => (By::Server, Alert::ILLEGAL_PARAMETER),
            false => (By::Client, Alert::BAD_RECORD_MAC),
        };
        assert_eq!((noticed, alert(error.unwrap())), (by, alert_), "byte {at}");
        by_server += u32::from(above);
    }
    // About 57 for a random key, give or take 7: a backend of its own mind draws another each time.
    assert!(by_server > 15, "{by_server}");
}

/// FIPS 203, section 7.2: whether a coefficient of twelve bits is not below 3329. The last 32 bytes
/// are a seed.
pub(crate) fn is_above_the_modulus(key: &[u8]) -> bool {
    key[..key.len() - 32].chunks_exact(3).any(|bytes| {
        let [a, b, c] = [bytes[0], bytes[1], bytes[2]].map(u16::from);
        (a | (b & 0x0f) << 8) >= 3329 || (b >> 4 | c << 4) >= 3329
    })
}

const ENCAPSULATION_KEY_LEN: usize = 1184;

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn a_flip_on_p521_is_refused_likewise() {
    let offer = classical(Group::P521);
    let (_, hello) = client(offer);
    let mut flight = Puppet::new(offer, &hello).flight(Liar::Between, |_, _| {});
    let honest = flight.messages.clone();
    for (step, at, expected) in [
        (0, honest[0].len() - 1, ILLEGAL),
        (0, honest[0].len() - 100, ILLEGAL),
        (2, 20, BAD_CERTIFICATE),
        (2, 100, BAD_CERTIFICATE),
        (3, 5, ILLEGAL),
        (3, honest[3].len() - 1, FORGED),
        (3, 60, FORGED),
        (4, 4, FORGED),
    ] {
        flight.messages.clone_from(&honest);
        flight.messages[step][at] ^= 1;
        let (client, _) = client(offer);
        let error = drive_client(client, &flight.to_bytes()).refused();
        assert!(expected.contains(&alert(error)), "message {step}, byte {at}: {error:?}");
    }
}

#[test]
fn a_flip_in_either_half_of_a_share_is_noticed_in_its_time() {
    for group in GROUPS {
        let offer = hybrid(group);
        let (_, hello) = client(offer);
        let mut flight = Puppet::new(offer, &hello).flight(Liar::Between, |_, _| {});
        let honest = flight.messages[0].clone();
        let start = honest.len() - share_lens(offer.pin.exchange()).1;
        let point_at = match group {
            Group::X25519 => honest.len() - 32,
            _ => start,
        };
        let ciphertext_at = match group {
            Group::X25519 => start,
            _ => start + halves(group, &honest[start..]).0.len(),
        };
        // A point of a NIST curve is judged at once; everything else gives other keys.
        let expected = match group {
            Group::X25519 => Alert::BAD_RECORD_MAC,
            _ => Alert::ILLEGAL_PARAMETER,
        };
        for (at, expected) in [
            (point_at, expected),
            (point_at + 20, expected),
            (ciphertext_at, Alert::BAD_RECORD_MAC),
            (ciphertext_at + 700, Alert::BAD_RECORD_MAC),
            (ciphertext_at + 1087, Alert::BAD_RECORD_MAC),
        ] {
            flight.messages[0] = honest.clone();
            flight.messages[0][at] ^= 1;
            let (client, _) = client(offer);
            let error = drive_client(client, &flight.to_bytes()).refused();
            assert_eq!(alert(error), expected, "{group:?}, byte {at}");
        }
    }
}

#[test]
fn every_flipped_byte_of_a_sealed_record_is_noticed() {
    let (_, hello) = client(p256());
    let (_, flight) = serve(&hello).answered();
    let records = split_records(&flight);
    let start = records[0].len();
    for at in start..start + records[1].len() {
        let mut flipped = flight.clone();
        flipped[at] ^= 1;
        let (client, _) = client(p256());
        let error = drive_client(client, &flipped).refused();
        match at - start {
            // 22 in the place of 23: handshake in the clear where records are sealed.
            0 => assert_eq!(alert(error), Alert::UNEXPECTED_MESSAGE),
            _ => assert_eq!(error, Error::Decrypt, "byte {at}"),
        }
    }
    // Welcome, at every seventh byte.
    let start = start + records[1].len();
    for at in (start + 1..flight.len()).step_by(7) {
        let mut flipped = flight.clone();
        flipped[at] ^= 0x80;
        let (client, _) = client(p256());
        match drive_client(client, &flipped) {
            ClientEnd::Refused(failure) => {
                let expected =
                    if at == start + 3 { Alert::RECORD_OVERFLOW } else { Alert::BAD_RECORD_MAC };
                assert_eq!(alert(checked(failure)), expected, "byte {at}");
            }
            other => panic!("byte {at}: {other:?}"),
        }
    }
}

#[test]
fn every_flipped_byte_of_the_clients_finished_is_noticed() {
    let (client_, hello) = client(p256());
    let (_, flight) = serve(&hello).answered();
    let unconfirmed = drive_client(client_, &flight).unconfirmed();
    let (_, finished) = unconfirmed.confirm(&RELAY.verified).unwrap();
    for at in 0..finished.len() {
        let (server, _) = serve(&hello).answered();
        let mut flipped = finished.clone();
        flipped[at] ^= 1;
        match drive_finished(server, &flipped) {
            FinishedEnd::Refused(failure) => {
                let expected =
                    if at == 0 { Alert::UNEXPECTED_MESSAGE } else { Alert::BAD_RECORD_MAC };
                assert_eq!(alert(checked(failure)), expected, "byte {at}");
            }
            // A length one longer waits for a byte that does not come.
            FinishedEnd::Starved => assert!(at == 3 || at == 4, "byte {at}"),
            FinishedEnd::Connected(..) => panic!("byte {at}"),
        }
    }
}

#[test]
#[cfg_attr(feature = "aws-lc", ignore = "repeats a run from its seed")]
fn every_flipped_byte_inside_the_clients_finished_earns_its_fields_alert() {
    let (_, hello) = client(p256());
    let (server, flight) = serve(&hello).answered();
    let puppet = PuppetClient::new(&hello, &flight);
    let honest = puppet.finished();
    assert!(matches!(
        drive_finished(server, &puppet.seal(ContentType::Handshake, &honest)),
        FinishedEnd::Connected(..)
    ));
    for (at, field) in spread(FINISHED, honest.len()).into_iter().enumerate() {
        for mask in MASKS {
            let (server, _) = serve(&hello).answered();
            let mut flipped = honest.clone();
            flipped[at] ^= mask;
            match drive_finished(server, &puppet.seal(ContentType::Handshake, &flipped)) {
                FinishedEnd::Refused(failure) => {
                    let error = checked(failure);
                    assert!(field.2.contains(&alert(error)), "{}, byte {at}: {error:?}", field.0);
                }
                FinishedEnd::Starved => assert_eq!(field.0, "message length"),
                FinishedEnd::Connected(..) => panic!("{}, byte {at}", field.0),
            }
        }
    }
}
