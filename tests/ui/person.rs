//! People in front of windows: real clients and a real relay in this process, and no display.

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;
use std::time::Instant;

use bauta::id::Id;
use bauta::net::client;
use bauta::net::client::ChannelOptions;
use bauta::net::client::Command;
use bauta::net::client::Curve;
use bauta::net::client::Target;
use bauta::net::local::Network;
use bauta::net::local::Place;
use bauta::ui::App;
use bauta::ui::Clock;
use bauta::ui::Start;
use bauta::ui::ViewModel;
use egui::Event;
use egui::Key;
use egui::Modifiers;
use egui_kittest::Harness;
use egui_kittest::HarnessBuilder;
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long anything may take; most of it is never needed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A relay, started and stopped by the test.
pub(crate) struct Relay {
    pub(crate) runtime: Runtime,
    pub(crate) folder: TempDir,
    pub(crate) network: Option<Network>,
}

impl Relay {
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let mut relay = Self { runtime, folder: tempfile::tempdir().unwrap(), network: None };
        relay.start("keys", 0);
        relay
    }

    pub(crate) fn start(&mut self, keys: &str, port: u16) {
        let keys = self.folder.path().join(keys);
        let network = Network::start(&keys, Place::Memory, port);
        self.network = Some(self.runtime.block_on(network).unwrap());
    }

    pub(crate) fn stop(&mut self) -> u16 {
        let network = self.network.take().unwrap();
        let port = network.address().port();
        self.runtime.block_on(network.stop()).unwrap();
        port
    }

    pub(crate) fn network(&self) -> &Network {
        self.network.as_ref().unwrap()
    }

    /// `host:port`, without the fingerprint.
    pub(crate) fn place(&self) -> Target {
        Target::parse(&self.network().address().place(), 1).unwrap()
    }

    pub(crate) fn profile(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.path().join(name))
    }
}

/// Somebody in front of a window.
pub(crate) struct Person {
    pub(crate) window: Harness<'static, Option<App>>,
    pub(crate) woken: mpsc::Receiver<()>,
}

#[expect(clippy::disallowed_methods, reason = "tests bound their waits by the real clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

impl Person {
    pub(crate) fn new(target: Option<Target>, profile: Option<PathBuf>) -> Self {
        Self::in_size(target, profile, egui::vec2(980.0, 680.0))
    }

    pub(crate) fn in_size(
        target: Option<Target>,
        profile: Option<PathBuf>,
        size: egui::Vec2,
    ) -> Self {
        let channel = ChannelOptions { curve: Curve::X25519, ..ChannelOptions::default() };
        let start = Start {
            target,
            port: 6174,
            proxy: String::new(),
            channel,
            profile,
            first: None,
            passphrase: None,
        };
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

    /// In front of a window with no client behind it.
    pub(crate) fn shown(model: ViewModel, builder: HarnessBuilder<Option<App>>) -> Self {
        let (wake, woken) = mpsc::channel();
        let mut model = Some(model);
        let draw = move |ui: &mut egui::Ui, app: &mut Option<App>| {
            let app = app.get_or_insert_with(|| {
                let wake = wake.clone();
                ui.ctx().set_request_repaint_callback(move |_| {
                    // A test that has ended waits for nothing.
                    let _ = wake.send(());
                });
                App::of(model.take().unwrap(), Clock::utc(), ui.ctx())
            });
            app.frame(ui);
        };
        let size = egui::vec2(980.0, 680.0);
        Self { window: builder.with_size(size).build_ui_state(draw, None), woken }
    }

    pub(crate) fn app(&mut self) -> &mut App {
        self.window.state_mut().as_mut().unwrap()
    }

    /// Says something in the place of the client.
    pub(crate) fn hears(&mut self, event: client::Event) {
        self.app().tell(event);
        self.settle();
    }

    /// What was asked of the client since the last time.
    pub(crate) fn asked(&mut self) -> Vec<Command> {
        self.app().take_asked()
    }

    /// Presses the other button of the mouse on something.
    pub(crate) fn points_at(&mut self, name: &str) {
        self.window.query_all_by_label_contains(name).last().unwrap().click_secondary();
        self.settle_clicked();
    }

    pub(crate) fn clicks(&mut self, name: &str) {
        // What has only just come is still being laid out, and moves once more.
        self.settle_clicked();
        self.window.query_all_by_label_contains(name).last().unwrap().click();
        self.settle_clicked();
    }

    /// A click is several events, and what it opens is measured first.
    fn settle_clicked(&mut self) {
        for _ in 0..3 {
            self.settle();
        }
    }

    /// Where something begins, in points from the upper edge.
    pub(crate) fn top_of(&self, name: &str) -> f32 {
        self.window.query_all_by_label_contains(name).last().unwrap().rect().top()
    }

    /// Where something ends, in points from the left edge.
    pub(crate) fn right_of(&self, name: &str) -> f32 {
        self.window.query_all_by_label_contains(name).last().unwrap().rect().right()
    }

    /// What has the focus, by its name.
    pub(crate) fn focused(&self) -> String {
        let focused = self.window.query_all_by(|node| node.is_focused()).next();
        focused.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
    }

    /// Whether a field has exactly this text.
    pub(crate) fn holds(&self, text: &str) -> bool {
        let has = |node: &egui_kittest::Node<'_>| node.value().as_deref() == Some(text);
        self.window.query_all_by(|_| true).any(|node| has(&node))
    }

    /// Every text that is painted, section by section.
    pub(crate) fn painted(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for clipped in &self.window.output().shapes {
            collect_texts(&clipped.shape, &mut texts);
        }
        texts
    }

    pub(crate) fn connected(relay: &Relay, profile: Option<PathBuf>) -> Self {
        let mut person = Self::new(Some(relay.network().target()), profile);
        person.sees("Connected to 127.0.0.1");
        person
    }

    /// Whether something on the window is called so, in part.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.window.query_all_by_label_contains(name).next().is_some()
    }

    pub(crate) fn until(&mut self, what: &str, wanted: impl Fn(&Self) -> bool) {
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

    pub(crate) fn sees(&mut self, name: &str) {
        self.until(name, |person| person.has(name));
    }

    pub(crate) fn sees_no(&mut self, name: &str) {
        self.until(&format!("end of {name}"), |person| !person.has(name));
    }

    pub(crate) fn names(&self) -> String {
        let mut names = Vec::new();
        for node in self.window.query_all_by(|_| true) {
            let node = node.accesskit_node();
            names.extend(node.label().or_else(|| node.value()));
        }
        names.join(" | ")
    }

    pub(crate) fn key(&mut self, key: Key) {
        self.keys(Modifiers::NONE, key);
    }

    pub(crate) fn keys(&mut self, modifiers: Modifiers, key: Key) {
        self.window.key_press_modifiers(modifiers, key);
        self.settle();
    }

    pub(crate) fn types(&mut self, text: &str) {
        self.window.event(Event::Text(text.to_owned()));
        self.settle();
    }

    /// What a slow frame finds waiting: the harness would give each event a frame of its own.
    pub(crate) fn in_one_frame<const N: usize>(&mut self, events: [Event; N]) {
        self.window.input_mut().events.extend(events);
        self.settle();
    }

    pub(crate) fn settle(&mut self) {
        for _ in 0..3 {
            self.window.step();
        }
    }

    /// Goes to something by Tab alone.
    pub(crate) fn tab_to(&mut self, name: &str) {
        assert!(self.reaches(name, 60), "Tab does not reach {name}: {}", self.names());
    }

    /// Whether something is reached by so many Tabs.
    pub(crate) fn reaches(&mut self, name: &str, tabs: usize) -> bool {
        for _ in 0..tabs {
            let focused = self.window.query_all_by(|node| node.is_focused()).any(|node| {
                node.accesskit_node().label().is_some_and(|label| label.contains(name))
            });
            if focused {
                return true;
            }
            self.key(Key::Tab);
        }
        false
    }

    pub(crate) fn presses(&mut self, name: &str) {
        self.tab_to(name);
        self.key(Key::Space);
    }

    /// Meets a relay whose keys are wrong, twice.
    pub(crate) fn stops(&mut self, sentence: &str, advice: &str) {
        // A client that is quick meets the keys by its own next try.
        let stopped = |it: &Self| it.has("is not to be trusted");
        self.until("offline or stopped", |it| stopped(it) || it.has("Offline, next try"));
        if !stopped(self) {
            self.presses("Try now");
        }
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

    pub(crate) fn id(&self) -> Id {
        self.window.state().as_ref().unwrap().model().unwrap().own().unwrap().id
    }

    pub(crate) fn asks(&mut self, id: &str, nickname: &str) {
        self.keys(Modifiers::COMMAND, Key::N);
        self.types(id);
        self.key(Key::Enter);
        if !nickname.is_empty() {
            self.types(nickname);
        }
        self.key(Key::Enter);
    }

    pub(crate) fn says(&mut self, text: &str) {
        self.types(text);
        self.key(Key::Enter);
        self.sees(&format!(": {text}"));
    }

    pub(crate) fn sent(&self) -> Vec<String> {
        let model = self.window.state().as_ref().unwrap().model().unwrap();
        let lines = model.people().iter().flat_map(|person| {
            let conversation = person.conversation();
            conversation.places().filter_map(|place| conversation.at(place))
        });
        lines.map(|line| line.text.clone()).collect()
    }

    pub(crate) fn quits(mut self) {
        self.window.state_mut().as_mut().unwrap().close();
    }
}

fn collect_texts(shape: &egui::Shape, texts: &mut Vec<String>) {
    match shape {
        egui::Shape::Text(text) => texts.push(text.galley.text().to_owned()),
        egui::Shape::Vec(shapes) => shapes.iter().for_each(|it| collect_texts(it, texts)),
        _ => {}
    }
}

/// Two people with an open conversation.
pub(crate) fn two(relay: &Relay) -> (Person, Person) {
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
