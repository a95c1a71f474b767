//! What is asked for.

use std::path::PathBuf;
use std::time::Duration;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;

/// What to run, and how much of it.
pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) load: Load,
}

pub(crate) enum Mode {
    Cells,
    People,
    Files,
    Idle,
    Soak,
    /// The relay's process; the other modes start it.
    Relay,
}

/// How much, for how long, and where.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// How many writers, each with a reader of its own; in `idle`, how many connections.
    pub(crate) pairs: usize,
    /// Messages per second of all pairs; 0: as many as go through.
    pub(crate) rate: u64,
    /// How many messages of a pair may be on their way when there is no rate.
    pub(crate) window: usize,
    /// The size of the file, in MiB.
    pub(crate) megabytes: u64,
    /// How long is measured.
    pub(crate) time: Duration,
    /// For how long idle connections are held after that, each with a Ping a minute.
    pub(crate) hold: Duration,
    /// The folder of the relay's store and of profiles.
    pub(crate) folder: PathBuf,
    /// Whether the relay's store is in memory: then nothing is durable.
    pub(crate) memory: bool,
}

impl Options {
    /// Reads the command line, or ends the process with what is wrong with it.
    pub(crate) fn parse() -> Self {
        let matches = command().get_matches();
        let (mode, matches) = match matches.subcommand() {
            Some(("people", matches)) => (Mode::People, matches),
            Some(("files", matches)) => (Mode::Files, matches),
            Some(("idle", matches)) => (Mode::Idle, matches),
            Some(("soak", matches)) => (Mode::Soak, matches),
            Some(("relay", matches)) => (Mode::Relay, matches),
            Some((_, matches)) => (Mode::Cells, matches),
            None => (Mode::Cells, &matches),
        };
        Self { mode, load: Load::of(matches) }
    }
}

impl Load {
    fn of(matches: &ArgMatches) -> Self {
        let number = |name| matches.try_get_one::<u64>(name).ok().flatten().copied();
        let small = |name| number(name).and_then(|number| usize::try_from(number).ok());
        let folder = matches.try_get_one::<PathBuf>("folder").ok().flatten().cloned();
        Self {
            pairs: small("pairs").unwrap_or(1),
            rate: number("rate").unwrap_or(0),
            window: small("window").unwrap_or(1),
            megabytes: number("megabytes").unwrap_or(1),
            time: Duration::from_secs(number("seconds").unwrap_or(0)),
            hold: Duration::from_secs(number("hold").unwrap_or(0)),
            folder: folder.unwrap_or_else(std::env::temp_dir),
            memory: matches.try_get_one::<bool>("memory").is_ok_and(|flag| flag == Some(&true)),
        }
    }
}

impl Load {
    /// The time between two messages of one pair, if there is a rate.
    pub(crate) fn pace(&self) -> Option<Duration> {
        let pairs = u32::try_from(self.pairs).unwrap_or(u32::MAX);
        let rate = u32::try_from(self.rate).unwrap_or(u32::MAX);
        Duration::from_secs(1).saturating_mul(pairs).checked_div(rate)
    }
}

fn command() -> Command {
    let cells = Command::new("cells")
        .about("Envelopes from writers to readers over the real channel, through a durable store")
        .args([pairs("16", 1..=4_000), rate("0"), window("32"), seconds("10"), folder(), memory()]);
    let people = Command::new("people")
        .about("Whole clients with profiles on disk, in pairs that talk")
        .args([pairs("8", 1..=200), rate("100"), window("8"), seconds("10"), folder(), memory()]);
    let files = Command::new("files")
        .about("A file from one whole client to another, and texts beside it")
        .args([megabytes(), folder(), memory()]);
    let idle = Command::new("idle")
        .about("Connections from several loopback addresses that do nothing")
        .args([pairs("10000", 1..=60_000), seconds("5"), hold(), folder(), memory()]);
    let soak = Command::new("soak")
        .about("Everything at once, and each minute what the relay holds")
        .args([pairs("16", 1..=200), rate("500"), seconds("1200"), folder(), memory()]);
    let relay =
        Command::new("relay").hide(true).args([folder(), memory(), pairs("1", 0..=100_000)]);
    Command::new("bench")
        .about("Measures a relay in a process of its own under load from this one, on loopback")
        .subcommand_required(true)
        .subcommands([cells, people, files, idle, soak, relay])
}

fn number(name: &'static str, default: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).default_value(default).help(help).value_name("N")
}

fn pairs(default: &'static str, range: std::ops::RangeInclusive<u64>) -> Arg {
    number("pairs", default, "How many writers with a reader each; idle: connections")
        .value_parser(value_parser!(u64).range(range))
}

fn rate(default: &'static str) -> Arg {
    number("rate", default, "Messages per second in all; 0: as many as go through")
        .value_parser(value_parser!(u64).range(0..=1_000_000))
}

fn window(default: &'static str) -> Arg {
    number("window", default, "Messages of a pair on their way, when there is no rate")
        .value_parser(value_parser!(u64).range(1..=64))
}

fn megabytes() -> Arg {
    number("megabytes", "100", "The size of the file, in MiB")
        .value_parser(value_parser!(u64).range(1..=2_048))
}

fn seconds(default: &'static str) -> Arg {
    number("seconds", default, "How long is measured")
        .value_parser(value_parser!(u64).range(1..=3_600))
}

fn hold() -> Arg {
    number("hold", "0", "How many seconds the connections are held then, each with a Ping a minute")
        .value_parser(value_parser!(u64).range(0..=3_600))
}

fn folder() -> Arg {
    Arg::new("folder")
        .long("folder")
        .value_name("DIR")
        .help("Where the store lies; a new folder in it is used and deleted [default: temporary]")
        .value_parser(value_parser!(PathBuf))
}

fn memory() -> Arg {
    Arg::new("memory")
        .long("memory")
        .action(ArgAction::SetTrue)
        .help("The relay keeps envelopes in memory: nothing is durable")
}
