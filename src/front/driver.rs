//! The loop between a person or program, a [`Front`] and the client.
//!
//! Invariant: events are taken while a command waits for room, so the two queues cannot wait for
//! each other.

use core::time::Duration;
use std::collections::VecDeque;

use tokio::io::AsyncWriteExt as _;
use tokio::io::Stdout;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Front;
use super::Line;
use super::Reaction;
use super::lines;
use super::stop;
use crate::net::client::Command;
use crate::net::client::Event;
use crate::net::client::event::Failure;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// As it was asked to.
    Quit,
    /// By itself.
    Failed(Failure),
    /// It was asked to, and the client did not come to an end in time.
    Stuck,
}

/// Drives `front` between standard input, standard output and a client, until the client has
/// closed. The end of the input, Ctrl-C and SIGTERM are [`Command::Quit`]. `first` goes out before
/// anything that is typed.
pub async fn drive(
    commands: mpsc::Sender<Command>,
    mut next: impl AsyncFnMut() -> Option<Event>,
    mut front: impl Front,
    first: impl IntoIterator<Item = Command>,
) -> Ended {
    let mut input = lines::standard_input();
    let mut stop = stop::Stop::new();
    let mut session = Session::new(first);
    session.show(&front.opening()).await;
    loop {
        tokio::select! {
            event = next() => match event {
                Some(Event::Closed { reason }) => {
                    session.react(front.event(Event::Closed { reason })).await;
                    return reason.map_or(Ended::Quit, Ended::Failed);
                }
                Some(event) => session.react(front.event(event)).await,
                None => return Ended::Quit,
            },
            room = commands.reserve(), if session.has_commands() => session.hand_over(room),
            line = input.recv(), if session.takes_input() => session.enter(&mut front, line).await,
            () = stop.requested(), if session.deadline.is_none() => session.quit(),
            () = passed(session.deadline) => return Ended::Stuck,
        }
    }
}

struct Session {
    waiting: VecDeque<Command>,
    output: Option<Stdout>,
    deadline: Option<Instant>,
}

impl Session {
    fn new(first: impl IntoIterator<Item = Command>) -> Self {
        let output = Some(tokio::io::stdout());
        Self { waiting: first.into_iter().collect(), output, deadline: None }
    }

    fn has_commands(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn takes_input(&self) -> bool {
        self.waiting.is_empty() && self.deadline.is_none()
    }

    async fn enter(&mut self, front: &mut impl Front, line: Option<Line>) {
        match line {
            Some(line) => self.react(front.line(line)).await,
            None => self.quit(),
        }
    }

    async fn react(&mut self, reaction: Reaction) {
        self.show(&reaction.output).await;
        for command in reaction.commands {
            match command {
                Command::Quit => self.quit(),
                command => self.waiting.push_back(command),
            }
        }
    }

    /// A reader that went away ends the session.
    async fn show(&mut self, text: &str) {
        let Some(output) = self.output.as_mut().filter(|_| !text.is_empty()) else { return };
        let written = async {
            output.write_all(text.as_bytes()).await?;
            output.flush().await
        };
        if written.await.is_err() {
            self.output = None;
            self.quit();
        }
    }

    fn quit(&mut self) {
        if self.deadline.is_none() {
            self.waiting.push_back(Command::Quit);
            self.deadline = Some(Instant::now() + CLOSING);
        }
    }

    /// Hands over the oldest command; drops all if nobody takes them any more.
    fn hand_over(&mut self, room: Result<mpsc::Permit<'_, Command>, mpsc::error::SendError<()>>) {
        let Ok(room) = room else { return self.waiting.clear() };
        if let Some(command) = self.waiting.pop_front() {
            room.send(command);
        }
    }
}

/// Returns at the deadline; never, if there is none.
async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => core::future::pending().await,
    }
}

/// How long a client may take to put its profile down.
const CLOSING: Duration = Duration::from_secs(10);
