//! Cells and bytes both ways, over any stream.

use std::time::Duration;

use bauta::handshake;
use bauta::handshake::CipherSuite;
use bauta::handshake::ClientHandshake;
use bauta::handshake::ClientProgress;
use bauta::handshake::KeyExchange;
use bauta::handshake::KeyUpdateRequest;
use bauta::handshake::Pin;
use bauta::handshake::Received;
use bauta::handshake::client::Offer;
use bauta::handshake::error::PeerMisbehaved;
use bauta::net::cell;
use bauta::net::channel::CELL_LEN;
use bauta::net::channel::ChannelError;
use bauta::net::channel::ConnectOptions;
use bauta::net::channel::HANDSHAKE_DEADLINE;
use bauta::net::channel::accept;
use bauta::net::channel::accept_bytes;
use bauta::net::channel::connect;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::io::AsyncWriteExt as _;
use tokio::io::duplex;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::ends::FAST;
use crate::ends::Relay;
use crate::ends::cell;
use crate::ends::loose_client;
use crate::ends::pair_over;
use crate::ends::read_record;

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
