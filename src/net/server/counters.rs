//! What a relay counts, which is all that it says about what passes through it.

/// Counts since the relay was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Connections that were served.
    pub connections: u64,
    /// Handshakes that failed.
    pub handshakes_failed: u64,
    /// Connections that were dropped before their handshake, because too many others, or too many of
    /// their block of addresses, were at it.
    pub dropped: u64,
    /// Connections that were turned away for want of room.
    pub turned_away: u64,
    /// Connections that were closed because of what they sent.
    pub misbehaved: u64,
    /// Of these, the ones that did not prove that they know the network's secret.
    pub strangers: u64,
    /// Connections that were cut because they read nothing, or sent nothing.
    pub cut: u64,
    /// Envelopes that were stored.
    pub stored: u64,
    /// Envelopes that were stored already.
    pub duplicates: u64,
    /// Puts that met a full mailbox.
    pub full: u64,
    /// Puts and Cancels that were refused.
    pub refused: u64,
    /// Of these, the ones that came too fast.
    pub too_fast: u64,
    /// Of these, the ones for which too little work was done.
    pub unproven: u64,
    /// Puts for which work was done.
    pub proven: u64,
    /// Envelopes that were handed out.
    pub delivered: u64,
    /// Envelopes that were acknowledged and deleted.
    pub acknowledged: u64,
    /// Envelopes that were taken back.
    pub cancelled: u64,
    /// Envelopes that expired.
    pub expired: u64,
    /// Subscriptions that a later one replaced.
    pub replaced: u64,
    /// Damaged rows that were met in the store.
    pub damaged: u64,
    /// Commits, sweeps and fetches that the store failed to carry out.
    pub store_failures: u64,
}
