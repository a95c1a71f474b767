//! A file that is received: the state machine, its disk, and the mailboxes with chunks.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::boxes::address_of;
use super::disk;
use super::disk::Target;
use super::disk::Tell;
use super::disk::Write;
use super::pace::Pace;
use super::receiving::Act;
use super::receiving::Receiving;
use crate::crypto;
use crate::crypto::hash;
use crate::crypto::secret::Secret;
use crate::net::cell::Address;
use crate::net::cell::Capability;
use crate::net::cell::ClientFrame;
use crate::net::cell::Envelope;
use crate::net::cell::EnvelopeId;
use crate::net::client::core::FileName;
use crate::net::client::core::FilePlan;
use crate::net::clock;
use crate::signal::file::CREDIT;
use crate::signal::file::Chunk;
use crate::signal::file::FileKeys;
use crate::signal::file::LANES;
use crate::signal::file::Request;
use crate::signal::file::chunks_of;

/// A file that is received.
pub(super) struct Incoming {
    pub(super) receiving: Receiving,
    pub(super) pace: Pace,
    /// Counts the threads that were begun for files, so that a late word is known for one.
    pub(super) serial: u64,
    keys: Arc<FileKeys>,
    plan: FilePlan,
    disk: Option<Sender<Write>>,
    /// Whether there is a place for it, and the profile knows.
    is_open: bool,
    lanes: Vec<Lane>,
    back: Address,
    /// What came and is not on its way to the disk.
    arrived: Vec<(u32, Envelope)>,
    /// Envelopes that the disk has not looked at.
    at_disk: usize,
    is_subscribed: bool,
    /// The last request, as it was put.
    asked: Option<Request>,
}

struct Lane {
    capability: Secret<32>,
    /// The highest number that was delivered and is not acknowledged.
    ack: Option<u64>,
    /// Whether anything in it was acknowledged: then a relay asks nobody for work.
    is_warm: bool,
}

impl Incoming {
    pub(super) fn new(plan: FilePlan) -> Self {
        let keys = Arc::clone(&plan.keys);
        let size = keys.size();
        let lane = |lane| Lane { capability: keys.lane(lane), ack: None, is_warm: false };
        Self {
            receiving: Receiving::new(chunks_of(size), plan.durable, plan.rounds),
            pace: Pace::new(size),
            serial: 0,
            lanes: (0..LANES).map(lane).collect(),
            back: address_of(&keys.back()),
            keys,
            plan,
            disk: None,
            is_open: false,
            arrived: Vec::new(),
            at_disk: 0,
            is_subscribed: false,
            asked: None,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.keys.size()
    }

    pub(super) fn mailboxes(&self) -> Vec<Address> {
        self.lanes.iter().map(|lane| address_of(&lane.capability)).collect()
    }

    pub(super) const fn has_begun(&self) -> bool {
        self.disk.is_some()
    }

    /// Finds a place for it.
    pub(super) fn begin(&mut self, of: FileName, serial: u64, tell: Tell) -> bool {
        let Some(folder) = self.plan.folder.clone().or_else(disk::default_folder) else {
            return false;
        };
        let bytes = Chunk::offset(self.plan.durable).min(self.size());
        let target = Target {
            folder,
            offered: self.plan.offered.clone(),
            of: digest(of),
            size: self.size(),
            hash: self.plan.hash,
            spare: self.plan.spare,
            begun: self.plan.begun.clone().map(|path| (path, bytes)),
        };
        self.serial = serial;
        self.disk = Some(disk::write(target, Arc::clone(&self.keys), tell));
        true
    }

    /// There is a place for it. A new one has nothing of it.
    pub(super) fn opened(&mut self, path: PathBuf, is_new: bool, is_up: bool) {
        if is_new && self.plan.durable > 0 {
            self.receiving = Receiving::new(chunks_of(self.size()), 0, self.plan.rounds);
        }
        (self.plan.begun, self.is_open) = (Some(path), true);
        if is_up {
            self.receiving.came_up();
        }
    }

    pub(super) const fn came_up(&mut self) {
        if self.is_open {
            self.receiving.came_up();
        }
    }

    pub(super) fn went_down(&mut self) {
        self.receiving.went_down();
        self.is_subscribed = false;
        self.lanes.iter_mut().for_each(|lane| lane.ack = None);
    }

    /// Another client reads a mailbox: all are read again a while later.
    pub(super) fn was_replaced(&mut self) {
        self.is_subscribed = false;
    }

    /// Something lies in a lane. What nobody asked for is left where it is.
    pub(super) fn delivered(&mut self, lane: u32, seq: u64, envelope: Envelope) {
        let place = usize::try_from(lane).ok().and_then(|lane| self.lanes.get_mut(lane));
        let Some(place) = place.filter(|_| self.is_subscribed) else { return };
        // What there is no room for is asked for again.
        place.ack = Some(place.ack.unwrap_or(0).max(seq));
        let waiting = self.at_disk.saturating_add(self.arrived.len());
        if waiting < MOST_AT_DISK && self.receiving.takes() {
            self.arrived.push((lane, envelope));
        }
    }

    /// The disk has looked at so many envelopes.
    pub(super) fn looked_at(&mut self, count: usize) {
        self.at_disk = self.at_disk.saturating_sub(count);
    }

    /// Hands to the disk what came, acknowledges it, and asks for more.
    ///
    /// The relay forgets what is acknowledged before it is on the disk: whatever is lost then is
    /// asked for again.
    pub(super) fn frames(&mut self, now: u64, is_up: bool, frames: &mut Vec<ClientFrame>) {
        if !self.is_open {
            return;
        }
        if is_up && !core::mem::replace(&mut self.is_subscribed, true) {
            let capabilities = self.lanes.iter().map(Lane::capability).collect();
            frames.push(ClientFrame::Subscribe { capabilities });
        }
        if !self.arrived.is_empty() {
            let arrived = core::mem::take(&mut self.arrived);
            self.at_disk = self.at_disk.saturating_add(arrived.len());
            self.order(Write::Chunks(arrived));
        }
        for lane in &mut self.lanes {
            if let Some(up_to) = lane.ack.take().filter(|_| is_up) {
                lane.is_warm = true;
                frames.push(ClientFrame::Ack { capability: lane.capability(), up_to });
            }
        }
        for act in self.receiving.acts(now) {
            match act {
                Act::Ask(request) => {
                    self.asked = Some(request);
                    frames.extend(self.put(request));
                }
                Act::Sync => self.order(Write::Sync),
                Act::Finish => self.order(Write::Finish),
            }
        }
    }

    fn put(&self, request: Request) -> Option<ClientFrame> {
        let sealed = request.seal(&self.keys).ok()?;
        let envelope = Envelope::from_slice(&sealed.envelope).ok()?;
        let id = EnvelopeId::new(sealed.id);
        Some(ClientFrame::Put { id, address: self.back, envelope, proof: None })
    }

    /// Whether the last request was put under this id.
    pub(super) fn asks_by(&self, id: &EnvelopeId) -> bool {
        let put = self.asked.and_then(|request| self.put(request));
        matches!(put, Some(ClientFrame::Put { id: by, .. }) if by == *id)
    }

    /// What is to be proven: for each lane that is not known to be free something that comes back, is
    /// acknowledged and means nothing to anybody; and the last request.
    pub(super) fn wanting_work(&self) -> Vec<ClientFrame> {
        let cold = self.lanes.iter().filter(|lane| !lane.is_warm);
        let request = self.asked.and_then(|request| self.put(request));
        cold.map(Lane::nothing).chain(request).collect()
    }

    /// A thread that has ended has said why.
    fn order(&self, job: Write) {
        if let Some(disk) = &self.disk {
            let _ = disk.send(job);
        }
    }

    /// What is to be said when it is over.
    pub(super) fn farewell(&self) -> Vec<ClientFrame> {
        let capabilities = self.lanes.iter().map(Lane::capability).collect();
        let unsubscribe = ClientFrame::Unsubscribe { capabilities };
        self.is_subscribed.then_some(unsubscribe).into_iter().collect()
    }
}

impl Lane {
    fn capability(&self) -> Capability {
        Capability::new(self.capability.duplicate())
    }

    /// A Put of something that means nothing.
    fn nothing(&self) -> ClientFrame {
        let mut rng = clock::system_rng();
        let (id, envelope) = (crypto::random(&mut rng), crypto::random(&mut rng));
        ClientFrame::Put {
            id: EnvelopeId::new(id),
            address: address_of(&self.capability),
            envelope: Envelope::new(Box::new(envelope)),
            proof: None,
        }
    }
}

/// Envelopes that may wait for the disk: twice what is ever asked for.
const MOST_AT_DISK: usize = 2_048;

/// What tells a file from every other one: its sender chooses the offer's name, and another contact
/// can choose the same.
fn digest(of: FileName) -> [u8; 16] {
    let all = hash::sha256(&[of.contact.key().as_bytes(), &of.message.0]);
    let (first, _) = all.split_at(16);
    first.try_into().unwrap_or_default()
}

const _: () = assert!(CREDIT == 1_024);
