//! What frames carry: addresses, the capabilities behind them, and envelopes.
//!
//! `Debug` prints the type's name only: none of these belongs in a log.

use std::fmt;

use minicbor::Decode;
use minicbor::Decoder;
use minicbor::Encode;
use minicbor::Encoder;
use minicbor::decode;
use minicbor::encode;

use crate::crypto::hash;
use crate::crypto::secret::Secret;

/// The name of a mailbox: the SHA-256 of the capability that reads it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; ADDRESS_LEN]);

impl Address {
    /// The address with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; ADDRESS_LEN]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; ADDRESS_LEN] {
        &self.0
    }
}

/// What names one envelope: 16 random bytes of its writer's choice. Putting the same bytes again
/// under the same id is harmless.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvelopeId([u8; ENVELOPE_ID_LEN]);

impl EnvelopeId {
    /// The id with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; ENVELOPE_ID_LEN]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; ENVELOPE_ID_LEN] {
        &self.0
    }
}

/// What lets a client read a mailbox. It is shown to the relay, which keeps its address only.
pub struct Capability(Secret<CAPABILITY_LEN>);

impl Capability {
    /// The capability with these bytes.
    #[must_use]
    pub const fn new(bytes: Secret<CAPABILITY_LEN>) -> Self {
        Self(bytes)
    }

    /// The address of the mailbox that it reads: `SHA-256(capability)`.
    #[must_use]
    pub fn address(&self) -> Address {
        Address(hash::sha256(&[self.0.expose()]))
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; CAPABILITY_LEN] {
        self.0.expose()
    }

    /// An explicit copy.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.duplicate())
    }
}

/// An opaque envelope of [`ENVELOPE_LEN`] bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope(Box<[u8; ENVELOPE_LEN]>);

impl Envelope {
    /// The envelope with these bytes.
    #[must_use]
    pub const fn new(bytes: Box<[u8; ENVELOPE_LEN]>) -> Self {
        Self(bytes)
    }

    /// A copy of these bytes.
    ///
    /// # Errors
    ///
    /// Refuses every length but [`ENVELOPE_LEN`].
    pub fn from_slice(bytes: &[u8]) -> Result<Self, WrongLength> {
        if bytes.len() != ENVELOPE_LEN {
            return Err(WrongLength);
        }
        Box::<[u8]>::from(bytes).try_into().map(Self).map_err(|_| WrongLength)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; ENVELOPE_LEN] {
        &self.0
    }
}

/// Bytes that should become an envelope have another length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongLength;

impl fmt::Display for WrongLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an envelope has {ENVELOPE_LEN} bytes")
    }
}

impl std::error::Error for WrongLength {}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Address")
    }
}

impl fmt::Debug for EnvelopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("EnvelopeId")
    }
}

impl fmt::Debug for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Capability")
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Envelope")
    }
}

impl<C> Encode<C> for Address {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<C> Encode<C> for EnvelopeId {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<C> Encode<C> for Capability {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.bytes(self.expose())?.ok()
    }
}

impl<C> Encode<C> for Envelope {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.bytes(self.0.as_slice())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Address {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        array(d).map(Self)
    }
}

impl<'b, C> Decode<'b, C> for EnvelopeId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        array(d).map(Self)
    }
}

impl<'b, C> Decode<'b, C> for Capability {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Secret::from_slice(d.bytes()?).map(Self).map_err(|_| wrong_length())
    }
}

impl<'b, C> Decode<'b, C> for Envelope {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::from_slice(d.bytes()?).map_err(|_| wrong_length())
    }
}

fn array<const N: usize>(d: &mut Decoder<'_>) -> Result<[u8; N], decode::Error> {
    d.bytes()?.try_into().map_err(|_| wrong_length())
}

fn wrong_length() -> decode::Error {
    decode::Error::message("wrong length")
}

/// The length of an envelope in bytes: with the other fields of Put and the cell's framing it stays
/// 4 bytes under a cell, with those of Deliver 36.
pub const ENVELOPE_LEN: usize = 4000;

/// The length of a capability in bytes: nobody guesses 256 bits.
pub const CAPABILITY_LEN: usize = 32;

/// The length of an address in bytes: that of SHA-256.
const ADDRESS_LEN: usize = 32;

/// The length of an envelope's id in bytes: 128 random bits do not repeat within a mailbox.
const ENVELOPE_ID_LEN: usize = 16;
