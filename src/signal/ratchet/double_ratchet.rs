//! The Double Ratchet without hidden headers: message keys in exchange for headers.
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
//! With a [`KemRatchet`] beside it, each of a turn's two steps also takes a KEM's secret in.
//!
//! Source: [Double Ratchet](https://signal.org/docs/specifications/doubleratchet/), section 3.

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::CryptoRng;
use crate::crypto::secret::Secret;
use crate::signal::Error;

use super::Standing;
use super::header::Header;
use super::header_key::HeaderKey;
use super::header_key::RemoteHeaderKey;
use super::kem_ratchet::KemRatchet;
use super::kem_ratchet::KemTurn;
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
    /// The post-quantum half of `own`; the plain ratchet has none.
    kem: Option<KemRatchet>,
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
    kem: Option<KemRatchet>,
    sender: SenderChain,
    receiver: ReceiverChain,
    next: NextHeaderKeys,
}

impl Turn {
    fn new(
        root: &RootKey,
        own: &RatchetKey,
        kem: Option<KemTurn>,
        header: &Header,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, RemoteMessageKey), Error> {
        let theirs = header.ratchet_key;
        let (ss_r, ss_s, kem) = match kem {
            Some(KemTurn { receiving, sending, next }) => (receiving, Some(sending), Some(next)),
            None => (None, None, None),
        };
        // RK, CKr, NHKr = KDF_RK(RK, DH(DHs, DHr) ‖ ss_r)
        let (root, chain_key, receiving) = root.receiving(own, &theirs, ss_r.as_ref())?;
        let mut receiver = ReceiverChain::new(theirs, chain_key);
        let (advance, message_key) = receiver.advance_past(header.number)?;
        receiver.commit(advance);
        // DHs = GENERATE_DH();  RK, CKs, NHKs = KDF_RK(RK, DH(DHs, DHr) ‖ ss_s)
        let own = RatchetKey::generate(rng);
        let (root, chain_key, sending) = root.sending(&own, &theirs, ss_s.as_ref())?;
        let sender = SenderChain::new(chain_key);
        let next = NextHeaderKeys { sending, receiving };
        Ok((Self { closing: None, root, own, kem, sender, receiver, next }, message_key))
    }
}

impl DoubleRatchet {
    /// The initiator's side: its first chain goes to the responder's signed prekey.
    pub(super) fn initiate(
        secret: Secret<32>,
        theirs: &RemoteRatchetKey,
        kem: Option<KemRatchet>,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, HeaderKey), Error> {
        let own = RatchetKey::generate(rng);
        let (root, chain_key, next) = RemoteRootKey::new(secret).sending(&own, theirs, None)?;
        let sender = SenderChain::new(chain_key);
        let receivers = ReceiverChains::default();
        Ok((Self { root, own, kem, sender, previous_len: 0, receivers }, next))
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
        let kem = match &header.kem {
            Some(theirs) => Some(KemRatchet::respond(theirs, rng)?),
            None => None,
        };
        let (turn, message_key) = Turn::new(&RootKey::new(secret), own, kem, header, rng)?;
        let Turn { closing: _, root, own, kem, sender, receiver, next } = turn;
        let mut receivers = ReceiverChains::default();
        receivers.push(receiver);
        Ok((Self { root, own, kem, sender, previous_len: 0, receivers }, next, message_key))
    }

    /// The header and the key of the next message.
    pub(super) fn send(&mut self) -> Result<(Header, MessageKey), Error> {
        let (number, message_key) = self.sender.step()?;
        let ratchet_key = RemoteRatchetKey(*self.own.public());
        let kem = self.kem.as_ref().map(|kem| kem.offer().clone());
        Ok((Header { ratchet_key, kem, previous_len: self.previous_len, number }, message_key))
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
        let kem = match (&self.kem, &header.kem) {
            (Some(own), Some(theirs)) => Some(own.turn(theirs, rng)?),
            (None, None) => None,
            _ => return Err(Error::Misbehaved),
        };
        let (turn, message_key) = Turn::new(&self.root, &self.own, kem, header, rng)?;
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
        let Turn { closing, root, own, kem, sender, receiver, next } = turn;
        if let (Some(chain), Some(advance)) = (self.receivers.current_mut(), closing) {
            chain.close(advance);
        }
        self.previous_len = self.sender.len();
        (self.root, self.own, self.kem, self.sender) = (root, own, kem, sender);
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

    /// What can be said of it without saying a secret.
    pub(super) fn standing(&self) -> Standing {
        Standing {
            sent: self.sender.len(),
            received: self.receivers.current().map_or(0, ReceiverChain::received),
            skipped: self.receivers.skipped_len(),
            chains: self.receivers.iter().count(),
            kem_mixed: self.kem.as_ref().is_some_and(|kem| kem.offer().ciphertext.is_some()),
        }
    }

    /// The state at rest; only a ratchet with a KEM is read again.
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.bytes(self.root.secret().expose());
        writer.bytes(self.own.secret_bytes().expose());
        if let Some(kem) = &self.kem {
            kem.write(writer);
        }
        self.sender.write(writer);
        writer.u32(self.previous_len);
        self.receivers.write(writer);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self {
            root: RootKey::new(Secret::from_slice(reader.take(32)?)?),
            own: RatchetKey::from_bytes(&Secret::from_slice(reader.take(32)?)?),
            kem: Some(KemRatchet::read(reader)?),
            sender: SenderChain::read(reader)?,
            previous_len: reader.u32()?,
            receivers: ReceiverChains::read(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;
    use crate::signal::BodyAead;

    /// Alice has initiated, Bob has answered, and a message of his has reached her.
    fn both(kem: bool, rng: &mut ChaCha20Rng) -> (DoubleRatchet, DoubleRatchet) {
        let prekey = RatchetKey::from_bytes(&Secret::new([4; 32]));
        let theirs = RemoteRatchetKey(*prekey.public());
        let own = kem.then(|| KemRatchet::initiate(rng));
        let root = || Secret::new([1; 32]);
        let (mut alice, _) = DoubleRatchet::initiate(root(), &theirs, own, rng).unwrap();
        let (header, _) = alice.send().unwrap();
        let (mut bob, ..) = DoubleRatchet::respond(root(), &prekey, &header, rng).unwrap();
        pass(&mut bob, &mut alice, rng);
        (alice, bob)
    }

    fn pass(from: &mut DoubleRatchet, to: &mut DoubleRatchet, rng: &mut ChaCha20Rng) -> Header {
        let (header, sent) = from.send().unwrap();
        let (change, received) = to.prepare(&header, rng).unwrap();
        let sealed = sent.seal(BodyAead::Aes256Gcm, &[0; 16], b"aad", b"body").unwrap();
        assert!(received.open(BodyAead::Aes256Gcm, &[0; 16], b"aad", &sealed).is_ok());
        to.commit(change);
        header
    }

    /// Bob's state is copied; afterwards the thief also learns the X25519 keys that Bob makes. Whether
    /// it then knows the chain that Bob sends in.
    fn thief_follows(kem: bool, rng: &mut ChaCha20Rng) -> bool {
        let (mut alice, mut bob) = both(kem, rng);
        let copy = (bob.root.secret().duplicate(), bob.own.secret_bytes());
        let copied_kem = bob.kem.as_ref().map(|kem| {
            let mut writer = Writer::new();
            kem.write(&mut writer);
            KemRatchet::read(&mut Reader::new(&writer.into_vec())).unwrap()
        });
        let header = pass(&mut alice, &mut bob, rng);
        let ss_r = match (&copied_kem, &header.kem) {
            (Some(kem), Some(theirs)) => kem.turn(theirs, rng).unwrap().receiving,
            _ => None,
        };
        let (root, own) = (RootKey::new(copy.0), RatchetKey::from_bytes(&copy.1));
        let (root, ..) = root.receiving(&own, &header.ratchet_key, ss_r.as_ref()).unwrap();
        // What was encapsulated to Alice is all that is missing.
        let (root, ..) = root.sending(&bob.own, &header.ratchet_key, None).unwrap();
        let follows = root.secret().expose() == bob.root.secret().expose();
        pass(&mut bob, &mut alice, rng);
        follows
    }

    #[test]
    fn the_kem_alone_shuts_out_who_knows_every_x25519_key() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        assert!(thief_follows(false, &mut rng), "without a KEM there is nothing to stop it");
        assert!(!thief_follows(true, &mut rng));
    }

    #[test]
    fn a_header_with_or_without_a_kem_is_for_a_ratchet_of_its_kind() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let (mut alice, _) = both(true, &mut rng);
        let (_, plain_bob) = both(false, &mut rng);
        let (header, _) = alice.send().unwrap();
        assert_eq!(plain_bob.prepare(&header, &mut rng).map(|_| ()), Err(Error::Misbehaved));
        let (mut plain_alice, _) = both(false, &mut rng);
        let (_, bob) = both(true, &mut rng);
        let (header, _) = plain_alice.send().unwrap();
        assert_eq!(bob.prepare(&header, &mut rng).map(|_| ()), Err(Error::Misbehaved));
    }

    #[test]
    fn a_turn_without_a_ciphertext_and_a_beginning_with_one_are_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let (mut alice, bob) = both(true, &mut rng);
        let (mut header, _) = alice.send().unwrap();
        let prekey = RatchetKey::from_bytes(&Secret::new([4; 32]));
        header.previous_len = 0;
        let begun = DoubleRatchet::respond(Secret::new([1; 32]), &prekey, &header, &mut rng);
        assert_eq!(begun.map(|_| ()), Err(Error::Misbehaved));
        header.previous_len = 1;
        if let Some(kem) = &mut header.kem {
            kem.ciphertext = None;
        }
        assert_eq!(bob.prepare(&header, &mut rng).map(|_| ()), Err(Error::Misbehaved));
    }

    #[test]
    fn an_encapsulation_key_above_the_modulus_is_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let (mut alice, bob) = both(true, &mut rng);
        let (mut header, _) = alice.send().unwrap();
        if let Some(kem) = &mut header.kem {
            kem.encapsulation_key.fill(0xff);
        }
        assert_eq!(bob.prepare(&header, &mut rng).map(|_| ()), Err(Error::Key));
    }
}
