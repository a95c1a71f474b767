//! The thread that works for the relay's room.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use rand::RngExt as _;
use tokio::task;
use tokio::task::JoinHandle;

use super::core::Job;
use crate::crypto::puzzle;
use crate::crypto::puzzle::Solution;
use crate::net::clock;

/// Work that is under way; dropping it ends the work within a tenth of a second.
pub(super) struct Solver {
    id: [u8; 16],
    is_wanted: Arc<AtomicBool>,
    solving: JoinHandle<Option<Solution>>,
}

impl Solver {
    /// Begins, on a thread that may block.
    pub(super) fn start(job: Job) -> Self {
        let is_wanted = Arc::new(AtomicBool::new(true));
        let go_on = Arc::clone(&is_wanted);
        let first = clock::system_rng().random();
        let solving = task::spawn_blocking(move || {
            let go_on = || go_on.load(Ordering::Relaxed);
            puzzle::solve(&job.challenge, job.effort, first, go_on)
        });
        Self { id: job.id, is_wanted, solving }
    }

    /// The envelope, and the solution; none if the thread came to nothing. May be dropped and asked
    /// again, until it has answered.
    pub(super) async fn solved(&mut self) -> ([u8; 16], Option<Solution>) {
        (self.id, (&mut self.solving).await.ok().flatten())
    }
}

impl Drop for Solver {
    fn drop(&mut self) {
        self.is_wanted.store(false, Ordering::Relaxed);
    }
}
