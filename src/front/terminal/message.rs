//! Messages and what becomes of them as lines.
//!
//! ```text
//!   > [1] you: hello, is this you?         what the next one answers
//! 14:03 Rook [2, edited, 1h]: yes          edited; disappears an hour after it was read
//!   [2] Rook reacts: +1                    what somebody says to it
//! ```

use super::Terminal;
use super::acts::Deleting;
use super::numbers::Shown;
use super::plain::plain;
use super::span;
use super::text;
use crate::front::Reaction;
use crate::id::Id;
use crate::net::client::event::Message;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
use crate::net::client::event::Reactions;

impl Terminal {
    /// A new one.
    pub(super) fn message(&mut self, message: &Message) -> Reaction {
        let output = self.row(message);
        if message.state != MessageState::Received {
            return Reaction { output, commands: Vec::new() };
        }
        if !message.deleted {
            self.book.received(&message.contact);
        }
        let commands = self.printed(message.contact, message.id);
        Reaction { output, commands }
    }

    /// One that is another one now. Only what a person would notice is worth a line.
    pub(super) fn changed(&mut self, message: &Message) -> Reaction {
        let shown_before = self.numbers.of(message.contact, message.id).is_some();
        let said_something = message.reactions.own.is_some() || message.reactions.theirs.is_some();
        let output = if shown_before {
            self.difference(message)
        } else if message.deleted || message.edited.is_some() || said_something {
            self.row(message)
        } else {
            String::new()
        };
        Reaction { output, commands: Vec::new() }
    }

    fn difference(&mut self, message: &Message) -> String {
        let (number, before) = self.numbers.put(message);
        self.files.note(message);
        let Some(before) = before else { return String::new() };
        if message.deleted && before.deleted {
            return String::new();
        }
        let name = self.book.name(&message.contact);
        let writer = if is_own(message) { "you" } else { &name };
        if message.deleted {
            self.deleting.remove(&(message.contact, message.id));
            return format!("  [{number}] {writer} deleted it\n");
        }
        let reactions = reactions(number, &name, &before.reactions, &message.reactions);
        if !before.says_something_else(message) {
            return reactions;
        }
        format!("  [{number}] {writer} edited it: {}\n{reactions}", plain(&message.text))
    }

    /// Nothing is said of a message that this session never showed.
    pub(super) fn vanished(&mut self, contact: Id, message: MessageId) -> Reaction {
        let deleted = self.deleting.remove(&(contact, message));
        let Some(number) = self.numbers.remove(contact, message) else {
            return Reaction::default();
        };
        let name = self.book.name(&contact);
        Reaction::show(match deleted {
            None => format!("  [{number}] has disappeared"),
            Some(Deleting::OnBothSides) => format!("  [{number}] is deleted; {name} never got it"),
            Some(Deleting::Here) => {
                format!("  [{number}] is deleted here; {name} may have it still")
            }
        })
    }

    pub(super) fn progress(
        &mut self,
        contact: Id,
        message: MessageId,
        state: MessageState,
    ) -> Reaction {
        self.failed.retain(|failed| *failed != (contact, message));
        if matches!(state, MessageState::Failed { .. }) {
            self.failed.push((contact, message));
        }
        let known = self.numbers.of(contact, message).map(|number| number.to_string());
        let number = known.unwrap_or_else(|| "earlier".into());
        let name = self.book.name(&contact);
        let what = match state {
            MessageState::Received => return Reaction::default(),
            MessageState::Queued => format!("for {name} waits here"),
            MessageState::OnRelay { expires } => {
                format!("on the relay until {}", self.clock.date(expires))
            }
            MessageState::Held { reason } => format!("for {name} waits here: {reason}"),
            MessageState::Delivered => format!("{name} has it"),
            MessageState::Read => format!("{name} has read it"),
            MessageState::Failed { reason } => text::failed(&name, reason),
        };
        Reaction::show(format_args!("  [{number} {}] {what}", text::mark(state)))
    }

    pub(super) fn history(&mut self, contact: Id, messages: &[Message], more: bool) -> Reaction {
        let name = self.book.name(&contact);
        let Some(first) = messages.first() else {
            return Reaction::show(format_args!("No more messages with {name} are kept here."));
        };
        self.oldest = Some((contact, first.id));
        let mut output = format!("Messages with {name}");
        output.push_str(if more { " (/history older shows more):\n" } else { ":\n" });
        for message in messages {
            let row = self.row(message);
            output.push_str(&row);
        }
        let received = messages.iter().rfind(|message| message.state == MessageState::Received);
        let commands = received.map(|message| self.printed(contact, message.id));
        Reaction { output, commands: commands.unwrap_or_default() }
    }

    /// The lines of a message: its day before it when that is another one, then what it answers.
    fn row(&mut self, message: &Message) -> String {
        let (number, _) = self.numbers.put(message);
        let day = self.clock.new_day(message.written);
        let quote = self.quote(message);
        let time = self.clock.time(message.written);
        let name = self.book.name(&message.contact);
        let whose = if is_own(message) { format!("you to {name}") } else { name.clone() };
        let marks = marks(number, message);
        let said = match &message.file {
            _ if message.deleted => String::new(),
            Some(card) => self.files.offered(message, card, number),
            None => format!(": {}", plain(&message.text)),
        };
        let reactions = reactions(number, &name, &Reactions::default(), &message.reactions);
        format!("{day}{quote}{time} {whose} [{marks}]{said}\n{reactions}")
    }

    /// What a message answers, above it: within its line a text could look like the end of the
    /// quote.
    fn quote(&self, message: &Message) -> String {
        let Some(target) = message.reply_to else { return String::new() };
        let number = self.numbers.of(message.contact, target);
        let shown = number.and_then(|number| Some((number, self.numbers.at(number)?)));
        match shown {
            None => "  > an earlier message\n".into(),
            Some((number, Shown { deleted: true, .. })) => format!("  > [{number}, deleted]\n"),
            Some((number, shown)) => {
                let name = self.book.name(&message.contact);
                let who = if shown.own { "you" } else { &name };
                format!("  > [{number}] {who}: {}\n", shown.start)
            }
        }
    }
}

fn is_own(message: &Message) -> bool {
    message.state != MessageState::Received
}

/// A line for each side that says something else to a message now.
fn reactions(number: usize, name: &str, before: &Reactions, now: &Reactions) -> String {
    let mut lines = String::new();
    if before.own != now.own {
        lines.push_str(&text::own_reaction(number, now.own.as_deref()));
    }
    if before.theirs != now.theirs {
        lines.push_str(&text::reaction(number, name, now.theirs.as_deref()));
    }
    lines
}

/// `3 vv, edited, 1h`
fn marks(number: usize, message: &Message) -> String {
    let mut marks = number.to_string();
    if is_own(message) {
        marks.push(' ');
        marks.push_str(text::mark(message.state));
    }
    if message.deleted {
        marks.push_str(", deleted");
    } else if message.edited.is_some() {
        marks.push_str(", edited");
    }
    if let Some(disappears) = message.disappears {
        marks.push_str(", ");
        marks.push_str(&span::short(disappears.after));
    }
    marks
}
