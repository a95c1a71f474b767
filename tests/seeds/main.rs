//! What the five earlier messengers could do, or meant to, shown from end to end by the real
//! programs, one row for each.
//!
//! | row | what it shows | where |
//! |---|---|---|
//! | S001 | two who start from nothing meet, talk, go and come back; keys change; another network is a stop | `two_people_start_from_nothing_…` here |
//! | | a file comes whole, and its name runs nothing | `a_file_comes_as_it_was_sent_…` here |
//! | | every curve, and two people on different ones | `tests/e2e.rs`: `two_people_talk_over_…`, `two_people_on_different_curves_and_ciphers_talk` |
//! | | a signature of another connection is refused | `tests/handshake/forgery.rs` |
//! | S000 | two windows talk; what they said is there when they return | `two_windows_on_a_display_…` in `windows`; by keys alone `tests/ui/talking.rs`: `two_people_ask_talk_quit_and_find_it_again` |
//! | | the relay holds no readable message | `tests/recording`: `the_relay_sees_no_id_no_key_no_nickname_and_no_word` |
//! | S002 | away while two write: all of it, in order, on return | `who_was_away_…` here |
//! | | a tampered bundle is refused | `tests/prekey.rs`: `every_flipped_byte_of_a_bundle_is_refused` |
//! | S003 | who asks need not be there when the other comes; fetched is not yet deleted | `a_conversation_starts_while_one_is_away_…` here |
//! | | a one-time prekey serves once | `tests/client/cases.rs`: `a_one_time_prekey_that_is_used_twice_opens_one_session` |
//! | S004 | own ID, list of contacts, a third person, removal, nothing without the passphrase | `a_third_person_…` and `without_the_passphrase_…` here; copying: `tests/ui/start.rs` |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "../processes/mod.rs"]
mod processes;
#[cfg(feature = "gui")]
mod windows;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use processes::Person;
use processes::Relay;
use processes::client;
use processes::files;
use processes::found;
use processes::received;
use processes::talk;
use processes::text;
use serde_json::Value;
use serde_json::json;
use tempfile::tempdir;

/// The texts of a history, the oldest first.
fn texts(person: &mut Person, with: &str) -> Vec<String> {
    person.history(with).iter().map(|message| text(&message["text"])).collect()
}

/// S001.
#[test]
fn two_people_start_from_nothing_talk_return_and_follow_only_their_own_network() {
    let folder = tempdir().unwrap();
    let profile = |name: &str| folder.path().join(name);
    let relay = Relay::start(&profile("relay"), 0, &["-refreshkeys"]);
    let place = format!("127.0.0.1:{}", relay.port);
    let mut a = Person::online(&profile("a"), &place, &["-c", "P-521"]);
    let mut b = Person::online(&profile("b"), &place, &["-c", "P-521"]);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    a.tell(&json!({"command": "add", "contact": b_id, "nickname": "Rook"}));
    let asked = a.expect("contact", |contact| contact["contact"] == b_id.as_str());
    assert_eq!(asked["nickname"], "Rook");
    a.send(&b_id, "before you came, 1");
    a.send(&b_id, "before you came, 2");
    a.kept(&b_id);
    b.add(&a_id);
    b.hears(&a_id, "before you came, 1");
    b.hears(&a_id, "before you came, 2");
    b.send(&a_id, "now I am here");
    a.hears(&b_id, "now I am here");
    b.delivered(&a_id, "now I am here");
    a.delivered(&b_id, "before you came, 2");
    a.quit();
    b.quit();

    // Back again, and the relay has new keys.
    let (folder_of_relay, port) = relay.stop();
    let relay = Relay::start(&folder_of_relay, port, &["-refreshkeys"]);
    let mut a = Person::online(&profile("a"), &place, &["-c", "P-521"]);
    let notice = a.expect("notice", |notice| notice["notice"] == "keys_refreshed");
    assert_eq!(notice["sequence"], 2);
    let said = ["before you came, 1", "before you came, 2", "now I am here"];
    assert_eq!(texts(&mut a, &b_id), said);
    a.quit();
    relay.stop();

    let other = Relay::start(&profile("other"), port, &["-refreshkeys"]);
    let mut a = Person::start(&profile("a"), &place);
    let stop = a.expect("another_network", |_| true);
    assert_eq!(stop["found"], other.fingerprint());
    assert!(!a.quit().iter().any(|event| event["state"] == "connected"));
    other.stop();
}

/// S001: where the receiver ran the file's name in a shell.
#[test]
fn a_file_comes_as_it_was_sent_and_its_name_runs_nothing() {
    let folder = tempdir().unwrap();
    let profile = |name: &str| folder.path().join(name);
    let inbox = profile("in");
    fs::create_dir(&inbox).unwrap();
    let relay = Relay::new(&profile("relay"));
    let mut a = Person::online(&profile("a"), &relay.address, &[]);
    let mut b = Person::online(&profile("b"), &relay.address, &[]);
    talk(&mut a, &mut b);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    // Wherever a shell saw this name, there is a file called so.
    let (name, trace) = ("a; touch ran `touch ran` $(touch ran) && touch ran |.txt", "ran");
    let path = profile("out").join(name);
    fs::create_dir(profile("out")).unwrap();
    let sent: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
    fs::write(&path, &sent).unwrap();
    a.tell(&json!({"command": "send_file", "contact": b_id, "path": path}));
    let offered = b.expect("message", |message| message["file"].is_object());
    assert_eq!((&offered["text"], &offered["file"]["size"]), (&json!(name), &json!(sent.len())));
    let message = offered["message"].clone();
    b.tell(&json!({
        "command": "accept_file", "contact": a_id, "message": message, "folder": inbox,
    }));
    let came = text(&b.expect("file", |file| file["state"] == "done")["path"]);
    assert_eq!(
        came,
        inbox.join("a_ touch ran _touch ran_ _(touch ran) __ touch ran _.txt").to_str().unwrap()
    );
    assert!(fs::read(&came).unwrap() == sent);
    a.expect("file", |file| file["state"] == "done");
    b.send(&a_id, "I have it");
    a.hears(&b_id, "I have it");
    a.quit();
    b.quit();
    relay.stop();
    let ran = |folder: &Path| files(folder).iter().any(|file| file.ends_with(trace));
    assert!(!ran(folder.path()) && !Path::new(trace).exists());
    // The search would have found one.
    fs::write(inbox.join(trace), b"").unwrap();
    assert!(ran(folder.path()));
}

/// S002.
#[test]
fn who_was_away_reads_what_two_wrote_in_order() {
    let folder = tempdir().unwrap();
    let profile = |name: &str| folder.path().join(name);
    let relay = Relay::new(&profile("relay"));
    let mut reader = Person::online(&profile("reader"), &relay.address, &[]);
    let mut one = Person::online(&profile("one"), &relay.address, &[]);
    let mut two = Person::online(&profile("two"), &relay.address, &[]);
    talk(&mut one, &mut reader);
    talk(&mut two, &mut reader);
    let id = reader.id.clone();
    reader.quit();
    for n in 1..=2 {
        for (name, sender) in [("one", &mut one), ("two", &mut two)] {
            let text = format!("{name} {n}");
            sender.send(&id, &text);
            sender.on_relay(&text);
        }
    }
    let (one_id, two_id) = (one.id.clone(), two.id.clone());
    one.quit();
    two.quit();
    let mut reader = Person::online(&profile("reader"), &relay.address, &[]);
    reader.hears(&one_id, "one 2");
    reader.hears(&two_id, "two 2");
    let said = reader.quit();
    assert_eq!(received(&said, &one_id), ["one 1", "one 2"]);
    assert_eq!(received(&said, &two_id), ["two 1", "two 2"]);
    relay.stop();
}

/// S003.
#[test]
fn a_conversation_starts_while_one_is_away_and_outlasts_every_kill() {
    let folder = tempdir().unwrap();
    let profile = |name: &str| folder.path().join(name);
    let relay = Relay::new(&profile("relay"));
    let mut a = Person::online(&profile("a"), &relay.address, &[]);
    let b = Person::start(&profile("b"), &relay.address);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    b.quit();
    a.add(&b_id);
    a.kept(&b_id);
    a.quit();

    // B takes the prekeys, dies of it, and takes them again: they were not deleted by the fetch.
    let mut b = Person::online(&profile("b"), &relay.address, &[]);
    b.add(&a_id);
    b.send(&a_id, "sealed with your prekeys");
    b.on_relay("sealed with your prekeys");
    b.kill();
    Person::online(&profile("b"), &relay.address, &[]).quit();

    let mut a = Person::online(&profile("a"), &relay.address, &[]);
    a.hears(&b_id, "sealed with your prekeys");
    a.matched(&b_id);
    // Safe here, and only now gone there: whoever starts again finds it once.
    a.kill();
    let mut a = Person::online(&profile("a"), &relay.address, &[]);
    assert_eq!(texts(&mut a, &b_id), ["sealed with your prekeys"]);
    let mut b = Person::online(&profile("b"), &relay.address, &[]);
    a.send(&b_id, "they are used up");
    b.hears(&a_id, "they are used up");
    b.matched(&a_id);
    assert_eq!(texts(&mut b, &a_id), ["sealed with your prekeys", "they are used up"]);
    a.quit();
    b.quit();
    relay.stop();
}

/// S004.
#[test]
fn a_third_person_disturbs_nobody_and_goes_without_a_trace() {
    let folder = tempdir().unwrap();
    let profile = |name: &str| folder.path().join(name);
    let relay = Relay::new(&profile("relay"));
    let mut a = Person::online(&profile("a"), &relay.address, &[]);
    let mut b = Person::online(&profile("b"), &relay.address, &[]);
    let mut c = Person::online(&profile("c"), &relay.address, &[]);
    let (a_id, b_id, c_id) = (a.id.clone(), b.id.clone(), c.id.clone());
    assert_eq!(a_id.len(), 56);
    talk(&mut a, &mut b);
    talk(&mut c, &mut a);
    a.send(&b_id, "C is here too");
    b.hears(&a_id, "C is here too");
    a.tell(&json!({"command": "contacts"}));
    for id in [&b_id, &c_id] {
        a.expect("contact", |contact| contact["contact"] == id.as_str());
    }
    a.tell(&json!({"command": "remove", "contact": c_id}));
    a.expect("removed", |removed| removed["contact"] == c_id.as_str());
    a.tell(&json!({"command": "history", "contact": c_id}));
    a.expect("refused", |refused| refused["reason"] == "unknown_contact");
    assert_eq!(texts(&mut a, &b_id), ["hello, is this you?", "yes", "C is here too"]);
    let heard = received(&b.quit(), &c_id);
    assert_eq!(heard, [""; 0], "B has heard of C");
    a.quit();
    c.quit();
    let mut a = Person::online(&profile("a"), &relay.address, &[]);
    a.tell(&json!({"command": "contacts"}));
    // What is asked for next comes behind the list.
    assert_eq!(texts(&mut a, &b_id).len(), 3);
    let said = a.quit();
    let listed = |id: &str| said.iter().any(|e| e["event"] == "contact" && e["contact"] == id);
    assert!(listed(&b_id) && !listed(&c_id), "{said:#?}");
    relay.stop();
}

/// S004.
#[test]
fn without_the_passphrase_a_history_is_unreadable() {
    let folder = tempdir().unwrap();
    let (place, profile) = (folder.path().join("relay"), folder.path().join("a"));
    let relay = Relay::new(&place);
    let run = |passphrase: &str, lines: &[Value]| {
        let mut client = client();
        client.args(["-json", "-profile"]).arg(&profile).arg(&relay.address);
        client.env("BAUTA_PASSPHRASE", passphrase);
        client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = client.spawn().unwrap();
        // A client that refuses to start reads nothing.
        for line in lines {
            let _ = std::io::Write::write_all(
                child.stdin.as_mut().unwrap(),
                format!("{line}\n").as_bytes(),
            );
        }
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let b = Person::start(&folder.path().join("b"), &relay.address);
    let b_id = b.id.clone();
    b.quit();
    let secret = "nobody reads this line";
    let send = [
        json!({"command": "add", "contact": b_id}),
        json!({"command": "send", "contact": b_id, "text": secret}),
        json!({"command": "history", "contact": b_id}),
        json!({"command": "quit"}),
    ];
    let (code, said, _) = run("correct horse", &send);
    assert!(code == Some(0) && said.contains(secret), "{said}");
    let (code, said, sentence) = run("wrong horse", &send[2..]);
    assert_eq!((code, said.as_str(), sentence.lines().count()), (Some(1), "", 1), "{sentence}");
    assert!(sentence.contains("passphrase"), "{sentence}");
    let needles = [("text", secret.into()), ("contact", b_id.clone().into_bytes())];
    assert_eq!(found(&profile, &needles), [""; 0]);
    let (code, said, _) = run("correct horse", &send[2..]);
    assert!(code == Some(0) && said.contains(secret), "{said}");
    relay.stop();
}
