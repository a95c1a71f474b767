//! The window, driven by keys and read as a screen reader reads it: real clients and a real relay
//! in this process, and no display.

#![cfg(feature = "gui")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod asking;
mod bubbles;
mod files;
mod finding;
#[path = "../impostor/mod.rs"]
mod impostor;
mod locking;
mod networks;
mod pages;
mod person;
mod private;
mod puppet;
#[path = "../socks/mod.rs"]
mod socks;
mod start;
mod talking;
