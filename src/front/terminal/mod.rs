//! The front end for people: lines in a terminal.
//!
//! ```text
//! 14:01 Rook [1]: hello, is this you?      a message, the newest at the bottom; 1 names it
//! 14:03 you to Rook [2 .]: yes             .  queued here
//!   [2 v] on the relay until 2026-12-11    v  the relay has it
//!   [2 vv] Rook has it                     vv the contact has it,  vvv read it,  ! failed
//! ```

mod acts;
mod book;
mod clock;
mod details;
mod file;
mod input;
mod message;
mod numbers;
mod paste;
mod plain;
mod seen;
mod shown;
mod span;
mod text;
mod typed;

use std::collections::HashMap;
use std::collections::HashSet;

use jiff::tz::TimeZone;

use self::acts::Deleting;
use self::book::Book;
use self::clock::Clock;
use self::file::Files;
use self::input::Input;
use self::numbers::Numbers;
use self::paste::Paste;
use self::seen::Printed;
use super::Front;
use super::Line;
use super::Reaction;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::client::Event;
use crate::net::client::event::MessageId;
use crate::net::client::event::OfflineReason;
use crate::net::client::event::Settings;

/// A session in a terminal, or in a pipe that looks like one.
pub struct Terminal {
    /// Whether somebody sits there who can be asked.
    interactive: bool,
    clock: Clock,
    own: Option<Id>,
    invitation: Option<Invitation>,
    book: Book,
    /// The ID that waits for a nickname.
    adding: Option<String>,
    /// Who was to be removed.
    removing: HashSet<Id>,
    numbers: Numbers,
    failed: Vec<(Id, MessageId)>,
    files: Files,
    /// What was to be deleted, and whether on both sides.
    deleting: HashMap<(Id, MessageId), Deleting>,
    printed: HashMap<Id, Printed>,
    pasting: Option<Paste>,
    settings: Option<Settings>,
    /// Where the history that was shown last begins.
    oldest: Option<(Id, MessageId)>,
    offline: Option<OfflineReason>,
}

impl Terminal {
    /// A session; `interactive` if standard input is a terminal.
    #[must_use]
    pub fn new(interactive: bool) -> Self {
        Self::in_zone(interactive, TimeZone::system())
    }

    fn in_zone(interactive: bool, zone: TimeZone) -> Self {
        Self {
            interactive,
            clock: Clock::new(zone),
            own: None,
            invitation: None,
            book: Book::default(),
            adding: None,
            removing: HashSet::new(),
            numbers: Numbers::default(),
            failed: Vec::new(),
            files: Files::default(),
            deleting: HashMap::new(),
            printed: HashMap::new(),
            pasting: None,
            settings: None,
            oldest: None,
            offline: None,
        }
    }
}

impl Front for Terminal {
    fn opening(&mut self) -> String {
        String::new()
    }

    fn line(&mut self, line: Line) -> Reaction {
        let text = match line {
            Line::Text(text) if self.interactive && text.len() == TERMINAL_LINE => {
                return self.lost(text::LINE_CUT);
            }
            Line::Text(text) => text,
            Line::TooLong => return self.lost(text::LINE_TOO_LONG),
            Line::NotText => return self.lost(text::LINE_NO_TEXT),
        };
        if let Some(paste) = self.pasting.take() {
            return self.paste_line(paste, &text);
        }
        if let Some(contact) = self.adding.take() {
            let nickname = Some(text.trim().to_owned()).filter(|name| !name.is_empty());
            return self.ask(contact, nickname);
        }
        self.input(Input::parse(&text))
    }

    fn event(&mut self, event: Event) -> Reaction {
        self.show(event)
    }
}

impl Terminal {
    /// A line cannot be used. A paste goes on to its end, which nobody could tell otherwise.
    fn lost(&mut self, sentence: &str) -> Reaction {
        match &mut self.pasting {
            Some(paste) => {
                paste.cut();
                Reaction::default()
            }
            None => Reaction::show(sentence),
        }
    }
}

/// termios(3): a terminal hands over lines of up to 4,096 bytes, the line end counted, and drops
/// what is typed beyond.
const TERMINAL_LINE: usize = 4095;

#[cfg(test)]
mod tests;
