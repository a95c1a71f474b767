//! Another network answers, or the same with new keys; narrow windows.

use std::path::Path;

use bauta::handshake::SigningKeys;
use bauta::keys::KeyDir;
use egui::Key;
use egui::Modifiers;

use crate::impostor::Impostor;
use crate::person::Person;
use crate::person::Relay;

#[test]
fn another_network_at_the_address_stops_everything() {
    let mut relay = Relay::new();
    let mut person = Person::new(Some(relay.place()), relay.profile("a"));
    person.sees("Connected to 127.0.0.1");
    person.asks(&Person::connected(&relay, None).id().compact(), "Rook");
    person.sees("The relay holds the sealed request until");
    person.quits();
    let place = relay.place();
    let port = relay.stop();
    relay.start("other-keys", port);
    let found = relay.network().address().fingerprint().unwrap().to_string();

    let mut person = Person::new(Some(place), relay.profile("a"));
    person.sees("Another network answers at 127.0.0.1");
    person.sees("Nothing was sent.");
    assert!(!person.has("Rook") && !person.has("Your ID"), "{}", person.names());
    let wrong = if found.starts_with('x') { "y" } else { "x" };
    person.types(wrong);
    person.sees("Character 1 differs from the new fingerprint.");
    person.key(Key::Backspace);
    person.types(&found[..19]);
    person.sees("19 of 20 characters");
    person.key(Key::Enter);
    person.settle();
    assert!(person.has("Another network answers"), "19 characters were enough");
    let counters = relay.network().counters();
    assert_eq!((counters.connections, counters.stored), (0, 0), "something was sent");
    person.tab_to("New fingerprint or address");
    person.key(Key::End);
    person.types(&found[19..20]);
    person.sees("This is the network that answers.");
    person.key(Key::Enter);
    person.sees("Connected to 127.0.0.1");
    person.sees("No conversations yet");
    person.quits();
}

/// Page 7 for keys that are wrong: nothing was sent, nothing of one's own is shown, trying again is
/// no way around it, and the true relay is.
#[test]
fn bad_keys_of_the_network_stop_everything_until_the_true_relay_is_back() {
    let mut relay = Relay::new();
    let mut rng = bauta::net::clock::system_rng();
    let folder = |name: &str| relay.folder.path().join(name);
    let (true_keys, first, doubled) = (folder("keys"), folder("first"), folder("doubled"));
    copy_keys(&true_keys, &first);
    copy_keys(&true_keys, &doubled);
    let port = relay.stop();
    KeyDir::refresh(&doubled, &mut rng).unwrap();
    let set = KeyDir::refresh(&true_keys, &mut rng).unwrap();
    relay.start("keys", port);
    let mut person = Person::new(Some(relay.place()), relay.profile("a"));
    person.sees("Connected to 127.0.0.1");
    person.asks(&Person::connected(&relay, None).id().compact(), "Rook");
    person.sees("The relay holds the sealed request until");

    for (keys, sentence, advice) in [
        ("first", "Its keys are older than keys seen before.", "keys that the relay has replaced"),
        ("doubled", "Its keys differ from others with the same number.", "besides the operator"),
    ] {
        relay.stop();
        relay.start(keys, port);
        person.stops(sentence, advice);
        let counters = relay.network().counters();
        assert_eq!((counters.connections, counters.stored), (0, 0), "{keys}: something was sent");
        relay.stop();
        relay.start("keys", port);
        person.presses("Try again");
        person.sees("Connected to 127.0.0.1");
        assert!(person.has("Rook"), "{keys}: {}", person.names());
    }
    // A man in the middle: the true relay's Welcome, and a handshake that another key signs.
    relay.stop();
    let other = SigningKeys::generate(&mut rng).unwrap();
    let impostor = Impostor::start(port, other, set.signed_key_set());
    person.stops("Its keys are not signed by its network.", "stands between you and the relay");
    assert_eq!(impostor.stop(), 0, "a handshake was finished");
    relay.start("keys", port);
    person.presses("Try again");
    person.sees("Connected to 127.0.0.1");
    person.quits();
}

fn copy_keys(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn new_keys_of_the_same_network_are_a_notice() {
    let mut relay = Relay::new();
    let mut person = Person::connected(&relay, relay.profile("a"));
    let port = relay.stop();
    person.sees("Offline, next try");
    let keys = relay.folder.path().join("keys");
    KeyDir::refresh(&keys, &mut bauta::net::clock::system_rng()).unwrap();
    relay.start("keys", port);
    person.presses("Try now");
    person.sees("The relay has new keys (set 2), signed by its network.");
    person.sees("Connected to 127.0.0.1");
    person.presses("OK");
    person.sees_no("The relay has new keys");
    person.quits();
}

#[test]
fn every_key_is_listed_and_narrow_windows_have_a_way_back() {
    let relay = Relay::new();
    let target = Some(relay.network().target());
    let mut person = Person::in_size(target, None, egui::vec2(420.0, 640.0));
    person.sees("Connected to 127.0.0.1");
    person.key(Key::F1);
    for name in ["Ctrl+N", "Ctrl+Shift+C", "Ctrl+K", "Shift+Enter", "Ctrl+Q", "F1"] {
        person.sees(name);
    }
    person.key(Key::Escape);
    person.sees_no("Ctrl+Shift+C");
    let other = Person::connected(&relay, None);
    person.asks(&other.id().compact(), "Rook");
    person.sees("Back to the list");
    assert!(!person.has("Your ID"), "{}", person.names());
    person.key(Key::Escape);
    person.sees("Your ID");
    person.keys(Modifiers::COMMAND, Key::K);
    person.types("roo");
    person.key(Key::Enter);
    person.sees("Waiting for them to add you too.");
    person.key(Key::F2);
    person.keys(Modifiers::COMMAND, Key::A);
    person.types("Castle");
    person.key(Key::Enter);
    person.sees("Castle");
    person.sees_no("Rook");
    other.quits();
    person.quits();
}
