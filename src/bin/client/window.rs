//! The client in a window.

use std::env;

use bauta::args;
use bauta::args::Client;
use bauta::front::PASSPHRASE_VARIABLE;
use bauta::ui;
use bauta::ui::Start;
use zeroize::Zeroizing;

use super::options;

/// Opens the window, and returns when it is closed.
///
/// # Errors
/// A sentence and the exit code.
pub(crate) fn run(asked: &Client) -> Result<(), (String, u8)> {
    let target = match asked.host {
        Some(_) => Some(options::target(asked)?.1),
        None => None,
    };
    options::way(asked, target.as_ref())?;
    let failed = |sentence: String| (sentence, args::EXIT_FAILED);
    let profile = options::folder(&asked.profile).map_err(failed)?;
    let join = options::join(asked).map_err(failed)?;
    let start = Start {
        target,
        port: asked.port,
        proxy: asked.proxy.clone().unwrap_or_default(),
        channel: options::channel(asked),
        profile,
        first: join,
        passphrase: env::var(PASSPHRASE_VARIABLE).ok().map(Zeroizing::new),
    };
    ui::run(start).map_err(|error| failed(error.to_string()))
}
