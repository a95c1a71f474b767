//! What the sealed rows say: one type a kind, each with its bytes.
//!
//! Rows are CBOR arrays with numbered fields; a profile written by this version is read by later
//! ones.

use minicbor::Decode;
use minicbor::Encode;
use zeroize::Zeroizing;

use crate::crypto::secret::SecretBytes;
use crate::net::client::profile::Kind;
use crate::net::client::profile::Profile;
use crate::net::client::profile::ProfileError;
use crate::signal::content::MessageName;
use crate::signal::rendezvous::rules::BundleName;
use crate::signal::rendezvous::rules::SessionName;

/// A contact's number in this profile.
pub(super) type ContactNumber = u64;

/// A row of one kind.
pub(super) trait Record: Encode<()> + for<'b> Decode<'b, ()> {
    const KIND: Kind;
}

/// Stages a row.
pub(super) fn put<T: Record>(profile: &mut Profile, id: &[u8], record: &T) {
    // Counted first: a vector that grows would leave unwiped copies behind.
    let mut len = Count(0);
    let mut bytes = match minicbor::encode(record, &mut len) {
        Ok(()) => Zeroizing::new(Vec::with_capacity(len.0)),
        Err(_) => return,
    };
    // Writing into a vector cannot fail.
    if minicbor::encode(record, &mut *bytes).is_ok() {
        profile.put(T::KIND, id, bytes);
    }
}

/// Counts what is written.
struct Count(usize);

impl minicbor::encode::Write for &mut Count {
    type Error = core::convert::Infallible;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0 += bytes.len();
        Ok(())
    }
}

/// Every row of a kind.
pub(super) fn all<T: Record>(profile: &Profile) -> Result<Vec<(Vec<u8>, T)>, ProfileError> {
    profile.rows(T::KIND)?.into_iter().map(|(id, row)| Ok((id, read(&row)?))).collect()
}

/// One row.
pub(super) fn one<T: Record>(profile: &Profile, id: &[u8]) -> Result<Option<T>, ProfileError> {
    profile.row(T::KIND, id)?.map(|row| read(&row)).transpose()
}

pub(super) fn read<T: Record>(row: &SecretBytes) -> Result<T, ProfileError> {
    minicbor::decode(row.expose()).map_err(|_| ProfileError::Damaged)
}

/// A row id of a fixed length.
pub(super) fn name<const N: usize>(id: &[u8]) -> Result<[u8; N], ProfileError> {
    id.try_into().map_err(|_| ProfileError::Damaged)
}

/// The person whose profile it is.
#[derive(Encode, Decode)]
pub(super) struct IdentityRow {
    #[n(0)]
    #[cbor(with = "secret")]
    pub(super) seed: Zeroizing<Vec<u8>>,
}

/// A network that was met, by its id.
#[derive(Clone, Encode, Decode)]
pub(super) struct NetworkRow {
    /// `host:port` under which it answers.
    #[n(0)]
    pub(super) places: Vec<String>,
    /// The highest key set seen, and the digest of its bytes; none before the first connection.
    #[n(1)]
    pub(super) sequence: Option<u64>,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) digest: [u8; 32],
    /// Milliseconds since 1970.
    #[n(3)]
    pub(super) first_seen: u64,
}

/// A contact, by its number.
#[derive(Encode, Decode)]
pub(super) struct ContactRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) network: [u8; 32],
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) key: [u8; 32],
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) rules: Vec<u8>,
    /// Whether the peer has ever answered.
    #[n(3)]
    pub(super) matched: bool,
    /// The place of the next message in the history.
    #[n(4)]
    pub(super) next_place: u64,
    /// The highest generation that the peer has taken back.
    #[n(5)]
    pub(super) withdrawn: u64,
}

/// What must be remembered of a removed contact.
#[derive(Encode, Decode)]
pub(super) struct MarkRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) network: [u8; 32],
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) key: [u8; 32],
    #[n(2)]
    pub(super) issued: u64,
    #[n(3)]
    pub(super) accepted: u64,
    #[n(4)]
    pub(super) turn: u64,
}

/// A session, by its name.
#[derive(Encode, Decode)]
pub(super) struct SessionRow {
    #[n(0)]
    pub(super) contact: ContactNumber,
    /// The ratchet's state.
    #[n(1)]
    #[cbor(with = "secret")]
    pub(super) state: Zeroizing<Vec<u8>>,
    /// The week in which it began.
    #[n(2)]
    pub(super) since_week: u64,
    /// The number of the next text sent in it.
    #[n(3)]
    pub(super) next_number: u64,
    /// The number of the next text to be shown from it.
    #[n(4)]
    pub(super) expected: u64,
    /// How many initial messages were sent.
    #[n(5)]
    pub(super) initial: u64,
    /// Digests of the envelopes opened last, to tell a repetition from a number used twice.
    #[n(6)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) recent: Vec<u8>,
}

/// A bundle of one's own that is out, by its name.
#[derive(Encode, Decode)]
pub(super) struct BundleRow {
    #[n(0)]
    pub(super) contact: ContactNumber,
    #[n(1)]
    pub(super) epoch: u64,
    #[n(2)]
    #[cbor(with = "secret")]
    pub(super) secrets: Zeroizing<Vec<u8>>,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) envelope_id: [u8; 16],
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) envelope: Vec<u8>,
    /// Seconds since 1970 until which the relay keeps it; none before it has it.
    #[n(5)]
    pub(super) expires: Option<u64>,
    /// Milliseconds since 1970 when it is put again.
    #[n(6)]
    pub(super) renew_at: Option<u64>,
}

/// What waits for the peer's receipt, by its order (8 bytes).
#[derive(Clone, Encode, Decode)]
pub(super) struct OutgoingRow {
    #[n(0)]
    pub(super) contact: ContactNumber,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) id: MessageName,
    #[n(2)]
    pub(super) what: Outgoing,
    /// Where it went; none while it waits for a session or for room.
    #[n(3)]
    pub(super) sent: Option<Sent>,
}

/// What is to be sent.
#[derive(Clone, Encode, Decode)]
pub(super) enum Outgoing {
    #[n(0)]
    Text {
        #[n(0)]
        text: String,
        /// Milliseconds since 1970.
        #[n(1)]
        written: u64,
        /// Its place in the history.
        #[n(2)]
        place: u64,
        /// Whether it waits for the person to try again.
        #[n(3)]
        failed: bool,
    },
    #[n(1)]
    Greeting {
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        session: SessionName,
    },
}

/// Where something went.
#[derive(Clone, Copy, Encode, Decode)]
pub(super) struct Sent {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) session: SessionName,
    /// Its number among the texts of the session.
    #[n(1)]
    pub(super) number: u64,
    /// Seconds since 1970 until which the relay keeps it; none before it has it.
    #[n(2)]
    pub(super) expires: Option<u64>,
    /// Milliseconds since 1970 when it is sent once more, because later ones have receipts.
    #[n(3)]
    pub(super) again_at: Option<u64>,
}

/// An envelope that the relay has not confirmed, by its envelope id.
#[derive(Clone, Encode, Decode)]
pub(super) struct PutRow {
    /// 0 for envelopes that belong to no contact any more.
    #[n(0)]
    pub(super) contact: ContactNumber,
    #[n(1)]
    pub(super) order: u64,
    #[n(2)]
    pub(super) rendezvous: bool,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) address: [u8; 32],
    #[n(4)]
    pub(super) subject: Subject,
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) envelope: Vec<u8>,
    #[n(6)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) network: [u8; 32],
    /// Milliseconds since 1970 when it was made.
    #[n(7)]
    pub(super) at: u64,
}

/// What an envelope holds.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(super) enum Subject {
    #[n(0)]
    Bundle {
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        name: BundleName,
    },
    #[n(1)]
    Outgoing {
        #[n(0)]
        order: u64,
    },
    #[n(2)]
    Receipts,
    #[n(3)]
    Withdrawal,
}

/// A message of the history, by contact (8 bytes) and place (8 bytes).
#[derive(Clone, Encode, Decode)]
pub(super) struct MessageRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) id: MessageName,
    #[n(1)]
    pub(super) text: String,
    #[n(2)]
    pub(super) written: u64,
    #[n(3)]
    pub(super) progress: Progress,
}

/// How far a message of the history got.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(super) enum Progress {
    #[n(0)]
    Received,
    #[n(1)]
    Queued,
    #[n(2)]
    OnRelay {
        #[n(0)]
        expires: u64,
    },
    #[n(3)]
    Delivered,
    #[n(4)]
    Expired,
}

/// A message that was received, by its name.
#[derive(Clone, Copy, Encode, Decode)]
pub(super) struct SeenRow {
    #[n(0)]
    pub(super) contact: ContactNumber,
    /// Whether its receipt is due.
    #[n(1)]
    pub(super) due: bool,
    /// Milliseconds since 1970.
    #[n(2)]
    pub(super) at: u64,
    /// Whether it was shown; a text may be held before.
    #[n(3)]
    pub(super) shown: bool,
}

/// A text that waits for one before it, by session (16 bytes) and number (8 bytes).
#[derive(Clone, Encode, Decode)]
pub(super) struct HeldRow {
    #[n(0)]
    pub(super) contact: ContactNumber,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) id: MessageName,
    #[n(2)]
    pub(super) text: String,
    #[n(3)]
    pub(super) written: u64,
    /// Milliseconds since 1970 when it came.
    #[n(4)]
    pub(super) since: u64,
}

/// A request that is being taken back, by a random name.
#[derive(Clone, Encode, Decode)]
pub(super) struct FarewellRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) network: [u8; 32],
    /// Capability and envelope id of every bundle that may be out.
    #[n(1)]
    pub(super) bundles: Vec<OutBundle>,
    /// The mailbox of the withdrawn record.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) address: [u8; 32],
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) envelope: Vec<u8>,
    /// Milliseconds since 1970 after which it is pointless.
    #[n(4)]
    pub(super) until: u64,
    /// Whether the peer is told even if it can have fetched no bundle.
    #[n(5)]
    pub(super) tell: bool,
}

/// A bundle to be cancelled.
#[derive(Clone, Encode, Decode)]
pub(super) struct OutBundle {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) capability: [u8; 32],
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) envelope_id: [u8; 16],
    /// Seconds since 1970 until which the relay keeps it.
    #[n(2)]
    pub(super) expires: Option<u64>,
}

/// Byte strings that are wiped when dropped.
mod secret {
    use minicbor::Decoder;
    use minicbor::Encoder;
    use minicbor::encode::Write;
    use zeroize::Zeroizing;

    pub(super) fn encode<C, W: Write>(
        bytes: &Zeroizing<Vec<u8>>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(bytes)?.ok()
    }

    pub(super) fn decode<C>(
        d: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Zeroizing<Vec<u8>>, minicbor::decode::Error> {
        Ok(Zeroizing::new(d.bytes()?.to_vec()))
    }
}

macro_rules! records {
    ($($row:ty => $kind:ident),* $(,)?) => {
        $(impl Record for $row {
            const KIND: Kind = Kind::$kind;
        })*
    };
}

records! {
    IdentityRow => Identity,
    NetworkRow => Network,
    ContactRow => Contact,
    MarkRow => Mark,
    SessionRow => Session,
    BundleRow => Bundle,
    OutgoingRow => Outgoing,
    PutRow => Put,
    MessageRow => Message,
    SeenRow => Seen,
    HeldRow => Held,
    FarewellRow => Farewell,
}
