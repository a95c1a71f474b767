//! What a peer can send, made of a fuzzer's bytes, and what must hold whatever it was.
//!
//! | file | who is spoken to | what is made up |
//! |---|---|---|
//! | `client_hello` | a relay's handshake | records, ClientHellos, edits of good ones, a second one |
//! | `server_flight` | a client's handshake | edits of a good flight, sealed and signed like it |
//! | `records` | a connection | a network that meddles; a peer that seals what it likes |
//! | `cells` | both parsers of cells | cells, frames in a cell, fields of good frames |
//! | `conversation` | two whole clients | what happens to them and their relay, in any order |
//!
//! The first byte of an input says which of a target's ways it is for, or how it begins. Besides
//! panics and allocations, which the fuzzer sees itself, [`oracle`] and each target say what is a
//! finding.

pub mod cells;
pub mod client_hello;
pub mod conversation;
mod edit;
#[path = "../../tests/client/model/mod.rs"]
mod model;
mod oracle;
pub mod records;
#[path = "../../tests/client/relay.rs"]
#[allow(dead_code, reason = "the client's own tests need more of it")]
mod relay;
pub mod server_flight;
#[path = "../../tests/handshake/support.rs"]
#[allow(dead_code, reason = "the handshake's own tests need more of it")]
mod support;
#[path = "../../tests/client/world.rs"]
#[allow(dead_code, reason = "the client's own tests need more of it")]
mod world;
