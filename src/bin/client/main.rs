//! The client.

mod options;
mod say;

use std::env;
use std::io;
use std::io::IsTerminal as _;
use std::process::ExitCode;

use bauta::args;
use bauta::args::Client;
use bauta::args::Front;
use bauta::front::Ended;
use bauta::front::Json;
use bauta::front::Terminal;
use bauta::front::drive;
use bauta::net::client;
use bauta::net::client::Target;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let asked = match Client::parse(env::args_os()) {
        Ok(asked) => asked,
        Err(args::Stop::Help(text)) => return say::help(&text),
        Err(mistake) => return say::failed(&mistake, mistake.exit_code()),
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(io::stderr)
        .init();
    match run(&asked) {
        Ok(()) => ExitCode::from(args::EXIT_DONE),
        Err((sentence, code)) => say::failed(&sentence, code),
    }
}

#[tokio::main]
async fn run(asked: &Client) -> Result<(), (String, u8)> {
    let target = Target::parse(&asked.host, asked.port)
        .map_err(|error| (format!("{}: {error}", asked.host), args::EXIT_USAGE))?;
    let first = options::first(&target, &asked.host);
    let failed = |sentence: String| (sentence, args::EXIT_FAILED);
    let options = options::options(asked, &target).map_err(failed)?;
    let mut client = client::start(options).await.map_err(|error| failed(error.to_string()))?;
    let commands = client.commands();
    let next = async || client.next().await;
    let ended = match asked.front {
        Front::Terminal => {
            drive(commands, next, Terminal::new(io::stdin().is_terminal()), first).await
        }
        Front::Json => drive(commands, next, Json::new(), first).await,
    };
    match ended {
        Ended::Quit => Ok(()),
        Ended::Failed(failure) => Err(failed(failure.to_string())),
        Ended::Stuck => Err(failed("the client did not close in time".into())),
    }
}
