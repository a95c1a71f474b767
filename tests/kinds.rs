//! What two people do to messages: answers, edits, deletions, reactions, receipts, timers and long
//! texts, by the real programs over `client -json`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod processes;

use processes::Person;
use processes::Relay;
use processes::text;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tempfile::tempdir;

/// Two people in conversation.
struct Scene {
    a: Person,
    b: Person,
    relay: Relay,
    _folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let folder = tempdir().unwrap();
        let relay = Relay::new(&folder.path().join("relay"));
        let curve = ["-c", "X25519"];
        let mut a = Person::online(&folder.path().join("a"), &relay.address, &curve);
        let mut b = Person::online(&folder.path().join("b"), &relay.address, &curve);
        let (a_id, b_id) = (a.id.clone(), b.id.clone());
        a.add(&b_id);
        b.add(&a_id);
        a.matched(&b_id);
        b.matched(&a_id);
        Self { a, b, relay, _folder: folder }
    }

    /// A says something to B. Returns the message's name.
    fn a_says(&mut self, said: &str) -> String {
        let (a, b) = (self.a.id.clone(), self.b.id.clone());
        self.a.send(&b, said);
        let heard = text(&self.b.hears(&a, said)["message"]);
        self.a.delivered(&b, said);
        heard
    }

    fn a_does(&mut self, command: Value) {
        let contact = self.b.id.clone();
        Self::does(&mut self.a, contact, command);
    }

    fn b_does(&mut self, command: Value) {
        let contact = self.a.id.clone();
        Self::does(&mut self.b, contact, command);
    }

    fn does(person: &mut Person, contact: String, mut command: Value) {
        command["contact"] = contact.into();
        person.tell(&command);
    }

    fn end(self) {
        self.a.quit();
        self.b.quit();
        self.relay.stop();
    }
}

/// Waits until a message has changed in this way.
fn changed(person: &mut Person, message: &str, fits: impl Fn(&Value) -> bool) -> Value {
    person.expect("changed", |changed| changed["message"] == message && fits(changed))
}

fn refused(person: &mut Person, reason: &str) {
    person.expect("refused", |refused| refused["reason"] == reason);
}

#[test]
fn an_answer_names_what_it_answers() {
    let mut scene = Scene::new();
    let question = scene.a_says("is this you?");
    scene.b_does(json!({"command": "send", "text": "yes", "reply_to": question}));
    let b = scene.b.id.clone();
    assert_eq!(scene.a.hears(&b, "yes")["reply_to"], question);
    scene.end();
}

#[test]
fn an_edit_changes_the_text_on_both_sides() {
    let mut scene = Scene::new();
    let message = scene.a_says("at five");
    scene.a_does(json!({"command": "edit", "message": message, "text": "at six"}));
    for person in [&mut scene.a, &mut scene.b] {
        let changed = changed(person, &message, |changed| changed["text"] == "at six");
        assert!(changed["edited_ms"].is_u64(), "{changed}");
    }
    let a = scene.a.id.clone();
    let history = scene.b.history(&a);
    assert_eq!((history.len(), &history[0]["text"]), (1, &json!("at six")));
    scene.b_does(json!({"command": "edit", "message": message, "text": "at seven"}));
    refused(&mut scene.b, "not_yours");
    scene.end();
}

#[test]
fn a_deletion_takes_the_text_from_both_sides() {
    let mut scene = Scene::new();
    let message = scene.a_says("a mistake nobody else should read");
    scene.b_does(json!({"command": "delete", "message": message, "for_both": true}));
    refused(&mut scene.b, "not_yours");
    scene.a_does(json!({"command": "delete", "message": message, "for_both": true}));
    for person in [&mut scene.a, &mut scene.b] {
        let changed = changed(person, &message, |changed| changed["deleted"] == true);
        assert_eq!(changed["text"], "");
    }
    let (a, b) = (scene.a.id.clone(), scene.b.id.clone());
    for history in [scene.b.history(&a), scene.a.history(&b)] {
        assert_eq!((&history[0]["deleted"], &history[0]["text"]), (&json!(true), &json!("")));
    }
    scene.b_does(json!({"command": "delete", "message": message, "for_both": false}));
    scene.b.expect("vanished", |vanished| vanished["message"] == message.as_str());
    assert!(scene.b.history(&a).is_empty());
    scene.end();
}

#[test]
fn reactions_come_and_go() {
    let mut scene = Scene::new();
    let message = scene.a_says("good?");
    scene.b_does(json!({"command": "react", "message": message, "reaction": "👍"}));
    changed(&mut scene.b, &message, |changed| changed["own_reaction"] == "👍");
    changed(&mut scene.a, &message, |changed| changed["their_reaction"] == "👍");
    scene.b_does(json!({"command": "react", "message": message, "reaction": "not a sign"}));
    refused(&mut scene.b, "bad_reaction");
    scene.b_does(json!({"command": "react", "message": message}));
    changed(&mut scene.a, &message, |changed| changed.get("their_reaction").is_none());
    scene.end();
}

#[test]
fn what_was_read_is_told_only_if_it_may_be() {
    let mut scene = Scene::new();
    let first = scene.a_says("one");
    assert_eq!(scene.b.expect("settings", |_| true)["read_receipts"], false);
    scene.b_does(json!({"command": "seen", "message": first}));
    scene.b.tell(&json!({"command": "settings", "read_receipts": true}));
    scene.b.expect("settings", |settings| settings["read_receipts"] == true);
    let second = scene.a_says("two");
    scene.b_does(json!({"command": "seen", "message": second}));
    let read = |progress: &Value| progress["state"] == "read";
    assert_eq!(scene.a.expect("progress", read)["message"], second);
    let other = scene.a.said.iter().filter(|event| event["event"] == "progress");
    assert!(other.into_iter().all(|progress| !read(progress) || progress["message"] == second));
    scene.end();
}

#[test]
fn a_text_of_one_mebibyte_arrives_whole() {
    let mut scene = Scene::new();
    // Control characters take six bytes each on a line of JSON.
    let long: String = "\u{1}\u{1}\u{1}é\n\u{7f}".chars().cycle().take((1 << 20) * 6 / 7).collect();
    let long = format!("{long}{}", "a".repeat((1 << 20) - long.len()));
    assert_eq!(long.len(), 1 << 20);
    let (a, b) = (scene.a.id.clone(), scene.b.id.clone());
    // Hundreds of envelopes, each on two disks: every stage has its own time.
    scene.a.send(&b, &long);
    scene.a.expect("progress", |progress| progress["state"] == "on_relay");
    scene.b.hears(&a, &long);
    scene.a.delivered(&b, &long);
    // The longest line that a text needs is read, and the text counted.
    scene.a.send(&b, &"\u{1}".repeat((1 << 20) + 1));
    let refused = scene.a.expect("refused", |_| true);
    assert_eq!(refused["reason"], "text_too_long");
    assert!(text(&refused["text"]).contains("1048577 bytes, at most 1048576"), "{refused}");
    assert_eq!(scene.b.history(&a)[0]["text"], long.as_str());
    scene.end();
}

#[test]
fn messages_disappear_when_both_want_it() {
    let mut scene = Scene::new();
    let kept = scene.a_says("stays");
    scene.a_does(json!({"command": "timer", "seconds": 10}));
    scene.b.expect("contact", |contact| contact["their_timer_s"] == 10 && contact["timer_s"] == 0);
    scene.b_does(json!({"command": "timer", "seconds": 10}));
    for person in [&mut scene.a, &mut scene.b] {
        person.expect("contact", |contact| contact["timer_s"] == 10);
    }
    let message = scene.a_says("soon gone");
    scene.b_does(json!({"command": "seen", "message": message}));
    let runs = changed(&mut scene.b, &message, |changed| changed["disappears_at_ms"].is_u64());
    assert_eq!(runs["disappears_after_s"], 10);
    for person in [&mut scene.a, &mut scene.b] {
        person.expect("vanished", |vanished| vanished["message"] == message.as_str());
    }
    let a = scene.a.id.clone();
    let history = scene.b.history(&a);
    assert_eq!((history.len(), &history[0]["message"]), (1, &json!(kept)));
    scene.end();
}

#[test]
fn an_end_is_told_and_nothing_more_can_be_sent() {
    let mut scene = Scene::new();
    scene.a_says("goodbye");
    let (a, b) = (scene.a.id.clone(), scene.b.id.clone());
    scene.a.tell(&json!({"command": "remove", "contact": b}));
    scene.b.expect("contact", |contact| contact["contact"] == a && contact["state"] == "ended");
    scene.b.send(&a, "wait");
    refused(&mut scene.b, "ended");
    scene.end();
}

#[test]
fn details_name_no_key() {
    let mut scene = Scene::new();
    scene.a_says("hello");
    scene.a_does(json!({"command": "details"}));
    let details = scene.a.expect("details", |_| true);
    let session = &details["session"];
    assert_eq!(session["answered"], true, "{details}");
    assert!(text(&session["kem"]).contains("ML-KEM-768"), "{details}");
    let runs = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::len).max();
    let mut shown = details.clone();
    shown["contact"] = Value::Null;
    assert!(runs(&shown.to_string()) < Some(32), "{details}");
    scene.end();
}
