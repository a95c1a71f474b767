//! The frames: what a client and a relay say to each other.
//!
//! | tag | client → relay | fields |
//! |---|---|---|
//! | 1 | Hello | version, join proof |
//! | 2 | Put | envelope id, address, envelope, proof of work |
//! | 3 | Subscribe | capabilities |
//! | 4 | Unsubscribe | capabilities |
//! | 5 | Ack | capability, up to |
//! | 6 | Cancel | capability, envelope id |
//! | 7 | Ping | |
//! | 8 | Steady | pace |
//!
//! | tag | relay → client | fields |
//! |---|---|---|
//! | 65 | Welcome | `[versions, network key, key set, signature, now, retention, limits, policy]` |
//! | 66 | Stored | envelope id, expires |
//! | 67 | Full | envelope id |
//! | 68 | Refused | envelope id, reason, retry after |
//! | 69 | Deliver | address, seq, expires, envelope |
//! | 70 | Cancelled | envelope id |
//! | 71 | Gone | envelope id |
//! | 72 | Replaced | address |
//! | 73 | Pong | |
//! | 74 | Closing | reason, retry after |
//! | 75 | Work | `[seed, effort]` |

use std::fmt;

use minicbor::Decode;
use minicbor::Decoder;
use minicbor::Encode;
use minicbor::Encoder;
use minicbor::decode;
use minicbor::encode;

use super::pace::Pace;
use super::value::Address;
use super::value::Capability;
use super::value::Envelope;
use super::value::EnvelopeId;
use super::work::Demand;
use super::work::MaybeProof;
use super::work::decode_proof;
use super::work::encode_proof;
use crate::crypto::join::JoinProof;

/// What a client says.
#[derive(Debug, Encode, Decode)]
#[cbor(flat)]
pub enum ClientFrame {
    /// The first frame of a connection, and never again.
    #[n(1)]
    Hello {
        /// The version that the client speaks, one of those in [`Welcome`].
        #[n(0)]
        version: u16,
        /// That the client knows the network's secret, where the relay asks for that.
        #[n(1)]
        #[cbor(encode_with = "encode_join", decode_with = "decode_join")]
        join: MaybeJoinProof,
    },
    /// Puts an envelope into a mailbox. The answer is Stored, Full or Refused.
    #[n(2)]
    Put {
        /// Chosen by the writer at random; the same bytes again under it only extend their time.
        #[n(0)]
        id: EnvelopeId,
        /// The mailbox.
        #[n(1)]
        address: Address,
        /// What to keep.
        #[n(2)]
        envelope: Envelope,
        /// That work was done for it, where the relay asks for that.
        #[n(3)]
        #[cbor(encode_with = "encode_proof", decode_with = "decode_proof")]
        proof: MaybeProof,
    },
    /// Asks for everything in these mailboxes, now and as it comes.
    #[n(3)]
    Subscribe {
        /// From 1 to [`SUBSCRIBE_MAX`].
        #[n(0)]
        #[cbor(encode_with = "encode_all", decode_with = "decode_capabilities")]
        capabilities: Vec<Capability>,
    },
    /// Ends a Subscribe for these mailboxes; what was not acknowledged stays.
    #[n(4)]
    Unsubscribe {
        /// From 1 to [`SUBSCRIBE_MAX`].
        #[n(0)]
        #[cbor(encode_with = "encode_all", decode_with = "decode_capabilities")]
        capabilities: Vec<Capability>,
    },
    /// Deletes what was delivered from a mailbox in this Subscribe, up to and with a number.
    #[n(5)]
    Ack {
        /// The mailbox.
        #[n(0)]
        capability: Capability,
        /// The highest `seq` that is safe at the reader's.
        #[n(1)]
        up_to: u64,
    },
    /// Takes back an envelope. The answer is Cancelled, Gone or Refused.
    #[n(6)]
    Cancel {
        /// The mailbox: writer and reader of a rendezvous both know its capability.
        #[n(0)]
        capability: Capability,
        /// The envelope.
        #[n(1)]
        id: EnvelopeId,
    },
    /// Asks for a Pong.
    #[n(7)]
    Ping,
    /// From now on the client sends one cell in each interval, and asks the relay for the same:
    /// cells without frames where there is nothing to say.
    #[n(8)]
    Steady {
        /// The interval.
        #[n(0)]
        pace: Pace,
    },
}

/// What a relay says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum RelayFrame {
    /// The first frame of a connection, sent with the handshake's last flight.
    #[n(65)]
    Welcome(#[n(0)] Box<Welcome>),
    /// The envelope is durable.
    #[n(66)]
    Stored {
        /// The envelope.
        #[n(0)]
        id: EnvelopeId,
        /// Until when it is kept, in seconds since 1970.
        #[n(1)]
        expires: u64,
    },
    /// The mailbox holds as many envelopes as one may; nothing was stored and nothing evicted.
    #[n(67)]
    Full {
        /// The envelope.
        #[n(0)]
        id: EnvelopeId,
    },
    /// Nothing was done.
    #[n(68)]
    Refused {
        /// The envelope.
        #[n(0)]
        id: EnvelopeId,
        /// Why.
        #[n(1)]
        reason: Refusal,
        /// In how many seconds another try makes sense; 0: it never does.
        #[n(2)]
        retry_after: u32,
    },
    /// An envelope from a mailbox that is subscribed to.
    #[n(69)]
    Deliver {
        /// The mailbox.
        #[n(0)]
        address: Address,
        /// What [`ClientFrame::Ack`] names; rises within one Subscribe and means nothing outside.
        #[n(1)]
        seq: u64,
        /// Until when the relay keeps it, in seconds since 1970.
        #[n(2)]
        expires: u64,
        /// What was put.
        #[n(3)]
        envelope: Envelope,
    },
    /// The envelope was in its mailbox and is not any more.
    #[n(70)]
    Cancelled {
        /// The envelope.
        #[n(0)]
        id: EnvelopeId,
    },
    /// The envelope is not in its mailbox: acknowledged, expired, or never put.
    #[n(71)]
    Gone {
        /// The envelope.
        #[n(0)]
        id: EnvelopeId,
    },
    /// Another connection has subscribed to this mailbox; this one gets no more from it.
    #[n(72)]
    Replaced {
        /// The mailbox.
        #[n(0)]
        address: Address,
    },
    /// The answer to Ping.
    #[n(73)]
    Pong,
    /// The last frame of a connection.
    #[n(74)]
    Closing {
        /// Why.
        #[n(0)]
        reason: CloseReason,
        /// In how many seconds another connection makes sense; 0: whenever the client likes.
        #[n(1)]
        retry_after: u32,
    },
    /// What a Put into a mailbox that nobody acknowledges costs from now on.
    #[n(75)]
    Work {
        /// The price.
        #[n(0)]
        demand: Demand,
    },
}

/// What a relay says about itself before anything is asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Welcome {
    /// The versions of frames that it speaks, from 1 to [`VERSIONS_MAX`].
    #[n(0)]
    #[cbor(encode_with = "encode_all", decode_with = "decode_versions")]
    pub versions: Vec<u16>,
    /// The SPKI of the network key.
    #[n(1)]
    #[cbor(encode_with = "encode_opaque", decode_with = "decode_opaque")]
    pub network_key: Vec<u8>,
    /// The key set that the network key has signed.
    #[n(2)]
    #[cbor(encode_with = "encode_opaque", decode_with = "decode_opaque")]
    pub key_set: Vec<u8>,
    /// That signature.
    #[n(3)]
    #[cbor(encode_with = "encode_opaque", decode_with = "decode_opaque")]
    pub signature: Vec<u8>,
    /// The relay's clock in seconds since 1970. It warns and decides nothing.
    #[n(4)]
    pub now: u64,
    /// For how many seconds an envelope is kept.
    #[n(5)]
    pub retention: u64,
    /// What a client can run into.
    #[n(6)]
    pub limits: Limits,
    /// What the relay demands.
    #[n(7)]
    pub policy: Policy,
}

/// The limits that a relay announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Limits {
    /// How many envelopes a mailbox holds.
    #[n(0)]
    pub envelopes_per_mailbox: u32,
    /// How many mailboxes one connection may be subscribed to.
    #[n(1)]
    pub subscriptions: u32,
    /// How many envelopes of a mailbox are delivered without an Ack.
    #[n(2)]
    pub window: u32,
    /// After how many seconds without a cell from the client the relay closes: Ping in time.
    #[n(3)]
    pub idle: u32,
    /// The shortest interval of a steady connection.
    #[n(4)]
    pub pace: Pace,
}

/// What a relay demands of a client: a map of demands. One that is not known is refused with its
/// cell, for it could not be met.
///
/// | key | demand |
/// |---|---|
/// | 1 | `[seed, effort]`: work for a Put into a mailbox that nobody acknowledges |
/// | 2 | true: the network's secret is to be proven in Hello |
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// The work for a Put into a mailbox that nobody acknowledges, if it costs any.
    pub work: Option<Demand>,
    /// Whether the network is private: Hello has to prove that the client knows its secret.
    pub join: bool,
}

/// Why an envelope was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum Refusal {
    /// The relay's store is full.
    #[n(1)]
    StoreFull,
    /// This connection has taken its share of what is free in the store.
    #[n(2)]
    Share,
    /// More is waiting for the disk than the relay lets wait.
    #[n(3)]
    Busy,
    /// The store failed; nothing is known to be stored.
    #[n(4)]
    StoreFailed,
    /// Other bytes are already kept under this id.
    #[n(5)]
    Conflict,
    /// This connection, or its neighbourhood, puts faster than it may.
    #[n(6)]
    TooFast,
    /// Nobody acknowledges what is in this mailbox: a Put into it costs work, which the frame Work
    /// before this one names.
    #[n(7)]
    Work,
}

/// Why a relay closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum CloseReason {
    /// The relay stops.
    #[n(1)]
    Stopping,
    /// Hello named a version that this relay does not speak.
    #[n(2)]
    Version,
    /// A cell or one of its frames was not legal.
    #[n(3)]
    Malformed,
    /// A frame before Hello, or a second Hello.
    #[n(4)]
    Unexpected,
    /// More subscriptions than [`Limits::subscriptions`].
    #[n(5)]
    Subscriptions,
    /// An Ack named what was not delivered in this Subscribe.
    #[n(6)]
    Undelivered,
    /// The client sent nothing for longer than [`Limits::idle`].
    #[n(7)]
    Idle,
    /// The store failed, and what this connection asked for cannot be had.
    #[n(8)]
    StoreFailed,
    /// The relay serves as many connections as it may; said instead of anything else.
    #[n(9)]
    Full,
    /// All connections together are subscribed to as many mailboxes as the relay lets them.
    #[n(10)]
    SubscriptionsInAll,
    /// This connection, or its neighbourhood, subscribes faster than it may.
    #[n(11)]
    TooFast,
    /// A proof of work proves nothing.
    #[n(12)]
    FalseProof,
    /// The network is private, and Hello did not prove that the client knows its secret.
    #[n(13)]
    Join,
}

/// A frame of one direction.
pub trait Frame: Encode<()> + for<'b> Decode<'b, ()> {
    /// The name and the number of fields of the frame with this tag.
    fn shape(tag: u64) -> Option<Shape>;
}

/// What is known of a frame by its tag alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// How many fields follow the tag.
    pub fields: u64,
}

impl Frame for ClientFrame {
    fn shape(tag: u64) -> Option<Shape> {
        let (name, fields) = match tag {
            1 => ("Hello", 2),
            2 => ("Put", 4),
            3 => ("Subscribe", 1),
            4 => ("Unsubscribe", 1),
            5 => ("Ack", 2),
            6 => ("Cancel", 2),
            7 => ("Ping", 0),
            8 => ("Steady", 1),
            _ => return None,
        };
        Some(Shape { name, fields })
    }
}

impl Frame for RelayFrame {
    fn shape(tag: u64) -> Option<Shape> {
        let (name, fields) = match tag {
            65 => ("Welcome", 1),
            66 => ("Stored", 2),
            67 => ("Full", 1),
            68 => ("Refused", 3),
            69 => ("Deliver", 4),
            70 => ("Cancelled", 1),
            71 => ("Gone", 1),
            72 => ("Replaced", 1),
            73 => ("Pong", 0),
            74 => ("Closing", 2),
            75 => ("Work", 1),
            _ => return None,
        };
        Some(Shape { name, fields })
    }
}

impl<C> Encode<C> for Policy {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        let Self { work, join } = self;
        e.map(u64::from(work.is_some()) + u64::from(*join))?;
        if let Some(work) = work {
            e.u8(POLICY_WORK)?.encode(work)?;
        }
        if *join {
            e.u8(POLICY_JOIN)?.bool(true)?;
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Policy {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        let mut policy = Self::default();
        for _ in 0..d.map()?.unwrap_or(u64::MAX) {
            match d.u8()? {
                POLICY_WORK if policy.work.is_none() => policy.work = Some(d.decode()?),
                POLICY_JOIN if !policy.join && d.bool()? => policy.join = true,
                _ => return Err(decode::Error::message("unknown demand")),
            }
        }
        Ok(policy)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StoreFull => "the relay's store is full",
            Self::Share => "this connection has used its share of the relay's store",
            Self::Busy => "the relay is busy",
            Self::StoreFailed => "the relay's store failed",
            Self::Conflict => "the relay keeps something else under this id",
            Self::TooFast => "the relay takes no more at once",
            Self::Work => "the relay wants work to be done for it",
        })
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stopping => "the relay stops",
            Self::Version => "the relay does not speak this version",
            Self::Malformed => "the relay could not read a frame",
            Self::Unexpected => "the relay did not expect a frame",
            Self::Subscriptions => "too many mailboxes for one connection",
            Self::Undelivered => "an acknowledgement of what was not delivered",
            Self::Idle => "silent for too long",
            Self::StoreFailed => "the relay's store failed",
            Self::Full => "the relay has no room for another connection",
            Self::SubscriptionsInAll => "the relay has no room for another subscription",
            Self::TooFast => "more subscriptions at once than the relay takes",
            Self::FalseProof => "a proof of work that proves nothing",
            Self::Join => "the network is private, and its secret was not given",
        })
    }
}

const POLICY_WORK: u8 = 1;
const POLICY_JOIN: u8 = 2;

fn encode_all<C, T: Encode<C>, W: encode::Write>(
    items: &Vec<T>,
    e: &mut Encoder<W>,
    ctx: &mut C,
) -> Result<(), encode::Error<W::Error>> {
    items.encode(e, ctx)
}

fn decode_capabilities<C>(
    d: &mut Decoder<'_>,
    ctx: &mut C,
) -> Result<Vec<Capability>, decode::Error> {
    decode_some(d, ctx, SUBSCRIBE_MAX)
}

fn decode_versions<C>(d: &mut Decoder<'_>, ctx: &mut C) -> Result<Vec<u16>, decode::Error> {
    decode_some(d, ctx, VERSIONS_MAX)
}

/// From 1 to `max` items; the count is checked before anything is allocated.
fn decode_some<'b, C, T: Decode<'b, C>>(
    d: &mut Decoder<'b>,
    ctx: &mut C,
    max: usize,
) -> Result<Vec<T>, decode::Error> {
    let count = d.array()?.and_then(|count| usize::try_from(count).ok());
    match count {
        Some(count) if (1..=max).contains(&count) => {
            (0..count).map(|_| T::decode(d, ctx)).collect()
        }
        _ => Err(decode::Error::message("wrong number of items")),
    }
}

fn encode_join<C, W: encode::Write>(
    proof: &MaybeJoinProof,
    e: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), encode::Error<W::Error>> {
    e.bytes(proof.as_ref().map_or(&[], |proof| proof.as_bytes().as_slice()))?.ok()
}

fn decode_join<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<MaybeJoinProof, decode::Error> {
    let bytes = d.bytes()?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let proof = bytes.try_into().map(JoinProof::from_bytes);
    proof.map(Some).map_err(|_| decode::Error::message("wrong length"))
}

/// Under this name the derive macro writes a field for it in either case.
type MaybeJoinProof = Option<JoinProof>;

#[expect(clippy::ptr_arg, reason = "the derive macro hands over a reference to the field's type")]
fn encode_opaque<C, W: encode::Write>(
    bytes: &Vec<u8>,
    e: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), encode::Error<W::Error>> {
    e.bytes(bytes)?.ok()
}

fn decode_opaque<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Vec<u8>, decode::Error> {
    let bytes = d.bytes()?;
    if bytes.len() > OPAQUE_MAX {
        return Err(decode::Error::message("too long"));
    }
    Ok(bytes.to_vec())
}

/// The most mailboxes that one Subscribe or Unsubscribe names: what fills half a cell.
pub const SUBSCRIBE_MAX: usize = 64;

/// The most versions that Welcome names: more were never alive at once in any protocol.
pub const VERSIONS_MAX: usize = 8;

/// The longest of Welcome's byte strings: three SPKIs of at most 158 bytes and their framing fit.
const OPAQUE_MAX: usize = 1024;
