//! The command line of `server`.

use core::net::SocketAddr;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Arg;
use clap::ArgAction;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;

use super::DEFAULT_PORT;
use super::Stop;

/// What `server` was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The address to listen on: a name or an IP address.
    pub host: String,
    /// The port to listen on; 0 lets the system choose one.
    pub port: u16,
    /// Whether to make new keys for every curve first.
    pub refresh_keys: bool,
    /// The directory of the keys.
    pub keys: PathBuf,
    /// Where envelopes are kept.
    pub store: StoreChoice,
    /// How many days an envelope is kept.
    pub retention_days: u16,
    /// How large the store may grow, in bytes.
    pub size: u64,
    /// How many connections are served at once.
    pub connections: usize,
    /// Whether all connections come from the address of a proxy or an onion service.
    pub one_address: bool,
    /// The file of the secret that clients have to know.
    pub join: Option<PathBuf>,
    /// Where to show numbers over HTTP.
    pub metrics: Option<SocketAddr>,
    /// Read the whole store, say what is damaged, and serve nobody.
    pub check: bool,
}

/// Where a relay keeps envelopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreChoice {
    /// In memory: stopping the relay leaves nothing.
    Memory,
    /// In this SQLite file.
    Sqlite(PathBuf),
}

impl Server {
    /// Reads the command line, the program's name first.
    ///
    /// # Errors
    /// [`Stop`]: help was asked for, or the line has a mistake.
    pub fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<Self, Stop> {
        super::parse(command(), argv).map(|mut matches| Self::from_matches(&mut matches))
    }

    fn from_matches(matches: &mut ArgMatches) -> Self {
        let sqlite = matches.remove_one("store").unwrap_or_default();
        Self {
            host: matches.remove_one("host").unwrap_or_default(),
            port: matches.remove_one("port").unwrap_or(DEFAULT_PORT),
            refresh_keys: matches.get_flag("refreshkeys"),
            keys: matches.remove_one("keys").unwrap_or_default(),
            store: if matches.get_flag("ephemeral") {
                StoreChoice::Memory
            } else {
                StoreChoice::Sqlite(sqlite)
            },
            retention_days: matches.remove_one("retention").unwrap_or(RETENTION_DAYS),
            size: matches.remove_one("size").unwrap_or(SIZE),
            connections: matches.remove_one("connections").unwrap_or(CONNECTIONS),
            one_address: matches.get_flag("one-address"),
            join: matches.remove_one("join"),
            metrics: matches.remove_one("metrics"),
            check: matches.get_flag("check"),
        }
    }
}

fn command() -> Command {
    Command::new("server")
        .about("A bauta relay: keeps sealed envelopes until they are fetched.")
        .after_help(AFTER_HELP)
        .disable_help_flag(true)
        .arg(super::help_flag())
        .arg(
            Arg::new("host")
                .long("host")
                .value_name("HOST")
                .default_value("127.0.0.1")
                .help("listen on this address; 0.0.0.0 is every address of this computer"),
        )
        .arg(
            Arg::new("port")
                .long("port")
                .alias("p")
                .value_name("PORT")
                .default_value("6174")
                .value_parser(port)
                .help("listen on this port; 0 takes any free one"),
        )
        .arg(
            Arg::new("refreshkeys")
                .long("refreshkeys")
                .action(ArgAction::SetTrue)
                .help("make new keys for every curve first; clients follow with a notice"),
        )
        .arg(
            Arg::new("keys")
                .long("keys")
                .value_name("DIR")
                .default_value("keys")
                .value_parser(value_parser!(PathBuf))
                .help("the directory of the keys; made when it is missing"),
        )
        .arg(
            Arg::new("store")
                .long("store")
                .value_name("URL")
                .default_value("sqlite:relay.sqlite")
                .value_parser(store)
                .help("keep envelopes in this file: sqlite:PATH or PATH"),
        )
        .arg(
            Arg::new("ephemeral")
                .long("ephemeral")
                .action(ArgAction::SetTrue)
                .conflicts_with("store")
                .help("keep envelopes in memory; stopping the relay leaves none"),
        )
        .arg(
            Arg::new("retention")
                .long("retention")
                .value_name("DAYS")
                .default_value("21")
                .value_parser(retention)
                .help("keep an envelope that nobody fetches this many days, 1 to 90"),
        )
        .args(limits())
        .arg(
            Arg::new("join")
                .long("join")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("serve only who knows the secret in this file; made when it is missing"),
        )
        .arg(
            Arg::new("metrics")
                .long("metrics")
                .value_name("ADDR")
                .value_parser(metrics)
                .help("show numbers at http://ADDR/metrics and /health; better not to strangers"),
        )
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["ephemeral", "refreshkeys"])
                .help("read the whole store, say what in it is damaged, and end"),
        )
}

fn limits() -> [Arg; 3] {
    [
        Arg::new("size")
            .long("size")
            .value_name("SIZE")
            .default_value("4G")
            .value_parser(size)
            .help("let the store grow to this size, as 500M or 20G; then it takes nothing new"),
        Arg::new("connections")
            .long("connections")
            .value_name("N")
            .default_value("10000")
            .value_parser(connections)
            .help("serve so many connections at once; each client has two, each one an open file"),
        Arg::new("one-address").long("one-address").action(ArgAction::SetTrue).help(
            "behind a proxy or an onion service: all clients have its address, and share no limits",
        ),
    ]
}

/// Whole mebibytes or gibibytes.
fn size(text: &str) -> Result<u64, String> {
    let unit = |letter, shift: u32| Some((text.strip_suffix(letter)?, shift));
    let found = unit(['M', 'm'], 20).or_else(|| unit(['G', 'g'], 30));
    let bytes =
        found.and_then(|(digits, shift)| digits.parse::<u64>().ok()?.checked_mul(1 << shift));
    let bytes = bytes.filter(|bytes| (LEAST_SIZE..=LARGEST_SIZE).contains(bytes));
    bytes.ok_or_else(|| "a size from 16M to 4096G, in whole M or G".into())
}

fn connections(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MAX_CONNECTIONS).contains(number));
    number.ok_or_else(|| format!("a number from 1 to {MAX_CONNECTIONS}"))
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "a port is a number from 0 to 65535".into())
}

fn retention(text: &str) -> Result<u16, String> {
    let days = text.parse().ok().filter(|days| (1..=MAX_RETENTION_DAYS).contains(days));
    days.ok_or_else(|| format!("the retention is a number of days from 1 to {MAX_RETENTION_DAYS}"))
}

fn metrics(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an IP address with a port, as 127.0.0.1:9100".into())
}

fn store(text: &str) -> Result<PathBuf, String> {
    let path = match text.split_once(':') {
        Some(("sqlite", path)) => path,
        Some((scheme, rest)) if rest.starts_with("//") => return Err(no_engine(scheme)),
        _ => text,
    };
    if path.is_empty() {
        return Err("the store needs a file name: sqlite:PATH".into());
    }
    Ok(path.strip_prefix("//").unwrap_or(path).into())
}

fn no_engine(scheme: &str) -> String {
    format!("no store of the kind {scheme} exists here; there are sqlite:PATH and -ephemeral")
}

/// Protocol, section 2: retention 21 days.
const RETENTION_DAYS: u16 = 21;
/// Clients keep the keys of what may still wait for about as long; a longer wait keeps old keys
/// alive.
const MAX_RETENTION_DAYS: u16 = 90;

/// Fits the smallest machine one can rent.
const SIZE: u64 = 4 << 30;
/// Four mailboxes, full.
const LEAST_SIZE: u64 = 16 << 20;
const LARGEST_SIZE: u64 = 4_096 << 30;
/// Half of the files that a process gets on a common system.
const CONNECTIONS: usize = 10_000;
/// More than one machine computes handshakes for.
const MAX_CONNECTIONS: usize = 1_000_000;

const AFTER_HELP: &str = "\
--port 7000, -port=7000 and -p7000 are the same as -port 7000.
While it runs: q and Enter, Ctrl-C or SIGTERM stop it. RUST_LOG=debug says more on standard error.
Exit codes: 0 stopped as asked (-check: all is sound), 1 could not start or go on (-check: something
is damaged), 2 mistake on the command line.";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    fn parse(line: &str) -> Result<Server, Stop> {
        Server::parse(line.split_whitespace().map(OsString::from))
    }

    fn mistake(line: &str) -> String {
        match parse(line) {
            Err(Stop::Mistake(sentence)) => sentence,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn nothing_said_means_the_defaults() {
        let expected = Server {
            host: "127.0.0.1".into(),
            port: DEFAULT_PORT,
            refresh_keys: false,
            keys: "keys".into(),
            store: StoreChoice::Sqlite("relay.sqlite".into()),
            retention_days: RETENTION_DAYS,
            size: 4 << 30,
            connections: 10_000,
            one_address: false,
            join: None,
            metrics: None,
            check: false,
        };
        assert_eq!(parse("server").unwrap(), expected);
    }

    #[test]
    fn every_option_is_taken() {
        let server = parse(
            "server -host 0.0.0.0 --port=0 -refreshkeys -keys k -ephemeral -retention 7 \
             -metrics 127.0.0.1:9100 -size 512M -connections 200 -one-address -join secret",
        );
        let expected = Server {
            host: "0.0.0.0".into(),
            port: 0,
            refresh_keys: true,
            keys: "k".into(),
            store: StoreChoice::Memory,
            retention_days: 7,
            size: 512 << 20,
            connections: 200,
            one_address: true,
            join: Some("secret".into()),
            metrics: Some(SocketAddr::from(([127, 0, 0, 1], 9100))),
            check: false,
        };
        assert_eq!(server.unwrap(), expected);
        assert!(parse("server -check -store a").unwrap().check);
    }

    #[test]
    fn a_store_is_a_file() {
        for (text, path) in
            [("sqlite:a/b", "a/b"), ("a", "a"), ("sqlite:///tmp/a", "/tmp/a"), ("/a:b", "/a:b")]
        {
            let store = parse(&format!("server -store {text}")).unwrap().store;
            assert_eq!(store, StoreChoice::Sqlite(path.into()));
        }
        assert!(mistake("server -store postgres://db/x").contains("no store of the kind postgres"));
        assert!(mistake("server -store sqlite:").contains("file name"));
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            ("server -hots x", "unknown option -hots: did you mean -host?"),
            ("server -prot 7", "did you mean -port?"),
            ("server -size 0", "-size 0: a size from 16M to 4096G"),
            ("server -size 15M", "a size from 16M to 4096G"),
            ("server -size 4T", "a size from 16M to 4096G"),
            ("server -size 99999999999G", "a size from 16M to 4096G"),
            ("server -connections 0", "a number from 1 to 1000000"),
            ("server -metrics 9100", "127.0.0.1:9100"),
            ("server -metrics", "-metrics needs a value"),
            ("server --refreshkey", "did you mean -refreshkeys?"),
            ("server -port 65536", "-port 65536: a port is a number from 0 to 65535"),
            ("server -p70000", "a port is a number"),
            ("server -port", "-port needs a value"),
            ("server -port -ephemeral", "-port needs a value"),
            ("server -port 1 -port 2", "-port is given twice"),
            ("server -refreshkeys=yes", "-refreshkeys takes no value"),
            ("server -retention 0", "number of days from 1 to 90"),
            ("server -retention soon", "number of days from 1 to 90"),
            ("server -ephemeral -store a", "exclude each other"),
            ("server -check -ephemeral", "exclude each other"),
            ("server -check -refreshkeys", "exclude each other"),
            ("server here", "\"here\" is one argument too many"),
        ] {
            let sentence = mistake(line);
            assert!(sentence.contains(part), "{line}: {sentence}");
            assert_eq!(sentence.lines().count(), 1);
        }
    }

    #[test]
    fn help_shows_what_is_typed() {
        for line in ["server -h", "server --help", "server -port 1 -h"] {
            let Err(stop @ Stop::Help(_)) = parse(line) else { panic!("{line}") };
            let text = stop.to_string();
            assert!(text.contains("usage: server [-h] [-host HOST] [-port PORT]"), "{text}");
            assert!(text.contains("Exit codes"), "{text}");
            assert!(!text.contains(" --host"), "{text}");
            assert_eq!(stop.exit_code(), 0);
        }
    }
}
