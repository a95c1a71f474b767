//! The driver: the one task that owns the core, its connections, and the clock.
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
use std::collections::BTreeMap;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::core::Core;
use super::core::Input;
use super::core::Line;
use super::core::Output;
use super::core::Party;
use super::dial::Way;
use super::event::Command;
use super::event::Event;
use super::event::Failure;
use super::event::Link;
use super::event::OfflineReason;
use super::exposure::Ledger;
use super::files::Files;
use super::files::Word;
use super::options::ChannelOptions;
use super::profile::ProfileError;
use super::solver::Solver;
use super::untaken::Untaken;
use super::wire;
use super::wire::Known;
use super::wire::Origin;
use super::wire::Plan;
use super::wire::Report;
use super::wires;
use super::wires::Standing;
use super::wires::Wires;
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
    wires: Wires,
    /// The secret of a private network.
    join: Known,
    /// Files that move: over the connection of conversations, and past the core.
    files: Files,
    /// The work that is under way.
    solver: Option<Solver>,
    link: Option<Link>,
    /// Nothing connects until a person says so: an untrusted relay answers.
    halted: bool,
    quit_by: Option<Instant>,
}

/// What wakes the driver.
enum Wake {
    Command(Option<Command>),
    Report(Origin, Report),
    Worked([u8; 16], Option<Solution>),
    File(Word),
    Taken,
    Time,
}

impl<R: CryptoRng> Task<R> {
    pub(super) fn new(
        core: Core<R>,
        (address, way, ledger): (Address, Way, Ledger),
        channel: ChannelOptions,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let (reporter, reports) = mpsc::channel(REPORTS);
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
            wires: Wires::new(way),
            join: Known::default(),
            files: Files::new(),
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
        self.wires.hang_up().await;
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
            self.move_files()?;
            self.connect()?;
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
                Wake::File(word) => self.files.hear(word),
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
            Some(word) = self.files.word() => Wake::File(word),
            () = tokio::time::sleep_until(at) => Wake::Time,
        }
    }

    fn next_wake(&self) -> Instant {
        let now_ms = clock::unix_ms();
        let core = Duration::from_millis(self.core.next_wake().saturating_sub(now_ms));
        let attempt = self.wires.next_attempt().filter(|_| !self.halted);
        let at = Instant::now() + core;
        let sooner = attempt.into_iter().chain(self.quit_by).chain(self.files.next_wake());
        sooner.fold(at, Instant::min)
    }

    /// Hands an input to the core, and passes on what comes out.
    fn input(&mut self, input: Input) -> Result<(), ProfileError> {
        let output = self.core.handle(input, clock::unix_ms())?;
        // A connection that was given up for what it was to be told is down for the core too.
        for line in self.pass_on(output) {
            let output = self.core.handle(Input::Down(line), clock::unix_ms())?;
            self.pass_on(output);
        }
        Ok(())
    }

    /// Tells and sends. Which connections ended by it.
    fn pass_on(&mut self, output: Vec<Output>) -> Vec<Line> {
        let mut frames = BTreeMap::<Line, Vec<ClientFrame>>::new();
        let mut quit = false;
        let mut connect = false;
        let mut redial = Vec::new();
        let mut halt = false;
        let mut ended = Vec::new();
        for output in output {
            match output {
                Output::Event(event) => self.untaken.push(event),
                Output::Send(line, frame) => frames.entry(line).or_default().push(frame),
                Output::Work(job) => self.solver = Some(Solver::start(job)),
                Output::StopWork => self.solver = None,
                Output::File(line, of, order) => self.files.order(line, of, order),
                Output::Discard(leftover) => self.files.discard(&leftover),
                Output::Join(secret) => {
                    self.join.set(secret);
                    // What was begun without it may only now hear that it was wanted.
                    ended.append(&mut self.wires.give_up_all());
                }
                Output::Connect => connect = true,
                Output::Redial(line) => redial.push(line),
                Output::Halt => halt = true,
                Output::Quit => quit = true,
            }
        }
        for (line, frames) in frames {
            if !self.wires.send(line, frames) {
                ended.push(line);
            }
        }
        for line in redial {
            self.wires.give_up(line);
            ended.push(line);
        }
        if halt {
            ended = self.halt();
        }
        if connect {
            self.halted = false;
            self.wires.hurry();
        }
        if quit {
            self.quit();
        }
        ended
    }

    fn report(&mut self, origin: Origin, report: Report) -> Result<(), ProfileError> {
        if !self.wires.is_current(origin) {
            return Ok(());
        }
        let line = origin.line;
        match report {
            Report::Up(verified, welcome) => {
                self.wires.came_up(line);
                self.input(Input::Up(line, verified, welcome))?;
                self.files.came_up(line);
                self.tell_link();
                Ok(())
            }
            Report::Frames(frames) => {
                let frames = self.more_frames(origin, frames);
                let frames = self.files.take(frames);
                if frames.is_empty() {
                    return Ok(());
                }
                self.input(Input::Frames(line, frames))
            }
            Report::Distrusted(distrust) => self.input(Input::Distrusted(distrust)),
            Report::Down(ended) => {
                self.wires.went_down(line, ended.pause);
                self.input(Input::Down(line))?;
                self.tell_offline(line, ended.reason);
                Ok(())
            }
        }
    }

    /// A turn of the files that move: reports are committed before anything is sent.
    fn move_files(&mut self) -> Result<(), ProfileError> {
        while self.files.has_reports() {
            for (of, report) in self.files.reports() {
                self.input(Input::File(of, report))?;
            }
        }
        for name in self.files.discarded() {
            self.input(Input::Discarded(name))?;
        }
        for line in self.files.lines() {
            if !self.wires.is_up(line) {
                self.files.went_down(line);
            }
        }
        for (line, frames) in self.files.frames(|line| self.wires.has_room(line)) {
            if !self.wires.send(line, frames) {
                self.files.went_down(line);
                self.input(Input::Down(line))?;
            }
        }
        for event in self.files.events() {
            self.untaken.push(event);
        }
        Ok(())
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

    /// Makes the connections stand that the core wants, as far as it is time for them.
    fn connect(&mut self) -> Result<(), ProfileError> {
        let gone = self.wires.adapt(&self.core.lines());
        for line in &gone {
            self.files.is_unwanted(*line);
            self.input(Input::Down(*line))?;
        }
        if !gone.is_empty() {
            self.tell_gone();
        }
        while !self.halted
            && let Some(line) = self.wires.due()
        {
            let origin = self.wires.begin(line);
            let plan = Plan {
                origin,
                route: self.wires.route(line),
                address: self.address.clone(),
                options: self.channel.connect(),
                pace: self.channel.pace,
                expectation: self.core.expectation(),
                ledger: self.ledger.clone(),
                join: self.join.clone(),
            };
            let (sender, receiver) = mpsc::channel(wires::BATCHES);
            let serving = tokio::spawn(wire::run(plan, self.reporter.clone(), receiver));
            self.wires.began(origin, sender, serving);
            if matches!(self.link, None | Some(Link::Offline { .. })) {
                self.tell(Link::Connecting);
            }
        }
        Ok(())
    }

    /// Says how the connections stand after one of them came up.
    fn tell_link(&mut self) {
        let Standing { up, failing, all } = self.wires.standing();
        match self.link {
            Some(Link::Connected(_)) => {}
            _ if up == all => self.tell(Link::Connected(self.channel)),
            Some(Link::Partly { reason, .. }) if failing > 0 => self.tell_partly(reason),
            _ => {}
        }
    }

    /// Says how they stand after one of them ended.
    fn tell_offline(&mut self, line: Line, reason: OfflineReason) {
        if self.quit_by.is_some() || self.halted {
            return;
        }
        if line.party != Party::All && self.wires.standing().up > 0 {
            return self.tell_partly(reason);
        }
        let retry_in = self.wires.retry_in(line);
        self.tell(Link::Offline { reason, retry_in });
    }

    /// Says how they stand after some are not wanted any more: the last one that failed may be one of
    /// them, and the last one that stood.
    fn tell_gone(&mut self) {
        let nothing = self.wires.standing().up == 0;
        match self.link {
            Some(Link::Connected(_)) if nothing => self.tell(Link::Connecting),
            Some(Link::Partly { .. }) => self.tell_link(),
            _ => {}
        }
    }

    fn tell_partly(&mut self, reason: OfflineReason) {
        let Standing { up, failing: _, all } = self.wires.standing();
        self.tell(Link::Partly { standing: up, wanted: all, reason });
    }

    fn tell(&mut self, link: Link) {
        self.link = Some(link);
        self.untaken.push(Event::Link(link));
    }

    /// Ends all connections and makes no other until a person says so. What they still report is of
    /// no account: one stop is told once, and a relay that was trusted on another connection does not
    /// lift it.
    fn halt(&mut self) -> Vec<Line> {
        self.halted = true;
        self.files.halted();
        self.wires.give_up_all()
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
}

/// What the work under way has come to; never, if there is none.
async fn solved(solver: &mut Option<Solver>) -> ([u8; 16], Option<Solution>) {
    match solver {
        Some(solver) => solver.solved().await,
        None => std::future::pending().await,
    }
}

/// Reports that may wait: each holds at most a cell.
const REPORTS: usize = 128;
/// Frames in one transaction: about what one commit of the relay delivers.
const FRAMES_AT_ONCE: usize = 64;
/// Commands in one transaction: as many as may wait.
const COMMANDS_AT_ONCE: usize = 64;
/// How long quitting waits for the relay's answers.
const QUIT: Duration = Duration::from_secs(3);
