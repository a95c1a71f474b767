//! The relay's store: mailboxes of opaque envelopes, durable before anything is promised.
//!
//! ```text
//!   many connections ──Change──▶ Desk ── one batch ──▶ Store::commit   one transaction, one fsync
//!                    ◀──Done───       ◀── Done, … ──
//!                    ──address─▶ Desk ───────────────▶ Reader::fetch   what is committed, in order
//! ```
//!
//! An engine implements [`Store`] and [`Reader`]; one conformance suite (`tests/store`) holds for
//! all of them. Here are [`Memory`], for a relay that leaves nothing behind, and [`Embedded`], one
//! SQLite file. What a store does:
//!
//! - An envelope is kept at least until the `expires` that was announced with it. The same envelope
//!   put again under its id extends that, in steps of an hour; other bytes under the id are a
//!   conflict.
//! - A mailbox that is full refuses; nothing is ever evicted. So does a store that is full.
//! - A mailbox is *cold* until something in it is acknowledged, and again 28 days after the last
//!   time: whatever strangers write is cold. Cold mailboxes share half of the store;
//!   from a quarter on a Put into one costs work. An empty warm
//!   mailbox is remembered and counts as a small part of an envelope.
//! - Time is the [`StoreTime`]: it follows the clock slowly and never goes back.
//!
//! Invariant: no capability comes here; a store knows addresses only.

mod embedded;
mod error;
mod ledger;
mod memory;
mod time;

pub use self::embedded::Checked;
pub use self::embedded::Embedded;
pub use self::error::Damage;
pub use self::error::StoreError;
pub use self::ledger::StoreLimits;
pub use self::ledger::Usage;
pub use self::memory::Memory;
pub use self::time::StoreTime;

use crate::net::cell::Address;
use crate::net::cell::Envelope;
use crate::net::cell::EnvelopeId;

/// The writing half of an engine. It blocks and has one owner.
pub trait Store: Send {
    /// Makes these changes, in their order. They are durable before it returns.
    ///
    /// `now_s` is the clock in seconds since 1970. There is one [`Done`] for each change. There are fewer
    /// when something failed in between and those before it stand: then the others were not tried.
    ///
    /// # Errors
    ///
    /// With an error nothing is known to be stored and nothing acknowledged was lost. With
    /// [`StoreError::Damaged`] none was made, and each may succeed without the others.
    fn commit(&mut self, changes: &[Change], now_s: u64) -> Result<Vec<Done>, StoreError>;

    /// Moves the store's time towards `now_s` by one step and does as [`Store::sweep_on`]. To be
    /// called every [`StoreTime::SWEEP_EVERY_S`] seconds.
    ///
    /// # Errors
    ///
    /// With an error nothing has changed.
    fn sweep(&mut self, now_s: u64, limit: usize) -> Result<Swept, StoreError>;

    /// Deletes at most `limit` envelopes that have expired, and cools as many mailboxes down. To be
    /// called again as long as it leaves some.
    ///
    /// # Errors
    ///
    /// With an error nothing has changed.
    fn sweep_on(&mut self, limit: usize) -> Result<Swept, StoreError>;

    /// A new reading half, which sees everything that was committed before each call.
    ///
    /// # Errors
    ///
    /// When the engine cannot be opened once more.
    fn reader(&self) -> Result<Box<dyn Reader>, StoreError>;

    /// Its limits.
    fn limits(&self) -> StoreLimits;

    /// How full the store is.
    fn usage(&self) -> Usage;
}

/// A reading half of an engine. It blocks and has one owner.
pub trait Reader: Send {
    /// At most `max` envelopes of a mailbox behind a position, in their order.
    ///
    /// # Errors
    ///
    /// When the mailbox cannot be read; damaged envelopes are named in [`Fetched`] instead.
    fn fetch(
        &mut self,
        address: &Address,
        after: Position,
        max: usize,
    ) -> Result<Fetched, StoreError>;

    /// The same for several mailboxes, in their order, as they are at one moment: cheaper than one
    /// after the other.
    fn fetch_all(&mut self, wanted: &[Wanted]) -> Vec<Result<Fetched, StoreError>> {
        wanted.iter().map(|w| self.fetch(&w.address, w.after, w.max)).collect()
    }

    /// Everything that is kept, in the order it came: what somebody sees who has the store in hand.
    /// For tests and examples; a relay never asks.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or an envelope in it is damaged.
    fn contents(&mut self) -> Result<Vec<Kept>, StoreError>;
}

/// What [`Reader::fetch_all`] is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The mailbox.
    pub address: Address,
    /// Behind which position.
    pub after: Position,
    /// How many envelopes at most.
    pub max: usize,
}

/// What is to be changed in a store.
#[derive(Debug, Clone)]
pub enum Change {
    /// Keep an envelope.
    Put {
        /// Its mailbox.
        address: Address,
        /// Its id, unique in the mailbox.
        id: EnvelopeId,
        /// Its bytes.
        envelope: Envelope,
        /// The effort of the work that was done for it.
        effort: u32,
    },
    /// Delete what a reader has acknowledged.
    Ack {
        /// The mailbox; a position in another one is left alone.
        address: Address,
        /// What to delete.
        positions: Vec<Position>,
    },
    /// Delete what a writer takes back.
    Cancel {
        /// The mailbox.
        address: Address,
        /// The envelope.
        id: EnvelopeId,
    },
}

/// What became of a [`Change`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// Put: it is kept.
    Stored {
        /// Where it stands in its mailbox.
        position: Position,
        /// Until when at least, in seconds since 1970.
        expires: u64,
    },
    /// Put: it was kept already, and now until then.
    Duplicate {
        /// Until when at least, in seconds since 1970.
        expires: u64,
    },
    /// Put: other bytes are kept under this id.
    Conflict,
    /// Put: the mailbox holds as many envelopes as it may.
    MailboxFull,
    /// Put: the store, or the half of it that is for cold mailboxes, is full.
    StoreFull,
    /// Put: less work was done for it than one into a cold mailbox costs ([`Usage::price`]).
    TooCheap,
    /// Ack: these are deleted. One that had expired meanwhile is not among them.
    Acked(Vec<Position>),
    /// Cancel: it was there and is deleted.
    Cancelled(Position),
    /// Cancel: it was not there.
    Gone,
}

/// Where an envelope stands: a later one stands higher, within one run of a relay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// Before everything.
    pub const START: Self = Self(0);

    /// The position with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// An envelope in a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where it stands.
    pub position: Position,
    /// Its mailbox.
    pub address: Address,
    /// Its id.
    pub id: EnvelopeId,
    /// Until when it is kept at least, in seconds since 1970.
    pub expires: u64,
    /// Its bytes.
    pub envelope: Envelope,
}

/// What a fetch found.
#[derive(Debug, Default)]
pub struct Fetched {
    /// The envelopes, in order.
    pub envelopes: Vec<Kept>,
    /// Where damaged ones stand among them. They are passed over, never guessed, and stay in the
    /// store until they expire.
    pub damaged: Vec<Damage>,
    /// The highest position looked at, from which the next fetch goes on.
    pub last: Position,
    /// Whether there may be more behind it.
    pub more: bool,
}

/// What a sweep did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// What had expired and is deleted.
    pub expired: Vec<Position>,
    /// The store's time after it, in seconds since 1970.
    pub time_s: u64,
    /// Damaged envelopes that were due. What cannot be deleted stays, and holds up nothing else.
    pub damaged: Vec<Damage>,
    /// Whether the limit was reached, so that more may be due.
    pub more: bool,
}
