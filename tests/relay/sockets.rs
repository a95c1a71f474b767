//! The whole relay over loopback.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bauta::handshake;
use bauta::handshake::AlertDescription;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::identity::IdentityError;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::keys::KeyDir;
use bauta::net::cell;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::Refusal;
use bauta::net::cell::RelayFrame;
use bauta::net::channel;
use bauta::net::channel::CellReader;
use bauta::net::channel::CellWriter;
use bauta::net::channel::ChannelError;
use bauta::net::channel::ConnectError;
use bauta::net::channel::ConnectOptions;
use bauta::net::clock;
use bauta::net::server;
use bauta::net::server::RelayConfig;
use bauta::net::server::RelayLimits;
use bauta::net::server::Running;
use bauta::net::server::ServerError;
use bauta::net::server::WINDOW;
use bauta::net::server::store::Change;
use bauta::net::server::store::Damage;
use bauta::net::server::store::Done;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Memory;
use bauta::net::server::store::Reader;
use bauta::net::server::store::Store;
use bauta::net::server::store::StoreError;
use bauta::net::server::store::StoreLimits;
use bauta::net::server::store::Swept;
use bauta::net::server::store::Usage;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::NOW;
use super::ack;
use super::delivered;
use super::hello;
use super::id;
use super::now;
use super::numbers;
use super::put;
use super::put_change;
use super::stored;
use super::subscribe;

/// No wait in these tests is longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn memory() -> Box<dyn Store> {
    Box::new(Memory::new(StoreLimits::default(), NOW))
}

pub(super) async fn start(store: Box<dyn Store>, limits: RelayLimits) -> Running {
    start_watched(store, limits, None).await
}

pub(super) async fn start_watched(
    store: Box<dyn Store>,
    limits: RelayLimits,
    metrics: Option<TcpListener>,
) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyDir::open_or_create(folder.path(), &mut clock::system_rng()).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    server::start(listener, RelayConfig { keys, store, limits, clock: now, join: None, metrics })
        .unwrap()
}

/// A client that speaks frames.
pub(super) struct Client {
    pub(super) reader: CellReader<TcpStream>,
    pub(super) writer: CellWriter<TcpStream>,
    inbox: VecDeque<RelayFrame>,
}

impl Client {
    /// Connected, and Hello said.
    pub(super) async fn new(relay: &Running) -> Self {
        let mut client = Self::silent(relay).await;
        client.send(hello()).await;
        client
    }

    /// Connected, and nothing said.
    pub(super) async fn silent(relay: &Running) -> Self {
        Self::at(relay.address()).await
    }

    async fn at(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(stream, verify).await.unwrap()
    }

    /// Connected over a stream; a relay may hang up instead.
    pub(super) async fn over(
        stream: TcpStream,
        verify: impl FnOnce(&[u8; CELL_LEN]) -> Result<VerifiedKeySet, IdentityError> + Send,
    ) -> Result<Self, ConnectError<IdentityError>> {
        // Otherwise the first cell waits for an acknowledgement, in time that no test can pause.
        stream.set_nodelay(true).unwrap();
        let options = ConnectOptions {
            exchange: KeyExchange::Hybrid(Group::X25519),
            ..ConnectOptions::default()
        };
        let mut rng = clock::system_rng();
        let connected = channel::connect(stream, options, &mut rng, verify).await?;
        let (reader, writer) = connected.0.split();
        Ok(Self { reader, writer, inbox: VecDeque::new() })
    }

    pub(super) async fn send(&mut self, frame: ClientFrame) {
        self.writer.send(&cell::encode(frame).unwrap()).await.unwrap();
    }

    /// The next frame; nothing once the relay has said close_notify.
    pub(super) async fn next(&mut self) -> Option<RelayFrame> {
        while self.inbox.is_empty() {
            let cell = timeout(PATIENCE, self.reader.next()).await.unwrap().unwrap()?;
            self.inbox.extend(cell::decode(cell).unwrap());
        }
        self.inbox.pop_front()
    }

    pub(super) async fn take(&mut self, count: usize) -> Vec<RelayFrame> {
        let mut frames = Vec::new();
        while frames.len() < count {
            frames.push(self.next().await.unwrap());
        }
        frames
    }

    /// The reason of the Closing that comes next, and nothing after it.
    pub(super) async fn closing(&mut self) -> CloseReason {
        let frame = self.next().await;
        let Some(RelayFrame::Closing { reason, .. }) = frame else { panic!("{frame:?}") };
        assert_eq!(self.next().await, None);
        reason
    }
}

pub(super) fn verify(cell: &[u8; CELL_LEN]) -> Result<VerifiedKeySet, IdentityError> {
    let frames = cell::decode::<RelayFrame>(cell).unwrap();
    let [RelayFrame::Welcome(welcome)] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!(welcome.now, NOW);
    verify_by_any_clock(cell)
}

/// The same of a relay in a process of its own.
pub(super) fn verify_by_any_clock(cell: &[u8; CELL_LEN]) -> Result<VerifiedKeySet, IdentityError> {
    let frames = cell::decode::<RelayFrame>(cell).unwrap();
    let [RelayFrame::Welcome(welcome)] = &frames[..] else { panic!("{frames:?}") };
    assert_eq!(welcome.retention, 21 * 86_400);
    assert_eq!(welcome.versions, [cell::VERSION]);
    let limits = welcome.limits;
    assert_eq!((limits.envelopes_per_mailbox, limits.window), (1024, 64));
    let (key, set) = (welcome.network_key.clone(), welcome.key_set.clone());
    SignedKeySet::from_parts(key, set, welcome.signature.clone()).verify(None)
}

#[tokio::test]
async fn two_clients_talk_through_a_durable_relay_that_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let path = folder.path().join("store");
        Box::new(Embedded::open(&path, StoreLimits::default(), NOW).unwrap())
    };
    let relay = start(open(), RelayLimits::default()).await;
    let mut alice = Client::new(&relay).await;
    for number in 0..200 {
        alice.send(put(1, number)).await;
    }
    assert_eq!(stored(&alice.take(200).await), (0..200).map(id).collect::<Vec<_>>());
    let contents = relay.contents().await.unwrap();
    assert_eq!(contents.len(), 200);
    let mut bob = Client::new(&relay).await;
    bob.send(subscribe([1])).await;
    let frames = bob.take(WINDOW).await;
    bob.send(ack(1, delivered(&frames[9]).0)).await;
    assert_eq!(numbers(&bob.take(10).await).len(), 10);
    let counters = relay.stop().await.unwrap();
    assert_eq!((counters.stored, counters.acknowledged), (200, 10));
    assert_eq!(alice.closing().await, CloseReason::Stopping);
    assert_eq!(bob.closing().await, CloseReason::Stopping);

    let relay = start(open(), RelayLimits::default()).await;
    let mut bob = Client::new(&relay).await;
    bob.send(subscribe([1])).await;
    let mut seen = Vec::new();
    while seen.len() < 190 {
        let frames = bob.take(1).await;
        seen.extend(numbers(&frames));
        bob.send(ack(1, delivered(&frames[0]).0)).await;
    }
    assert_eq!(seen, (10..200).collect::<Vec<_>>());
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn a_subscriber_is_woken_by_what_was_put_elsewhere() {
    let relay = start(memory(), RelayLimits::default()).await;
    let (mut alice, mut bob) = (Client::new(&relay).await, Client::new(&relay).await);
    bob.send(subscribe([1, 2, 3])).await;
    for number in 0..300 {
        alice.send(put(u8::try_from(number % 3 + 1).unwrap(), number)).await;
        assert_eq!(stored(&alice.take(1).await), [id(number)]);
        let frames = bob.take(1).await;
        assert_eq!(numbers(&frames), [number]);
        let mailbox = u8::try_from(number % 3 + 1).unwrap();
        bob.send(ack(mailbox, delivered(&frames[0]).0)).await;
    }
    bob.send(ClientFrame::Ping).await;
    assert_eq!(bob.next().await, Some(RelayFrame::Pong));
    assert_eq!(relay.stop().await.unwrap().acknowledged, 300);
}

/// A store that meets damage in its first sweep, and whose commits fail after one.
pub(super) struct Faulty {
    store: Memory,
    has_committed: bool,
    damage: Vec<Damage>,
    failure: fn() -> StoreError,
}

impl Faulty {
    pub(super) fn new(damage: Vec<Damage>, failure: fn() -> StoreError) -> Self {
        let store = Memory::new(StoreLimits::default(), NOW);
        Self { store, has_committed: false, damage, failure }
    }
}

impl Store for Faulty {
    fn commit(&mut self, changes: &[Change], now_s: u64) -> Result<Vec<Done>, StoreError> {
        if std::mem::replace(&mut self.has_committed, true) {
            return Err((self.failure)());
        }
        self.store.commit(changes, now_s)
    }

    fn sweep(&mut self, now_s: u64, limit: usize) -> Result<Swept, StoreError> {
        let damaged = std::mem::take(&mut self.damage);
        Ok(Swept { damaged, ..self.store.sweep(now_s, limit)? })
    }

    fn sweep_on(&mut self, limit: usize) -> Result<Swept, StoreError> {
        self.store.sweep_on(limit)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        self.store.reader()
    }

    fn limits(&self) -> StoreLimits {
        self.store.limits()
    }

    fn usage(&self) -> Usage {
        self.store.usage()
    }
}

#[tokio::test]
async fn a_store_that_fails_for_good_stops_the_relay_in_order() {
    let store = Faulty::new(Vec::new(), || StoreError::Halted);
    let relay = start(Box::new(store), RelayLimits::default()).await;
    let mut alice = Client::new(&relay).await;
    alice.send(put(1, 1)).await;
    assert_eq!(stored(&alice.take(1).await), [id(1)]);
    alice.send(put(1, 2)).await;
    timeout(PATIENCE, relay.halted()).await.unwrap();
    let error = relay.stop().await.unwrap_err();
    assert!(matches!(error, ServerError::Halted), "{error:?}");
    let refused = RelayFrame::Refused { id: id(2), reason: Refusal::StoreFailed, retry_after: 60 };
    assert_eq!(alice.next().await, Some(refused));
    assert_eq!(alice.closing().await, CloseReason::Stopping);
}

#[tokio::test]
async fn misbehaviour_closes_with_a_code() {
    let relay = start(memory(), RelayLimits::default()).await;
    let mut early = Client::silent(&relay).await;
    early.send(put(1, 1)).await;
    assert_eq!(early.closing().await, CloseReason::Unexpected);

    let mut unknown = Client::new(&relay).await;
    let mut bytes = [0; CELL_LEN];
    bytes[..4].copy_from_slice(&[0, 2, 0x81, 99]);
    unknown.writer.send(&bytes).await.unwrap();
    assert_eq!(unknown.closing().await, CloseReason::Malformed);

    let mut greedy = Client::new(&relay).await;
    greedy.send(subscribe([1])).await;
    greedy.send(ack(1, 7)).await;
    assert_eq!(greedy.closing().await, CloseReason::Undelivered);
    let counters = relay.stop().await.unwrap();
    assert_eq!((counters.misbehaved, counters.stored), (3, 0));
}

/// A place in front of a relay where what a client sends is changed as soon as `corrupts` says so.
async fn corrupting(relay: SocketAddr, corrupts: Arc<AtomicBool>) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut from_client, mut to_client) = listener.accept().await.unwrap().0.into_split();
        let (mut from_relay, mut to_relay) = TcpStream::connect(relay).await.unwrap().into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_relay, &mut to_client).await });
        let mut bytes = [0; 2 * CELL_LEN];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            bytes[count - 1] ^= u8::from(corrupts.load(Ordering::SeqCst));
            to_relay.write_all(&bytes[..count]).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn a_record_that_does_not_authenticate_is_answered_with_its_alert() {
    let relay = start(memory(), RelayLimits::default()).await;
    let corrupts = Arc::new(AtomicBool::new(false));
    let mut client = Client::at(corrupting(relay.address(), Arc::clone(&corrupts)).await).await;
    client.send(hello()).await;
    client.send(ClientFrame::Ping).await;
    assert_eq!(client.next().await, Some(RelayFrame::Pong));
    corrupts.store(true, Ordering::SeqCst);
    client.send(ClientFrame::Ping).await;
    let error = timeout(PATIENCE, client.reader.next()).await.unwrap().unwrap_err();
    let alert = handshake::Error::PeerAlert(AlertDescription::BAD_RECORD_MAC);
    assert!(matches!(error, ChannelError::Protocol(error) if error == alert), "{error:?}");
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_no_handshake_is_dropped_and_harms_nobody() {
    let relay = start(memory(), RelayLimits::default()).await;
    for garbage in [&b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n"[..], &[0x16, 3, 1, 0xff, 0xff], &[]] {
        let mut stream = TcpStream::connect(relay.address()).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // A reset is as good an end as any.
        let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
    }
    let mut client = Client::new(&relay).await;
    client.send(put(1, 1)).await;
    assert_eq!(stored(&client.take(1).await), [id(1)]);
    assert_eq!(relay.stop().await.unwrap().handshakes_failed, 3);
}

/// What a peer still writes would otherwise meet a reset, which can cost it the alert.
#[tokio::test]
async fn who_still_writes_can_read_why_it_was_refused() {
    let relay = start(memory(), RelayLimits::default()).await;
    let mut stream = TcpStream::connect(relay.address()).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut alert = [0; 7];
    timeout(PATIENCE, stream.read_exact(&mut alert)).await.unwrap().unwrap();
    assert_eq!(alert, [21, 3, 3, 0, 2, 2, 10]);
    // The end of the relay's direction: by now it has nothing more to say.
    assert_eq!(timeout(PATIENCE, stream.read(&mut alert)).await.unwrap().unwrap(), 0);
    for _ in 0..16 {
        stream.write_all(&[0; 4096]).await.unwrap();
    }
    stream.shutdown().await.unwrap();
    assert_eq!(timeout(PATIENCE, stream.read(&mut alert)).await.unwrap().unwrap(), 0);
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn half_open_handshakes_do_not_hold_up_a_stop() {
    let relay = start(memory(), RelayLimits::default()).await;
    let half_open = TcpStream::connect(relay.address()).await.unwrap();
    Client::new(&relay).await;
    timeout(PATIENCE, relay.stop()).await.unwrap().unwrap();
    drop(half_open);
}

#[tokio::test]
async fn one_connection_too_many_is_turned_away() {
    let limits = RelayLimits { connections: 1, ..RelayLimits::default() };
    let relay = start(memory(), limits).await;
    let mut first = Client::new(&relay).await;
    first.send(ClientFrame::Ping).await;
    assert_eq!(first.next().await, Some(RelayFrame::Pong));
    let mut second = Client::silent(&relay).await;
    assert_eq!(second.closing().await, CloseReason::Full);
    first.writer.close().await.unwrap();
    assert!(first.reader.next().await.unwrap().is_none());
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_says_nothing_is_told_and_closed() {
    let relay = start(memory(), RelayLimits::default()).await;
    let mut silent = Client::silent(&relay).await;
    let mut idle = Client::new(&relay).await;
    idle.send(ClientFrame::Ping).await;
    assert_eq!(idle.next().await, Some(RelayFrame::Pong));
    // From here on time passes whenever nobody has anything to do.
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let cell = silent.reader.next().await.unwrap().unwrap();
    let closing = RelayFrame::Closing { reason: CloseReason::Idle, retry_after: 0 };
    assert_eq!(cell::decode::<RelayFrame>(cell).unwrap(), std::slice::from_ref(&closing));
    assert!(start.elapsed() <= Duration::from_secs(60));
    let cell = idle.reader.next().await.unwrap().unwrap();
    assert_eq!(cell::decode::<RelayFrame>(cell).unwrap(), [closing]);
    assert!(start.elapsed() >= Duration::from_secs(590));
    tokio::time::resume();
    assert_eq!(relay.stop().await.unwrap().cut, 2);
}

#[tokio::test]
async fn empty_cells_do_not_put_hello_off() {
    let relay = start(memory(), RelayLimits::default()).await;
    let mut client = Client::silent(&relay).await;
    tokio::time::pause();
    let mut cell = None;
    for _ in 0..20 {
        // The relay may have closed already, which is then read below.
        let _ = client.writer.send(&[0; CELL_LEN]).await;
        let soon = timeout(Duration::from_secs(3), client.reader.next()).await;
        if let Ok(closing) = soon {
            cell = closing.unwrap().copied();
            break;
        }
    }
    tokio::time::resume();
    let closing = RelayFrame::Closing { reason: CloseReason::Idle, retry_after: 0 };
    let cell = cell.expect("a minute of empty cells is no Hello");
    assert_eq!(cell::decode::<RelayFrame>(&cell).unwrap(), [closing]);
    relay.stop().await.unwrap();
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut_and_loses_nothing() {
    let mut store = memory();
    for mailbox in 0..48 {
        let puts: Vec<_> = (0..64).map(|number| put_change(mailbox, number)).collect();
        store.commit(&puts, NOW).unwrap();
    }
    // It is the stuck write that is to be noticed, not the silence.
    let year = Duration::from_secs(365 * 86_400);
    let relay = start(store, RelayLimits { idle: year, ..RelayLimits::default() }).await;
    let mut slow = Client::new(&relay).await;
    slow.send(subscribe(0..48)).await;
    tokio::time::pause();
    while relay.counters().cut == 0 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::resume();
    assert_eq!(relay.contents().await.unwrap().len(), 48 * 64);
    let mut back = Client::new(&relay).await;
    back.send(subscribe([7])).await;
    assert_eq!(numbers(&back.take(64).await), (0..64).collect::<Vec<_>>());
    relay.stop().await.unwrap();
}

/// Everything that anything in this process has logged.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_most_verbose_log_names_nobody() {
    // Of the time's digits any four can be those that are looked for.
    let log = tracing_subscriber::fmt().without_time();
    log.with_max_level(tracing::Level::TRACE).with_writer(|| Log).init();
    let relay = start(memory(), RelayLimits::default()).await;
    let port = relay.address().port().to_string();
    let mut client = Client::new(&relay).await;
    client.send(subscribe([1])).await;
    client.send(put(1, 1)).await;
    client.take(2).await;
    client.send(hello()).await;
    client.closing().await;
    relay.stop().await.unwrap();
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let log = String::from_utf8(log).unwrap();
    assert!(log.contains("serving") && log.contains("stopped"), "the search looks at a log");
    for trace in ["127.0.0.1", &port, "0707", "[7, 7", "[1, 1", "5a5a"] {
        assert!(!log.contains(trace), "{trace} in {log}");
    }
}
