//! The relay: keeps opaque envelopes in mailboxes and hands them to whoever has the capability.
//!
//! ```text
//!   socket ── task ──frames──▶ relay ──changes, fetches──▶ desk ──▶ store
//!             task ◀──frames── relay ◀──answers─────────── desk ◀──
//! ```
//!
//! | part | what it is |
//! |---|---|
//! | [`run`], [`start`] | the relay on tokio: a task for each connection, a clock, a stop |
//! | [`relay`] | what is answered to whom, without sockets, disk or clock |
//! | `desk` | two threads in front of the store: group commit, and reading |
//! | [`store`] | the engines |
//! | `metrics` | numbers for the operator, over HTTP |
//! | `outbox` | what is written to a connection, and when |
//! | `admission` | who gets how much of it: connections, blocks of addresses, all |
//! | `work` | proofs of work for Puts that nobody may ever read |
//! | [`RelayLimits`] | what strangers can take of memory, disk and time |
//!
//! Invariants: nothing here names `signal` or `id`; nothing is logged about who connects, what
//! passes or how much of it, but [`Counters`].

mod admission;
mod complaints;
mod connection;
mod counters;
mod desk;
mod error;
mod limits;
mod metrics;
mod outbox;
pub mod relay;
mod run;
mod runtime;
mod shared;
pub mod store;
mod task;
mod welcome;
mod work;

pub use self::admission::Arrival;
pub use self::admission::Block;
pub use self::admission::NotLetIn;
pub use self::admission::Rate;
pub use self::counters::Counters;
pub use self::error::ServerError;
pub use self::limits::RelayLimits;
pub use self::limits::Sources;
pub use self::limits::WINDOW;
pub use self::run::RelayConfig;
pub use self::run::Running;
pub use self::run::run;
pub use self::run::start;
pub use self::runtime::runtime;
pub use self::work::CurrentSeeds;
pub use self::work::Seeds;
pub use self::work::Work;
pub use crate::crypto::join::JoinSecret;
