//! Somebody is asked for a conversation.

use egui::Event;
use egui::Key;
use egui::Modifiers;

use crate::person::Person;
use crate::person::Relay;

#[test]
fn mistakes_in_an_id_are_named_with_their_place() {
    let relay = Relay::new();
    let mut alice = Person::connected(&relay, None);
    let other = Person::connected(&relay, None);
    let own = alice.id().compact();
    let theirs = other.id().compact();
    alice.keys(Modifiers::COMMAND, Key::N);
    alice.sees("0 of 56 characters");
    let enter = |person: &mut Person, text: &str| {
        person.keys(Modifiers::COMMAND, Key::A);
        person.types(text);
    };
    enter(&mut alice, "b3xk 9qpr m2wt");
    alice.sees("12 of 56 characters");
    enter(&mut alice, "b3xk 9qpr m2wtu");
    alice.sees("'u' at 13 cannot be part of an ID.");
    let mut typo = theirs.clone();
    let changed = if typo.as_bytes()[22] == b'x' { "y" } else { "x" };
    typo.replace_range(22..23, changed);
    enter(&mut alice, &typo);
    alice.sees("Typo near character 23.");
    enter(&mut alice, &own);
    alice.sees("That is your own ID.");
    enter(&mut alice, "bauta:abc@relay");
    alice.sees("In the invitation's ID");
    enter(&mut alice, &theirs);
    alice.sees("This is the ID");
    alice.key(Key::Enter);
    alice.key(Key::Enter);
    alice.sees("Waiting for them to add you too.");
    alice.asks(&theirs, "");
    alice.sees("Already in your list");
    alice.presses("Open");
    alice.sees_no("Already in your list");
    other.quits();
    alice.quits();
}

#[test]
fn an_invitation_from_another_network_is_refused_in_the_form() {
    let (relay, elsewhere) = (Relay::new(), Relay::new());
    let mut alice = Person::connected(&relay, None);
    let stranger = Person::connected(&elsewhere, None);
    let fingerprint = *elsewhere.network().address().fingerprint().unwrap();
    let address = elsewhere.network().address();
    let invitation = bauta::id::Invitation::new(stranger.id(), address, fingerprint);
    alice.asks(&invitation.to_string(), "");
    alice.sees("The invitation is to another network");
    stranger.quits();
    alice.quits();
}

#[test]
fn a_request_is_withdrawn_after_a_question() {
    let relay = Relay::new();
    let mut alice = Person::connected(&relay, None);
    let other = Person::connected(&relay, None);
    alice.asks(&other.id().compact(), "Rook");
    alice.sees("Waiting for them to add you too.");
    alice.says("written before you came");
    alice.sees("waits here: written before you came");
    alice.presses("Withdraw");
    alice.sees("Withdraw the request to Rook?");
    alice.presses("Cancel");
    alice.sees_no("Withdraw the request to Rook?");
    alice.presses("Withdraw");
    alice.sees("Withdraw the request to Rook?");
    alice.tab_to("Withdraw");
    alice.key(Key::Space);
    alice.sees("No conversations yet");
    other.quits();
    alice.quits();
}

#[test]
fn only_somebody_who_can_be_asked_is_taken_from_the_clipboard() {
    let relay = Relay::new();
    let mut person = Person::connected(&relay, None);
    let own = person.id().compact();
    for (clipboard, seen) in [
        (own.clone(), "0 of 56 characters"),
        ("a shopping list".into(), "0 of 56 characters"),
        (Person::connected(&relay, None).id().compact(), "This is the ID"),
    ] {
        person.keys(Modifiers::COMMAND, Key::N);
        person.in_one_frame([Event::Paste(clipboard)]);
        person.sees(seen);
        person.key(Key::Escape);
        person.sees_no("Nickname");
    }
    // By hand everything can be pasted, and is answered.
    person.keys(Modifiers::COMMAND, Key::N);
    person.in_one_frame([Event::Paste(String::new())]);
    person.in_one_frame([Event::Paste(own)]);
    person.sees("That is your own ID");
    person.quits();
}
