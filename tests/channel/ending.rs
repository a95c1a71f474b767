//! How a channel ends, and what is no cell.

use bauta::handshake;
use bauta::handshake::error::PeerMisbehaved;
use bauta::net::channel::CELL_LEN;
use bauta::net::channel::CellReader;
use bauta::net::channel::CellWriter;
use bauta::net::channel::ChannelError;
use bauta::net::channel::HANDSHAKE_DEADLINE;
use bauta::net::channel::accept;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::io::DuplexStream;
use tokio::io::duplex;

use crate::ends::ALERT;
use crate::ends::FAST;
use crate::ends::Relay;
use crate::ends::cell;
use crate::ends::loose_client;
use crate::ends::pair;
use crate::ends::pair_over;

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
