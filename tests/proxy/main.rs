//! Everything goes through a proxy, or not at all: a proxy of the tests' own that keeps what it is
//! asked, one made by others, one that means harm, and a network in which nothing else is to be seen.
//!
//! What needs a right or a part of the kernel that is not there is skipped, and says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod cut;
mod dante;
mod hostile;
#[path = "../ordeals/namespace.rs"]
mod namespace;
#[path = "../processes/mod.rs"]
mod processes;
#[path = "../socks/mod.rs"]
mod socks;
mod talk;

use std::env;

/// A program that could be installed is not: that is said, or an error where all are required.
pub(crate) fn missing(what: &str) {
    assert!(env::var_os("BAUTA_REQUIRE_ALL").is_none(), "{what}");
    eprintln!("skipped: {what}");
}

/// The relay's place under a name that only a proxy knows.
pub(crate) fn named(relay: &processes::Relay) -> String {
    format!("relay.invalid:{}#{}", relay.port, relay.fingerprint())
}
