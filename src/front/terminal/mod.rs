//! The front end for people: lines in a terminal.
//!
//! ```text
//! 14:01 Rook: hello, is this you?          a message, the newest at the bottom
//! 14:03 you to Rook [1 .]: yes             .  queued here
//!   [1 v] on the relay until 2026-12-11    v  the relay has it
//!   [1 vv] Rook has it                     vv the contact has it,  ! failed
//! ```

mod book;
mod clock;
mod input;
mod plain;
mod shown;
mod text;
mod typed;

use std::collections::HashMap;
use std::collections::HashSet;

use jiff::tz::TimeZone;

use self::book::Book;
use self::clock::Clock;
use self::input::Input;
use super::Front;
use super::Line;
use super::Reaction;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::client::Event;
use crate::net::client::event::MessageId;
use crate::net::client::event::OfflineReason;

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
    sent: HashMap<MessageId, usize>,
    failed: Vec<(Id, MessageId)>,
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
            sent: HashMap::new(),
            failed: Vec::new(),
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
            Line::Text(text) => text,
            Line::TooLong => return Reaction::show("That line is too long; it was not sent."),
            Line::NotText => return Reaction::show("That line is no text; it was not sent."),
        };
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

#[cfg(test)]
mod tests;
