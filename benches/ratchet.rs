//! The end-to-end protocol: one way, ping-pong, and the beginning of a session; and the Olm of
//! vodozemac, which is a Double Ratchet without encrypted headers, padding and KEM, from bytes to
//! bytes as ours. Its `curve25519-dalek` is the one that ours has.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "benchmarks")]

use std::hint::black_box;

use bauta::crypto::identity::IdentityKey;
use bauta::crypto::secret::Secret;
use bauta::crypto::x25519::X25519Key;
use bauta::signal::BodyAead;
use bauta::signal::Direction;
use bauta::signal::PlainRatchet;
use bauta::signal::prekey::PrekeyBundle;
use bauta::signal::prekey::PrekeySecrets;
use bauta::signal::prekey::Terms;
use bauta::signal::rendezvous::pair::Kind;
use bauta::signal::rendezvous::pair::Pair;
use bauta::signal::session::InitialMessage;
use bauta::signal::session::Session;
use criterion::BatchSize;
use criterion::Criterion;
use criterion::criterion_group;
use criterion::criterion_main;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use vodozemac::olm::Account;
use vodozemac::olm::OlmMessage;
use vodozemac::olm::Session as OlmSession;
use vodozemac::olm::SessionConfig;

const NETWORK: [u8; 32] = [9; 32];
const TERMS: Terms = Terms { epoch: 7, generation: 1_000, not_after: 2_000 };
const TEXT: [u8; 64] = [7; 64];
const AEADS: [(&str, BodyAead); 2] =
    [("AES-256-GCM", BodyAead::Aes256Gcm), ("ChaCha20-Poly1305", BodyAead::ChaCha20Poly1305)];

struct People {
    rng: StdRng,
    alice: IdentityKey,
    bob: IdentityKey,
    bundle: PrekeyBundle,
    secrets: PrekeySecrets,
}

impl People {
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let (alice, bob) = (IdentityKey::generate(&mut rng), IdentityKey::generate(&mut rng));
        let pair = Pair::new(&bob, alice.public(), &NETWORK).unwrap();
        let (bundle, secrets) = PrekeyBundle::create(&bob, &pair, TERMS, &mut rng);
        Self { rng, alice, bob, bundle, secrets }
    }

    fn begin(&mut self) -> (Session, Session) {
        let Self { rng, alice, bob, bundle, secrets } = self;
        let mut initiator = Session::initiate(alice, bob.public(), &NETWORK, bundle, rng).unwrap();
        let initial = initiator.encrypt_initial(&TEXT, BodyAead::Aes256Gcm, rng).unwrap();
        let initial = InitialMessage::parse(initial.expose()).unwrap();
        let (responder, _) =
            Session::respond(bob, alice.public(), &NETWORK, secrets, &initial).unwrap();
        (initiator, responder)
    }

    fn talk() -> (StdRng, Session, Session) {
        let mut people = Self::new();
        let (mut alice, mut bob) = people.begin();
        let reply = bob.encrypt(&TEXT, BodyAead::Aes256Gcm, &mut people.rng).unwrap();
        alice.decrypt(&reply).unwrap();
        (people.rng, alice, bob)
    }
}

/// Two people as vodozemac has them. A published bundle is a one-time key.
struct OlmPeople {
    alice: Account,
    bob: Account,
}

impl OlmPeople {
    fn new() -> Self {
        Self { alice: Account::new(), bob: Account::new() }
    }

    fn begin(&mut self) -> (OlmSession, OlmSession) {
        let Self { alice, bob } = self;
        let one_time_key = *bob.generate_one_time_keys(1).created.first().unwrap();
        let config = SessionConfig::default();
        let mut initiator =
            alice.create_outbound_session(config, bob.curve25519_key(), one_time_key).unwrap();
        let OlmMessage::PreKey(initial) = wire(&initiator.encrypt(TEXT).unwrap()) else { panic!() };
        let begun = bob.create_inbound_session(config, alice.curve25519_key(), &initial).unwrap();
        (initiator, begun.session)
    }

    fn talk() -> (OlmSession, OlmSession) {
        let (mut alice, mut bob) = Self::new().begin();
        alice.decrypt(&bob.encrypt(TEXT).unwrap()).unwrap();
        (alice, bob)
    }
}

/// What the reader has of a message: its bytes, taken apart.
fn wire(message: &OlmMessage) -> OlmMessage {
    let (kind, bytes) = message.to_parts();
    OlmMessage::from_parts(kind, black_box(&bytes)).unwrap()
}

/// What the other figures are to be compared with: one scalar multiplication.
fn measure(criterion: &mut Criterion) {
    let mut rng = StdRng::seed_from_u64(1);
    let (key, peer) = (X25519Key::generate(&mut rng), X25519Key::generate(&mut rng).public());
    criterion.bench_function("X25519, one agreement", |bencher| {
        bencher.iter(|| key.agree(black_box(&peer)).unwrap());
    });
}

/// Whether it is time for new chains: one has at most 2^20 messages.
fn renewed(sent: &mut u32) -> bool {
    *sent = (*sent + 1) % 500_000;
    *sent == 0
}

fn one_way(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one way, 64 B, encrypt + decrypt");
    for (name, aead) in AEADS {
        let (mut rng, mut alice, mut bob) = People::talk();
        let mut sent = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                if renewed(&mut sent) {
                    (rng, alice, bob) = People::talk();
                }
                let envelope = alice.encrypt(&TEXT, aead, &mut rng).unwrap();
                bob.decrypt(black_box(&envelope)).unwrap()
            });
        });
    }
    let (mut rng, mut alice, mut bob) = plain();
    let mut sent = 0;
    group.bench_function("the plain layer", |bencher| {
        bencher.iter(|| {
            if renewed(&mut sent) {
                (rng, alice, bob) = plain();
            }
            let message = alice.encrypt(&TEXT, &mut rng).unwrap();
            bob.decrypt(black_box(&message)).unwrap()
        });
    });
    let (mut alice, mut bob) = OlmPeople::talk();
    group.bench_function("vodozemac", |bencher| {
        bencher.iter(|| bob.decrypt(&wire(&alice.encrypt(TEXT).unwrap())).unwrap());
    });
    group.finish();
}

fn plain() -> (StdRng, PlainRatchet, PlainRatchet) {
    let mut rng = StdRng::seed_from_u64(1);
    let prekey = X25519Key::generate(&mut rng);
    let root = || Secret::new([1; 32]);
    let mut alice = PlainRatchet::initiate(root(), &prekey.public(), &[2; 32], &mut rng).unwrap();
    let first = alice.encrypt(&TEXT, &mut rng).unwrap();
    let (mut bob, _) =
        PlainRatchet::respond(root(), &prekey.secret_bytes(), &[2; 32], &first).unwrap();
    let reply = bob.encrypt(&TEXT, &mut rng).unwrap();
    alice.decrypt(&reply).unwrap();
    (rng, alice, bob)
}

/// Every message answers the one before: a turn each.
fn ping_pong(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ping-pong, 64 B, per message");
    let (mut rng, mut alice, mut bob) = People::talk();
    group.bench_function("with the KEM step", |bencher| {
        bencher.iter(|| {
            let envelope = alice.encrypt(&TEXT, BodyAead::Aes256Gcm, &mut rng).unwrap();
            let body = bob.decrypt(black_box(&envelope)).unwrap();
            core::mem::swap(&mut alice, &mut bob);
            body
        });
    });
    let (mut rng, mut alice, mut bob) = plain();
    group.bench_function("the plain layer", |bencher| {
        bencher.iter(|| {
            let message = alice.encrypt(&TEXT, &mut rng).unwrap();
            let body = bob.decrypt(black_box(&message)).unwrap();
            core::mem::swap(&mut alice, &mut bob);
            body
        });
    });
    let (mut alice, mut bob) = OlmPeople::talk();
    group.bench_function("vodozemac", |bencher| {
        bencher.iter(|| {
            let body = bob.decrypt(&wire(&alice.encrypt(TEXT).unwrap())).unwrap();
            core::mem::swap(&mut alice, &mut bob);
            body
        });
    });
    group.finish();
}

fn beginning(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a session, both sides, first message decrypted");
    let mut people = People::new();
    group.bench_function("PQXDH", |bencher| bencher.iter(|| people.begin()));
    let mut olm = OlmPeople::new();
    group.bench_function("vodozemac, 3DH, a one-time key made", |bencher| {
        bencher.iter(|| olm.begin());
    });
    group.finish();
    let People { mut rng, alice, bob, .. } = People::new();
    let pair = Pair::new(&bob, alice.public(), &NETWORK).unwrap();
    criterion.bench_function("bundle, created and signed", |bencher| {
        bencher.iter(|| PrekeyBundle::create(&bob, &pair, TERMS, &mut rng));
    });
}

fn rubbish(criterion: &mut Criterion) {
    let (mut rng, mut alice, mut bob) = People::talk();
    for _ in 0..12 {
        let envelope = alice.encrypt(&TEXT, BodyAead::Aes256Gcm, &mut rng).unwrap();
        bob.decrypt(&envelope).unwrap();
        core::mem::swap(&mut alice, &mut bob);
    }
    let envelope = [7; bauta::signal::ENVELOPE_LEN];
    criterion.bench_function("rubbish refused, six header keys", |bencher| {
        bencher.iter(|| bob.decrypt(black_box(&envelope)).unwrap_err());
    });
}

fn state(criterion: &mut Criterion) {
    let (mut rng, mut alice, mut bob) = People::talk();
    let envelope = alice.encrypt(&TEXT, BodyAead::Aes256Gcm, &mut rng).unwrap();
    bob.decrypt(&envelope).unwrap();
    for missing in [0, 2_000] {
        while bob.standing().skipped < missing {
            let last = (0..=1_000)
                .map(|_| alice.encrypt(&TEXT, BodyAead::Aes256Gcm, &mut rng).unwrap())
                .last();
            bob.decrypt(&last.unwrap()).unwrap();
        }
        let bytes = bob.to_bytes();
        criterion.bench_function(&format!("state written, {missing} missing"), |bencher| {
            bencher.iter(|| bob.to_bytes());
        });
        criterion.bench_function(&format!("state read, {missing} missing"), |bencher| {
            bencher.iter(|| Session::from_bytes(bytes.expose()).unwrap());
        });
    }
}

fn rendezvous(criterion: &mut Criterion) {
    let People { mut rng, alice, bob, .. } = People::new();
    let ours = Pair::new(&alice, bob.public(), &NETWORK).unwrap();
    let theirs = Pair::new(&bob, alice.public(), &NETWORK).unwrap();
    criterion.bench_function("rendezvous envelope, seal + open", |bencher| {
        bencher.iter_batched(
            || TEXT,
            |text| {
                let sealed =
                    ours.seal(Direction::Outgoing, 1, Kind::Initial, &text, &mut rng).unwrap();
                theirs.open(Direction::Incoming, 1, &sealed).unwrap()
            },
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, measure, one_way, ping_pong, beginning, rubbish, state, rendezvous);
criterion_main!(benches);
