//! The client in a terminal, or for programs.

use std::io;
use std::io::IsTerminal as _;

use bauta::args;
use bauta::args::Client;
use bauta::args::Front;
use bauta::front::Ended;
use bauta::front::Json;
use bauta::front::Terminal;
use bauta::front::drive;
use bauta::net::client;

use super::options;

/// A session between standard input and standard output.
///
/// # Errors
/// A sentence and the exit code.
#[tokio::main]
pub(crate) async fn run(asked: &Client) -> Result<(), (String, u8)> {
    let (text, target) = options::target(asked)?;
    let way = options::way(asked, Some(&target))?;
    let failed = |sentence: String| (sentence, args::EXIT_FAILED);
    let join = options::join(asked).map_err(failed)?;
    let first = join.into_iter().chain(options::first(&target, text));
    let options = options::options(asked, &target, &way).map_err(failed)?;
    let mut client = client::start(options).await.map_err(|error| failed(error.to_string()))?;
    let commands = client.commands();
    let next = async || client.next().await;
    let ended = if asked.front == Front::Json {
        drive(commands, next, Json::new(), first).await
    } else {
        drive(commands, next, Terminal::new(io::stdin().is_terminal()), first).await
    };
    match ended {
        Ended::Quit => Ok(()),
        Ended::Failed(failure) => Err(failed(failure.to_string())),
        Ended::Stuck => Err(failed("the client did not close in time".into())),
    }
}
