//! What a log could show of a handshake: which state, which kinds, and nothing of the run.

use bauta::handshake::ClientHandshake;

use crate::support::*;

/// Every state of a handshake as a log would show it.
fn shown(seed: u64) -> [String; 5] {
    let (client, hello) = ClientHandshake::start(p256(), &mut rng(seed)).unwrap();
    let started = format!("{client:?}");
    let (server, flight) = serve_with(&RELAY.keys, &hello, seed + 1).answered();
    let expecting = format!("{server:?}");
    let unconfirmed = drive_client(client, &flight).unconfirmed();
    let judged = format!("{unconfirmed:?}");
    let (connection, finished) = unconfirmed.confirm(&RELAY.verified).unwrap();
    let accepted = drive_finished(server, &finished).connected();
    [started, expecting, judged, format!("{connection:?}"), format!("{accepted:?}")]
}

#[test]
fn two_runs_look_alike_and_name_what_they_hold() {
    let states = shown(1);
    assert_eq!(states, shown(3));
    let names = ["ExpectServerHello", "Sent", "Verified { offer: Offer", "Sender", "Receiver"];
    for (state, name) in states.iter().zip(names) {
        assert!(state.contains(name), "{state}");
    }
    // Whoever holds keys says so, and does not say them.
    for state in &states[1..] {
        assert!(state.contains("keys: TrafficKeys, sequence: "), "{state}");
    }
}
