//! What somebody typed becomes commands.

use super::Terminal;
use super::input::Input;
use super::paste;
use super::paste::Paste;
use super::paste::Pasted;
use super::plain::plain;
use super::span;
use super::text;
use zeroize::Zeroizing;

use crate::front::Reaction;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::client::Command;
use crate::net::client::event::Change;
use crate::net::client::event::ContactState;

impl Terminal {
    /// Does what a line asks for.
    pub(super) fn input(&mut self, input: Input<'_>) -> Reaction {
        match input {
            Input::Blank => Reaction::default(),
            Input::Text(text) => self.to_current(|contact| {
                let text = text.to_owned();
                Command::Send { contact, text, reply_to: None }
            }),
            Input::File { path, strip } => {
                self.to_current(|contact| Command::SendFile { contact, path: path.into(), strip })
            }
            Input::Help => Reaction::show(text::HELP),
            Input::Id => self.identity(),
            Input::Add { contact, nickname } => self.add(contact, nickname),
            Input::Nick(name) => self.to_current(|contact| Command::Nickname {
                contact,
                nickname: name.map(str::to_owned),
            }),
            Input::To(who) => self.choose(who),
            Input::Contacts => self.contacts(),
            Input::History { older } => self.ask_history(older),
            Input::Message(number, act) => self.act(number, act),
            Input::Paste => self.paste(),
            Input::Timer(typed) => self.timer(typed),
            Input::Details => self.to_current(|contact| Command::Details { contact }),
            Input::AutoAccept(below) => self.auto_accept(below),
            Input::Receipts(on) => self.receipts(on),
            Input::Remove(who) => self.remove(who),
            Input::Retry => self.retry(),
            Input::Trust(typed) => Reaction::command(Command::Trust { typed: typed.to_owned() }),
            Input::Join(secret) => {
                Reaction::command(Command::Join { secret: Zeroizing::new(secret.to_owned()) })
            }
            Input::Reconnect => Reaction::command(Command::Reconnect),
            Input::Quit => Reaction::command(Command::Quit),
            Input::Incomplete(usage) => Reaction::show(format_args!("Type it so: {usage}")),
            Input::Unknown(name) => {
                Reaction::show(format_args!("There is no /{}; /help lists all.", plain(name)))
            }
        }
    }

    fn to_current(&self, command: impl FnOnce(Id) -> Command) -> Reaction {
        self.book.current().map_or_else(
            || Reaction::show(text::NOBODY_CHOSEN),
            |contact| Reaction::command(command(contact)),
        )
    }

    fn identity(&self) -> Reaction {
        let Some(own) = self.own else { return Reaction::show(text::NOT_YET) };
        let mut lines = format!("Your ID:     {own}");
        if let Some(invitation) = &self.invitation {
            lines.push_str(&format!("\nInvitation:  {invitation}"));
        }
        Reaction::show(lines)
    }

    /// A mistake in the ID is said before a nickname is asked for.
    fn add(&mut self, contact: &str, nickname: Option<&str>) -> Reaction {
        let read = if Invitation::is_meant(contact) {
            contact.parse::<Invitation>().map(|it| it.id()).map_err(|error| error.to_string())
        } else {
            contact.parse::<Id>().map_err(|error| error.to_string())
        };
        let id = match read {
            Ok(id) => id,
            Err(error) => return Reaction::show(text::sentence(&error)),
        };
        if nickname.is_none() && self.interactive {
            self.adding = Some(contact.to_owned());
            return Reaction::show(text::nickname_question(&id));
        }
        self.ask(contact.to_owned(), nickname.map(str::to_owned))
    }

    /// Before the network has answered once, a request has nowhere to be kept.
    pub(super) fn ask(&self, contact: String, nickname: Option<String>) -> Reaction {
        let mut reaction = Reaction::command(Command::Add { contact, nickname });
        if self.invitation.is_none() {
            reaction.output = format!("{}\n", text::NOT_CONNECTED);
        }
        reaction
    }

    fn choose(&mut self, who: &str) -> Reaction {
        match self.book.find(who) {
            Ok(id) => {
                self.book.choose(id);
                let Reaction { output, .. } = Reaction::show(text::chosen(&self.book.name(&id)));
                Reaction { output, commands: self.opened(id) }
            }
            Err(sentence) => Reaction::show(text::sentence(&sentence)),
        }
    }

    fn remove(&mut self, who: &str) -> Reaction {
        match self.book.find(who) {
            Ok(contact) => {
                self.removing.insert(contact);
                Reaction::command(Command::Remove { contact })
            }
            Err(sentence) => Reaction::show(text::sentence(&sentence)),
        }
    }

    fn contacts(&self) -> Reaction {
        if self.book.contacts().is_empty() {
            return Reaction::show(text::NO_CONTACTS);
        }
        let rows = self.book.contacts().iter().map(|contact| {
            let mark = if self.book.current() == Some(contact.id) { '*' } else { ' ' };
            let name = self.book.name(&contact.id);
            let state = self.state(contact.state);
            let more = text::conversation(contact);
            format!("{mark} {name}: {state}{more}\n    {}", contact.id)
        });
        Reaction::show(rows.collect::<Vec<_>>().join("\n"))
    }

    fn state(&self, state: ContactState) -> String {
        match state {
            ContactState::Matched => "open".into(),
            ContactState::Ended => "ended by them".into(),
            ContactState::Asked { lapses: None } => "asked".into(),
            ContactState::Asked { lapses: Some(at) } => {
                format!("asked, lapses on {} unless renewed", self.clock.date(at))
            }
        }
    }

    fn paste(&mut self) -> Reaction {
        let Some(contact) = self.book.current() else { return Reaction::show(text::NOBODY_CHOSEN) };
        self.pasting = Some(Paste::new(contact));
        Reaction::show(text::pasting(&self.book.name(&contact)))
    }

    /// A line between `/paste` and `/end`.
    pub(super) fn paste_line(&mut self, mut paste: Paste, line: &str) -> Reaction {
        if line.trim() != paste::END {
            paste.line(line);
            self.pasting = Some(paste);
            return Reaction::default();
        }
        match paste.end() {
            Pasted::Text(contact, text) => {
                Reaction::command(Command::Send { contact, text, reply_to: None })
            }
            Pasted::Empty => Reaction::show(text::NOTHING_PASTED),
            Pasted::TooLong(len) => Reaction::show(text::too_long(len)),
            Pasted::Cut => Reaction::show(text::PASTE_CUT),
        }
    }

    fn timer(&self, typed: Option<&str>) -> Reaction {
        let Some(contact) = self.book.current().and_then(|id| self.book.get(&id)) else {
            return Reaction::show(text::NOBODY_CHOSEN);
        };
        let Some(typed) = typed else {
            let name = self.book.name(&contact.id);
            return Reaction::show(text::timer(&name, contact.timer));
        };
        let contact = contact.id;
        match span::parse(typed) {
            Some(seconds) => {
                let seconds = Some(seconds).filter(|seconds| *seconds > 0);
                Reaction::command(Command::Timer { contact, seconds })
            }
            None => Reaction::show("Type it so: /timer 30s, 30m, 2h, 1d, 1w or off"),
        }
    }

    fn receipts(&self, on: Option<bool>) -> Reaction {
        match on {
            Some(tell) => Reaction::command(Command::Settings(Change::read_receipts(tell))),
            None => Reaction::show(text::receipts(self.settings.unwrap_or_default())),
        }
    }

    fn auto_accept(&self, below: Option<u64>) -> Reaction {
        match below {
            Some(below) => Reaction::command(Command::Settings(Change::accept_below(below))),
            None => Reaction::show(text::auto_accept(self.settings.unwrap_or_default())),
        }
    }

    fn ask_history(&self, older: bool) -> Reaction {
        let before = |contact| {
            let oldest = self.oldest.filter(|(of, _)| older && *of == contact);
            oldest.map(|(_, message)| message)
        };
        self.to_current(|contact| Command::History {
            contact,
            before: before(contact),
            limit: HISTORY,
        })
    }

    fn retry(&mut self) -> Reaction {
        if self.failed.is_empty() {
            return Reaction::show("No message has failed.");
        }
        let commands = self.failed.drain(..);
        let commands = commands.map(|(contact, message)| Command::Retry { contact, message });
        Reaction { output: String::new(), commands: commands.collect() }
    }
}

/// How many messages one `/history` shows.
const HISTORY: usize = 20;
