//! The end-to-end half against Python: other people's packages, and a second reading of the document.
//!
//! | file | what it holds |
//! |---|---|
//! | `environment` | the virtual environment with the pinned packages of `tests/peers/requirements.txt` |
//! | `peer` | a Python process, or the transcript of one |
//! | `talk` | turns of a conversation over an unreliable way |
//! | `plain` | the plain Double Ratchet and X3DH, against the packages `DoubleRatchet` and `X3DH` |
//! | `session` | everything of sections 4 and 5, against `tests/peers/session.py` |
//!
//! Every conversation takes place twice: at length with a Python process, and briefly with a
//! transcript in `tests/data`, which needs no Python. This side draws from a seeded generator, so that
//! a transcript holds only if it sends the very bytes that Python once read. After an intended change,
//! `BAUTA_WRITE_TRANSCRIPTS=1 cargo test --test interop_python` writes them anew.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod environment;
mod peer;
mod plain;
mod session;
mod talk;
