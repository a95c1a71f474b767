//! The first page, and networks that are started here.

use egui::Key;
use egui::Modifiers;

use crate::person::Person;
use crate::person::Relay;

#[test]
fn the_first_page_names_mistakes_and_joins_by_keys() {
    let relay = Relay::new();
    let mut person = Person::new(None, relay.profile("a"));
    person.sees("Join a network");
    person.sees("Passphrase for your new profile (optional)");
    person.types("127.0.0.1:x");
    person.key(Key::Enter);
    person.sees("The port must be a number from 1 to 65535.");
    person.tab_to("Address");
    person.keys(Modifiers::COMMAND, Key::A);
    person.types(&relay.network().address().to_string());
    person.tab_to("Passphrase");
    person.types("correct horse");
    person.key(Key::Enter);
    person.sees("Connected to 127.0.0.1");
    let id = person.id();
    person.quits();

    // With the address given, only the passphrase is asked for.
    let mut person = Person::new(Some(relay.network().target()), relay.profile("a"));
    person.sees("Passphrase of your profile");
    person.types("wrong horse");
    person.key(Key::Enter);
    person.sees("The passphrase is wrong; nothing was changed.");
    person.types("correct horse");
    person.key(Key::Enter);
    person.sees("Connected to 127.0.0.1");
    assert_eq!(person.id(), id);
    person.quits();
}

#[test]
fn a_steady_line_says_what_it_costs_before_it_is_chosen_for_good() {
    let relay = Relay::new();
    let mut person = Person::new(None, None);
    person.sees("Join a network");
    person.types(&relay.network().address().to_string());
    assert!(!person.has("MB a day"));
    person.presses("Steady");
    person.clicks("one cell every 1 s");
    person.sees("It costs 708 MB a day for each connection");
    person.presses("Join");
    person.sees("Connected to 127.0.0.1");
    person.quits();
}

#[test]
fn a_network_is_started_on_this_computer() {
    let mut person = Person::new(None, None);
    person.sees("Join a network");
    assert!(!person.has("Passphrase"));
    person.presses("Start one on this computer");
    person.sees("Connected to 127.0.0.1");
    person.sees("Nothing of this session touches the disk.");
    person.sees("No conversations yet");
    person.keys(Modifiers::COMMAND, Key::I);
    person.sees("QR code of your invitation");
    person.presses("Copy invitation");
    person.sees("Invitation copied");
    person.key(Key::Escape);
    person.sees_no("QR code of your invitation");
    person.quits();
}

#[test]
fn a_proxy_is_taken_on_the_first_page_or_refused_there() {
    let relay = Relay::new();
    let mut person = Person::new(None, None);
    person.sees("Join a network");
    let onion = format!("{}.onion", "a".repeat(56));
    person.types(&onion);
    person.key(Key::Enter);
    person.sees("The relay is an onion service");
    person.presses("Use Tor");
    person.until("Tor's place", |person| person.holds("socks5://127.0.0.1:9050"));
    person.presses("Start one on this computer");
    person.sees("A network on this computer is reached without a proxy");

    // What is no proxy is named, and through one that is, everything goes.
    let proxy = crate::socks::Proxy::new();
    person.tab_to("Address");
    person.keys(Modifiers::COMMAND, Key::A);
    person.types(&relay.network().address().to_string());
    person.tab_to("Proxy");
    person.keys(Modifiers::COMMAND, Key::A);
    person.types("127.0.0.1:9050");
    person.key(Key::Enter);
    person.sees("A proxy is named as socks5://host:port.");
    person.tab_to("Proxy");
    person.keys(Modifiers::COMMAND, Key::A);
    person.types(&proxy.url());
    person.key(Key::Enter);
    person.sees("Connected to 127.0.0.1");
    person.sees(&format!("through the proxy at 127.0.0.1:{}", proxy.port));
    assert!(!proxy.seen().is_empty());
    person.quits();
}

#[test]
fn without_a_proxy_the_bar_says_so() {
    let relay = Relay::new();
    let mut person = Person::connected(&relay, None);
    person.sees("direct");
    person.quits();
}
