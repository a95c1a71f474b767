//! What the relay says to its operator.

use core::fmt::Display;
use core::net::IpAddr;
use core::net::SocketAddr;
use std::io;
use std::io::Write as _;
use std::process::ExitCode;

use bauta::args::EXIT_DONE;
use bauta::id::Address;
use bauta::id::Fingerprint;

/// Where it listens, and what to hand out so that others find it.
///
/// # Errors
/// A sentence, if the host cannot be part of an address.
pub(crate) fn greeting(
    host: &str,
    port: u16,
    network: &[u8; 32],
    metrics: Option<SocketAddr>,
) -> Result<String, String> {
    let every = host.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified());
    let reached = if every { EVERY } else { host };
    let address = Address::new(reached, port, Some(Fingerprint::from_bytes(*network)))
        .map_err(|error| error.to_string())?;
    let mut text = format!(
        "Listening on  {}\nAddress       {address}\nHand out      client -terminal {address}\n",
        if every { format!("{host} port {port}") } else { address.place() },
    );
    if every {
        text.push_str("              where host is this computer's name or address\n");
    }
    if let Some(metrics) = metrics {
        text.push_str(&format!("Metrics       http://{metrics}/metrics\n"));
    }
    text.push_str("q and Enter, Ctrl-C or SIGTERM stop the relay.\n");
    Ok(text)
}

/// Shows a text on standard output. Nobody may be reading it, which is none of a relay's business.
pub(crate) fn line(text: &str) {
    let mut output = io::stdout().lock();
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}

/// Shows the help.
pub(crate) fn help(text: &str) -> ExitCode {
    line(&format!("{text}\n"));
    ExitCode::from(EXIT_DONE)
}

/// Says in one sentence why there is no relay.
pub(crate) fn failed(sentence: &dyn Display, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "server: {sentence}");
    ExitCode::from(code)
}

/// Stands for a name that only the operator knows.
const EVERY: &str = "host";
