//! Ctrl+F: a text is looked for in the open conversation, by keys alone.

use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::ContactState;
use egui::Key;
use egui::Modifiers;

use crate::person::Person;
use crate::puppet::contact;
use crate::puppet::conversation;
use crate::puppet::own;
use crate::puppet::rook;
use crate::puppet::theirs;
use crate::puppet::with;

fn looks_for(person: &mut Person, text: &str) {
    person.keys(Modifiers::COMMAND, Key::F);
    person.types(text);
}

#[test]
fn enter_goes_to_older_hits_and_shift_enter_to_newer_ones() {
    let mut person = conversation([
        theirs(1, "The knight moves"),
        own(2, "a rook, then"),
        theirs(3, "KNIGHT takes"),
        own(4, "my knights are gone"),
    ]);
    looks_for(&mut person, "knight");
    person.sees("1 of 3 found");
    for said in ["2 of 3 found", "3 of 3 found"] {
        person.key(Key::Enter);
        person.sees(said);
    }
    person.key(Key::Enter);
    person.sees("3 of 3 found");
    person.keys(Modifiers::SHIFT, Key::Enter);
    person.sees("2 of 3 found");
    // The field has kept the focus, and nothing was sent.
    person.types("s");
    person.sees("1 of 1 found");
    person.types("x");
    person.sees("Not found");
    assert_eq!(person.asked().len(), 0);
    person.key(Key::Escape);
    person.sees_no("Not found");
    person.types("hello");
    person.key(Key::Enter);
    let Command::Send { text, .. } = person.asked_one() else { panic!("not sent") };
    assert_eq!(text, "hello");
}

#[test]
fn a_hit_far_above_is_brought_into_view() {
    let mut person = conversation(std::array::from_fn::<_, 120, _>(|n| {
        let number = u8::try_from(n).unwrap();
        theirs(number, if n == 3 { "the needle" } else { "hay" })
    }));
    assert!(!person.has("the needle"), "{}", person.names());
    looks_for(&mut person, "needle");
    person.sees("1 of 1 found");
    person.sees(": the needle");
}

#[test]
fn what_is_not_loaded_is_fetched_until_it_is_found_or_there_is_no_more() {
    let mut person = with(contact(ContactState::Matched));
    let history = |messages, more| Event::History { contact: rook(), messages, more };
    person.hears(history(vec![theirs(100, "newer")], true));
    person.settle();
    person.asked();
    // What is near the upper end is fetched anyway.
    person.hears(history(vec![theirs(90, "less new")], true));
    looks_for(&mut person, "needle");
    person.sees("Not in the newest messages");
    person.asked();
    person.key(Key::Enter);
    person.sees("Looking further back");
    person.hears(history(vec![theirs(80, "a needle")], true));
    person.sees("1 of 1 found");
    person.sees(": a needle");
    person.asked();
    person.key(Key::Enter);
    person.sees("Looking further back");
    person.hears(history(vec![theirs(70, "hay")], false));
    person.sees("1 of 1 found");
    let asked = person.asked();
    assert!(asked.iter().all(|it| matches!(it, Command::History { .. })), "{asked:?}");
}

#[test]
fn the_buttons_beside_the_field_have_names() {
    let mut person = conversation([theirs(1, "one"), own(2, "one more")]);
    looks_for(&mut person, "one");
    person.sees("Find in this conversation");
    person.sees("1 of 2 found");
    person.presses("Older");
    person.sees("2 of 2 found");
    person.presses("Newer");
    person.sees("1 of 2 found");
    person.presses("Done");
    person.sees_no("Find in this conversation");
    person.key(Key::F1);
    person.sees("Find in the conversation");
    person.sees("Ctrl+F");
}
