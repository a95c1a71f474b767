//! An anonymous messenger: a blind relay, IDs that are keys, requests that are mutual or invisible.
//!
//! One library under two thin binaries. Arrows only go down; `tests/layering.rs` holds the table.
//!
//! ```text
//!    bin/            parse arguments, call, exit code
//!     |
//!    ui/  front/     draw a model, speak lines or JSON; return Commands
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
//! A conversation, without a relay between:
//!
//! ```
//! use bauta::crypto::identity::IdentityKey;
//! use bauta::signal::prekey::{PrekeyBundle, Terms};
//! use bauta::signal::rendezvous::pair::Pair;
//! use bauta::signal::session::{InitialMessage, Session};
//! use bauta::signal::{BodyAead, Error};
//!
//! # fn main() -> Result<(), Error> {
//! let rng = &mut bauta::net::clock::system_rng();
//! let (anna, bruno) = (IdentityKey::generate(rng), IdentityKey::generate(rng));
//! let (a, b, network) = (anna.public(), bruno.public(), [7; 32]);
//! // Each computes the same secret mailboxes from the two IDs; Bruno leaves a bundle in one.
//! let (hers, his) = (Pair::new(&anna, b, &network)?, Pair::new(&bruno, a, &network)?);
//! let terms = Terms { epoch: 0, generation: 1, not_after: 9 };
//! let (bundle, secrets) = PrekeyBundle::create(&bruno, &his, terms, rng);
//! let bundle = PrekeyBundle::open(&bundle.to_bytes(), b, a, &hers, 0, 1)?;
//! // Anna writes at once; Bruno answers.
//! let mut her_side = Session::initiate(&anna, b, &network, &bundle, rng)?;
//! let first = her_side.encrypt_initial(b"is this you?", BodyAead::Aes256Gcm, rng)?;
//! let first = InitialMessage::parse(first.expose())?;
//! let (mut his_side, heard) = Session::respond(&bruno, a, &network, &secrets, &first)?;
//! assert_eq!(heard.expose(), b"is this you?");
//! let answer = his_side.encrypt(b"yes", BodyAead::ChaCha20Poly1305, rng)?;
//! assert_eq!(her_side.decrypt(&answer)?.expose(), b"yes");
//! # Ok(())
//! # }
//! ```
//!
//! Two invariants can be read off the imports: `net::server` never names `signal`, so the relay
//! cannot read messages; `handshake` and `signal` never name each other.

mod amount;
pub mod args;
pub mod codec;
pub mod crypto;
pub mod front;
pub mod handshake;
pub mod id;
pub mod keys;
pub mod net;
pub mod picture;
mod plain;
pub mod signal;
#[cfg(feature = "gui")]
pub mod ui;
