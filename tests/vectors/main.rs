//! Known answers from RFCs.
//!
//! | file | what |
//! |---|---|
//! | `values` | the files in `tests/data`: a name and a value in hex on every line |
//! | `trace` | the values of a handshake in RFC 8448, and records put to them |
//! | `rfc8448_simple` | section 3, step by step |
//! | `rfc8448_others` | sections 4 to 7, which differ from it in a few messages |
//! | `primitives` | RFC 5869, 5903, 6979, 7748, 8439 |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod primitives;
mod rfc8448_others;
mod rfc8448_simple;
mod trace;
mod values;
