//! A connection to the relay that speaks frames, and counts what passes.

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::identity::IdentityError;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::net::cell;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::Welcome;
use bauta::net::channel;
use bauta::net::channel::CellReader;
use bauta::net::channel::CellWriter;
use bauta::net::channel::ConnectOptions;
use bauta::net::clock;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Outcome;

/// A connection that has said Hello.
pub(crate) struct Peer {
    pub(crate) reader: CellReader<Counted>,
    pub(crate) writer: CellWriter<Counted>,
}

impl Peer {
    /// Connects to a port from one of the addresses of this computer.
    pub(crate) async fn connect(from: Ipv4Addr, port: u16, wire: &Wire) -> Outcome<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((from, 0)))?;
        let stream = socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        stream.set_nodelay(true)?;
        let stream = Counted { stream, wire: wire.clone() };
        // The cheapest handshake that people use; what is measured comes after it.
        let options = ConnectOptions {
            exchange: KeyExchange::Hybrid(Group::X25519),
            ..ConnectOptions::default()
        };
        let mut rng = clock::system_rng();
        let connected = channel::connect(stream, options, &mut rng, verify);
        let (channel, ..) = timeout(PATIENCE, connected)
            .await?
            .map_err(|error| format!("the relay was not reached: {error:?}"))?;
        let (reader, writer) = channel.split();
        let mut peer = Self { reader, writer };
        peer.send(ClientFrame::Hello { version: cell::VERSION, join: None }).await?;
        Ok(peer)
    }

    pub(crate) async fn send(&mut self, frame: ClientFrame) -> Outcome<()> {
        send(&mut self.writer, frame).await
    }
}

/// Sends one frame in a cell of its own.
pub(crate) async fn send(writer: &mut CellWriter<Counted>, frame: ClientFrame) -> Outcome<()> {
    let cell = cell::encode(frame).map_err(|_| "a frame is longer than a cell")?;
    timeout(PATIENCE, writer.send(&cell)).await??;
    Ok(())
}

/// The frames of the next cell.
pub(crate) async fn next(reader: &mut CellReader<Counted>) -> Outcome<Vec<RelayFrame>> {
    let cell = reader.next().await?.ok_or("the relay has closed a connection")?;
    Ok(cell::decode(cell)?)
}

fn verify(first: &[u8; CELL_LEN]) -> Result<VerifiedKeySet, IdentityError> {
    let frames = cell::decode(first).map_err(|_| IdentityError::Malformed)?;
    let Some(RelayFrame::Welcome(welcome)) = frames.into_iter().next() else {
        return Err(IdentityError::Malformed);
    };
    let Welcome { network_key, key_set, signature, .. } = *welcome;
    SignedKeySet::from_parts(network_key, key_set, signature).verify(None)
}

/// How many bytes passed, both ways, of the connections that share it.
#[derive(Clone, Default)]
pub(crate) struct Wire(Arc<AtomicU64>);

impl Wire {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// A socket whose bytes are counted.
pub(crate) struct Counted {
    stream: TcpStream,
    wire: Wire,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.wire.add(buf.filled().len() - before);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, buf);
        if let Poll::Ready(Ok(written)) = polled {
            self.wire.add(written);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// How long anything between the two processes may take.
const PATIENCE: Duration = Duration::from_secs(60);
