//! Who gets how much of a relay: each connection, each block of addresses, and all together.
//!
//! ```text
//!   accepted ──arrive──▶ starting ── handshake ── Hello ──has_started──▶ served ──puts, subscribes──▶
//!                │                                                          │
//!                └── dropped: early, by chance                              └── refused with a code
//! ```
//!
//! What is served and read is held, and a block may hold a part of all (`holdings`).
//!
//! Nothing about an address is written or logged; what is counted of a block is forgotten within two
//! minutes after its last connection has gone.

mod block;
mod bucket;
mod holdings;

use std::time::Duration;

pub use self::block::Block;
use self::block::Blocks;
pub(super) use self::bucket::Bucket;
pub use self::bucket::Rate;
use self::holdings::Holdings;
pub(super) use self::holdings::HoldsItsShare;
use super::limits;
use super::limits::RelayLimits;

/// What has been taken of a relay lately.
#[derive(Debug)]
pub(super) struct Admission {
    limits: RelayLimits,
    blocks: Blocks,
    holdings: Holdings,
    /// What is put beyond all that connections and blocks have for themselves.
    beyond: Bucket,
    /// Connections that have not said Hello.
    starting: usize,
    /// Since the relay's start.
    now: Duration,
}

/// What one connection has taken lately.
#[derive(Debug, Default)]
pub(super) struct Taken {
    puts: Bucket,
    subscribes: Bucket,
}

/// A connection that was let in and has not said Hello: to be handed back, whatever becomes of it.
#[derive(Debug)]
#[must_use]
pub struct Arrival {
    block: Option<Block>,
}

/// A connection that is not let in; nothing is said to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotLetIn;

impl Admission {
    pub(super) fn new(limits: RelayLimits) -> Self {
        Self {
            limits,
            blocks: Blocks::default(),
            holdings: Holdings::default(),
            beyond: Bucket::default(),
            starting: 0,
            now: Duration::ZERO,
        }
    }

    /// Time since the relay's start; it does not go back.
    pub(super) fn time_is(&mut self, now: Duration) {
        self.now = self.now.max(now);
        self.blocks.age(self.now);
    }

    /// A connection was accepted. `chance` is random, from 0 to 255.
    pub(super) fn arrive(&mut self, from: Option<Block>, chance: u8) -> Result<Arrival, NotLetIn> {
        if self.is_unlucky(chance) {
            return Err(NotLetIn);
        }
        if let Some(block) = from {
            let account = self.blocks.account(block, self.now);
            if account.starting >= self.limits.starting_of_a_block
                || account.handshakes.take(self.limits.handshakes_of_a_block, 1, self.now).is_err()
            {
                return Err(NotLetIn);
            }
            account.starting += 1;
        }
        self.starting += 1;
        Ok(Arrival { block: from })
    }

    /// Random early drop, as OpenSSH's MaxStartups has it: from [`limits::drop_from`] on three of ten
    /// are dropped, rising to all at the limit. Whoever tries again gets in, whatever a storm does.
    fn is_unlucky(&self, chance: u8) -> bool {
        let (from, full) = (limits::drop_from(self.limits.starting), self.limits.starting);
        if self.starting >= full {
            return true;
        }
        let Some(beyond) = self.starting.checked_sub(from) else { return false };
        let rising = (256 - limits::DROPPED_OF_256) * beyond / full.saturating_sub(from).max(1);
        usize::from(chance) < limits::DROPPED_OF_256 + rising
    }

    /// A connection has said Hello, or is gone before it did.
    pub(super) fn has_started(&mut self, arrival: &Arrival) {
        self.starting = self.starting.saturating_sub(1);
        if let Some(block) = arrival.block {
            self.blocks.has_started(block);
        }
    }

    /// A connection is served, unless its block has as many as it may.
    pub(super) fn open(&mut self, from: Option<Block>) -> Result<(), HoldsItsShare> {
        let places = self.limits.connections;
        from.map_or(Ok(()), |block| self.holdings.open(block, places))
    }

    /// A connection is gone.
    pub(super) fn close(&mut self, from: Option<Block>) {
        if let Some(block) = from {
            self.holdings.close(block);
        }
    }

    /// A connection reads one more mailbox, unless its block reads as many as it may.
    pub(super) fn reads(&mut self, from: Option<Block>) -> Result<(), HoldsItsShare> {
        let places = self.limits.subscriptions_in_all;
        from.map_or(Ok(()), |block| self.holdings.subscribe(block, places))
    }

    /// A connection reads so many mailboxes no longer.
    pub(super) fn reads_no_longer(&mut self, from: Option<Block>, count: usize) {
        if let Some(block) = from {
            self.holdings.unsubscribe(block, count);
        }
    }

    /// One more Put or Cancel, or in how many seconds there is one. `is_idle`: whether the store keeps
    /// up, so that whoever wants more than is its own takes it from nobody.
    pub(super) fn put(
        &mut self,
        taken: &mut Taken,
        from: Option<Block>,
        is_idle: bool,
    ) -> Result<(), u32> {
        self.put_as_its_own(taken, from).or_else(|wait| {
            let beyond = self.limits.puts_beyond;
            let is_given = is_idle && self.beyond.take(beyond, 1, self.now).is_ok();
            if is_given { Ok(()) } else { Err(seconds(wait)) }
        })
    }

    fn put_as_its_own(&mut self, taken: &mut Taken, from: Option<Block>) -> Result<(), Duration> {
        let (of_one, of_block) = (self.limits.puts, self.limits.puts_of_a_block);
        taken.puts.take(of_one, 1, self.now)?;
        let Some(block) = from else { return Ok(()) };
        self.blocks.account(block, self.now).puts.take(of_block, 1, self.now)
    }

    /// So many more mailboxes to read, or in how many seconds there are.
    pub(super) fn subscribe(
        &mut self,
        taken: &mut Taken,
        from: Option<Block>,
        count: u32,
    ) -> Result<(), u32> {
        let (of_one, of_block) = (self.limits.subscribes, self.limits.subscribes_of_a_block);
        taken.subscribes.take(of_one, count, self.now).map_err(seconds)?;
        let Some(block) = from else { return Ok(()) };
        let account = self.blocks.account(block, self.now);
        account.subscribes.take(of_block, count, self.now).map_err(seconds)
    }
}

/// In whole seconds, at least one.
fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn block(number: u8) -> Option<Block> {
        Some(Block::of([192, 0, number, 1].into()))
    }

    fn admission() -> Admission {
        Admission::new(RelayLimits::default())
    }

    #[test]
    fn a_storm_is_thinned_out_before_it_fills_everything() {
        let mut admission = admission();
        let full = admission.limits.starting;
        let mut let_in = |chance| admission.arrive(None, chance).is_ok();
        let quiet = (0..limits::drop_from(full)).filter(|_| let_in(0)).count();
        assert_eq!(quiet, limits::drop_from(full), "below the limit everybody gets in");
        assert!(!let_in(0) && !let_in(75) && let_in(77), "three of ten are dropped");
        let lucky = (0..full).filter(|_| let_in(255)).count();
        assert_eq!(quiet + 1 + lucky, full, "the luckiest get in until it is full");
        assert!(!let_in(255));
    }

    #[test]
    fn who_has_started_makes_room() {
        let mut admission = admission();
        let arrivals: Vec<_> =
            std::iter::from_fn(|| admission.arrive(None, 255).ok()).take(5_000).collect();
        assert_eq!(arrivals.len(), admission.limits.starting);
        arrivals.iter().for_each(|arrival| admission.has_started(arrival));
        assert!(admission.arrive(None, 0).is_ok());
    }

    #[test]
    fn one_block_neither_holds_all_places_nor_all_handshakes() {
        let mut admission = admission();
        let from_one = |admission: &mut Admission| {
            std::iter::from_fn(|| admission.arrive(block(1), 0).ok())
                .take(5_000)
                .collect::<Vec<_>>()
        };
        let waiting = from_one(&mut admission);
        assert_eq!(waiting.len(), admission.limits.starting_of_a_block);
        let other = admission.arrive(block(2), 0).unwrap();
        // Handshakes that are done at once make room, but cost time: a burst, and then the rate.
        waiting.iter().chain([&other]).for_each(|arrival| admission.has_started(arrival));
        let mut done = waiting.len();
        while let Ok(arrival) = admission.arrive(block(1), 0) {
            admission.has_started(&arrival);
            done += 1;
        }
        assert_eq!(done, 128);
        assert!(admission.arrive(block(2), 0).is_ok(), "others are not touched");
        admission.time_is(Duration::from_secs(1));
        assert_eq!(from_one(&mut admission).len(), 32, "a second later");
    }

    #[test]
    fn connections_of_one_block_share_its_rate() {
        let mut admission = admission();
        let mut puts = 0_u32;
        for _ in 0..8 {
            let mut taken = Taken::default();
            while admission.put(&mut taken, block(1), false).is_ok() {
                puts += 1;
            }
        }
        assert_eq!(puts, 32_768);
        assert_eq!(admission.put(&mut Taken::default(), block(1), false), Err(1));
        assert_eq!(admission.put(&mut Taken::default(), block(2), false), Ok(()));
        assert_eq!(
            admission.put(&mut Taken::default(), None, false),
            Ok(()),
            "all are one address"
        );
        let mut taken = Taken::default();
        assert_eq!(admission.subscribe(&mut taken, block(1), 4_096), Ok(()));
        assert_eq!(admission.subscribe(&mut taken, block(1), 64), Err(2), "at 64 in a second");
    }

    #[test]
    fn one_block_holds_a_part_of_all_places_and_what_is_gone_is_not_remembered() {
        let mut admission = admission();
        let of_one = (0..9_000).filter(|_| admission.open(block(1)).is_ok()).count();
        assert_eq!(of_one, 5_000, "half");
        let of_two = (0..9_000).filter(|_| admission.open(block(2)).is_ok()).count();
        assert_eq!(of_two, 1_250, "an eighth");
        assert_eq!(admission.open(None), Ok(()), "behind a proxy all are one address");
        let read = (0..600_000).filter(|_| admission.reads(block(1)).is_ok()).count();
        assert_eq!(read, 524_288);
        admission.reads_no_longer(block(1), 1);
        assert_eq!(admission.reads(block(1)), Ok(()));
        assert_eq!(admission.reads(block(1)), Err(HoldsItsShare));
        let read = (0..600_000).filter(|_| admission.reads(block(2)).is_ok()).count();
        assert_eq!(read, 131_072);
        for _ in 0..of_one {
            admission.close(block(1));
        }
        assert_eq!(admission.holdings.len(), 1, "the other one's");
        // What the first one read counts no more either.
        assert_eq!(admission.open(block(3)), Ok(()));
        let read = (0..600_000).filter(|_| admission.reads(block(3)).is_ok()).count();
        assert_eq!(read, 524_288 - 131_072);
    }

    #[test]
    fn a_small_relay_is_shared_by_two_blocks_and_a_client_has_two_places() {
        for (all, share) in [(2, 2), (4, 2), (10, 4), (200, 64), (512, 64), (10_000, 1_250)] {
            assert_eq!(limits::share_of_a_block(all), share, "{all}");
        }
    }

    /// How many Puts a connection has before it is refused one.
    fn puts_of(admission: &mut Admission, taken: &mut Taken, is_idle: bool) -> u32 {
        (0..).take_while(|_| admission.put(taken, None, is_idle).is_ok()).map(|_| 1).sum()
    }

    #[test]
    fn who_wants_more_takes_what_is_idle_and_nothing_from_others() {
        let mut admission = admission();
        let [mut greedy, mut other, mut third] = [(); 3].map(|()| Taken::default());
        assert_eq!(puts_of(&mut admission, &mut greedy, false), 16_384, "none while others wait");
        assert_eq!(puts_of(&mut admission, &mut greedy, true), 12_288);
        assert_eq!(puts_of(&mut admission, &mut other, true), 16_384, "its own is untouched");
        assert_eq!(admission.put(&mut greedy, None, true), Err(1));
        admission.time_is(Duration::from_secs(1));
        // A second later: 4,096 of its own for each, and 12,288 for both together.
        let of_both =
            puts_of(&mut admission, &mut greedy, true) + puts_of(&mut admission, &mut other, true);
        assert_eq!(of_both, 2 * 4_096 + 12_288);
        assert_eq!(admission.put(&mut third, None, true), Ok(()));
    }
}
