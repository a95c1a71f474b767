//! The channel on streams: handshakes driven over them, cells both ways, and how it ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::time::Duration;

use bauta::handshake;
use bauta::handshake::CipherSuite;
use bauta::handshake::ClientHandshake;
use bauta::handshake::ClientProgress;
use bauta::handshake::Connection;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::KeyUpdateRequest;
use bauta::handshake::Pin;
use bauta::handshake::Received;
use bauta::handshake::SigningKeys;
use bauta::handshake::client::Offer;
use bauta::handshake::error::PeerMisbehaved;
use bauta::handshake::identity::IdentityError;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::handshake::record::Header;
use bauta::net::cell;
use bauta::net::channel::CELL_LEN;
use bauta::net::channel::CellReader;
use bauta::net::channel::CellWriter;
use bauta::net::channel::Channel;
use bauta::net::channel::ChannelError;
use bauta::net::channel::ConnectError;
use bauta::net::channel::ConnectOptions;
use bauta::net::channel::HANDSHAKE_DEADLINE;
use bauta::net::channel::accept;
use bauta::net::channel::accept_bytes;
use bauta::net::channel::connect;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::io::DuplexStream;
use tokio::io::duplex;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::time::timeout;

const ALERT: usize = 5 + CELL_LEN + 1 + 16;
const FAST: ConnectOptions = ConnectOptions {
    exchange: KeyExchange::Classical(Group::X25519),
    suite: CipherSuite::ChaCha20Poly1305Sha256,
};

/// A relay's keys, and the set that its network signed.
struct Relay {
    keys: SigningKeys,
    signed: SignedKeySet,
}

impl Relay {
    fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let network =
            bauta::crypto::sign::SigningKey::generate(bauta::crypto::sign::Curve::P521, &mut rng);
        let keys = SigningKeys::generate(&mut rng).unwrap();
        let signed = SignedKeySet::sign(&network, &KeySet::new(1, &keys)).unwrap();
        Self { keys, signed }
    }

    fn verify(&self) -> Result<VerifiedKeySet, IdentityError> {
        self.signed.verify(None)
    }
}

fn cell(fill: u8) -> Box<[u8; CELL_LEN]> {
    Box::new([fill; CELL_LEN])
}

async fn pair_over(
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

type Halves = (CellReader<DuplexStream>, CellWriter<DuplexStream>);

async fn pair() -> (Halves, Halves) {
    let (a, b) = duplex(1 << 16);
    let (client, server) = pair_over(a, b, FAST).await;
    (client.split(), server.split())
}

#[test]
fn the_rooms_agree_on_the_length_of_a_cell() {
    assert_eq!(CELL_LEN, cell::CELL_LEN);
}

#[tokio::test]
async fn every_exchange_and_suite_carries_cells_both_ways() {
    for exchange in KeyExchange::ALL {
        for suite in CipherSuite::ALL {
            let (a, b) = duplex(1 << 16);
            let (client, server) = pair_over(a, b, ConnectOptions { exchange, suite }).await;
            let (mut client_reads, mut client_writes) = client.split();
            let (mut server_reads, mut server_writes) = server.split();
            client_writes.send(&cell(1)).await.unwrap();
            assert_eq!(server_reads.next().await.unwrap(), Some(&*cell(1)));
            let cells = [cell(2), cell(3)];
            server_writes.send_many(cells.iter().map(AsRef::as_ref)).await.unwrap();
            assert_eq!(client_reads.next().await.unwrap(), Some(&*cell(2)));
            assert_eq!(client_reads.next().await.unwrap(), Some(&*cell(3)));
            client_writes.close().await.unwrap();
            assert_eq!(server_reads.next().await.unwrap(), None);
            assert_eq!(server_reads.next().await.unwrap(), None);
        }
    }
}

#[tokio::test]
async fn cells_cross_a_real_socket() {
    let relay = Relay::new(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (mut rng_a, mut rng_b) = (StdRng::seed_from_u64(2), StdRng::seed_from_u64(3));
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        let welcome = cell(7);
        let channel = accept(stream, &relay.keys, &welcome, HANDSHAKE_DEADLINE, &mut rng_b);
        let (mut reads, mut writes) = channel.await.unwrap().split();
        while let Some(cell) = reads.next().await.unwrap() {
            writes.send(cell).await.unwrap();
        }
        writes.close().await.unwrap();
    };
    let ask = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let options = ConnectOptions::default();
        let (channel, ..) = connect(stream, options, &mut rng_a, |_| relay.verify()).await.unwrap();
        let (mut reads, mut writes) = channel.split();
        for fill in 0..20 {
            writes.send(&cell(fill)).await.unwrap();
            assert_eq!(reads.next().await.unwrap(), Some(&*cell(fill)));
        }
        writes.close().await.unwrap();
        assert_eq!(reads.next().await.unwrap(), None);
    };
    timeout(Duration::from_secs(30), async { tokio::join!(serve, ask) }).await.unwrap();
}

#[tokio::test]
async fn a_stream_that_takes_one_byte_at_a_time_is_enough() {
    let (a, b) = duplex(1);
    let (client, server) = pair_over(a, b, FAST).await;
    let ((mut reads, _keep), (_, mut writes)) = (client.split(), server.split());
    let cells = [cell(1), cell(2), cell(3)];
    let send = async {
        writes.send_many(cells.iter().map(AsRef::as_ref)).await.unwrap();
        writes.close().await.unwrap();
    };
    let read = async {
        for expected in &cells {
            assert_eq!(reads.next().await.unwrap(), Some(&**expected));
        }
        assert_eq!(reads.next().await.unwrap(), None);
    };
    tokio::join!(send, read);
}

#[tokio::test]
async fn a_dropped_read_loses_nothing() {
    let (a, b) = duplex(1000);
    let (client, server) = pair_over(a, b, FAST).await;
    let ((mut reads, _keep), (_, mut writes)) = (client.split(), server.split());
    let cells = [cell(1), cell(2), cell(3)];
    let send = async {
        writes.send_many(cells.iter().map(AsRef::as_ref)).await.unwrap();
        std::future::pending::<()>().await;
    };
    let read = async {
        let mut got = Vec::new();
        while got.len() < cells.len() {
            // Every second attempt is dropped after one poll.
            let mut attempt = Box::pin(reads.next());
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(attempt.as_mut().poll(context))
            });
            if let std::task::Poll::Ready(next) = polled.await {
                got.push(Box::new(*next.unwrap().unwrap()));
            }
            drop(attempt);
            tokio::task::yield_now().await;
        }
        assert_eq!(got, cells);
    };
    tokio::select! { () = send => {}, () = read => {} }
}

#[tokio::test]
async fn a_dropped_send_is_finished_by_the_next() {
    let (a, b) = duplex(1000);
    let (client, server) = pair_over(a, b, FAST).await;
    let ((mut reads, _keep), (_, mut writes)) = (client.split(), server.split());
    let (first, second) = (cell(1), cell(2));
    let mut attempt = Box::pin(writes.send(&first));
    let pending = std::future::poll_fn(|context| {
        std::task::Poll::Ready(attempt.as_mut().poll(context).is_pending())
    });
    assert!(pending.await);
    drop(attempt);
    let send = async { writes.send(&second).await.unwrap() };
    let read = async {
        assert_eq!(reads.next().await.unwrap(), Some(&*cell(1)));
        assert_eq!(reads.next().await.unwrap(), Some(&*cell(2)));
    };
    tokio::join!(send, read);
}

#[tokio::test]
async fn an_end_without_close_notify_is_truncated() {
    let ((_, client_writes), (mut server_reads, _server_writes)) = pair().await;
    drop(client_writes);
    assert!(matches!(server_reads.next().await, Err(ChannelError::Truncated)));
    assert!(matches!(server_reads.next().await, Err(ChannelError::Truncated)));
}

/// A client's channel over a wire whose every byte the test hands on.
///
/// The halves in the last place keep the other directions open.
async fn tapped() -> (CellWriter<DuplexStream>, DuplexStream, CellReader<DuplexStream>, impl Sized)
{
    // The handshake goes through two pumps; afterwards the test is the wire.
    let (client_end, mut client_wire) = duplex(1 << 16);
    let (server_end, mut server_wire) = duplex(1 << 16);
    let pump = tokio::io::copy_bidirectional(&mut client_wire, &mut server_wire);
    let (client, server) = tokio::select! {
        channels = pair_over(client_end, server_end, FAST) => channels,
        _ = pump => panic!("the wire ended first"),
    };
    let (client_reads, client_writes) = client.split();
    let (server_reads, server_writes) = server.split();
    let (tap, mut wire) = duplex(1 << 16);
    tokio::spawn(async move {
        let (mut from_client, mut to_server) = (client_wire, server_wire);
        let mut sent = vec![0; ALERT];
        from_client.read_exact(&mut sent).await.unwrap();
        wire.write_all(&sent).await.unwrap();
        let mut back = Vec::new();
        wire.read_to_end(&mut back).await.unwrap();
        to_server.write_all(&back).await.unwrap();
        to_server.shutdown().await.unwrap();
    });
    (client_writes, tap, server_reads, (client_reads, server_writes))
}

#[tokio::test]
async fn a_record_cut_or_flipped_on_the_wire_gives_no_cell() {
    for (cut, flip) in [(1, None), (5, None), (6, None), (ALERT - 1, None), (ALERT, Some(100))] {
        let (mut writes, mut tap, mut reads, _open) = tapped().await;
        writes.send(&cell(1)).await.unwrap();
        let mut record = vec![0; ALERT];
        tap.read_exact(&mut record).await.unwrap();
        if let Some(at) = flip {
            record[at] ^= 1;
        }
        tap.write_all(&record[..cut]).await.unwrap();
        tap.shutdown().await.unwrap();
        match reads.next().await {
            Err(ChannelError::Truncated) => assert!(flip.is_none()),
            Err(ChannelError::Protocol(handshake::Error::Decrypt)) => assert!(flip.is_some()),
            other => panic!("{other:?}"),
        }
        assert!(reads.next().await.is_err());
    }
}

#[tokio::test]
async fn a_reason_to_end_reaches_the_peer() {
    let ((mut client_reads, _client_writes), (_server_reads, server_writes)) = pair().await;
    let why = handshake::Error::from(PeerMisbehaved::RecordLength);
    server_writes.abort(&ChannelError::Protocol(why)).await.unwrap();
    match client_reads.next().await {
        Err(ChannelError::Protocol(handshake::Error::PeerAlert(alert))) => {
            assert_eq!(alert, handshake::AlertDescription::ILLEGAL_PARAMETER);
        }
        other => panic!("{other:?}"),
    }
}

/// A client that keeps the rules of TLS and not those of cells.
async fn loose_client(mut stream: DuplexStream, relay: &Relay) -> (DuplexStream, Connection) {
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

async fn read_record(stream: &mut DuplexStream) -> (Header, Vec<u8>) {
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await.unwrap();
    let header = Header::parse(bytes).unwrap();
    let mut body = vec![0; header.len()];
    stream.read_exact(&mut body).await.unwrap();
    (header, body)
}

#[tokio::test]
async fn application_data_of_another_length_is_no_cell() {
    let relay = Relay::new(1);
    for (len, expected) in [(4096, None), (0, Some(())), (4095, Some(())), (4097, Some(()))] {
        let (a, b) = duplex(1 << 16);
        let mut rng = StdRng::seed_from_u64(3);
        let welcome = cell(7);
        let (client, server) = tokio::join!(
            loose_client(a, &relay),
            accept(b, &relay.keys, &welcome, HANDSHAKE_DEADLINE, &mut rng)
        );
        let ((mut stream, mut connection), (mut reads, _writes)) =
            (client, server.unwrap().split());
        let mut records = Vec::new();
        connection.sender.send(&vec![1; len], &mut records).unwrap();
        connection.sender.send(&[2; CELL_LEN], &mut records).unwrap();
        stream.write_all(&records).await.unwrap();
        match (reads.next().await, expected) {
            (Ok(Some(seen)), None) => assert_eq!(*seen, *cell(1)),
            (Err(ChannelError::Protocol(error)), Some(())) => {
                assert_eq!(error, PeerMisbehaved::RecordLength.into());
                // The cell behind it is not read any more.
                assert!(reads.next().await.is_err());
            }
            (other, _) => panic!("{len} bytes: {other:?}"),
        }
    }
}

/// The key set is known from elsewhere: there is no Welcome to read it from.
#[tokio::test]
async fn a_channel_of_bytes_takes_records_of_any_length_and_sends_no_welcome() {
    let relay = Relay::new(1);
    let (mut stream, b) = duplex(1 << 16);
    let offer = Offer { pin: Pin::new(FAST.exchange), suite: FAST.suite };
    let (mut state, hello) = ClientHandshake::start(offer, &mut StdRng::seed_from_u64(4)).unwrap();
    stream.write_all(&hello).await.unwrap();
    let server = tokio::spawn(async move {
        let mut rng = StdRng::seed_from_u64(3);
        accept_bytes(b, &Relay::new(1).keys, HANDSHAKE_DEADLINE, &mut rng).await.unwrap()
    });
    let unconfirmed = loop {
        let (header, body) = read_record(&mut stream).await;
        match state.receive(&header, body).unwrap() {
            ClientProgress::Wait(next) => state = next,
            ClientProgress::Unconfirmed(unconfirmed) => break unconfirmed,
        }
    };
    let (mut connection, finished) = unconfirmed.confirm(&relay.verify().unwrap()).unwrap();
    stream.write_all(&finished).await.unwrap();
    let channel = server.await.unwrap();
    assert_eq!((channel.suite(), channel.group_code()), (FAST.suite, 0x001d));
    let (mut reads, mut writes) = channel.split();
    for len in [0, 1, 4095, 4096, 4097, 1 << 14] {
        let mut records = Vec::new();
        connection.sender.send(&vec![7; len], &mut records).unwrap();
        stream.write_all(&records).await.unwrap();
        let data = reads.next().await.unwrap().unwrap().to_vec();
        assert_eq!(data, vec![7; len]);
        writes.send(&data).await.unwrap();
        let (header, body) = read_record(&mut stream).await;
        assert_eq!(connection.receiver.receive(&header, body).unwrap(), Received::Data(data));
    }
}

/// The client asks for new keys between cells: cells go on both ways, under new keys.
#[tokio::test]
async fn cells_go_on_when_keys_change() {
    let relay = Relay::new(1);
    let (a, b) = duplex(1 << 16);
    let mut rng = StdRng::seed_from_u64(3);
    let welcome = cell(7);
    let (client, server) = tokio::join!(
        loose_client(a, &relay),
        accept(b, &relay.keys, &welcome, HANDSHAKE_DEADLINE, &mut rng)
    );
    let ((mut stream, mut connection), (mut reads, mut writes)) = (client, server.unwrap().split());
    for fill in 0..3 {
        let mut records = Vec::new();
        connection.sender.update_keys(KeyUpdateRequest::Requested, &mut records).unwrap();
        connection.sender.send(&[fill; CELL_LEN], &mut records).unwrap();
        stream.write_all(&records).await.unwrap();
        assert_eq!(reads.next().await.unwrap(), Some(&*cell(fill)));
        writes.send(&cell(fill)).await.unwrap();
        for expected in [Received::KeyUpdate, Received::Data(vec![fill; CELL_LEN])] {
            let (header, body) = read_record(&mut stream).await;
            assert_eq!(header.len(), CELL_LEN + 1 + 16);
            assert_eq!(connection.receiver.receive(&header, body).unwrap(), expected);
        }
    }
    // 33 in a row are too many.
    let mut records = Vec::new();
    for _ in 0..33 {
        connection.sender.update_keys(KeyUpdateRequest::NotRequested, &mut records).unwrap();
    }
    let (sent, read) = tokio::join!(stream.write_all(&records), reads.next());
    sent.unwrap();
    let error = handshake::Error::from(PeerMisbehaved::TooManyKeyUpdates);
    assert!(matches!(read, Err(ChannelError::Protocol(seen)) if seen == error));
}

/// What both sides say when the client's judgement of Welcome is this.
async fn judged(
    verify: impl FnOnce(&[u8; CELL_LEN]) -> Result<VerifiedKeySet, IdentityError> + Send,
) -> (ConnectError<IdentityError>, ChannelError) {
    let relay = Relay::new(1);
    let (a, b) = duplex(1 << 16);
    let (mut rng_a, mut rng_b) = (StdRng::seed_from_u64(2), StdRng::seed_from_u64(3));
    let welcome = cell(7);
    let (client, server) = tokio::join!(
        connect(a, FAST, &mut rng_a, verify),
        accept(b, &relay.keys, &welcome, HANDSHAKE_DEADLINE, &mut rng_b)
    );
    (client.unwrap_err(), server.unwrap_err())
}

fn told(error: &ChannelError) -> handshake::AlertDescription {
    match error {
        ChannelError::Protocol(handshake::Error::PeerAlert(alert)) => *alert,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refused_welcome_ends_it_before_finished() {
    let (client, server) = judged(|_| Err(IdentityError::BadSignature)).await;
    assert!(matches!(client, ConnectError::Refused(IdentityError::BadSignature)));
    assert_eq!(told(&server), handshake::AlertDescription::UNKNOWN_CA);
}

#[tokio::test]
async fn a_signer_outside_the_key_set_ends_it_before_finished() {
    let (client, server) = judged(|_| Relay::new(9).verify()).await;
    let expected = handshake::Error::from(PeerMisbehaved::SignerNotInKeySet);
    assert!(matches!(
        client,
        ConnectError::Channel(ChannelError::Protocol(error)) if error == expected
    ));
    assert_eq!(told(&server), handshake::AlertDescription::CERTIFICATE_UNKNOWN);
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_left_at_the_deadline() {
    let relay = Relay::new(1);
    let mut rng = StdRng::seed_from_u64(2);
    let (_silent, stream) = duplex(1 << 16);
    let deadline = Duration::from_secs(3);
    let before = tokio::time::Instant::now();
    let accepted = accept(stream, &relay.keys, &cell(7), deadline, &mut rng).await;
    assert!(matches!(accepted, Err(ChannelError::TimedOut)));
    assert_eq!(before.elapsed(), deadline);

    let (_silent, stream) = duplex(1 << 16);
    let before = tokio::time::Instant::now();
    let connected = connect(stream, FAST, &mut rng, |_| relay.verify()).await;
    assert!(matches!(connected, Err(ConnectError::Channel(ChannelError::TimedOut))));
    assert_eq!(before.elapsed(), HANDSHAKE_DEADLINE);
}

/// One byte now and then resets no clock.
#[tokio::test(start_paused = true)]
async fn a_slow_peer_is_left_at_the_deadline() {
    let relay = Relay::new(1);
    let mut rng = StdRng::seed_from_u64(2);
    let (mut slow, stream) = duplex(1 << 16);
    let drip = async {
        slow.write_all(&[22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc]).await.unwrap();
        while slow.write_all(&[0]).await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let welcome = cell(7);
    let accept = accept(stream, &relay.keys, &welcome, HANDSHAKE_DEADLINE, &mut rng);
    let (accepted, ()) = tokio::join!(accept, drip);
    assert!(matches!(accepted, Err(ChannelError::TimedOut)));
}

/// What the relay answers to these first bytes, and what it makes of them.
async fn first_bytes(bytes: &[u8]) -> (Vec<u8>, ChannelError) {
    let relay = Relay::new(1);
    let mut rng = StdRng::seed_from_u64(2);
    let (mut stranger, stream) = duplex(1 << 16);
    stranger.write_all(bytes).await.unwrap();
    stranger.shutdown().await.unwrap();
    let error =
        accept(stream, &relay.keys, &cell(7), HANDSHAKE_DEADLINE, &mut rng).await.unwrap_err();
    let mut answer = Vec::new();
    stranger.read_to_end(&mut answer).await.unwrap();
    (answer, error)
}

#[tokio::test]
async fn strangers_who_speak_something_else_are_told_by_an_alert() {
    let (answer, error) = first_bytes(b"GET / HTTP/1.1\r\n\r\n").await;
    assert_eq!(answer, [21, 3, 3, 0, 2, 2, 10]);
    assert!(matches!(error, ChannelError::Protocol(_)));
    let (answer, _) = first_bytes(&[22, 3, 1, 0xff, 0xff, 1]).await;
    assert_eq!(answer, [21, 3, 3, 0, 2, 2, 22]);
    for cut in [&[][..], &[22], &[22, 3, 1, 0, 9], &[22, 3, 1, 0, 9, 1, 2]] {
        let (answer, error) = first_bytes(cut).await;
        assert!(answer.is_empty());
        assert!(matches!(error, ChannelError::Truncated));
    }
}

/// The share is taken out of a ClientHello: three lengths shrink by the 36 bytes that it had.
#[tokio::test]
async fn a_client_without_a_share_is_asked_for_one() {
    let offer = Offer { pin: Pin::new(FAST.exchange), suite: FAST.suite };
    let (_, mut hello) = ClientHandshake::start(offer, &mut StdRng::seed_from_u64(4)).unwrap();
    hello.truncate(hello.len() - 42);
    hello.extend([0, 51, 0, 2, 0, 0]);
    for at in [4, 8, 51] {
        hello[at] -= 36;
    }
    let (answer, error) = first_bytes(&hello).await;
    assert_eq!(answer[..6], [22, 3, 3, 0, 56, 2]);
    assert_eq!(answer[answer.len() - 6..], [0, 51, 0, 2, 0, 29]);
    assert!(matches!(error, ChannelError::Truncated));
}

#[tokio::test]
async fn noise_of_any_kind_ends_in_an_error() {
    for seed in 0..200 {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut noise = [0; 512];
        rand::Rng::fill_bytes(&mut rng, &mut noise);
        // Half of it looks like a record with a ClientHello.
        if seed % 2 == 0 {
            noise[..9].copy_from_slice(&[22, 3, 1, 1, 0xfb, 1, 0, 1, 0xf7]);
        }
        first_bytes(&noise).await;
    }
}
