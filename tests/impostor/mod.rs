//! Somebody who has taken the relay's place on the network.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use bauta::handshake::SigningKeys;
use bauta::handshake::identity::SignedKeySet;
use bauta::net::cell;
use bauta::net::cell::Limits;
use bauta::net::cell::Pace;
use bauta::net::cell::Policy;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::Welcome;
use bauta::net::channel;
use bauta::net::clock::system_rng;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Does the handshake with keys of its
/// own, and shows any key set as Welcome.
pub struct Impostor {
    runtime: Runtime,
    met: watch::Receiver<usize>,
    finished: Arc<AtomicUsize>,
}

impl Impostor {
    pub fn start(port: u16, keys: SigningKeys, signed: &SignedKeySet) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", port))).unwrap();
        let welcome = welcome(signed);
        let finished = Arc::<AtomicUsize>::default();
        let (count, met) = watch::channel(0);
        let done = Arc::clone(&finished);
        runtime.spawn(async move {
            // The connections live until the impostor goes.
            let mut open = Vec::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let limit = Duration::from_secs(60);
                let accepted =
                    channel::accept(stream, &keys, &welcome, limit, &mut system_rng()).await;
                if let Ok(channel) = accepted {
                    done.fetch_add(1, SeqCst);
                    open.push(channel);
                }
                count.send_modify(|met| *met += 1);
            }
        });
        Self { runtime, met, finished }
    }

    /// Waits until so many handshakes have come to their end.
    pub fn met(&self, least: usize) {
        let mut met = self.met.clone();
        let wait = async { met.wait_for(|met| *met >= least).await.map(|_| ()) };
        self.runtime
            .block_on(async { tokio::time::timeout(PATIENCE, wait).await })
            .unwrap()
            .unwrap();
    }

    /// How many handshakes the client went through with.
    pub fn stop(self) -> usize {
        drop(self.runtime);
        self.finished.load(SeqCst)
    }
}

/// The first cell of a relay that shows this key set.
pub fn welcome(signed: &SignedKeySet) -> Box<[u8; cell::CELL_LEN]> {
    let welcome = Welcome {
        versions: vec![cell::VERSION],
        network_key: signed.network_key().to_vec(),
        key_set: signed.key_set().to_vec(),
        signature: signed.signature().to_vec(),
        now: bauta::net::clock::unix_s(),
        retention: 21 * 24 * 3600,
        limits: Limits {
            envelopes_per_mailbox: 1_024,
            subscriptions: 4_096,
            window: 64,
            idle: 300,
            pace: Pace::SECOND,
        },
        policy: Policy::default(),
    };
    cell::encode(RelayFrame::Welcome(Box::new(welcome))).unwrap()
}

/// How long a client may take to meet the impostor.
const PATIENCE: Duration = Duration::from_secs(90);
