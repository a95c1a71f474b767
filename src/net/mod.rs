//! Sockets, tasks and stores: the relay, the client and what they exchange.

pub mod cell;
pub mod channel;
pub mod client;
pub mod clock;
pub mod local;
pub mod server;
mod steady;
