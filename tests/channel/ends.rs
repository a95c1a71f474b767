//! A relay with its keys, and both ends of a channel.

use bauta::handshake::CipherSuite;
use bauta::handshake::ClientHandshake;
use bauta::handshake::ClientProgress;
use bauta::handshake::Connection;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::Pin;
use bauta::handshake::SigningKeys;
use bauta::handshake::client::Offer;
use bauta::handshake::identity::IdentityError;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::handshake::record::Header;
use bauta::net::channel::CELL_LEN;
use bauta::net::channel::CellReader;
use bauta::net::channel::CellWriter;
use bauta::net::channel::Channel;
use bauta::net::channel::ConnectOptions;
use bauta::net::channel::HANDSHAKE_DEADLINE;
use bauta::net::channel::accept;
use bauta::net::channel::connect;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::io::DuplexStream;
use tokio::io::duplex;

pub(crate) const ALERT: usize = 5 + CELL_LEN + 1 + 16;

pub(crate) const FAST: ConnectOptions = ConnectOptions {
    exchange: KeyExchange::Classical(Group::X25519),
    suite: CipherSuite::ChaCha20Poly1305Sha256,
};

/// A relay's keys, and the set that its network signed.
pub(crate) struct Relay {
    pub(crate) keys: SigningKeys,
    pub(crate) signed: SignedKeySet,
}

impl Relay {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let network =
            bauta::crypto::sign::SigningKey::generate(bauta::crypto::sign::Curve::P521, &mut rng);
        let keys = SigningKeys::generate(&mut rng).unwrap();
        let signed = SignedKeySet::sign(&network, &KeySet::new(1, &keys)).unwrap();
        Self { keys, signed }
    }

    pub(crate) fn verify(&self) -> Result<VerifiedKeySet, IdentityError> {
        self.signed.verify(None)
    }
}

pub(crate) fn cell(fill: u8) -> Box<[u8; CELL_LEN]> {
    Box::new([fill; CELL_LEN])
}

pub(crate) async fn pair_over(
    client: DuplexStream,
    server: DuplexStream,
    options: ConnectOptions,
) -> (Channel<DuplexStream>, Channel<DuplexStream>) {
    let relay = Relay::new(1);
    let (mut rng_a, mut rng_b) = (StdRng::seed_from_u64(2), StdRng::seed_from_u64(3));
    let welcome = cell(7);
    let (client, server) = tokio::join!(
        connect(client, options, &mut rng_a, |seen| {
            assert_eq!(*seen, [7; CELL_LEN]);
            relay.verify()
        }),
        accept(server, &relay.keys, &welcome, HANDSHAKE_DEADLINE, &mut rng_b)
    );
    let server = server.unwrap();
    let (client, key_set, seen) = client.unwrap();
    assert_eq!(key_set, relay.verify().unwrap());
    assert_eq!(*seen, [7; CELL_LEN]);
    (client, server)
}

pub(crate) type Halves = (CellReader<DuplexStream>, CellWriter<DuplexStream>);

pub(crate) async fn pair() -> (Halves, Halves) {
    let (a, b) = duplex(1 << 16);
    let (client, server) = pair_over(a, b, FAST).await;
    (client.split(), server.split())
}

/// A client that keeps the rules of TLS and not those of cells.
pub(crate) async fn loose_client(
    mut stream: DuplexStream,
    relay: &Relay,
) -> (DuplexStream, Connection) {
    let offer = Offer { pin: Pin::new(FAST.exchange), suite: FAST.suite };
    let mut rng = StdRng::seed_from_u64(4);
    let (mut state, hello) = ClientHandshake::start(offer, &mut rng).unwrap();
    stream.write_all(&hello).await.unwrap();
    loop {
        let (header, body) = read_record(&mut stream).await;
        match state.receive(&header, body).unwrap() {
            ClientProgress::Wait(next) => state = next,
            ClientProgress::Unconfirmed(unconfirmed) => {
                let (header, body) = read_record(&mut stream).await;
                let (unconfirmed, _) = unconfirmed.receive(&header, body).unwrap();
                let (connection, finished) = unconfirmed.confirm(&relay.verify().unwrap()).unwrap();
                stream.write_all(&finished).await.unwrap();
                return (stream, connection);
            }
        }
    }
}

pub(crate) async fn read_record(stream: &mut DuplexStream) -> (Header, Vec<u8>) {
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await.unwrap();
    let header = Header::parse(bytes).unwrap();
    let mut body = vec![0; header.len()];
    stream.read_exact(&mut body).await.unwrap();
    (header, body)
}
