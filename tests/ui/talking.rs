//! Two people talk.

use std::path::Path;

use egui::Event;
use egui::ImeEvent;
use egui::Key;
use egui::Modifiers;

use crate::person::Person;
use crate::person::Relay;
use crate::person::two;

#[test]
fn two_people_ask_talk_quit_and_find_it_again() {
    let relay = Relay::new();
    let (mut alice, mut bob) = two(&relay);
    let a = alice.id();
    for n in 1..=3 {
        alice.says(&format!("hello {n}"));
        bob.sees(&format!("{}, ", a.short()));
        bob.sees(&format!(": hello {n}"));
        bob.says(&format!("yes {n}"));
        alice.sees(&format!(": yes {n}"));
        alice.sees(&format!("delivered: hello {n}"));
        bob.sees(&format!("delivered: yes {n}"));
    }
    alice.quits();
    bob.quits();

    let mut alice = Person::connected(&relay, relay.profile("alice"));
    alice.until("list", |it| it.has("Find a conversation"));
    // The nickname is gone, the history is not.
    assert!(!alice.has("Bob"), "{}", alice.names());
    alice.keys(Modifiers::ALT, Key::ArrowDown);
    for n in 1..=3 {
        alice.sees(&format!("delivered: hello {n}"));
        alice.sees(&format!(": yes {n}"));
    }
    alice.quits();
}

#[test]
fn enter_counts_with_the_modifiers_of_its_own_moment() {
    let relay = Relay::new();
    let (mut alice, bob) = two(&relay);
    let key = |key, modifiers, pressed| Event::Key {
        key,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers,
    };
    // A slow frame: Shift and Enter went down and up again before it. It breaks the line.
    alice.in_one_frame([
        Event::Text("half a".into()),
        key(Key::Enter, Modifiers::SHIFT, true),
        key(Key::Enter, Modifiers::SHIFT, false),
        Event::Text("message".into()),
    ]);
    // Enter in a frame of an input method belongs to the input method.
    alice.in_one_frame([
        Event::Ime(ImeEvent::Commit(".".into())),
        key(Key::Enter, Modifiers::NONE, true),
        key(Key::Enter, Modifiers::NONE, false),
    ]);
    // A slow frame with a whole message, Enter, and the next one.
    alice.in_one_frame([
        Event::Text(" whole".into()),
        key(Key::Enter, Modifiers::NONE, true),
        key(Key::Enter, Modifiers::NONE, false),
        Event::Text("next".into()),
        key(Key::Enter, Modifiers::NONE, true),
    ]);
    alice.until("both messages", |alice| alice.sent().len() == 2);
    let sent = alice.sent();
    // No earlier Enter sent anything: the first is whole.
    assert!(sent[0].starts_with("half a\nmessage") && sent[0].ends_with(" whole"), "{sent:?}");
    assert_eq!(sent[1..], ["next"]);
    bob.quits();
    alice.quits();
}

#[test]
fn no_nickname_reaches_the_disk() {
    let relay = Relay::new();
    let (mut alice, bob) = two(&relay);
    alice.key(Key::F2);
    alice.keys(Modifiers::COMMAND, Key::A);
    alice.types("Zanzibar");
    alice.key(Key::Enter);
    alice.sees("Zanzibar");
    alice.quits();
    bob.quits();
    assert_no_file_has(relay.folder.path(), b"Zanzibar");
}

fn assert_no_file_has(folder: &Path, wanted: &[u8]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_no_file_has(&path, wanted);
        } else if let Ok(bytes) = std::fs::read(&path) {
            let found = bytes.windows(wanted.len()).any(|part| part == wanted);
            assert!(!found, "{}", path.display());
        }
    }
}
