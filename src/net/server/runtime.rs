//! How many threads a relay's tasks run on.

use std::io;
use std::num::NonZero;
use std::thread;

use tokio::runtime::Builder;
use tokio::runtime::Runtime;

/// A runtime for a process that is a relay: one thread for every two cores.
///
/// The store's writer takes as much as the tasks do, and on threads that outnumber what is left they
/// wake each other for every message: at 2,000 a second on two cores a second thread costs as much
/// again as the first one uses.
///
/// # Errors
/// When the system has no thread or file for it.
pub fn runtime() -> io::Result<Runtime> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    Builder::new_multi_thread().worker_threads(cores.div_ceil(2)).enable_all().build()
}
