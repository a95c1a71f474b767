//! Load on a relay: writers that put as fast as they are answered, and readers that acknowledge;
//! both come back whenever the relay does. What was promised and what was read is kept, to be
//! held against the store in the end.

use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

use bauta::crypto::secret::Secret;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::identity::IdentityError;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::net::cell;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::Capability;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::ENVELOPE_LEN;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::VERSION;
use bauta::net::channel;
use bauta::net::channel::CellReader;
use bauta::net::channel::CellWriter;
use bauta::net::channel::ConnectOptions;
use bauta::net::clock;
use bauta::net::server::store::Change;
use bauta::net::server::store::Embedded;
use bauta::net::server::store::Store as _;
use bauta::net::server::store::StoreError;
use bauta::net::server::store::StoreLimits;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::processes::PATIENCE;

/// Envelopes on their way from one writer.
const AHEAD: usize = 16;
/// Into one mailbox, before the next is written into: fewer than one holds.
pub(crate) const IN_ONE_MAILBOX: u32 = 512;

/// An envelope of a load, by its writer and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number(pub(crate) u8, pub(crate) u32);

impl Number {
    pub(crate) fn mailbox(self) -> Capability {
        mailbox(self.0, self.1 / IN_ONE_MAILBOX)
    }

    pub(crate) fn id(self) -> EnvelopeId {
        let mut bytes = [7; 16];
        bytes[0] = self.0;
        bytes[1..5].copy_from_slice(&self.1.to_be_bytes());
        EnvelopeId::new(bytes)
    }

    fn of(id: &EnvelopeId) -> Self {
        let bytes = id.as_bytes();
        Self(bytes[0], u32::from_be_bytes(bytes[1..5].try_into().unwrap()))
    }

    /// Every byte of it follows from the number.
    pub(crate) fn envelope(self) -> Envelope {
        let mut bytes = [self.0; ENVELOPE_LEN];
        for (at, chunk) in bytes.chunks_exact_mut(8).enumerate() {
            chunk[..4].copy_from_slice(&self.1.to_be_bytes());
            chunk[4..6].copy_from_slice(&u16::try_from(at).unwrap().to_be_bytes());
        }
        Envelope::from_slice(&bytes).unwrap()
    }

    pub(crate) fn put(self) -> ClientFrame {
        let address = self.mailbox().address();
        ClientFrame::Put { id: self.id(), address, envelope: self.envelope(), proof: None }
    }

    pub(crate) fn change(self) -> Change {
        let address = self.mailbox().address();
        Change::Put { address, id: self.id(), envelope: self.envelope(), effort: 0 }
    }
}

pub(crate) fn mailbox(writer: u8, number: u32) -> Capability {
    let mut bytes = [writer; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    Capability::new(Secret::new(bytes))
}

/// A connection that speaks frames.
pub(crate) struct Client {
    reader: CellReader<TcpStream>,
    writer: CellWriter<TcpStream>,
    inbox: VecDeque<RelayFrame>,
}

impl Client {
    /// `None` when there is no relay at the moment.
    pub(crate) async fn connect(port: u16) -> Option<Self> {
        let connected = async {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
            stream.set_nodelay(true).ok()?;
            let exchange = KeyExchange::Hybrid(Group::X25519);
            let options = ConnectOptions { exchange, ..ConnectOptions::default() };
            let mut rng = clock::system_rng();
            channel::connect(stream, options, &mut rng, verify).await.ok()
        };
        let channel = timeout(PATIENCE, connected).await.expect("an answer in time")?;
        let (reader, writer) = channel.0.split();
        let mut client = Self { reader, writer, inbox: VecDeque::new() };
        client.send(ClientFrame::Hello { version: VERSION, join: None }).await?;
        Some(client)
    }

    /// `None` when the relay has gone.
    pub(crate) async fn send(&mut self, frame: ClientFrame) -> Option<()> {
        self.writer.send(&cell::encode(frame).unwrap()).await.ok()
    }

    /// The next frame; nothing once the relay has gone.
    pub(crate) async fn next(&mut self) -> Option<RelayFrame> {
        while self.inbox.is_empty() {
            let read = timeout(PATIENCE, self.reader.next()).await.expect("a frame in time");
            self.inbox.extend(cell::decode(read.ok()??).unwrap());
        }
        self.inbox.pop_front()
    }
}

fn verify(welcome: &[u8; CELL_LEN]) -> Result<VerifiedKeySet, IdentityError> {
    let frames = cell::decode::<RelayFrame>(welcome).unwrap();
    let [RelayFrame::Welcome(welcome)] = &frames[..] else { panic!("{frames:?}") };
    let (key, set) = (welcome.network_key.clone(), welcome.key_set.clone());
    SignedKeySet::from_parts(key, set, welcome.signature.clone()).verify(None)
}

/// What is known of all envelopes.
#[derive(Default)]
pub(crate) struct Known {
    /// The relay has said Stored.
    pub(crate) promised: BTreeSet<Number>,
    /// A reader has it.
    pub(crate) read: BTreeSet<Number>,
    /// Answers that were neither Stored nor Full.
    pub(crate) refused: usize,
}

/// Writers and readers on threads of their own.
pub(crate) struct Load {
    known: Arc<Mutex<Known>>,
    ends: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// Writers 1 to `writers`; each second one is read.
    pub(crate) fn on(port: u16, writers: u8) -> Self {
        let (known, ends) = (Arc::<Mutex<Known>>::default(), Arc::new(AtomicBool::new(false)));
        let mut load = Self { known, ends, threads: Vec::new() };
        for writer in 1..=writers {
            load.spawn(move |known, ends| write(port, writer, known, ends));
            if writer % 2 == 0 {
                load.spawn(move |known, ends| read(port, writer, known, ends));
            }
        }
        load
    }

    fn spawn<F: Future<Output = ()>>(
        &mut self,
        run: impl FnOnce(Arc<Mutex<Known>>, Arc<AtomicBool>) -> F + Send + 'static,
    ) {
        let (known, ends) = (Arc::clone(&self.known), Arc::clone(&self.ends));
        self.threads.push(thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(run(known, ends));
        }));
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap()
    }

    pub(crate) fn promised(&self) -> usize {
        self.known().promised.len()
    }

    /// Waits until this many are promised.
    pub(crate) fn until_promised(&self, count: usize) {
        let deadline = crate::processes::deadline();
        while self.promised() < count {
            assert!(crate::processes::now() < deadline, "{} of {count}", self.promised());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Ends it. What is known then.
    pub(crate) fn end(self) -> Known {
        self.ends.store(true, Ordering::SeqCst);
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
        std::mem::take(&mut self.known.lock().unwrap())
    }
}

/// How long somebody waits for a relay that is not there.
const AGAIN: Duration = Duration::from_millis(10);

async fn write(port: u16, writer: u8, known: Arc<Mutex<Known>>, ends: Arc<AtomicBool>) {
    let mut next = 0;
    while !ends.load(Ordering::SeqCst) {
        let Some(mut client) = Client::connect(port).await else {
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        let mut waiting = 0;
        loop {
            while waiting < AHEAD && !ends.load(Ordering::SeqCst) {
                if client.send(Number(writer, next).put()).await.is_none() {
                    break;
                }
                (next, waiting) = (next + 1, waiting + 1);
            }
            if waiting == 0 {
                break;
            }
            waiting -= 1;
            match client.next().await {
                Some(RelayFrame::Stored { id, .. }) => {
                    known.lock().unwrap().promised.insert(Number::of(&id));
                }
                Some(RelayFrame::Refused { .. }) => {
                    known.lock().unwrap().refused += 1;
                    tokio::time::sleep(AGAIN).await;
                }
                Some(RelayFrame::Closing { .. }) | None => break,
                Some(other) => panic!("{other:?}"),
            }
        }
    }
}

/// Reads what one writer writes, until it has ended and nothing more comes.
async fn read(port: u16, writer: u8, known: Arc<Mutex<Known>>, ends: Arc<AtomicBool>) {
    while !ends.load(Ordering::SeqCst) {
        let Some(mut client) = Client::connect(port).await else {
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        let capabilities = (0..64).map(|number| mailbox(writer, number)).collect();
        if client.send(ClientFrame::Subscribe { capabilities }).await.is_none() {
            continue;
        }
        while !ends.load(Ordering::SeqCst) {
            // Whoever writes may have ended.
            let Ok(frame) = timeout(AGAIN, client.next()).await else { continue };
            match frame {
                Some(RelayFrame::Deliver { seq, envelope, .. }) => {
                    let Some(number) = number_in(writer, &envelope) else { panic!("wrong bytes") };
                    known.lock().unwrap().read.insert(number);
                    let ack = ClientFrame::Ack { capability: number.mailbox(), up_to: seq };
                    if client.send(ack).await.is_none() {
                        break;
                    }
                }
                Some(RelayFrame::Closing { .. }) | None => break,
                Some(other) => panic!("{other:?}"),
            }
        }
    }
}

/// Which one these bytes are, all of them.
pub(crate) fn number_in(writer: u8, envelope: &Envelope) -> Option<Number> {
    let number = u32::from_be_bytes(envelope.as_bytes()[..4].try_into().unwrap());
    let number = Number(writer, number);
    (number.envelope() == *envelope).then_some(number)
}

/// The numbers of everything in a store, each with its own bytes; prefilled ones are left out.
pub(crate) fn kept(store: &Path) -> BTreeSet<Number> {
    try_kept(store).unwrap()
}

/// The same of a store that may be damaged.
pub(crate) fn try_kept(store: &Path) -> Result<BTreeSet<Number>, StoreError> {
    let store = Embedded::open(store, StoreLimits::default(), clock::unix_s())?;
    assert_eq!(store.damage(), []);
    let contents = store.reader()?.contents()?;
    let ours = contents.iter().filter(|kept| kept.id.as_bytes()[5..] == [7; 11]);
    Ok(ours
        .map(|kept| {
            let number = Number::of(&kept.id);
            let address = number.mailbox().address();
            assert!(kept.envelope == number.envelope() && kept.address == address);
            number
        })
        .collect())
}

/// What was promised, is not in the store and was read by nobody.
pub(crate) fn lost(known: &Known, kept: &BTreeSet<Number>) -> Vec<Number> {
    let is_there = |number: &&Number| !kept.contains(number) && !known.read.contains(number);
    known.promised.iter().filter(is_there).copied().collect()
}
