//! Two people with keys, one who asked the other, and both in a conversation.

use bauta::crypto::identity::IdentityKey;
use bauta::crypto::secret::SecretBytes;
use bauta::signal::BodyAead;
use bauta::signal::Error;
use bauta::signal::prekey::PrekeyBundle;
use bauta::signal::prekey::PrekeySecrets;
use bauta::signal::prekey::Terms;
use bauta::signal::rendezvous::pair::Pair;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Session;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

pub(crate) const NETWORK: [u8; 32] = [9; 32];
pub(crate) const TERMS: Terms = Terms { epoch: 7, generation: 1_234, not_after: 2_000 };
pub(crate) const NOW: u64 = 1_500;
pub(crate) const AES: BodyAead = BodyAead::Aes256Gcm;
pub(crate) const CHACHA: BodyAead = BodyAead::ChaCha20Poly1305;

/// Alice has opened a bundle of Bob's.
pub(crate) struct Asked {
    pub(crate) rng: ChaCha20Rng,
    pub(crate) alice: IdentityKey,
    pub(crate) bob: IdentityKey,
    pub(crate) bundle: PrekeyBundle,
    pub(crate) secrets: PrekeySecrets,
}

impl Asked {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let (alice, bob) = (IdentityKey::generate(&mut rng), IdentityKey::generate(&mut rng));
        let (bundle, secrets) = bundle_of(&bob, &alice, &mut rng);
        Self { rng, alice, bob, bundle, secrets }
    }

    pub(crate) fn initiate(&mut self) -> Session {
        let Self { rng, alice, bob, bundle, .. } = self;
        Session::initiate(alice, bob.public(), &NETWORK, bundle, rng).unwrap()
    }

    pub(crate) fn respond(&self, initial: &[u8]) -> Result<(Session, SecretBytes), Error> {
        let Self { alice, bob, secrets, .. } = self;
        let message = InitialMessage::parse(initial)?;
        Session::respond(bob, alice.public(), &NETWORK, secrets, &message)
    }
}

/// A bundle of one's own for a peer, as the peer opens it.
pub(crate) fn bundle_of(
    own: &IdentityKey,
    peer: &IdentityKey,
    rng: &mut ChaCha20Rng,
) -> (PrekeyBundle, PrekeySecrets) {
    let pair = Pair::new(own, peer.public(), &NETWORK).unwrap();
    let (bundle, secrets) = PrekeyBundle::create(own, &pair, TERMS, rng);
    let theirs = Pair::new(peer, own.public(), &NETWORK).unwrap();
    let bytes = bundle.to_bytes();
    let opened =
        PrekeyBundle::open(&bytes, own.public(), peer.public(), &theirs, TERMS.epoch, NOW).unwrap();
    (opened, secrets)
}

/// A conversation in which both sides have authenticated a message.
pub(crate) struct Talk {
    pub(crate) rng: ChaCha20Rng,
    pub(crate) alice: Session,
    pub(crate) bob: Session,
}

impl Talk {
    pub(crate) fn new(seed: u64) -> Self {
        let mut asked = Asked::new(seed);
        let mut alice = asked.initiate();
        let first = alice.encrypt_initial(b"first", AES, &mut asked.rng).unwrap();
        let (mut bob, body) = asked.respond(first.expose()).unwrap();
        assert_eq!(body.expose(), b"first");
        let reply = bob.encrypt(b"reply", AES, &mut asked.rng).unwrap();
        assert_eq!(alice.decrypt(&reply).unwrap().expose(), b"reply");
        Self { rng: asked.rng, alice, bob }
    }
}

/// Asserts that a session refuses an envelope and is the same, byte for byte, afterwards.
#[track_caller]
pub(crate) fn assert_refused(session: &mut Session, envelope: &[u8]) -> Error {
    let before = session.to_bytes();
    let error = session.decrypt(envelope).unwrap_err();
    assert_eq!(session.to_bytes().expose(), before.expose());
    error
}

pub(crate) fn restored(session: &Session) -> Session {
    Session::from_bytes(session.to_bytes().expose()).unwrap()
}

pub(crate) fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << (at % 8);
    bytes
}

/// Every envelope of a round trip in both directions, each delivered.
pub(crate) fn round_trip(talk: &mut Talk) -> [Vec<u8>; 2] {
    let Talk { rng, alice, bob } = talk;
    let to_bob = alice.encrypt(b"to bob", AES, rng).unwrap();
    bob.decrypt(&to_bob).unwrap();
    let to_alice = bob.encrypt(b"to alice", AES, rng).unwrap();
    alice.decrypt(&to_alice).unwrap();
    [to_bob, to_alice]
}
