//! The channel against rustls, an implementation that shares no line with ours, in both roles.
//!
//! | file | theme |
//! |---|---|
//! | `ours` | a relay's keys and Welcome; our side of a connection, bytes in and bytes out |
//! | `theirs` | rustls with raw public keys: a client that pins one, a server that shows one |
//! | `groups` | groups that rustls does not have, put together from aws-lc-rs |
//! | `wire` | what lies between both: whole flights, single bytes, somebody who meddles |
//! | `agreement` | every group and suite, both ways; in pieces; the exporter |
//! | `certificates` | a client that knows no raw public keys |
//! | `retry` | HelloRetryRequest |
//! | `connection` | KeyUpdate, padding, much data, close_notify |
//! | `refusals` | nothing in common, a key that is not trusted: which alert arrives |
//! | `between` | a byte changed on the way |
//! | `sockets` | a relay on loopback, and a rustls server for our channel |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod agreement;
mod between;
mod certificates;
mod connection;
mod groups;
mod ours;
mod refusals;
mod retry;
mod sockets;
mod theirs;
mod wire;
