//! The window, driven by keys and read as a screen reader reads it: real clients and a real relay
//! in this process, and no display.

#![cfg(feature = "gui")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod impostor;

use std::path::Path;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use bauta::handshake::SigningKeys;
use bauta::id::Id;
use bauta::keys::KeyDir;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Curve;
use bauta::net::client::Target;
use bauta::net::local::Network;
use bauta::net::local::Place;
use bauta::ui::App;
use bauta::ui::Clock;
use bauta::ui::Start;
use egui::Event;
use egui::ImeEvent;
use egui::Key;
use egui::Modifiers;
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use impostor::Impostor;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long anything may take; most of it is never needed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A relay, started and stopped by the test.
struct Relay {
    runtime: Runtime,
    folder: TempDir,
    network: Option<Network>,
}

impl Relay {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let mut relay = Self { runtime, folder: tempfile::tempdir().unwrap(), network: None };
        relay.start("keys", 0);
        relay
    }

    fn start(&mut self, keys: &str, port: u16) {
        let keys = self.folder.path().join(keys);
        let network = Network::start(&keys, Place::Memory, port);
        self.network = Some(self.runtime.block_on(network).unwrap());
    }

    fn stop(&mut self) -> u16 {
        let network = self.network.take().unwrap();
        let port = network.address().port();
        self.runtime.block_on(network.stop()).unwrap();
        port
    }

    fn network(&self) -> &Network {
        self.network.as_ref().unwrap()
    }

    /// `host:port`, without the fingerprint.
    fn place(&self) -> Target {
        Target::parse(&self.network().address().place(), 1).unwrap()
    }

    fn profile(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.path().join(name))
    }
}

/// Somebody in front of a window.
struct Person {
    window: Harness<'static, Option<App>>,
    woken: mpsc::Receiver<()>,
}

#[expect(clippy::disallowed_methods, reason = "tests bound their waits by the real clock")]
fn now() -> Instant {
    Instant::now()
}

impl Person {
    fn new(target: Option<Target>, profile: Option<PathBuf>) -> Self {
        Self::in_size(target, profile, egui::vec2(980.0, 680.0))
    }

    fn in_size(target: Option<Target>, profile: Option<PathBuf>, size: egui::Vec2) -> Self {
        let channel = ChannelOptions { curve: Curve::X25519, ..ChannelOptions::default() };
        let start = Start { target, port: 6174, channel, profile, passphrase: None };
        let (wake, woken) = mpsc::channel();
        let mut start = Some(start);
        let draw = move |ui: &mut egui::Ui, app: &mut Option<App>| {
            let app = app.get_or_insert_with(|| {
                let wake = wake.clone();
                ui.ctx().set_request_repaint_callback(move |_| {
                    // A test that has ended waits for nothing.
                    let _ = wake.send(());
                });
                App::new(start.take().unwrap(), Clock::utc(), ui.ctx())
            });
            app.frame(ui);
        };
        let window = Harness::builder().with_size(size).build_ui_state(draw, None);
        Self { window, woken }
    }

    fn connected(relay: &Relay, profile: Option<PathBuf>) -> Self {
        let mut person = Self::new(Some(relay.network().target()), profile);
        person.sees("Connected to 127.0.0.1");
        person
    }

    /// Whether something on the window is called so, in part.
    fn has(&self, name: &str) -> bool {
        self.window.query_all_by_label_contains(name).next().is_some()
    }

    fn until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
        let deadline = now() + PATIENCE;
        loop {
            self.window.step();
            if wanted(self) {
                return;
            }
            let left = deadline.saturating_duration_since(now());
            let woken = self.woken.recv_timeout(left.min(Duration::from_millis(200)));
            assert!(
                !left.is_zero() && woken != Err(mpsc::RecvTimeoutError::Disconnected),
                "no {what}: {}",
                self.names()
            );
        }
    }

    fn sees(&mut self, name: &str) {
        self.until(name, |person| person.has(name));
    }

    fn sees_no(&mut self, name: &str) {
        self.until(&format!("end of {name}"), |person| !person.has(name));
    }

    fn names(&self) -> String {
        let mut names = Vec::new();
        for node in self.window.query_all_by(|_| true) {
            let node = node.accesskit_node();
            names.extend(node.label().or_else(|| node.value()));
        }
        names.join(" | ")
    }

    fn key(&mut self, key: Key) {
        self.keys(Modifiers::NONE, key);
    }

    fn keys(&mut self, modifiers: Modifiers, key: Key) {
        self.window.key_press_modifiers(modifiers, key);
        self.settle();
    }

    fn types(&mut self, text: &str) {
        self.window.event(Event::Text(text.to_owned()));
        self.settle();
    }

    /// What a slow frame finds waiting: the harness would give each event a frame of its own.
    fn in_one_frame<const N: usize>(&mut self, events: [Event; N]) {
        self.window.input_mut().events.extend(events);
        self.settle();
    }

    fn settle(&mut self) {
        for _ in 0..3 {
            self.window.step();
        }
    }

    /// Goes to something by Tab alone.
    fn tab_to(&mut self, name: &str) {
        for _ in 0..60 {
            let focused = self.window.query_all_by(|node| node.is_focused()).any(|node| {
                node.accesskit_node().label().is_some_and(|label| label.contains(name))
            });
            if focused {
                return;
            }
            self.key(Key::Tab);
        }
        panic!("Tab does not reach {name}: {}", self.names());
    }

    fn presses(&mut self, name: &str) {
        self.tab_to(name);
        self.key(Key::Space);
    }

    /// Meets a relay whose keys are wrong, twice.
    fn stops(&mut self, sentence: &str, advice: &str) {
        self.sees("Offline, next try");
        self.presses("Try now");
        for _ in 0..2 {
            self.sees("The relay at 127.0.0.1");
            for part in ["is not to be trusted", sentence, "Nothing was sent.", advice] {
                assert!(self.has(part), "no {part}: {}", self.names());
            }
            assert!(!self.has("Rook") && !self.has("Your ID"), "{}", self.names());
            self.presses("Try again");
        }
        self.sees(sentence);
    }

    fn id(&self) -> Id {
        self.window.state().as_ref().unwrap().model().unwrap().own().unwrap().id
    }

    fn asks(&mut self, id: &str, nickname: &str) {
        self.keys(Modifiers::COMMAND, Key::N);
        self.types(id);
        self.key(Key::Enter);
        if !nickname.is_empty() {
            self.types(nickname);
        }
        self.key(Key::Enter);
    }

    fn says(&mut self, text: &str) {
        self.types(text);
        self.key(Key::Enter);
        self.sees(&format!(": {text}"));
    }

    fn sent(&self) -> Vec<String> {
        let model = self.window.state().as_ref().unwrap().model().unwrap();
        let lines = model.people().iter().flat_map(|person| {
            let conversation = person.conversation();
            conversation.places().filter_map(|place| conversation.at(place))
        });
        lines.map(|line| line.text.clone()).collect()
    }

    fn quits(mut self) {
        self.window.state_mut().as_mut().unwrap().close();
    }
}

/// Two people with an open conversation.
fn two(relay: &Relay) -> (Person, Person) {
    let mut alice = Person::connected(relay, relay.profile("alice"));
    let mut bob = Person::connected(relay, relay.profile("bob"));
    let (a, b) = (alice.id(), bob.id());
    alice.asks(&b.to_string(), "Bob");
    alice.sees("Waiting for them to add you too.");
    alice.sees("The relay holds the sealed request until");
    bob.asks(&a.compact(), "");
    for person in [&mut alice, &mut bob] {
        person.until("open conversation", |it| !it.has("Waiting for them") && it.has("Send"));
    }
    (alice, bob)
}

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
fn the_first_page_names_mistakes_and_joins_by_keys() {
    let relay = Relay::new();
    let mut person = Person::new(None, relay.profile("a"));
    person.sees("Join a network");
    person.sees("Passphrase for your new profile (optional)");
    person.types("127.0.0.1:x");
    person.key(Key::Enter);
    person.sees("The port must be a number from 1 to 65535.");
    person.tab_to("Address");
    person.keys(Modifiers::COMMAND, Key::A);
    person.types(&relay.network().address().to_string());
    person.tab_to("Passphrase");
    person.types("correct horse");
    person.key(Key::Enter);
    person.sees("Connected to 127.0.0.1");
    let id = person.id();
    person.quits();

    // With the address given, only the passphrase is asked for.
    let mut person = Person::new(Some(relay.network().target()), relay.profile("a"));
    person.sees("Passphrase of your profile");
    person.types("wrong horse");
    person.key(Key::Enter);
    person.sees("The passphrase is wrong; nothing was changed.");
    person.types("correct horse");
    person.key(Key::Enter);
    person.sees("Connected to 127.0.0.1");
    assert_eq!(person.id(), id);
    person.quits();
}

#[test]
fn a_network_is_started_on_this_computer() {
    let mut person = Person::new(None, None);
    person.sees("Join a network");
    assert!(!person.has("Passphrase"));
    person.presses("Start one on this computer");
    person.sees("Connected to 127.0.0.1");
    person.sees("Nothing of this session touches the disk.");
    person.sees("No conversations yet");
    person.keys(Modifiers::COMMAND, Key::I);
    person.sees("QR code of your invitation");
    person.presses("Copy invitation");
    person.sees("Invitation copied");
    person.key(Key::Escape);
    person.sees_no("QR code of your invitation");
    person.quits();
}

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
fn another_network_at_the_address_stops_everything() {
    let mut relay = Relay::new();
    let mut person = Person::new(Some(relay.place()), relay.profile("a"));
    person.sees("Connected to 127.0.0.1");
    person.asks(&Person::connected(&relay, None).id().compact(), "Rook");
    person.sees("The relay holds the sealed request until");
    person.quits();
    let place = relay.place();
    let port = relay.stop();
    relay.start("other-keys", port);
    let found = relay.network().address().fingerprint().unwrap().to_string();

    let mut person = Person::new(Some(place), relay.profile("a"));
    person.sees("Another network answers at 127.0.0.1");
    person.sees("Nothing was sent.");
    assert!(!person.has("Rook") && !person.has("Your ID"), "{}", person.names());
    let wrong = if found.starts_with('x') { "y" } else { "x" };
    person.types(wrong);
    person.sees("Character 1 differs from the new fingerprint.");
    person.key(Key::Backspace);
    person.types(&found[..19]);
    person.sees("19 of 20 characters");
    person.key(Key::Enter);
    person.settle();
    assert!(person.has("Another network answers"), "19 characters were enough");
    let counters = relay.network().counters();
    assert_eq!((counters.connections, counters.stored), (0, 0), "something was sent");
    person.tab_to("New fingerprint or address");
    person.key(Key::End);
    person.types(&found[19..20]);
    person.sees("This is the network that answers.");
    person.key(Key::Enter);
    person.sees("Connected to 127.0.0.1");
    person.sees("No conversations yet");
    person.quits();
}

/// Page 7 for keys that are wrong: nothing was sent, nothing of one's own is shown, trying again is
/// no way around it, and the true relay is.
#[test]
fn bad_keys_of_the_network_stop_everything_until_the_true_relay_is_back() {
    let mut relay = Relay::new();
    let mut rng = bauta::net::clock::system_rng();
    let folder = |name: &str| relay.folder.path().join(name);
    let (true_keys, first, doubled) = (folder("keys"), folder("first"), folder("doubled"));
    copy_keys(&true_keys, &first);
    copy_keys(&true_keys, &doubled);
    let port = relay.stop();
    KeyDir::refresh(&doubled, &mut rng).unwrap();
    let set = KeyDir::refresh(&true_keys, &mut rng).unwrap();
    relay.start("keys", port);
    let mut person = Person::new(Some(relay.place()), relay.profile("a"));
    person.sees("Connected to 127.0.0.1");
    person.asks(&Person::connected(&relay, None).id().compact(), "Rook");
    person.sees("The relay holds the sealed request until");

    for (keys, sentence, advice) in [
        ("first", "Its keys are older than keys seen before.", "keys that the relay has replaced"),
        ("doubled", "Its keys differ from others with the same number.", "besides the operator"),
    ] {
        relay.stop();
        relay.start(keys, port);
        person.stops(sentence, advice);
        let counters = relay.network().counters();
        assert_eq!((counters.connections, counters.stored), (0, 0), "{keys}: something was sent");
        relay.stop();
        relay.start("keys", port);
        person.presses("Try again");
        person.sees("Connected to 127.0.0.1");
        assert!(person.has("Rook"), "{keys}: {}", person.names());
    }
    // A man in the middle: the true relay's Welcome, and a handshake that another key signs.
    relay.stop();
    let other = SigningKeys::generate(&mut rng).unwrap();
    let impostor = Impostor::start(port, other, set.signed_key_set());
    person.stops("Its keys are not signed by its network.", "stands between you and the relay");
    assert_eq!(impostor.stop(), 0, "a handshake was finished");
    relay.start("keys", port);
    person.presses("Try again");
    person.sees("Connected to 127.0.0.1");
    person.quits();
}

fn copy_keys(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn new_keys_of_the_same_network_are_a_notice() {
    let mut relay = Relay::new();
    let mut person = Person::connected(&relay, relay.profile("a"));
    let port = relay.stop();
    person.sees("Offline, next try");
    let keys = relay.folder.path().join("keys");
    KeyDir::refresh(&keys, &mut bauta::net::clock::system_rng()).unwrap();
    relay.start("keys", port);
    person.presses("Try now");
    person.sees("The relay has new keys (set 2), signed by its network.");
    person.sees("Connected to 127.0.0.1");
    person.presses("OK");
    person.sees_no("The relay has new keys");
    person.quits();
}

#[test]
fn every_key_is_listed_and_narrow_windows_have_a_way_back() {
    let relay = Relay::new();
    let target = Some(relay.network().target());
    let mut person = Person::in_size(target, None, egui::vec2(420.0, 640.0));
    person.sees("Connected to 127.0.0.1");
    person.key(Key::F1);
    for name in ["Ctrl+N", "Ctrl+Shift+C", "Ctrl+K", "Shift+Enter", "Ctrl+Q", "F1"] {
        person.sees(name);
    }
    person.key(Key::Escape);
    person.sees_no("Ctrl+Shift+C");
    let other = Person::connected(&relay, None);
    person.asks(&other.id().compact(), "Rook");
    person.sees("Back to the list");
    assert!(!person.has("Your ID"), "{}", person.names());
    person.key(Key::Escape);
    person.sees("Your ID");
    person.keys(Modifiers::COMMAND, Key::K);
    person.types("roo");
    person.key(Key::Enter);
    person.sees("Waiting for them to add you too.");
    person.key(Key::F2);
    person.keys(Modifiers::COMMAND, Key::A);
    person.types("Castle");
    person.key(Key::Enter);
    person.sees("Castle");
    person.sees_no("Rook");
    other.quits();
    person.quits();
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
