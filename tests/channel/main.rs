//! The channel on streams: handshakes driven over them, cells both ways, and how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod carrying;
mod ending;
mod ends;
mod refusing;
