//! Sections 4 to 7: every record that this profile's keys seal, and what the traces' own keys
//! signed as it stands there.

use bauta::crypto::group::Group;
use bauta::crypto::hash::Hash;
use bauta::handshake::certificate_verify_input;
use bauta::handshake::key_schedule::EarlySecret;
use bauta::handshake::key_schedule::HandshakeSecret;
use bauta::handshake::key_schedule::TrafficSecret;
use bauta::handshake::record::ContentType;
use bauta::handshake::transcript::Transcript;

use super::trace::Trace;

/// Section 4: resumption with early data, of which this profile has neither: the key schedule.
#[test]
fn with_a_pre_shared_key_the_schedule_is_the_traces() {
    let trace = Trace::parse(include_str!("../data/rfc8448-section-4.txt"));
    let early = EarlySecret::with_pre_shared_key(Hash::Sha256, trace.get("pre_shared_key"));
    assert_eq!(early.expose(), trace.get("early_secret"));
    Handshake {
        group: Group::X25519,
        transcript: trace.transcript(&["client_hello"]),
        server_flight: &["encrypted_extensions", "server_finished"],
        client_before: &["end_of_early_data"],
        client_flight: &[],
    }
    .assert_traced(&trace, early);
}

/// Section 5: the first ClientHello stands in the transcript as its hash.
#[test]
fn after_a_hello_retry_request_the_handshake_is_the_traces() {
    let trace = Trace::parse(include_str!("../data/rfc8448-section-5.txt"));
    let mut transcript = trace.transcript(&["client_hello"]).into_message_hash();
    transcript.add(trace.get("hello_retry_request"));
    transcript.add(trace.get("second_client_hello"));
    Handshake {
        group: Group::P256,
        transcript,
        server_flight: SERVER_FLIGHT,
        client_before: &[],
        client_flight: &[],
    }
    .assert_traced(&trace, EarlySecret::new(Hash::Sha256));
}

/// Section 6: a client that is asked for a certificate, which this profile's are not.
#[test]
fn with_client_authentication_the_schedule_is_the_traces() {
    let trace = Trace::parse(include_str!("../data/rfc8448-section-6.txt"));
    Handshake {
        group: Group::X25519,
        transcript: trace.transcript(&["client_hello"]),
        server_flight: &[
            "encrypted_extensions",
            "certificate_request",
            "certificate",
            "certificate_verify",
            "server_finished",
        ],
        client_before: &[],
        client_flight: &["client_certificate", "client_certificate_verify"],
    }
    .assert_traced(&trace, EarlySecret::new(Hash::Sha256));
}

/// Section 7: a session id in both hellos, and change_cipher_spec from both sides.
#[test]
fn in_compatibility_mode_the_handshake_is_the_traces() {
    let trace = Trace::parse(include_str!("../data/rfc8448-section-7.txt"));
    let (client_hello, server_hello) = (trace.get("client_hello"), trace.get("server_hello"));
    // Type and length, version, random; then the session id with its length in front.
    let session_id = 4 + 2 + 32..4 + 2 + 32 + 1 + 32;
    assert_eq!(client_hello[session_id.start], 32);
    assert_eq!(client_hello[session_id.clone()], server_hello[session_id]);
    trace.assert_plain(ContentType::Handshake, client_hello, "record_client_hello");
    trace.assert_plain(ContentType::Handshake, server_hello, "record_server_hello");
    trace.assert_plain(ContentType::ChangeCipherSpec, &[1], "record_change_cipher_spec");
    Handshake {
        group: Group::X25519,
        transcript: trace.transcript(&["client_hello"]),
        server_flight: SERVER_FLIGHT,
        client_before: &[],
        client_flight: &[],
    }
    .assert_traced(&trace, EarlySecret::new(Hash::Sha256));
}

const SERVER_FLIGHT: &[&str] =
    &["encrypted_extensions", "certificate", "certificate_verify", "server_finished"];

/// What the traces differ in.
struct Handshake {
    group: Group,
    /// Everything before ServerHello.
    transcript: Transcript,
    /// The messages of the server's one record behind it.
    server_flight: &'static [&'static str],
    /// What the client says before its last record, under keys that this profile does not have.
    client_before: &'static [&'static str],
    /// The messages in front of the client's Finished.
    client_flight: &'static [&'static str],
}

impl Handshake {
    fn assert_traced(mut self, trace: &Trace, early: EarlySecret) {
        let shared_secret = trace.shared_secret(self.group);
        let secret = early.into_handshake(shared_secret.expose()).unwrap();
        self.transcript.add(trace.get("server_hello"));
        let client = secret.client_traffic(self.transcript.current()).unwrap();
        let server = secret.server_traffic(self.transcript.current()).unwrap();
        for (secret, name) in [
            (secret.expose(), "handshake_secret"),
            (client.expose(), "client_handshake_traffic"),
            (server.expose(), "server_handshake_traffic"),
        ] {
            // The traces show them all; what is sealed under them is proof enough.
            assert!(trace.find(name).is_none_or(|expected| secret == expected), "{name}");
        }
        self.assert_server_flight(trace, &server);
        let application = Application::new(secret, &self.transcript);
        self.assert_client_flight(trace, &client);
        application.assert_records(trace);
    }

    fn assert_server_flight(&mut self, trace: &Trace, secret: &TrafficSecret) {
        for name in self.server_flight {
            let current = self.transcript.current();
            match *name {
                "certificate_verify" => {
                    let signed = trace.get("certificate_verify_input");
                    assert_eq!(certificate_verify_input(current), signed);
                }
                "server_finished" => {
                    let verify_data = secret.verify_data(current).unwrap();
                    assert_eq!(verify_data.as_ref(), &trace.get(name)[4..]);
                }
                _ => (),
            }
            self.transcript.add(trace.get(name));
        }
        let flight: Vec<_> = self.server_flight.iter().map(|name| trace.get(name)).collect();
        let mut server = trace.direction(secret);
        server.assert_record(ContentType::Handshake, &flight.concat(), "record_server_flight");
    }

    fn assert_client_flight(&mut self, trace: &Trace, secret: &TrafficSecret) {
        for name in [self.client_before, self.client_flight].concat() {
            self.transcript.add(trace.get(name));
        }
        let verify_data = secret.verify_data(self.transcript.current()).unwrap();
        let mut flight: Vec<_> = self.client_flight.iter().map(|name| trace.get(name)).collect();
        flight.extend([&[20, 0, 0, 32], verify_data.as_ref()]);
        let mut client = trace.direction(secret);
        client.assert_record(ContentType::Handshake, &flight.concat(), "record_client_finished");
    }
}

/// The secrets of both directions behind the server's Finished.
struct Application {
    client: TrafficSecret,
    server: TrafficSecret,
}

impl Application {
    fn new(secret: HandshakeSecret, transcript: &Transcript) -> Self {
        let master = secret.into_master().unwrap();
        Self {
            client: master.client_traffic(transcript.current()).unwrap(),
            server: master.server_traffic(transcript.current()).unwrap(),
        }
    }

    fn assert_records(&self, trace: &Trace) {
        for (secret, data, close) in [
            (&self.client, "record_client_data", "record_client_close"),
            (&self.server, "record_server_data", "record_server_close"),
        ] {
            let mut direction = trace.direction(secret);
            if let Some(content) = trace.find("application_data") {
                direction.assert_record(ContentType::ApplicationData, content, data);
            }
            direction.assert_record(ContentType::Alert, &[1, 0], close);
        }
    }
}
