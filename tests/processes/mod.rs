//! The real programs as processes: a relay, and people who speak JSON lines. Every wait is bounded.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::fs;
use std::fs::File;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::ChildStdin;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

/// How long anything may take on a slow, busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// The lines that a process writes, as they come; disconnected at their end.
pub struct Lines(Receiver<String>);

impl Lines {
    pub fn of(output: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self(receiver)
    }

    /// The next line; `None` at the end.
    ///
    /// # Panics
    /// If there is neither in time.
    pub fn next(&self, deadline: Instant) -> Option<String> {
        match self.0.recv_timeout(deadline.saturating_duration_since(now())) {
            Ok(line) => Some(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("no line in time"),
        }
    }

    /// The first line with `part` in it, and everything before it.
    pub fn until(&self, part: &str) -> String {
        let (deadline, mut all) = (deadline(), String::new());
        loop {
            let line = self.next(deadline).unwrap_or_else(|| panic!("no {part:?} in:\n{all}"));
            all.push_str(&line);
            all.push('\n');
            if line.contains(part) {
                return all;
            }
        }
    }

    /// Everything to the end.
    pub fn rest(&self) -> Vec<String> {
        let deadline = deadline();
        std::iter::from_fn(|| self.next(deadline)).collect()
    }
}

/// A test's own clock: only to bound its waits.
#[expect(clippy::disallowed_methods, reason = "tests bound their waits by the real clock")]
pub fn now() -> Instant {
    Instant::now()
}

pub fn deadline() -> Instant {
    now() + PATIENCE
}

pub fn server() -> Command {
    command(env!("CARGO_BIN_EXE_server"))
}

pub fn client() -> Command {
    command(env!("CARGO_BIN_EXE_client"))
}

fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_remove("RUST_LOG").env_remove("BAUTA_PASSPHRASE").env("TZ", "UTC");
    command
}

/// A relay with its keys, store and log in a folder.
pub struct Relay {
    child: Child,
    pub folder: PathBuf,
    pub port: u16,
    /// `host:port#fingerprint`.
    pub address: String,
}

impl Relay {
    /// A new relay on a free port.
    pub fn new(folder: &Path) -> Self {
        Self::start(folder, 0, &[])
    }

    pub fn start(folder: &Path, port: u16, more: &[&str]) -> Self {
        Self::by(server(), folder, port, more)
    }

    /// The same, by this command.
    pub fn by(command: Command, folder: &Path, port: u16, more: &[&str]) -> Self {
        Self::greeted(Self::spawn(command, folder, port, more), folder)
    }

    /// The same with its store elsewhere.
    pub fn on_store(command: Command, folder: &Path, store: &Path) -> Self {
        Self::greeted(Self::spawn_on(command, folder, store, 0, &[]), folder)
    }

    fn greeted(mut child: Child, folder: &Path) -> Self {
        let lines = Lines::of(child.stdout.take().unwrap());
        let said = lines.until("Hand out");
        let address = said.lines().find_map(|line| line.strip_prefix("Address")).unwrap();
        let address = address.trim().to_owned();
        let place = address.split('#').next().unwrap();
        let port = place.rsplit(':').next().unwrap().parse().unwrap();
        Self { child, folder: folder.to_owned(), port, address }
    }

    /// A relay that may end before it serves.
    pub fn spawn(command: Command, folder: &Path, port: u16, more: &[&str]) -> Child {
        Self::spawn_on(command, folder, &folder.join("relay.sqlite"), port, more)
    }

    fn spawn_on(
        mut command: Command,
        folder: &Path,
        store: &Path,
        port: u16,
        more: &[&str],
    ) -> Child {
        fs::create_dir_all(folder).unwrap();
        let log = File::options().create(true).append(true).open(folder.join("log")).unwrap();
        command
            .args(["-host", "127.0.0.1", "-port", &port.to_string(), "-keys"])
            .arg(folder.join("keys"))
            .arg("-store")
            .arg(store)
            .args(more)
            .env("RUST_LOG", "trace")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has ended by itself.
    pub fn ends(mut self) -> ExitStatus {
        let deadline = deadline();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(now() < deadline, "the relay does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn fingerprint(&self) -> &str {
        self.address.split('#').nth(1).unwrap()
    }

    /// kill -9.
    pub fn kill(mut self) -> (PathBuf, u16) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        (self.folder.clone(), self.port)
    }

    /// kill -9, and the same relay again on the same port.
    pub fn crash_and_restart(self) -> Self {
        let (folder, port) = self.kill();
        Self::start(&folder, port, &[])
    }

    /// `q` and Enter.
    pub fn stop(mut self) -> (PathBuf, u16) {
        self.child.stdin.take().unwrap().write_all(b"q\n").unwrap();
        assert!(self.child.wait().unwrap().success());
        (self.folder.clone(), self.port)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody with a client that speaks JSON lines.
pub struct Person {
    child: Child,
    input: ChildStdin,
    lines: Lines,
    /// Everything the client said in this life.
    pub said: Vec<Value>,
    /// What no `expect` has taken yet.
    waiting: Vec<Value>,
    pub id: String,
    pub profile: PathBuf,
}

impl Person {
    /// Somebody with a profile, new or not.
    pub fn start(profile: &Path, place: &str) -> Self {
        Self::with(profile, place, &[])
    }

    pub fn with(profile: &Path, place: &str, more: &[&str]) -> Self {
        Self::by(client(), profile, place, more)
    }

    /// The same, by this command.
    pub fn by(command: Command, profile: &Path, place: &str, more: &[&str]) -> Self {
        let mut child = Self::spawn(command, profile, place, more);
        let input = child.stdin.take().unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        let mut person = Self {
            child,
            input,
            lines,
            said: Vec::new(),
            waiting: Vec::new(),
            id: String::new(),
            profile: profile.to_owned(),
        };
        assert_eq!(person.expect("hello", |_| true)["bauta"], 1);
        person.id = text(&person.expect("ready", |_| true)["id"]);
        person
    }

    fn spawn(mut command: Command, profile: &Path, place: &str, more: &[&str]) -> Child {
        fs::create_dir_all(profile.parent().unwrap()).unwrap();
        let log = profile.with_extension("log");
        let log = File::options().create(true).append(true).open(log).unwrap();
        command
            .args(["-json", "-profile"])
            .arg(profile)
            .args(more)
            .arg(place)
            .env("RUST_LOG", "trace")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// A life that ends by kill -9 wherever in its beginning it is then. What it said.
    pub fn brief(profile: &Path, place: &str, life: Duration) -> Vec<Value> {
        let mut child = Self::spawn(client(), profile, place, &[]);
        let lines = Lines::of(child.stdout.take().unwrap());
        thread::sleep(life);
        child.kill().unwrap();
        child.wait().unwrap();
        lines.rest().iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The same, and connected.
    pub fn online(profile: &Path, place: &str, more: &[&str]) -> Self {
        let mut person = Self::with(profile, place, more);
        person.connected();
        person
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn connected(&mut self) {
        self.expect("link", |link| link["state"] == "connected");
    }

    /// Writes a command.
    pub fn tell(&mut self, command: &Value) {
        writeln!(self.input, "{command}").unwrap();
    }

    pub fn add(&mut self, id: &str) {
        self.tell(&json!({"command": "add", "contact": id}));
    }

    pub fn send(&mut self, id: &str, text: &str) {
        self.tell(&json!({"command": "send", "contact": id, "text": text}));
    }

    /// The first event of this kind that fits and was not taken before.
    pub fn expect(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let wanted = |event: &Value| event["event"] == kind && fits(event);
        if let Some(at) = self.waiting.iter().position(wanted) {
            return self.waiting.remove(at);
        }
        let deadline = deadline();
        loop {
            let event = self.next(deadline);
            if wanted(&event) {
                return event;
            }
            self.waiting.push(event);
        }
    }

    /// The next event that no `expect` has taken, if it comes in time.
    pub fn next_within(&mut self, patience: Duration) -> Option<Value> {
        if !self.waiting.is_empty() {
            return Some(self.waiting.remove(0));
        }
        match self.lines.0.recv_timeout(patience) {
            Ok(line) => {
                let event: Value = serde_json::from_str(&line).unwrap();
                self.said.push(event.clone());
                Some(event)
            }
            Err(mpsc::RecvTimeoutError::Timeout) => None,
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                panic!("{} has ended: {:#?}", self.profile.display(), self.tail())
            }
        }
    }

    fn next(&mut self, deadline: Instant) -> Value {
        let line = self.lines.0.recv_timeout(deadline.saturating_duration_since(now()));
        let line = line.unwrap_or_else(|error| {
            panic!("{error}; {} said so far: {:#?}", self.profile.display(), self.tail())
        });
        let event: Value = serde_json::from_str(&line).unwrap();
        self.said.push(event.clone());
        event
    }

    fn tail(&self) -> &[Value] {
        &self.said[self.said.len().saturating_sub(12)..]
    }

    pub fn matched(&mut self, id: &str) {
        self.expect("contact", |contact| contact["contact"] == id && contact["state"] == "matched");
    }

    /// Waits for a text from somebody.
    pub fn hears(&mut self, from: &str, text: &str) -> Value {
        self.expect("message", |message| {
            message["contact"] == from && message["state"] == "received" && message["text"] == text
        })
    }

    /// Waits until the text that was sent is with its reader.
    pub fn delivered(&mut self, to: &str, text: &str) {
        let own = |message: &Value| {
            message["contact"] == to && message["state"] != "received" && message["text"] == text
        };
        let message = self.expect("message", own)["message"].clone();
        self.expect("progress", |progress| {
            progress["message"] == message && progress["state"] == "delivered"
        });
    }

    /// Waits until the relay holds the request for somebody.
    pub fn kept(&mut self, id: &str) {
        self.expect("contact", |contact| {
            contact["contact"] == id && contact["state"] == "asked" && contact["lapses"].is_u64()
        });
    }

    /// Waits until the relay has a text that was sent.
    pub fn on_relay(&mut self, said: &str) {
        let own = |message: &Value| message["text"] == said && message["state"] != "received";
        let message = self.expect("message", own)["message"].clone();
        self.expect("progress", |progress| {
            progress["message"] == message
                && (progress["state"] == "on_relay" || progress["state"] == "delivered")
        });
    }

    /// All messages with somebody that the profile keeps, the oldest first.
    pub fn history(&mut self, with: &str) -> Vec<Value> {
        self.tell(&json!({"command": "history", "contact": with, "limit": 10_000}));
        let answer = self.expect("history", |history| history["contact"] == with);
        assert_eq!(answer["more"], false);
        answer["messages"].as_array().unwrap().clone()
    }

    /// `quit`, to the end of the process. Returns everything that was said.
    pub fn quit(mut self) -> Vec<Value> {
        self.tell(&json!({"command": "quit"}));
        let closed = self.expect("closed", |_| true);
        assert_eq!(closed["reason"], Value::Null);
        assert!(self.lines.rest().is_empty(), "closed is the last event");
        assert!(self.child.wait().unwrap().success());
        std::mem::take(&mut self.said)
    }

    /// kill -9. Returns everything that was said, to the last line that came through.
    pub fn kill(mut self) -> Vec<Value> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let lines = self.lines.rest();
        // A line that was cut is no event.
        let events = lines.iter().filter_map(|line| serde_json::from_str(line).ok());
        let mut said = std::mem::take(&mut self.said);
        said.extend(events);
        said
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Both ask, both are matched, both write and both see their text arrive.
pub fn talk(a: &mut Person, b: &mut Person) {
    let (a_id, b_id) = (a.id.clone(), b.id.clone());
    a.add(&b_id);
    b.add(&a_id);
    a.send(&b_id, "hello, is this you?");
    b.hears(&a_id, "hello, is this you?");
    b.matched(&a_id);
    b.send(&a_id, "yes");
    a.hears(&b_id, "yes");
    a.matched(&b_id);
    a.delivered(&b_id, "hello, is this you?");
    b.delivered(&a_id, "yes");
}

/// The texts that came from somebody, in the order they were shown.
pub fn received(said: &[Value], from: &str) -> Vec<String> {
    let from_them = said.iter().filter(|event| {
        event["event"] == "message" && event["contact"] == from && event["state"] == "received"
    });
    from_them.map(|event| text(&event["text"])).collect()
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files
}

const ZEROS: [u8; 4_096] = [0; 4_096];

/// The files below a folder, or that file, which hold any of the needles, and which.
pub fn found(place: &Path, needles: &[(&str, Vec<u8>)]) -> Vec<String> {
    let files = if place.is_dir() { files(place) } else { vec![place.to_owned()] };
    let mut found = Vec::new();
    for file in files {
        let bytes = fs::read(&file).unwrap();
        // What a store holds back of the disk is long, and zeros: no needle is.
        if bytes.chunks(ZEROS.len()).all(|chunk| *chunk == ZEROS[..chunk.len()]) {
            continue;
        }
        for (name, needle) in needles {
            assert!(needle.len() >= 8, "{name} could be found by chance");
            if bytes.windows(needle.len()).any(|window| window == needle) {
                found.push(format!("{name} in {}", file.display()));
            }
        }
    }
    found
}
