//! Command lines of the two binaries: options with one dash, one sentence for every mistake.
//!
//! ```text
//! argv --normalise--> argv that clap understands --clap--> Server / Client
//!                                                   \----> Stop: help (0) or a sentence (2)
//! ```
//!
//! Names, help and usage all come from one [`clap::Command`] per binary, so they cannot drift.

mod client;
mod help;
mod mistake;
mod normalise;
mod server;

use core::fmt;
use std::ffi::OsString;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::error::ErrorKind;

pub use client::Cipher;
pub use client::Client;
pub use client::Curve;
pub use client::Front;
pub use client::ProfileChoice;
pub use server::Server;
pub use server::StoreChoice;

/// The exit code of a program that did what it was asked to.
pub const EXIT_DONE: u8 = 0;
/// The exit code of a program that could not start or had to end.
pub const EXIT_FAILED: u8 = 1;
/// The exit code of a command line that cannot be followed.
pub const EXIT_USAGE: u8 = 2;

/// The port of a relay unless another is named.
const DEFAULT_PORT: u16 = 6174;

/// Why a command line starts nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Help was asked for: this is it.
    Help(String),
    /// One sentence about what is wrong and what to do.
    Mistake(String),
}

impl Stop {
    /// What the program should end with.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Help(_) => EXIT_DONE,
            Self::Mistake(_) => EXIT_USAGE,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Help(text) | Self::Mistake(text) => f.write_str(text),
        }
    }
}

impl core::error::Error for Stop {}

/// Matches `argv` (the program's name first) against `command`.
fn parse(
    mut command: Command,
    argv: impl IntoIterator<Item = OsString>,
) -> Result<ArgMatches, Stop> {
    let argv = normalise::normalise(&command, argv);
    command.try_get_matches_from_mut(argv).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp => Stop::Help(help::render(&command)),
        _ => Stop::Mistake(mistake::sentence(&command, &error)),
    })
}

/// `-h`, in both.
fn help_flag() -> Arg {
    Arg::new("h").long("h").alias("help").action(ArgAction::Help).help("show this")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_port_is_the_one_of_addresses() {
        assert_eq!(super::DEFAULT_PORT, crate::id::DEFAULT_PORT);
    }
}
