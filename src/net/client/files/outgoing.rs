//! A file that is sent: the state machine, its disk, and the mailbox with requests.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::boxes::address_of;
use super::disk;
use super::disk::Tell;
use super::disk::Told;
use super::pace::Pace;
use super::sending::Cell;
use super::sending::Sending;
use super::withdrawals::Withdrawal;
use crate::crypto::secret::Secret;
use crate::net::cell::Address;
use crate::net::cell::Capability;
use crate::net::cell::ClientFrame;
use crate::net::cell::Envelope;
use crate::net::cell::EnvelopeId;
use crate::net::client::core::FileSource;
use crate::net::client::core::Line;
use crate::signal::file::Chunk;
use crate::signal::file::FileKeys;
use crate::signal::file::LANES;
use crate::signal::file::Request;

/// A file that is sent.
pub(super) struct Outgoing {
    pub(super) sending: Sending,
    pub(super) pace: Pace,
    /// Counts the threads that were begun for files, so that a late word is known for one.
    pub(super) serial: u64,
    keys: Arc<FileKeys>,
    source: FileSource,
    disk: Option<Sender<Vec<u32>>>,
    lanes: Vec<Address>,
    back: Secret<32>,
    /// The newest request, which is not acknowledged before there is a newer one: a sender that
    /// starts again finds it.
    newest: Option<u64>,
    is_subscribed: bool,
}

impl Outgoing {
    pub(super) fn new(source: FileSource, keys: Arc<FileKeys>, serial: u64) -> Self {
        let lanes = (0..LANES).map(|lane| address_of(&keys.lane(lane))).collect();
        let back = keys.back();
        Self {
            sending: Sending::new(),
            pace: Pace::new(source.size),
            serial,
            keys,
            source,
            disk: None,
            lanes,
            back,
            newest: None,
            is_subscribed: false,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.source.size
    }

    pub(super) fn mailbox(&self) -> Address {
        address_of(&self.back)
    }

    pub(super) fn came_up(&mut self) {
        self.sending.came_up();
    }

    pub(super) fn went_down(&mut self) {
        self.sending.went_down();
        (self.is_subscribed, self.newest) = (false, None);
    }

    /// Another client reads the mailbox: it is read again a while later.
    pub(super) fn was_replaced(&mut self) {
        (self.is_subscribed, self.newest) = (false, None);
    }

    /// Something lies in the mailbox with requests.
    pub(super) fn delivered(&mut self, seq: u64, envelope: &Envelope) -> Option<ClientFrame> {
        if let Ok(request) = Request::open(&self.keys, envelope.as_bytes()) {
            self.sending.asks(request);
        }
        let before = self.newest.replace(seq)?;
        Some(ClientFrame::Ack { capability: self.capability(), up_to: before })
    }

    /// The disk has read something.
    pub(super) fn told(&mut self, cells: Vec<Cell>) {
        self.sending.read(cells);
    }

    /// Has read what is wanted, and says what is to be sent. `tell` makes a thread's voice.
    pub(super) fn frames(
        &mut self,
        now: u64,
        frames: &mut Vec<ClientFrame>,
        tell: impl FnOnce(u64) -> Tell,
    ) {
        if !core::mem::replace(&mut self.is_subscribed, true) {
            frames.push(ClientFrame::Subscribe { capabilities: vec![self.capability()] });
        }
        let mut wanted = self.sending.wants();
        let mut tell = Some(tell);
        while !wanted.is_empty() {
            if self.disk.is_none()
                && let Some(tell) = tell.take()
            {
                let (source, keys) = (self.source.clone(), Arc::clone(&self.keys));
                self.disk = Some(disk::read(source, keys, tell(self.serial)));
            }
            // A thread that has ended has said why.
            if self.disk.as_ref().is_none_or(|disk| disk.send(wanted).is_err()) {
                return;
            }
            wanted = self.sending.wants();
        }
        for Cell { index, sealed } in self.sending.puts(now) {
            let lane = usize::try_from(Chunk::lane(index)).unwrap_or(0);
            let address = self.lanes.get(lane).copied();
            let envelope = sealed.envelope.into_boxed_slice().try_into().map(Envelope::new);
            let (Some(address), Ok(envelope)) = (address, envelope) else { continue };
            let id = EnvelopeId::new(sealed.id);
            frames.push(ClientFrame::Put { id, address, envelope, proof: None });
        }
    }

    /// All that may lie on the relay: what the receiver does not have for certain.
    pub(super) fn withdrawals(&self, line: Line) -> impl Iterator<Item = Withdrawal> {
        self.sending.put().map(move |(index, id)| {
            let capability = Capability::new(self.keys.lane(Chunk::lane(index)));
            Withdrawal { line, capability, id: EnvelopeId::new(id) }
        })
    }

    /// What is to be said when it is over: nobody reads the mailbox any more.
    pub(super) fn farewell(&self) -> Vec<ClientFrame> {
        if !self.is_subscribed {
            return Vec::new();
        }
        let newest = self.newest.into_iter();
        newest
            .map(|up_to| ClientFrame::Ack { capability: self.capability(), up_to })
            .chain([ClientFrame::Unsubscribe { capabilities: vec![self.capability()] }])
            .collect()
    }

    fn capability(&self) -> Capability {
        Capability::new(self.back.duplicate())
    }
}

/// What an outgoing file's thread says that it does not take itself.
pub(super) fn cells(told: Told) -> Result<Vec<Cell>, Told> {
    match told {
        Told::Sealed(cells) => Ok(cells),
        other => Err(other),
    }
}
