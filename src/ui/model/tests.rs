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
    let before = conversation.oldest();
    assert_eq!((conversation.wants_older(), before), (true, Some(MessageId([8; 16]))));
    model.asked(&Command::History { contact: id(0), before, limit: 5 });
    assert!(!model.person(&id(0)).unwrap().conversation().wants_older());
    model.fold(older(5..=7, false), NOW);
    assert_eq!(texts(&model, 0), ["text 5", "text 6", "text 7", "text 8", "text 9"]);
    assert!(!model.person(&id(0)).unwrap().conversation().wants_older());
    let contact = id(0);
    let state = MessageState::Queued;
    model.fold(Event::Progress { contact, message: MessageId([6; 16]), state }, NOW);
    let conversation = model.person(&id(0)).unwrap().conversation();
    assert_eq!(conversation.at(conversation.places().start + 1).unwrap().state, state);
}

fn watched(who: usize) -> Option<Watched> {
    Some(Watched { contact: id(who), at_end: true })
}

fn unread(model: &ViewModel) -> u64 {
    model.person(&id(0)).unwrap().conversation().unread()
}

fn new_from(model: &ViewModel) -> Option<i64> {
    model.person(&id(0)).unwrap().conversation().new_from()
}

fn seen(number: u8) -> Option<Command> {
    Some(Command::Seen { contact: id(0), message: MessageId([number; 16]) })
}

#[test]
fn messages_are_new_until_somebody_looks() {
    let mut model = with_people();
    model.fold(received(0, 1), NOW);
    model.fold(received(0, 2), NOW);
    model.fold(received(0, 2), NOW);
    assert_eq!((unread(&model), new_from(&model)), (2, Some(0)));
    model.watch(watched(0));
    assert_eq!(model.saw(id(0), 1), seen(2));
    assert_eq!(model.saw(id(0), 1), None, "it is said once");
    assert_eq!((unread(&model), new_from(&model)), (0, Some(0)));
    model.fold(received(0, 3), NOW);
    assert_eq!(unread(&model), 0);
    assert_eq!(model.saw(id(0), 2), seen(3));
    model.watch(None);
    assert_eq!(new_from(&model), None);
    model.fold(received(0, 4), NOW);
    assert_eq!((unread(&model), new_from(&model)), (1, Some(3)));
    model.fold(Event::Message(message(0, 5, MessageState::Queued)), NOW);
    assert_eq!(new_from(&model), None);
}

#[test]
fn what_is_below_the_view_is_not_seen() {
    let mut model = with_people();
    for number in 1..=5 {
        model.fold(received(0, number), NOW);
    }
    model.watch(Some(Watched { contact: id(0), at_end: false }));
    assert_eq!(model.saw(id(0), 2), seen(3));
    assert_eq!(unread(&model), 2);
    assert_eq!(model.saw(id(0), 1), None);
    assert_eq!(model.saw(id(0), 4), seen(5));
    assert_eq!((unread(&model), new_from(&model)), (0, Some(0)));
}

#[test]
fn what_came_in_an_earlier_session_is_still_new() {
    let mut model = ViewModel::default();
    let mut known = Contact::new(id(0), ContactState::Matched);
    known.unread = 2;
    model.fold(Event::Contact(known), NOW);
    assert_eq!(unread(&model), 2);
    let history = |numbers: core::ops::RangeInclusive<u8>| Event::History {
        contact: id(0),
        messages: numbers.map(|n| message(0, n, MessageState::Received)).collect(),
        more: true,
    };
    model.fold(history(9..=9), NOW);
    model.fold(history(5..=8), NOW);
    let conversation = model.person(&id(0)).unwrap().conversation();
    assert_eq!(conversation.at(new_from(&model).unwrap()).unwrap().text, "text 8");
    model.watch(watched(0));
    assert_eq!(model.saw(id(0), 0), seen(9));
}

#[test]
fn a_message_is_changed_where_it_stands_and_leaves_no_gap_when_it_is_gone() {
    let mut model = with_people();
    for number in 1..=3 {
        model.fold(received(0, number), NOW);
    }
    let mut changed = message(0, 2, MessageState::Received);
    changed.text = "other\u{202e}".into();
    changed.edited = Some(5);
    changed.reactions.theirs = Some("+\u{200f}".into());
    model.fold(Event::Changed(changed), NOW);
    let conversation = model.person(&id(0)).unwrap().conversation();
    let line = conversation.at(1).unwrap();
    assert_eq!((line.text.as_str(), line.edited), ("other", true));
    assert_eq!(line.reactions.theirs.as_deref(), Some("+"));
    let vanished =
        |number: u8| Event::Vanished { contact: id(0), message: MessageId([number; 16]) };
    model.fold(vanished(2), NOW);
    let conversation = model.person(&id(0)).unwrap().conversation();
    assert_eq!((conversation.at(1).is_none(), unread(&model)), (true, 2));
    assert_eq!(conversation.above(2).unwrap().text, "text 1");
    assert_eq!(conversation.find(&MessageId([2; 16])).map(|line| &line.text), None);
    // The list is not left without a last message while there are older ones.
    let older = vec![message(0, 1, MessageState::Received)];
    model.fold(Event::History { contact: id(0), messages: older, more: true }, NOW);
    assert_eq!(model.fold(vanished(1), NOW), []);
    let wanted = Command::History { contact: id(0), before: None, limit: 1 };
    assert_eq!(model.fold(vanished(3), NOW), [wanted]);
    assert_eq!(unread(&model), 0);
}

#[test]
fn details_are_those_that_were_asked_for() {
    let mut model = with_people();
    let details = |who| {
        let (contact, session) = (id(who), None);
        Event::Details(Details { contact, session, older_sessions: 0, bundles: 1 })
    };
    model.fold(details(0), NOW);
    assert!(model.details(&id(0)).is_some() && model.details(&id(1)).is_none());
    model.asked(&Command::Details { contact: id(0) });
    assert!(model.details(&id(0)).is_none());
    model.fold(Event::Settings(Settings { read_receipts: true, accept_below: 0 }), NOW);
    assert!(model.settings().read_receipts);
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
fn which_way_everything_goes_is_known() {
    let mut model = ViewModel::default();
    assert_eq!(model.proxy(), None);
    model.fold(Event::Proxy { at: "127.0.0.1:9050".into() }, NOW);
    assert_eq!(model.proxy(), Some("127.0.0.1:9050"));
    let (standing, wanted, reason) = (2, 3, OfflineReason::Lost);
    model.fold(Event::Link(Link::Partly { standing, wanted, reason }), NOW);
    assert_eq!(model.link_view(), LinkView::Partly { standing, wanted, reason });
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
    model.watch(watched(0));
    model.fold(Event::Removed { contact: id(0) }, NOW);
    model.watch(None);
    assert!(model.person(&id(0)).is_none());
    assert_eq!(model.people().len(), 1);
}
