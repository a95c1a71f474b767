//! A relay that keeps everything it could ever see, and what it finds out: nobody, and nothing that
//! the client does not count itself.
//!
//! ```text
//!   client ──► recorder ──► relay        one recorder for each person, one network behind all
//!                  └── every byte of the socket, every cell, both ways
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod blind;
mod exposure;
mod files;
mod isolated;
mod needles;
mod people;
mod recorder;
#[path = "../socks/mod.rs"]
mod socks;
mod steady;
