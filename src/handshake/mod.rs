//! The channel: a strict profile of TLS 1.3, sans-IO.
//!
//! Records and randomness go in, records and the next state come out; no clock, no socket, no task.
//!
//! ```text
//!   Client                                                             Server
//!   ClientHandshake::start                                ServerHandshake::new
//!     |        ClientHello {key_share, RawPublicKey}    -------->        |
//!     |                                     (HelloRetryRequest to clients of others)
//!     |                                                  ServerHello {key_share}
//!   ExpectServerHello                                 <--------         |
//!     |                                       {EncryptedExtensions}     |
//!   ExpectEncryptedExtensions                                           |
//!     |                                               {Certificate}     |
//!   ExpectCertificate                                                   |
//!     |                                         {CertificateVerify}     |
//!   ExpectCertificateVerify                                             |
//!     |                                                  {Finished}     |
//!   ExpectFinished                                                      |
//!     |                                                   [Welcome]     |
//!   Unconfirmed                                       <--------         |
//!     |  confirm(VerifiedKeySet)                                        |
//!     |        {Finished}                             -------->  ExpectFinished
//!   Connection                                                     Connection
//!     |        [data] [KeyUpdate] [close_notify]       <------->        |
//!
//!   {} under handshake traffic keys   [] under application traffic keys
//! ```
//!
//! | file | what |
//! |---|---|
//! | [`parameters`] | code points: suites, groups, signature schemes; what a choice pins |
//! | `messages/` | the handshake messages as bytes |
//! | [`transcript`], [`key_schedule`] | section 4.4.1 and section 7.1 of the specification |
//! | `key_update` | the next keys of a direction |
//! | [`record`], `records` | one sealed record; a direction's rules about records |
//! | [`client`], [`server`], [`connection`] | the states above |
//! | [`identity`] | the network key, the key sets it signs, the rules of the one pin |
//! | [`error`], [`alert`] | errors by fault, and the one function that turns one into an alert |
//!
//! Sources: RFC 8446 (TLS 1.3), RFC 7250 (raw public keys), RFC 8422 (ECDSA and curves),
//! draft-ietf-tls-ecdhe-mlkem (hybrid groups).

pub mod alert;
pub mod client;
pub mod connection;
pub mod error;
pub mod identity;
pub mod key_schedule;
mod key_update;
mod messages;
pub mod parameters;
pub mod record;
mod records;
pub mod server;
mod signature;
pub mod transcript;

pub use self::alert::AlertDescription;
pub use self::client::ClientHandshake;
pub use self::client::ClientProgress;
pub use self::client::Unconfirmed;
pub use self::connection::Connection;
pub use self::connection::Received;
pub use self::error::Error;
pub use self::error::Failure;
pub use self::identity::SigningKeys;
pub use self::messages::KeyUpdateRequest;
pub use self::parameters::CipherSuite;
pub use self::parameters::Pin;
pub use self::server::ServerHandshake;
pub use self::server::ServerProgress;
pub use self::signature::certificate_verify_input;
pub use crate::crypto::group::Group;
pub use crate::crypto::key_exchange::KeyExchange;

/// The plaintext of every record after the handshake, without its content type: one cell.
pub const PADDED_LEN: usize = 4096;
