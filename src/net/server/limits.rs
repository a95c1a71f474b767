//! What bounds a relay: memory, disk and time that strangers can take, each with its reason.

use std::time::Duration;

use super::admission::Rate;
use crate::net::cell::Pace;

/// The limits that an operator may want to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayLimits {
    /// How many connections are served at once. More are told so and closed as they come.
    pub connections: usize,
    /// How many connections may be on their way to Hello at once. From a quarter of that on some are
    /// dropped by chance, more and more of them.
    pub starting: usize,
    /// How many mailboxes one connection may be subscribed to.
    pub subscriptions: usize,
    /// How many mailboxes all connections together may be subscribed to.
    pub subscriptions_in_all: usize,
    /// How long a client may say nothing.
    pub idle: Duration,
    /// The shortest interval of a steady connection.
    pub pace: Pace,
    /// Whose addresses connections come from.
    pub sources: Sources,
    /// How many of a block's connections may be on their way to Hello at once.
    pub starting_of_a_block: usize,
    /// How fast a block may begin handshakes.
    pub handshakes_of_a_block: Rate,
    /// How fast a connection may put and cancel.
    pub puts: Rate,
    /// How fast a block may.
    pub puts_of_a_block: Rate,
    /// How fast all together may beyond that, while the store keeps up.
    pub puts_beyond: Rate,
    /// How fast a connection may subscribe to mailboxes.
    pub subscribes: Rate,
    /// How fast a block may.
    pub subscribes_of_a_block: Rate,
}

/// Whose addresses connections come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sources {
    /// Their clients': neighbours share limits.
    Clients,
    /// A proxy's or an onion service's: it says nothing about who they are, and limits hold for each
    /// connection and for all.
    One,
}

impl Default for RelayLimits {
    /// - 10,000 connections: half of the 20,000 files that a process gets on a common system.
    /// - 1,024 on their way to Hello: a second of work for one core, 16 MiB of buffers.
    /// - 2,048 subscriptions: two hundred contacts with nine mailboxes each.
    /// - 1,048,576 in all: a quarter of a gigabyte of memory. Once half of these are taken a block has an
    ///   eighth of them, and so of the connections (`share_of_a_block`).
    /// - 10 minutes: a phone's radio may sleep that long; an address translator forgets sooner.
    /// - 1 s between two cells of a steady connection: ten thousand of them are 41 MB a second each way.
    /// - 64 on their way to Hello from a block: a sixteenth of all, so that one block alone never comes
    ///   near the number from which others are dropped.
    /// - 32 handshakes a second from a block, 128 at once: 4 % of a core; after a restart of the relay
    ///   two thousand connections of neighbours are back within a minute.
    /// - 4,096 Puts a second from a connection, 16,384 at once: twenty of the longest texts at once, and
    ///   for good a sixth of what a store on two cores takes; a block twice as much.
    /// - 12,288 a second, and as many at once, for all together who want more than that: what half of
    ///   such a store takes, and with a connection's own 64 MB of a file in a second. However many ask
    ///   for more, they have no more than this of it, and only while nobody waits for longer than a
    ///   commit because of them; what each connection has for itself nobody takes from it.
    /// - 64 mailboxes a second, 4,096 at once: all that a connection may read, twice over; a block as
    ///   much as sixty-four such connections.
    fn default() -> Self {
        Self {
            connections: 10_000,
            starting: 1_024,
            subscriptions: 2_048,
            subscriptions_in_all: 1 << 20,
            idle: Duration::from_mins(10),
            pace: Pace::SECOND,
            sources: Sources::Clients,
            starting_of_a_block: 64,
            handshakes_of_a_block: Rate::per_second(32, 128),
            puts: Rate::per_second(4_096, 16_384),
            puts_of_a_block: Rate::per_second(8_192, 32_768),
            puts_beyond: Rate::per_second(12_288, 12_288),
            subscribes: Rate::per_second(64, 4_096),
            subscribes_of_a_block: Rate::per_second(4_096, 262_144),
        }
    }
}

impl RelayLimits {
    /// For a relay that only its own computer reaches: all come from one address, and cells cost no
    /// line anything.
    #[must_use]
    pub fn local() -> Self {
        Self { sources: Sources::One, pace: Pace::LEAST, ..Self::default() }
    }
}

/// From how many connections on their way to Hello on some are dropped: a quarter of the limit.
pub(super) const fn drop_from(starting: usize) -> usize {
    starting / 4
}

/// How many of 256 are dropped from there on, as OpenSSH does by default: three of ten.
pub(super) const DROPPED_OF_256: usize = 77;

/// How many of all connections that are served, or of all mailboxes that are read, one block may have
/// once half of them are taken: an eighth. Of few connections more, [`FEW`] of them and never more than
/// half: a small relay may be that of one house, and another one still gets in. Clients have two each.
pub(super) const fn share_of_a_block(all: usize) -> usize {
    let few = if all / 2 < FEW { all / 2 } else { FEW };
    let share = if all / 8 < few { few } else { all / 8 };
    if share < 2 { 2 } else { share - share % 2 }
}

/// Thirty people, of whom each has two connections.
const FEW: usize = 64;

/// How many envelopes of a mailbox are delivered without an Ack: a quarter of a megabyte on the
/// way, which at a round trip of 100 ms is 2.6 MB/s.
pub const WINDOW: usize = 64;

/// How long after the beginning of a commit the next one begins at the soonest, for each envelope that
/// it stored: what a commit costs beside them (an fsync, the pages of four indexes, waking everybody)
/// is then shared by those who came meanwhile. Below a thousand a second nobody waits for it: commits
/// store one envelope, and the next comes later than this. Above, commits grow.
const APART_FOR_EACH: Duration = Duration::from_millis(1);

/// How long at most. Sixteen envelopes a commit at 2,000 a second, and half of this for one of them: less
/// than the way to anybody's relay takes.
const APART_AT_MOST: Duration = Duration::from_millis(8);

/// How long after the beginning of a commit that stored `envelopes` the next one begins at the soonest.
pub(super) fn commits_apart(envelopes: usize) -> Duration {
    let envelopes = u32::try_from(envelopes).unwrap_or(u32::MAX);
    APART_FOR_EACH.saturating_mul(envelopes).min(APART_AT_MOST)
}

/// For how long a deletion may wait for a commit of something that somebody waits for. Twenty times what
/// a commit takes on a good disk, and nothing to whoever sees that an envelope is still there.
pub(super) const DELETIONS_WAIT: Duration = Duration::from_millis(20);

/// How many of them may: half of [`CHANGES_WAITING`], so that a reader who acknowledges each envelope by
/// itself is not kept from the next one.
pub(super) const DELETIONS_WAITING: usize = 32;

/// For how many changes of the store a connection may wait before it is read again: what one
/// commit of a quiet store takes in, and 256 KiB of memory.
pub(super) const CHANGES_WAITING: usize = 64;

/// How many Puts of all connections may wait for the store; then a connection that has one waiting
/// already is told Busy. 16 MiB, sixteen commits; and at most one more for each connection.
pub(super) const PUTS_WAITING: usize = 4_096;

/// How fast a connection may show proofs of work: each costs 50 us to judge, and its maker at least
/// half a second. 64 at once, as many Puts as may wait for an answer, and 2 a second for good.
pub(super) const PROOFS: Rate = Rate::per_second(2, 64);

/// After how long a relay asks for proofs of another seed: the dearest proof takes minutes on a slow
/// computer, and is good at least as long as this.
pub(super) const SLICE: Duration = Duration::from_mins(30);

/// How many answers may wait for a connection before it is read again: some cells of them.
pub(super) const FRAMES_QUEUED: usize = 256;

/// How many envelopes are fetched for a connection before it has taken the last ones: 64 KiB, so
/// that ten thousand slow readers hold less than a gigabyte.
pub(super) const DELIVERIES_QUEUED: usize = 16;

/// How many fetches are answered from one look at the store: a megabyte at the most that a few slow
/// readers ask for, and what one commit of a busy store wakes.
pub(super) const FETCHES_AT_ONCE: usize = 64;

/// How many frames are written in one go: all deliveries that may be queued, and their company.
pub(super) const FRAMES_AT_ONCE: usize = 64;

/// A connection may hold this part of what is free in the store, so that no single one fills it.
pub(super) const SHARE: u64 = 8;

/// A handshake takes three flights; on the slowest links that people talk over, some seconds.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);

/// Hello follows the handshake at once.
pub(super) const HELLO: Duration = Duration::from_secs(10);

/// A client that takes nothing for so long is cut; what it did not acknowledge stays stored.
pub(super) const WRITE: Duration = Duration::from_mins(1);

/// A peer that has gone without a word is found within a minute: the system asks after half of that
/// without a segment, and again, without waking anybody's program.
pub(super) const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);

/// How long it waits for each answer.
pub(super) const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);

/// How often it asks before it gives up.
pub(super) const KEEPALIVE_TIMES: u32 = 3;

/// How long a relay that stops waits for its connections: a few commits, and a Closing.
pub(super) const STOP: Duration = Duration::from_secs(5);

/// How long accepting rests when the system has no file or memory for one more connection.
pub(super) const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// How many envelopes one slice of a sweep deletes at most: a transaction of a few milliseconds,
/// between two of which what has arrived is stored.
pub(super) const SWEPT_AT_ONCE: usize = 256;

/// How many changes one transaction holds at most: more makes nothing faster, and all wait for it.
pub(super) const CHANGES_AT_ONCE: usize = 256;

/// When another Put makes sense while too many wait for the store, in seconds.
pub(super) const RETRY_BUSY_S: u32 = 1;

/// When another Put makes sense for which work is done, in seconds: as soon as it is.
pub(super) const RETRY_WORK_S: u32 = 1;

/// When another Put makes sense while there is no room, in seconds: a sweep later.
pub(super) const RETRY_FULL_S: u32 = 60;

/// When another connection makes sense while there is no room for one, in seconds: some clients of
/// any large number leave within it.
pub(super) const RECONNECT_FULL_S: u32 = 30;
