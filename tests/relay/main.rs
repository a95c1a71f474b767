//! The relay: its core without sockets, and the whole of it over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod core;
mod crowds;
mod handing;
#[cfg(unix)]
mod join;
mod metrics;
#[path = "../processes/mod.rs"]
mod processes;
mod sockets;
mod steady;
mod work;
mod world;

use bauta::crypto::secret::Secret;
use bauta::net::cell::Capability;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::ENVELOPE_LEN;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::VERSION;
use bauta::net::server::store::Change;

const NOW: u64 = 1_800_000_000;

fn now() -> u64 {
    NOW
}

fn capability(mailbox: u8) -> Capability {
    Capability::new(Secret::new([mailbox; 32]))
}

fn id(number: u32) -> EnvelopeId {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    EnvelopeId::new(bytes)
}

fn envelope(number: u32) -> Envelope {
    let mut bytes = [0x5a; ENVELOPE_LEN];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Envelope::from_slice(&bytes).unwrap()
}

fn hello() -> ClientFrame {
    ClientFrame::Hello { version: VERSION, join: None }
}

fn put(mailbox: u8, number: u32) -> ClientFrame {
    let address = capability(mailbox).address();
    ClientFrame::Put { id: id(number), address, envelope: envelope(number), proof: None }
}

fn put_change(mailbox: u8, number: u32) -> Change {
    let address = capability(mailbox).address();
    Change::Put { address, id: id(number), envelope: envelope(number), effort: u32::MAX }
}

fn subscribe(mailboxes: impl IntoIterator<Item = u8>) -> ClientFrame {
    ClientFrame::Subscribe { capabilities: mailboxes.into_iter().map(capability).collect() }
}

fn ack(mailbox: u8, up_to: u64) -> ClientFrame {
    ClientFrame::Ack { capability: capability(mailbox), up_to }
}

fn cancel(mailbox: u8, number: u32) -> ClientFrame {
    ClientFrame::Cancel { capability: capability(mailbox), id: id(number) }
}

/// What a Deliver carries: its `seq` and the number of its envelope.
fn delivered(frame: &RelayFrame) -> (u64, u32) {
    let RelayFrame::Deliver { seq, envelope: bytes, .. } = frame else { panic!("{frame:?}") };
    let number = u32::from_be_bytes(bytes.as_bytes()[..4].try_into().unwrap());
    assert!(*bytes == envelope(number));
    (*seq, number)
}

/// The numbers of the envelopes in these frames, all of them Deliver.
fn numbers(frames: &[RelayFrame]) -> Vec<u32> {
    frames.iter().map(|frame| delivered(frame).1).collect()
}

/// The ids of Stored in these frames, all of them Stored.
fn stored(frames: &[RelayFrame]) -> Vec<EnvelopeId> {
    let id = |frame: &RelayFrame| match frame {
        RelayFrame::Stored { id, .. } => *id,
        other => panic!("{other:?}"),
    };
    frames.iter().map(id).collect()
}
