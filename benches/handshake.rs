//! The handshake per key exchange, each side's work alone, and the record layer on cells.
//!
//! `cargo bench --bench handshake`, once more with `--features aws-lc` for the other backend: every
//! name says whose figure it is, so that both runs stand side by side.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first surprise"
)]

use std::hint::black_box;
use std::time::Duration;
use std::time::Instant;

use bauta::crypto::group::EphemeralKey;
use bauta::crypto::hash::Hash;
use bauta::crypto::hash::Hasher;
use bauta::crypto::hkdf::hmac;
use bauta::crypto::kem::EphemeralKemKey;
use bauta::crypto::kem::encapsulate_to;
use bauta::crypto::secret::SecretBytes;
use bauta::crypto::sign::Curve;
use bauta::crypto::sign::SigningKey;
use bauta::handshake::CipherSuite;
use bauta::handshake::ClientHandshake;
use bauta::handshake::ClientProgress;
use bauta::handshake::Connection;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::PADDED_LEN;
use bauta::handshake::Pin;
use bauta::handshake::Received;
use bauta::handshake::ServerHandshake;
use bauta::handshake::ServerProgress;
use bauta::handshake::SigningKeys;
use bauta::handshake::Unconfirmed;
use bauta::handshake::client::Offer;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::handshake::record::HEADER_LEN;
use bauta::handshake::record::Header;
use bauta::handshake::server::Answer;
use bauta::handshake::server::ExpectFinished;
use bauta::handshake::server::FinishedProgress;
use criterion::Criterion;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const WELCOME: [u8; PADDED_LEN] = [7; PADDED_LEN];
const BACKEND: &str = if cfg!(feature = "aws-lc") { "aws-lc" } else { "RustCrypto" };

struct Relay {
    keys: SigningKeys,
    signed: SignedKeySet,
    key_set: VerifiedKeySet,
}

fn relay() -> Relay {
    let mut rng = StdRng::seed_from_u64(1);
    let network = SigningKey::generate(Curve::P521, &mut rng);
    let keys = SigningKeys::generate(&mut rng).unwrap();
    let signed = SignedKeySet::sign(&network, &KeySet::new(1, &keys)).unwrap();
    let key_set = signed.verify(None).unwrap();
    Relay { keys, signed, key_set }
}

fn records(mut flight: &[u8]) -> Vec<(Header, Vec<u8>)> {
    let mut records = Vec::new();
    while let Some((bytes, rest)) = flight.split_first_chunk::<HEADER_LEN>() {
        let header = Header::parse(*bytes).unwrap();
        let (body, rest) = rest.split_at(header.len());
        records.push((header, body.to_vec()));
        flight = rest;
    }
    records
}

fn server_answers(relay: &Relay, hello: &[u8], rng: &mut StdRng) -> (ExpectFinished, Vec<u8>) {
    let [(header, body)] = &records(hello)[..] else { panic!("one record") };
    let with = Answer { keys: &relay.keys, welcome: &WELCOME };
    match ServerHandshake::new().receive(header, body.clone(), with, rng).unwrap() {
        ServerProgress::Answered(state, flight) => (state, flight),
        ServerProgress::Wait(_) | ServerProgress::Retried(..) => panic!("not answered"),
    }
}

fn client_reads(mut client: ClientHandshake, flight: &[u8]) -> Unconfirmed {
    let mut records = records(flight).into_iter();
    loop {
        let (header, body) = records.next().unwrap();
        match client.receive(&header, body).unwrap() {
            ClientProgress::Wait(next) => client = next,
            ClientProgress::Unconfirmed(state) => {
                let (header, body) = records.next().unwrap();
                return state.receive(&header, body).unwrap().0;
            }
        }
    }
}

fn server_finishes(state: ExpectFinished, finished: &[u8]) -> Connection {
    let [(header, body)] = &records(finished)[..] else { panic!("one record") };
    match state.receive(header, body.clone()).unwrap() {
        FinishedProgress::Connected(connection) => *connection,
        FinishedProgress::Wait(_) => panic!("not connected"),
    }
}

/// The time that each side's own work takes in one handshake.
struct Spent {
    client: Duration,
    server: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Client,
    Server,
}

impl Spent {
    fn by(&self, side: Side) -> Duration {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = black_box(work());
    *total += start.elapsed();
    result
}

fn handshake(relay: &Relay, offer: Offer, rng: &mut StdRng) -> (Spent, Connection, Connection) {
    let mut spent = Spent { client: Duration::ZERO, server: Duration::ZERO };
    let (client, hello) = timed(&mut spent.client, || ClientHandshake::start(offer, rng).unwrap());
    let (server, flight) = timed(&mut spent.server, || server_answers(relay, &hello, rng));
    let (client, finished) =
        timed(&mut spent.client, || client_reads(client, &flight).confirm(&relay.key_set).unwrap());
    let server = timed(&mut spent.server, || server_finishes(server, &finished));
    (spent, client, server)
}

fn offer(exchange: KeyExchange, suite: CipherSuite) -> Offer {
    Offer { pin: Pin::new(exchange), suite }
}

fn handshakes(criterion: &mut Criterion) {
    let relay = relay();
    let mut rng = StdRng::seed_from_u64(2);
    for exchange in KeyExchange::ALL {
        let (name, offer) = (exchange.name(), offer(exchange, CipherSuite::Aes256GcmSha384));
        for side in [Side::Server, Side::Client] {
            criterion.bench_function(&format!("handshake/{BACKEND}/{name}/{side:?}"), |bencher| {
                bencher.iter_custom(|rounds| {
                    (0..rounds).map(|_| handshake(&relay, offer, &mut rng).0.by(side)).sum()
                });
            });
        }
        sums(criterion, &relay, exchange, &mut rng);
    }
    criterion.bench_function(&format!("handshake/{BACKEND}/key set"), |bencher| {
        bencher.iter(|| relay.signed.verify(None).unwrap());
    });
    criterion.bench_function(&format!("handshake/{BACKEND}/key schedule alone"), |bencher| {
        bencher.iter(key_schedule);
    });
}

/// The hashing that TLS_AES_256_GCM_SHA384 prescribes to either side, as RFC 8446 writes it down:
///
/// | section | HMACs | of what |
/// |---|---|---|
/// | 7.1 | 3 + 2 + 5 | extractions, "derived", traffic secrets and the exporter's |
/// | 7.3 | 4 x 2 | "key" and "iv" |
/// | 4.4.4 | 2 + 2 | "finished" and the two MACs |
/// | 4.4.1 | | the transcript, read at four places |
fn key_schedule() {
    let (secret, info, transcript) = ([7; 48], [7; 66], [7; 900]);
    for _ in 0..22 {
        black_box(hmac(Hash::Sha384, &secret, &[&info]));
    }
    let mut hasher = Hasher::new(Hash::Sha384);
    for messages in transcript.chunks(225) {
        hasher.update(messages);
        black_box(hasher.current());
    }
}

/// What the public-key operations of an exchange alone take in the same run: with [`key_schedule`] the
/// floor of a handshake.
fn sums(criterion: &mut Criterion, relay: &Relay, exchange: KeyExchange, rng: &mut StdRng) {
    let (group, kem) = (exchange.group(), exchange.kem());
    let peer = EphemeralKey::generate(group, rng).public_key();
    let ek = kem.map(|kem| (kem, EphemeralKemKey::generate(kem, rng).encapsulation_key()));
    // Another key's ciphertext costs what one's own does.
    let ct = ek.as_ref().map(|(kem, ek)| (*kem, encapsulate_to(*kem, ek, rng).unwrap().0));
    let key = relay.keys.key(Pin::new(exchange).curve());
    let (public, signature) = (key.verifying_key(), key.sign(&WELCOME[..100]));
    let mut sum = |side: Side, mut work: Box<dyn FnMut() -> SecretBytes + '_>| {
        let name = format!("handshake/{BACKEND}/{}/{side:?}, operations alone", exchange.name());
        criterion.bench_function(&name, |bencher| bencher.iter(&mut work));
    };
    let mut server_rng = StdRng::seed_from_u64(4);
    let server = || {
        let own = EphemeralKey::generate(group, &mut server_rng);
        black_box((own.public_key(), key.sign(&WELCOME[..100])));
        black_box(ek.as_ref().map(|(kem, ek)| encapsulate_to(*kem, ek, &mut server_rng).unwrap()));
        own.agree(&peer).unwrap()
    };
    sum(Side::Server, Box::new(server));
    let client = || {
        let own = EphemeralKey::generate(group, rng);
        black_box(ct.as_ref().map(|(kem, ct)| {
            let own = EphemeralKemKey::generate(*kem, rng);
            (own.encapsulation_key(), own.decapsulate(ct).unwrap())
        }));
        public.verify(&WELCOME[..100], &signature).unwrap();
        black_box(own.public_key());
        own.agree(&peer).unwrap()
    };
    sum(Side::Client, Box::new(client));
}

fn cells(criterion: &mut Criterion) {
    let relay = relay();
    let mut rng = StdRng::seed_from_u64(3);
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Bytes(u64::try_from(PADDED_LEN).unwrap()));
    for suite in CipherSuite::ALL {
        let offer = offer(KeyExchange::Classical(Group::X25519), suite);
        let (_, mut client, mut server) = handshake(&relay, offer, &mut rng);
        // As in `net::channel`: one buffer to seal into, one that is opened in place and comes back.
        let (mut record, mut body) = (Vec::with_capacity(8192), Vec::with_capacity(8192));
        group.bench_function(format!("{BACKEND}/seal and open/{}", suite.name()), |bencher| {
            bencher.iter(|| {
                record.clear();
                client.sender.send(&WELCOME, &mut record).unwrap();
                let mut rest = record.as_slice();
                // Once in 2^20 turns a KeyUpdate stands before the data.
                while let Some((header, behind)) = rest.split_first_chunk::<HEADER_LEN>() {
                    let header = Header::parse(*header).unwrap();
                    let (sealed, behind) = behind.split_at(header.len());
                    body.clear();
                    body.extend_from_slice(sealed);
                    let received = server.receiver.receive(&header, std::mem::take(&mut body));
                    if let Received::Data(data) = received.unwrap() {
                        body = data;
                    }
                    rest = behind;
                }
            });
        });
    }
}

criterion_group!(benches, handshakes, cells);
criterion_main!(benches);
