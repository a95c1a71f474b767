//! Two people talk: the real programs, over `client -json`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod processes;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bauta::id::Id;
use processes::Person;
use processes::Relay;
use processes::found;
use processes::received;
use processes::talk;
use processes::text;
use rusqlite::Connection;
use serde_json::json;
use tempfile::tempdir;

fn talk_with(a_options: &[&str], b_options: &[&str]) {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let mut a = Person::online(&folder.path().join("a"), &relay.address, a_options);
    let mut b = Person::online(&folder.path().join("b"), &relay.address, b_options);
    talk(&mut a, &mut b);
    a.quit();
    b.quit();
    relay.stop();
}

#[test]
fn two_people_talk_over_p256() {
    talk_with(&["-c", "P-256"], &["-c", "P-256"]);
}

#[test]
fn two_people_talk_over_p384() {
    talk_with(&["-c", "P-384"], &["-c", "P-384"]);
}

#[test]
fn two_people_talk_over_p521() {
    talk_with(&["-c", "P-521"], &["-c", "P-521"]);
}

#[test]
fn two_people_talk_over_x25519() {
    talk_with(&["-c", "X25519"], &["-c", "X25519"]);
}

#[test]
fn two_people_talk_over_curves_alone() {
    talk_with(&["-classical"], &["-c", "X25519", "-classical"]);
}

#[test]
fn two_people_on_different_curves_and_ciphers_talk() {
    talk_with(
        &["-c", "P-521", "-cipher", "AES-256-GCM"],
        &["-c", "X25519", "-cipher", "ChaCha20-Poly1305"],
    );
}

#[test]
fn two_people_talk_over_chacha20_poly1305() {
    let cipher = ["-cipher", "ChaCha20-Poly1305"];
    talk_with(&cipher, &cipher);
}

#[test]
fn a_request_outlasts_both_being_away() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let (a_profile, b_profile) = (folder.path().join("a"), folder.path().join("b"));
    // B makes an ID and hands it out; its client never meets the relay before A has left.
    let b_id = {
        let b = Person::start(&b_profile, "127.0.0.1:1");
        let id = b.id.clone();
        b.quit();
        id
    };
    let mut a = Person::online(&a_profile, &relay.address, &[]);
    let a_id = a.id.clone();
    a.add(&b_id);
    a.kept(&b_id);
    a.quit();

    let mut b = Person::online(&b_profile, &relay.address, &[]);
    b.add(&a_id);
    b.send(&a_id, "I was away");
    b.on_relay("I was away");
    b.quit();

    let mut a = Person::online(&a_profile, &relay.address, &[]);
    a.hears(&b_id, "I was away");
    a.matched(&b_id);
    a.quit();
}

#[test]
fn messages_written_before_the_match_arrive_in_order() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let mut a = Person::online(&folder.path().join("a"), &relay.address, &[]);
    let mut b = Person::online(&folder.path().join("b"), &relay.address, &[]);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    a.add(&b_id);
    let texts: Vec<_> = (0..10).map(|n| format!("early {n}")).collect();
    for text in &texts {
        a.send(&b_id, text);
    }
    a.kept(&b_id);
    b.add(&a_id);
    b.hears(&a_id, "early 9");
    assert_eq!(received(&b.quit(), &a_id), texts);
    drop(a);
}

#[test]
fn both_ask_at_once() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let mut a = Person::online(&folder.path().join("a"), &relay.address, &[]);
    let mut b = Person::online(&folder.path().join("b"), &relay.address, &[]);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    a.add(&b_id);
    b.add(&a_id);
    for n in 0..10 {
        a.send(&b_id, &format!("a {n}"));
        b.send(&a_id, &format!("b {n}"));
    }
    a.hears(&b_id, "b 9");
    b.hears(&a_id, "a 9");
    a.delivered(&b_id, "a 9");
    b.delivered(&a_id, "b 9");
    let of = |name: &str| (0..10).map(|n| format!("{name} {n}")).collect::<Vec<_>>();
    assert_eq!(received(&a.quit(), &b_id), of("b"));
    assert_eq!(received(&b.quit(), &a_id), of("a"));
}

#[test]
fn a_one_sided_request_is_shown_to_nobody() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let mut a = Person::online(&folder.path().join("a"), &relay.address, &[]);
    let mut b = Person::online(&folder.path().join("b"), &relay.address, &[]);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    a.add(&b_id);
    a.send(&b_id, "do you hear me through the wall?");
    a.kept(&b_id);
    // Whatever the relay would send B unasked has come before what B asks for now.
    b.tell(&json!({"command": "history", "contact": a_id, "limit": 10}));
    b.expect("refused", |refused| refused["reason"] == "unknown_contact");
    let shown = b.quit();
    let kinds: BTreeSet<_> = shown.iter().map(|event| text(&event["event"])).collect();
    for kind in ["contact", "message", "notice", "progress", "history"] {
        assert!(!kinds.contains(kind), "{shown:#?}");
    }
    let states: BTreeSet<_> =
        a.said.iter().filter(|e| e["event"] == "contact").map(|e| text(&e["state"])).collect();
    assert_eq!(states, BTreeSet::from(["asked".to_owned()]));
    a.quit();
    let (relay, _) = relay.stop();
    let bodies = bodies(&relay);
    assert!(!bodies.is_empty());
    assert!(bodies.iter().all(|body| body.len() == 4_000), "one size");
    let needles = [about(&a_id), about(&b_id)].concat();
    let text = ("text", b"do you hear me through the wall?".to_vec());
    assert_eq!(found(&relay, &[needles, vec![text]].concat()), [""; 0]);
}

#[test]
fn a_killed_relay_loses_repeats_and_reorders_nothing() {
    let folder = tempdir().unwrap();
    let mut relay = Relay::new(&folder.path().join("relay"));
    let mut a = Person::online(&folder.path().join("a"), &relay.address, &[]);
    let mut b = Person::online(&folder.path().join("b"), &relay.address, &[]);
    talk(&mut a, &mut b);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    let texts: Vec<_> = (0..ROUNDS * BATCH).map(|n| format!("message {n}")).collect();
    for batch in texts.chunks(BATCH) {
        for text in batch {
            a.send(&b_id, text);
        }
        // In the middle of the batch: some stored, some on their way, some not yet sent.
        a.on_relay(&batch[BATCH / 2]);
        relay = relay.crash_and_restart();
        for person in [&mut a, &mut b] {
            person.tell(&json!({"command": "reconnect"}));
        }
    }
    b.hears(&a_id, texts.last().unwrap());
    a.delivered(&b_id, texts.last().unwrap());
    let heard = received(&b.quit(), &a_id);
    assert_eq!(heard[0], "hello, is this you?");
    assert_eq!(heard[1..], texts);
    a.quit();
    relay.stop();
}

#[test]
fn a_killed_reader_loses_repeats_and_reorders_nothing() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let b_profile = folder.path().join("b");
    let mut a = Person::online(&folder.path().join("a"), &relay.address, &[]);
    let mut b = Person::online(&b_profile, &relay.address, &[]);
    talk(&mut a, &mut b);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    let texts: Vec<_> = (0..ROUNDS * BATCH).map(|n| format!("message {n}")).collect();
    let mut lives = Vec::new();
    for batch in texts.chunks(BATCH) {
        for text in batch {
            a.send(&b_id, text);
        }
        b.hears(&a_id, &batch[BATCH / 2]);
        lives.extend(b.kill());
        b = Person::online(&b_profile, &relay.address, &[]);
    }
    a.delivered(&b_id, texts.last().unwrap());
    let history = b.history(&a_id);
    lives.extend(b.quit());
    let shown: Vec<_> = lives
        .iter()
        .filter(|event| event["event"] == "message" && event["state"] == "received")
        .map(|event| text(&event["message"]))
        .collect();
    assert_eq!(shown.len(), shown.iter().collect::<BTreeSet<_>>().len(), "shown twice");
    let kept: Vec<_> = history.iter().filter(|m| m["state"] == "received").collect();
    let kept: Vec<_> = kept.iter().map(|message| text(&message["text"])).collect();
    assert_eq!(kept[1..], texts);
    a.quit();
}

#[test]
fn a_killed_writer_loses_repeats_and_reorders_nothing() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let a_profile = folder.path().join("a");
    let mut a = Person::online(&a_profile, &relay.address, &[]);
    let mut b = Person::online(&folder.path().join("b"), &relay.address, &[]);
    talk(&mut a, &mut b);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    let mut accepted = Vec::new();
    for round in 0..ROUNDS {
        for n in 0..BATCH {
            a.send(&b_id, &format!("message {round}.{n}"));
        }
        let middle = format!("message {round}.{}", BATCH / 2);
        a.expect("message", |message| message["text"] == middle.as_str());
        let said = a.kill();
        let own =
            said.iter().filter(|event| event["event"] == "message" && event["state"] == "queued");
        accepted.extend(own.map(|event| text(&event["text"])).filter(|t| t.starts_with("message")));
        a = Person::online(&a_profile, &relay.address, &[]);
    }
    a.send(&b_id, "the last");
    b.hears(&a_id, "the last");
    let heard = received(&b.quit(), &a_id);
    let heard: Vec<_> = heard.into_iter().filter(|text| text.starts_with("message")).collect();
    assert_eq!(heard.len(), heard.iter().collect::<BTreeSet<_>>().len(), "shown twice");
    for round in 0..ROUNDS {
        let prefix = format!("message {round}.");
        let of_round = |texts: &[String]| -> Vec<usize> {
            let numbers = texts.iter().filter_map(|text| text.strip_prefix(&prefix));
            numbers.map(|number| number.parse().unwrap()).collect()
        };
        let (heard, accepted) = (of_round(&heard), of_round(&accepted));
        assert!(heard.starts_with(&accepted), "{accepted:?} were accepted, {heard:?} were heard");
        assert!(heard.iter().copied().eq(0..heard.len()), "out of order: {heard:?}");
    }
    a.quit();
}

#[test]
fn nobody_who_searches_files_and_logs_finds_anything() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let (a_profile, b_profile) = (folder.path().join("a"), folder.path().join("b"));
    let mut a = Person::online(&a_profile, &relay.address, &[]);
    let mut b = Person::online(&b_profile, &relay.address, &[]);
    talk(&mut a, &mut b);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    a.tell(&json!({"command": "nickname", "contact": b_id, "nickname": "Rook of Ely"}));
    a.expect("contact", |contact| contact["nickname"] == "Rook of Ely");
    a.send(&b_id, "the dam breaks at midnight");
    b.hears(&a_id, "the dam breaks at midnight");
    a.delivered(&b_id, "the dam breaks at midnight");
    // One more that stays on the relay, and in the outbox.
    b.quit();
    a.send(&b_id, "the dam holds after all");
    a.on_relay("the dam holds after all");

    let people = [about(&a_id), about(&b_id)].concat();
    let words = vec![
        ("text", b"the dam breaks at midnight".to_vec()),
        ("text", b"the dam holds after all".to_vec()),
        ("text", b"hello, is this you?".to_vec()),
        ("nickname", b"Rook of Ely".to_vec()),
    ];
    let network = vec![("IP address", b"127.0.0.1".to_vec())];
    let all = [people, words.clone(), network].concat();
    let nothing_anywhere = |relay: &Path| {
        assert_eq!(found(relay, &all), [""; 0]);
        for profile in [&a_profile, &b_profile] {
            assert_eq!(found(profile, &words), [""; 0]);
            assert_eq!(found(&profile.with_extension("log"), &words), [""; 0]);
        }
    };
    // Once while it is open, with its write-ahead logs, and once when it is closed.
    nothing_anywhere(&relay.folder);
    a.quit();
    let (relay, _) = relay.stop();
    nothing_anywhere(&relay);
    assert!(fs::metadata(relay.join("log")).unwrap().len() > 0, "the relay logged nothing");
    // The same search notices each of them when it is there.
    for (name, needle) in &all {
        let mut planted = b"before".to_vec();
        planted.extend_from_slice(needle);
        fs::write(relay.join("planted"), planted).unwrap();
        let found = found(&relay, &all);
        assert!(found.iter().any(|f| f.starts_with(name) && f.ends_with("planted")), "{name}");
    }
}

#[test]
fn refreshed_keys_are_a_notice() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let mut a = Person::online(&folder.path().join("a"), &relay.address, &[]);
    let mut b = Person::online(&folder.path().join("b"), &relay.address, &["-c", "P-256"]);
    talk(&mut a, &mut b);
    let fingerprint = relay.fingerprint().to_owned();
    let (place, port) = relay.stop();
    let relay = Relay::start(&place, port, &["-refreshkeys"]);
    assert_eq!(relay.fingerprint(), fingerprint);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    for person in [&mut a, &mut b] {
        person.tell(&json!({"command": "reconnect"}));
        let notice = person.expect("notice", |notice| notice["notice"] == "keys_refreshed");
        assert_eq!(notice["sequence"], 2);
    }
    a.send(&b_id, "still here");
    b.hears(&a_id, "still here");
}

#[test]
fn another_network_is_a_hard_stop() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    // By host and port alone: trusted on first use.
    let place = format!("127.0.0.1:{}", relay.port);
    let mut a = Person::online(&folder.path().join("a"), &place, &[]);
    let mut b = Person::online(&folder.path().join("b"), &place, &[]);
    talk(&mut a, &mut b);
    assert_eq!(a.expect("network", |_| true)["first_use"], true);
    let b_id = b.id.clone();
    b.quit();
    let expected = relay.fingerprint().to_owned();
    let (_, port) = relay.stop();
    let other = Relay::start(&folder.path().join("other"), port, &[]);
    a.send(&b_id, "for the first network only");
    a.tell(&json!({"command": "reconnect"}));
    let stop = a.expect("another_network", |_| true);
    assert_eq!(stop["address"], place);
    assert_eq!(stop["expected"], expected);
    assert_eq!(stop["found"], other.fingerprint());
    // Not with the old fingerprint, not with a few characters.
    for typed in [&expected, &other.fingerprint()[..19]] {
        a.tell(&json!({"command": "trust", "typed": typed}));
        a.expect("refused", |refused| refused["reason"] == "not_the_fingerprint");
    }
    a.quit();
    // The stop outlasts a restart of the client.
    let mut a = Person::start(&folder.path().join("a"), &place);
    let stop = a.expect("another_network", |_| true);
    assert_eq!(stop["found"], other.fingerprint());
    assert!(bodies_of_running(&other).is_empty(), "something was sent");
    a.tell(&json!({"command": "trust", "typed": &other.fingerprint()[..20]}));
    a.connected();
    assert_eq!(a.expect("network", |_| true)["fingerprint"], other.fingerprint());
    a.quit();
}

#[test]
fn a_wrong_fingerprint_is_a_hard_stop() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let other = Relay::new(&folder.path().join("other"));
    let wrong = format!("127.0.0.1:{}#{}", relay.port, other.fingerprint());
    let mut a = Person::start(&folder.path().join("a"), &wrong);
    let stop = a.expect("another_network", |_| true);
    assert_eq!(stop["expected"], other.fingerprint());
    assert_eq!(stop["found"], relay.fingerprint());
    let said = a.quit();
    assert!(!said.iter().any(|event| event["state"] == "connected"), "{said:#?}");
}

#[test]
fn a_conversation_is_there_after_a_restart_and_gone_after_a_removal() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let a_profile = folder.path().join("a");
    let mut a = Person::online(&a_profile, &relay.address, &[]);
    let mut b = Person::online(&folder.path().join("b"), &relay.address, &[]);
    talk(&mut a, &mut b);
    let b_id = b.id.clone();
    a.quit();
    let mut a = Person::online(&a_profile, &relay.address, &[]);
    let texts: Vec<_> = a.history(&b_id).iter().map(|message| text(&message["text"])).collect();
    assert_eq!(texts, ["hello, is this you?", "yes"]);
    a.tell(&json!({"command": "remove", "contact": b_id}));
    a.expect("removed", |removed| removed["contact"] == b_id.as_str());
    a.quit();
    let mut a = Person::online(&a_profile, &relay.address, &[]);
    a.tell(&json!({"command": "history", "contact": b_id}));
    a.expect("refused", |refused| refused["reason"] == "unknown_contact");
    a.quit();
}

/// A file of the profile cannot grow any more: what was not written was not sent, what was accepted
/// is there when there is room again, and no key of the ratchet was used twice.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_the_client_and_loses_nothing_that_was_accepted() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let a_profile = folder.path().join("a");
    let mut a = Person::online(&a_profile, &relay.address, &[]);
    let mut b = Person::online(&folder.path().join("b"), &relay.address, &[]);
    talk(&mut a, &mut b);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    a.quit();
    let client = processes::client().get_program().display().to_string();
    let limited =
        format!("trap '' XFSZ; ulimit -f 600; exec '{client}' -json -profile \"$0\" \"$1\"");
    let mut child = std::process::Command::new("sh")
        .args(["-c", &limited])
        .args([a_profile.as_os_str(), relay.address.as_ref()])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lines = processes::Lines::of(child.stdout.take().unwrap());
    let (mut input, filler) = (child.stdin.take().unwrap(), "x".repeat(900));
    for n in 0..1_000 {
        let send = json!({"command": "send", "contact": b_id, "text": format!("{n} {filler}")});
        // It ends somewhere among these.
        if std::io::Write::write_all(&mut input, format!("{send}\n").as_bytes()).is_err() {
            break;
        }
    }
    drop(input);
    let said: Vec<serde_json::Value> =
        lines.rest().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(said.last().unwrap()["reason"], "disk", "{:?}", said.last());
    let accepted = said.iter().filter(|e| e["event"] == "message" && e["state"] == "queued");
    let accepted: Vec<_> = accepted.map(|message| text(&message["text"])).collect();
    assert!((1..1_000).contains(&accepted.len()), "{}", accepted.len());

    let mut a = Person::online(&a_profile, &relay.address, &[]);
    let kept: Vec<_> = a.history(&b_id).iter().skip(2).map(|m| text(&m["text"])).collect();
    assert_eq!(kept, accepted);
    b.hears(&a_id, accepted.last().unwrap());
    a.send(&b_id, "there is room again");
    b.hears(&a_id, "there is room again");
    let heard = received(&b.quit(), &a_id);
    assert_eq!(heard[1..heard.len() - 1], accepted);
    a.quit();
    relay.stop();
}

/// Everything that names a person: the ID as it is written, its beginning, and the key in it.
fn about(id: &str) -> Vec<(&'static str, Vec<u8>)> {
    let id: Id = id.parse().unwrap();
    let key = id.key().as_bytes();
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![
        ("ID", id.compact().into_bytes()),
        ("ID in groups", id.to_string().into_bytes()),
        ("ID's beginning", id.short().into_bytes()),
        ("key", key.to_vec()),
        ("key in hex", hex.into_bytes()),
        ("X25519 key", id.key().x25519().unwrap().to_vec()),
    ]
}

/// The envelopes in the store of a relay that has stopped.
fn bodies(folder: &Path) -> Vec<Vec<u8>> {
    let store = Connection::open(folder.join("relay.sqlite")).unwrap();
    let mut query = store.prepare("SELECT body FROM envelope").unwrap();
    query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The same of one that runs: from a copy, for the store is locked.
fn bodies_of_running(relay: &Relay) -> Vec<Vec<u8>> {
    let copy = tempdir().unwrap();
    for file in processes::files(&relay.folder) {
        let name = file.file_name().unwrap();
        if name.to_string_lossy().starts_with("relay.sqlite") {
            fs::copy(&file, copy.path().join(name)).unwrap();
        }
    }
    bodies(copy.path())
}

/// How often something is killed.
const ROUNDS: usize = 3;
/// How many messages flow each time.
const BATCH: usize = 20;
