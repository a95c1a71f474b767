//! The relay.

mod check;
mod open;
mod say;
mod sentence;

use std::env;
use std::process::ExitCode;

use bauta::args;
use bauta::args::Server;
use bauta::front::stop;
use bauta::net::server;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let asked = match Server::parse(env::args_os()) {
        Ok(asked) => asked,
        Err(args::Stop::Help(text)) => return say::help(&text),
        Err(mistake) => return say::failed(&mistake, mistake.exit_code()),
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let ended = match asked.check {
        true => check::run(&asked),
        false => match server::runtime() {
            Ok(runtime) => runtime.block_on(run(&asked)),
            Err(error) => Err(format!("cannot start threads: {error}")),
        },
    };
    match ended {
        Ok(()) => ExitCode::from(args::EXIT_DONE),
        Err(sentence) => say::failed(&sentence, args::EXIT_FAILED),
    }
}

/// The port is taken first: what fails there leaves keys and store as they were. Then the store: a
/// relay that cannot have it must not give up its keys for fresh ones.
async fn run(asked: &Server) -> Result<(), String> {
    let listener = open::listen(&asked.host, asked.port).await?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let metrics = open::metrics(asked).await?;
    let watched = metrics.as_ref().and_then(|listener| listener.local_addr().ok());
    let store = open::store(asked)?;
    let join = open::join(asked)?;
    let keys = open::keys(asked)?;
    let usual = server::RelayConfig::new(keys, store);
    let limits = open::limits(asked, &listener, usual.limits);
    let config = server::RelayConfig { limits, join, metrics, ..usual };
    let network = config.keys.network_id();
    let greeting = say::greeting(&asked.host, port, network.as_bytes(), watched)?;
    let running = server::start(listener, config).map_err(|error| sentence::chain(&error))?;
    // Whoever reads the greeting may ask for the end at once.
    let mut signals = stop::Stop::new();
    say::line(&greeting);
    tokio::select! {
        () = signals.requested() => {}
        () = stop::q_entered() => {}
        () = running.halted() => {}
    }
    running.stop().await.map(|_| ()).map_err(|error| sentence::chain(&error))
}
