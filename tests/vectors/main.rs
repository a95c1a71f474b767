//! Known answers from RFCs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::collections::HashMap;

use bauta::crypto::aead::Algorithm;
use bauta::crypto::group::EphemeralKey;
use bauta::crypto::group::Group;
use bauta::crypto::hash::Hash;
use bauta::handshake::certificate_verify_input;
use bauta::handshake::key_schedule::EarlySecret;
use bauta::handshake::key_schedule::HandshakeSecret;
use bauta::handshake::key_schedule::TrafficSecret;
use bauta::handshake::record::ContentType;
use bauta::handshake::record::HEADER_LEN;
use bauta::handshake::record::Header;
use bauta::handshake::record::Opener;
use bauta::handshake::record::Sealer;
use bauta::handshake::record::write_plain;
use bauta::handshake::transcript::Transcript;

/// The values of one section of RFC 8448.
struct Trace(HashMap<&'static str, Vec<u8>>);

impl Trace {
    /// Section 3: a simple handshake.
    fn load() -> Self {
        Self::parse(include_str!("../data/rfc8448-section-3.txt"))
    }

    /// Section 5: a HelloRetryRequest.
    fn load_retry() -> Self {
        Self::parse(include_str!("../data/rfc8448-section-5.txt"))
    }

    fn parse(text: &'static str) -> Self {
        let lines = text.lines();
        let values = lines.filter(|line| !line.starts_with('#')).filter_map(|l| l.split_once(' '));
        Self(values.map(|(name, hex)| (name, unhex(hex))).collect())
    }

    fn get(&self, name: &str) -> &[u8] {
        self.0.get(name).unwrap_or_else(|| panic!("no value {name}"))
    }

    fn transcript(&self, messages: &[&str]) -> Transcript {
        let mut transcript = Transcript::new(Hash::Sha256);
        messages.iter().for_each(|name| transcript.add(self.get(name)));
        transcript
    }

    fn handshake_secret(&self) -> HandshakeSecret {
        EarlySecret::new(Hash::Sha256).into_handshake(self.get("shared_secret")).unwrap()
    }

    fn opener(&self, secret: &TrafficSecret) -> Opener {
        Opener::new(secret.keys(Algorithm::Aes128Gcm).unwrap())
    }

    fn sealer(&self, secret: &TrafficSecret) -> Sealer {
        Sealer::new(secret.keys(Algorithm::Aes128Gcm).unwrap())
    }
}

const HELLOS: &[&str] = &["client_hello", "server_hello"];
const UP_TO_CERTIFICATE: &[&str] =
    &["client_hello", "server_hello", "encrypted_extensions", "certificate"];
const UP_TO_SERVER_FINISHED: &[&str] = &[
    "client_hello",
    "server_hello",
    "encrypted_extensions",
    "certificate",
    "certificate_verify",
    "server_finished",
];

#[test]
fn the_hellos_agree_on_the_shared_secret() {
    let trace = Trace::load();
    for (own, public, peer) in [
        ("client_private_key", "client_public_key", "server_public_key"),
        ("server_private_key", "server_public_key", "client_public_key"),
    ] {
        let key = EphemeralKey::from_scalar(Group::X25519, trace.get(own)).unwrap();
        assert_eq!(key.public_key(), trace.get(public));
        let secret = key.agree(trace.get(peer)).unwrap();
        assert_eq!(secret.expose(), trace.get("shared_secret"));
    }
}

#[test]
fn every_secret_of_the_schedule_is_the_traces() {
    let trace = Trace::load();
    let early = EarlySecret::new(Hash::Sha256);
    assert_eq!(early.expose(), trace.get("early_secret"));
    let handshake = early.into_handshake(trace.get("shared_secret")).unwrap();
    assert_eq!(handshake.expose(), trace.get("handshake_secret"));
    let hellos = trace.transcript(HELLOS).current();
    let client = handshake.client_traffic(hellos).unwrap();
    assert_eq!(client.expose(), trace.get("client_handshake_traffic"));
    assert_eq!(client.finished_key().unwrap().as_bytes(), trace.get("client_finished_key"));
    let server = handshake.server_traffic(hellos).unwrap();
    assert_eq!(server.expose(), trace.get("server_handshake_traffic"));
    assert_eq!(server.finished_key().unwrap().as_bytes(), trace.get("server_finished_key"));
    let master = handshake.into_master().unwrap();
    assert_eq!(master.expose(), trace.get("master_secret"));
    let flight = trace.transcript(UP_TO_SERVER_FINISHED).current();
    let client = master.client_traffic(flight).unwrap();
    assert_eq!(client.expose(), trace.get("client_application_traffic"));
    let server = master.server_traffic(flight).unwrap();
    assert_eq!(server.expose(), trace.get("server_application_traffic"));
    let exporter = master.exporter(flight).unwrap();
    assert_eq!(exporter.expose(), trace.get("exporter_master_secret"));
}

#[test]
fn hellos_stand_in_plain_records() {
    let trace = Trace::load();
    for (message, record) in
        [("client_hello", "record_client_hello"), ("server_hello", "record_server_hello")]
    {
        let mut out = Vec::new();
        write_plain(ContentType::Handshake, trace.get(message), &mut out).unwrap();
        // The trace's first record says 0x0301, which "MUST be ignored for all purposes".
        assert_eq!(out[3..], trace.get(record)[3..]);
        let header = Header::parse(*trace.get(record).first_chunk().unwrap()).unwrap();
        assert_eq!(header.content_type(), ContentType::Handshake);
        assert_eq!(header.len(), trace.get(message).len());
    }
}

#[test]
fn the_servers_flight_is_sealed_and_opened_byte_for_byte() {
    let trace = Trace::load();
    let hellos = trace.transcript(HELLOS).current();
    let secret = trace.handshake_secret().server_traffic(hellos).unwrap();
    let flight: Vec<u8> =
        UP_TO_SERVER_FINISHED[2..].iter().flat_map(|name| trace.get(name)).copied().collect();
    assert_sealed(
        &trace,
        &mut trace.sealer(&secret),
        ContentType::Handshake,
        &flight,
        "record_server_flight",
    );
    assert_opened(
        &trace,
        &mut trace.opener(&secret),
        ContentType::Handshake,
        &flight,
        "record_server_flight",
    );
}

#[test]
fn certificate_verify_signs_the_traces_bytes() {
    let trace = Trace::load();
    let transcript = trace.transcript(UP_TO_CERTIFICATE).current();
    assert_eq!(certificate_verify_input(transcript), trace.get("certificate_verify_input"));
}

#[test]
fn both_finished_are_the_traces() {
    let trace = Trace::load();
    let hellos = trace.transcript(HELLOS).current();
    let secret = trace.handshake_secret();
    let before = trace.transcript(&UP_TO_SERVER_FINISHED[..5]).current();
    let server = secret.server_traffic(hellos).unwrap().verify_data(before).unwrap();
    assert_eq!(server.as_ref(), &trace.get("server_finished")[4..]);

    let client_secret = secret.client_traffic(hellos).unwrap();
    let flight = trace.transcript(UP_TO_SERVER_FINISHED).current();
    let client = client_secret.verify_data(flight).unwrap();
    let message = [&[20, 0, 0, 32], client.as_ref()].concat();
    assert_sealed(
        &trace,
        &mut trace.sealer(&client_secret),
        ContentType::Handshake,
        &message,
        "record_client_finished",
    );
    assert_opened(
        &trace,
        &mut trace.opener(&client_secret),
        ContentType::Handshake,
        &message,
        "record_client_finished",
    );
}

#[test]
fn data_and_close_notify_are_sealed_and_opened_byte_for_byte() {
    let trace = Trace::load();
    let flight = trace.transcript(UP_TO_SERVER_FINISHED).current();
    let master = trace.handshake_secret().into_master().unwrap();
    let data = trace.get("application_data");

    let client = master.client_traffic(flight).unwrap();
    let (mut sealer, mut opener) = (trace.sealer(&client), trace.opener(&client));
    assert_sealed(&trace, &mut sealer, ContentType::ApplicationData, data, "record_client_data");
    assert_opened(&trace, &mut opener, ContentType::ApplicationData, data, "record_client_data");
    assert_sealed(&trace, &mut sealer, ContentType::Alert, &[1, 0], "record_client_close");
    assert_opened(&trace, &mut opener, ContentType::Alert, &[1, 0], "record_client_close");

    let server = master.server_traffic(flight).unwrap();
    let (mut sealer, mut opener) = (trace.sealer(&server), trace.opener(&server));
    let ticket = open(&trace, &mut opener, "record_session_ticket").1;
    assert_sealed(&trace, &mut sealer, ContentType::Handshake, &ticket, "record_session_ticket");
    assert_sealed(&trace, &mut sealer, ContentType::ApplicationData, data, "record_server_data");
    assert_opened(&trace, &mut opener, ContentType::ApplicationData, data, "record_server_data");
    assert_sealed(&trace, &mut sealer, ContentType::Alert, &[1, 0], "record_server_close");
    assert_opened(&trace, &mut opener, ContentType::Alert, &[1, 0], "record_server_close");
}

/// The first ClientHello stands in the transcript as its hash.
#[test]
fn after_a_hello_retry_request_the_schedule_is_the_traces() {
    let trace = Trace::load_retry();
    let mut shared = Vec::new();
    for (own, public, peer) in [
        ("client_private_key", "client_public_key", "server_public_key"),
        ("server_private_key", "server_public_key", "client_public_key"),
    ] {
        let key = EphemeralKey::from_scalar(Group::P256, trace.get(own)).unwrap();
        assert_eq!(key.public_key(), trace.get(public));
        shared.push(key.agree(trace.get(peer)).unwrap());
    }
    assert_eq!(shared[0].expose(), shared[1].expose());

    let mut transcript = trace.transcript(&["client_hello"]).into_message_hash();
    for name in ["hello_retry_request", "second_client_hello", "server_hello"] {
        transcript.add(trace.get(name));
    }
    let secret = EarlySecret::new(Hash::Sha256).into_handshake(shared[0].expose()).unwrap();
    let client = secret.client_traffic(transcript.current()).unwrap();
    let server = secret.server_traffic(transcript.current()).unwrap();
    transcript.add(trace.get("encrypted_extensions"));
    transcript.add(trace.get("certificate"));
    let signed = certificate_verify_input(transcript.current());
    assert_eq!(signed, trace.get("certificate_verify_input"));
    transcript.add(trace.get("certificate_verify"));
    let verify_data = server.verify_data(transcript.current()).unwrap();
    assert_eq!(verify_data.as_ref(), &trace.get("server_finished")[4..]);
    transcript.add(trace.get("server_finished"));

    let handshake = ContentType::Handshake;
    let names = ["encrypted_extensions", "certificate", "certificate_verify", "server_finished"];
    let flight = names.map(|name| trace.get(name)).concat();
    assert_sealed(&trace, &mut trace.sealer(&server), handshake, &flight, "record_server_flight");
    assert_opened(&trace, &mut trace.opener(&server), handshake, &flight, "record_server_flight");
    let verify_data = client.verify_data(transcript.current()).unwrap();
    let finished = [&[20, 0, 0, 32], verify_data.as_ref()].concat();
    let name = "record_client_finished";
    assert_sealed(&trace, &mut trace.sealer(&client), handshake, &finished, name);

    let master = secret.into_master().unwrap();
    let client = master.client_traffic(transcript.current()).unwrap();
    let server = master.server_traffic(transcript.current()).unwrap();
    for (secret, name) in [(client, "record_client_close"), (server, "record_server_close")] {
        assert_sealed(&trace, &mut trace.sealer(&secret), ContentType::Alert, &[1, 0], name);
    }
}

fn assert_sealed(
    trace: &Trace,
    sealer: &mut Sealer,
    content_type: ContentType,
    content: &[u8],
    record: &str,
) {
    let mut out = Vec::new();
    sealer.seal(content_type, content, 0, &mut out).unwrap();
    assert_eq!(out, trace.get(record), "{record}");
}

fn assert_opened(
    trace: &Trace,
    opener: &mut Opener,
    content_type: ContentType,
    content: &[u8],
    record: &str,
) {
    assert_eq!(open(trace, opener, record), (content_type, content.to_vec()), "{record}");
}

fn open(trace: &Trace, opener: &mut Opener, record: &str) -> (ContentType, Vec<u8>) {
    let (header, body) = trace.get(record).split_first_chunk::<HEADER_LEN>().unwrap();
    let mut body = body.to_vec();
    let content_type = opener.open(&Header::parse(*header).unwrap(), &mut body).unwrap();
    (content_type, body)
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}
