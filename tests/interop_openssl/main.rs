//! OpenSSL and Python's `ssl` as peers: programs that nobody here wrote, as they are installed.
//!
//! | file | theme |
//! |---|---|
//! | `support` | programs as processes, every wait bounded; `channel_echo` on a port |
//! | `s_client` | `openssl s_client` against `channel_echo` |
//! | `relay` | `openssl s_client` and Python against the relay's own program |
//! | `python`, `client.py` | Python against `channel_echo` |
//! | `s_server` | our client against `openssl s_server`, which has no raw public keys |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "../../examples/channel_echo.rs"]
#[allow(dead_code, unreachable_pub, reason = "a program of its own, of which a test takes a part")]
mod channel_echo;
#[path = "../processes/mod.rs"]
mod processes;

mod python;
mod relay;
mod s_client;
mod s_server;
mod support;
