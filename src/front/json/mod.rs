//! One JSON object per line both ways, for bots and tests: docs/JSON.md describes them all.

mod input;
mod output;

use super::Front;
use super::Line;
use super::Reaction;
use crate::net::client::Command;
use crate::net::client::Event;
use output::Output;

/// The version of the protocol, in the first line.
const VERSION: u32 = 1;

/// The front end for programs.
#[derive(Debug, Default)]
pub struct Json {
    /// How many lines came in.
    lines: u64,
}

impl Json {
    /// A session before its first line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn command(&self, line: &Line) -> Result<Option<Command>, String> {
        match line {
            Line::Text(text) if text.trim().is_empty() => Ok(None),
            Line::Text(text) => input::parse(text).map(Some),
            Line::TooLong => {
                Err(format!("the line has more than {} bytes", super::lines::MAX_LINE_LEN))
            }
            Line::NotText => Err("the line is not UTF-8".into()),
        }
    }
}

impl Front for Json {
    fn opening(&mut self) -> String {
        Output::Hello { bauta: VERSION, version: env!("CARGO_PKG_VERSION") }.line()
    }

    fn line(&mut self, line: Line) -> Reaction {
        self.lines += 1;
        match self.command(&line) {
            Ok(Some(command)) => Reaction::command(command),
            Ok(None) => Reaction::default(),
            Err(text) => {
                let output = Output::Error { line: self.lines, text: &text }.line();
                Reaction { output, ..Reaction::default() }
            }
        }
    }

    fn event(&mut self, event: Event) -> Reaction {
        Reaction { output: output::line(&event), ..Reaction::default() }
    }
}
