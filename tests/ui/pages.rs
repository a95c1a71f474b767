//! What can be chosen: when messages disappear, what is told, how it looks; and what is said of a
//! conversation's protection and of what the relay sees.

use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::event::Change;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::Details;
use bauta::net::client::event::Messages;
use bauta::net::client::event::PostQuantum;
use bauta::net::client::event::SessionDetails;
use bauta::net::client::event::SessionRole;
use bauta::net::client::event::Settings;
use bauta::net::client::event::Timer;
use bauta::net::client::event::Turns;
use egui::Key;
use egui::Modifiers;

use crate::person::Person;
use crate::person::Relay;
use crate::person::two;
use crate::puppet::contact;
use crate::puppet::conversation;
use crate::puppet::rook;
use crate::puppet::theirs;
use crate::puppet::with;

fn timer(person: &mut Person, agreed: u32, own: u32, theirs: u32) {
    let mut contact = contact(ContactState::Matched);
    contact.timer = Timer { agreed, own, theirs };
    person.hears(Event::Contact(contact));
}

#[test]
fn what_the_other_proposes_is_agreed_to_with_one_click() {
    let mut person = conversation([theirs(1, "hello")]);
    let wants = |seconds| Command::Timer { contact: rook(), seconds };
    timer(&mut person, 0, 0, 86_400);
    person.sees("They propose: gone after 1 day.");
    person.sees("Until both agree: messages stay.");
    person.presses("Agree");
    assert!(person.asked_one() == wants(Some(86_400)));
    timer(&mut person, 86_400, 86_400, 86_400);
    person.sees_no("They propose");
    person.sees("1 day");
    timer(&mut person, 86_400, 300, 86_400);
    person.sees("You propose: gone after 5 minutes.");
    person.presses("Take it back");
    assert!(person.asked_one() == wants(Some(86_400)));
}

#[test]
fn a_time_is_proposed_from_the_menu() {
    let mut person = conversation([theirs(1, "hello")]);
    timer(&mut person, 0, 0, 7_200);
    person.presses("About this contact");
    person.clicks("Disappearing messages: Off");
    for choice in ["Off", "5 minutes", "1 hour", "2 hours", "1 day", "1 week"] {
        person.sees(choice);
    }
    person.sees("Now: messages stay. They want: gone after 2 hours.");
    person.presses("1 week");
    person.presses("Propose");
    let seconds = Some(604_800);
    assert!(person.asked_one() == Command::Timer { contact: rook(), seconds });
    person.sees_no("Now: messages stay.");
}

#[test]
fn an_ended_conversation_is_read_only_and_can_be_asked_for_again() {
    let mut person = with(contact(ContactState::Ended));
    person.sees("They ended the conversation.");
    person.sees(": hello");
    assert!(!person.has("Send"), "{}", person.names());
    person.points_at(": hello");
    person.sees("Copy text");
    assert!(!person.has("Reply") && !person.has("React"), "{}", person.names());
    person.key(Key::Escape);
    person.presses("Ask again");
    person.sees("Ask Rook again?");
    person.presses("Cancel");
    assert_eq!(person.asked(), []);
    person.presses("Ask again");
    person.sees("Ask Rook again?");
    person.presses("Ask again");
    let nickname = Some("Rook".to_owned());
    let add = Command::Add { contact: rook().compact(), nickname };
    assert!(person.asked() == [Command::Remove { contact: rook() }, add]);
    person.sees_no("Ask Rook again?");
    person.presses("Remove");
    person.sees("Remove Rook?");
    person.key(Key::Escape);
    // They ask anew: it is open again.
    person.hears(Event::Contact(contact(ContactState::Matched)));
    person.sees("Send");
}

#[test]
fn the_details_say_how_a_conversation_is_protected() {
    let mut person = conversation([theirs(1, "hello")]);
    person.presses("About this contact");
    person.clicks("How it is protected");
    assert!(person.asked_one() == Command::Details { contact: rook() });
    person.sees("Asking");
    let session = SessionDetails {
        suite: "X25519 with ML-KEM-768, Ed25519, HKDF-SHA256, AES-256-GCM",
        role: SessionRole::Responder,
        answered: true,
        began: 20_798,
        turns: Turns { own: 12, theirs: 11, last: Some(1_796_961_780_000) },
        messages: Messages { sent: 3, received: 4 },
        post_quantum: PostQuantum { kem: "ML-KEM-768", mixed: true },
        skipped: 2,
        chains: 5,
    };
    let (session, older_sessions, bundles) = (Some(session), 1, 1);
    let contact = rook();
    person.hears(Event::Details(Details { contact, session, older_sessions, bundles }));
    for said in [
        "Ed25519, HKDF-SHA256, AES-256-GCM",
        "ML-KEM-768, in the last agreement",
        "11 December 2026, by them",
        "12 by you, 11 by them",
        "11 December 2026, 04:03",
        "3 sent, 4 received",
    ] {
        person.sees(said);
    }
    person.window.set_size(egui::vec2(380.0, 640.0));
    person.settle();
    let right = person.right_of("Ed25519, HKDF-SHA256, AES-256-GCM");
    assert!(right < 380.0, "the suite's name ends at {right}");
    person.presses("Close");
    person.sees_no("ML-KEM-768");
}

#[test]
fn settings_are_shown_and_changed_by_keys() {
    let mut person = conversation([theirs(1, "hello")]);
    person.keys(Modifiers::COMMAND, Key::Comma);
    person.presses("Tell others which of their messages I have read");
    let settings = Settings { read_receipts: true, ..Settings::default() };
    assert!(person.asked_one() == Command::Settings(Change::read_receipts(true)));
    person.hears(Event::Settings(settings));
    person.presses("Tell others which of their messages I have read");
    assert!(person.asked_one() == Command::Settings(Change::read_receipts(false)));
    for (name, theme) in [("Dark", egui::Theme::Dark), ("Light", egui::Theme::Light)] {
        person.presses(name);
        assert_eq!(person.window.ctx.theme(), theme);
    }
    person.sees("100 %");
    person.presses("Larger");
    person.sees("110 %");
    person.sees("Shift+F10 or Menu");
    person.sees(concat!("bauta ", env!("CARGO_PKG_VERSION")));
    let about = |person: &Person| person.top_of("bauta 0");
    let before = about(&person);
    person.key(Key::PageDown);
    assert!(about(&person) < before - 100.0, "the page keys do not move the page");
    person.presses("Close");
    person.sees_no("Appearance");
}

#[test]
fn the_profile_is_wiped_when_its_word_is_typed() {
    let relay = Relay::new();
    let mut alice = Person::connected(&relay, relay.profile("alice"));
    let folder = relay.profile("alice").unwrap();
    assert!(folder.exists());
    alice.keys(Modifiers::COMMAND, Key::Comma);
    alice.tab_to("Wipe the profile: your ID");
    alice.types("wip");
    alice.key(Key::Tab);
    assert_ne!(alice.focused(), "Wipe the profile", "it can be wiped without its word");
    alice.tab_to("Wipe the profile: your ID");
    alice.key(Key::End);
    alice.types("e");
    alice.key(Key::Tab);
    assert_eq!(alice.focused(), "Wipe the profile");
    alice.key(Key::Space);
    assert!(!folder.exists(), "something of the profile is left");
    assert!(alice.app().model().is_none());
}

#[test]
fn what_the_relay_sees_is_counted() {
    let relay = Relay::new();
    let mut alice = Person::connected(&relay, None);
    alice.keys(Modifiers::COMMAND, Key::E);
    alice.sees("has seen this computer's address, and");
    alice.sees("cells of 4,096 bytes");
    alice.sees("It saw neither your ID nor theirs");
    alice.presses("Close");
    alice.sees_no("4,096 bytes");
    alice.quits();
}

#[test]
fn two_people_answer_edit_react_and_delete() {
    let relay = Relay::new();
    let (mut alice, mut bob) = two(&relay);
    alice.says("is this yuo?");
    bob.sees(": is this yuo?");
    bob.keys(Modifiers::COMMAND, Key::R);
    bob.types("it is");
    bob.key(Key::Enter);
    alice.sees("answers You: is this yuo?: it is");
    alice.key(Key::ArrowUp);
    alice.keys(Modifiers::COMMAND, Key::A);
    alice.types("is this you?");
    alice.key(Key::Enter);
    bob.sees(", edited: is this you?");
    bob.points_at("edited: is this you?");
    bob.clicks("React with thumbs up");
    alice.sees("thumbs up from them");
    bob.points_at("it is");
    bob.clicks("Delete");
    bob.sees("Delete this message?");
    bob.presses("Delete for both");
    alice.sees(": Message deleted");
    // Reading is told once it is allowed.
    bob.keys(Modifiers::COMMAND, Key::Comma);
    bob.presses("Tell others which of their messages I have read");
    bob.presses("Close");
    alice.says("good");
    bob.sees(": good");
    alice.sees("read: good");
    alice.quits();
    bob.quits();
}
