//! A locked window: nothing that was said is on it.

use bauta::net::client;
use bauta::net::client::Command;
use egui::Key;
use egui::Modifiers;

use crate::person::Person;
use crate::person::Relay;
use crate::puppet::conversation;
use crate::puppet::name;
use crate::puppet::rook;
use crate::puppet::theirs;

#[test]
fn what_cannot_be_closed_is_covered_and_the_window_says_so() {
    let mut person = conversation([theirs(1, "hello")]);
    person.types("half a thought");
    person.keys(Modifiers::COMMAND, Key::L);
    person.sees("Locked");
    person.sees("nothing of this session is on the disk");
    for gone in ["hello", "Rook", "half a thought", "Your ID"] {
        assert!(!person.has(gone), "{gone}: {}", person.names());
        assert!(!person.painted().iter().any(|text| text.contains(gone)), "{gone} is painted");
    }
    person.hears(client::Event::Message(theirs(2, "are you there?")));
    person.keys(Modifiers::COMMAND, Key::N);
    person.key(Key::F1);
    assert!(!person.has("are you there?") && !person.has("Add"), "{}", person.names());
    assert_eq!(person.asked(), [], "something was seen behind the cover");
    person.presses("Show again");
    person.sees(": are you there?");
    let seen = Command::Seen { contact: rook(), message: name(2) };
    assert!(person.asked_one() == seen);
}

#[test]
fn a_profile_with_a_passphrase_is_closed_and_asks_for_it() {
    let relay = Relay::new();
    let profile = relay.profile("locked");
    let folder = profile.clone().unwrap();
    let mut person = Person::new(None, profile);
    person.types(&relay.network().address().to_string());
    person.tab_to("Passphrase for your new profile");
    person.types("correct horse");
    person.key(Key::Enter);
    person.sees("Connected to 127.0.0.1");
    let own = person.id();
    let in_use = || {
        let lock = std::fs::File::open(folder.join("lock")).unwrap();
        lock.try_lock().is_err()
    };
    assert!(in_use(), "the control");
    person.keys(Modifiers::COMMAND, Key::L);
    person.sees("Passphrase of your profile");
    person.until("closed profile", |_| !in_use());
    assert!(!person.has("Your ID") && !person.has("Connected"), "{}", person.names());
    assert!(person.focused().contains("Passphrase"), "{}", person.focused());
    person.key(Key::Enter);
    person.types("wrong");
    person.key(Key::Enter);
    person.sees("The passphrase is wrong; nothing was changed.");
    assert!(!person.has("Your ID") && !in_use(), "{}", person.names());
    person.types("correct horse");
    person.key(Key::Enter);
    person.sees("Your ID");
    person.sees("Connected to 127.0.0.1");
    assert_eq!(person.id(), own);
    person.quits();
}

#[test]
fn a_profile_without_a_passphrase_stays_open_behind_the_cover() {
    let relay = Relay::new();
    let mut person = Person::connected(&relay, relay.profile("open"));
    person.keys(Modifiers::COMMAND, Key::L);
    person.sees("your profile has no passphrase to ask for");
    person.key(Key::Enter);
    person.sees("Connected to 127.0.0.1");
    person.quits();
}
