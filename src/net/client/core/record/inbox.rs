//! What came and is not done with.

use minicbor::Decode;
use minicbor::Encode;
use zeroize::Zeroizing;

use super::ContactNumber;
use super::secret;
use crate::signal::content::MessageName;
use crate::signal::rendezvous::rules::SessionName;

/// A receipt that is due, by contact (8 bytes) and the name of what came.
#[derive(Clone, Copy, Encode, Decode)]
pub(crate) struct DueRow {
    /// Milliseconds since 1970 when it came.
    #[n(0)]
    pub(crate) at: u64,
    /// Where it went by a clock that was not the relay's: it is due again if nobody reads there.
    #[n(1)]
    pub(crate) told: Option<Told>,
}

/// The mailbox that a receipt went into.
#[derive(Clone, Copy, Encode, Decode)]
pub(crate) struct Told {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) session: SessionName,
    /// The week, by one's own clock then.
    #[n(1)]
    pub(crate) week: u64,
}

/// An item that waits for one before it, by session (16 bytes) and number (8 bytes).
#[derive(Clone, Encode, Decode)]
pub(crate) struct HeldRow {
    #[n(0)]
    pub(crate) contact: ContactNumber,
    /// The item's name.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) name: MessageName,
    /// The item; none if all that came is a part, which is kept elsewhere.
    #[n(2)]
    pub(crate) item: Option<ItemBytes>,
    /// Milliseconds since 1970, by its writer's clock.
    #[n(3)]
    pub(crate) written: u64,
    /// Milliseconds since 1970 when it came.
    #[n(4)]
    pub(crate) since: u64,
}

/// An item inside another row.
#[derive(Clone, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct ItemBytes(
    #[n(0)]
    #[cbor(with = "secret")]
    pub(crate) Zeroizing<Vec<u8>>,
);

/// Bytes inside another row.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Bytes(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) Vec<u8>,
);

/// An item of which parts are missing, by contact (8 bytes) and name.
#[derive(Clone, Encode, Decode)]
pub(crate) struct JoinRow {
    /// A byte for each part: 1 if it is there.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) have: Vec<u8>,
    /// Milliseconds since 1970 when the last part came.
    #[n(1)]
    pub(crate) at: u64,
}

/// A part, by contact (8 bytes), item's name and index (2 bytes).
#[derive(Clone, Encode, Decode)]
pub(crate) struct PartRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) slice: Vec<u8>,
}
