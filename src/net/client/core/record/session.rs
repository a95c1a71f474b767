//! Sessions.

use minicbor::Decode;
use minicbor::Encode;
use zeroize::Zeroizing;

use super::ContactNumber;
use super::secret;

/// A session, by its name.
#[derive(Encode, Decode)]
pub(crate) struct SessionRow {
    #[n(0)]
    pub(crate) contact: ContactNumber,
    /// The ratchet's state.
    #[n(1)]
    #[cbor(with = "secret")]
    pub(crate) state: Zeroizing<Vec<u8>>,
    /// The week in which it began.
    #[n(2)]
    pub(crate) since_week: u64,
    /// The number of the next item or part sent in it.
    #[n(3)]
    pub(crate) next_number: u64,
    /// The number of the next item or part to be taken from it.
    #[n(4)]
    pub(crate) expected: u64,
    /// How many initial messages were sent.
    #[n(5)]
    pub(crate) initial: u64,
    /// Digests of the envelopes opened last, to tell a repetition from a number used twice.
    #[n(6)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) recent: Vec<u8>,
    /// The day on which it began, since 1970.
    #[n(7)]
    pub(crate) began: u64,
    /// Milliseconds since 1970 when the peer's last new key came.
    #[n(8)]
    pub(crate) turned_at: Option<u64>,
}
