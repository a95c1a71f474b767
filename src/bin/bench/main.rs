//! The load tool: a relay in a process of its own, load from this one, and what both cost.
//!
//! ```text
//! cargo run --release --no-default-features --features bench --bin bench -- cells --rate 2000
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `options` | what is asked for; every run is bounded in time and count |
//! | `cells` | opaque envelopes from writers to readers, over the real channel: the relay's figures |
//! | `people` | whole clients with profiles that talk |
//! | `files` | a file between two whole clients, and texts beside it |
//! | `idle` | many connections that do nothing |
//! | `soak` | everything at once for a long while, and what must not grow |
//! | `relay` | the relay's process |
//! | `peer` | a connection that speaks frames |
//! | `process` | what a process uses, by the kernel's account |
//! | `latencies`, `probe` | percentiles; what one fsync takes here and now |
//! | `folder` | where it all lies, and is deleted from |

#![allow(clippy::print_stdout, reason = "a tool shows what it measures")]

mod cells;
mod files;
mod folder;
mod idle;
mod latencies;
mod options;
mod peer;
mod people;
mod probe;
mod process;
mod relay;
mod soak;

use std::process::ExitCode;

use bauta::net::server;
use tokio::runtime::Runtime;

use self::options::Load;
use self::options::Mode;
use self::options::Options;

/// What went wrong, in words for whoever runs this.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let Options { mode, load } = Options::parse();
    match run(&mode, &load) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A relay runs on what a relay runs on.
fn run(mode: &Mode, load: &Load) -> Outcome<()> {
    let runtime = match mode {
        Mode::Relay => server::runtime()?,
        _ => Runtime::new()?,
    };
    runtime.block_on(async {
        match mode {
            Mode::Cells => cells::run(load).await,
            Mode::People => people::run(load).await,
            Mode::Files => files::run(load).await,
            Mode::Idle => idle::run(load).await,
            Mode::Soak => soak::run(load).await,
            Mode::Relay => relay::serve(load).await,
        }
    })
}
