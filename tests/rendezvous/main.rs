//! The rules of first contact and of starting over, as a model: two people, a relay that may lose,
//! double and hold back, and computers that crash, are restored from old copies or start anew.
//!
//! Sessions here are fakes that keep what matters of a Double Ratchet: whoever does not have the
//! newest key cannot read what was written for it, and a number is consumed once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod first;
mod happening;
mod mail;
mod past;
mod person;
mod receiving;
mod session;
mod standing;
mod stories;
mod world;
