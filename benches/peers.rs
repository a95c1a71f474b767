//! Ours beside rustls with aws-lc-rs, in one run: each side's work in a handshake, and records.
//!
//! `cargo bench --bench peers`, and the same with `--features aws-lc`
//!
//! Both do the same work. A client checks a raw public key that it knows, a server signs with a key
//! that it has loaded; one group, one suite, no tickets, no resumption, and 4,096 bytes of the server
//! behind its Finished, which the client reads. The bytes are handed over in memory.
//!
//! Every time is a median of single rounds, in which both implementations take turns: what else the
//! machine does at the moment then shifts neither figure much, and their ratio hardly at all.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first surprise"
)]

#[path = "../tests/interop_rustls/groups.rs"]
mod groups;
#[path = "../tests/interop_rustls/ours.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod ours;
#[path = "../tests/interop_rustls/theirs.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod theirs;

use std::hint::black_box;
use std::io::Read as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use bauta::handshake::CipherSuite;
use bauta::handshake::ClientHandshake;
use bauta::handshake::ClientProgress;
use bauta::handshake::Connection;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::Pin;
use bauta::handshake::Received;
use bauta::handshake::ServerHandshake;
use bauta::handshake::ServerProgress;
use bauta::handshake::Unconfirmed;
use bauta::handshake::client::Offer;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::handshake::record::HEADER_LEN;
use bauta::handshake::record::Header;
use bauta::handshake::server::Answer;
use bauta::handshake::server::ExpectFinished;
use bauta::handshake::server::FinishedProgress;
use bauta::net::clock;
use criterion::BenchmarkGroup;
use criterion::Criterion;
use criterion::SamplingMode;
use criterion::Throughput;
use criterion::criterion_group;
use criterion::criterion_main;
use criterion::measurement::WallTime;
use rustls::ClientConfig;
use rustls::ClientConnection;
use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::SupportedCipherSuite;
use rustls::crypto::SupportedKxGroup;
use rustls::crypto::aws_lc_rs::kx_group;
use rustls::pki_types::ServerName;

use self::ours::RELAY;
use self::theirs::AES_256;
use self::theirs::CHACHA20;
use self::theirs::Pinned;
use self::theirs::Willing;
use self::theirs::client_config;
use self::theirs::server_config;

const CELL_LEN: usize = 4096;

const EXCHANGES: [(KeyExchange, &dyn SupportedKxGroup); 8] = [
    (KeyExchange::Classical(Group::P521), groups::P521),
    (KeyExchange::Classical(Group::P384), kx_group::SECP384R1),
    (KeyExchange::Classical(Group::P256), kx_group::SECP256R1),
    (KeyExchange::Classical(Group::X25519), kx_group::X25519),
    (KeyExchange::Hybrid(Group::P521), groups::P521_MLKEM1024),
    (KeyExchange::Hybrid(Group::P384), groups::P384_MLKEM1024),
    (KeyExchange::Hybrid(Group::P256), kx_group::SECP256R1MLKEM768),
    (KeyExchange::Hybrid(Group::X25519), kx_group::X25519MLKEM768),
];

const SUITES: [(CipherSuite, SupportedCipherSuite); 2] =
    [(CipherSuite::Aes256GcmSha384, AES_256), (CipherSuite::ChaCha20Poly1305Sha256, CHACHA20)];

/// The time that each side's own work takes in one handshake.
#[derive(Default)]
struct Spent {
    client: Duration,
    server: Duration,
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = black_box(work());
    *total += start.elapsed();
    result
}

/// The median of so many rounds, as if each had taken that long.
fn median(rounds: u64, mut round: impl FnMut() -> Duration) -> Duration {
    let mut spent: Vec<_> = (0..rounds).map(|_| round()).collect();
    spent.sort_unstable();
    spent[spent.len() / 2] * u32::try_from(rounds).unwrap()
}

/// Ours: what does not change from one connection to the next.
struct Ours {
    offer: Offer,
    key_set: VerifiedKeySet,
}

impl Ours {
    fn new(exchange: KeyExchange, suite: CipherSuite) -> Self {
        let offer = Offer { pin: Pin::new(exchange), suite };
        Self { offer, key_set: ours::verify(&RELAY.welcome, &RELAY.network).unwrap() }
    }

    fn handshake(&self) -> (Spent, Connection, Connection) {
        let mut rng = clock::system_rng();
        let mut spent = Spent::default();
        let (client, hello) =
            timed(&mut spent.client, || ClientHandshake::start(self.offer, &mut rng).unwrap());
        let (server, flight) = timed(&mut spent.server, || answer(&hello));
        let (client, finished) = timed(&mut spent.client, || {
            read_flight(client, &flight).confirm(&self.key_set).unwrap()
        });
        let server = timed(&mut spent.server, || read_finished(server, &finished));
        (spent, client, server)
    }
}

fn records(mut flight: &[u8]) -> impl Iterator<Item = (Header, Vec<u8>)> {
    std::iter::from_fn(move || {
        let (bytes, rest) = flight.split_first_chunk::<HEADER_LEN>()?;
        let header = Header::parse(*bytes).unwrap();
        let (body, rest) = rest.split_at(header.len());
        flight = rest;
        Some((header, body.to_vec()))
    })
}

fn answer(hello: &[u8]) -> (ExpectFinished, Vec<u8>) {
    let with = Answer { keys: &RELAY.keys, welcome: RELAY.welcome.as_slice() };
    let (header, body) = records(hello).next().unwrap();
    let mut rng = clock::system_rng();
    match ServerHandshake::new().receive(&header, body, with, &mut rng).unwrap() {
        ServerProgress::Answered(state, flight) => (state, flight),
        ServerProgress::Wait(_) | ServerProgress::Retried(..) => panic!("not answered"),
    }
}

fn read_flight(mut client: ClientHandshake, flight: &[u8]) -> Unconfirmed {
    let mut records = records(flight);
    loop {
        let (header, body) = records.next().unwrap();
        match client.receive(&header, body).unwrap() {
            ClientProgress::Wait(next) => client = next,
            ClientProgress::Unconfirmed(state) => {
                let (header, body) = records.next().unwrap();
                let (state, welcome) = state.receive(&header, body).unwrap();
                assert_eq!(welcome.len(), CELL_LEN);
                return state;
            }
        }
    }
}

fn read_finished(state: ExpectFinished, finished: &[u8]) -> Connection {
    let (header, body) = records(finished).next().unwrap();
    match state.receive(&header, body).unwrap() {
        FinishedProgress::Connected(connection) => *connection,
        FinishedProgress::Wait(_) => panic!("not connected"),
    }
}

/// Theirs: likewise.
struct Theirs {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    name: ServerName<'static>,
}

impl Theirs {
    fn new(
        exchange: (KeyExchange, &'static dyn SupportedKxGroup),
        suite: SupportedCipherSuite,
    ) -> Self {
        let curve = Pin::new(exchange.0).curve();
        let willing = Willing::only(exchange.1, suite);
        let client = client_config(willing.clone(), Pinned::key_of(&RELAY, curve));
        let server = server_config(willing, &RELAY, curve);
        let name = ServerName::try_from("relay.example").unwrap();
        Self { client: Arc::new(client), server: Arc::new(server), name }
    }

    fn handshake(&self) -> (Spent, ClientConnection, ServerConnection) {
        let mut spent = Spent::default();
        let mut flight = Vec::new();
        let (config, name) = (self.client.clone(), self.name.clone());
        let mut client = timed(&mut spent.client, || {
            let mut client = ClientConnection::new(config, name).unwrap();
            client.write_tls(&mut flight).unwrap();
            client
        });
        let config = self.server.clone();
        let mut server = timed(&mut spent.server, || {
            let mut server = ServerConnection::new(config).unwrap();
            server.writer().write_all(RELAY.welcome.as_slice()).unwrap();
            let hello = std::mem::take(&mut flight);
            take_in(&mut server, &hello);
            put_out(&mut server, &mut flight);
            server
        });
        timed(&mut spent.client, || {
            let answer = std::mem::take(&mut flight);
            take_in(&mut client, &answer);
            client.reader().read_exact(&mut [0; CELL_LEN]).unwrap();
            put_out(&mut client, &mut flight);
        });
        timed(&mut spent.server, || take_in(&mut server, &flight));
        assert!(!client.is_handshaking() && !server.is_handshaking());
        (spent, client, server)
    }
}

fn take_in<T>(connection: &mut rustls::ConnectionCommon<T>, mut bytes: &[u8])
where
    T: rustls::SideData,
{
    while !bytes.is_empty() {
        connection.read_tls(&mut bytes).unwrap();
        connection.process_new_packets().unwrap();
    }
}

fn put_out<T>(connection: &mut rustls::ConnectionCommon<T>, bytes: &mut Vec<u8>)
where
    T: rustls::SideData,
{
    while connection.wants_write() {
        connection.write_tls(bytes).unwrap();
    }
}

#[derive(Clone, Copy)]
enum Whose {
    Ours,
    Theirs,
}

fn handshakes(criterion: &mut Criterion) {
    for exchange in EXCHANGES {
        let ours = Ours::new(exchange.0, CipherSuite::Aes256GcmSha384);
        let theirs = Theirs::new(exchange, AES_256);
        let mut group = start(criterion, &format!("peers/{}", exchange.0.name()));
        let mut measure = |name: &str, whose: Whose, side: fn(&Spent) -> Duration| {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|rounds| {
                    median(rounds, || {
                        let (ours, theirs) = (ours.handshake().0, theirs.handshake().0);
                        side(match whose {
                            Whose::Ours => &ours,
                            Whose::Theirs => &theirs,
                        })
                    })
                });
            });
        };
        measure("server, ours", Whose::Ours, |spent| spent.server);
        measure("server, rustls", Whose::Theirs, |spent| spent.server);
        measure("client, ours", Whose::Ours, |spent| spent.client);
        measure("client, rustls", Whose::Theirs, |spent| spent.client);
        group.finish();
    }
}

fn start<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    group
}

/// A record of 4,096 bytes: from the sender's plaintext to a buffer that could go to a socket, and
/// from that buffer to the receiver's plaintext.
///
/// Both copy the plaintext once on its way to the sealed record, and the record once on its way from
/// the socket's buffer. Ours is opened in place and hands its buffer back, as `net::channel` does it;
/// rustls keeps the plaintext until its reader has copied it out.
fn cells(criterion: &mut Criterion) {
    for (ours, theirs) in SUITES {
        let exchange = (KeyExchange::Classical(Group::X25519), kx_group::X25519);
        let (_, mut client, mut server) = Ours::new(exchange.0, ours).handshake();
        let (_, mut their_client, mut their_server) = Theirs::new(exchange, theirs).handshake();
        let mut buffers = Buffers::default();
        let mut our_cell = || {
            let mut spent = Duration::ZERO;
            timed(&mut spent, || our_cell(&mut client, &mut server, &mut buffers));
            spent
        };
        let mut their_wire = Vec::with_capacity(2 * CELL_LEN);
        let mut their_cell = || {
            let mut spent = Duration::ZERO;
            timed(&mut spent, || their_cell(&mut their_client, &mut their_server, &mut their_wire));
            spent
        };
        let mut group = start(criterion, &format!("peers/{}", ours.name()));
        group.throughput(Throughput::Bytes(u64::try_from(CELL_LEN).unwrap()));
        group.bench_function("seal and open, ours", |bencher| {
            bencher.iter_custom(|rounds| {
                median(rounds, || {
                    their_cell();
                    our_cell()
                })
            });
        });
        group.bench_function("seal and open, rustls", |bencher| {
            bencher.iter_custom(|rounds| {
                median(rounds, || {
                    our_cell();
                    their_cell()
                })
            });
        });
        group.finish();
    }
}

/// What our side keeps from record to record.
#[derive(Default)]
struct Buffers {
    wire: Vec<u8>,
    body: Vec<u8>,
}

fn our_cell(client: &mut Connection, server: &mut Connection, buffers: &mut Buffers) {
    let Buffers { wire, body } = buffers;
    wire.clear();
    client.sender.send(RELAY.welcome.as_slice(), wire).unwrap();
    let mut rest = wire.as_slice();
    // Once in 2^20 turns a KeyUpdate stands before the data.
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER_LEN>() {
        let header = Header::parse(*header).unwrap();
        let (sealed, behind) = behind.split_at(header.len());
        body.clear();
        body.extend_from_slice(sealed);
        let received = server.receiver.receive(&header, std::mem::take(body)).unwrap();
        if let Received::Data(data) = received {
            assert_eq!(data.len(), CELL_LEN);
            *body = data;
        }
        rest = behind;
    }
}

fn their_cell(client: &mut ClientConnection, server: &mut ServerConnection, wire: &mut Vec<u8>) {
    wire.clear();
    client.writer().write_all(RELAY.welcome.as_slice()).unwrap();
    put_out(client, wire);
    take_in(server, wire);
    server.reader().read_exact(&mut [0; CELL_LEN]).unwrap();
}

criterion_group!(benches, handshakes, cells);
criterion_main!(benches);
