//! Sessions: the key agreement and the Double Ratchet, through the public interface.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod envelopes;
mod initial;
mod known;
mod model;
mod people;
mod states;
mod talking;
mod thieves;
