//! The two threads in front of a store: one writes in batches, one reads.
//!
//! Group commit: what arrived while the last transaction ran is the next one, and so is what comes
//! until [`limits::commits_apart`] after its beginning or until that is enough. A quiet relay commits
//! each change at once, a busy one up to [`limits::CHANGES_AT_ONCE`] together. Nobody waits for company that may not come
//! but an Ack, whose answer nobody waits for (`inbox`).

mod inbox;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::thread;
use std::thread::JoinHandle;

use tokio::time::Instant;

use self::inbox::Batch;
use self::inbox::Inbox;
use self::inbox::Write;
use super::complaints::Complaints;
use super::limits;
use super::relay::Answer;
use super::relay::ConnectionId;
use super::relay::Fetch;
use super::relay::Trouble;
use super::store::Change;
use super::store::Damage;
use super::store::Done;
use super::store::Fetched;
use super::store::Kept;
use super::store::Reader;
use super::store::Store;
use super::store::StoreError;
use super::store::Swept;
use super::store::Usage;
use super::store::Wanted;

/// Where the store's answers go. Called on the desk's threads.
pub(super) trait Answers: Clone + Send + 'static {
    /// What of a batch is durable, and what failed.
    fn committed(&self, answers: Vec<Answer>, usage: Usage);
    /// A fetch is done.
    fn fetched(&self, answers: Vec<(Fetch, Result<Fetched, Trouble>)>);
    /// A sweep is done.
    fn swept(&self, swept: &Swept, usage: Usage);
    /// The store did not do something that it was asked to.
    fn failed(&self);
    /// The store takes nothing more until it is opened again.
    fn halted(&self);
}

/// What goes to the desk. Every bound is the relay's, which counts what it asks for.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    writer: Arc<Inbox>,
    reader: Sender<Read>,
}

impl Desk {
    pub(super) fn change(&self, changes: Vec<(ConnectionId, Change)>) {
        if !changes.is_empty() {
            self.writer.put(changes.into_iter().map(|(id, change)| Write::Change(id, change)));
        }
    }

    pub(super) fn fetch(&self, fetch: Fetch) {
        // A desk that is gone answers nothing, and its relay is stopping.
        let _ = self.reader.send(Read::Fetch(fetch));
    }

    pub(super) fn sweep(&self) {
        self.writer.put([Write::Sweep]);
    }

    /// Everything that is kept, sent to `answer`.
    pub(super) fn contents(&self, answer: ContentsAnswer) {
        let _ = self.reader.send(Read::Contents(answer));
    }

    pub(super) fn stop(&self) {
        self.writer.put([Write::Stop]);
        let _ = self.reader.send(Read::Stop);
    }
}

/// Takes [`Reader::contents`].
pub(super) type ContentsAnswer = Box<dyn FnOnce(Result<Vec<Kept>, StoreError>) + Send>;

/// A desk whose threads are not running yet.
#[derive(Debug)]
pub(super) struct Counter {
    writer: Arc<Inbox>,
    reader: Receiver<Read>,
}

/// A desk and its other side.
pub(super) fn desk() -> (Desk, Counter) {
    let writer = Arc::new(Inbox::default());
    let (read, reader) = mpsc::channel();
    (Desk { writer: Arc::clone(&writer), reader: read }, Counter { writer, reader })
}

impl Counter {
    /// Starts the threads. `clock` reads seconds since 1970.
    pub(super) fn serve(
        self,
        store: Box<dyn Store>,
        reader: Box<dyn Reader>,
        clock: fn() -> u64,
        answers: impl Answers,
    ) -> io::Result<Threads> {
        let Self { writer: changes, reader: fetches } = self;
        let to = answers.clone();
        let writer = thread::Builder::new()
            .name("store writer".to_owned())
            .spawn(move || write(store, &changes, clock, &to))?;
        let reader = thread::Builder::new()
            .name("store reader".to_owned())
            .spawn(move || read(reader, &fetches, clock, &answers))?;
        Ok(Threads { writer, reader })
    }
}

/// The running threads.
#[derive(Debug)]
pub(super) struct Threads {
    writer: JoinHandle<()>,
    reader: JoinHandle<()>,
}

impl Threads {
    /// Waits until everything that was asked before [`Desk::stop`] is done and the store is closed.
    pub(super) fn join(self) -> thread::Result<()> {
        self.reader.join()?;
        self.writer.join()
    }
}

enum Read {
    Fetch(Fetch),
    Contents(ContentsAnswer),
    Stop,
}

fn write(mut store: Box<dyn Store>, inbox: &Inbox, clock: fn() -> u64, answers: &impl Answers) {
    let mut sweeps_on = false;
    let mut log = Log { complaints: Complaints::default(), clock };
    loop {
        let Batch { asked, changes, sweeps, stops } = inbox.take(sweeps_on);
        if !changes.is_empty() {
            let began = Instant::now();
            let stored =
                changes.iter().filter(|change| matches!(change, Change::Put { .. })).count();
            let results = commit(&mut *store, &changes, answers, &mut log);
            let answered = asked.into_iter().zip(changes).zip(results);
            let answered = answered.map(|((asked, change), result)| (asked, change, result));
            answers.committed(answered.collect(), store.usage());
            if !stops {
                inbox.pause(limits::commits_apart(stored).saturating_sub(began.elapsed()));
            }
        }
        if stops {
            return;
        }
        if sweeps {
            let result = store.sweep(clock(), limits::SWEPT_AT_ONCE);
            sweeps_on = swept(result, store.usage(), answers, &mut log);
        } else if sweeps_on {
            let result = store.sweep_on(limits::SWEPT_AT_ONCE);
            sweeps_on = swept(result, store.usage(), answers, &mut log);
        }
    }
}

/// What becomes of each of these changes. Of a batch that meets damage as much is committed at once as
/// does not: half of it, half of that, and from there on twice as much each time. So one that cannot be
/// made takes no other with it, and costs the others a few transactions.
fn commit(
    store: &mut dyn Store,
    changes: &[Change],
    answers: &impl Answers,
    log: &mut Log,
) -> Vec<Result<Done, Trouble>> {
    let mut results = Vec::with_capacity(changes.len());
    let mut at_once = changes.len();
    while let Some(rest) = changes.get(results.len()..).filter(|rest| !rest.is_empty()) {
        let some = rest.get(..at_once).unwrap_or(rest);
        let result = store.commit(some, (log.clock)());
        watch(&result, answers);
        match result {
            Ok(done) if !done.is_empty() => {
                at_once = at_once.saturating_mul(2);
                results.extend(done.into_iter().map(Ok));
            }
            Err(StoreError::Damaged(_)) if some.len() > 1 => at_once = some.len() / 2,
            Err(error @ StoreError::Damaged(_)) => results.push(Err(fail(&error, answers, log))),
            // A store that did nothing and says that all is well is not asked for ever.
            Ok(_) => results.resize(changes.len(), Err(Trouble::Failed)),
            Err(error) => results.resize(changes.len(), Err(fail(&error, answers, log))),
        }
    }
    results
}

/// The operator is told, and it is counted.
fn fail(error: &StoreError, answers: &impl Answers, log: &mut Log) -> Trouble {
    answers.failed();
    log.trouble(error)
}

fn watch<T>(result: &Result<T, StoreError>, answers: &impl Answers) {
    if result.as_ref().is_err_and(StoreError::is_final) {
        answers.halted();
    }
}

/// Whether there is more to sweep.
fn swept(
    result: Result<Swept, StoreError>,
    usage: Usage,
    answers: &impl Answers,
    log: &mut Log,
) -> bool {
    watch(&result, answers);
    match result {
        Ok(swept) => {
            log.damage(&swept.damaged);
            answers.swept(&swept, usage);
            swept.more
        }
        Err(error) => {
            fail(&error, answers, log);
            false
        }
    }
}

fn read(
    mut reader: Box<dyn Reader>,
    inbox: &Receiver<Read>,
    clock: fn() -> u64,
    answers: &impl Answers,
) {
    let mut log = Log { complaints: Complaints::default(), clock };
    while let Ok(message) = inbox.recv() {
        let (fetches, other) = next_fetches(message, inbox);
        if !fetches.is_empty() {
            answers.fetched(fetch_all(&mut *reader, fetches, answers, &mut log));
        }
        match other {
            Some(Read::Contents(answer)) => answer(reader.contents()),
            Some(Read::Stop) => return,
            Some(Read::Fetch(_)) | None => {}
        }
    }
}

/// The fetches that have arrived, and what came behind them.
fn next_fetches(first: Read, inbox: &Receiver<Read>) -> (Vec<Fetch>, Option<Read>) {
    let mut fetches = Vec::new();
    let mut next = Some(first);
    while let Some(message) = next {
        let Read::Fetch(fetch) = message else { return (fetches, Some(message)) };
        fetches.push(fetch);
        next = match fetches.len() < limits::FETCHES_AT_ONCE {
            true => inbox.try_recv().ok(),
            false => None,
        };
    }
    (fetches, None)
}

fn fetch_all(
    reader: &mut dyn Reader,
    fetches: Vec<Fetch>,
    answers: &impl Answers,
    log: &mut Log,
) -> Vec<(Fetch, Result<Fetched, Trouble>)> {
    let wanted: Vec<Wanted> =
        fetches.iter().map(|f| Wanted { address: f.address, after: f.after, max: f.max }).collect();
    let results = reader.fetch_all(&wanted).into_iter().map(|result| {
        if let Ok(fetched) = &result {
            log.damage(&fetched.damaged);
        }
        result.map_err(|error| fail(&error, answers, log))
    });
    fetches.into_iter().zip(results).collect()
}

/// What the operator is told; who asked is told a code.
struct Log {
    complaints: Complaints,
    clock: fn() -> u64,
}

impl Log {
    fn trouble(&mut self, error: &StoreError) -> Trouble {
        if self.complaints.is_due(error, (self.clock)()) {
            let source: &(dyn Error + 'static) = error;
            tracing::error!(error = source, "the store failed");
        }
        match error {
            StoreError::DiskFull => Trouble::DiskFull,
            StoreError::Damaged(_) => Trouble::Damaged,
            _ => Trouble::Failed,
        }
    }

    fn damage(&mut self, damaged: &[Damage]) {
        for damage in damaged {
            if self.complaints.is_due_for(*damage, (self.clock)()) {
                tracing::error!(%damage, "the store is damaged");
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;
    use std::time::Duration;

    use super::super::store::Memory;
    use super::super::store::StoreLimits;
    use super::super::store::StoreTime;
    use super::*;
    use crate::net::cell::Address;
    use crate::net::cell::ENVELOPE_LEN;
    use crate::net::cell::Envelope;
    use crate::net::cell::EnvelopeId;

    const NOW: u64 = 1_800_000_000;

    /// How many envelopes each slice of the sweeps has deleted.
    #[derive(Clone)]
    struct Slices(Arc<Mutex<Sender<usize>>>);

    impl Answers for Slices {
        fn committed(&self, _: Vec<Answer>, _: Usage) {}

        fn fetched(&self, _: Vec<(Fetch, Result<Fetched, Trouble>)>) {}

        fn swept(&self, swept: &Swept, _: Usage) {
            self.0.lock().unwrap().send(swept.expired.len()).unwrap();
        }

        fn failed(&self) {}

        fn halted(&self) {}
    }

    fn put(number: u16) -> Change {
        let [high, low] = number.to_be_bytes();
        let mut id = [0; 16];
        id[..2].copy_from_slice(&[high, low]);
        Change::Put {
            address: Address::new([low; 32]),
            id: EnvelopeId::new(id),
            envelope: Envelope::from_slice(&[0; ENVELOPE_LEN]).unwrap(),
            effort: u32::MAX,
        }
    }

    /// A store in which one mailbox is damaged; counts its commits.
    struct Torn(Memory, Address, usize);

    impl Store for Torn {
        fn commit(&mut self, changes: &[Change], now_s: u64) -> Result<Vec<Done>, StoreError> {
            self.2 += 1;
            let is_torn = |change: &Change| matches!(change, Change::Put { address, .. } if *address == self.1);
            match changes.iter().any(is_torn) {
                true => Err(StoreError::Damaged(Damage::File)),
                false => self.0.commit(changes, now_s),
            }
        }

        fn sweep(&mut self, now_s: u64, limit: usize) -> Result<Swept, StoreError> {
            self.0.sweep(now_s, limit)
        }

        fn sweep_on(&mut self, limit: usize) -> Result<Swept, StoreError> {
            self.0.sweep_on(limit)
        }

        fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
            self.0.reader()
        }

        fn limits(&self) -> StoreLimits {
            self.0.limits()
        }

        fn usage(&self) -> Usage {
            self.0.usage()
        }
    }

    #[test]
    fn a_change_that_meets_damage_takes_none_of_its_batch_with_it() {
        for torn in [0_u8, 1, 100, 255] {
            let memory = Memory::new(StoreLimits::default(), NOW);
            let mut store = Torn(memory, Address::new([torn; 32]), 0);
            let changes: Vec<Change> = (0..256).map(put).collect();
            let mut log = Log { complaints: Complaints::default(), clock: || NOW };
            let answers = Slices(Arc::new(Mutex::new(mpsc::channel().0)));
            let results = commit(&mut store, &changes, &answers, &mut log);
            assert_eq!(results.len(), 256);
            for (result, number) in results.iter().zip(0_u16..) {
                match number == u16::from(torn) {
                    true => assert_eq!(*result, Err(Trouble::Damaged)),
                    false => assert!(matches!(result, Ok(Done::Stored { .. })), "{number}"),
                }
            }
            assert!(store.2 <= 40, "{} commits", store.2);
        }
    }

    #[test]
    fn one_sweep_goes_on_until_nothing_is_left_and_moves_the_time_once() {
        let limits = StoreLimits { retention_s: StoreTime::STEP_S, ..StoreLimits::default() };
        let mut store = Memory::new(limits, NOW);
        store.commit(&(0..600).map(put).collect::<Vec<_>>(), NOW).unwrap();
        // These expire by the clock, and not by the one step that a sweep takes.
        store.commit(&(600..610).map(put).collect::<Vec<_>>(), NOW + 1).unwrap();
        let reader = store.reader().unwrap();
        let (to, slices) = mpsc::channel();
        let (desk, counter) = desk();
        let answers = Slices(Arc::new(Mutex::new(to)));
        let threads = counter.serve(Box::new(store), reader, || NOW + 100_000, answers).unwrap();
        desk.sweep();
        let patience = Duration::from_secs(60);
        let next = || slices.recv_timeout(patience).unwrap();
        assert_eq!([next(), next(), next()], [256, 256, 88]);
        desk.stop();
        threads.join().unwrap();
        assert!(slices.try_recv().is_err(), "and no more than that");
    }
}
