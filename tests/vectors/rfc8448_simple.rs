//! Section 3: a simple handshake, step by step.

use bauta::crypto::group::Group;
use bauta::crypto::hash::Hash;
use bauta::handshake::certificate_verify_input;
use bauta::handshake::key_schedule::EarlySecret;
use bauta::handshake::key_schedule::HandshakeSecret;
use bauta::handshake::record::ContentType;

use super::trace::Trace;

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

fn trace() -> Trace {
    Trace::parse(include_str!("../data/rfc8448-section-3.txt"))
}

fn handshake_secret(trace: &Trace) -> HandshakeSecret {
    EarlySecret::new(Hash::Sha256).into_handshake(trace.get("shared_secret")).unwrap()
}

#[test]
fn the_hellos_agree_on_the_shared_secret() {
    let trace = trace();
    assert_eq!(trace.shared_secret(Group::X25519).expose(), trace.get("shared_secret"));
}

#[test]
fn every_secret_of_the_schedule_is_the_traces() {
    let trace = trace();
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
    let trace = trace();
    for (message, record) in
        [("client_hello", "record_client_hello"), ("server_hello", "record_server_hello")]
    {
        trace.assert_plain(ContentType::Handshake, trace.get(message), record);
    }
}

#[test]
fn the_servers_flight_is_sealed_and_opened_byte_for_byte() {
    let trace = trace();
    let hellos = trace.transcript(HELLOS).current();
    let secret = handshake_secret(&trace).server_traffic(hellos).unwrap();
    let flight: Vec<u8> =
        UP_TO_SERVER_FINISHED[2..].iter().flat_map(|name| trace.get(name)).copied().collect();
    let mut server = trace.direction(&secret);
    server.assert_record(ContentType::Handshake, &flight, "record_server_flight");
}

#[test]
fn certificate_verify_signs_the_traces_bytes() {
    let trace = trace();
    let transcript = trace.transcript(UP_TO_CERTIFICATE).current();
    assert_eq!(certificate_verify_input(transcript), trace.get("certificate_verify_input"));
}

#[test]
fn both_finished_are_the_traces() {
    let trace = trace();
    let hellos = trace.transcript(HELLOS).current();
    let secret = handshake_secret(&trace);
    let before = trace.transcript(&UP_TO_SERVER_FINISHED[..5]).current();
    let server = secret.server_traffic(hellos).unwrap().verify_data(before).unwrap();
    assert_eq!(server.as_ref(), &trace.get("server_finished")[4..]);

    let client_secret = secret.client_traffic(hellos).unwrap();
    let flight = trace.transcript(UP_TO_SERVER_FINISHED).current();
    let client = client_secret.verify_data(flight).unwrap();
    let message = [&[20, 0, 0, 32], client.as_ref()].concat();
    let mut client = trace.direction(&client_secret);
    client.assert_record(ContentType::Handshake, &message, "record_client_finished");
}

#[test]
fn data_and_close_notify_are_sealed_and_opened_byte_for_byte() {
    let trace = trace();
    let flight = trace.transcript(UP_TO_SERVER_FINISHED).current();
    let master = handshake_secret(&trace).into_master().unwrap();
    let data = trace.get("application_data");

    let mut client = trace.direction(&master.client_traffic(flight).unwrap());
    client.assert_record(ContentType::ApplicationData, data, "record_client_data");
    client.assert_record(ContentType::Alert, &[1, 0], "record_client_close");

    let mut server = trace.direction(&master.server_traffic(flight).unwrap());
    server.assert_opaque("record_session_ticket");
    server.assert_record(ContentType::ApplicationData, data, "record_server_data");
    server.assert_record(ContentType::Alert, &[1, 0], "record_server_close");
}
