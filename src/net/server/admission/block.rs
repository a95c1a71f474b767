//! Blocks of addresses: what one customer of a network is likely to have all of.
//!
//! | address | block | because |
//! |---|---|---|
//! | IPv4 | /24 | the smallest that is routed by itself: 256 addresses, often of many people |
//! | IPv6 | /48 | what a site or a tunnel gets for nothing, and as many /56 of homes as a /24 has addresses |
//!
//! Blocks are kept in memory, forgotten within two minutes after their last connection has gone, and
//! never written or logged.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::bucket::Bucket;

/// A block of addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Block(Prefix);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Prefix {
    V4([u8; 3]),
    V6([u8; 6]),
}

impl Block {
    /// The block that an address is in. An IPv4 address in IPv6's notation is an IPv4 address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Prefix::V4([a, b, c])
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, ..] = address.octets();
                Prefix::V6([a, b, c, d, e, f])
            }
        })
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_) = self;
        f.write_str("Block")
    }
}

/// What a block has taken.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Account {
    /// Connections that have not said Hello.
    pub(super) starting: usize,
    pub(super) handshakes: Bucket,
    pub(super) puts: Bucket,
    pub(super) subscribes: Bucket,
}

/// The accounts of blocks, in two halves: a new half begins when one is full or old, and what is not
/// asked for while it fills is forgotten with the half before. So a flood of addresses costs bounded
/// memory and no search.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    young: HashMap<Block, Account>,
    old: HashMap<Block, Account>,
    /// Since when the young half fills.
    since: Duration,
}

impl Blocks {
    /// The account of a block, fresh if it is not known.
    pub(super) fn account(&mut self, block: Block, now: Duration) -> &mut Account {
        self.age(now);
        if self.young.len() >= BLOCKS && !self.young.contains_key(&block) {
            self.turn(now);
        }
        let old = &mut self.old;
        self.young.entry(block).or_insert_with(|| old.remove(&block).unwrap_or_default())
    }

    /// A connection has said Hello, or is gone. What was forgotten counts nothing.
    pub(super) fn has_started(&mut self, block: Block) {
        let account = self.young.get_mut(&block).or_else(|| self.old.get_mut(&block));
        if let Some(account) = account {
            account.starting = account.starting.saturating_sub(1);
        }
    }

    /// Forgets what was not asked for lately.
    pub(super) fn age(&mut self, now: Duration) {
        if now.saturating_sub(self.since) >= FORGET {
            self.turn(now);
        }
    }

    fn turn(&mut self, now: Duration) {
        self.old = std::mem::take(&mut self.young);
        self.since = now;
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

/// How many blocks each half holds: together two megabytes.
const BLOCKS: usize = 8_192;

/// A half ends after this time at the latest: every bucket is full again by then, and every
/// connection has said Hello or is gone.
const FORGET: Duration = Duration::from_mins(1);

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        Block::of(text.parse().unwrap())
    }

    #[test]
    fn neighbours_share_a_block_and_strangers_do_not() {
        assert_eq!(block("192.0.2.1"), block("192.0.2.255"));
        assert_ne!(block("192.0.2.1"), block("192.0.3.1"));
        assert_eq!(block("2001:db8:1:2::3"), block("2001:db8:1:ffff::1"));
        assert_ne!(block("2001:db8:1::1"), block("2001:db8:2::1"));
        assert_eq!(block("::ffff:192.0.2.9"), block("192.0.2.1"));
        assert_ne!(block("::1"), block("127.0.0.1"));
        assert_eq!(format!("{:?}", block("192.0.2.1")), "Block");
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_memory() {
        let mut blocks = Blocks::default();
        let known = block("192.0.2.1");
        for number in 0..1_000_000_u32 {
            let [_, a, b, c] = number.to_be_bytes();
            blocks.account(Block(Prefix::V4([a, b, c])), Duration::ZERO).starting = 1;
            assert!(blocks.len() <= 2 * BLOCKS);
            if number % 1_000 == 0 {
                blocks.account(known, Duration::ZERO).starting += 1;
            }
        }
        assert_eq!(blocks.account(known, Duration::ZERO).starting, 1_000, "who is heard stays");
    }

    #[test]
    fn blocks_are_forgotten() {
        let mut blocks = Blocks::default();
        let at = Duration::from_secs;
        blocks.account(block("192.0.2.1"), at(1)).starting = 5;
        assert_eq!(blocks.account(block("192.0.2.2"), at(59)).starting, 5);
        blocks.age(at(61));
        assert_eq!(blocks.len(), 1);
        blocks.age(at(121));
        assert_eq!(blocks.len(), 0);
        blocks.has_started(block("192.0.2.1"));
        assert_eq!(blocks.len(), 0, "an end of what is forgotten makes no account");
    }
}
