//! A network's keys change, and its people stay: the real programs through rotations, stolen and
//! forged key sets, and a relay that is somebody else.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod impostor;
mod processes;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Child;
use std::process::Stdio;
use std::time::Duration;

use bauta::crypto::sign::SigningKey;
use bauta::handshake::SigningKeys;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::SignedKeySet;
use bauta::keys::KeyDir;
use bauta::net::channel;
use bauta::net::channel::Channel;
use bauta::net::channel::ChannelError;
use bauta::net::client;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Curve;
use bauta::net::client::Event;
use bauta::net::client::Options;
use bauta::net::client::ProfilePlace;
use bauta::net::client::Way;
use bauta::net::client::event::BadKeys;
use bauta::net::client::event::Link;
use bauta::net::clock::system_rng;
use impostor::Impostor;
use impostor::welcome;
use processes::Lines;
use processes::Person;
use processes::Relay;
use processes::received;
use processes::server;
use processes::talk;
use processes::text;
use serde_json::json;
use tempfile::tempdir;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

fn reconnect(person: &mut Person) {
    person.tell(&json!({"command": "reconnect"}));
}

fn follows(person: &mut Person, sequence: u64) {
    let notice = person.expect("notice", |notice| notice["notice"] == "keys_refreshed");
    assert_eq!(notice["sequence"], sequence);
}

fn rotated(relay: Relay) -> Relay {
    let (folder, port) = relay.kill();
    Relay::start(&folder, port, &["-refreshkeys"])
}

/// The files of a folder of keys.
type Keys = BTreeMap<String, Vec<u8>>;

fn keys_of(relay: &Path) -> Keys {
    let files = processes::files(&relay.join("keys"));
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    files.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
}

/// Writes keys over those that are there: what somebody has who took a copy in time.
fn give_keys(relay: &Path, keys: &Keys) {
    let folder = relay.join("keys");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    for (name, content) in keys {
        fs::write(folder.join(name), content).unwrap();
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(folder.join(name), mode).unwrap();
    }
}

/// Runs a relay that must not start: its one sentence.
fn refused(relay: &Path, more: &[&str]) -> String {
    let mut server = server();
    server.args(["-port", "0", "-keys"]).arg(relay.join("keys")).arg("-store");
    server.arg(relay.join("relay.sqlite")).args(more);
    let output = server.stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn the_network_key_is_brought_for_a_refresh_only() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let fingerprint = relay.fingerprint().to_owned();
    let mut a = Person::online(&folder.path().join("a"), &relay.address, &[]);
    let (place, port) = relay.stop();
    let (here, elsewhere) = (place.join("keys/network.pem"), folder.path().join("stick.pem"));
    fs::rename(&here, &elsewhere).unwrap();

    let relay = Relay::start(&place, port, &[]);
    assert_eq!(relay.fingerprint(), fingerprint);
    reconnect(&mut a);
    a.connected();
    relay.stop();

    let before = keys_of(&place);
    let said = refused(&place, &["-refreshkeys"]);
    assert!(said.contains("network.pem") && said.contains("bring it here"), "{said}");
    assert_eq!(keys_of(&place), before);

    fs::copy(&elsewhere, &here).unwrap();
    let relay = Relay::start(&place, port, &["-refreshkeys"]);
    // Taken away while it runs: it was needed for one signature.
    fs::remove_file(&here).unwrap();
    let after = keys_of(&place);
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    for (name, old) in &before {
        assert!(!after.values().any(|new| new == old), "the old {name} is still there");
    }
    reconnect(&mut a);
    follows(&mut a, 2);
    a.connected();
    let relay = relay.crash_and_restart();
    assert_eq!(relay.fingerprint(), fingerprint);
    reconnect(&mut a);
    a.connected();
    assert_eq!(keys_of(&place), after);
    a.quit();
    relay.stop();
}

#[test]
fn everything_between_people_outlives_three_rotations() {
    let folder = tempdir().unwrap();
    let profile = |name: &str| folder.path().join(name);
    let mut relay = Relay::new(&folder.path().join("relay"));
    let place = relay.address.clone();
    let mut a = Person::online(&profile("a"), &place, &[]);
    let mut b = Person::online(&profile("b"), &place, &["-c", "P-256"]);
    talk(&mut a, &mut b);
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    let invitation = text(&a.expect("network", |_| true)["invitation"]);
    // C's request waits for D, who has not been there yet.
    let mut c = Person::online(&profile("c"), &place, &["-c", "X25519"]);
    let c_id = c.id.clone();
    let d_id = {
        let d = Person::start(&profile("d"), "127.0.0.1:1");
        let id = d.id.clone();
        d.quit();
        id
    };
    c.add(&d_id);
    c.send(&d_id, "written before the first rotation");
    c.kept(&d_id);
    c.quit();

    for sequence in 2..=4 {
        let (folder, port) = relay.kill();
        a.send(&b_id, &format!("a, before set {sequence}"));
        b.send(&a_id, &format!("b, before set {sequence}"));
        relay = Relay::start(&folder, port, &["-refreshkeys"]);
        for person in [&mut a, &mut b] {
            reconnect(person);
            follows(person, sequence);
        }
        b.hears(&a_id, &format!("a, before set {sequence}"));
        a.hears(&b_id, &format!("b, before set {sequence}"));
    }

    let mut d = Person::online(&profile("d"), &place, &[]);
    d.add(&c_id);
    d.send(&c_id, "there you are");
    d.on_relay("there you are");
    d.quit();
    let mut c = Person::online(&profile("c"), &place, &["-c", "X25519"]);
    follows(&mut c, 4);
    c.hears(&d_id, "there you are");
    c.matched(&d_id);
    let mut d = Person::online(&profile("d"), &place, &[]);
    d.hears(&c_id, "written before the first rotation");
    d.quit();
    c.quit();

    let mut e = Person::online(&profile("e"), &place, &[]);
    let e_id = e.id.clone();
    e.add(&invitation);
    e.send(&a_id, "by an old invitation");
    a.add(&e_id);
    a.hears(&e_id, "by an old invitation");
    e.quit();
    let heard = received(&b.quit(), &a_id);
    assert_eq!(
        heard,
        ["hello, is this you?", "a, before set 2", "a, before set 3", "a, before set 4"]
    );
    let said = a.quit();
    assert!(!said.iter().any(|event| event["event"] == "bad_keys"), "{said:#?}");
    relay.stop();
}

#[test]
fn a_client_that_slept_follows_to_the_newest_set_and_never_back() {
    let folder = tempdir().unwrap();
    let (place, profile) = (folder.path().join("relay"), folder.path().join("a"));
    let relay = Relay::new(&place);
    let address = relay.address.clone();
    Person::online(&profile, &address, &[]).quit();
    let relay = rotated(rotated(relay));
    let third = keys_of(&place);
    let relay = rotated(relay);
    let mut a = Person::online(&profile, &address, &[]);
    follows(&mut a, 4);
    let notices = |said: &[serde_json::Value]| {
        said.iter().filter(|event| event["notice"] == "keys_refreshed").count()
    };
    assert_eq!(notices(&a.quit()), 1);
    // What was followed once is no news.
    let a = Person::online(&profile, &address, &[]);
    assert_eq!(notices(&a.quit()), 0);

    // Set 3 is newer than what the client saw when it went to sleep, and older than what it knows.
    let (_, port) = relay.stop();
    give_keys(&place, &third);
    let relay = Relay::start(&place, port, &[]);
    let mut a = Person::start(&profile, &address);
    assert_eq!(a.expect("bad_keys", |_| true)["reason"], "rolled_back");
    a.quit();
    // Another network has numbers of its own.
    let other = Relay::new(&folder.path().join("other"));
    Person::online(&profile, &other.address, &[]).quit();
    let mut a = Person::start(&profile, &address);
    assert_eq!(a.expect("bad_keys", |_| true)["reason"], "rolled_back");
    let said = a.quit();
    assert!(!said.iter().any(|event| event["state"] == "connected"), "{said:#?}");
    relay.stop();
}

/// Whoever answers with these keys is not believed: neither in JSON nor on the terminal.
fn stops(profile: &Path, address: &str, reason: &str, sentence: &str) {
    let mut a = Person::start(profile, address);
    let stop = a.expect("bad_keys", |_| true);
    assert_eq!((&stop["reason"], &stop["text"]), (&json!(reason), &json!(sentence)));
    assert!(address.starts_with(stop["address"].as_str().unwrap()));
    let said = a.quit();
    assert!(!said.iter().any(|event| event["state"] == "connected"), "{said:#?}");

    let mut terminal = terminal(profile, address);
    let lines = Lines::of(terminal.stdout.take().unwrap());
    let said = lines.until("STOP");
    assert!(said.contains(&format!("is not to be trusted: {sentence}.")), "{said}");
    assert!(!said.contains("Connected"), "{said}");
    writeln!(terminal.stdin.as_mut().unwrap(), "/quit").unwrap();
    lines.rest();
    assert!(terminal.wait().unwrap().success());
}

fn terminal(profile: &Path, address: &str) -> Child {
    let mut client = processes::client();
    client.args(["-terminal", "-profile"]).arg(profile).arg(address);
    client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

const ROLLED_BACK: &str = "its keys are older than keys seen before";
const DOUBLED: &str = "its keys differ from others with the same number";
const UNSIGNED: &str = "its keys are not signed by its network";

/// Two people who have talked over key set 2, and what was written since, unsent.
struct Story {
    relay: std::path::PathBuf,
    port: u16,
    address: String,
    profile: std::path::PathBuf,
    b: Person,
    first: Keys,
    second: Keys,
}

impl Story {
    fn new(folder: &Path) -> Self {
        let place = folder.join("relay");
        let relay = Relay::new(&place);
        let address = relay.address.clone();
        let first = keys_of(&place);
        let profile = folder.join("a");
        let mut a = Person::online(&profile, &address, &[]);
        let mut b = Person::online(&folder.join("b"), &address, &[]);
        talk(&mut a, &mut b);
        let relay = rotated(relay);
        for person in [&mut a, &mut b] {
            reconnect(person);
            follows(person, 2);
            person.connected();
        }
        let (_, port) = relay.stop();
        let b_id = b.id.clone();
        a.send(&b_id, "for the true relay only");
        a.expect("message", |message| message["text"] == "for the true relay only");
        a.quit();
        let second = keys_of(&place);
        Self { relay: place, port, address, profile, b, first, second }
    }

    /// The true relay again: nothing that was written is lost.
    fn ends(mut self) {
        give_keys(&self.relay, &self.second);
        let relay = Relay::start(&self.relay, self.port, &[]);
        let mut a = Person::online(&self.profile, &self.address, &[]);
        reconnect(&mut self.b);
        self.b.hears(&a.id, "for the true relay only");
        let texts: Vec<_> = a.history(&self.b.id).iter().map(|m| text(&m["text"])).collect();
        assert_eq!(texts, ["hello, is this you?", "yes", "for the true relay only"]);
        let heard = received(&self.b.quit(), &a.id);
        assert_eq!(heard, ["hello, is this you?", "for the true relay only"]);
        a.quit();
        relay.stop();
    }
}

#[test]
fn stolen_keys_of_an_older_set_are_a_hard_stop_and_nothing_is_lost() {
    let folder = tempdir().unwrap();
    let story = Story::new(folder.path());
    give_keys(&story.relay, &story.first);
    let thief = Relay::start(&story.relay, story.port, &[]);
    stops(&story.profile, &story.address, "rolled_back", ROLLED_BACK);
    thief.stop();
    story.ends();
}

#[test]
fn two_sets_with_one_number_are_a_hard_stop_and_nothing_is_lost() {
    let folder = tempdir().unwrap();
    let story = Story::new(folder.path());
    give_keys(&story.relay, &story.first);
    let thief = Relay::start(&story.relay, story.port, &["-refreshkeys"]);
    stops(&story.profile, &story.address, "doubled", DOUBLED);
    thief.stop();
    story.ends();
}

/// A thief of the network key can go to any number. Afterwards the true relay is refused: the
/// network is over, as docs/THREAT_MODEL.md says.
#[test]
fn whoever_was_led_to_a_far_number_refuses_the_true_relay() {
    let folder = tempdir().unwrap();
    let story = Story::new(folder.path());
    let network = network_key(&story.second);
    let keys = SigningKeys::generate(&mut system_rng()).unwrap();
    let far = SignedKeySet::sign(&network, &KeySet::new(u64::MAX, &keys)).unwrap();
    let thief = Impostor::start(story.port, keys, &far);
    let mut a = Person::start(&story.profile, &story.address);
    follows(&mut a, u64::MAX);
    a.kill();
    thief.stop();
    give_keys(&story.relay, &story.second);
    let relay = Relay::start(&story.relay, story.port, &["-refreshkeys"]);
    stops(&story.profile, &story.address, "rolled_back", ROLLED_BACK);
    relay.stop();
}

#[test]
fn forged_key_sets_are_a_hard_stop_and_nothing_is_lost() {
    let folder = tempdir().unwrap();
    let story = Story::new(folder.path());
    let network = network_key(&story.second);
    let mut rng = system_rng();
    let stranger = SigningKey::generate(bauta::crypto::sign::Curve::P521, &mut rng);
    let fresh = || SigningKeys::generate(&mut system_rng()).unwrap();
    let next = |keys: &SigningKeys| KeySet::new(3, keys).to_bytes();
    let spki = network.spki().unwrap();
    let set = |key_set: Vec<u8>, signature: Vec<u8>| {
        SignedKeySet::from_parts(spki.clone(), key_set, signature)
    };
    let mut cases: Vec<(&str, SigningKeys, SignedKeySet)> = Vec::new();
    let keys = fresh();
    cases.push(("unsigned", fresh(), set(next(&keys), Vec::new())));
    let keys = fresh();
    let signature = stranger.sign(&next(&keys));
    let forged = set(next(&keys), signature);
    cases.push(("signed by somebody else", keys, forged));
    let keys = fresh();
    let signature = network.sign(&KeySet::new(4, &keys).to_bytes());
    let forged = set(next(&keys), signature);
    cases.push(("signed with another number", keys, forged));
    let keys = fresh();
    let signature = network.sign(b"bauta keyset v1\0");
    let forged = set(b"bauta keyset v1\0".to_vec(), signature);
    cases.push(("signed and no key set", keys, forged));
    // A man in the middle who shows the true relay's Welcome, and signs with a key of his own.
    let genuine = KeyDir::open_or_create(story.relay.join("keys"), &mut rng).unwrap();
    cases.push(("another's Welcome", fresh(), genuine.signed_key_set().clone()));
    for (name, keys, signed) in cases {
        eprintln!("{name}");
        let impostor = Impostor::start(story.port, keys, &signed);
        stops(&story.profile, &story.address, "unsigned", UNSIGNED);
        assert_eq!(impostor.stop(), 0, "{name}: a handshake was finished");
    }
    story.ends();
}

/// Both connections meet the same impostor, and a person is told once.
#[test]
fn one_stop_is_told_once() {
    let folder = tempdir().unwrap();
    let story = Story::new(folder.path());
    let keys = SigningKeys::generate(&mut system_rng()).unwrap();
    let key_set = KeySet::new(3, &keys).to_bytes();
    let spki = network_key(&story.second).spki().unwrap();
    let unsigned = SignedKeySet::from_parts(spki, key_set, Vec::new());
    let impostor = Impostor::start(story.port, keys, &unsigned);
    let mut a = Person::start(&story.profile, &story.address);
    impostor.met(2);
    a.expect("bad_keys", |_| true);
    // The other connection's report, if there is one, comes among these.
    for _ in 0..20 {
        a.history(&story.b.id);
    }
    let said = a.quit();
    assert_eq!(said.iter().filter(|event| event["event"] == "bad_keys").count(), 1, "{said:#?}");
    impostor.stop();
    story.ends();
}

/// The relay restarts with new keys between the two handshakes of one client, which hears of the
/// older one last: what answers the next attempt decides.
#[test]
fn a_connection_that_a_refresh_has_overtaken_is_made_anew() {
    let mut rng = system_rng();
    let network = SigningKey::generate(bauta::crypto::sign::Curve::P521, &mut rng);
    let [older, newer] = [1, 2].map(|sequence| {
        let keys = SigningKeys::generate(&mut system_rng()).unwrap();
        let signed = SignedKeySet::sign(&network, &KeySet::new(sequence, &keys)).unwrap();
        (keys, signed)
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for (third, trusted) in [(&newer, true), (&older, false)] {
        let story = overtaken(&older, &newer, third, trusted);
        let bounded = async { tokio::time::timeout(processes::PATIENCE, story).await };
        runtime.block_on(bounded).unwrap();
    }
}

type Set = (SigningKeys, SignedKeySet);

async fn overtaken(older: &Set, newer: &Set, third: &Set, trusted: bool) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let network = newer.1.verify(None).unwrap().network_id();
    let address = format!("{}#{network}", listener.local_addr().unwrap()).parse().unwrap();
    let channel = ChannelOptions { curve: Curve::X25519, ..ChannelOptions::default() };
    let options = Options { address, way: Way::Direct, channel, profile: ProfilePlace::Ephemeral };
    let mut client = client::start(options).await.unwrap();
    let mut accepted = Vec::new();
    for _ in 0..2 {
        accepted.push(listener.accept().await.unwrap().0);
    }
    let [first, second] = accepted.try_into().unwrap();
    let (mut reader, _writer) = answer(second, newer).await.unwrap().split();
    // The client speaks: it has taken in the newer set.
    reader.next().await.unwrap().unwrap();
    let (mut reader, _other_writer) = answer(first, older).await.unwrap().split();
    assert!(reader.next().await.unwrap().is_none(), "said something under keys that are gone");
    let again = answer(listener.accept().await.unwrap().0, third).await;
    assert_eq!(again.is_ok(), trusted);
    loop {
        match client.next().await.unwrap() {
            Event::Link(Link::Connected(_)) => break assert!(trusted),
            Event::BadKeys { reason, .. } => {
                assert_eq!(reason, BadKeys::RolledBack);
                break assert!(!trusted);
            }
            Event::Link(Link::Offline { reason, .. }) => panic!("{reason}"),
            _ => {}
        }
    }
}

async fn answer(
    stream: TcpStream,
    (keys, signed): &Set,
) -> Result<Channel<TcpStream>, ChannelError> {
    let limit = Duration::from_secs(60);
    channel::accept(stream, keys, &welcome(signed), limit, &mut system_rng()).await
}

#[test]
fn the_terminal_accepts_another_network_by_its_address_or_twenty_characters() {
    let folder = tempdir().unwrap();
    let first = Relay::new(&folder.path().join("first"));
    let place = first.address.split('#').next().unwrap().to_owned();
    let expected = first.fingerprint().to_owned();
    for name in ["a", "b"] {
        Person::online(&folder.path().join(name), &place, &[]).quit();
    }
    let (_, port) = first.stop();
    let other = Relay::start(&folder.path().join("other"), port, &[]);
    let by_address = other.address.clone();
    let by_beginning = other.fingerprint()[..20].to_owned();
    for (name, accepted) in [("a", by_address), ("b", by_beginning)] {
        let profile = folder.path().join(name);
        let mut terminal = terminal(&profile, &place);
        let lines = Lines::of(terminal.stdout.take().unwrap());
        let mut enter = |line: &str| writeln!(terminal.stdin.as_mut().unwrap(), "{line}").unwrap();
        let said = lines.until("found ");
        assert!(said.contains(&expected) && said.contains(other.fingerprint()), "{said}");
        enter(&format!("/trust {}", &other.fingerprint()[..19]));
        lines.until("or paste the whole address");
        enter(&format!("/trust {accepted}"));
        lines.until("Connected:");
        enter("/quit");
        lines.rest();
        assert!(terminal.wait().unwrap().success());
    }
    other.stop();
}

fn network_key(keys: &Keys) -> SigningKey {
    let pem = std::str::from_utf8(&keys["network.pem"]).unwrap();
    SigningKey::from_pkcs8_pem(pem).unwrap()
}
