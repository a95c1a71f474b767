//! What a relay goes through on a real computer: kill -9, power cuts, disks that fail or are full,
//! clocks that jump, processes that stand still, bad networks; and what a wipe of a profile leaves
//! that is killed. The real programs.
//!
//! | switch | what it does |
//! |---|---|
//! | `BAUTA_RELAY_KILLS=50` | so many kills under load, with 100,000 envelopes in the store |
//! | `BAUTA_POWER_CUTS=20` | so many power cuts, as root; without it none |
//!
//! What needs a right or a part of the kernel that is not there is skipped, and says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod clocks;
mod crash;
#[path = "../first_store/mod.rs"]
mod first_store;
mod full;
mod load;
mod namespace;
mod network;
mod people;
mod power;
#[path = "../processes/mod.rs"]
mod processes;
mod shim;
mod still;
mod sync;
mod wipe;

use std::env;

/// A program that could be installed is not: that is said, or an error where all are required.
pub(crate) fn missing(what: &str) {
    assert!(env::var_os("BAUTA_REQUIRE_ALL").is_none(), "{what}");
    eprintln!("skipped: {what}");
}
