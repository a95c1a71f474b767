//! A relay on loopback, and a rustls server for our channel.

use std::io::Read as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use bauta::handshake::CipherSuite;
use bauta::handshake::KeyExchange;
use bauta::handshake::Pin;
use bauta::keys::RelayKeys;
use bauta::net::cell;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::RelayFrame;
use bauta::net::channel;
use bauta::net::channel::ConnectOptions;
use bauta::net::clock;
use bauta::net::server;
use bauta::net::server::RelayConfig;
use bauta::net::server::store::Memory;
use bauta::net::server::store::StoreLimits;
use rustls::ClientConnection;
use rustls::ServerConnection;
use rustls::StreamOwned;
use rustls::pki_types::ServerName;

use crate::agreement::groups;
use crate::ours::RELAY;
use crate::ours::verify;
use crate::theirs::AES_256;
use crate::theirs::Pinned;
use crate::theirs::Willing;
use crate::theirs::client_config;
use crate::theirs::server_config;

/// No wait in these tests is longer.
const PATIENCE: Duration = Duration::from_secs(30);

fn patient(socket: TcpStream) -> TcpStream {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Says Hello and Ping, one cell after the other, and hears Welcome and Pong.
fn visit(address: SocketAddr, config: rustls::ClientConfig) -> Vec<RelayFrame> {
    let name = ServerName::try_from("relay.example").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, patient(TcpStream::connect(address).unwrap()));
    let mut heard = vec![0; CELL_LEN];
    stream.read_exact(&mut heard).unwrap();
    for frame in [ClientFrame::Hello { version: cell::VERSION, join: None }, ClientFrame::Ping] {
        stream.write_all(cell::encode(frame).unwrap().as_slice()).unwrap();
    }
    stream.conn.send_close_notify();
    stream.flush().unwrap();
    // The relay closes in turn: without its close_notify this would be an error.
    stream.read_to_end(&mut heard).unwrap();
    let (cells, rest) = heard.as_chunks::<CELL_LEN>();
    assert!(rest.is_empty());
    cells.iter().flat_map(|cell| cell::decode::<RelayFrame>(cell).unwrap()).collect()
}

#[tokio::test]
async fn a_rustls_client_speaks_with_a_relay() {
    let keys = RelayKeys::generate(&mut clock::system_rng()).unwrap();
    let configs: Vec<_> = groups()
        .into_iter()
        .map(|(ours, theirs)| {
            let spki = keys.signing_keys().spki(Pin::new(ours).curve());
            client_config(Willing::only(theirs, AES_256), Pinned::key(spki))
        })
        .collect();
    let network = keys.network_id();
    let store = Box::new(Memory::new(StoreLimits::default(), clock::unix_s()));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let relay = server::start(listener, RelayConfig::new(keys, store)).unwrap();
    for config in configs {
        let address = relay.address();
        let heard = tokio::task::spawn_blocking(move || visit(address, config)).await.unwrap();
        let [RelayFrame::Welcome(welcome), RelayFrame::Pong] = &heard[..] else {
            panic!("{heard:?}");
        };
        let welcome = cell::encode(RelayFrame::Welcome(welcome.clone())).unwrap();
        assert!(verify(&welcome, &network).is_some());
    }
    relay.stop().await.unwrap();
}

/// Says Welcome, and every cell that it hears back, until the client closes.
fn echo(listener: &TcpListener, config: rustls::ServerConfig) {
    let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
    connection.writer().write_all(RELAY.welcome.as_slice()).unwrap();
    let (socket, _) = listener.accept().unwrap();
    let mut stream = StreamOwned::new(connection, patient(socket));
    let mut cell = [0; CELL_LEN];
    loop {
        match stream.read(&mut cell[..1]).unwrap() {
            0 => break,
            _ => stream.read_exact(&mut cell[1..]).unwrap(),
        }
        stream.write_all(&cell).unwrap();
    }
    stream.conn.send_close_notify();
    stream.flush().unwrap();
}

async fn connect_and_talk(address: SocketAddr, exchange: KeyExchange) {
    let socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let options = ConnectOptions { exchange, suite: CipherSuite::Aes256GcmSha384 };
    let judge = |welcome: &[u8; CELL_LEN]| verify(welcome, &RELAY.network).ok_or(());
    let mut rng = clock::system_rng();
    let (channel, _, _) = channel::connect(socket, options, &mut rng, judge).await.unwrap();
    let (mut reader, mut writer) = channel.split();
    for fill in 1..4 {
        writer.send(&[fill; CELL_LEN]).await.unwrap();
        assert_eq!(reader.next().await.unwrap(), Some(&[fill; CELL_LEN]));
    }
    writer.close().await.unwrap();
    assert_eq!(reader.next().await.unwrap(), None);
}

#[tokio::test]
async fn our_channel_speaks_with_a_rustls_server() {
    for (ours, theirs) in groups() {
        let curve = Pin::new(ours).curve();
        let config = server_config(Willing::only(theirs, AES_256), &RELAY, curve);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::task::spawn_blocking(move || echo(&listener, config));
        tokio::time::timeout(PATIENCE, connect_and_talk(address, ours)).await.unwrap();
        serving.await.unwrap();
    }
}
