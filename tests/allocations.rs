//! What the hot path of a channel asks of the allocator: nothing. Its own binary, since counting
//! replaces the allocator.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use bauta::crypto::sign::Curve;
use bauta::crypto::sign::SigningKey;
use bauta::handshake::CipherSuite;
use bauta::handshake::Group;
use bauta::handshake::KeyExchange;
use bauta::handshake::SigningKeys;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::SignedKeySet;
use bauta::net::channel::CELL_LEN;
use bauta::net::channel::CellReader;
use bauta::net::channel::CellWriter;
use bauta::net::channel::ConnectOptions;
use bauta::net::channel::HANDSHAKE_DEADLINE;
use bauta::net::channel::accept;
use bauta::net::channel::connect;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::runtime::Runtime;

const CELLS: u8 = 200;
/// As many as one write of the sender holds, and a few more.
const BATCH: usize = 20;

/// Both ends of a channel over loopback, and the one thread that runs them.
struct World {
    runtime: Runtime,
    writes: CellWriter<TcpStream>,
    reads: CellReader<TcpStream>,
    /// The directions that nothing is said in.
    _others: (CellReader<TcpStream>, CellWriter<TcpStream>),
}

impl World {
    fn new(suite: CipherSuite) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let ((their_reads, writes), (reads, their_writes)) = runtime.block_on(pair(suite));
        Self { runtime, writes, reads, _others: (their_reads, their_writes) }
    }

    /// Sends cells and reads them as they come.
    fn exchange(&mut self, cells: &[[u8; CELL_LEN]]) {
        let Self { runtime, writes, reads, _others } = self;
        let send = async { writes.send_many(cells).await.unwrap() };
        let read = async {
            for cell in cells {
                assert!(reads.next().await.unwrap() == Some(cell));
            }
        };
        runtime.block_on(async { tokio::join!(send, read) });
    }
}

type Halves = (CellReader<TcpStream>, CellWriter<TcpStream>);

async fn pair(suite: CipherSuite) -> (Halves, Halves) {
    let mut rng = StdRng::seed_from_u64(1);
    let network = SigningKey::generate(Curve::P521, &mut rng);
    let keys = SigningKeys::generate(&mut rng).unwrap();
    let signed = SignedKeySet::sign(&network, &KeySet::new(1, &keys)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut rng = StdRng::seed_from_u64(2);
        accept(stream, &keys, &[7; CELL_LEN], HANDSHAKE_DEADLINE, &mut rng).await.unwrap()
    };
    let ask = async {
        let stream = TcpStream::connect(address).await.unwrap();
        let options = ConnectOptions { exchange: KeyExchange::Classical(Group::X25519), suite };
        connect(stream, options, &mut rng, |_| signed.verify(None)).await.unwrap().0
    };
    let (server, client) = tokio::join!(serve, ask);
    (client.split(), server.split())
}

/// How often the allocator is asked while this runs.
fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn a_cell_is_sent_and_read_without_an_allocation() {
    for suite in CipherSuite::ALL {
        let mut world = World::new(suite);
        // The first ones make the buffers that the others use.
        (0..10).for_each(|fill| world.exchange(&[[fill; CELL_LEN]]));
        let count = allocations(|| {
            (0..CELLS).for_each(|fill| world.exchange(&[[fill; CELL_LEN]]));
        });
        assert_eq!(count, 0, "{suite:?}: {count} for {CELLS} cells");
    }
}

#[test]
fn a_batch_of_cells_costs_none_either() {
    let cells: Vec<_> = (0..BATCH).map(|at| [u8::try_from(at).unwrap(); CELL_LEN]).collect();
    let mut world = World::new(CipherSuite::Aes256GcmSha384);
    (0..10).for_each(|_| world.exchange(&cells));
    assert_eq!(allocations(|| (0..10).for_each(|_| world.exchange(&cells))), 0);
}

#[test]
fn the_count_would_notice() {
    let mut world = World::new(CipherSuite::Aes256GcmSha384);
    assert!(allocations(|| drop(vec![0; CELL_LEN])) > 0);
    // A channel that starts has no buffers yet.
    let thread = std::thread::spawn(move || allocations(|| world.exchange(&[[1; CELL_LEN]])));
    assert!(thread.join().unwrap() > 0);
}
