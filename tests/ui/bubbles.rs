//! What is said and shown of a message, and what can be done to it.

use bauta::net::client;
use bauta::net::client::Command;
use bauta::net::client::event::Disappears;
use bauta::net::client::event::FailReason;
use bauta::net::client::event::HoldReason;
use bauta::net::client::event::MAX_TEXT_LEN;
use bauta::net::client::event::MessageState;
use egui::Event;
use egui::Key;
use egui::Modifiers;

use crate::person::Person;
use crate::puppet::conversation;
use crate::puppet::in_foreign_letters;
use crate::puppet::message;
use crate::puppet::name;
use crate::puppet::now_ms;
use crate::puppet::own;
use crate::puppet::rook;
use crate::puppet::theirs;

#[test]
fn a_bubble_says_all_that_is_known_of_it() {
    let mut answer = own(2, "it is");
    answer.reply_to = Some(name(1));
    answer.edited = Some(1);
    answer.reactions.theirs = Some("\u{1f44d}".into());
    answer.reactions.own = Some("ok".into());
    let mut deleted = theirs(3, "");
    deleted.deleted = true;
    let mut fleeting = theirs(4, "soon over");
    fleeting.disappears = Some(Disappears { after: 3_600, at: Some(now_ms() + 3_590_000) });
    let mut waiting = own(5, "later");
    waiting.disappears = Some(Disappears { after: 86_400, at: None });
    let mut orphan = theirs(6, "what?");
    orphan.reply_to = Some(name(99));
    let person =
        conversation([theirs(1, "is this you?"), answer, deleted, fleeting, waiting, orphan]);
    for said in [
        "Rook, 04:04: is this you?",
        "You, 04:05, answers Rook: is this you?, edited, thumbs up from them, ok from you, \
         delivered: it is",
        "Rook, 04:06: Message deleted",
        "Rook, 04:07, disappears, 59 min left: soon over",
        "You, 04:08, disappears 1 day after it is read, delivered: later",
        "Rook, 04:09, answers a message that is not here: what?",
    ] {
        assert!(person.has(said), "no {said}: {}", person.names());
    }
}

#[test]
fn how_far_a_message_got_is_said() {
    let reason = HoldReason::MailboxFull;
    let failed = MessageState::Failed { reason: FailReason::Ended };
    let mut person = conversation([
        message(1, "held", MessageState::Held { reason }),
        message(2, "read", MessageState::Read),
        message(3, "failed", failed),
    ]);
    person.sees("waits here, the mailbox is full: held");
    person.sees("read: read");
    person.sees("failed, the conversation was ended: failed");
    person.sees("The conversation was ended.");
    person.presses("Try again");
    assert!(person.asked_one() == Command::Retry { contact: rook(), message: name(3) });
    let state = MessageState::Read;
    person.hears(client::Event::Progress { contact: rook(), message: name(3), state });
    person.sees("read: failed");
    person.sees_no("Try again");
}

#[test]
fn a_message_is_answered_by_its_menu_and_the_answer_leads_back() {
    let mut person = conversation([theirs(1, "is this you?"), own(2, "hm")]);
    person.points_at(": is this you?");
    person.sees("Reply");
    assert!(!person.has("Edit"), "somebody else's message can be edited: {}", person.names());
    person.clicks("Reply");
    person.sees("Reply to Rook");
    person.types("yes");
    person.key(Key::Enter);
    let (text, reply_to) = ("yes".into(), Some(name(1)));
    assert!(person.asked_one() == Command::Send { contact: rook(), text, reply_to });
    person.sees_no("Reply to Rook");
    let mut answer = own(3, "yes");
    answer.reply_to = Some(name(1));
    person.hears(client::Event::Message(answer));
    person.clicks("Show what it answers");
    assert!(person.focused().contains(": is this you?"), "{}", person.focused());
    // The next text answers nothing.
    person.clicks("Message");
    person.types("by the way");
    person.key(Key::Enter);
    let (text, reply_to) = ("by the way".into(), None);
    assert!(person.asked_one() == Command::Send { contact: rook(), text, reply_to });
}

#[test]
fn the_menu_opens_by_a_key_and_is_walked_by_arrows() {
    let mut person = conversation([theirs(1, "one"), theirs(2, "two")]);
    person.key(Key::Menu);
    person.sees("React with heart");
    assert_eq!(person.focused(), "Reply");
    person.key(Key::ArrowDown);
    assert_eq!(person.focused(), "Copy text");
    person.key(Key::Escape);
    person.sees_no("React with heart");
    person.tab_to(": one");
    person.keys(Modifiers::SHIFT, Key::F10);
    assert_eq!(person.focused(), "Reply");
    person.key(Key::Enter);
    person.sees("Reply to Rook");
    person.types("to the first");
    person.key(Key::Enter);
    let (text, reply_to) = ("to the first".into(), Some(name(1)));
    assert!(person.asked_one() == Command::Send { contact: rook(), text, reply_to });
    // One that the mouse opened is walked as well.
    person.points_at(": two");
    person.key(Key::ArrowUp);
    assert_eq!(person.focused(), "Delete");
    person.key(Key::Escape);
    person.sees_no("React with heart");
    person.keys(Modifiers::COMMAND, Key::R);
    person.sees("Reply to Rook");
    person.key(Key::Escape);
    person.sees_no("Reply to Rook");
}

#[test]
fn up_in_an_empty_field_edits_the_last_own_message() {
    let mut person = conversation([own(1, "helo"), theirs(2, "what?")]);
    person.key(Key::ArrowUp);
    person.sees("Edit your message");
    person.keys(Modifiers::COMMAND, Key::A);
    person.types("hello");
    person.key(Key::Enter);
    let text = "hello".into();
    assert!(person.asked_one() == Command::Edit { contact: rook(), message: name(1), text });
    person.sees_no("Edit your message");
    // What was typed stays until the edit is over, and Escape ends it.
    person.types("half a thought");
    person.key(Key::ArrowUp);
    assert!(!person.has("Edit your message"), "{}", person.names());
    person.points_at(": helo");
    person.clicks("Edit");
    person.sees("Change");
    assert!(person.holds("helo"), "{}", person.names());
    person.key(Key::Escape);
    person.sees_no("Edit your message");
    assert!(person.holds("half a thought"), "{}", person.names());
    // The same text again is no edit.
    person.points_at(": helo");
    person.clicks("Edit");
    person.key(Key::Enter);
    person.sees_no("Edit your message");
    assert_eq!(person.asked(), []);
}

#[test]
fn an_edit_ends_when_its_message_is_gone() {
    let mut person = conversation([own(1, "helo")]);
    person.key(Key::ArrowUp);
    person.sees("Edit your message");
    person.hears(client::Event::Vanished { contact: rook(), message: name(1) });
    person.sees_no("Edit your message");
    person.types("new");
    person.key(Key::Enter);
    let (text, reply_to) = ("new".into(), None);
    assert!(person.asked_one() == Command::Send { contact: rook(), text, reply_to });
}

#[test]
fn reactions_are_chosen_and_taken_back() {
    let mut person = conversation([theirs(1, "well done")]);
    person.points_at(": well done");
    person.clicks("React with heart");
    let react = |sign: Option<&str>| {
        let reaction = sign.map(str::to_owned);
        Command::React { contact: rook(), message: name(1), reaction }
    };
    assert!(person.asked_one() == react(Some("\u{2764}")));
    let mut changed = theirs(1, "well done");
    changed.reactions.own = Some("\u{2764}\u{fe0f}".into());
    person.hears(client::Event::Changed(changed));
    person.sees("heart from you: well done");
    for takes_back in ["React with heart", "Take the reaction back"] {
        person.points_at(": well done");
        person.clicks(takes_back);
        assert!(person.asked_one() == react(None), "{takes_back}");
    }
}

#[test]
fn a_message_is_deleted_here_or_for_both_after_a_question() {
    let mut person = conversation([theirs(1, "theirs"), own(2, "mine")]);
    let delete = |person: &mut Person, what: &str, how: &str| {
        person.points_at(what);
        person.clicks("Delete");
        person.sees("Delete this message?");
        person.presses(how);
        person.sees_no("Delete this message?");
        person.asked()
    };
    let command =
        |number, for_both| Command::Delete { contact: rook(), message: name(number), for_both };
    assert_eq!(delete(&mut person, ": mine", "Cancel"), []);
    assert!(delete(&mut person, ": mine", "Delete for both") == [command(2, true)]);
    assert!(delete(&mut person, ": mine", "Delete here") == [command(2, false)]);
    person.points_at(": theirs");
    person.clicks("Delete");
    person.sees("Delete here");
    assert!(!person.has("Delete for both"), "{}", person.names());
    person.key(Key::Escape);
    let mut deleted = own(2, "");
    deleted.deleted = true;
    person.hears(client::Event::Changed(deleted));
    person.sees("delivered: Message deleted");
    person.points_at(": Message deleted");
    person.sees("Delete");
    for gone in ["Edit", "Copy text", "React with", "Reply"] {
        assert!(!person.has(gone), "{gone}: {}", person.names());
    }
}

#[test]
fn seen_is_said_of_what_is_in_view_and_once() {
    let mut person = conversation([theirs(1, "old")]);
    assert_eq!(person.asked(), []);
    person.hears(client::Event::Message(theirs(2, "new")));
    let seen = |number| Command::Seen { contact: rook(), message: name(number) };
    assert!(person.asked_one() == seen(2));
    person.settle();
    assert_eq!(person.asked(), []);
    // Behind a dialog and in a window that is not looked at nothing is seen.
    person.key(Key::F1);
    person.hears(client::Event::Message(theirs(3, "behind")));
    assert_eq!(person.asked(), []);
    person.key(Key::Escape);
    assert!(person.asked_one() == seen(3));
    person.window.input_mut().focused = false;
    person.hears(client::Event::Message(theirs(4, "unwatched")));
    person.sees("Rook, 1 new");
    assert_eq!(person.asked(), []);
    person.window.input_mut().focused = true;
    person.settle();
    assert!(person.asked_one() == seen(4));
}

#[test]
fn what_is_above_the_view_is_seen_only_when_it_is_scrolled_to() {
    let mut person = conversation([theirs(1, &"a long story\n".repeat(60)), own(2, "ok")]);
    person.keys(Modifiers::COMMAND, Key::Home);
    for number in 3..40 {
        person.hears(client::Event::Message(theirs(number, "more")));
    }
    assert_eq!(person.asked(), [], "what is below the view was seen");
    person.sees("37 new");
    person.keys(Modifiers::COMMAND, Key::End);
    let seen = Command::Seen { contact: rook(), message: name(39) };
    assert!(person.asked_one() == seen);
}

#[test]
fn nothing_is_sent_above_the_limit() {
    let mut person = conversation([]);
    person.types("short");
    assert!(!person.has(" bytes"), "{}", person.names());
    // Few frames: each lays a mebibyte out, and names it line by line.
    person.in_one_frame([Event::Text("a".repeat(MAX_TEXT_LEN - 4))]);
    assert!(person.has("1,048,577 of 1,048,576 bytes: send it in parts."));
    person.in_one_frame([Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    }]);
    assert_eq!(person.asked(), []);
}

#[test]
fn a_long_text_is_shown_whole_when_somebody_asks() {
    let long = format!("{}end", "line\n".repeat(200));
    let mut person = conversation([theirs(1, &long)]);
    person.sees("Show all 1,003 bytes");
    person.presses("Show all 1,003 bytes");
    person.sees_no("Show all");
}

#[test]
fn a_peers_words_never_stand_in_one_text_with_numbers() {
    // Hebrew and digits: the name and the words of a quote, and the time, are apart.
    let mut answer = own(2, "ok");
    answer.reply_to = Some(name(1));
    let mut person = in_foreign_letters([theirs(1, "שלום 12"), answer]);
    person.points_at(": ok");
    person.clicks("Reply");
    person.sees("Reply to yourself");
    for text in person.painted() {
        let hebrew = text.chars().any(|c| ('\u{590}'..='\u{5ff}').contains(&c));
        assert!(!hebrew || text == "שלום 12", "{text:?}");
    }
}
