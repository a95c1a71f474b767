//! The plain Double Ratchet: message keys in exchange for headers.
//!
//! ```text
//!   send ──► (Header, MessageKey)
//!   Header ──► prepare ──► (Change, RemoteMessageKey) ── the body is authentic ──► commit(Change)
//!                 │                                  └─ it is not: the change is dropped
//!                 └─ known chain, number behind: the key of a skipped message
//!                    known chain, number ahead:  the chain advances, keys are skipped
//!                    new ratchet key:            a turn: both chains begin anew
//! ```
//!
//! Source: [Double Ratchet](https://signal.org/docs/specifications/doubleratchet/), section 3.

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::CryptoRng;
use crate::crypto::secret::Secret;
use crate::signal::Error;

use super::header::Header;
use super::header_key::HeaderKey;
use super::header_key::RemoteHeaderKey;
use super::message_key::MessageKey;
use super::message_key::RemoteMessageKey;
use super::ratchet_key::RatchetKey;
use super::ratchet_key::RemoteRatchetKey;
use super::receiver_chain::Advance;
use super::receiver_chain::ReceiverChain;
use super::receiver_chain::ReceiverChains;
use super::root_key::RemoteRootKey;
use super::root_key::RootKey;
use super::sender_chain::SenderChain;

/// A side of a conversation that has a sending chain.
#[derive(Debug)]
pub(super) struct DoubleRatchet {
    root: RootKey,
    own: RatchetKey,
    sender: SenderChain,
    previous_len: u32,
    receivers: ReceiverChains,
}

/// The header keys of the chains after the ones that a turn began; the layer above keeps them.
#[derive(Debug)]
pub(super) struct NextHeaderKeys {
    pub(super) sending: HeaderKey,
    pub(super) receiving: RemoteHeaderKey,
}

/// What a message would change.
#[derive(Debug)]
pub(super) enum Change {
    /// The key of a skipped message goes.
    Skipped { theirs: RemoteRatchetKey, number: u32 },
    /// The peer's current chain advances.
    Advanced(Advance),
    /// Both sides' chains begin anew.
    Turned(Box<Turn>),
}

/// Both DH steps that answer a new ratchet key of the peer's.
#[derive(Debug)]
pub(super) struct Turn {
    closing: Option<Advance>,
    root: RootKey,
    own: RatchetKey,
    sender: SenderChain,
    receiver: ReceiverChain,
    next: NextHeaderKeys,
}

impl Turn {
    fn new(
        root: &RootKey,
        own: &RatchetKey,
        header: &Header,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, RemoteMessageKey), Error> {
        let theirs = header.ratchet_key;
        // RK, CKr, NHKr = KDF_RK(RK, DH(DHs, DHr))
        let (root, chain_key, receiving) = root.receiving(own, &theirs)?;
        let mut receiver = ReceiverChain::new(theirs, chain_key);
        let (advance, message_key) = receiver.advance_past(header.number)?;
        receiver.commit(advance);
        // DHs = GENERATE_DH();  RK, CKs, NHKs = KDF_RK(RK, DH(DHs, DHr))
        let own = RatchetKey::generate(rng);
        let (root, chain_key, sending) = root.sending(&own, &theirs)?;
        let sender = SenderChain::new(chain_key);
        let next = NextHeaderKeys { sending, receiving };
        Ok((Self { closing: None, root, own, sender, receiver, next }, message_key))
    }
}

impl DoubleRatchet {
    /// The initiator's side: its first chain goes to the responder's signed prekey.
    pub(super) fn initiate(
        secret: Secret<32>,
        theirs: &RemoteRatchetKey,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, HeaderKey), Error> {
        let own = RatchetKey::generate(rng);
        let (root, chain_key, next) = RemoteRootKey::new(secret).sending(&own, theirs)?;
        let sender = SenderChain::new(chain_key);
        let receivers = ReceiverChains::default();
        Ok((Self { root, own, sender, previous_len: 0, receivers }, next))
    }

    /// The responder's side, which begins with a header: its signed prekey is its ratchet key.
    pub(super) fn respond(
        secret: Secret<32>,
        own: &RatchetKey,
        header: &Header,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, NextHeaderKeys, RemoteMessageKey), Error> {
        if header.previous_len != 0 {
            return Err(Error::Misbehaved);
        }
        let (turn, message_key) = Turn::new(&RootKey::new(secret), own, header, rng)?;
        let Turn { closing: _, root, own, sender, receiver, next } = turn;
        let mut receivers = ReceiverChains::default();
        receivers.push(receiver);
        Ok((Self { root, own, sender, previous_len: 0, receivers }, next, message_key))
    }

    /// The header and the key of the next message.
    pub(super) fn send(&mut self) -> Result<(Header, MessageKey), Error> {
        let (number, message_key) = self.sender.step()?;
        let ratchet_key = RemoteRatchetKey(*self.own.public());
        Ok((Header { ratchet_key, previous_len: self.previous_len, number }, message_key))
    }

    /// The key of the message with this header, and what committing the message would change.
    pub(super) fn prepare(
        &self,
        header: &Header,
        rng: &mut impl CryptoRng,
    ) -> Result<(Change, RemoteMessageKey), Error> {
        match self.receivers.find(&header.ratchet_key) {
            Some(chain) if chain.is_behind(header.number) => {
                let key = chain.skipped(header.number).ok_or(Error::Consumed)?.duplicate();
                let (theirs, number) = (header.ratchet_key, header.number);
                Ok((Change::Skipped { theirs, number }, key))
            }
            Some(chain) => {
                let (advance, key) = chain.advance_past(header.number)?;
                Ok((Change::Advanced(advance), key))
            }
            None => {
                let (turn, key) = self.turn(header, rng)?;
                Ok((Change::Turned(Box::new(turn)), key))
            }
        }
    }

    fn turn(
        &self,
        header: &Header,
        rng: &mut impl CryptoRng,
    ) -> Result<(Turn, RemoteMessageKey), Error> {
        let closing = match self.receivers.current() {
            Some(chain) => Some(chain.advance_to(header.previous_len)?),
            None if header.previous_len == 0 => None,
            None => return Err(Error::Misbehaved),
        };
        let (turn, message_key) = Turn::new(&self.root, &self.own, header, rng)?;
        Ok((Turn { closing, ..turn }, message_key))
    }

    /// Takes over what an authentic message changes. A turn gives the header keys after it.
    pub(super) fn commit(&mut self, change: Change) -> Option<NextHeaderKeys> {
        let next = match change {
            Change::Skipped { theirs, number } => {
                if let Some(chain) = self.receivers.find_mut(&theirs) {
                    chain.consume(number);
                }
                None
            }
            Change::Advanced(advance) => {
                if let Some(chain) = self.receivers.current_mut() {
                    chain.commit(advance);
                }
                None
            }
            Change::Turned(turn) => Some(self.commit_turn(*turn)),
        };
        self.receivers.trim();
        next
    }

    fn commit_turn(&mut self, turn: Turn) -> NextHeaderKeys {
        let Turn { closing, root, own, sender, receiver, next } = turn;
        if let (Some(chain), Some(advance)) = (self.receivers.current_mut(), closing) {
            chain.close(advance);
        }
        self.previous_len = self.sender.len();
        (self.root, self.own, self.sender) = (root, own, sender);
        self.receivers.push(receiver);
        next
    }

    /// Whether a ratchet key names a receiving chain that is kept.
    pub(super) fn knows(&self, theirs: &RemoteRatchetKey) -> bool {
        self.receivers.find(theirs).is_some()
    }

    /// The names of the receiving chains that are kept, oldest first.
    pub(super) fn remote_keys(&self) -> impl Iterator<Item = &RemoteRatchetKey> {
        self.receivers.iter().map(ReceiverChain::theirs)
    }

    /// Lets a day pass. Whether anything changed.
    pub(super) fn age(&mut self, day: u32) -> bool {
        self.receivers.age(day)
    }

    pub(super) fn skipped_len(&self) -> usize {
        self.receivers.skipped_len()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.bytes(self.root.secret().expose());
        writer.bytes(self.own.secret_bytes().expose());
        self.sender.write(writer);
        writer.u32(self.previous_len);
        self.receivers.write(writer);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self {
            root: RootKey::new(Secret::from_slice(reader.take(32)?)?),
            own: RatchetKey::from_bytes(&Secret::from_slice(reader.take(32)?)?),
            sender: SenderChain::read(reader)?,
            previous_len: reader.u32()?,
            receivers: ReceiverChains::read(reader)?,
        })
    }
}
