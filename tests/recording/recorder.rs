//! The recorder: has the relay's own keys, and so sees what the relay sees.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::task::Context;
use std::task::Poll;

use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::identity::SignedKeySet;
use bauta::id::Address;
use bauta::keys::KeyDir;
use bauta::keys::RelayKeys;
use bauta::net::cell;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::RelayFrame;
use bauta::net::channel;
use bauta::net::channel::CellReader;
use bauta::net::channel::CellWriter;
use bauta::net::channel::ConnectOptions;
use bauta::net::channel::HANDSHAKE_DEADLINE;
use bauta::net::clock::system_rng;
use bauta::net::local::Network;
use bauta::net::local::Place;
use tempfile::TempDir;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

/// Everything that was seen of one connection.
#[derive(Default)]
pub struct Seen {
    /// What the client wrote to the socket, and what it read there.
    pub bytes: [Vec<u8>; 2],
    /// What was in the records of either direction.
    pub cells: [Vec<[u8; CELL_LEN]>; 2],
}

/// From the client, as an index of [`Seen`]'s fields.
pub const UP: usize = 0;
/// To the client.
pub const DOWN: usize = 1;

pub type Log = Arc<Mutex<Seen>>;

/// A network, and its keys for whoever records.
pub struct Watched {
    pub network: Network,
    keys: Arc<RelayKeys>,
    folder: TempDir,
}

impl Watched {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let place = Place::File(folder.path().join("relay.sqlite"));
        let network = Network::start(&keys, place, 0).await.unwrap();
        let keys = Arc::new(KeyDir::open_or_create(&keys, &mut system_rng()).unwrap());
        Self { network, keys, folder }
    }

    /// The files of the relay.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Another door to the same network, with a recorder behind it.
    pub async fn door(&self) -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let relay = self.network.address().clone();
        let address = Address::new("127.0.0.1", port, relay.fingerprint().copied()).unwrap();
        let logs = Arc::<Mutex<Vec<Log>>>::default();
        let (keys, seen) = (Arc::clone(&self.keys), Arc::clone(&logs));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let log = Log::default();
                seen.lock().unwrap().push(Arc::clone(&log));
                tokio::spawn(pass(stream, log, relay.port(), Arc::clone(&keys)));
            }
        });
        Recorder { address, logs, task }
    }
}

/// Sits in front of the relay and keeps all that passes.
pub struct Recorder {
    pub address: Address,
    logs: Arc<Mutex<Vec<Log>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Recorder {
    /// One log for each connection that was made.
    pub fn logs(&self) -> Vec<Log> {
        self.logs.lock().unwrap().clone()
    }

    /// All that was ever seen, as one: the sockets' bytes and the cells, of each connection and
    /// direction.
    pub fn everything(&self) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        for log in self.logs() {
            let seen = log.lock().unwrap();
            all.extend(seen.bytes.iter().cloned());
            all.extend(seen.cells.iter().map(|cells| cells.concat()));
        }
        all
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection, through to the relay and back. A handshake that fails ends it on both sides.
async fn pass(stream: TcpStream, log: Log, port: u16, keys: Arc<RelayKeys>) -> Option<()> {
    let onward = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    for stream in [&stream, &onward] {
        stream.set_nodelay(true).ok()?;
    }
    let options = ConnectOptions {
        exchange: KeyExchange::Classical(Group::X25519),
        ..ConnectOptions::default()
    };
    let mut rng = system_rng();
    let verify = |cell: &[u8; CELL_LEN]| signed(cell).verify(None);
    let (onward, _, welcome) = channel::connect(onward, options, &mut rng, verify).await.ok()?;
    let tap = Tap { stream, log: Arc::clone(&log) };
    let keys = keys.signing_keys();
    let client = channel::accept(tap, keys, &welcome, HANDSHAKE_DEADLINE, &mut rng).await.ok()?;
    log.lock().unwrap().cells[DOWN].push(*welcome);
    let ((from_client, to_client), (from_relay, to_relay)) = (client.split(), onward.split());
    tokio::join!(
        forward(from_client, to_relay, UP, &log),
        forward(from_relay, to_client, DOWN, &log)
    );
    Some(())
}

pub fn signed(cell: &[u8; CELL_LEN]) -> SignedKeySet {
    let mut frames = cell::decode::<RelayFrame>(cell).unwrap();
    let Some(RelayFrame::Welcome(welcome)) = frames.pop() else { panic!("no Welcome") };
    SignedKeySet::from_parts(welcome.network_key, welcome.key_set, welcome.signature)
}

/// Keeps a cell and passes it on. One from the relay counts once it is on its way to the client, who
/// may have gone.
async fn forward<A: AsyncRead + AsyncWrite, B: AsyncRead + AsyncWrite>(
    mut from: CellReader<A>,
    mut to: CellWriter<B>,
    direction: usize,
    log: &Log,
) {
    while let Ok(Some(cell)) = from.next().await {
        let cell = *cell;
        if direction == UP {
            log.lock().unwrap().cells[direction].push(cell);
        }
        if to.send(&cell).await.is_err() {
            break;
        }
        if direction == DOWN {
            log.lock().unwrap().cells[direction].push(cell);
        }
    }
    // Whoever has gone already needs no goodbye.
    let _ = to.close().await;
}

/// A socket of which every byte is kept.
struct Tap {
    stream: TcpStream,
    log: Log,
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.log.lock().unwrap().bytes[UP].extend_from_slice(&buffer.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = &polled {
            self.log.lock().unwrap().bytes[DOWN].extend_from_slice(&bytes[..*written]);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
