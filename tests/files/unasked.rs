//! Small files that come without a question, into a home of the test's own: by the real programs.

use std::fs;
use std::path::Path;

use serde_json::json;
use tempfile::tempdir;

use crate::processes;
use crate::processes::Person;
use crate::processes::Relay;
use crate::processes::text;

/// Somebody whose folder for downloads is in `home`.
fn at_home(home: &Path, profile: &Path, relay: &Relay) -> Person {
    let mut command = processes::client();
    command.env("HOME", home).env("XDG_CONFIG_HOME", home.join(".config"));
    let mut person = Person::by(command, profile, &relay.address, &["-c", "X25519"]);
    person.connected();
    person
}

#[test]
fn small_files_come_by_themselves_once_somebody_wants_it() {
    let folder = tempdir().unwrap();
    let (home, profile) = (folder.path().join("home"), folder.path().join("b"));
    fs::create_dir(&home).unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let mut a = Person::online(&folder.path().join("a"), &relay.address, &["-c", "X25519"]);
    let mut b = at_home(&home, &profile, &relay);
    assert_eq!(b.expect("settings", |_| true)["accept_below"], 0);
    processes::talk(&mut a, &mut b);
    let offer = |a: &mut Person, b: &Person, name: &str, len: usize| {
        let path = folder.path().join(name);
        fs::write(&path, vec![7; len]).unwrap();
        a.tell(&json!({"command": "send_file", "contact": b.id, "path": path}));
    };
    offer(&mut a, &b, "before", 10);
    b.expect("message", |message| message["text"] == "before");
    b.tell(&json!({"command": "settings", "accept_below": 1_000}));
    let settings = b.expect("settings", |_| true);
    assert_eq!(
        (&settings["accept_below"], &settings["read_receipts"]),
        (&json!(1_000), &json!(false))
    );
    b.quit();
    // It is kept, and it is no larger than that.
    let mut b = at_home(&home, &profile, &relay);
    assert_eq!(b.expect("settings", |_| true)["accept_below"], 1_000);
    offer(&mut a, &b, "large", 1_001);
    let large = text(&b.expect("message", |message| message["text"] == "large")["message"]);
    offer(&mut a, &b, "small", 1_000);
    let small = text(&b.expect("message", |message| message["text"] == "small")["message"]);
    let of_small = |file: &serde_json::Value| {
        file["message"] == small.as_str() && (file["state"] == "done" || file["reason"] == "disk")
    };
    let file = b.expect("file", of_small);
    if file["state"] == "waiting" {
        assert!(std::env::var_os("BAUTA_REQUIRE_ALL").is_none(), "less than 1 GB is free");
        eprintln!("skipped: less than 1 GB is free where {} is", home.display());
        return;
    }
    let downloads = home.join("Downloads");
    assert_eq!(fs::read(downloads.join("small")).unwrap(), [7; 1_000]);
    assert_eq!(fs::read_dir(&downloads).unwrap().count(), 1, "more came than was wanted");
    b.tell(&json!({"command": "accept_file", "contact": a.id, "message": large}));
    b.expect("file", |file| file["message"] == large.as_str() && file["state"] == "done");
    a.quit();
    b.quit();
    relay.stop();
}
