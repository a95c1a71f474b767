//! The Double Ratchet without hidden headers: message keys in exchange for headers.
//!
//! ```text
//!   send ──► (Header, MessageKey)
//!   Header ──► prepare ──► (Change, RemoteMessageKey) ── the body is authentic ──► commit(Change)
//!                 │                                  └─ it is not: the change is dropped
//!                 └─ known chain, number behind: the key of a skipped message
//!                    known chain, number ahead:  the chain advances, keys are skipped
//!                    new ratchet key:            a turn: the peer's chain begins anew,
//!                                                ours with the next message
//! ```
//!
//! With a [`KemRatchet`] beside it, each of a turn's two steps also takes a KEM's secret in.
//!
//! Source: [Double Ratchet](https://signal.org/docs/specifications/doubleratchet/), section 3.

use crate::codec::Reader;
use crate::codec::Writer;
use crate::crypto::CryptoRng;
use crate::crypto::secret::Secret;
use crate::crypto::x25519::X25519Key;
use crate::signal::Error;

use super::Standing;
use super::Version;
use super::header::Header;
use super::header_key::HeaderKey;
use super::header_key::RemoteHeaderKey;
use super::kem_ratchet::KemRatchet;
use super::kem_ratchet::Received;
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
use super::sending::Due;
use super::sending::Sending;
use super::sending::Taken;

/// A side of a conversation.
#[derive(Debug)]
pub(super) struct DoubleRatchet {
    sending: Sending,
    /// PN.
    previous_len: u32,
    receivers: ReceiverChains,
}

/// What sealing one message takes.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) header: Header,
    pub(super) message_key: MessageKey,
    /// NHKs, with the first message of a chain; the layer above keeps it.
    pub(super) next_header: Option<HeaderKey>,
}

/// What a message would change.
#[derive(Debug)]
pub(super) enum Change {
    /// The key of a skipped message goes.
    Skipped { theirs: RemoteRatchetKey, number: u32 },
    /// The peer's current chain advances.
    Advanced(Advance),
    /// The peer's chain begins anew.
    Turned(Box<Turn>),
}

/// The DH step to a new ratchet key of the peer's.
#[derive(Debug)]
pub(super) struct Turn {
    closing: Option<Advance>,
    due: Due,
    receiver: ReceiverChain,
    /// NHKr.
    next: RemoteHeaderKey,
}

impl Turn {
    fn new(
        root: &RootKey,
        own: &X25519Key,
        kem: Option<Received>,
        header: &Header,
    ) -> Result<(Self, RemoteMessageKey), Error> {
        let theirs = header.ratchet_key;
        let (ss_r, kem) = match kem {
            Some(Received { secret, theirs }) => (secret, Some(theirs)),
            None => (None, None),
        };
        // RK, CKr, NHKr = KDF_RK(RK, DH(DHs, DHr) ‖ ss_r)
        let (root, chain_key, next) = root.receiving(own, &theirs, ss_r.as_ref())?;
        let mut receiver = ReceiverChain::new(theirs, chain_key);
        let (advance, message_key) = receiver.advance_past(header.number)?;
        receiver.commit(advance);
        let due = Due { root, theirs, kem, mixed: ss_r.is_some() };
        Ok((Self { closing: None, due, receiver, next }, message_key))
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
        let taken = Taken { root, own, kem, chain: SenderChain::new(chain_key) };
        let sending = Sending::Taken(Box::new(taken));
        Ok((Self { sending, previous_len: 0, receivers: ReceiverChains::default() }, next))
    }

    /// The responder's side, which begins with a header: its signed prekey is its ratchet key.
    pub(super) fn respond(
        secret: Secret<32>,
        own: &X25519Key,
        header: &Header,
    ) -> Result<(Self, RemoteHeaderKey, RemoteMessageKey), Error> {
        if header.previous_len != 0 {
            return Err(Error::Misbehaved);
        }
        let kem = match &header.kem {
            Some(theirs) => Some(KemRatchet::receive_first(theirs)?),
            None => None,
        };
        let (turn, message_key) = Turn::new(&RootKey::new(secret), own, kem, header)?;
        let Turn { closing: _, due, receiver, next } = turn;
        let mut receivers = ReceiverChains::default();
        receivers.push(receiver);
        let sending = Sending::Due(Box::new(due));
        Ok((Self { sending, previous_len: 0, receivers }, next, message_key))
    }

    /// The header and the key of the next message.
    pub(super) fn send(&mut self, rng: &mut impl CryptoRng) -> Result<Sent, Error> {
        match &mut self.sending {
            Sending::Taken(taken) => taken.send(self.previous_len, None),
            Sending::Due(due) => {
                let (mut taken, next) = due.take(rng)?;
                let sent = taken.send(self.previous_len, Some(next))?;
                self.sending = Sending::Taken(Box::new(taken));
                Ok(sent)
            }
        }
    }

    /// The key of the message with this header, and what committing the message would change.
    pub(super) fn prepare(&self, header: &Header) -> Result<(Change, RemoteMessageKey), Error> {
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
                let (turn, key) = self.turn(header)?;
                Ok((Change::Turned(Box::new(turn)), key))
            }
        }
    }

    fn turn(&self, header: &Header) -> Result<(Turn, RemoteMessageKey), Error> {
        // A new key of the peer's answers one of ours, which it cannot have before we have.
        let Sending::Taken(taken) = &self.sending else { return Err(Error::Misbehaved) };
        let closing = match self.receivers.current() {
            Some(chain) => Some(chain.advance_to(header.previous_len)?),
            None if header.previous_len == 0 => None,
            None => return Err(Error::Misbehaved),
        };
        let kem = match (&taken.kem, &header.kem) {
            (Some(own), Some(theirs)) => Some(own.receive(theirs)?),
            (None, None) => None,
            _ => return Err(Error::Misbehaved),
        };
        let (turn, message_key) = Turn::new(&taken.root, taken.own.private(), kem, header)?;
        Ok((Turn { closing, ..turn }, message_key))
    }

    /// Takes over what an authentic message changes. A turn gives NHKr.
    pub(super) fn commit(&mut self, change: Change) -> Option<RemoteHeaderKey> {
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

    fn commit_turn(&mut self, turn: Turn) -> RemoteHeaderKey {
        let Turn { closing, due, receiver, next } = turn;
        if let (Some(chain), Some(advance)) = (self.receivers.current_mut(), closing) {
            chain.close(advance);
        }
        self.previous_len = self.sending.len();
        self.sending = Sending::Due(Box::new(due));
        self.receivers.push(receiver);
        next
    }

    /// Whether our half of the last turn is still to be taken.
    pub(super) const fn is_due(&self) -> bool {
        matches!(self.sending, Sending::Due(_))
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
            sent: self.sending.len(),
            received: self.receivers.current().map_or(0, ReceiverChain::received),
            skipped: self.receivers.skipped_len(),
            chains: self.receivers.iter().count(),
            kem_mixed: self.sending.kem_mixed(),
        }
    }

    /// The state at rest; only a ratchet with a KEM is read again.
    pub(super) fn write(&self, writer: &mut Writer) {
        self.sending.write(writer);
        writer.u32(self.previous_len);
        self.receivers.write(writer);
    }

    pub(super) fn read(version: Version, reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self {
            sending: match version {
                Version::Three => Sending::read_taken(reader)?,
                Version::Four => Sending::read(reader)?,
            },
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
    use crate::crypto::hash;
    use crate::signal::BodyAead;

    /// Alice has initiated, Bob has answered, and a message of his has reached her.
    fn both(kem: bool, rng: &mut ChaCha20Rng) -> (DoubleRatchet, DoubleRatchet) {
        let prekey = X25519Key::from_bytes(&[4; 32]);
        let theirs = RemoteRatchetKey(prekey.public());
        let own = kem.then(|| KemRatchet::initiate(rng));
        let root = || Secret::new([1; 32]);
        let (mut alice, _) = DoubleRatchet::initiate(root(), &theirs, own, rng).unwrap();
        let header = alice.send(rng).unwrap().header;
        let (mut bob, ..) = DoubleRatchet::respond(root(), &prekey, &header).unwrap();
        pass(&mut bob, &mut alice, rng);
        (alice, bob)
    }

    fn pass(from: &mut DoubleRatchet, to: &mut DoubleRatchet, rng: &mut ChaCha20Rng) -> Header {
        let Sent { header, message_key, .. } = from.send(rng).unwrap();
        let (change, received) = to.prepare(&header).unwrap();
        let sealed = message_key.seal(BodyAead::Aes256Gcm, &[0; 16], b"aad", b"body").unwrap();
        assert!(received.open(BodyAead::Aes256Gcm, &[0; 16], b"aad", &sealed).is_ok());
        to.commit(change);
        header
    }

    fn taken(ratchet: &DoubleRatchet) -> &Taken {
        match &ratchet.sending {
            Sending::Taken(taken) => taken,
            Sending::Due(_) => panic!("nothing was sent"),
        }
    }

    fn copied(kem: &KemRatchet) -> KemRatchet {
        let mut writer = Writer::new();
        kem.write(&mut writer);
        KemRatchet::read(&mut Reader::new(&writer.into_vec())).unwrap()
    }

    fn decapsulated(kem: &KemRatchet, header: &Header) -> Secret<32> {
        kem.receive(header.kem.as_ref().unwrap()).unwrap().secret.unwrap()
    }

    /// Bob's state is copied; afterwards the thief also learns the X25519 keys that Bob makes. What
    /// it takes for the secret that is encapsulated to Alice, and whether it then knows the root key
    /// of the chain that Bob sends in. The last is what Alice decapsulates.
    fn guesses(kem: bool, rng: &mut ChaCha20Rng) -> Vec<(&'static str, bool)> {
        let (mut alice, mut bob) = both(kem, rng);
        let taken_by_bob = taken(&bob);
        let root = RootKey::new(taken_by_bob.root.secret().duplicate());
        let own = X25519Key::from_bytes(taken_by_bob.own.secret_bytes().expose());
        let copied_kem = taken_by_bob.kem.as_ref().map(copied);
        let header = pass(&mut alice, &mut bob, rng);
        let alices_kem = taken(&alice).kem.as_ref().map(copied);
        let ss_r = copied_kem.as_ref().map(|kem| decapsulated(kem, &header));
        let (root, ..) = root.receiving(&own, &header.ratchet_key, ss_r.as_ref()).unwrap();
        let answer = pass(&mut bob, &mut alice, rng);
        let bob = taken(&bob);
        let follows = |secret: Option<&Secret<32>>| {
            let (root, ..) = root.sending(&bob.own, &header.ratchet_key, secret).unwrap();
            root.secret().expose() == bob.root.secret().expose()
        };
        let mut guesses = vec![("nothing", follows(None))];
        if let (Some(copied), Some(alices), Some(offer)) = (copied_kem, alices_kem, answer.kem) {
            let theirs = header.kem.unwrap();
            let ciphertext = offer.ciphertext.as_ref().unwrap().as_slice();
            let hash = |bytes: &[u8]| Secret::new(hash::sha256(&[bytes]));
            let answer = Header { kem: Some(offer.clone()), ..answer };
            for (what, secret) in [
                ("zeros", Secret::new([0; 32])),
                ("what was decapsulated before", ss_r.unwrap()),
                ("the ciphertext under the copied key", decapsulated(&copied, &answer)),
                ("the ciphertext", Secret::from_slice(&ciphertext[..32]).unwrap()),
                ("a hash of the ciphertext", hash(ciphertext)),
                ("a hash of Alice's key", hash(theirs.encapsulation_key.as_slice())),
                ("a hash of Bob's key", hash(offer.encapsulation_key.as_slice())),
                ("the ciphertext under Alice's key", decapsulated(&alices, &answer)),
            ] {
                guesses.push((what, follows(Some(&secret))));
            }
        }
        guesses
    }

    #[test]
    fn the_kem_alone_shuts_out_who_knows_every_x25519_key() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        assert_eq!(guesses(false, &mut rng), [("nothing", true)], "nothing else stops it");
        let guesses = guesses(true, &mut rng);
        let (alices, thiefs) = guesses.split_last().unwrap();
        assert_eq!(*alices, ("the ciphertext under Alice's key", true));
        assert_eq!(thiefs.len(), 8);
        for (what, follows) in thiefs {
            assert!(!follows, "{what} is enough");
        }
    }

    fn state(ratchet: &DoubleRatchet) -> Vec<u8> {
        let mut writer = Writer::new();
        ratchet.write(&mut writer);
        writer.into_vec()
    }

    fn holds(ratchet: &DoubleRatchet, secret: &[u8]) -> bool {
        state(ratchet).windows(secret.len()).any(|window| window == secret)
    }

    /// One side says four things, of which the last comes first; gives everything secret that this
    /// uses up on either side, by name.
    fn used_up(
        from: &mut DoubleRatchet,
        to: &mut DoubleRatchet,
        rng: &mut ChaCha20Rng,
    ) -> Vec<(&'static str, Vec<u8>)> {
        let sent: Vec<Sent> = (0..4).map(|_| from.send(rng).unwrap()).collect();
        let before = taken(to);
        let (own, kem) = (before.own.private(), before.kem.as_ref().unwrap());
        let ss_r = decapsulated(kem, &sent[0].header);
        let theirs = &sent[0].header.ratchet_key;
        let (_, mut chain, _) = before.root.receiving(own, theirs, Some(&ss_r)).unwrap();
        let mut kem_state = Writer::new();
        kem.write(&mut kem_state);
        let mut used = vec![
            ("root key", before.root.secret().expose().to_vec()),
            ("X25519 key", before.own.secret_bytes().expose().to_vec()),
            ("ML-KEM key", kem_state.into_vec()[..64].to_vec()),
            ("encapsulated secret", ss_r.expose().to_vec()),
        ];
        let mut message_keys = Vec::new();
        for _ in 0..4 {
            used.push(("chain key", chain.secret().expose().to_vec()));
            let (next, message_key) = chain.step();
            message_keys.push(message_key.secret().expose().to_vec());
            chain = next;
        }
        assert!(holds(from, chain.secret().expose()), "the key of the next message");
        for number in [3, 1, 0, 2] {
            let (change, key) = to.prepare(&sent[number].header).unwrap();
            assert_eq!(key.secret().expose(), message_keys[number].as_slice());
            to.commit(change);
            assert!(holds(to, chain.secret().expose()), "the key of the next message");
            let skipped = message_keys.iter().filter(|key| holds(to, key)).count();
            assert_eq!(skipped, to.skipped_len(), "the keys of what has not come");
            assert!(!holds(to, &message_keys[number]));
        }
        used.extend(message_keys.into_iter().map(|key| ("message key", key)));
        used
    }

    #[test]
    fn nothing_that_was_used_up_is_in_a_state() {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let (mut alice, mut bob) = both(true, &mut rng);
        let mut used = Vec::new();
        for _ in 0..4 {
            used.extend(used_up(&mut alice, &mut bob, &mut rng));
            used.extend(used_up(&mut bob, &mut alice, &mut rng));
            for (what, secret) in &used {
                assert!(!holds(&alice, secret) && !holds(&bob, secret), "{what} is still there");
            }
        }
        assert_eq!(used.len(), 4 * 2 * 12);
    }

    #[test]
    fn a_header_with_or_without_a_kem_is_for_a_ratchet_of_its_kind() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let (mut alice, _) = both(true, &mut rng);
        let (_, plain_bob) = both(false, &mut rng);
        let header = alice.send(&mut rng).unwrap().header;
        assert_eq!(plain_bob.prepare(&header).map(|_| ()), Err(Error::Misbehaved));
        let (mut plain_alice, _) = both(false, &mut rng);
        let (_, bob) = both(true, &mut rng);
        let header = plain_alice.send(&mut rng).unwrap().header;
        assert_eq!(bob.prepare(&header).map(|_| ()), Err(Error::Misbehaved));
    }

    #[test]
    fn a_turn_without_a_ciphertext_and_a_beginning_with_one_are_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let (mut alice, bob) = both(true, &mut rng);
        let mut header = alice.send(&mut rng).unwrap().header;
        let prekey = X25519Key::from_bytes(&[4; 32]);
        header.previous_len = 0;
        let begun = DoubleRatchet::respond(Secret::new([1; 32]), &prekey, &header);
        assert_eq!(begun.map(|_| ()), Err(Error::Misbehaved));
        header.previous_len = 1;
        if let Some(kem) = &mut header.kem {
            kem.ciphertext = None;
        }
        assert_eq!(bob.prepare(&header).map(|_| ()), Err(Error::Misbehaved));
    }

    #[test]
    fn an_encapsulation_key_above_the_modulus_is_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let (mut alice, bob) = both(true, &mut rng);
        let mut header = alice.send(&mut rng).unwrap().header;
        if let Some(kem) = &mut header.kem {
            kem.encapsulation_key.fill(0xff);
        }
        assert_eq!(bob.prepare(&header).map(|_| ()), Err(Error::Key));
    }

    #[test]
    fn nobody_turns_twice_before_this_side_has_said_anything() {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let (mut alice, mut bob) = both(true, &mut rng);
        let mut header = pass(&mut alice, &mut bob, &mut rng);
        assert!(bob.is_due());
        header.ratchet_key = RemoteRatchetKey(X25519Key::from_bytes(&[5; 32]).public());
        header.previous_len = 1;
        assert_eq!(bob.prepare(&header).map(|_| ()), Err(Error::Misbehaved));
        pass(&mut alice, &mut bob, &mut rng);
        assert!(bob.is_due());
        pass(&mut bob, &mut alice, &mut rng);
        assert!(!bob.is_due() && alice.is_due());
    }

    #[test]
    fn the_length_of_the_chain_before_is_said_after_a_pause_too() {
        let mut rng = ChaCha20Rng::seed_from_u64(6);
        let (mut alice, mut bob) = both(true, &mut rng);
        for _ in 0..3 {
            pass(&mut alice, &mut bob, &mut rng);
        }
        pass(&mut bob, &mut alice, &mut rng);
        assert_eq!(pass(&mut alice, &mut bob, &mut rng).previous_len, 3);
    }
}
