//! Oneself, the networks that were met, and what holds for all conversations.

use minicbor::Decode;
use minicbor::Encode;
use zeroize::Zeroizing;

use super::secret;

/// The person whose profile it is.
#[derive(Encode, Decode)]
pub(crate) struct IdentityRow {
    #[n(0)]
    #[cbor(with = "secret")]
    pub(crate) seed: Zeroizing<Vec<u8>>,
}

/// A network that was met, by its id.
#[derive(Clone, Encode, Decode)]
pub(crate) struct NetworkRow {
    /// `host:port` under which it answers.
    #[n(0)]
    pub(crate) places: Vec<String>,
    /// The highest key set seen, and the digest of its bytes; none before the first connection.
    #[n(1)]
    pub(crate) sequence: Option<u64>,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) digest: [u8; 32],
    /// Milliseconds since 1970.
    #[n(3)]
    pub(crate) first_seen: u64,
}

/// What holds for all conversations; one row.
#[derive(Clone, Copy, Encode, Decode)]
pub(crate) struct SettingsRow {
    #[n(0)]
    pub(crate) read_receipts: bool,
    /// Files of at most so many bytes are accepted by themselves.
    #[n(1)]
    pub(crate) accept_below: Option<u64>,
}
