//! What the two do in their conversation, and what is noted of it.

use bauta::net::client::Command;
use bauta::net::client::core::Input;
use bauta::net::client::event::Change;
use bauta::net::client::event::Message;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;

use super::super::world::*;
use super::Model;
use super::event::Act;

/// A text that somebody wrote.
#[derive(Clone, Debug)]
pub struct Written {
    /// When, by the relay's clock.
    pub at: u64,
    /// What it ever said, the last at the end.
    pub texts: Vec<String>,
    /// Whether it disappears.
    pub timed: bool,
    /// Whether it belongs to the judgement rather than to the story.
    pub probe: bool,
}

impl Model {
    /// Does something in the conversation, if there is one.
    pub(super) fn act(&mut self, who: usize, act: Act, nth: usize) {
        self.hear();
        if !self.lines[who].asked {
            return;
        }
        let contact = self.world.people[1 - who].id;
        match act {
            Act::Say => {
                let _ = self.say(who, 0, None, false);
            }
            Act::SayLong(len) => {
                let _ = self.say(who, len, None, false);
            }
            Act::Reply => {
                let answers = self.pick(who, nth, |_| true).map(|message| message.id);
                let _ = self.say(who, 0, answers, false);
            }
            Act::Edit(len) => self.edit(who, nth, len),
            Act::DeleteForBoth => self.delete(who, nth, true),
            Act::DeleteHere => self.delete(who, nth, false),
            Act::React(reaction) => {
                let Some(message) = self.pick(who, nth, |message| !message.deleted) else { return };
                let (message, reaction) = (message.id, reaction.map(str::to_owned));
                self.world.input(who, one(Command::React { contact, message, reaction }));
            }
            Act::See => self.see(who, nth),
            Act::Timer(seconds) => {
                self.world.input(who, one(Command::Timer { contact, seconds }));
            }
            Act::Receipts(read_receipts) => {
                let settings = Change::read_receipts(read_receipts);
                self.world.input(who, one(Command::Settings(settings)));
                self.lines[who].receipts = read_receipts;
                self.past.hid[who] |= !read_receipts;
            }
        }
        self.hear();
    }

    /// Writes a text, of so many bytes at least; what it is called, unless it was refused.
    pub(super) fn say(
        &mut self,
        who: usize,
        len: usize,
        reply_to: Option<MessageId>,
        probe: bool,
    ) -> Option<MessageId> {
        self.hear();
        if !self.lines[who].asked {
            return None;
        }
        let contact = self.world.people[1 - who].id;
        self.said += 1;
        let kind = if probe { "probe" } else { "text" };
        let text = at_least(format!("{kind} {} of {who}", self.said), len);
        let mut commands = vec![Command::Send { contact, text: text.clone(), reply_to }];
        if self.said.is_multiple_of(3) {
            // A front looks in the same breath: what was said is committed before what goes out.
            commands.push(Command::History { contact, before: None, limit: 1 });
        }
        self.world.input(who, Input::Commands(commands));
        let message = self.history(who).into_iter().find(|message| message.text == text)?;
        let (at, texts, timed) = (self.world.now, vec![text], message.disappears.is_some());
        self.written[who].insert(message.id, Written { at, texts, timed, probe });
        Some(message.id)
    }

    fn edit(&mut self, who: usize, nth: usize, len: usize) {
        let Some(message) = self.pick(who, nth, is_own_text).map(|message| message.id) else {
            return;
        };
        let contact = self.world.people[1 - who].id;
        self.said += 1;
        let text = at_least(format!("edit {} of {who}", self.said), len);
        let edit = Command::Edit { contact, message, text: text.clone() };
        self.world.input(who, one(edit));
        let is_there = self.history(who).iter().any(|other| other.text == text);
        if is_there && let Some(written) = self.written[who].get_mut(&message) {
            written.texts.push(text);
        }
    }

    fn delete(&mut self, who: usize, nth: usize, for_both: bool) {
        let may = |message: &Message| !for_both || is_own_text(message);
        let Some(message) = self.pick(who, nth, may).map(|message| message.id) else { return };
        let contact = self.world.people[1 - who].id;
        self.lines[who].deleted.insert(message);
        self.world.input(who, one(Command::Delete { contact, message, for_both }));
        let left = self.history(who).into_iter().find(|other| other.id == message);
        let gone = left.is_none_or(|message| for_both && message.deleted);
        assert!(gone, "deleted, and still there");
    }

    fn see(&mut self, who: usize, nth: usize) {
        let Some(message) = self.pick(who, nth, |_| true).map(|message| message.id) else { return };
        let history = self.history(who);
        let contact = self.world.people[1 - who].id;
        self.world.input(who, one(Command::Seen { contact, message }));
        let line = &mut self.lines[who];
        let end = history.iter().position(|other| other.id == message).unwrap_or_default();
        for message in &history[..=end] {
            let first = line.seen.insert(message.id);
            let is_text = message.state == MessageState::Received && !message.deleted;
            if first && is_text && line.receipts {
                line.tells.insert(message.id);
                self.told_read[who].insert(message.id);
            }
        }
    }

    /// The nth message that fits, from the newest on and around.
    fn pick(&mut self, who: usize, nth: usize, fits: impl Fn(&Message) -> bool) -> Option<Message> {
        let history = self.history(who);
        let mut fitting: Vec<_> = history.into_iter().rev().filter(fits).collect();
        let at = nth.checked_rem(fitting.len())?;
        Some(fitting.swap_remove(at))
    }

    /// The history, oldest first. Looking at it is nothing that happens to the client.
    pub(super) fn history(&mut self, who: usize) -> Vec<Message> {
        self.world.messages(who)
    }
}

fn is_own_text(message: &Message) -> bool {
    message.state != MessageState::Received && !message.deleted
}

fn at_least(text: String, len: usize) -> String {
    let missing = len.saturating_sub(text.len());
    text + &"x".repeat(missing)
}
