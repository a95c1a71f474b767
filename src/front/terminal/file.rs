//! Files as lines.
//!
//! ```text
//! 14:01 Rook [3] offers a file: report.pdf (1.2 MB, 1,234,567 bytes); /accept 3 or /cancel 3
//!   [3] report.pdf: 40 %, 493.8 KB of 1.2 MB, 3 s left
//!   [3] report.pdf: complete, its hash is right: /home/me/Downloads/report.pdf
//! ```

use std::collections::HashMap;

use super::Terminal;
use super::plain::plain;
use crate::amount::short;
use crate::amount::size;
use crate::amount::time;
use crate::front::Reaction;
use crate::id::Id;
use crate::net::client::event::FileCard;
use crate::net::client::event::FileState;
use crate::net::client::event::FileWait;
use crate::net::client::event::Message;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;

/// What was shown of files.
#[derive(Default)]
pub(super) struct Files(HashMap<(Id, MessageId), Shown>);

/// What was shown of a file.
struct Shown {
    /// Harmless already.
    name: String,
    size: u64,
    is_own: bool,
    /// Tenths that were told, while it moves.
    tenths: u64,
    /// How often it was heard of since something was told.
    untold: u32,
    waits: Option<FileWait>,
}

impl Files {
    /// Takes in what a message says of a file.
    pub(super) fn note(&mut self, message: &Message) {
        let key = (message.contact, message.id);
        let Some(card) = message.file.as_ref().filter(|_| !message.deleted) else {
            self.0.remove(&key);
            return;
        };
        let shown = self.0.entry(key).or_insert_with(|| Shown {
            name: plain(&message.text),
            size: 0,
            is_own: message.state != MessageState::Received,
            tenths: 0,
            untold: 0,
            waits: None,
        });
        shown.size = card.size;
    }

    /// What a message says that offers a file.
    pub(super) fn offered(&mut self, message: &Message, card: &FileCard, number: usize) -> String {
        self.note(message);
        let name = plain(&message.text);
        let is_own = message.state != MessageState::Received;
        match &card.state {
            FileState::Preparing { .. } => format!(" file: {name}"),
            FileState::Offered if is_own => format!(" file: {name} ({})", size(card.size)),
            FileState::Offered => format!(
                " offers a file: {name} ({}); /accept {number} or /cancel {number}",
                size(card.size)
            ),
            state => format!(" file: {name} ({}), {}", size(card.size), line(state, card.size)),
        }
    }

    /// What is worth a line: another state, each tenth, and what moves slowly every few seconds.
    fn tell(&mut self, key: (Id, MessageId), state: &FileState) -> Option<String> {
        let shown = self.0.get_mut(&key)?;
        let waits = match state {
            FileState::Waiting { why, .. } => Some(*why),
            _ => None,
        };
        let waited = core::mem::replace(&mut shown.waits, waits);
        match state {
            FileState::Preparing { .. } => return None,
            FileState::Moving { done, .. } => {
                let tenths = done.saturating_mul(10).checked_div(shown.size).unwrap_or(0);
                shown.untold = shown.untold.saturating_add(1);
                if tenths == shown.tenths && waited.is_none() && shown.untold < SELDOM {
                    return None;
                }
                (shown.tenths, shown.untold) = (tenths, 0);
            }
            FileState::Waiting { .. } if waited == waits => return None,
            // A received one was shown with its offer.
            FileState::Offered if !shown.is_own => return None,
            _ => {}
        }
        let Shown { name, size, .. } = shown;
        let line = format!("{name}: {}", line(state, *size));
        if state.is_over() {
            self.0.remove(&key);
        }
        Some(line)
    }
}

impl Terminal {
    /// A file got further.
    pub(super) fn file(&mut self, contact: Id, message: MessageId, state: &FileState) -> Reaction {
        let Some(line) = self.files.tell((contact, message), state) else {
            return Reaction::default();
        };
        let number = self.numbers.of(contact, message).map(|number| number.to_string());
        let number = number.unwrap_or_else(|| "earlier".into());
        Reaction::show(format_args!("  [{number}] {line}"))
    }
}

/// How far a file got.
fn line(state: &FileState, all: u64) -> String {
    match state {
        FileState::Preparing { .. } => "is being read".into(),
        FileState::Offered => format!("offered, {}", size(all)),
        FileState::Moving { done, left } => {
            let percent = done.saturating_mul(100).checked_div(all).unwrap_or(100);
            let left = left.map(|left| format!(", {} left", time(left))).unwrap_or_default();
            format!("{percent} %, {} of {}{left}", short(*done), short(all))
        }
        FileState::Waiting { done, why } => {
            format!("waits at {} of {}: {why}", short(*done), short(all))
        }
        FileState::Done { path: Some(path) } => {
            format!("complete, its hash is right: {}", plain(&path.to_string_lossy()))
        }
        FileState::Done { path: None } => "they have it, complete".into(),
        FileState::Failed { reason } => format!("failed: {reason}"),
        FileState::Cancelled { by_contact: true } => "cancelled by them".into(),
        FileState::Cancelled { by_contact: false } => "cancelled".into(),
    }
}

/// Progress comes four times a second: this is five seconds.
const SELDOM: u32 = 20;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::contact;
    use super::*;

    fn offer(text: &str, size: u64, state: MessageState) -> Message {
        let file = Some(FileCard { size, state: FileState::Offered, source: None });
        let message = MessageId([1; 16]);
        Message { file, ..Message::new(contact(1).id, message, text.into(), 0, state) }
    }

    fn card(message: &Message) -> &FileCard {
        message.file.as_ref().unwrap()
    }

    #[test]
    fn an_offer_says_what_it_is_and_what_to_do() {
        let theirs = offer("a\u{1b}[2J\u{202e}b.txt", 1_234_567, MessageState::Received);
        assert_eq!(
            Files::default().offered(&theirs, card(&theirs), 3),
            " offers a file: a\u{fffd}[2Jb.txt (1.2 MB, 1,234,567 bytes); /accept 3 or /cancel 3"
        );
        let own = offer("a", 12, MessageState::Queued);
        assert_eq!(Files::default().offered(&own, card(&own), 3), " file: a (12 bytes)");
    }

    #[test]
    fn progress_is_no_flood() {
        let message = offer("a", 1_000_000, MessageState::Received);
        let key = (message.contact, message.id);
        let mut files = Files::default();
        files.note(&message);
        let mut lines = Vec::new();
        for step in 0..=1_000 {
            let state = FileState::Moving { done: step * 1_000, left: None };
            lines.extend(files.tell(key, &state));
        }
        assert!(lines.len() <= 60, "{}", lines.len());
        assert_eq!(lines.last().unwrap(), "a: 100 %, 1.0 MB of 1.0 MB");
        let waiting = FileState::Waiting { done: 0, why: FileWait::Contact };
        assert!(files.tell(key, &waiting).unwrap().contains("does not answer"));
        assert_eq!(files.tell(key, &waiting), None, "once");
        let done = FileState::Done { path: Some("/tmp/a".into()) };
        assert_eq!(files.tell(key, &done).unwrap(), "a: complete, its hash is right: /tmp/a");
    }
}
