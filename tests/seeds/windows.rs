//! S000: two windows on a display that nobody looks at, typed into as a person types. What they
//! show is read in `tests/ui`; here it is what they did, by the relay's counts and the profiles.

use std::io::Read as _;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use bauta::net::local::Network;
use bauta::net::local::Place;
use bauta::net::server::Counters;
use tempfile::tempdir;
use tokio::runtime::Runtime;

use crate::processes::Lines;
use crate::processes::Person;
use crate::processes::client;
use crate::processes::deadline;
use crate::processes::now;
use crate::texts;

/// A display without a screen.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    /// None if what it takes is not installed.
    fn new() -> Option<Self> {
        let installed = |program: &str| {
            let found = Command::new(program).arg("-version").output().is_ok();
            let required = std::env::var_os("BAUTA_REQUIRE_ALL").is_some();
            assert!(found || !required, "{program} is not installed");
            if !found {
                eprintln!("skipped: {program} not installed");
            }
            found
        };
        if !installed("Xvfb") || !installed("xdotool") {
            return None;
        }
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "2000x700x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let number = Lines::of(server.stdout.take().unwrap()).next(deadline()).unwrap();
        Some(Self { server, name: format!(":{}", number.trim()) })
    }

    /// Does something with keys and windows; what it says.
    fn tool(&self, arguments: &[&str]) -> String {
        let mut tool = Command::new("xdotool");
        let output = tool.args(arguments).env("DISPLAY", &self.name).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A relay that can be asked how much has passed.
struct Relay {
    runtime: Runtime,
    network: Network,
}

impl Relay {
    fn new(folder: &Path) -> Self {
        let runtime = Runtime::new().unwrap();
        let keys = folder.join("keys");
        let network = Network::start(&keys, Place::Memory, 0);
        let network = runtime.block_on(network).unwrap();
        Self { runtime, network }
    }

    fn address(&self) -> String {
        self.network.address().to_string()
    }

    fn until(&self, what: &str, is_so: impl Fn(Counters) -> bool) {
        self.until_doing(what, is_so, || thread::sleep(Duration::from_millis(20)));
    }

    fn until_doing(&self, what: &str, is_so: impl Fn(Counters) -> bool, again: impl Fn()) {
        let deadline = deadline();
        while !is_so(self.network.counters()) {
            assert!(now() < deadline, "no {what}: {:?}", self.network.counters());
            again();
        }
    }

    /// Waits until everything that was put, and at least so much, has been fetched.
    fn fetched(&self, least: u64) {
        self.until("end", |so| so.stored >= least && so.stored == so.acknowledged);
    }
}

/// A window with a client behind it.
struct Window<'a> {
    display: &'a Display,
    child: Child,
    name: String,
}

impl<'a> Window<'a> {
    fn open(display: &'a Display, relay: &Relay, profile: &Path, left: &str) -> Self {
        let connections = relay.network.counters().connections;
        let child = client()
            .arg("-profile")
            .arg(profile)
            .arg(relay.address())
            .env("DISPLAY", &display.name)
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut window = Self { display, child, name: String::new() };
        window.name = window.find();
        // Side by side: one that is covered draws nothing, and so takes no keys.
        display.tool(&["windowmove", &window.name, left, "0"]);
        relay.until("connections", |so| so.connections >= connections + 2);
        window
    }

    fn find(&mut self) -> String {
        let (deadline, pid) = (deadline(), self.child.id().to_string());
        loop {
            let mut search = Command::new("xdotool");
            search.args(["search", "--onlyvisible", "--pid", &pid]);
            let found = search.env("DISPLAY", &self.display.name).output().unwrap();
            let found = String::from_utf8(found.stdout).unwrap();
            if let Some(window) = found.lines().last() {
                return window.to_owned();
            }
            if self.child.try_wait().unwrap().is_some() || now() > deadline {
                let mut said = String::new();
                let _ = self.child.kill();
                self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
                panic!("no window: {said}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn keys(&self, keys: &[&str]) {
        // There is no window manager: whoever is to be typed at is told so.
        self.display.tool(&["windowfocus", "--sync", &self.name]);
        for key in keys {
            self.display.tool(&["key", key]);
            // A person looks before typing on: what a key opens is there in the next frame.
            thread::sleep(Duration::from_millis(500));
        }
    }

    fn types(&self, text: &str) {
        self.keys(&[]);
        self.display.tool(&["type", "--delay", "15", text]);
    }

    /// Enter, until something comes of it: a slow frame takes two as one, and one too many does
    /// nothing.
    fn enters(&self, relay: &Relay) {
        let before = relay.network.counters().stored;
        relay.until_doing("envelope", |so| so.stored > before, || self.keys(&["Return"]));
    }

    fn asks(&self, relay: &Relay, id: &str) {
        self.keys(&["ctrl+n"]);
        self.types(id);
        self.enters(relay);
    }

    fn says(&self, relay: &Relay, text: &str) {
        self.types(text);
        self.enters(relay);
    }

    fn quits(mut self) {
        self.keys(&["ctrl+q"]);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn two_windows_on_a_display_talk_both_ways_and_return_to_what_was_said() {
    let Some(display) = Display::new() else { return };
    let folder = tempdir().unwrap();
    let profile = |name: &str| folder.path().join(name);
    let relay = Relay::new(folder.path());
    let [a_id, b_id] = ["a", "b"].map(|name| {
        let person = Person::start(&profile(name), &relay.address());
        let id = person.id.clone();
        person.quit();
        id
    });

    let a = Window::open(&display, &relay, &profile("a"), "0");
    let b = Window::open(&display, &relay, &profile("b"), "1000");
    a.asks(&relay, &b_id);
    b.asks(&relay, &a_id);
    // Two requests, and what tells each of the other.
    relay.fetched(3);
    for (window, text) in [(&a, "from the first window"), (&b, "from the second window")] {
        let before = relay.network.counters().stored;
        window.says(&relay, text);
        relay.fetched(before + 1);
    }
    a.quits();
    b.quits();

    let a = Window::open(&display, &relay, &profile("a"), "0");
    a.keys(&["alt+Down"]);
    a.says(&relay, "and from the first again");
    a.quits();
    let all = ["from the first window", "from the second window", "and from the first again"];
    let mut b = Person::online(&profile("b"), &relay.address(), &[]);
    b.hears(&a_id, all[2]);
    assert_eq!(texts(&mut b, &a_id), all);
    b.quit();
    let mut a = Person::start(&profile("a"), &relay.address());
    assert_eq!(texts(&mut a, &b_id), all);
    a.quit();
    let Relay { runtime, network } = relay;
    runtime.block_on(network.stop()).unwrap();
}
