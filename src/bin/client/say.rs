//! What the client says before and after a session.

use core::fmt::Display;
use std::io;
use std::io::Write as _;
use std::process::ExitCode;

use bauta::args::EXIT_DONE;

/// Shows the help. Nobody may be reading it.
pub(crate) fn help(text: &str) -> ExitCode {
    let _ = writeln!(io::stdout(), "{text}");
    ExitCode::from(EXIT_DONE)
}

/// Says in one sentence why there is no session.
pub(crate) fn failed(sentence: &dyn Display, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "client: {sentence}");
    ExitCode::from(code)
}
