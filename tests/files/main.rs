//! Files between two clients through a real relay, in one process and as the real programs: what
//! comes is what was sent, or nothing comes and both are told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod cold;
mod endings;
mod kills;
mod liar;
mod lives;
#[path = "../ordeals/namespace.rs"]
mod namespace;
mod offline;
mod people;
mod pictures;
#[path = "../processes/mod.rs"]
mod processes;
mod room;
mod transfers;
mod unasked;

use std::env;

/// A program that could be installed is not: that is said, or an error where all are required.
pub(crate) fn missing(what: &str) {
    assert!(env::var_os("BAUTA_REQUIRE_ALL").is_none(), "{what}");
    eprintln!("skipped: {what}");
}
