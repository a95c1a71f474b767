//! What the client says becomes text.

use super::Terminal;
use super::book::Change;
use super::details;
use super::text;
use crate::front::Reaction;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::client::Command;
use crate::net::client::Event;
use crate::net::client::event::Contact;
use crate::net::client::event::ContactState;
use crate::net::client::event::Link;
use crate::net::client::event::Notice;
use crate::net::client::event::Refusal;
use crate::net::client::event::Settings;

impl Terminal {
    /// Folds an event and shows what is worth a line.
    pub(super) fn show(&mut self, event: Event) -> Reaction {
        match event {
            Event::Ready { id, ephemeral } => self.ready(id, ephemeral),
            Event::Proxy { at } => Reaction::show(text::proxy(&at)),
            Event::Link(link) => self.link(link),
            Event::Network { invitation, first_use } => self.network(invitation, first_use),
            Event::Contact(contact) => self.contact(contact),
            Event::Removed { contact } => self.removed(&contact),
            Event::Message(message) => self.message(&message),
            Event::Progress { contact, message, state } => self.progress(contact, message, state),
            Event::File { contact, message, state } => self.file(contact, message, &state),
            Event::History { contact, messages, more } => self.history(contact, &messages, more),
            Event::Notice(notice) => self.notice(&notice),
            Event::AnotherNetwork { address, expected, found } => {
                Reaction::show(text::another_network(&address, &expected, &found))
            }
            Event::BadKeys { address, reason } => Reaction::show(text::bad_keys(&address, reason)),
            Event::Refused(refusal) => self.refused(&refusal),
            Event::Settings(settings) => self.settings(settings),
            Event::Changed(message) => self.changed(&message),
            Event::Vanished { contact, message } => self.vanished(contact, message),
            Event::Details(details) => {
                let name = self.book.name(&details.contact);
                Reaction::show(details::lines(&details, &name, &self.clock))
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
            Link::Connected(channel) => {
                self.offline = None;
                Reaction::show(format_args!("Connected: {channel}."))
            }
            Link::Partly { reason, .. } | Link::Offline { reason, .. }
                if self.offline == Some(reason) =>
            {
                Reaction::default()
            }
            Link::Partly { standing, wanted, reason } => {
                self.offline = Some(reason);
                Reaction::show(text::partly(standing, wanted, reason))
            }
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

    /// What is off from the start is not worth a line.
    fn settings(&mut self, settings: Settings) -> Reaction {
        let before = self.settings.replace(settings).unwrap_or_default();
        let mut lines = Vec::new();
        if before.read_receipts != settings.read_receipts {
            lines.push(text::receipts(settings));
        }
        if before.accept_below != settings.accept_below {
            lines.push(text::auto_accept(settings));
        }
        if lines.is_empty() { Reaction::default() } else { Reaction::show(lines.join("\n")) }
    }

    fn contact(&mut self, contact: Contact) -> Reaction {
        let (id, state, timer) = (contact.id, contact.state, contact.timer);
        let more = text::conversation(&contact);
        let change = self.book.put(contact);
        let name = self.book.name(&id);
        match (change, state) {
            (Change::New, ContactState::Asked { .. }) => Reaction::show(text::asked(&name)),
            (Change::New, ContactState::Matched) => {
                let Reaction { output, .. } = Reaction::show(text::open(&name, &more));
                Reaction { output, commands: self.opened(id) }
            }
            (Change::New | Change::Ended, ContactState::Ended) => {
                Reaction::show(text::ended(&name))
            }
            (Change::Matched, _) => Reaction::show(text::matched(&name)),
            (Change::Timer, _) => Reaction::show(text::timer(&name, timer)),
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
        self.numbers.remove_all(contact);
        self.printed.remove(contact);
        Reaction::show(if self.removing.remove(contact) {
            format!("{name} is removed; keys and messages are destroyed.")
        } else {
            format!("{name} belongs to the network of before and is kept there.")
        })
    }

    fn notice(&self, notice: &Notice) -> Reaction {
        Reaction::show(match notice {
            Notice::KeysRefreshed { sequence } => text::keys_refreshed(*sequence),
            Notice::SessionReplaced { contact } => text::session_replaced(&self.book.name(contact)),
            Notice::TwoDevices { contact } => text::two_devices(&self.book.name(contact)),
            Notice::Withdrawn { contact } => text::withdrawn(&self.book.name(contact)),
            Notice::MailboxFull { contact } => text::mailbox_full(&self.book.name(contact)),
            Notice::Working { contact } => text::working(&self.book.name(contact)),
            Notice::WorkTooDear { contact } => text::work_too_dear(&self.book.name(contact)),
            Notice::Clock { ahead_s } => text::clock(*ahead_s),
            Notice::OpenElsewhere => text::OPEN_ELSEWHERE.into(),
        })
    }

    /// What was to be deleted may be what was refused: what vanishes later did so by itself.
    fn refused(&mut self, refusal: &Refusal) -> Reaction {
        self.deleting.clear();
        let sentence = text::sentence(&refusal.to_string());
        let Refusal::AlreadyAdded { contact } = refusal else { return Reaction::show(sentence) };
        self.book.choose(*contact);
        let chosen = text::chosen(&self.book.name(contact));
        let Reaction { output, .. } = Reaction::show(format_args!("{sentence} {chosen}"));
        Reaction { output, commands: self.opened(*contact) }
    }
}
