//! What the client says becomes text.

use super::Terminal;
use super::book::Change;
use super::plain::plain;
use super::text;
use crate::front::Reaction;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::client::Command;
use crate::net::client::Event;
use crate::net::client::event::Contact;
use crate::net::client::event::ContactState;
use crate::net::client::event::Link;
use crate::net::client::event::Message;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
use crate::net::client::event::Notice;
use crate::net::client::event::Refusal;

impl Terminal {
    /// Folds an event and shows what is worth a line.
    pub(super) fn show(&mut self, event: Event) -> Reaction {
        match event {
            Event::Ready { id, ephemeral } => self.ready(id, ephemeral),
            Event::Link(link) => self.link(link),
            Event::Network { invitation, first_use } => self.network(invitation, first_use),
            Event::Contact(contact) => self.contact(contact),
            Event::Removed { contact } => self.removed(&contact),
            Event::Message(message) => self.message(&message),
            Event::Progress { contact, message, state } => self.progress(contact, message, state),
            Event::History { contact, messages, more } => self.history(contact, &messages, more),
            Event::Notice(notice) => self.notice(&notice),
            Event::AnotherNetwork { address, expected, found } => {
                Reaction::show(text::another_network(&address, &expected, &found))
            }
            Event::BadKeys { address, reason } => Reaction::show(text::bad_keys(&address, reason)),
            Event::Refused(refusal) => self.refused(&refusal),
            Event::Changed(_) | Event::Vanished { .. } | Event::Details(_) | Event::Settings(_) => {
                Reaction::default()
            }
            Event::Closed { reason } => Reaction::show(
                reason.map_or_else(|| "Closed.".to_owned(), |why| format!("Closed: {why}.")),
            ),
        }
    }

    fn ready(&mut self, id: Id, ephemeral: bool) -> Reaction {
        self.own = Some(id);
        let Reaction { output, .. } = Reaction::show(text::ready(&id, ephemeral));
        Reaction { output, commands: vec![Command::Contacts] }
    }

    /// Only a change of mind is worth a line: a client that stays offline says so once.
    fn link(&mut self, link: Link) -> Reaction {
        match link {
            Link::Connecting => Reaction::default(),
            Link::Connected => {
                self.offline = None;
                Reaction::show("Connected.")
            }
            Link::Offline { reason, .. } if self.offline == Some(reason) => Reaction::default(),
            Link::Offline { reason, retry_in } => {
                self.offline = Some(reason);
                Reaction::show(text::offline(reason, retry_in))
            }
        }
    }

    fn network(&mut self, invitation: Invitation, first_use: bool) -> Reaction {
        if self.invitation.as_ref() == Some(&invitation) {
            return Reaction::default();
        }
        let reaction = Reaction::show(text::network(&invitation, first_use));
        self.invitation = Some(invitation);
        reaction
    }

    fn contact(&mut self, contact: Contact) -> Reaction {
        let (id, state) = (contact.id, contact.state);
        let change = self.book.put(contact);
        let name = self.book.name(&id);
        match (change, state) {
            (Change::New, ContactState::Asked { .. }) => Reaction::show(text::asked(&name)),
            (Change::New, ContactState::Matched) => {
                Reaction::show(format_args!("{name}: the conversation is open."))
            }
            (Change::New, ContactState::Ended) => {
                Reaction::show(format_args!("{name} ended the conversation."))
            }
            (Change::Matched, _) => Reaction::show(text::matched(&name)),
            (Change::OnRelay, ContactState::Asked { lapses: Some(at) }) => {
                Reaction::show(text::on_relay(&name, &self.clock.date(at)))
            }
            (Change::Named, _) => {
                Reaction::show(format_args!("{} is shown as {name}.", id.short()))
            }
            _ => Reaction::default(),
        }
    }

    fn removed(&mut self, contact: &Id) -> Reaction {
        let name = self.book.name(contact);
        self.book.remove(contact);
        self.failed.retain(|(of, _)| of != contact);
        Reaction::show(if self.removing.remove(contact) {
            format!("{name} is removed; keys and messages are destroyed.")
        } else {
            format!("{name} belongs to the network of before and is kept there.")
        })
    }

    fn message(&mut self, message: &Message) -> Reaction {
        if message.state != MessageState::Received {
            self.number(message.id);
        }
        Reaction { output: self.row(message), commands: Vec::new() }
    }

    /// One line of a conversation, its day before it when that is another one.
    fn row(&mut self, message: &Message) -> String {
        let day = self.clock.new_day(message.written);
        let time = self.clock.time(message.written);
        let name = self.book.name(&message.contact);
        let said = plain(&message.text);
        let mark = text::mark(message.state);
        match (message.state, self.sent.get(&message.id)) {
            (MessageState::Received, _) => format!("{day}{time} {name}: {said}\n"),
            (_, Some(number)) => format!("{day}{time} you to {name} [{number} {mark}]: {said}\n"),
            (_, None) => format!("{day}{time} you to {name} [{mark}]: {said}\n"),
        }
    }

    fn number(&mut self, message: MessageId) -> usize {
        let next = self.sent.len() + 1;
        *self.sent.entry(message).or_insert(next)
    }

    fn progress(&mut self, contact: Id, message: MessageId, state: MessageState) -> Reaction {
        self.failed.retain(|(_, failed)| *failed != message);
        if matches!(state, MessageState::Failed { .. }) {
            self.failed.push((contact, message));
        }
        let known = self.sent.get(&message).map(ToString::to_string);
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
            MessageState::Failed { reason } => {
                format!("for {name} failed: {reason}; /retry sends it again")
            }
        };
        Reaction::show(format_args!("  [{number} {}] {what}", text::mark(state)))
    }

    fn history(&mut self, contact: Id, messages: &[Message], more: bool) -> Reaction {
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
        Reaction { output, commands: Vec::new() }
    }

    fn notice(&self, notice: &Notice) -> Reaction {
        Reaction::show(match notice {
            Notice::KeysRefreshed { sequence } => text::keys_refreshed(*sequence),
            Notice::SessionReplaced { contact } => text::session_replaced(&self.book.name(contact)),
            Notice::TwoDevices { contact } => text::two_devices(&self.book.name(contact)),
            Notice::Withdrawn { contact } => text::withdrawn(&self.book.name(contact)),
            Notice::MailboxFull { contact } => text::mailbox_full(&self.book.name(contact)),
            Notice::Clock { ahead_s } => text::clock(*ahead_s),
            Notice::OpenElsewhere => text::OPEN_ELSEWHERE.into(),
        })
    }

    fn refused(&mut self, refusal: &Refusal) -> Reaction {
        let sentence = text::sentence(&refusal.to_string());
        let Refusal::AlreadyAdded { contact } = refusal else { return Reaction::show(sentence) };
        self.book.choose(*contact);
        let name = self.book.name(contact);
        Reaction::show(format_args!("{sentence} Plain lines go to {name} now."))
    }
}
