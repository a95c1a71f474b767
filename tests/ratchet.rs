//! Sessions: the key agreement and the Double Ratchet, through the public interface.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use bauta::crypto::identity::IdentityKey;
use bauta::crypto::secret::SecretBytes;
use bauta::signal::BodyAead;
use bauta::signal::Direction;
use bauta::signal::ENVELOPE_LEN;
use bauta::signal::Error;
use bauta::signal::prekey::PrekeyBundle;
use bauta::signal::prekey::PrekeySecrets;
use bauta::signal::prekey::Terms;
use bauta::signal::rendezvous::pair::Pair;
use bauta::signal::session::BODY_LEN;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Role;
use bauta::signal::session::Session;
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;

const NETWORK: [u8; 32] = [9; 32];
const TERMS: Terms = Terms { epoch: 7, generation: 1_000, not_after: 2_000 };
const NOW: u64 = 1_500;
const AES: BodyAead = BodyAead::Aes256Gcm;
const CHACHA: BodyAead = BodyAead::ChaCha20Poly1305;

/// Alice has opened a bundle of Bob's.
struct Asked {
    rng: ChaCha20Rng,
    alice: IdentityKey,
    bob: IdentityKey,
    bundle: PrekeyBundle,
    secrets: PrekeySecrets,
}

impl Asked {
    fn new(seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let (alice, bob) = (IdentityKey::generate(&mut rng), IdentityKey::generate(&mut rng));
        let (bundle, secrets) = bundle_of(&bob, &alice, &mut rng);
        Self { rng, alice, bob, bundle, secrets }
    }

    fn initiate(&mut self) -> Session {
        let Self { rng, alice, bob, bundle, .. } = self;
        Session::initiate(alice, bob.public(), &NETWORK, bundle, rng).unwrap()
    }

    fn respond(&mut self, initial: &[u8]) -> Result<(Session, SecretBytes), Error> {
        let Self { rng, alice, bob, secrets, .. } = self;
        let message = InitialMessage::parse(initial)?;
        Session::respond(bob, alice.public(), &NETWORK, secrets, &message, rng)
    }
}

/// A bundle of one's own for a peer, as the peer opens it.
fn bundle_of(
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
struct Talk {
    rng: ChaCha20Rng,
    alice: Session,
    bob: Session,
}

impl Talk {
    fn new(seed: u64) -> Self {
        let mut asked = Asked::new(seed);
        let mut alice = asked.initiate();
        let first = alice.encrypt_initial(b"first", AES, &mut asked.rng).unwrap();
        let (mut bob, body) = asked.respond(first.expose()).unwrap();
        assert_eq!(body.expose(), b"first");
        let reply = bob.encrypt(b"reply", AES, &mut asked.rng).unwrap();
        assert_eq!(alice.decrypt(&reply, &mut asked.rng).unwrap().expose(), b"reply");
        Self { rng: asked.rng, alice, bob }
    }
}

#[test]
fn two_people_talk() {
    let Talk { mut rng, mut alice, mut bob } = Talk::new(1);
    assert_eq!(alice.id(), bob.id());
    assert_eq!((alice.role(), bob.role()), (Role::Initiator, Role::Responder));
    for round in 0..20_u8 {
        for aead in [AES, CHACHA] {
            let envelope = alice.encrypt(&[round; 3], aead, &mut rng).unwrap();
            assert_eq!(envelope.len(), ENVELOPE_LEN);
            assert_eq!(bob.decrypt(&envelope, &mut rng).unwrap().expose(), [round; 3]);
            let envelope = bob.encrypt(&[round; BODY_LEN], aead, &mut rng).unwrap();
            assert_eq!(envelope.len(), ENVELOPE_LEN);
            assert_eq!(alice.decrypt(&envelope, &mut rng).unwrap().expose(), [round; BODY_LEN]);
        }
    }
    for week in 0..3 {
        let (outgoing, incoming) = (Direction::Outgoing, Direction::Incoming);
        let of = |session: &Session, direction| *session.capability(direction, week).expose();
        assert_eq!(of(&alice, outgoing), of(&bob, incoming));
        assert_eq!(of(&alice, incoming), of(&bob, outgoing));
        assert_ne!(of(&alice, incoming), of(&alice, outgoing));
        assert_ne!(of(&alice, incoming), *alice.capability(incoming, week + 1).expose());
    }
}
