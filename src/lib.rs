//! An anonymous messenger: a blind relay, IDs that are keys, requests that are mutual or invisible.
//!
//! One library under two thin binaries. Arrows only go down; `tests/layering.rs` holds the table.
//!
//! ```text
//!    bin/            parse arguments, call, exit code
//!     |
//!    front/          speak lines or JSON; return Commands
//!     |
//!    net/client   net/server       tokio lives in net and nowhere below
//!     |     \        |
//!     |      net/channel, net/cell
//!     |         |
//!    signal/  handshake/           sans-IO: no clock, no socket, no task
//!       \      /
//!    id, codec, crypto/            the ground
//! ```
//!
//! Two invariants can be read off the imports: `net::server` never names `signal`, so the relay
//! cannot read messages; `handshake` and `signal` never name each other.

pub mod args;
pub mod codec;
pub mod crypto;
pub mod front;
pub mod handshake;
pub mod id;
pub mod keys;
pub mod net;
pub mod signal;
