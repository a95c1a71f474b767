//! Contacts, what survives their removal, and the requests that are out.

use minicbor::Decode;
use minicbor::Encode;
use zeroize::Zeroizing;

use super::super::message::Named;
use super::super::message::TimerNamed;
use super::ContactNumber;
use super::secret;
use crate::net::client::event::Timer;

/// A contact, by its number.
#[derive(Encode, Decode)]
pub(crate) struct ContactRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) network: [u8; 32],
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) key: [u8; 32],
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) rules: Vec<u8>,
    /// Whether the peer has ever answered.
    #[n(3)]
    pub(crate) matched: bool,
    /// The place of the next message in the history.
    #[n(4)]
    pub(crate) next_place: u64,
    /// The highest generation that the peer has taken back.
    #[n(5)]
    pub(crate) withdrawn: u64,
    /// Whether the peer ended the conversation.
    #[n(6)]
    pub(crate) ended: bool,
    /// When texts disappear, in seconds: agreed, wanted here, wanted by the peer.
    #[n(7)]
    pub(crate) timer: [u32; 3],
    /// Every message of the history before this place was seen.
    #[n(8)]
    pub(crate) seen: u64,
    /// How many received ones behind it were not.
    #[n(9)]
    pub(crate) unread: u64,
    /// How that came to be.
    #[n(11)]
    pub(crate) timer_named: Option<TimerNamedRow>,
    /// The highest generation that was taken back by a clock that was too far ahead.
    #[n(12)]
    pub(crate) withdrawn_ahead: Option<u64>,
}

/// Which times were named after which texts disappear.
#[derive(Encode, Decode)]
pub(crate) struct TimerNamedRow {
    /// Before the first of these: agreed, wanted here, wanted by the peer.
    #[n(0)]
    before: [u32; 3],
    #[n(1)]
    named: Vec<NamedRow>,
}

/// A time that one side named.
#[derive(Encode, Decode)]
struct NamedRow {
    /// Milliseconds since 1970 by its writer's clock.
    #[n(0)]
    at: u64,
    #[n(1)]
    own: bool,
    #[n(2)]
    seconds: u32,
}

impl TimerNamedRow {
    pub(crate) fn new(known: &TimerNamed) -> Self {
        let Timer { agreed, own, theirs } = known.before;
        let named = known.named.iter().map(|named| {
            let Named { at, lower: _, own, seconds } = *named;
            NamedRow { at, own, seconds }
        });
        Self { before: [agreed, own, theirs], named: named.collect() }
    }

    /// `lower_own`: whether one's own ID is the lower one.
    pub(crate) fn read(&self, lower_own: bool) -> TimerNamed {
        let [agreed, own, theirs] = self.before;
        let named = self.named.iter().map(|row| {
            let NamedRow { at, own, seconds } = *row;
            Named { at, lower: own == lower_own, own, seconds }
        });
        TimerNamed { before: Timer { agreed, own, theirs }, named: named.collect() }
    }
}

/// What must be remembered of a removed contact.
#[derive(Encode, Decode)]
pub(crate) struct MarkRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) network: [u8; 32],
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) key: [u8; 32],
    #[n(2)]
    pub(crate) issued: u64,
    #[n(3)]
    pub(crate) accepted: u64,
    #[n(4)]
    pub(crate) turn: u64,
    /// The highest generation that the peer has taken back.
    #[n(5)]
    pub(crate) withdrawn: u64,
}

/// A request that is being taken back, by a random name.
#[derive(Clone, Encode, Decode)]
pub(crate) struct FarewellRow {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) network: [u8; 32],
    /// Capability and envelope id of every bundle that may be out.
    #[n(1)]
    pub(crate) bundles: Vec<OutBundle>,
    /// The mailbox of the withdrawn record.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) address: [u8; 32],
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) envelope: Vec<u8>,
    /// Milliseconds since 1970 after which it is pointless.
    #[n(4)]
    pub(crate) until: u64,
    /// Whether the peer is told even if it can have fetched no bundle.
    #[n(5)]
    pub(crate) tell: bool,
}

/// A bundle to be cancelled.
#[derive(Clone, Encode, Decode)]
pub(crate) struct OutBundle {
    #[n(0)]
    #[cbor(with = "secret")]
    pub(crate) capability: Zeroizing<[u8; 32]>,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) envelope_id: [u8; 16],
    /// Seconds since 1970 until which the relay keeps it.
    #[n(2)]
    pub(crate) expires: Option<u64>,
}

/// A bundle of one's own that is out, by its name.
#[derive(Encode, Decode)]
pub(crate) struct BundleRow {
    #[n(0)]
    pub(crate) contact: ContactNumber,
    #[n(1)]
    pub(crate) epoch: u64,
    /// The private keys; nothing once it was used.
    #[n(2)]
    #[cbor(with = "secret")]
    pub(crate) secrets: Zeroizing<Vec<u8>>,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) envelope_id: [u8; 16],
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) envelope: Vec<u8>,
    /// Seconds since 1970 until which the relay keeps it; none before it has it.
    #[n(5)]
    pub(crate) expires: Option<u64>,
    /// Milliseconds since 1970 when it is put again.
    #[n(6)]
    pub(crate) renew_at: Option<u64>,
}
