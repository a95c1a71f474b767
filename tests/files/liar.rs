//! Senders that lie: clients whose core says what it should, and whose files are not what they were
//! said to be. Whatever they put, the receiver has the file that was offered or none.

use std::collections::BTreeMap;
use std::fs;
use std::future::pending;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use bauta::crypto::hash::sha256;
use bauta::crypto::password::Cost;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::identity::IdentityError;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::id::Id;
use bauta::net::cell;
use bauta::net::cell::CELL_LEN;
use bauta::net::cell::Capability;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::Welcome;
use bauta::net::channel;
use bauta::net::channel::CellWriter;
use bauta::net::channel::ConnectOptions;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::core::Core;
use bauta::net::client::core::FileOrder;
use bauta::net::client::core::FileReport;
use bauta::net::client::core::FileSource;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::core::Output;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::FileFailure;
use bauta::net::client::event::FileState;
use bauta::net::client::event::FileWait;
use bauta::net::client::event::MessageId;
use bauta::net::client::profile::Profile;
use bauta::net::clock;
use bauta::net::local::Network;
use bauta::signal::BodyAead;
use bauta::signal::file::Chunk;
use bauta::signal::file::FileKeys;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::people::PATIENCE;
use crate::people::World;
use crate::people::bytes;

const CHUNK: usize = 3_968;

/// What is said of a file, and what is sent of it.
struct Lie {
    size: u64,
    hash: [u8; 32],
    puts: Vec<Put>,
}

enum Put {
    /// A chunk as any other, with these bytes.
    Chunk(u32, Vec<u8>),
    /// One in which a bit was changed on the way.
    Flipped(u32, Vec<u8>),
    /// One in the mailbox of others.
    Astray(u32, Vec<u8>),
}

impl Put {
    fn frame(&self, keys: &FileKeys) -> ClientFrame {
        let (Self::Chunk(index, bytes) | Self::Flipped(index, bytes) | Self::Astray(index, bytes)) =
            self;
        let mut sealed = Chunk::seal(keys, *index, bytes).unwrap();
        let lane = Chunk::lane(*index) ^ u32::from(matches!(self, Self::Astray(..)));
        if matches!(self, Self::Flipped(..)) {
            sealed.envelope[100] ^= 1;
            sealed.id[0] ^= 1;
        }
        ClientFrame::Put {
            id: EnvelopeId::new(sealed.id),
            address: Capability::new(keys.lane(lane)).address(),
            envelope: Envelope::from_slice(&sealed.envelope).unwrap(),
            proof: None,
        }
    }
}

/// A client of the test's own, around the real core.
struct Liar {
    core: Core<StdRng>,
    writers: BTreeMap<Line, CellWriter<TcpStream>>,
    lie: Lie,
    told: mpsc::UnboundedSender<Event>,
}

/// The strings of a liar.
struct Strings {
    id: Id,
    commands: mpsc::UnboundedSender<Command>,
    told: mpsc::UnboundedReceiver<Event>,
}

impl Strings {
    async fn until<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        let wait = async {
            loop {
                if let Some(found) = wanted(self.told.recv().await.expect("the liar ended")) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, wait).await.expect("the liar hears nothing")
    }
}

fn welcome(cell: &[u8; CELL_LEN]) -> Box<Welcome> {
    match cell::decode::<RelayFrame>(cell).unwrap().remove(0) {
        RelayFrame::Welcome(welcome) => welcome,
        other => panic!("{other:?}"),
    }
}

fn verify(cell: &[u8; CELL_LEN]) -> Result<VerifiedKeySet, IdentityError> {
    let Welcome { network_key, key_set, signature, .. } = *welcome(cell);
    SignedKeySet::from_parts(network_key, key_set, signature).verify(None)
}

impl Liar {
    /// Starts one, which tells this lie of every file.
    async fn start(network: &Network, folder: &Path, lie: Lie) -> Strings {
        let mut rng = StdRng::seed_from_u64(1);
        let profile = Profile::open(folder, None, Cost::LEAST, &mut rng).unwrap();
        let (address, aead) = (network.address().clone(), BodyAead::Aes256Gcm);
        let now = clock::unix_ms();
        let (core, _) = Core::open(profile, address.clone(), aead, false, rng, now).unwrap();
        let (told, tells) = mpsc::unbounded_channel();
        let mut liar = Self { core, writers: BTreeMap::new(), lie, told };
        let (hears, heard) = mpsc::unbounded_channel();
        for line in Line::SHARED {
            let stream = TcpStream::connect((address.host(), address.port())).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let options = ConnectOptions {
                exchange: KeyExchange::Hybrid(Group::X25519),
                ..ConnectOptions::default()
            };
            let mut rng = clock::system_rng();
            let connected = channel::connect(stream, options, &mut rng, verify).await.unwrap();
            let (channel, verified, first) = connected;
            let (mut reader, writer) = channel.split();
            liar.writers.insert(line, writer);
            liar.take(Input::Up(line, Box::new(verified), welcome(&first))).await;
            let hears = hears.clone();
            tokio::spawn(async move {
                while let Ok(Some(cell)) = reader.next().await {
                    let _ = hears.send((line, cell::decode::<RelayFrame>(cell).unwrap()));
                }
            });
        }
        let (commands, wanted) = mpsc::unbounded_channel();
        let id = liar.core.own_id();
        tokio::spawn(liar.run(wanted, heard));
        Strings { id, commands, told: tells }
    }

    async fn run(
        mut self,
        mut commands: mpsc::UnboundedReceiver<Command>,
        mut heard: mpsc::UnboundedReceiver<(Line, Vec<RelayFrame>)>,
    ) {
        loop {
            let wait = self.core.next_wake().saturating_sub(clock::unix_ms());
            let input = tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => Input::Commands(vec![command]),
                    None => return,
                },
                frames = heard.recv() => match frames {
                    Some((line, frames)) => Input::Frames(line, frames),
                    None => pending().await,
                },
                () = tokio::time::sleep(Duration::from_millis(wait)) => Input::Tick,
            };
            self.take(input).await;
        }
    }

    async fn take(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for output in self.core.handle(input, clock::unix_ms()).unwrap() {
                match output {
                    Output::Send(line, frame) => self.say(line, frame).await,
                    Output::Event(event) => drop(self.told.send(event)),
                    Output::File(_, of, FileOrder::Prepare { path, .. }) => {
                        let Lie { size, hash, .. } = self.lie;
                        let source = FileSource { path, size, hash, modified: 0 };
                        let report = FileReport::Prepared { source, is_copy: false };
                        inputs.push(Input::File(of, report));
                    }
                    Output::File(line, _, FileOrder::Send { keys, .. }) => {
                        let frames: Vec<_> =
                            self.lie.puts.iter().map(|put| put.frame(&keys)).collect();
                        for frame in frames {
                            self.say(line, frame).await;
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    async fn say(&mut self, line: Line, frame: ClientFrame) {
        self.writers.get_mut(&line).unwrap().send(&cell::encode(frame).unwrap()).await.unwrap();
    }
}

/// Bob is lied to, and accepts.
async fn lied_to(lie: Lie) -> (World, Strings, MessageId) {
    let mut world = World::new().await;
    let mut liar = Liar::start(&world.network, &world.folder.path().join("liar"), lie).await;
    world.bob.tell(Command::Add { contact: liar.id.to_string(), nickname: None }).await;
    let contact = world.bob.id;
    liar.commands.send(Command::Add { contact: contact.to_string(), nickname: None }).unwrap();
    world.bob.matched().await;
    let path = PathBuf::from("/nowhere/a");
    liar.until(|event| {
        matches!(&event, Event::Contact(contact)
        if contact.state == ContactState::Matched)
        .then_some(())
    })
    .await;
    liar.commands.send(Command::SendFile { contact, path, strip: false }).unwrap();
    let (_, message) = world.bob.offered().await;
    world.bob.accept_from(liar.id, message, &world.inbox()).await;
    (world, liar, message)
}

/// Both sides know why it does not come, and nothing is there.
async fn fails(lie: Lie) {
    let (mut world, mut liar, _) = lied_to(lie).await;
    let wrong = FileState::Failed { reason: FileFailure::WrongHash };
    assert_eq!(world.bob.over().await, wrong);
    assert_eq!(world.came(), Vec::<String>::new());
    let over = |event| match event {
        Event::File { state, .. } if state.is_over() => Some(state),
        _ => None,
    };
    assert_eq!(liar.until(over).await, wrong);
    world.end().await;
}

fn chunks(bytes: &[u8]) -> Vec<Put> {
    (0..).zip(bytes.chunks(CHUNK)).map(|(index, part)| Put::Chunk(index, part.to_vec())).collect()
}

const LEN: usize = 5 * CHUNK + 100;
const SIZE: u64 = 5 * 3_968 + 100;

#[tokio::test(flavor = "multi_thread")]
async fn another_hash_than_was_offered_is_no_file() {
    let bytes = bytes(LEN);
    fails(Lie { size: SIZE, hash: [7; 32], puts: chunks(&bytes) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_offered_shorter_than_what_was_hashed_is_no_file() {
    let bytes = bytes(LEN);
    let short = &bytes[..LEN - 50];
    fails(Lie { size: SIZE - 50, hash: sha256(&[&bytes]), puts: chunks(short) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_that_was_changed_is_no_part_of_a_file() {
    let bytes = bytes(LEN);
    let mut puts = chunks(&bytes);
    puts[3] = Put::Chunk(3, vec![0; CHUNK]);
    fails(Lie { size: SIZE, hash: sha256(&[&bytes]), puts }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_authenticate_or_belong_there_is_passed_over() {
    let bytes = bytes(LEN);
    let part = |index: usize| bytes[index * CHUNK..(index + 1) * CHUNK].to_vec();
    let mut puts = vec![
        Put::Flipped(0, part(0)),
        Put::Astray(1, vec![0; CHUNK]),
        Put::Flipped(2, vec![0; CHUNK]),
    ];
    puts.extend(chunks(&bytes));
    let (mut world, _liar, _) = lied_to(Lie { size: SIZE, hash: sha256(&[&bytes]), puts }).await;
    let FileState::Done { path: Some(came) } = world.bob.over().await else {
        panic!("it did not come: {:?}", world.bob.seen.last());
    };
    assert!(fs::read(came).unwrap() == bytes);
    assert_eq!(world.came(), ["a"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_which_less_is_sent_than_was_offered_waits_and_leaves_nothing() {
    let bytes = bytes(LEN);
    let lie = Lie { size: SIZE + 1_000_000, hash: sha256(&[&bytes]), puts: Vec::new() };
    let puts = chunks(&bytes[..5 * CHUNK]);
    let (mut world, liar, message) = lied_to(Lie { puts, ..lie }).await;
    world
        .bob
        .file("wait", |state| {
            matches!(state, FileState::Waiting { done: _, why: FileWait::Contact })
        })
        .await;
    let came = world.came();
    assert!(came.len() == 1 && came[0].ends_with(".part"), "{came:?}");
    world.bob.tell(Command::CancelFile { contact: liar.id, message }).await;
    assert_eq!(world.bob.over().await, FileState::Cancelled { by_contact: false });
    assert_eq!(world.came(), Vec::<String>::new());
    world.end().await;
}
