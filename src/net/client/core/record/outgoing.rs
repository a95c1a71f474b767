//! What goes out: items until the peer has them, envelopes until the relay has them.

use minicbor::Decode;
use minicbor::Encode;
use zeroize::Zeroizing;

use super::ContactNumber;
use super::message::Name;
use super::secret;
use crate::signal::content::MessageName;
use crate::signal::rendezvous::rules::BundleName;
use crate::signal::rendezvous::rules::SessionName;

/// What waits for the peer's receipt, by its order (8 bytes).
#[derive(Clone, Encode, Decode)]
pub(crate) struct OutgoingRow {
    #[n(0)]
    pub(crate) contact: ContactNumber,
    /// The name that the receipt has: the item's, or the part's own.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) id: MessageName,
    #[n(2)]
    pub(crate) what: Outgoing,
    /// Where it went; none while it waits for a session or for room.
    #[n(3)]
    pub(crate) sent: Option<Sent>,
    /// Whether it was ever sealed: from then on the peer may have it.
    #[n(4)]
    pub(crate) ratcheted: bool,
    /// Why the relay does not take it at the moment.
    #[n(5)]
    pub(crate) held: Option<Held>,
    /// Why it waits for the person to try again.
    #[n(6)]
    pub(crate) failed: Option<Failed>,
}

/// What is to be sent.
#[derive(Clone, Encode, Decode)]
pub(crate) enum Outgoing {
    #[n(0)]
    Item(#[n(0)] OutgoingItem),
    #[n(1)]
    Greeting {
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        session: SessionName,
    },
}

/// An item, or a part of one.
#[derive(Clone, Encode, Decode)]
pub(crate) struct OutgoingItem {
    /// The item's name.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) name: MessageName,
    /// The item, or the slice.
    #[n(1)]
    #[cbor(with = "secret")]
    pub(crate) payload: Zeroizing<Vec<u8>>,
    /// Index and count; none for a whole item.
    #[n(2)]
    pub(crate) part: Option<(u16, u16)>,
    /// Milliseconds since 1970.
    #[n(3)]
    pub(crate) written: u64,
    /// The message that it says, changes or reacts to: if that goes, this goes too.
    #[n(4)]
    pub(crate) about: Option<About>,
    /// Milliseconds since 1970 before which it does not go.
    #[n(5)]
    pub(crate) not_before: u64,
}

/// What an item is to a message.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum About {
    /// Its text, which is shown at this place of the history.
    #[n(0)]
    Says {
        #[n(0)]
        place: u64,
    },
    /// An edit or a reaction.
    #[n(1)]
    Changes {
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        target: MessageName,
    },
    /// Texts that were read: more can be added until it goes.
    #[n(2)]
    Read,
}

/// Why the relay does not take something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Held {
    #[n(0)]
    MailboxFull,
    #[n(1)]
    RelayFull,
    #[n(2)]
    TooFast,
    #[n(3)]
    Working,
    #[n(4)]
    TooDear,
}

/// Why something did not go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Failed {
    #[n(0)]
    Expired,
    #[n(1)]
    Ended,
}

/// Where something went.
#[derive(Clone, Copy, Encode, Decode)]
pub(crate) struct Sent {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) session: SessionName,
    /// Its number among the items and parts of the session.
    #[n(1)]
    pub(crate) number: u64,
    /// Seconds since 1970 until which the relay keeps it; none before it has it.
    #[n(2)]
    pub(crate) expires: Option<u64>,
    /// Milliseconds since 1970 when it is sent once more, because later ones have receipts.
    #[n(3)]
    pub(crate) again_at: Option<u64>,
    /// The week of its mailbox, by one's own clock then; none in a row of before it was noted.
    #[n(4)]
    pub(crate) week: Option<u64>,
    /// Milliseconds since 1970 when the relay had it; none in a row of before it was noted.
    #[n(5)]
    pub(crate) stored_at: Option<u64>,
    /// How often it went again because the peer was silent (`probe`).
    #[n(6)]
    pub(crate) probes: Option<u8>,
    /// Milliseconds since 1970 from which on the peer is silent about it: within an hour after the
    /// relay had it again after the first of these.
    #[n(7)]
    pub(crate) silent_from: Option<u64>,
}

impl Sent {
    /// Nowhere yet: it goes in this session at its time.
    pub(crate) const fn later(session: SessionName) -> Self {
        Self {
            session,
            number: 0,
            expires: None,
            again_at: None,
            week: None,
            stored_at: None,
            probes: None,
            silent_from: None,
        }
    }
}

/// An envelope that the relay has not confirmed, by its envelope id.
#[derive(Clone, Encode, Decode)]
pub(crate) struct PutRow {
    /// 0 for envelopes that belong to no contact any more.
    #[n(0)]
    pub(crate) contact: ContactNumber,
    #[n(1)]
    pub(crate) order: u64,
    #[n(2)]
    pub(crate) rendezvous: bool,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) address: [u8; 32],
    #[n(4)]
    pub(crate) subject: Subject,
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) envelope: Vec<u8>,
    #[n(6)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) network: [u8; 32],
    /// Milliseconds since 1970 when it was made.
    #[n(7)]
    pub(crate) at: u64,
    /// The receipts in it: they are owed again if it is given up. None in a row of before they were
    /// noted.
    #[n(8)]
    #[cbor(default)]
    pub(crate) receipts: Vec<Name>,
}

/// What an envelope holds.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Subject {
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
