//! What waits for the store's writer.
//!
//! ```text
//!   Put, Cancel, sweep, stop ──▶ due: the writer is woken, and takes all that waits
//!   Ack ───────────────────────▶ waits for them, DELETIONS_WAIT at most
//!   ENOUGH of all ─────────────▶ the pause between two commits ends
//! ```
//!
//! Nobody waits for the answer to an Ack, so that it needs no commit of its own while Puts go by:
//! half as many transactions, and half as many wakings. One that a crash forgets is delivered again,
//! as any whose commit it overtook.
//!
//! Of a batch the Acks come first: what they free is written over by the Puts beside them, and each
//! page goes into the log once.

use std::collections::VecDeque;
use std::mem;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

use super::super::limits;
use super::super::relay::ConnectionId;
use super::super::store::Change;

/// How much company makes more of it not worth a wait: as much as one connection may wait with, which
/// is not read meanwhile. Then a commit costs each of them little beside its own pages.
const ENOUGH: usize = limits::CHANGES_WAITING;

/// What is put into it on one side and taken out on the other.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    bell: Condvar,
}

/// What the writer is asked for.
#[derive(Debug)]
pub(super) enum Write {
    Change(ConnectionId, Change),
    Sweep,
    Stop,
}

/// What it does next: Acks first, and otherwise in the order in which it was asked. An Ack names what
/// an earlier batch stored, and never what this one does.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) asked: Vec<ConnectionId>,
    pub(super) changes: Vec<Change>,
    pub(super) sweeps: bool,
    pub(super) stops: bool,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<Write>,
    /// How many of them are due.
    due: usize,
    writer: Writer,
}

/// What the writer's thread is doing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Writer {
    #[default]
    Works,
    /// Until there is enough for a commit, or for as long as it wants.
    Pauses,
    /// Until something is due, or for [`limits::DELETIONS_WAIT`].
    Dozes,
    /// Until something comes.
    Sleeps,
}

impl Inbox {
    pub(super) fn put(&self, messages: impl IntoIterator<Item = Write>) {
        let mut waiting = self.lock();
        for message in messages {
            waiting.due += usize::from(message.is_due());
            waiting.messages.push_back(message);
        }
        if waiting.wakes() {
            // Whoever comes before it is awake need not wake it again.
            waiting.writer = Writer::Works;
            drop(waiting);
            self.bell.notify_one();
        }
    }

    /// What has come, as soon as something is due. An empty batch if there is nothing and the writer
    /// has other work meanwhile.
    pub(super) fn take(&self, has_other_work: bool) -> Batch {
        let mut waiting = self.lock();
        while !waiting.is_due() && !has_other_work {
            waiting = self.doze(waiting);
            if !waiting.messages.is_empty() {
                break;
            }
            waiting = self.sleep(waiting);
        }
        waiting.writer = Writer::Works;
        waiting.batch()
    }

    /// Lets more come, for as long as this or until there is enough for a commit.
    pub(super) fn pause(&self, span: Duration) {
        let mut waiting = self.lock();
        waiting.writer = Writer::Pauses;
        let until_enough = |waiting: &mut Waiting| !waiting.is_enough();
        let woken = self.bell.wait_timeout_while(waiting, span, until_enough);
        woken.unwrap_or_else(PoisonError::into_inner).0.writer = Writer::Works;
    }

    fn doze<'a>(&self, mut waiting: MutexGuard<'a, Waiting>) -> MutexGuard<'a, Waiting> {
        waiting.writer = Writer::Dozes;
        let until_due = |waiting: &mut Waiting| !waiting.is_due();
        let woken = self.bell.wait_timeout_while(waiting, limits::DELETIONS_WAIT, until_due);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    fn sleep<'a>(&self, mut waiting: MutexGuard<'a, Waiting>) -> MutexGuard<'a, Waiting> {
        waiting.writer = Writer::Sleeps;
        let woken = self.bell.wait_while(waiting, |waiting| waiting.messages.is_empty());
        woken.unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody panics who has it; one that is poisoned all the same is still a queue.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_due(&self) -> bool {
        self.due > 0 || self.messages.len() >= limits::DELETIONS_WAITING
    }

    fn is_enough(&self) -> bool {
        self.messages.len() >= ENOUGH
    }

    fn wakes(&self) -> bool {
        match self.writer {
            Writer::Works => false,
            Writer::Pauses => self.is_enough(),
            Writer::Dozes => self.is_due(),
            Writer::Sleeps => !self.messages.is_empty(),
        }
    }

    fn batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        while !batch.is_full()
            && let Some(message) = self.messages.pop_front()
        {
            self.due = self.due.saturating_sub(usize::from(message.is_due()));
            batch.add(message);
        }
        batch.put_acks_first();
        batch
    }
}

impl Write {
    /// Whether somebody waits for it.
    const fn is_due(&self) -> bool {
        !matches!(self, Self::Change(_, Change::Ack { .. }))
    }
}

impl Batch {
    fn add(&mut self, message: Write) {
        match message {
            Write::Change(asked, change) => {
                self.asked.push(asked);
                self.changes.push(change);
            }
            Write::Sweep => self.sweeps = true,
            Write::Stop => self.stops = true,
        }
    }

    fn put_acks_first(&mut self) {
        let asked = mem::take(&mut self.asked).into_iter().zip(mem::take(&mut self.changes));
        let (acks, others): (Vec<_>, Vec<_>) =
            asked.partition(|(_, change)| matches!(change, Change::Ack { .. }));
        (self.asked, self.changes) = acks.into_iter().chain(others).unzip();
    }

    const fn is_full(&self) -> bool {
        self.stops || self.changes.len() >= limits::CHANGES_AT_ONCE
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::net::cell::Address;
    use crate::net::cell::EnvelopeId;
    use crate::net::server::RelayLimits;
    use crate::net::server::Seeds;
    use crate::net::server::relay::Relay;
    use crate::net::server::store::Usage;

    const ADDRESS: Address = Address::new([1; 32]);

    fn someone() -> ConnectionId {
        let seeds = Seeds::new(crate::crypto::secret::Secret::new([1; 32]));
        let mut relay = Relay::new(RelayLimits::default(), Usage::default(), seeds);
        relay.open(None, None).unwrap()
    }

    fn ack(asked: ConnectionId) -> Write {
        Write::Change(asked, Change::Ack { address: ADDRESS, positions: Vec::new() })
    }

    fn cancel(asked: ConnectionId) -> Write {
        Write::Change(asked, Change::Cancel { address: ADDRESS, id: EnvelopeId::new([1; 16]) })
    }

    fn is_ack(change: &Change) -> bool {
        matches!(change, Change::Ack { .. })
    }

    /// A thread that takes, and says what it has taken.
    fn taker(inbox: &Arc<Inbox>) -> mpsc::Receiver<Batch> {
        let (inbox, (to, taken)) = (Arc::clone(inbox), mpsc::channel());
        thread::spawn(move || while to.send(inbox.take(false)).is_ok() {});
        taken
    }

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn what_nobody_waits_for_is_taken_with_what_somebody_waits_for_and_before_it() {
        let (inbox, asked) = (Inbox::default(), someone());
        let (cancelling, other) = (someone(), someone());
        inbox.put([ack(asked), cancel(cancelling)]);
        inbox.put([cancel(other), ack(asked)]);
        let batch = inbox.take(false);
        let acks: Vec<bool> = batch.changes.iter().map(is_ack).collect();
        assert_eq!(acks, [true, true, false, false]);
        assert_eq!(batch.asked, [asked, asked, cancelling, other], "each with who asked for it");
    }

    #[test]
    fn an_ack_alone_is_taken_all_the_same_also_by_who_was_asleep() {
        let (inbox, asked) = (Arc::<Inbox>::default(), someone());
        let taken = taker(&inbox);
        for _ in 0..3 {
            inbox.put([ack(asked)]);
            assert_eq!(taken.recv_timeout(PATIENCE).unwrap().changes.len(), 1);
        }
        while inbox.lock().writer != Writer::Sleeps {
            thread::yield_now();
        }
        inbox.put([ack(asked)]);
        assert_eq!(taken.recv_timeout(PATIENCE).unwrap().changes.len(), 1);
    }

    #[test]
    fn who_sleeps_is_woken_by_what_is_due() {
        let (inbox, asked) = (Arc::<Inbox>::default(), someone());
        let taken = taker(&inbox);
        for _ in 0..2 {
            while inbox.lock().writer != Writer::Sleeps {
                thread::yield_now();
            }
            inbox.put([cancel(asked)]);
            assert_eq!(taken.recv_timeout(PATIENCE).unwrap().changes.len(), 1);
        }
        inbox.put([Write::Stop, ack(asked)]);
        let batch = taken.recv_timeout(PATIENCE).unwrap();
        assert!(batch.stops && batch.changes.is_empty(), "nothing is taken behind the end");
    }

    #[test]
    fn a_pause_ends_with_enough_for_a_commit_or_with_its_time() {
        let (inbox, asked) = (Arc::<Inbox>::default(), someone());
        let (to, ended) = mpsc::channel();
        let pausing = Arc::clone(&inbox);
        thread::spawn(move || {
            pausing.pause(PATIENCE * 2);
            to.send(()).unwrap();
        });
        while inbox.lock().writer != Writer::Pauses {
            thread::yield_now();
        }
        inbox.put((1..ENOUGH).map(|_| ack(asked)));
        assert!(inbox.lock().writer == Writer::Pauses, "one is missing");
        inbox.put([ack(asked)]);
        ended.recv_timeout(PATIENCE).unwrap();
        let _batch = inbox.take(false);
        inbox.put([cancel(asked)]);
        inbox.pause(Duration::from_millis(1));
        assert_eq!(inbox.take(false).changes.len(), 1, "nothing is lost meanwhile");
    }

    #[test]
    fn a_batch_is_bounded_and_many_acks_are_due() {
        let (inbox, asked) = (Inbox::default(), someone());
        let many = limits::CHANGES_AT_ONCE + limits::DELETIONS_WAITING;
        inbox.put((0..many).map(|_| ack(asked)));
        assert!(inbox.lock().is_due());
        assert_eq!(inbox.take(false).changes.len(), limits::CHANGES_AT_ONCE);
        assert!(inbox.lock().is_due());
        assert_eq!(inbox.take(false).changes.len(), limits::DELETIONS_WAITING);
        assert!(!inbox.lock().is_due());
        assert!(inbox.take(true).changes.is_empty());
    }
}
