//! A SOCKS5 proxy of the tests' own (RFC 1928, RFC 1929) that keeps what it was asked.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;

/// What one connection asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// 1: an IPv4 address, 3: a name, 4: an IPv6 address.
    pub kind: u8,
    pub host: String,
    pub port: u16,
    pub login: (String, String),
}

/// A proxy that leads every name to this computer.
pub struct Proxy {
    pub port: u16,
    seen: Arc<Mutex<Vec<Asked>>>,
    open: Arc<Mutex<Vec<TcpStream>>>,
    ending: Arc<AtomicBool>,
}

impl Proxy {
    /// On any free port of the loopback interface.
    pub fn new() -> Self {
        Self::at("127.0.0.1:0")
    }

    pub fn at(place: &str) -> Self {
        let listener = TcpListener::bind(place).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Vec<Asked>>>::default();
        let open = Arc::<Mutex<Vec<TcpStream>>>::default();
        let ending = Arc::new(AtomicBool::new(false));
        let (log, streams, end) = (Arc::clone(&seen), Arc::clone(&open), Arc::clone(&ending));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                let (log, streams) = (Arc::clone(&log), Arc::clone(&streams));
                // Whoever says what no client says is hung up on.
                thread::spawn(move || serve(stream, &log, &streams));
            }
        });
        Self { port, seen, open, ending }
    }

    pub fn url(&self) -> String {
        format!("socks5://127.0.0.1:{}", self.port)
    }

    /// What was asked so far, in order.
    pub fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().clone()
    }

    /// Cuts every connection, and takes no other.
    pub fn stop(self) -> u16 {
        self.ending.store(true, Ordering::SeqCst);
        // The listener closes when it has heard of it.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            thread::yield_now();
        }
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.port
    }
}

fn serve(
    mut client: TcpStream,
    log: &Mutex<Vec<Asked>>,
    open: &Mutex<Vec<TcpStream>>,
) -> io::Result<()> {
    let asked = greet(&mut client)?;
    log.lock().unwrap().push(asked.clone());
    let Ok(relay) = TcpStream::connect(("127.0.0.1", asked.port)) else {
        return client.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]);
    };
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    for stream in [&client, &relay] {
        stream.set_nodelay(true)?;
        open.lock().unwrap().push(stream.try_clone()?);
    }
    let (from, to) = (client.try_clone()?, relay.try_clone()?);
    thread::spawn(move || pass(from, to));
    pass(relay, client);
    Ok(())
}

/// What is asked, before it is answered.
pub fn greet(client: &mut TcpStream) -> io::Result<Asked> {
    let [version, methods] = read(client)?;
    let mut offered = vec![0; methods.into()];
    client.read_exact(&mut offered)?;
    assert!(version == 5 && offered.contains(&2), "a client that can say who it is");
    client.write_all(&[5, 2])?;
    let [version] = read(client)?;
    assert_eq!(version, 1);
    let login = (text(client)?, text(client)?);
    client.write_all(&[1, 0])?;
    let [version, command, _, kind] = read(client)?;
    assert_eq!((version, command), (5, 1));
    let host = match kind {
        1 => std::net::Ipv4Addr::from(read::<4>(client)?).to_string(),
        3 => text(client)?,
        4 => std::net::Ipv6Addr::from(read::<16>(client)?).to_string(),
        other => panic!("an address of kind {other}"),
    };
    let port = u16::from_be_bytes(read(client)?);
    Ok(Asked { kind, host, port, login })
}

fn read<const N: usize>(client: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn text(client: &mut TcpStream) -> io::Result<String> {
    let [len] = read(client)?;
    let mut bytes = vec![0; len.into()];
    client.read_exact(&mut bytes)?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    // Either end may go at any time.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
