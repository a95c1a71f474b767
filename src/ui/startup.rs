//! Why there is no window: each reason is one sentence with what helps.

use core::fmt;
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering;
use std::env;
use std::panic;
use std::panic::AssertUnwindSafe;

/// Why there is no window.
#[derive(Debug)]
pub enum WindowError {
    /// No desktop is there to open it on.
    NoDisplay,
    /// It does not open.
    Failed(String),
    /// A library that the window is made with is missing, or broken.
    Library,
}

impl fmt::Display for WindowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDisplay => write!(
                f,
                "there is no display to open a window on (neither WAYLAND_DISPLAY nor DISPLAY is \
                 set); {INSTEAD}"
            ),
            Self::Failed(why) => write!(
                f,
                "the window cannot be opened ({why}); on Debian it needs {PACKAGES}, or {INSTEAD}"
            ),
            Self::Library => write!(
                f,
                "a library of the window is missing; on Debian install {PACKAGES}, or {INSTEAD}"
            ),
        }
    }
}

impl core::error::Error for WindowError {}

impl From<eframe::Error> for WindowError {
    fn from(error: eframe::Error) -> Self {
        Self::Failed(reason(&error.to_string()))
    }
}

/// The last part of an error's chain: what stands before it names source files.
fn reason(error: &str) -> String {
    let last = error.rsplit(": ").next().unwrap_or(error).trim_end_matches([')', '.']);
    last.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Opens a window with `run`; what panics before the first frame is a missing library.
pub(crate) fn guarded(run: impl FnOnce() -> eframe::Result) -> Result<(), WindowError> {
    if !has_display() {
        return Err(WindowError::NoDisplay);
    }
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if DRAWN.load(Ordering::Relaxed) {
            usual(info);
        }
    }));
    match panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(ended) => Ok(ended?),
        Err(cause) if DRAWN.load(Ordering::Relaxed) => panic::resume_unwind(cause),
        Err(_) => Err(WindowError::Library),
    }
}

/// To be called with the first frame.
pub(crate) fn drawn() {
    if !DRAWN.swap(true, Ordering::Relaxed) {
        tracing::debug!("first frame");
    }
}

fn has_display() -> bool {
    let named = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos")))
        || ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"].into_iter().any(named)
}

static DRAWN: AtomicBool = AtomicBool::new(false);

const PACKAGES: &str = "libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libgl1";
const INSTEAD: &str = "start the client with -terminal to talk in this terminal";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_no_source_file() {
        let error =
            "winit EventLoopError: os error at /a/b/mod.rs:788: Failed to open\n connection)";
        assert_eq!(reason(error), "Failed to open connection");
        assert_eq!(reason("no such visual"), "no such visual");
    }
}
