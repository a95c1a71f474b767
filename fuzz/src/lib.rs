//! What a peer can send, made of a fuzzer's bytes, and what must hold whatever it was.
//!
//! | file | who is spoken to | what is made up |
//! |---|---|---|
//! | `client_hello` | a relay's handshake | records, ClientHellos, edits of good ones, a second one |
//! | `server_flight` | a client's handshake | edits of a good flight, sealed and signed like it |
//! | `records` | a connection | a network that meddles; a peer that seals what it likes |
//! | `cells` | both parsers of cells | cells, frames in a cell, fields of good frames |
//!
//! The first byte of an input says which of a target's ways it is for. Besides panics and
//! allocations, which the fuzzer sees itself, [`oracle`] and each target say what is a finding.

pub mod cells;
pub mod client_hello;
mod edit;
mod oracle;
pub mod records;
pub mod server_flight;
#[path = "../../tests/handshake/support.rs"]
#[allow(dead_code, reason = "the handshake's own tests need more of it")]
mod support;
