//! The driver: the one task that owns the core, its two connections, and the clock.
//!
//! ```text
//!   front ── commands ──►  task ── frames ──►  wire (rendezvous)     ──► relay
//!         ◄── events ────       ◄─ reports ──  wire (conversations)
//! ```
//!
//! The driver's loop is this: take one input, hand it to the core, pass on everything that comes
//! out, wait for the next. It never waits for the front: events that the front has not taken are
//! kept, and while there are many, nothing more is read from the relay.

use core::time::Duration;

use rand::RngExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::core::Core;
use super::core::Input;
use super::core::Output;
use super::core::Role;
use super::event::Command;
use super::event::Event;
use super::event::Failure;
use super::event::Link;
use super::event::OfflineReason;
use super::exposure::Ledger;
use super::options::ChannelOptions;
use super::profile::ProfileError;
use super::solver::Solver;
use super::untaken::Untaken;
use super::wire;
use super::wire::Known;
use super::wire::Origin;
use super::wire::Plan;
use super::wire::Report;
use crate::crypto::CryptoRng;
use crate::crypto::puzzle::Solution;
use crate::id::Address;
use crate::net::cell::ClientFrame;
use crate::net::cell::RelayFrame;
use crate::net::clock;

/// The driver's state.
pub(super) struct Task<R> {
    core: Core<R>,
    address: Address,
    channel: ChannelOptions,
    /// What the relay can see.
    ledger: Ledger,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    /// Events that the front has not taken.
    untaken: Untaken,
    reports: mpsc::Receiver<(Origin, Report)>,
    reporter: mpsc::Sender<(Origin, Report)>,
    /// A report that was met while others were collected.
    behind: Option<(Origin, Report)>,
    wires: [Wire; 2],
    /// The secret of a private network.
    join: Known,
    /// The work that is under way.
    solver: Option<Solver>,
    link: Option<Link>,
    /// Nothing connects until a person says so: an untrusted relay answers.
    halted: bool,
    quit_by: Option<Instant>,
}

/// One of the two connections.
struct Wire {
    role: Role,
    /// Counts the connections that were made.
    serial: u64,
    frames: Option<mpsc::Sender<Vec<ClientFrame>>>,
    serving: Option<JoinHandle<()>>,
    up: bool,
    failures: u32,
    next_attempt: Instant,
}

/// What wakes the driver.
enum Wake {
    Command(Option<Command>),
    Report(Origin, Report),
    Worked([u8; 16], Option<Solution>),
    Taken,
    Time,
}

impl<R: CryptoRng> Task<R> {
    pub(super) fn new(
        core: Core<R>,
        (address, ledger): (Address, Ledger),
        channel: ChannelOptions,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let (reporter, reports) = mpsc::channel(REPORTS);
        let wires = Role::ALL.map(|role| Wire {
            role,
            serial: 0,
            frames: None,
            serving: None,
            up: false,
            failures: 0,
            next_attempt: Instant::now(),
        });
        Self {
            core,
            address,
            channel,
            ledger,
            commands,
            events,
            untaken: Untaken::default(),
            reports,
            reporter,
            behind: None,
            wires,
            join: Known::default(),
            solver: None,
            link: None,
            halted: false,
            quit_by: None,
        }
    }

    /// Runs until the front is gone or wants to quit, or the profile fails.
    pub(super) async fn run(mut self, first: Vec<Output>) {
        // Nothing is connected yet: nothing can end.
        let _ = self.pass_on(first);
        let reason = match self.drive().await {
            Ok(()) => None,
            Err(ProfileError::Damaged) => Some(Failure::Damaged),
            Err(_) => Some(Failure::Disk),
        };
        self.hang_up().await;
        // The profile is closed before the front is told that it is.
        let Self { core, events, mut untaken, .. } = self;
        drop(core);
        untaken.push(Event::Closed { reason });
        while let Some(event) = untaken.pop() {
            if events.send(event).await.is_err() {
                return;
            }
        }
    }

    async fn drive(&mut self) -> Result<(), ProfileError> {
        loop {
            self.connect();
            if self.may_end() {
                return Ok(());
            }
            let wake = match self.behind.take() {
                Some((origin, report)) => Wake::Report(origin, report),
                None => self.wait().await,
            };
            match wake {
                Wake::Command(Some(command)) => {
                    let commands = self.more_commands(command);
                    self.input(Input::Commands(commands))?;
                }
                Wake::Command(None) => self.quit(),
                Wake::Report(origin, report) => self.report(origin, report)?,
                Wake::Worked(id, solution) => {
                    self.solver = None;
                    self.input(Input::Worked(id, solution))?;
                }
                Wake::Taken => {}
                Wake::Time => self.input(Input::Tick)?,
            }
        }
    }

    async fn wait(&mut self) -> Wake {
        let at = self.next_wake();
        let reading = self.untaken.has_room();
        let quitting = self.quit_by.is_some();
        tokio::select! {
            command = self.commands.recv(), if !quitting => Wake::Command(command),
            Some((origin, report)) = self.reports.recv(), if reading => {
                Wake::Report(origin, report)
            }
            permit = self.events.reserve(), if !self.untaken.is_empty() => {
                match permit {
                    Ok(permit) => {
                        if let Some(event) = self.untaken.pop() {
                            permit.send(event);
                        }
                        Wake::Taken
                    }
                    Err(_) => Wake::Command(None),
                }
            }
            (id, solution) = solved(&mut self.solver) => Wake::Worked(id, solution),
            () = tokio::time::sleep_until(at) => Wake::Time,
        }
    }

    fn next_wake(&self) -> Instant {
        let now_ms = clock::unix_ms();
        let core = Duration::from_millis(self.core.next_wake().saturating_sub(now_ms));
        let attempts = self.wires.iter().filter(|wire| self.may_connect(wire));
        let attempts = attempts.map(|wire| wire.next_attempt);
        attempts
            .chain(self.quit_by)
            .chain([Instant::now() + core])
            .min()
            .unwrap_or_else(Instant::now)
    }

    /// Hands an input to the core, and passes on what comes out.
    fn input(&mut self, input: Input) -> Result<(), ProfileError> {
        let output = self.core.handle(input, clock::unix_ms())?;
        // A connection that was given up for what it was to be told is down for the core too.
        for role in self.pass_on(output) {
            let output = self.core.handle(Input::Down(role), clock::unix_ms())?;
            self.pass_on(output);
        }
        Ok(())
    }

    /// Tells and sends. Which connections ended by it.
    fn pass_on(&mut self, output: Vec<Output>) -> Vec<Role> {
        let mut frames: [Vec<ClientFrame>; 2] = Default::default();
        let [rendezvous, conversations] = &mut frames;
        let mut quit = false;
        let mut connect = false;
        let mut redial = Vec::new();
        let mut halt = false;
        for output in output {
            match output {
                Output::Event(event) => self.untaken.push(event),
                Output::Send(Role::Rendezvous, frame) => rendezvous.push(frame),
                Output::Send(Role::Conversations, frame) => conversations.push(frame),
                Output::Work(job) => self.solver = Some(Solver::start(job)),
                Output::StopWork => self.solver = None,
                Output::Join(secret) => {
                    self.join.set(secret);
                    // What was begun without it may only now hear that it was wanted.
                    redial.extend(Role::ALL);
                }
                Output::Connect => connect = true,
                Output::Redial(role) => redial.push(role),
                Output::Halt => halt = true,
                Output::Quit => quit = true,
            }
        }
        let mut ended = Vec::new();
        for (wire, frames) in self.wires.iter_mut().zip(frames) {
            if !wire.send(frames) {
                ended.push(wire.role);
            }
        }
        for role in redial {
            self.wire(role).give_up();
            ended.push(role);
        }
        if halt {
            self.halt();
            ended = Role::ALL.to_vec();
        }
        if connect {
            self.halted = false;
            self.wires.iter_mut().for_each(|wire| wire.next_attempt = Instant::now());
        }
        if quit {
            self.quit();
        }
        ended
    }

    fn report(&mut self, origin: Origin, report: Report) -> Result<(), ProfileError> {
        let role = origin.role;
        // A connection that was given up has nothing to say.
        if self.wire(role).serial != origin.serial {
            return Ok(());
        }
        match report {
            Report::Up(verified, welcome) => {
                self.wire(role).came_up();
                self.input(Input::Up(role, verified, welcome))?;
                self.tell_link();
                Ok(())
            }
            Report::Frames(frames) => {
                let frames = self.more_frames(origin, frames);
                self.input(Input::Frames(role, frames))
            }
            Report::Distrusted(distrust) => self.input(Input::Distrusted(distrust)),
            Report::Down(ended) => {
                self.wire(role).went_down(ended.pause);
                self.input(Input::Down(role))?;
                self.tell_offline(role, ended.reason);
                Ok(())
            }
        }
    }

    /// What else the front has said already.
    fn more_commands(&mut self, first: Command) -> Vec<Command> {
        let mut commands = vec![first];
        while commands.len() < COMMANDS_AT_ONCE
            && let Ok(command) = self.commands.try_recv()
        {
            commands.push(command);
        }
        commands
    }

    /// What else has come on this connection: one transaction takes it all in. The report that
    /// stands behind it is kept for the next turn.
    fn more_frames(&mut self, origin: Origin, mut frames: Vec<RelayFrame>) -> Vec<RelayFrame> {
        while frames.len() < FRAMES_AT_ONCE {
            match self.reports.try_recv() {
                Ok((from, Report::Frames(more))) if from == origin => frames.extend(more),
                Ok(other) => {
                    self.behind = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        frames
    }

    // ---------------------------------------------------------------- connections

    fn wire(&mut self, role: Role) -> &mut Wire {
        let [rendezvous, conversations] = &mut self.wires;
        match role {
            Role::Rendezvous => rendezvous,
            Role::Conversations => conversations,
        }
    }

    /// While the network is unknown, one connection finds out which it is.
    fn may_connect(&self, wire: &Wire) -> bool {
        let first = wire.role == Role::Rendezvous || self.core.knows_network();
        first && !self.halted && wire.frames.is_none()
    }

    fn connect(&mut self) {
        let now = Instant::now();
        let due: Vec<Role> = self
            .wires
            .iter()
            .filter(|wire| self.may_connect(wire) && wire.next_attempt <= now)
            .map(|wire| wire.role)
            .collect();
        for role in due {
            let wire = self.wire(role);
            wire.serial += 1;
            let plan = Plan {
                origin: Origin { role, serial: wire.serial },
                address: self.address.clone(),
                options: self.channel.connect(),
                pace: self.channel.pace,
                expectation: self.core.expectation(),
                ledger: self.ledger.clone(),
                join: self.join.clone(),
            };
            let (sender, receiver) = mpsc::channel(BATCHES);
            let serving = tokio::spawn(wire::run(plan, self.reporter.clone(), receiver));
            let wire = self.wire(role);
            wire.frames = Some(sender);
            wire.serving = Some(serving);
            if !matches!(self.link, Some(Link::Connecting | Link::Connected(_))) {
                self.tell(Link::Connecting);
            }
        }
    }

    fn tell_link(&mut self) {
        if self.wires.iter().all(|wire| wire.up) {
            self.tell(Link::Connected(self.channel));
        }
    }

    fn tell_offline(&mut self, role: Role, reason: OfflineReason) {
        if self.quit_by.is_some() || self.halted {
            return;
        }
        let at = self.wire(role).next_attempt;
        let retry_in = at.saturating_duration_since(Instant::now());
        self.tell(Link::Offline { reason, retry_in });
    }

    fn tell(&mut self, link: Link) {
        self.link = Some(link);
        self.untaken.push(Event::Link(link));
    }

    /// Ends both connections and makes no other until a person says so. What either still reports
    /// is of no account: one stop is told once, and a relay that was trusted on the other
    /// connection does not lift it.
    fn halt(&mut self) {
        self.halted = true;
        self.wires.iter_mut().for_each(Wire::give_up);
    }

    // ---------------------------------------------------------------- the end

    fn quit(&mut self) {
        // On a steady line what was written last waits for its cell, and its answer for another.
        let intervals = self.channel.pace.map_or(Duration::ZERO, |pace| 2 * pace.every());
        self.quit_by.get_or_insert_with(|| Instant::now() + QUIT + intervals);
    }

    /// What was ready goes out first, if the relay answers in time; the rest is in the profile.
    fn may_end(&self) -> bool {
        let Some(by) = self.quit_by else { return false };
        let offline = self.halted || matches!(self.link, Some(Link::Offline { .. }));
        offline || self.core.is_idle() || Instant::now() >= by
    }

    async fn hang_up(&mut self) {
        for wire in &mut self.wires {
            wire.frames = None;
        }
        for wire in &mut self.wires {
            if let Some(mut serving) = wire.serving.take()
                && tokio::time::timeout(HANG_UP, &mut serving).await.is_err()
            {
                serving.abort();
            }
        }
    }
}

/// What the work under way has come to; never, if there is none.
async fn solved(solver: &mut Option<Solver>) -> ([u8; 16], Option<Solution>) {
    match solver {
        Some(solver) => solver.solved().await,
        None => std::future::pending().await,
    }
}

impl Wire {
    /// Hands frames to the connection. One that takes none any more is given up: nothing is lost,
    /// for everything is sent again on the next one.
    ///
    /// Whether the connection still stands, or none did.
    fn send(&mut self, frames: Vec<ClientFrame>) -> bool {
        let Some(sender) = &self.frames else { return true };
        if frames.is_empty() || sender.try_send(frames).is_ok() {
            return true;
        }
        self.went_down(Duration::ZERO);
        false
    }

    /// Ends the connection; what it still reports is of no account.
    fn give_up(&mut self) {
        self.serial += 1;
        self.went_down(Duration::ZERO);
    }

    fn came_up(&mut self) {
        self.up = true;
        self.failures = 0;
    }

    /// Waits 1, 2, 4, … 60 s, each shorter by up to a half, or up to twice as long as the relay asked
    /// for, so that a relay that comes back is not met by all at once.
    fn went_down(&mut self, asked: Duration) {
        self.frames = None;
        self.up = false;
        let seconds = 1_u64.checked_shl(self.failures).unwrap_or(u64::MAX).min(LONGEST_PAUSE_S);
        self.failures = self.failures.saturating_add(1).min(16);
        let least = Duration::from_millis(seconds.saturating_mul(500)).max(asked);
        let jitter = clock::system_rng().random_range(Duration::ZERO..=least);
        self.next_attempt = Instant::now() + least + jitter;
    }
}

/// Reports that may wait: each holds at most a cell.
const REPORTS: usize = 128;
/// Batches of frames that may wait for a connection.
const BATCHES: usize = 256;
/// Frames in one transaction: about what one commit of the relay delivers.
const FRAMES_AT_ONCE: usize = 64;
/// Commands in one transaction: as many as may wait.
const COMMANDS_AT_ONCE: usize = 64;
const LONGEST_PAUSE_S: u64 = 60;
/// How long quitting waits for the relay's answers.
const QUIT: Duration = Duration::from_secs(3);
/// How long a connection may take to close.
const HANG_UP: Duration = Duration::from_secs(2);
