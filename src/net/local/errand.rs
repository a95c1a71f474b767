//! Something that takes its time, on a thread of its own: a window must never wait.

use std::sync::mpsc;
use std::thread;

/// Something that is being done.
#[derive(Debug)]
pub struct Errand<T>(mpsc::Receiver<T>);

/// Nothing will come: the thread was not begun, or ended in a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

impl<T: Send + 'static> Errand<T> {
    /// Begins. `wake` is called, on another thread, when it is over.
    pub fn start(
        run: impl FnOnce() -> T + Send + 'static,
        wake: impl Fn() + Send + 'static,
    ) -> Self {
        let (tell, told) = mpsc::channel();
        let run = move || {
            // Dropped last, also in a panic.
            let _wake = Wake(wake);
            let tell = tell;
            // Nobody may want it any more.
            let _ = tell.send(run());
        };
        // Without threads nothing comes, and whoever asks hears that.
        let _ = thread::Builder::new().name("errand".to_owned()).spawn(run);
        Self(told)
    }

    /// What came of it; nothing yet while it goes on.
    pub fn take(&self) -> Option<Result<T, Gone>> {
        match self.0.try_recv() {
            Ok(done) => Some(Ok(done)),
            Err(mpsc::TryRecvError::Empty) => None,
            Err(mpsc::TryRecvError::Disconnected) => Some(Err(Gone)),
        }
    }
}

struct Wake<F: Fn()>(F);

impl<F: Fn()> Drop for Wake<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_is_woken_also_by_a_panic() {
        for (run, expected) in [(true, Ok(7)), (false, Err(Gone))] {
            let (wake, woken) = mpsc::channel();
            let wake = move || wake.send(()).unwrap();
            let errand = Errand::start(
                move || if run { 7 } else { std::panic::resume_unwind(Box::new(())) },
                wake,
            );
            woken.recv().unwrap();
            assert_eq!(errand.take(), Some(expected));
        }
    }
}
