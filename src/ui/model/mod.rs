//! What the window shows, folded from the client's events. Nothing here knows how it is drawn.

mod conversation;
mod line;
mod person;
mod unread;

use core::time::Duration;

pub use self::conversation::Conversation;
pub use self::line::Line;
pub use self::person::Person;
use crate::id::Address;
use crate::id::Fingerprint;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::client::Command;
use crate::net::client::Event;
use crate::net::client::event::BadKeys;
use crate::net::client::event::Details;
use crate::net::client::event::Failure;
use crate::net::client::event::FileState;
use crate::net::client::event::Link;
use crate::net::client::event::Message;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
use crate::net::client::event::Notice;
use crate::net::client::event::OfflineReason;
use crate::net::client::event::Refusal;
use crate::net::client::event::Settings;

/// Everything that is known.
#[derive(Default)]
pub struct ViewModel {
    own: Option<Own>,
    proxy: Option<String>,
    link: LinkView,
    invitation: Option<Invitation>,
    first_use: bool,
    people: Vec<Person>,
    arrivals: u64,
    watched: Option<Watched>,
    settings: Settings,
    details: Option<Details>,
    stop: Option<Halt>,
    notices: Vec<Notice>,
    refusal: Option<Refusal>,
    closed: Option<Option<Failure>>,
}

/// Oneself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// One's ID.
    pub id: Id,
    /// Whether nothing of this session touches the disk.
    pub ephemeral: bool,
}

/// What somebody has before their eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Whose conversation.
    pub contact: Id,
    /// Whether its newest message is in view.
    pub at_end: bool,
}

/// The connection.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum LinkView {
    /// On its way.
    #[default]
    Connecting,
    /// Messages flow.
    Connected,
    /// Some connections stand.
    Partly {
        /// How many.
        standing: usize,
        /// Of how many.
        wanted: usize,
        /// Why the others do not.
        reason: OfflineReason,
    },
    /// Not connected.
    Offline {
        /// Why.
        reason: OfflineReason,
        /// When the next attempt starts, on the clock of [`ViewModel::fold`].
        retry_at: Duration,
    },
}

/// Why nothing is sent to the relay until a person has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Another network answers.
    AnotherNetwork {
        /// Where.
        address: Address,
        /// The network that was expected.
        expected: Fingerprint,
        /// The one that answers.
        found: Fingerprint,
    },
    /// The relay's keys are not to be trusted.
    BadKeys {
        /// Where.
        address: Address,
        /// What is wrong with them.
        reason: BadKeys,
    },
}

impl ViewModel {
    /// Takes an event in; `now` is any clock that runs forward. What comes back is to be asked of
    /// the client.
    pub fn fold(&mut self, event: Event, now: Duration) -> Vec<Command> {
        match event {
            Event::Ready { id, ephemeral } => self.own = Some(Own { id, ephemeral }),
            Event::Proxy { at } => self.proxy = Some(at),
            Event::Link(link) => self.link(link, now),
            Event::Network { invitation, first_use } => {
                self.invitation = Some(invitation);
                self.first_use = first_use;
            }
            Event::Contact(contact) => return self.contact(contact),
            Event::Removed { contact } => self.people.retain(|person| person.id() != contact),
            Event::Message(message) => self.message(message),
            Event::Progress { contact, message, state } => self.progress(contact, message, state),
            Event::History { contact, messages, more } => self.history(contact, messages, more),
            Event::Notice(notice) => self.notice(notice),
            Event::AnotherNetwork { address, expected, found } => {
                self.stop = Some(Halt::AnotherNetwork { address, expected, found });
            }
            Event::BadKeys { address, reason } => {
                self.stop = Some(Halt::BadKeys { address, reason });
            }
            Event::Refused(refusal) => self.refusal = Some(refusal),
            Event::Closed { reason } => self.closed = Some(reason),
            Event::Changed(message) => self.changed(message),
            Event::Vanished { contact, message } => return self.vanished(contact, &message),
            Event::Details(details) => self.details = Some(details),
            Event::Settings(settings) => self.settings = settings,
            Event::File { contact, message, state } => self.file(contact, &message, state),
        }
        Vec::new()
    }

    /// Takes note of what is asked of the client.
    pub fn asked(&mut self, command: &Command) {
        self.refusal = None;
        match command {
            Command::History { contact, .. } => {
                if let Some(person) = self.person_mut(contact) {
                    person.conversation_mut().asked_for_older();
                }
            }
            Command::Details { .. } => self.details = None,
            _ => {}
        }
    }

    /// Says what somebody has before their eyes.
    pub fn watch(&mut self, watched: Option<Watched>) {
        if self.watched == watched {
            return;
        }
        let contact = watched.map(|it| it.contact);
        let left = self.watched.map(|it| it.contact).filter(|left| Some(*left) != contact);
        if let Some(left) = left.and_then(|left| self.person_mut(&left)) {
            left.conversation_mut().left();
        }
        self.watched = watched;
        if let Some(watched) = watched
            && let Some(person) = self.person_mut(&watched.contact)
        {
            person.conversation_mut().watch(watched.at_end);
        }
    }

    /// Says that everything up to a place is before somebody's eyes. What comes back is to be said
    /// to the client.
    pub fn saw(&mut self, contact: Id, place: i64) -> Option<Command> {
        let message = self.person_mut(&contact)?.conversation_mut().saw(place)?;
        Some(Command::Seen { contact, message })
    }

    /// Takes a notice away.
    pub fn dismiss(&mut self, notice: &Notice) {
        self.notices.retain(|other| other != notice);
    }

    /// Forgets why the last command was refused.
    pub fn forget_refusal(&mut self) {
        self.refusal = None;
    }

    /// Oneself; nobody until the profile is open.
    #[must_use]
    pub fn own(&self) -> Option<Own> {
        self.own
    }

    /// Where the proxy is through which everything goes, if there is one.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// The connection.
    #[must_use]
    pub fn link_view(&self) -> LinkView {
        self.link
    }

    /// One's own invitation; none until the network has answered once.
    #[must_use]
    pub fn invitation(&self) -> Option<&Invitation> {
        self.invitation.as_ref()
    }

    /// Whether the network is trusted because it was the first one seen at the address.
    #[must_use]
    pub fn first_use(&self) -> bool {
        self.first_use
    }

    /// Everybody in the list, who wrote or was written to last first.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Somebody in the list.
    #[must_use]
    pub fn person(&self, id: &Id) -> Option<&Person> {
        self.people.iter().find(|person| person.id() == *id)
    }

    /// What holds for all conversations.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// How the conversation with somebody is protected, once the client has said it.
    #[must_use]
    pub fn details(&self, contact: &Id) -> Option<&Details> {
        self.details.as_ref().filter(|details| details.contact == *contact)
    }

    /// Why nothing is sent.
    #[must_use]
    pub fn halt(&self) -> Option<&Halt> {
        self.stop.as_ref()
    }

    /// What a person should know, the newest last.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Why the last command was refused.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// Whether the client has ended, and why if it was not asked to.
    #[must_use]
    pub fn closed(&self) -> Option<Option<Failure>> {
        self.closed
    }

    fn link(&mut self, link: Link, now: Duration) {
        self.link = match link {
            Link::Connecting => LinkView::Connecting,
            Link::Connected(_) => LinkView::Connected,
            Link::Partly { standing, wanted, reason } => {
                LinkView::Partly { standing, wanted, reason }
            }
            Link::Offline { reason, retry_in } => {
                LinkView::Offline { reason, retry_at: now.saturating_add(retry_in) }
            }
        };
        // A client that stopped connects again only when a person has decided.
        let stranger = matches!(self.stop, Some(Halt::AnotherNetwork { .. }));
        if matches!(link, Link::Connected(_)) || (link == Link::Connecting && stranger) {
            self.stop = None;
        }
    }

    /// Of a conversation that is new here the last message is wanted, for the list.
    fn contact(&mut self, contact: crate::net::client::event::Contact) -> Vec<Command> {
        if let Some(person) = self.person_mut(&contact.id) {
            person.update(contact);
            return Vec::new();
        }
        let id = contact.id;
        self.people.push(Person::new(contact));
        let command = Command::History { contact: id, before: None, limit: 1 };
        self.asked(&command);
        vec![command]
    }

    fn message(&mut self, message: Message) {
        self.arrivals = self.arrivals.saturating_add(1);
        let arrivals = self.arrivals;
        if let Some(person) = self.person_mut(&message.contact) {
            person.arrived(arrivals);
            person.conversation_mut().push(message);
        }
        self.sort();
    }

    fn progress(&mut self, contact: Id, message: MessageId, state: MessageState) {
        if let Some(person) = self.person_mut(&contact) {
            person.conversation_mut().progress(message, state);
        }
    }

    fn file(&mut self, contact: Id, message: &MessageId, state: FileState) {
        if let Some(person) = self.person_mut(&contact) {
            person.conversation_mut().file(message, state);
        }
    }

    fn changed(&mut self, message: Message) {
        if let Some(person) = self.person_mut(&message.contact) {
            person.conversation_mut().change(message);
        }
    }

    /// If nothing that was loaded is left, an older message is wanted, for the list.
    fn vanished(&mut self, contact: Id, message: &MessageId) -> Vec<Command> {
        let Some(person) = self.person_mut(&contact) else { return Vec::new() };
        let conversation = person.conversation_mut();
        conversation.vanish(message);
        if conversation.last().is_some() || !conversation.wants_older() {
            return Vec::new();
        }
        let command = Command::History { contact, before: None, limit: 1 };
        self.asked(&command);
        vec![command]
    }

    fn history(&mut self, contact: Id, messages: Vec<Message>, more: bool) {
        if let Some(person) = self.person_mut(&contact) {
            person.conversation_mut().prepend(messages, more);
        }
        self.sort();
    }

    fn notice(&mut self, notice: Notice) {
        self.notices.retain(|other| *other != notice);
        self.notices.push(notice);
        if self.notices.len() > MAX_NOTICES {
            self.notices.remove(0);
        }
    }

    fn sort(&mut self) {
        self.people.sort_by_key(|person| core::cmp::Reverse(person.recency()));
    }

    fn person_mut(&mut self, id: &Id) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.id() == *id)
    }
}

/// Notices that are kept until somebody takes them away.
const MAX_NOTICES: usize = 3;

#[cfg(test)]
mod tests;
