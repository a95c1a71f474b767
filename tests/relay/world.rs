//! A relay over a store that is driven by hand.

use bauta::crypto::secret::Secret;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::CloseReason;
use bauta::net::cell::RelayFrame;
use bauta::net::server::Block;
use bauta::net::server::RelayLimits;
use bauta::net::server::Seeds;
use bauta::net::server::relay::Answer;
use bauta::net::server::relay::ConnectionId;
use bauta::net::server::relay::Effects;
use bauta::net::server::relay::Relay;
use bauta::net::server::store::Change;
use bauta::net::server::store::Memory;
use bauta::net::server::store::Reader;
use bauta::net::server::store::Store;
use bauta::net::server::store::StoreLimits;

use super::NOW;
use super::hello;
use super::put_change;

/// A relay and its store, without threads: everything happens when it is told to.
pub(crate) struct World {
    pub(crate) relay: Relay,
    pub(crate) store: Box<dyn Store>,
    pub(crate) reader: Box<dyn Reader>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(StoreLimits::default(), RelayLimits::default())
    }

    pub(crate) fn with(store: StoreLimits, relay: RelayLimits) -> Self {
        Self::over(Box::new(Memory::new(store, NOW)), relay)
    }

    pub(crate) fn over(store: Box<dyn Store>, limits: RelayLimits) -> Self {
        let reader = store.reader().unwrap();
        Self {
            relay: Relay::new(limits, store.usage(), Seeds::new(Secret::new([1; 32]))),
            store,
            reader,
        }
    }

    /// A connection that has said Hello.
    pub(crate) fn connect(&mut self) -> ConnectionId {
        self.connect_from(None).unwrap()
    }

    /// The same from an address, or why it is turned away.
    pub(crate) fn connect_from(
        &mut self,
        address: Option<&str>,
    ) -> Result<ConnectionId, CloseReason> {
        let block = address.map(|address| Block::of(address.parse().unwrap()));
        let client = self.relay.open(block, None)?;
        self.relay.receive(client, Ok(vec![hello()]));
        Ok(client)
    }

    pub(crate) fn receive(&mut self, client: ConnectionId, frame: ClientFrame) {
        self.relay.receive(client, Ok(vec![frame]));
    }

    /// The store does everything that it was asked for.
    pub(crate) fn settle(&mut self) {
        loop {
            let Effects { changes, fetches, .. } = self.relay.effects();
            if changes.is_empty() && fetches.is_empty() {
                return;
            }
            let answers = self.commit(changes);
            self.relay.committed(answers, self.store.usage());
            for fetch in fetches {
                let fetched = self.reader.fetch(&fetch.address, fetch.after, fetch.max).unwrap();
                self.relay.fetched(&fetch, Ok(fetched));
            }
        }
    }

    /// These changes are durable, and the relay has not heard of it yet.
    pub(crate) fn commit(&mut self, asked: Vec<(ConnectionId, Change)>) -> Vec<Answer> {
        let (asked, changes): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let done = self.store.commit(&changes, NOW).unwrap();
        let asked = asked.into_iter().zip(changes).zip(done);
        asked.map(|((asked, change), done)| (asked, change, Ok(done))).collect()
    }

    /// Everything that a client gets until nothing more comes.
    pub(crate) fn take(&mut self, client: ConnectionId) -> Vec<RelayFrame> {
        let mut taken = Vec::new();
        loop {
            self.settle();
            let frames = self.relay.next(client).frames;
            if frames.is_empty() {
                return taken;
            }
            taken.extend(frames);
        }
    }

    /// One frame, and everything that it leads to.
    pub(crate) fn ask(&mut self, client: ConnectionId, frame: ClientFrame) -> Vec<RelayFrame> {
        self.receive(client, frame);
        self.take(client)
    }

    /// Puts into a mailbox without a connection.
    pub(crate) fn fill(&mut self, mailbox: u8, numbers: std::ops::Range<u32>) {
        let changes: Vec<_> = numbers.map(|number| put_change(mailbox, number)).collect();
        self.store.commit(&changes, NOW).unwrap();
    }

    pub(crate) fn is_over(&mut self, client: ConnectionId) -> bool {
        self.relay.next(client).is_over
    }
}
