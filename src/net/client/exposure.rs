//! What the relay can see of this client, counted where cells are written and read.
//!
//! ```text
//!   wire ── connected, sent, received ──► Ledger ── now ──► Exposure ── sentences ──► a page
//!   wire ──────────────────────────────────┘
//! ```
//!
//! A cell is counted before it is written: nothing is seen that was not counted. No line of
//! [`Exposure::sentences`] says anything that no frame has shown, but the last, which says what no
//! frame holds; `tests/recording` holds all of it to what a relay recorded.

use core::fmt;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use super::dial::Way;
use crate::id::Address as RelayAddress;
use crate::net::cell::Address;
use crate::net::cell::CELL_LEN;
use crate::net::cell::ClientFrame;

/// Whose address the relay sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// This computer's.
    Direct,
    /// A proxy's, or that of the last computer behind it.
    Proxy,
}

impl From<&Way> for Via {
    fn from(way: &Way) -> Self {
        way.proxy().map_or(Self::Direct, |_| Self::Proxy)
    }
}

/// What passed in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Cells, each of [`CELL_LEN`] bytes.
    pub cells: u64,
    /// The frames in them.
    pub frames: u64,
}

impl Traffic {
    /// The bytes of the cells: what the relay sees of the length of anything.
    #[must_use]
    pub fn bytes(self) -> u64 {
        self.cells.saturating_mul(u64::try_from(CELL_LEN).unwrap_or(u64::MAX))
    }

    const fn count(&mut self, frames: u64) {
        self.cells = self.cells.saturating_add(1);
        self.frames = self.frames.saturating_add(frames);
    }
}

/// What the relay could see since this client was started.
#[derive(Clone, PartialEq, Eq)]
pub struct Exposure {
    /// Where the relay is.
    pub relay: RelayAddress,
    /// From where the connections come.
    pub via: Via,
    /// How many connections were made.
    pub connections: u64,
    /// What went to the relay.
    pub sent: Traffic,
    /// What came from it.
    pub received: Traffic,
    /// The mailboxes that were written to, or from which something was taken back.
    pub written: BTreeSet<Address>,
    /// The mailboxes that were read.
    pub read: BTreeSet<Address>,
}

impl Exposure {
    const fn new(relay: RelayAddress, via: Via) -> Self {
        Self {
            relay,
            via,
            connections: 0,
            sent: Traffic { cells: 0, frames: 0 },
            received: Traffic { cells: 0, frames: 0 },
            written: BTreeSet::new(),
            read: BTreeSet::new(),
        }
    }

    /// How many mailboxes were used, each counted once.
    #[must_use]
    pub fn mailboxes(&self) -> usize {
        self.written.union(&self.read).count()
    }

    /// The same for a person: one plain sentence each.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = vec![self.origin()];
        if self.connections == 0 {
            return sentences;
        }
        if self.mailboxes() > 0 {
            sentences.push(self.boxes());
        }
        sentences.push(self.cells());
        if self.mailboxes() > 0 {
            sentences.push(SAME_MAILBOXES.to_owned());
        }
        sentences.push(NEVER.to_owned());
        sentences
    }

    fn origin(&self) -> String {
        let (relay, whose) = (
            self.relay.place(),
            match self.via {
                Via::Direct => "this computer's address",
                Via::Proxy => "the address where the proxy's way ends, not this computer's",
            },
        );
        if self.connections == 0 {
            return format!("The relay at {relay} has seen nothing: no connection was made.");
        }
        let connections = counted(self.connections, "connection");
        format!("The relay at {relay} has seen {whose}, and {connections} from there.")
    }

    fn boxes(&self) -> String {
        let all = counted(u64::try_from(self.mailboxes()).unwrap_or(u64::MAX), "opaque mailbox");
        let (written, read) = (self.written.len(), self.read.len());
        format!("It saw {all} in use: {written} to write to, {read} to read from.")
    }

    fn cells(&self) -> String {
        let all = self.sent.cells.saturating_add(self.received.cells);
        let (cells, len) = (counted(all, "cell"), grouped(CELL_LEN));
        let (sent, received) = (grouped(self.sent.cells), grouped(self.received.cells));
        format!("It saw {cells} of {len} bytes, {sent} sent and {received} received, and when.")
    }
}

impl fmt::Debug for Exposure {
    /// Counts only: which mailboxes are one's own is nothing for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { relay: _, via, connections, sent, received, written, read } = self;
        f.debug_struct("Exposure")
            .field("via", via)
            .field("connections", connections)
            .field("sent", sent)
            .field("received", received)
            .field("written", &written.len())
            .field("read", &read.len())
            .finish_non_exhaustive()
    }
}

/// The count that all connections of a client share. Its copies count together.
#[derive(Clone)]
pub struct Ledger(Arc<Mutex<Exposure>>);

impl Ledger {
    pub(super) fn new(relay: RelayAddress, via: Via) -> Self {
        Self(Arc::new(Mutex::new(Exposure::new(relay, via))))
    }

    /// What was counted so far.
    #[must_use]
    pub fn now(&self) -> Exposure {
        self.with(|exposure| exposure.clone())
    }

    /// A connection was made.
    pub(super) fn connected(&self) {
        self.with(|exposure| exposure.connections = exposure.connections.saturating_add(1));
    }

    /// A cell is about to be written.
    pub(super) fn sends(&self, shown: Shown) {
        let Shown { frames, written, read } = shown;
        self.with(|exposure| {
            exposure.sent.count(frames);
            exposure.written.extend(written);
            exposure.read.extend(read);
        });
    }

    /// A cell with so many frames has come.
    pub(super) fn received(&self, frames: usize) {
        self.with(|exposure| exposure.received.count(u64::try_from(frames).unwrap_or(u64::MAX)));
    }

    /// Whoever panicked while counting left a count that is still one.
    fn with<T>(&self, then: impl FnOnce(&mut Exposure) -> T) -> T {
        then(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}

/// What one cell shows to the relay.
#[derive(Default)]
pub(super) struct Shown {
    frames: u64,
    written: BTreeSet<Address>,
    read: BTreeSet<Address>,
}

impl Shown {
    pub(super) fn by(frame: &ClientFrame) -> Self {
        let mut shown = Self { frames: 1, ..Self::default() };
        match frame {
            ClientFrame::Put { address, .. } => shown.written.extend([*address]),
            ClientFrame::Cancel { capability, .. } => shown.written.extend([capability.address()]),
            ClientFrame::Ack { capability, .. } => shown.read.extend([capability.address()]),
            ClientFrame::Subscribe { capabilities } | ClientFrame::Unsubscribe { capabilities } => {
                shown.read.extend(capabilities.iter().map(|capability| capability.address()));
            }
            ClientFrame::Hello { .. } | ClientFrame::Ping | ClientFrame::Steady { .. } => {}
        }
        shown
    }

    /// One more frame in the same cell.
    pub(super) fn add(&mut self, mut other: Self) {
        self.frames = self.frames.saturating_add(other.frames);
        self.written.append(&mut other.written);
        self.read.append(&mut other.read);
    }
}

fn counted(count: u64, what: &str) -> String {
    let plural = match (count, what.ends_with('x')) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{} {what}{plural}", grouped(count))
}

/// A number with commas between its thousands.
fn grouped(number: impl fmt::Display) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const SAME_MAILBOXES: &str =
    "It can tell that some other connection uses the same mailboxes as yours.";
const NEVER: &str = "It saw neither your ID nor theirs, nor who asked, nor what was said.";

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::crypto::secret::Secret;
    use crate::net::cell::Capability;
    use crate::net::cell::ENVELOPE_LEN;
    use crate::net::cell::Envelope;
    use crate::net::cell::EnvelopeId;

    fn ledger(via: Via) -> Ledger {
        Ledger::new("relay.example:7000".parse().unwrap(), via)
    }

    fn capability(number: u8) -> Capability {
        Capability::new(Secret::new([number; 32]))
    }

    fn put(number: u8) -> ClientFrame {
        let envelope = Envelope::from_slice(&[0; ENVELOPE_LEN]).unwrap();
        let address = capability(number).address();
        ClientFrame::Put { id: EnvelopeId::new([number; 16]), address, envelope, proof: None }
    }

    #[test]
    fn before_the_first_connection_nothing_was_seen() {
        let said = ledger(Via::Direct).now().sentences();
        assert_eq!(
            said,
            ["The relay at relay.example:7000 has seen nothing: no connection was made."]
        );
    }

    #[test]
    fn every_frame_shows_the_mailboxes_that_it_names() {
        let id = EnvelopeId::new([0; 16]);
        let frames = [
            (ClientFrame::Hello { version: 1, join: None }, 0, 0),
            (ClientFrame::Ping, 0, 0),
            (put(1), 1, 0),
            (ClientFrame::Cancel { capability: capability(2), id }, 1, 0),
            (ClientFrame::Ack { capability: capability(3), up_to: 1 }, 0, 1),
            (ClientFrame::Subscribe { capabilities: vec![capability(4), capability(5)] }, 0, 2),
            (ClientFrame::Unsubscribe { capabilities: vec![capability(6)] }, 0, 1),
        ];
        for (frame, written, read) in frames {
            let shown = Shown::by(&frame);
            assert_eq!((shown.written.len(), shown.read.len()), (written, read), "{frame:?}");
        }
    }

    #[test]
    fn a_mailbox_counts_once_however_often_it_is_named() {
        let ledger = ledger(Via::Direct);
        ledger.connected();
        for _ in 0..3 {
            let mut shown = Shown::by(&put(1));
            shown.add(Shown::by(&ClientFrame::Ack { capability: capability(1), up_to: 1 }));
            ledger.sends(shown);
        }
        ledger.received(5);
        let now = ledger.now();
        assert_eq!((now.mailboxes(), now.written.len(), now.read.len()), (1, 1, 1));
        assert_eq!(now.sent, Traffic { cells: 3, frames: 6 });
        assert_eq!(now.received, Traffic { cells: 1, frames: 5 });
        assert_eq!(now.received.bytes(), 4_096);
    }

    #[test]
    fn the_sentences_say_what_was_counted() {
        for (via, whose) in [
            (Via::Direct, "this computer's address"),
            (Via::Proxy, "the address where the proxy's way ends, not this computer's"),
        ] {
            let ledger = ledger(via);
            ledger.connected();
            ledger.received(1);
            let said = ledger.now().sentences();
            let origin = format!("The relay at relay.example:7000 has seen {whose}, and");
            assert_eq!(
                said,
                [
                    format!("{origin} 1 connection from there."),
                    "It saw 1 cell of 4,096 bytes, 0 sent and 1 received, and when.".to_owned(),
                    NEVER.to_owned(),
                ]
            );
            ledger.connected();
            (0..1_234).for_each(|_| ledger.sends(Shown::by(&put(1))));
            ledger.sends(Shown::by(&ClientFrame::Subscribe { capabilities: vec![capability(2)] }));
            assert_eq!(
                ledger.now().sentences(),
                [
                    format!("{origin} 2 connections from there."),
                    "It saw 2 opaque mailboxes in use: 1 to write to, 1 to read from.".to_owned(),
                    "It saw 1,236 cells of 4,096 bytes, 1,235 sent and 1 received, and when."
                        .to_owned(),
                    SAME_MAILBOXES.to_owned(),
                    NEVER.to_owned(),
                ]
            );
        }
    }

    #[test]
    fn numbers_have_commas_between_their_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
