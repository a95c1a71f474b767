//! What bounds a relay: memory, disk and time that strangers can take, each with its reason.

use std::time::Duration;

/// The limits that an operator may want to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayLimits {
    /// How many connections are served at once. More are told so and closed as they come.
    pub connections: usize,
    /// How many handshakes are computed at once. More wait in the system's queue.
    pub handshakes: usize,
    /// How many mailboxes one connection may be subscribed to.
    pub subscriptions: usize,
    /// How many mailboxes all connections together may be subscribed to.
    pub subscriptions_in_all: usize,
    /// How long a client may say nothing.
    pub idle: Duration,
}

impl Default for RelayLimits {
    /// - 10,000 connections: half of the 20,000 files that a process gets on a common system.
    /// - 1,024 handshakes: a second of work for one core, 16 MiB of buffers; slow ones hold the others
    ///   up only if somebody keeps a thousand of them going.
    /// - 2,048 subscriptions: two hundred contacts with nine mailboxes each.
    /// - 1,048,576 in all: a quarter of a gigabyte of memory.
    /// - 10 minutes: a phone's radio may sleep that long; an address translator forgets sooner.
    fn default() -> Self {
        Self {
            connections: 10_000,
            handshakes: 1_024,
            subscriptions: 2_048,
            subscriptions_in_all: 1 << 20,
            idle: Duration::from_mins(10),
        }
    }
}

/// How many envelopes of a mailbox are delivered without an Ack: a quarter of a megabyte on the
/// way, which at a round trip of 100 ms is 2.6 MB/s.
pub const WINDOW: usize = 64;

/// For how many changes of the store a connection may wait before it is read again: what one
/// commit of a quiet store takes in, and 256 KiB of memory.
pub(super) const CHANGES_WAITING: usize = 64;

/// How many Puts of all connections may wait for the store; then a connection that has one waiting
/// already is told Busy. 16 MiB, sixteen commits; and at most one more for each connection.
pub(super) const PUTS_WAITING: usize = 4_096;

/// How many answers may wait for a connection before it is read again: some cells of them.
pub(super) const FRAMES_QUEUED: usize = 256;

/// How many envelopes are fetched for a connection before it has taken the last ones: 64 KiB, so
/// that ten thousand slow readers hold less than a gigabyte.
pub(super) const DELIVERIES_QUEUED: usize = 16;

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

/// When another Put makes sense while there is no room, in seconds: a sweep later.
pub(super) const RETRY_FULL_S: u32 = 60;
