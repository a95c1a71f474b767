//! Two headless clients and a relay, without sockets and with a clock of their own.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;

use bauta::crypto::password::Cost;
use bauta::crypto::sign::Curve;
use bauta::crypto::sign::SigningKey;
use bauta::handshake::SigningKeys;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::SignedKeySet;
use bauta::handshake::identity::VerifiedKeySet;
use bauta::id::Address as RelayAddress;
use bauta::id::Id;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::Limits;
use bauta::net::cell::Pace;
use bauta::net::cell::Policy;
use bauta::net::cell::RelayFrame;
use bauta::net::cell::Welcome;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::core::Core;
use bauta::net::client::core::Input;
use bauta::net::client::core::Job;
use bauta::net::client::core::Line;
use bauta::net::client::core::Output;
use bauta::net::client::event::Contact;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::Details;
use bauta::net::client::event::Message;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Notice;
use bauta::net::client::event::Refusal as CommandRefusal;
use bauta::net::client::event::Settings;
use bauta::net::client::profile::Kind;
use bauta::net::client::profile::Profile;
use bauta::signal::BodyAead;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tempfile::TempDir;

pub use super::relay::*;

pub const SECOND: u64 = 1_000;
pub const HOUR: u64 = 3_600 * SECOND;
pub const DAY: u64 = 24 * HOUR;
pub const START: u64 = 20_000 * DAY;

pub struct Person {
    pub folder: PathBuf,
    pub core: Option<Core<StdRng>>,
    pub id: Id,
    pub up: BTreeSet<Line>,
    pub shown: Vec<String>,
    pub matched: bool,
    pub notices: Vec<Notice>,
    pub delivered: BTreeSet<MessageId>,
    /// As it was told last.
    pub contact: Option<Contact>,
    /// Every message that is new, changed or gone, in order.
    pub changed: Vec<Message>,
    pub vanished: Vec<MessageId>,
    pub progress: BTreeMap<MessageId, Vec<MessageState>>,
    pub settings: Vec<Settings>,
    pub refusals: Vec<CommandRefusal>,
    /// Everything its front was told.
    pub told: Vec<Event>,
    /// The work that its driver was asked to do.
    pub job: Option<Job>,
    /// Its clock minus the relay's, in milliseconds.
    pub skew: i64,
    /// Ends the client in the middle of its next step: everything is committed, and so many of its
    /// outputs are released.
    pub cut: Option<usize>,
}

pub struct World {
    pub folder: TempDir,
    pub now: u64,
    pub seed: u64,
    pub relay: Relay,
    pub network: &'static SigningKey,
    pub verified: VerifiedKeySet,
    pub welcome: Welcome,
    pub people: [Person; 2],
    watch: Watch,
}

/// Sees what the relay sees: on whose connection, which frames at once, when.
pub type Watch = Box<dyn FnMut((usize, Line), Batch<'_>, u64)>;

/// Frames that are sent together.
pub enum Batch<'a> {
    FromClient(&'a [ClientFrame]),
    ToClient(&'a [RelayFrame]),
}

impl World {
    pub fn new() -> Self {
        Self::at(START)
    }

    /// A world that begins at a time.
    pub fn at(now: u64) -> Self {
        Self::between(["a", "b"], now, Box::new(|_, _, _| {}))
    }

    /// The same with people of these names, each of which has an ID of its own, under somebody's
    /// eyes.
    pub fn between(names: [&str; 2], now: u64, watch: Watch) -> Self {
        let folder = folder_in_memory();
        let (network, verified, welcome) = relay_keys();
        let people = names.map(|name| {
            let folder = folder.path().join(name);
            let core = open(&folder, now, 1).0;
            let id = core.own_id();
            Person {
                folder,
                core: Some(core),
                id,
                up: BTreeSet::new(),
                shown: Vec::new(),
                matched: false,
                notices: Vec::new(),
                delivered: BTreeSet::new(),
                contact: None,
                changed: Vec::new(),
                vanished: Vec::new(),
                progress: BTreeMap::new(),
                settings: Vec::new(),
                refusals: Vec::new(),
                told: Vec::new(),
                job: None,
                skew: 0,
                cut: None,
            }
        });
        let relay = Relay::default();
        let seed = 1;
        let mut world =
            Self { folder, now, seed, relay, network, verified, welcome, people, watch };
        world.connect(0);
        world.connect(1);
        world
    }

    /// What a person's clock says.
    pub fn clock(&self, who: usize) -> u64 {
        self.now.saturating_add_signed(self.people[who].skew)
    }

    pub fn connect(&mut self, who: usize) {
        for line in Line::SHARED {
            if self.people[who].up.insert(line) {
                let verified = Box::new(self.verified.clone());
                let welcome = Welcome { now: self.now / 1000, ..self.welcome.clone() };
                self.input(who, Input::Up(line, verified, Box::new(welcome)));
            }
        }
    }

    pub fn disconnect(&mut self, who: usize, line: Line) {
        if self.people[who].up.remove(&line) {
            self.relay.hang_up(who, line);
            self.input(who, Input::Down(line));
        }
    }

    pub fn input(&mut self, who: usize, input: Input) {
        let now = self.clock(who);
        let core = self.people[who].core.as_mut().unwrap();
        let ticks = matches!(input, Input::Tick);
        let mut output = core.handle(input, now).unwrap();
        assert!(!ticks || core.next_wake() >= now + SECOND, "{who} wants to be woken at once");
        if let Some(released) = self.people[who].cut.take() {
            output.truncate(released);
            self.pass_on(who, output);
            self.crash(who, None);
        } else {
            self.pass_on(who, output);
        }
    }

    pub fn pass_on(&mut self, who: usize, output: Vec<Output>) {
        let mut sent = BTreeMap::<Line, Vec<ClientFrame>>::new();
        for output in output {
            match output {
                Output::Event(event) => self.note(who, event),
                Output::Send(line, frame) => {
                    assert!(self.people[who].up.contains(&line), "sent while offline");
                    sent.entry(line).or_default().push(frame);
                }
                Output::Work(job) => {
                    assert!(self.people[who].job.replace(job).is_none(), "one work at a time");
                }
                Output::StopWork => self.people[who].job = None,
                Output::Join(_)
                | Output::Connect
                | Output::Redial(_)
                | Output::Halt
                | Output::File(..)
                | Output::Discard(..)
                | Output::Quit => {}
            }
        }
        for (line, frames) in sent {
            (self.watch)((who, line), Batch::FromClient(&frames), self.now);
            for frame in frames {
                self.relay.take(who, line, frame, self.now);
            }
        }
    }

    pub fn note(&mut self, who: usize, event: Event) {
        let person = &mut self.people[who];
        person.told.push(event.clone());
        match event {
            Event::Message(message) if message.state == MessageState::Received => {
                person.shown.push(message.text);
            }
            Event::Contact(contact) => {
                person.matched |= contact.state == ContactState::Matched;
                person.contact = Some(contact);
            }
            Event::Changed(message) => person.changed.push(message),
            Event::Vanished { message, .. } => person.vanished.push(message),
            Event::Settings(settings) => person.settings.push(settings),
            Event::Notice(notice) => person.notices.push(notice),
            Event::Progress { message, state, .. } => {
                if state == MessageState::Delivered {
                    person.delivered.insert(message);
                }
                person.progress.entry(message).or_default().push(state);
            }
            Event::Refused(refusal) => person.refusals.push(refusal),
            _ => {}
        }
    }

    pub fn ask(&mut self, who: usize) {
        let contact = self.people[1 - who].id.to_string();
        self.input(who, one(Command::Add { contact, nickname: None }));
    }

    pub fn say(&mut self, who: usize, text: &str) {
        let contact = self.people[1 - who].id;
        let text = text.to_owned();
        self.input(who, one(Command::Send { contact, text, reply_to: None }));
    }

    /// Lets at most `most` frames arrive on one connection. Whether there were any.
    pub fn arrive(&mut self, who: usize, line: Line, most: usize) -> bool {
        let Some(frames) = self.relay.on_the_way.get_mut(&(who, line)) else { return false };
        let rest = frames.split_off(frames.len().min(most));
        let frames = std::mem::replace(frames, rest);
        if frames.is_empty() {
            return false;
        }
        (self.watch)((who, line), Batch::ToClient(&frames), self.now);
        self.input(who, Input::Frames(line, frames));
        true
    }

    /// Lets everything arrive, and what is said in answer, some times over.
    pub fn arrive_all(&mut self, who: usize) {
        for _ in 0..5 {
            for line in Line::SHARED {
                self.arrive(who, line, usize::MAX);
            }
        }
    }

    /// Ends a client without its noticing. What it had just been about to say is lost with it.
    pub fn crash(&mut self, who: usize, in_the_middle: Option<Input>) {
        self.people[who].job = None;
        let now = self.clock(who);
        let person = &mut self.people[who];
        if let Some(input) = in_the_middle {
            // Committed, and nothing of it released.
            let _ = person.core.as_mut().unwrap().handle(input, now).unwrap();
        }
        self.stop(who);
        self.reopen(who);
    }

    /// A client that is not running.
    pub fn stop(&mut self, who: usize) {
        self.people[who].job = None;
        let person = &mut self.people[who];
        person.core = None;
        person.up.clear();
        Line::SHARED.into_iter().for_each(|line| self.relay.hang_up(who, line));
    }

    pub fn reopen(&mut self, who: usize) {
        self.seed += 1;
        let (core, output) = open(&self.people[who].folder, self.clock(who), self.seed);
        self.people[who].core = Some(core);
        self.pass_on(who, output);
    }

    pub fn pass(&mut self, time: u64) {
        self.now += time;
        self.relay.forget_expired(self.now);
        for who in 0..2 {
            self.input(who, Input::Tick);
        }
    }

    /// Everybody is online and everything arrives, for a while.
    pub fn settle(&mut self) {
        for _ in 0..10 {
            (0..2).for_each(|who| self.connect(who));
            loop {
                let arrived: Vec<bool> = [0, 1]
                    .into_iter()
                    .flat_map(|who| Line::SHARED.map(|line| (who, line)))
                    .map(|(who, line)| self.arrive(who, line, usize::MAX))
                    .collect();
                if !arrived.contains(&true) {
                    break;
                }
            }
            self.pass(15 * SECOND);
        }
    }

    /// Everything arrives at one of them, who answers; nothing at the other.
    pub fn settle_one(&mut self, who: usize) {
        self.connect(who);
        while Line::SHARED.into_iter().any(|line| self.arrive(who, line, usize::MAX)) {}
    }

    pub fn copy(&self, who: usize) {
        self.copy_as(who, "copy of");
    }

    pub fn copy_as(&self, who: usize, name: &str) {
        let copy = self.folder.path().join(format!("{name} {who}"));
        let _ = fs::remove_dir_all(&copy);
        copy_folder(&self.people[who].folder, &copy);
    }

    pub fn restore(&mut self, who: usize) -> bool {
        self.restore_from(who, "copy of")
    }

    pub fn restore_from(&mut self, who: usize, name: &str) -> bool {
        let copy = self.folder.path().join(format!("{name} {who}"));
        if !copy.exists() {
            return false;
        }
        self.stop(who);
        fs::remove_dir_all(&self.people[who].folder).unwrap();
        copy_folder(&copy, &self.people[who].folder);
        self.reopen(who);
        true
    }

    /// Something that is to be done, and not refused.
    pub fn command(&mut self, who: usize, command: impl FnOnce(Id) -> Command) {
        let command = command(self.people[1 - who].id);
        let name = format!("{command:?}");
        self.people[who].refusals.clear();
        self.input(who, one(command));
        let refusals = &self.people[who].refusals;
        assert!(refusals.is_empty(), "{name}: {}", refusals[0]);
    }

    /// Why something is refused.
    pub fn refused(&mut self, who: usize, command: impl FnOnce(Id) -> Command) -> CommandRefusal {
        let command = command(self.people[1 - who].id);
        self.people[who].refusals.clear();
        self.input(who, one(command));
        let mut refusals = std::mem::take(&mut self.people[who].refusals);
        assert_eq!(refusals.len(), 1);
        refusals.remove(0)
    }

    /// Says something; what it is called.
    pub fn tell(&mut self, who: usize, text: &str) -> MessageId {
        self.say(who, text);
        self.messages(who).last().unwrap().id
    }

    pub fn edit(&mut self, who: usize, message: MessageId, text: &str) {
        let text = text.to_owned();
        self.command(who, |contact| Command::Edit { contact, message, text });
    }

    pub fn delete(&mut self, who: usize, message: MessageId, for_both: bool) {
        self.command(who, |contact| Command::Delete { contact, message, for_both });
    }

    pub fn react(&mut self, who: usize, message: MessageId, reaction: Option<&str>) {
        let reaction = reaction.map(str::to_owned);
        self.command(who, |contact| Command::React { contact, message, reaction });
    }

    pub fn see(&mut self, who: usize, message: MessageId) {
        self.command(who, |contact| Command::Seen { contact, message });
    }

    pub fn timer(&mut self, who: usize, seconds: Option<u32>) {
        self.command(who, |contact| Command::Timer { contact, seconds });
    }

    /// The message, if it is in the history.
    pub fn message(&mut self, who: usize, id: MessageId) -> Option<Message> {
        self.messages(who).into_iter().find(|message| message.id == id)
    }

    /// Whether any row of a profile, opened, has these bytes in it.
    pub fn on_disk(&mut self, who: usize, needle: &str) -> bool {
        self.stop(who);
        let profile = profile(&self.people[who].folder);
        let found = KINDS.iter().any(|kind| {
            let rows = profile.rows(*kind).unwrap();
            rows.iter().any(|(_, row)| {
                row.expose().windows(needle.len()).any(|window| window == needle.as_bytes())
            })
        });
        drop(profile);
        self.reopen(who);
        found
    }

    /// How many rows of a kind a profile has.
    pub fn rows(&mut self, who: usize, kind: Kind) -> usize {
        self.stop(who);
        let profile = profile(&self.people[who].folder);
        let count = profile.rows(kind).unwrap().len();
        drop(profile);
        self.reopen(who);
        count
    }

    /// What is on a client's disk, opened. The client does not notice.
    pub fn disk(&self, who: usize) -> Disk {
        let copy = self.folder.path().join(format!("look at {who}"));
        disk_of(&self.people[who].folder, &copy)
    }

    /// How somebody's conversation is protected, as the front is told.
    pub fn details(&mut self, who: usize) -> Details {
        let contact = self.people[1 - who].id;
        let told = self.look(who, Command::Details { contact });
        let details = told.into_iter().find_map(|event| match event {
            Event::Details(details) => Some(details),
            _ => None,
        });
        details.unwrap()
    }

    /// Whether each has a session of any kind.
    pub fn has_begun(&mut self) -> bool {
        [0, 1]
            .map(|who| self.details(who))
            .iter()
            .all(|details| details.session.is_some() || details.older_sessions > 0)
    }

    /// The texts of the history, oldest first.
    pub fn history(&mut self, who: usize) -> Vec<(String, MessageState)> {
        self.messages(who).into_iter().map(|m| (m.text, m.state)).collect()
    }

    /// The history, oldest first.
    pub fn messages(&mut self, who: usize) -> Vec<Message> {
        let contact = self.people[1 - who].id;
        let told = self.look(who, Command::History { contact, before: None, limit: 1000 });
        let history = told.into_iter().find_map(|event| match event {
            Event::History { messages, .. } => Some(messages),
            _ => None,
        });
        history.unwrap_or_default()
    }

    /// What a front is told that only looks: that is nothing that happens to the client.
    fn look(&mut self, who: usize, command: Command) -> Vec<Event> {
        let cut = self.people[who].cut.take();
        let before = self.people[who].told.len();
        self.input(who, one(command));
        self.people[who].cut = cut;
        self.people[who].told[before..].to_vec()
    }
}

/// The rows of a profile, opened.
pub type Disk = BTreeMap<(Kind, Vec<u8>), Vec<u8>>;

/// Keys of a relay, and how it greets.
pub fn relay_keys() -> (&'static SigningKey, VerifiedKeySet, Welcome) {
    static KEYS: OnceLock<(SigningKey, VerifiedKeySet, Welcome)> = OnceLock::new();
    let (network, verified, welcome) = KEYS.get_or_init(|| {
        let mut rng = StdRng::seed_from_u64(7);
        let network = SigningKey::generate(Curve::P521, &mut rng);
        let keys = SigningKeys::generate(&mut rng).unwrap();
        let signed = SignedKeySet::sign(&network, &KeySet::new(1, &keys)).unwrap();
        let welcome = Welcome {
            versions: vec![1],
            network_key: signed.network_key().to_vec(),
            key_set: signed.key_set().to_vec(),
            signature: signed.signature().to_vec(),
            now: START / 1000,
            retention: RETENTION_S,
            limits: Limits {
                envelopes_per_mailbox: 1024,
                subscriptions: 4096,
                window: 64,
                idle: 600,
                pace: Pace::SECOND,
            },
            policy: Policy::default(),
        };
        (network, signed.verify(None).unwrap(), welcome)
    });
    (network, verified.clone(), welcome.clone())
}

/// A folder for profiles, where a commit waits for no disk if there is such a place.
fn folder_in_memory() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// One command as an input.
pub fn one(command: Command) -> Input {
    Input::Commands(vec![command])
}

pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The profile of a client that is not running.
fn profile(folder: &Path) -> Profile {
    let mut rng = StdRng::seed_from_u64(9);
    Profile::open(folder, None, Cost::LEAST, &mut rng).unwrap()
}

/// Every row of a profile by its kind and id, read from a copy of it.
pub fn disk_of(folder: &Path, copy: &Path) -> Disk {
    let _ = fs::remove_dir_all(copy);
    copy_folder(folder, copy);
    let profile = profile(copy);
    let rows = KINDS.into_iter().flat_map(|kind| {
        let rows = profile.rows(kind).unwrap().into_iter();
        rows.map(move |(id, row)| ((kind, id), row.expose().to_vec()))
    });
    rows.collect()
}

pub fn open(folder: &Path, now: u64, seed: u64) -> (Core<StdRng>, Vec<Output>) {
    let name = folder.file_name().unwrap().as_encoded_bytes()[0];
    let mut rng = StdRng::seed_from_u64(seed * 1000 + u64::from(name));
    let profile = Profile::open(folder, None, Cost::LEAST, &mut rng).unwrap();
    let address: RelayAddress = "relay.example".parse().unwrap();
    Core::open(profile, address, BodyAead::Aes256Gcm, false, rng, now).unwrap()
}

/// Both ask, and are matched.
pub fn talk(world: &mut World) {
    world.ask(0);
    world.ask(1);
    world.settle();
    assert!(world.people[0].matched && world.people[1].matched);
}

/// All of them.
pub const KINDS: [Kind; 20] = [
    Kind::Identity,
    Kind::Network,
    Kind::Contact,
    Kind::Mark,
    Kind::Session,
    Kind::Bundle,
    Kind::Outgoing,
    Kind::Put,
    Kind::Message,
    Kind::Seen,
    Kind::Held,
    Kind::Farewell,
    Kind::Due,
    Kind::Part,
    Kind::Join,
    Kind::Early,
    Kind::Fuse,
    Kind::Settings,
    Kind::File,
    Kind::Leftover,
];
