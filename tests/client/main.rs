//! Two headless clients and a relay, without sockets and with a clock of their own: everything that
//! can go wrong between them, in any order. The cryptography and the profiles are the real ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod hostile;
mod sequence;
mod transcript;
mod turns;
mod world;
