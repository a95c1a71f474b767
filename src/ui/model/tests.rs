#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::net::client::event::Contact;
use crate::net::client::event::ContactState;

const NOW: Duration = Duration::from_secs(10);

fn id(number: usize) -> Id {
    // IDs that were made by the client and stand here as people write them down.
    let texts = [
        "0fmt q960 bfsn cmyt phqf c4sv 8d2a 72tq q6qp 2sg4 j0c0 twcb 7188 2501",
        "mt9d hqs5 6wb9 6ye8 kph1 6nhh 2sp2 cv3c y3ae 39cr ppx1 nea4 ptdd yyg1",
    ];
    texts[number].parse().unwrap()
}

fn contact(number: usize) -> Event {
    let state = ContactState::Matched;
    Event::Contact(Contact::new(id(number), state))
}

fn message(from: usize, number: u8, state: MessageState) -> Message {
    let text = format!("text {number}");
    let written = u64::from(number) * 60_000;
    Message::new(id(from), MessageId([number; 16]), text, written, state)
}

fn received(from: usize, number: u8) -> Event {
    Event::Message(message(from, number, MessageState::Received))
}

fn texts(model: &ViewModel, who: usize) -> Vec<String> {
    let conversation = model.person(&id(who)).unwrap().conversation();
    conversation.places().map(|place| conversation.at(place).unwrap().text.clone()).collect()
}

fn with_people() -> ViewModel {
    let mut model = ViewModel::default();
    for number in 0..2 {
        let asked = model.fold(contact(number), NOW);
        let last = Command::History { contact: id(number), before: None, limit: 1 };
        assert_eq!(asked, [last]);
    }
    model
}

#[test]
fn older_messages_come_before_what_is_there_and_keep_every_place() {
    let mut model = with_people();
    model.fold(received(0, 9), NOW);
    let place = model.person(&id(0)).unwrap().conversation().places().start;
    let older = |numbers: core::ops::RangeInclusive<u8>, more| Event::History {
        contact: id(0),
        messages: numbers.map(|n| message(0, n, MessageState::Delivered)).collect(),
        more,
    };
    // The answer holds what came while it was on its way.
    model.fold(older(8..=9, true), NOW);
    assert_eq!(texts(&model, 0), ["text 8", "text 9"]);
    let conversation = model.person(&id(0)).unwrap().conversation();
    assert_eq!(conversation.at(place).unwrap().text, "text 9");
    let before = conversation.wants_older();
    assert_eq!(before, Some(MessageId([8; 16])));
    model.asked(&Command::History { contact: id(0), before, limit: 5 });
    assert_eq!(model.person(&id(0)).unwrap().conversation().wants_older(), None);
    model.fold(older(5..=7, false), NOW);
    assert_eq!(texts(&model, 0), ["text 5", "text 6", "text 7", "text 8", "text 9"]);
    assert_eq!(model.person(&id(0)).unwrap().conversation().wants_older(), None);
    let contact = id(0);
    let state = MessageState::Queued;
    model.fold(Event::Progress { contact, message: MessageId([6; 16]), state }, NOW);
    let conversation = model.person(&id(0)).unwrap().conversation();
    assert_eq!(conversation.at(conversation.places().start + 1).unwrap().state, state);
}

#[test]
fn messages_are_new_until_somebody_looks() {
    let mut model = with_people();
    let unread = |model: &ViewModel| model.person(&id(0)).unwrap().conversation().unread();
    model.fold(received(0, 1), NOW);
    model.fold(received(0, 2), NOW);
    model.fold(received(0, 2), NOW);
    assert_eq!(unread(&model), 2);
    let new_from = |model: &ViewModel| model.person(&id(0)).unwrap().conversation().new_from();
    assert_eq!(new_from(&model), Some(0));
    model.watch(Some(id(0)));
    assert_eq!((unread(&model), new_from(&model)), (0, Some(0)));
    model.fold(received(0, 3), NOW);
    assert_eq!(unread(&model), 0);
    model.watch(None);
    assert_eq!(new_from(&model), None);
    model.fold(received(0, 4), NOW);
    assert_eq!((unread(&model), new_from(&model)), (1, Some(3)));
    model.fold(Event::Message(message(0, 5, MessageState::Queued)), NOW);
    assert_eq!(new_from(&model), None);
}

#[test]
fn whoever_wrote_last_is_first() {
    let mut model = with_people();
    let first = |model: &ViewModel| model.people()[0].id();
    model.fold(received(1, 1), NOW);
    assert_eq!(first(&model), id(1));
    model.fold(received(0, 2), NOW);
    assert_eq!(first(&model), id(0));
    // A clock that runs ahead does not help.
    model.fold(received(1, 200), NOW);
    model.fold(received(0, 3), NOW);
    assert_eq!(first(&model), id(0));
}

#[test]
fn a_stop_stays_until_the_client_connects_again() {
    let mut model = ViewModel::default();
    let address: Address = "127.0.0.1:6174".parse().unwrap();
    let (expected, found) = (Fingerprint::from_bytes([1; 32]), Fingerprint::from_bytes([2; 32]));
    model.fold(Event::AnotherNetwork { address, expected, found }, NOW);
    model.fold(Event::Refused(Refusal::NotTheFingerprint), NOW);
    assert!(model.halt().is_some());
    assert_eq!(model.refusal(), Some(&Refusal::NotTheFingerprint));
    model.asked(&Command::Trust { typed: String::new() });
    assert_eq!(model.refusal(), None);
    model.fold(Event::Link(Link::Connecting), NOW);
    assert!(model.halt().is_none());
}

#[test]
fn the_next_attempt_has_a_time() {
    let mut model = ViewModel::default();
    assert_eq!(model.link_view(), LinkView::Connecting);
    let (reason, retry_in) = (OfflineReason::Lost, Duration::from_secs(8));
    model.fold(Event::Link(Link::Offline { reason, retry_in }), NOW);
    let retry_at = Duration::from_secs(18);
    assert_eq!(model.link_view(), LinkView::Offline { reason, retry_at });
}

#[test]
fn notices_are_said_once_and_taken_away() {
    let mut model = ViewModel::default();
    for sequence in [1, 2, 2, 3, 4] {
        model.fold(Event::Notice(Notice::KeysRefreshed { sequence }), NOW);
    }
    assert_eq!(model.notices().len(), 3);
    model.dismiss(&Notice::KeysRefreshed { sequence: 4 });
    assert_eq!(model.notices().last(), Some(&Notice::KeysRefreshed { sequence: 3 }));
}

#[test]
fn somebody_removed_is_gone() {
    let mut model = with_people();
    model.watch(Some(id(0)));
    model.fold(Event::Removed { contact: id(0) }, NOW);
    model.watch(None);
    assert!(model.person(&id(0)).is_none());
    assert_eq!(model.people().len(), 1);
}
