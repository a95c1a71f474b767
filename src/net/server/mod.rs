//! The relay.

pub mod store;
