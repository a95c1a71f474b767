//! The network asks for its secret.

use std::time::Duration;

use bauta::net::client::ChannelOptions;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::Link;
use bauta::net::client::event::OfflineReason;
use egui::Key;

use crate::puppet::conversation;
use crate::puppet::theirs;

fn offline(reason: OfflineReason) -> Event {
    Event::Link(Link::Offline { reason, retry_in: Duration::from_secs(600) })
}

#[test]
fn a_private_network_is_told_its_secret() {
    let mut person = conversation([theirs(1, "hello")]);
    person.hears(offline(OfflineReason::Private));
    person.sees("This network is private");
    person.sees("It is not sent");
    // What is there can be read all the same.
    assert!(person.has(": hello"), "{}", person.names());
    let secret = "0123456789abcdef".repeat(4);
    person.types("012z");
    person.sees("Character 4 is no hexadecimal digit");
    person.key(Key::Backspace);
    person.types(&secret[3..63]);
    person.sees("63 of 64 digits");
    person.key(Key::Enter);
    assert_eq!(person.asked().len(), 0, "63 digits were enough");
    person.types(&secret[63..]);
    person.sees("As long as a secret.");
    assert!(!person.names().contains("0123"), "{}", person.names());
    person.types("0");
    person.sees("65 digits; a secret has 64.");
    person.key(Key::Backspace);
    person.key(Key::Enter);
    let Command::Join { secret: given } = person.asked_one() else { panic!("not told") };
    assert_eq!(*given, secret);

    person.hears(Event::Link(Link::Connecting));
    person.sees_no("This network is private");
    person.hears(offline(OfflineReason::WrongSecret));
    person.sees("The network has another secret");
    person.types(&secret);
    person.presses("Join");
    assert!(matches!(person.asked_one(), Command::Join { .. }));
    person.hears(Event::Link(Link::Connected(ChannelOptions::default())));
    person.sees_no("This network is private");
}

#[test]
fn other_reasons_to_be_offline_ask_for_no_secret() {
    let mut person = conversation([theirs(1, "hello")]);
    for reason in [OfflineReason::Unreachable, OfflineReason::Busy, OfflineReason::Lost] {
        person.hears(offline(reason));
        person.sees("Offline, next try");
        assert!(!person.has("This network is private"), "{}", person.names());
    }
}
