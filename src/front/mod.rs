//! Front ends that speak lines: a terminal for people and JSON for programs.
//!
//! ```text
//! standard input --lines--> Front::line  --> commands --> the client
//! standard output <--text-- Front::event <-- events   <-- the client
//! ```
//!
//! A [`Front`] does no input or output: [`drive`] is the one loop around both of them.

mod driver;
mod json;
mod lines;
mod passphrase;
pub mod stop;
mod terminal;

pub use driver::Ended;
pub use driver::drive;
pub use json::Json;
pub use lines::Line;
pub use passphrase::Occasion;
pub use passphrase::PASSPHRASE_VARIABLE;
pub use passphrase::PassphraseError;
pub use passphrase::passphrase;
pub use terminal::Terminal;

use crate::net::client::Command;
use crate::net::client::Event;

/// How a line of input becomes commands and an event becomes text.
pub trait Front {
    /// What is shown before anything else.
    fn opening(&mut self) -> String;

    /// Somebody entered a line.
    fn line(&mut self, line: Line) -> Reaction;

    /// The client has something to show.
    fn event(&mut self, event: Event) -> Reaction;
}

/// What a front answers with.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reaction {
    /// Whole lines, each with its line end; empty for nothing.
    pub output: String,
    /// What the client should do, in this order.
    pub commands: Vec<Command>,
}

impl Reaction {
    /// Shows one line.
    #[must_use]
    pub fn show(line: impl core::fmt::Display) -> Self {
        Self { output: format!("{line}\n"), commands: Vec::new() }
    }

    /// Asks the client for one thing.
    #[must_use]
    pub fn command(command: Command) -> Self {
        Self { output: String::new(), commands: vec![command] }
    }
}
