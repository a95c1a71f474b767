//! What the limits of a store are, and whether one more envelope keeps them.

use super::Done;

/// The limits of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// How many envelopes a mailbox holds.
    pub envelopes_per_mailbox: u32,
    /// For how long an envelope is kept, in seconds.
    pub retention_s: u64,
    /// How large the store may grow, in bytes of disk; each envelope counts as
    /// [`StoreLimits::ENVELOPE_COST`].
    pub bytes: u64,
}

impl StoreLimits {
    /// What an envelope takes on disk, in bytes: its page and its part of the three indexes,
    /// measured as 4,172, and room for the mailboxes and the write-ahead log.
    pub const ENVELOPE_COST: u64 = 4_608;

    /// The retention of protocol.md: three weeks of holidays.
    pub const RETENTION_S: u64 = 21 * DAY_S;

    /// For how long a mailbox stays warm after an acknowledgement, in seconds: one epoch.
    pub const WARM_S: u64 = 28 * DAY_S;

    /// What is put again within this time is not written again, in seconds: a row rewritten costs
    /// the disk as much as a new one, and none of the limits counts it.
    pub const EXTEND_S: u64 = 3_600;

    /// How many envelopes the store holds.
    #[must_use]
    pub const fn envelopes(&self) -> u64 {
        self.bytes / Self::ENVELOPE_COST
    }
}

impl Default for StoreLimits {
    /// 1,024 envelopes per mailbox: 4 MiB, and above the 900 that a client leaves unreceipted.
    /// 4 GiB in all: fits the smallest machine one can rent.
    fn default() -> Self {
        Self { envelopes_per_mailbox: 1024, retention_s: Self::RETENTION_S, bytes: 4 << 30 }
    }
}

/// How full a store is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many envelopes it holds.
    pub envelopes: u64,
    /// How many of them are in cold mailboxes.
    pub cold: u64,
    /// How many mailboxes it knows: with envelopes, or without and still warm.
    pub mailboxes: u64,
    /// How many envelopes it may hold.
    pub limit: u64,
}

impl Usage {
    /// How many more envelopes it takes.
    #[must_use]
    pub const fn free(&self) -> u64 {
        let taken = self.envelopes.saturating_add(self.mailboxes / MAILBOXES_PER_ENVELOPE);
        self.limit.saturating_sub(taken)
    }

    /// Whether an empty mailbox is remembered for its warmth: as long as there are no more of them
    /// than envelopes could be, so that they never take more than a part of the store.
    pub(super) const fn remembers(&self, held: u64, temperature: Temperature) -> bool {
        held > 0 || (matches!(temperature, Temperature::Warm) && self.mailboxes <= self.limit)
    }

    pub(super) const fn add_mailbox(&mut self) {
        self.mailboxes = self.mailboxes.saturating_add(1);
    }

    pub(super) const fn remove_mailbox(&mut self) {
        self.mailboxes = self.mailboxes.saturating_sub(1);
    }

    /// Whether a mailbox that holds `held` takes one more, and if not, why.
    pub(super) fn admit(
        &self,
        limits: &StoreLimits,
        held: u64,
        temperature: Temperature,
        effort: u32,
    ) -> Option<Done> {
        if held >= u64::from(limits.envelopes_per_mailbox) {
            return Some(Done::MailboxFull);
        }
        let cold_is_full = temperature == Temperature::Cold && self.cold >= self.limit / 2;
        if self.free() == 0 || cold_is_full {
            return Some(Done::StoreFull);
        }
        let is_cheap = temperature == Temperature::Cold && effort < self.price();
        is_cheap.then_some(Done::TooCheap)
    }

    /// The effort of the work that a Put into a cold mailbox costs: none below a quarter of the
    /// store, from there to the half, where no more is taken, eight steps, each twice the one before.
    #[must_use]
    pub const fn price(&self) -> u32 {
        let quarter = self.limit / 4;
        match self.cold.checked_sub(quarter) {
            None => 0,
            Some(_) if quarter == 0 => 0,
            Some(beyond) => {
                let steps = beyond.saturating_mul(PRICE_STEPS) / quarter;
                let last = PRICE_STEPS - 1;
                LEAST_EFFORT << (if steps < last { steps } else { last })
            }
        }
    }

    pub(super) fn add(&mut self, temperature: Temperature) {
        self.envelopes = self.envelopes.saturating_add(1);
        if temperature == Temperature::Cold {
            self.cold = self.cold.saturating_add(1);
        }
    }

    pub(super) fn remove(&mut self, temperature: Temperature) {
        self.envelopes = self.envelopes.saturating_sub(1);
        if temperature == Temperature::Cold {
            self.cold = self.cold.saturating_sub(1);
        }
    }

    /// A mailbox that holds `held` was acknowledged for the first time in a long while.
    pub(super) fn warm_up(&mut self, held: u64) {
        self.cold = self.cold.saturating_sub(held);
    }

    /// A mailbox that holds `held` was not acknowledged for a long while.
    pub(super) fn cool_down(&mut self, held: u64) {
        self.cold = self.cold.saturating_add(held);
    }
}

/// Whether somebody reads a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Temperature {
    /// Nobody has acknowledged anything in it for [`StoreLimits::WARM_S`].
    Cold,
    /// Somebody has.
    Warm,
}

impl Temperature {
    /// By the time of the last acknowledgement; 0 is never.
    pub(super) const fn of(acknowledged_s: u64) -> Self {
        if acknowledged_s == 0 { Self::Cold } else { Self::Warm }
    }
}

const DAY_S: u64 = 86_400;

/// The effort at a quarter: 0.6 s of the machine that this was measured on, which a first request is
/// worth to anybody. At 40 % of the store it is 10 s, near half 82 s.
const LEAST_EFFORT: u32 = 16;

const PRICE_STEPS: u64 = 8;

/// How many mailboxes count as one envelope: one takes 130 bytes of disk with its indexes, or of
/// memory.
const MAILBOXES_PER_ENVELOPE: u64 = 32;
