//! Files between two clients through a real relay, in one process: what comes is what was sent, or
//! nothing comes and both are told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod endings;
mod lives;
mod people;
mod transfers;
