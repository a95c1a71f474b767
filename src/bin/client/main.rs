//! The client.

mod lines;
mod options;
mod say;
#[cfg(feature = "gui")]
mod window;
mod wipe;

use std::env;
use std::io;
use std::process::ExitCode;

use bauta::args;
use bauta::args::Client;
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
    let ended = match asked.front {
        _ if asked.wipe => wipe::run(&asked),
        #[cfg(feature = "gui")]
        args::Front::Window => window::run(&asked),
        _ => lines::run(&asked),
    };
    match ended {
        Ok(()) => ExitCode::from(args::EXIT_DONE),
        Err((sentence, code)) => say::failed(&sentence, code),
    }
}
