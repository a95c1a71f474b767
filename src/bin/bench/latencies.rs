//! How long messages took.

use std::fmt;
use std::time::Duration;

/// Latencies in nanoseconds: every one of them, for a run has a bounded number.
#[derive(Default)]
pub(crate) struct Latencies(Vec<u64>);

impl Latencies {
    pub(crate) fn add(&mut self, latency: Duration) {
        self.0.push(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(crate) const fn count(&self) -> usize {
        self.0.len()
    }

    /// The latency that `per_mille` of a thousand do not exceed.
    fn at(&self, per_mille: usize) -> Duration {
        let at = (self.0.len() * per_mille / 1_000).min(self.0.len().saturating_sub(1));
        Duration::from_nanos(self.0.get(at).copied().unwrap_or(0))
    }

    pub(crate) fn sorted(mut self) -> Self {
        self.0.sort_unstable();
        self
    }
}

impl fmt::Display for Latencies {
    /// Of sorted latencies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, p999] = [500, 990, 999].map(|at| milliseconds(self.at(at)));
        write!(f, "p50 {p50:.2} ms, p99 {p99:.2} ms, p999 {p999:.2} ms")
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
