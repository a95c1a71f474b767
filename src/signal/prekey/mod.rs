//! What a person puts out for one contact, so that a session can begin while they are away.
//!
//! ```text
//!   create ──► PrekeyBundle ── sealed into the rendezvous mailbox ──► open ──► Session::initiate
//!         └──► PrekeySecrets ── kept ──► Session::respond ── used once, then deleted
//!   Withdrawal: "forget what I asked", when the bundle cannot be cancelled any more
//! ```
//!
//! Source: [PQXDH](https://signal.org/docs/specifications/pqxdh/), sections 2 and 3.2.

mod bundle;
mod secrets;
mod signed;
mod withdrawal;

pub use bundle::BundleId;
pub use bundle::PrekeyBundle;
pub use bundle::Terms;
pub use secrets::PrekeySecrets;
pub use withdrawal::Withdrawal;
