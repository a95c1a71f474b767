//! The store in one SQLite file: write-ahead log, an fsync for each commit, one process at a time.
//!
//! ```text
//!   meta      name, value, checksum              'time'
//!   mailbox   number, address, envelopes,        envelopes: how many it holds
//!             acknowledged, checksum             acknowledged: store time of the last Ack, or 0
//!   envelope  position, mailbox, id, expires,    unique (mailbox, id)
//!             checksum, body
//! ```
//!
//! SQLite notices a file that is cut or overwritten with zeros, not a flipped bit; so each row has
//! a CRC-32 of its own: that of an envelope is checked whenever it is read, the others on opening. Deleted rows are overwritten
//! (`secure_delete`).
//!
//! Sources: [WAL](https://www.sqlite.org/wal.html), [pragmas](https://www.sqlite.org/pragma.html).

mod batch;
mod check;
mod expired;
mod ladder;
mod lock;
mod repair;
mod reserve;
mod rows;
mod schema;

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::TransactionBehavior;

use self::batch::Batch;
use self::batch::Gone;
pub use self::check::Checked;
use self::lock::Lock;
use self::reserve::Reserve;
use super::Change;
use super::Damage;
use super::Done;
use super::Fetched;
use super::Kept;
use super::Position;
use super::Reader;
use super::Store;
use super::StoreError;
use super::StoreLimits;
use super::StoreTime;
use super::Swept;
use super::Usage;
use super::Wanted;
use crate::net::cell::Address;

/// A store in an SQLite file.
pub struct Embedded {
    path: PathBuf,
    connection: Connection,
    limits: StoreLimits,
    usage: Usage,
    last: Position,
    time: StoreTime,
    damage: Vec<Damage>,
    halted: bool,
    reserve: Reserve,
    lock: Arc<Lock>,
}

impl Embedded {
    /// Opens the store at `path`, or makes it; `now_s` is the clock in seconds since 1970.
    ///
    /// The file, its log, its lock and its reserve (the file's name with `.lock` and `.reserve`
    /// appended) are for the owner only. Symbolic links are followed.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] when another process has it open; [`StoreError::NotAStore`],
    /// [`StoreError::Schema`] and [`StoreError::Damaged`] when it cannot be this relay's store.
    pub fn open(path: &Path, limits: StoreLimits, now_s: u64) -> Result<Self, StoreError> {
        let path = lock::resolve(path)?;
        let lock = Arc::new(Lock::take(&path)?);
        let mut reserve = Reserve::of(&path);
        let ready = || -> Result<_, StoreError> {
            let mut connection = schema::open(&path, now_s)?;
            let (time, damage) = repair::repair(&mut connection, now_s, limits.retention_s)?;
            Ok((connection, time, damage))
        };
        let (connection, time, damage) = match ready() {
            Err(StoreError::DiskFull) if reserve.release() => {
                let done = ready()?;
                reserve.extend_log();
                done
            }
            done => done?,
        };
        reserve.restore();
        for damage in &damage {
            tracing::error!(%damage, "the store is damaged");
        }
        Ok(Self {
            usage: rows::usage(&connection, limits.envelopes())?,
            last: rows::last_position(&connection)?,
            time,
            path,
            connection,
            limits,
            damage,
            halted: false,
            reserve,
            lock,
        })
    }

    /// Reads the whole store in a file and names what in it is not what was written. Nothing is
    /// changed, and a relay may have it open meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::NotAStore`] or [`StoreError::Schema`] when the file holds no
    /// store of this version. Damage is no error.
    pub fn check(path: &Path) -> Result<Checked, StoreError> {
        check::check(path)
    }

    /// What was found damaged, and logged, on opening. Counts and times were made good; everything
    /// else is served.
    #[must_use]
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    fn try_commit(&mut self, changes: &[Change], now_s: u64) -> Result<Vec<Done>, StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut batch = Batch {
            connection: &transaction,
            limits: &self.limits,
            usage: self.usage,
            last: self.last,
            time: self.time,
            now_s,
        };
        let done = changes.iter().map(|change| batch.apply(change)).collect::<Result<_, _>>()?;
        let Batch { usage, last, .. } = batch;
        transaction.commit()?;
        (self.usage, self.last) = (usage, last);
        Ok(done)
    }

    /// One transaction of a sweep.
    fn try_sweep<T>(
        &mut self,
        time: StoreTime,
        sweep: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut batch = Batch {
            connection: &transaction,
            limits: &self.limits,
            usage: self.usage,
            last: self.last,
            time,
            now_s: time.seconds(),
        };
        schema::set_time(&transaction, time)?;
        let done = sweep(&mut batch)?;
        let usage = batch.usage;
        transaction.commit()?;
        (self.usage, self.time) = (usage, time);
        Ok(done)
    }

    /// Sweeps where something due is damaged: as much at once as is not, and what cannot be deleted is
    /// named and passed over. Each step is a transaction of its own: after damage SQLite goes on with
    /// none, also not from a savepoint.
    fn sweep_apart(&mut self, time: StoreTime, limit: usize) -> Result<Gone, StoreError> {
        let mut gone = Gone::default();
        let (mut passed, mut at_once) = (0, limit);
        while let Some(left) = limit.checked_sub(gone.expired.len()).filter(|left| *left > 0) {
            let some = at_once.min(left);
            let step =
                self.in_reserve(|store| store.try_sweep(time, |b| b.expire_some(passed, some)));
            match self.watch(step) {
                Ok(mut step) => {
                    let is_last = step.expired.is_empty();
                    gone.expired.append(&mut step.expired);
                    gone.damaged.append(&mut step.damaged);
                    at_once = at_once.saturating_mul(2);
                    if is_last {
                        break;
                    }
                }
                Err(StoreError::Damaged(_)) if some > 1 => at_once = some / 2,
                Err(StoreError::Damaged(damage)) => {
                    gone.damaged.push(damage);
                    passed += 1;
                }
                Err(_) if !gone.expired.is_empty() => return Ok(gone),
                Err(error) => return Err(error),
            }
        }
        let step = self.in_reserve(|store| store.try_sweep(time, |batch| batch.cool_down(limit)));
        match self.watch(step) {
            Ok(cooled) => gone.cooled = cooled,
            // A mailbox that stays warm holds nobody up.
            Err(StoreError::Damaged(damage)) => gone.damaged.push(damage),
            Err(_) if !gone.expired.is_empty() => {}
            Err(error) => return Err(error),
        }
        Ok(gone)
    }

    /// On a full disk what needs no more room is done, one by one, and everything else is refused. What
    /// was done before one fails stands.
    fn commit_in_reserve(
        &mut self,
        changes: &[Change],
        now_s: u64,
    ) -> Result<Vec<Done>, StoreError> {
        let mut done = Vec::with_capacity(changes.len());
        for change in changes {
            match change {
                Change::Put { .. } => done.push(Done::StoreFull),
                Change::Ack { .. } | Change::Cancel { .. } => {
                    let change = std::slice::from_ref(change);
                    let result = self.in_reserve(|store| store.try_commit(change, now_s));
                    match self.watch(result) {
                        Ok(mut one) => done.append(&mut one),
                        Err(_) if !done.is_empty() => return Ok(done),
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        Ok(done)
    }

    /// Tries it; if there is no room, once more when the log is copied into the file, so that it begins
    /// again and needs no more than it has.
    fn in_reserve<T>(
        &mut self,
        attempt: impl Fn(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match attempt(self) {
            Err(StoreError::DiskFull) => {}
            result => return result,
        }
        self.begin_log_again()?;
        attempt(self)
    }

    /// Gives the reserve away and takes of it at once what file and log need.
    fn begin_log_again(&mut self) -> Result<(), StoreError> {
        self.reserve.release();
        self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        self.reserve.extend_log();
        Ok(())
    }

    fn sweep_at(&mut self, time: StoreTime, limit: usize) -> Result<Swept, StoreError> {
        if self.halted {
            return Err(StoreError::Halted);
        }
        self.reserve.restore();
        let whole = self.in_reserve(|store| store.try_sweep(time, |batch| batch.sweep(limit)));
        let result = match whole {
            Err(StoreError::Damaged(_)) => self.sweep_apart(time, limit),
            result => result,
        };
        let Gone { expired, damaged, cooled } = self.watch(result)?;
        let more = expired.len() >= limit || cooled >= limit;
        Ok(Swept { expired, time_s: time.seconds(), damaged, more })
    }

    /// After an error that is final nothing more is promised.
    fn watch<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        self.halted |= result.as_ref().is_err_and(StoreError::is_final);
        result
    }
}

impl Store for Embedded {
    fn commit(&mut self, changes: &[Change], now_s: u64) -> Result<Vec<Done>, StoreError> {
        if self.halted {
            return Err(StoreError::Halted);
        }
        self.reserve.restore();
        let result = match self.reserve.is_held() {
            true => match self.try_commit(changes, now_s) {
                Err(StoreError::DiskFull) => {
                    self.begin_log_again().and_then(|()| self.commit_in_reserve(changes, now_s))
                }
                result => result,
            },
            false => self.commit_in_reserve(changes, now_s),
        };
        self.watch(result)
    }

    fn sweep(&mut self, now_s: u64, limit: usize) -> Result<Swept, StoreError> {
        let time = if self.usage.envelopes == 0 {
            StoreTime::new(now_s)
        } else {
            self.time.towards(now_s)
        };
        self.sweep_at(time, limit)
    }

    fn sweep_on(&mut self, limit: usize) -> Result<Swept, StoreError> {
        self.sweep_at(self.time, limit)
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        let connection = schema::open_to_read(&self.path)?;
        Ok(Box::new(EmbeddedReader { connection, _lock: Arc::clone(&self.lock) }))
    }

    fn limits(&self) -> StoreLimits {
        self.limits
    }

    fn usage(&self) -> Usage {
        self.usage
    }
}

/// The lock goes after the last connection, so it stands behind them in both.
struct EmbeddedReader {
    connection: Connection,
    _lock: Arc<Lock>,
}

impl Reader for EmbeddedReader {
    fn fetch(
        &mut self,
        address: &Address,
        after: Position,
        max: usize,
    ) -> Result<Fetched, StoreError> {
        rows::fetch(&self.connection, address, after, max)
    }

    fn fetch_all(&mut self, wanted: &[Wanted]) -> Vec<Result<Fetched, StoreError>> {
        // One transaction, which only reads: it ends as it is dropped. Without one each is its own.
        let transaction = self.connection.unchecked_transaction();
        let fetched = wanted
            .iter()
            .map(|w| rows::fetch(&self.connection, &w.address, w.after, w.max))
            .collect();
        drop(transaction);
        fetched
    }

    fn contents(&mut self) -> Result<Vec<Kept>, StoreError> {
        rows::contents(&self.connection)
    }
}
