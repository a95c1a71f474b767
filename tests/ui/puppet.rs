//! A conversation without a client behind it: what is shown is what the test says, and what is
//! asked can be read.

use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use bauta::id::Id;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::Contact;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::Link;
use bauta::net::client::event::Message;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::ui::App;
use bauta::ui::ViewModel;
use egui_kittest::Harness;
use egui_kittest::HarnessBuilder;

use crate::person::Person;

/// The IDs of the README.
const OWN: &str = "0fmt q960 bfsn cmyt phqf c4sv 8d2a 72tq q6qp 2sg4 j0c0 twcb 7188 2501";
const OTHER: &str = "mt9d hqs5 6wb9 6ye8 kph1 6nhh 2sp2 cv3c y3ae 39cr ppx1 nea4 ptdd yyg1";

pub(crate) fn rook() -> Id {
    OTHER.parse().unwrap()
}

pub(crate) fn name(number: u8) -> MessageId {
    MessageId([number; 16])
}

#[expect(clippy::disallowed_methods, reason = "what is left of a message is told by the clock")]
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

pub(crate) fn contact(state: ContactState) -> Contact {
    let mut contact = Contact::new(rook(), state);
    contact.nickname = Some("Rook".into());
    contact
}

pub(crate) fn message(number: u8, text: &str, state: MessageState) -> Message {
    let written = 1_796_961_780_000 + u64::from(number) * 60_000;
    Message::new(rook(), name(number), text.into(), written, state)
}

pub(crate) fn theirs(number: u8, text: &str) -> Message {
    message(number, text, MessageState::Received)
}

pub(crate) fn own(number: u8, text: &str) -> Message {
    message(number, text, MessageState::Delivered)
}

/// A conversation with Rook that is open, and its messages. A sign of the window's own that no font
/// has ends the test.
pub(crate) fn conversation<const N: usize>(messages: [Message; N]) -> Person {
    opened(contact(ContactState::Matched), messages.into(), Harness::builder())
}

/// The same with messages in letters that the fonts at hand may not have.
pub(crate) fn in_foreign_letters<const N: usize>(messages: [Message; N]) -> Person {
    let builder = Harness::builder().allow_missing_glyphs();
    opened(contact(ContactState::Matched), messages.into(), builder)
}

pub(crate) fn with(contact: Contact) -> Person {
    opened(contact, vec![theirs(1, "hello")], Harness::builder())
}

fn opened(
    contact: Contact,
    messages: Vec<Message>,
    builder: HarnessBuilder<Option<App>>,
) -> Person {
    let mut model = ViewModel::default();
    let mut fold = |event| drop(model.fold(event, Duration::ZERO));
    fold(Event::Ready { id: OWN.parse().unwrap(), ephemeral: false });
    fold(Event::Link(Link::Connected(ChannelOptions::default())));
    fold(Event::Contact(contact));
    fold(Event::History { contact: rook(), messages, more: false });
    let mut person = Person::shown(model, builder);
    person.settle();
    person.app().open(rook());
    person.settle();
    person.asked();
    person
}

impl Person {
    /// The one command that was asked since the last time.
    pub(crate) fn asked_one(&mut self) -> Command {
        let mut asked = self.asked();
        assert_eq!(asked.len(), 1, "{asked:?}");
        asked.remove(0)
    }
}
