//! The channel alone on a port, without cells: it sends back whatever a TLS 1.3 client sends.
//!
//! ```text
//! cargo run --release --example channel_echo -- HOST:PORT [FOLDER WITH KEYS]
//! openssl s_client -connect HOST:PORT
//! ```
//!
//! Without a folder the keys live as long as the program. Connections and times are bounded; there
//! is no other protection: it is a target for curious people and conformance tools.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::time::Duration;

use bauta::handshake::SigningKeys;
use bauta::keys::{KeyDir, RelayKeys};
use bauta::net::channel::{self, Bytes, Channel, ChannelError, Reader, Writer};
use bauta::net::clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// As many connections are served at a time; more wait to be accepted.
const CONNECTIONS: usize = 64;
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a peer may say nothing, or not take what it is sent.
const IDLE: Duration = Duration::from_secs(60);
/// How long a connection lasts, whatever happens on it.
const LIFE: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let place = arguments.next().ok_or("usage: channel_echo HOST:PORT [FOLDER]")?;
    let mut rng = clock::system_rng();
    let keys = match arguments.next() {
        Some(folder) => KeyDir::open_or_create(folder, &mut rng)?,
        None => RelayKeys::generate(&mut rng)?,
    };
    let listener = TcpListener::bind(place).await?;
    println!("Listening on  {}", listener.local_addr()?);
    serve(listener, keys, |channel| println!("{}", description(channel))).await
}

/// Echoes on every connection. `opened` is called when a handshake is complete.
pub async fn serve(
    listener: TcpListener,
    keys: RelayKeys,
    opened: impl Fn(&Channel<TcpStream, Bytes>) + Send + Sync + 'static,
) -> Result<(), Box<dyn std::error::Error>> {
    let (keys, opened) = (Arc::new(keys), Arc::new(opened));
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let seat = Arc::clone(&seats).acquire_owned().await?;
        // The listener itself does not fail: what does is a connection that was gone too soon, or
        // the lack of a file descriptor, which ends when one of the connections does.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (keys, opened) = (Arc::clone(&keys), Arc::clone(&opened));
        tokio::spawn(async move {
            let _ = timeout(LIFE, echo(stream, keys.signing_keys(), &*opened)).await;
            drop(seat);
        });
    }
}

async fn echo(
    stream: TcpStream,
    keys: &SigningKeys,
    opened: &(impl Fn(&Channel<TcpStream, Bytes>) + Sync),
) -> Result<(), ChannelError> {
    stream.set_nodelay(true)?;
    let channel = channel::accept_bytes(stream, keys, HANDSHAKE, &mut clock::system_rng()).await?;
    opened(&channel);
    let (mut reader, mut writer) = channel.split();
    let ended = send_back(&mut reader, &mut writer).await;
    let goodbye = async {
        match &ended {
            // close_notify is answered with close_notify.
            Ok(()) => writer.close().await,
            Err(error) => writer.abort(error).await,
        }
    };
    timeout(IDLE, goodbye).await.map_err(|_| ChannelError::TimedOut)??;
    ended
}

/// Until the peer's close_notify.
async fn send_back(
    reader: &mut Reader<TcpStream, Bytes>,
    writer: &mut Writer<TcpStream, Bytes>,
) -> Result<(), ChannelError> {
    loop {
        let read = timeout(IDLE, reader.next()).await.map_err(|_| ChannelError::TimedOut)?;
        let Some(data) = read? else { return Ok(()) };
        if !data.is_empty() {
            timeout(IDLE, writer.send(data)).await.map_err(|_| ChannelError::TimedOut)??;
        }
    }
}

fn description(channel: &Channel<TcpStream, Bytes>) -> String {
    let group = match channel.group_code() {
        0x0017 => "secp256r1",
        0x0018 => "secp384r1",
        0x0019 => "secp521r1",
        0x001d => "x25519",
        0x11eb => "SecP256r1MLKEM768",
        0x11ec => "X25519MLKEM768",
        0x11ed => "SecP384r1MLKEM1024",
        _ => "a group of private use",
    };
    format!("{} with {group} ({:#06x})", channel.suite().name(), channel.group_code())
}
