//! What ends a program from outside: Ctrl-C, SIGTERM, and for the relay `q` and Enter.

use std::io;
use std::io::BufRead as _;

use tokio::sync::oneshot;

/// The signals that ask a program to end. They are caught from [`Stop::new`] on.
pub struct Stop {
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
    #[cfg(unix)]
    interrupt: Option<tokio::signal::unix::Signal>,
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(unix)]
impl Stop {
    /// Starts to listen. A signal that cannot be caught keeps its usual effect.
    #[must_use]
    pub fn new() -> Self {
        use tokio::signal::unix::SignalKind;
        use tokio::signal::unix::signal;
        Self {
            terminate: signal(SignalKind::terminate()).ok(),
            interrupt: signal(SignalKind::interrupt()).ok(),
        }
    }

    /// Returns when the program is asked to end. Cancel-safe.
    pub async fn requested(&mut self) {
        tokio::select! {
            () = received(&mut self.terminate) => {}
            () = received(&mut self.interrupt) => {}
        }
    }
}

#[cfg(unix)]
async fn received(signal: &mut Option<tokio::signal::unix::Signal>) {
    if let Some(signal) = signal {
        signal.recv().await;
    } else {
        core::future::pending().await
    }
}

#[cfg(not(unix))]
impl Stop {
    /// Starts to listen.
    #[must_use]
    pub fn new() -> Self {
        Self {}
    }

    /// Returns when the program is asked to end. Cancel-safe.
    pub async fn requested(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            core::future::pending().await
        }
    }
}

/// Returns when a line of standard input is `q`. The end of the input is no such line: a relay
/// without a terminal goes on.
pub async fn q_entered() {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut lines = io::stdin().lock().lines().map_while(Result::ok);
        if lines.any(|line| line.trim().eq_ignore_ascii_case("q")) {
            let _ = sender.send(());
        }
    });
    if receiver.await.is_err() {
        core::future::pending().await
    }
}
