//! The contacts as folded from the events, and whom plain lines go to.

use super::plain::plain;
use crate::id::Id;
use crate::net::client::event::Contact;
use crate::net::client::event::ContactState;

/// Everybody in the list.
#[derive(Default)]
pub(super) struct Book {
    contacts: Vec<Contact>,
    current: Option<Id>,
}

/// What changed about a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is in the list now.
    New,
    /// Both asked.
    Matched,
    /// The relay holds the request now.
    OnRelay,
    /// The contact ended the conversation.
    Ended,
    /// It has another name.
    Named,
    /// Somebody wants messages to disappear after another time.
    Timer,
    /// Nothing that a person would notice.
    None,
}

impl Book {
    /// Takes a contact in. The first one becomes current.
    pub(super) fn put(&mut self, contact: Contact) -> Change {
        self.current.get_or_insert(contact.id);
        let Some(known) = self.contacts.iter_mut().find(|known| known.id == contact.id) else {
            self.contacts.push(contact);
            return Change::New;
        };
        let before = core::mem::replace(known, contact);
        match (before.state, known.state) {
            (ContactState::Asked { .. } | ContactState::Ended, ContactState::Matched) => {
                Change::Matched
            }
            (ContactState::Asked { .. } | ContactState::Matched, ContactState::Ended) => {
                Change::Ended
            }
            (ContactState::Asked { lapses: None }, ContactState::Asked { lapses: Some(_) }) => {
                Change::OnRelay
            }
            _ if before.nickname != known.nickname => Change::Named,
            _ if before.timer != known.timer => Change::Timer,
            _ => Change::None,
        }
    }

    /// Lets a contact go.
    pub(super) fn remove(&mut self, id: &Id) {
        self.contacts.retain(|contact| contact.id != *id);
        if self.current == Some(*id) {
            self.current = None;
        }
    }

    pub(super) fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    pub(super) fn get(&self, id: &Id) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.id == *id)
    }

    /// A message came from a contact.
    pub(super) fn received(&mut self, id: &Id) {
        if let Some(contact) = self.contacts.iter_mut().find(|contact| contact.id == *id) {
            contact.unread = contact.unread.saturating_add(1);
        }
    }

    /// All messages of a contact were seen.
    pub(super) fn seen(&mut self, id: &Id) {
        if let Some(contact) = self.contacts.iter_mut().find(|contact| contact.id == *id) {
            contact.unread = 0;
        }
    }

    pub(super) fn current(&self) -> Option<Id> {
        self.current
    }

    pub(super) fn choose(&mut self, id: Id) {
        self.current = Some(id);
    }

    /// The nickname, or the first two groups of the ID.
    pub(super) fn name(&self, id: &Id) -> String {
        let nickname = self.get(id).and_then(|contact| contact.nickname.as_deref());
        nickname.map_or_else(|| id.short(), plain)
    }

    /// Whom a person means: a whole nickname before the start of one, and that before the start of
    /// an ID, in any case.
    ///
    /// # Errors
    /// One sentence: nobody fits, or several do.
    pub(super) fn find(&self, who: &str) -> Result<Id, String> {
        let wanted = who.trim().to_lowercase();
        let digits: String = wanted.chars().filter(|c| c.is_alphanumeric()).collect();
        let nickname = |contact: &Contact| contact.nickname.as_deref().map(str::to_lowercase);
        let whole = |contact: &Contact| nickname(contact).is_some_and(|name| name == wanted);
        let start =
            |contact: &Contact| nickname(contact).is_some_and(|name| name.starts_with(&wanted));
        let id = |contact: &Contact| {
            !digits.is_empty() && contact.id.compact().starts_with(digits.as_str())
        };
        let rules: [&dyn Fn(&Contact) -> bool; 3] = [&whole, &start, &id];
        let fits = rules.iter().map(|rule| self.all(rule)).find(|fits| !fits.is_empty());
        match fits.unwrap_or_default().as_slice() {
            [one] => Ok(*one),
            [] => Err(format!("nobody in your list is called {:?}; /contacts shows all", who)),
            several => Err(format!("{who:?} fits {} contacts; type more of it", several.len())),
        }
    }

    fn all(&self, rule: &dyn Fn(&Contact) -> bool) -> Vec<Id> {
        self.contacts.iter().filter(|contact| rule(contact)).map(|contact| contact.id).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::tests::contact;
    use super::*;
    use crate::net::client::event::Timer;

    fn named(number: usize, nickname: &str) -> Contact {
        Contact { nickname: Some(nickname.into()), ..contact(number) }
    }

    #[test]
    fn the_first_contact_is_current_until_it_goes() {
        let mut book = Book::default();
        assert_eq!(book.put(contact(1)), Change::New);
        assert_eq!(book.put(contact(2)), Change::New);
        assert_eq!(book.current(), Some(contact(1).id));
        book.remove(&contact(1).id);
        assert_eq!(book.current(), None);
    }

    #[test]
    fn changes_are_told_apart() {
        let mut book = Book::default();
        book.put(contact(1));
        assert_eq!(book.put(contact(1)), Change::None);
        let kept = Contact { state: ContactState::Asked { lapses: Some(1) }, ..contact(1) };
        assert_eq!(book.put(kept.clone()), Change::OnRelay);
        assert_eq!(book.put(kept), Change::None);
        let matched = Contact { state: ContactState::Matched, ..contact(1) };
        assert_eq!(book.put(matched.clone()), Change::Matched);
        let named = Contact { nickname: Some("a".into()), ..matched };
        assert_eq!(book.put(named.clone()), Change::Named);
        let timer = Timer { agreed: 0, own: 0, theirs: 60 };
        assert_eq!(book.put(Contact { timer, ..named.clone() }), Change::Timer);
        let ended = Contact { state: ContactState::Ended, timer, ..named.clone() };
        assert_eq!(book.put(ended), Change::Ended);
        assert_eq!(book.put(named), Change::Matched);
    }

    #[test]
    fn people_are_found_by_name_or_id() {
        let mut book = Book::default();
        for contact in [named(1, "Rook"), named(2, "Rooky"), named(3, "Anna"), contact(4)] {
            book.put(contact);
        }
        assert_eq!(book.find("rook"), Ok(contact(1).id));
        assert_eq!(book.find("ann"), Ok(contact(3).id));
        assert_eq!(book.find(&contact(4).id.short()), Ok(contact(4).id));
        assert_eq!(book.find(&contact(4).id.to_string().to_uppercase()), Ok(contact(4).id));
        assert!(book.find("roo").unwrap_err().contains("fits 2 contacts"));
        for nobody in ["zz", "", " - "] {
            assert!(book.find(nobody).is_err(), "{nobody:?}");
        }
    }
}
