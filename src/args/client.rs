//! The command line of `client`.

use core::fmt;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Arg;
use clap::ArgAction;
use clap::ArgGroup;
use clap::ArgMatches;
use clap::Command;
use clap::value_parser;

use super::DEFAULT_PORT;
use super::Stop;

/// What `client` was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Where the network answers, as it was typed: an address or an invitation. Only a window can
    /// do without.
    pub host: Option<String>,
    /// The port, where `host` names none.
    pub port: u16,
    /// The proxy through which everything goes, as it was typed.
    pub proxy: Option<String>,
    /// The curve of the channel.
    pub curve: Curve,
    /// The curve alone, without ML-KEM beside it.
    pub classical: bool,
    /// The cipher of the channel and of what is written.
    pub cipher: Cipher,
    /// One cell each way in so many seconds, whatever there is to say.
    pub steady: Option<u32>,
    /// The file of the secret that a private network asks for.
    pub join: Option<PathBuf>,
    /// Where identity, contacts and messages are kept.
    pub profile: ProfileChoice,
    /// How to speak with whoever started it.
    pub front: Front,
    /// Destroy the profile instead of opening it.
    pub wipe: bool,
}

/// The curve of the channel to the relay; two people on different curves can talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// Curve25519; the relay signs with its P-256 key.
    X25519,
}

impl Curve {
    /// Every curve, the weakest first.
    pub const ALL: [Self; 4] = [Self::P256, Self::P384, Self::P521, Self::X25519];
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::X25519 => "X25519",
        })
    }
}

/// The cipher of the channel, and the one that this client seals bodies with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// AES-256-GCM.
    Aes256Gcm,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305,
}

impl Cipher {
    /// Both ciphers.
    pub const ALL: [Self; 2] = [Self::Aes256Gcm, Self::ChaCha20Poly1305];
}

impl fmt::Display for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aes256Gcm => "AES-256-GCM",
            Self::ChaCha20Poly1305 => "ChaCha20-Poly1305",
        })
    }
}

/// Where a client keeps what it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileChoice {
    /// In the platform's data directory.
    Default,
    /// In this directory.
    Directory(PathBuf),
    /// Nowhere: nothing touches the disk.
    Ephemeral,
}

/// How a client speaks with whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Front {
    /// A window.
    Window,
    /// Lines for people.
    Terminal,
    /// One JSON object per line, for programs.
    Json,
}

impl Client {
    /// Reads the command line, the program's name first.
    ///
    /// # Errors
    /// [`Stop`]: help was asked for, or the line has a mistake.
    pub fn parse(argv: impl IntoIterator<Item = OsString>) -> Result<Self, Stop> {
        let mut matches = super::parse(command(), argv)?;
        let wipe = matches.get_flag("wipe");
        let front = if wipe { Front::Terminal } else { front(&matches)? };
        let host = matches.remove_one("host");
        if host.is_none() && front != Front::Window && !wipe {
            return Err(Stop::Mistake(NO_HOST.into()));
        }
        Ok(Self {
            host,
            port: matches.remove_one("port").unwrap_or(DEFAULT_PORT),
            proxy: matches.remove_one("proxy"),
            curve: matches.remove_one("curve").unwrap_or(Curve::P521),
            classical: matches.get_flag("classical"),
            cipher: matches.remove_one("cipher").unwrap_or(Cipher::Aes256Gcm),
            steady: matches.remove_one("steady"),
            join: matches.remove_one("join"),
            profile: profile(&mut matches),
            front,
            wipe,
        })
    }
}

fn front(matches: &ArgMatches) -> Result<Front, Stop> {
    match (matches.get_flag("terminal"), matches.get_flag("json")) {
        (true, _) => Ok(Front::Terminal),
        (_, true) => Ok(Front::Json),
        _ if cfg!(feature = "gui") => Ok(Front::Window),
        _ => Err(Stop::Mistake(NO_WINDOW.into())),
    }
}

fn profile(matches: &mut ArgMatches) -> ProfileChoice {
    match (matches.get_flag("ephemeral"), matches.remove_one("profile")) {
        (true, _) => ProfileChoice::Ephemeral,
        (_, Some(directory)) => ProfileChoice::Directory(directory),
        _ => ProfileChoice::Default,
    }
}

fn command() -> Command {
    Command::new("client")
        .about("The bauta client: talk to people who have entered your ID as you entered theirs.")
        .after_help(AFTER_HELP)
        .disable_help_flag(true)
        .group(ArgGroup::new("front").args(["terminal", "json"]))
        .arg(super::help_flag())
        .args(connection())
        .args(behaviour())
        .arg(
            Arg::new("host").help(
                "host[:port][#fingerprint] or an invitation, bauta:...; a window asks for it",
            ),
        )
}

fn connection() -> [Arg; 7] {
    [
        Arg::new("port")
            .long("p")
            .alias("port")
            .value_name("PORT")
            .default_value("6174")
            .value_parser(port)
            .help("the relay's port, where host names none"),
        Arg::new("proxy").long("proxy").value_name("URL").help(
            "everything goes through this proxy, names included, or not at all: \
             socks5://127.0.0.1:9050 is Tor's; with socks5://user:password@host:port what Tor keeps \
             apart by logins is not kept apart",
        ),
        Arg::new("curve")
            .long("c")
            .value_name("CURVE")
            .default_value("P-521")
            .value_parser(curve)
            .help("the channel's curve: P-256, P-384, P-521 or X25519"),
        Arg::new("cipher")
            .long("cipher")
            .value_name("NAME")
            .default_value("AES-256-GCM")
            .value_parser(cipher)
            .help("AES-256-GCM or ChaCha20-Poly1305"),
        Arg::new("classical").long("classical").action(ArgAction::SetTrue).help(
            "the curve alone, without ML-KEM beside it: no defence against quantum computers",
        ),
        Arg::new("steady").long("steady").value_name("SECONDS").value_parser(steady).help(
            "one cell each way in so many seconds (1 to 60), whether or not there is something to \
             say, so that the line does not show when people talk; at 5 that is 142 MB a day for \
             each connection, and a file takes days",
        ),
        Arg::new("join")
            .long("join")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("the secret of a private network is in this file"),
    ]
}

fn behaviour() -> [Arg; 5] {
    [
        Arg::new("profile")
            .long("profile")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .help("keep identity, contacts and messages here; made when it is missing"),
        Arg::new("ephemeral")
            .long("ephemeral")
            .action(ArgAction::SetTrue)
            .conflicts_with("profile")
            .help("a new identity that is gone at the end; nothing touches the disk"),
        Arg::new("terminal")
            .long("terminal")
            .action(ArgAction::SetTrue)
            .help("talk in this terminal, line by line, instead of in a window"),
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("one JSON object per line both ways, for programs"),
        Arg::new("wipe")
            .long("wipe")
            .action(ArgAction::SetTrue)
            .conflicts_with_all(["ephemeral", "terminal", "json", "host", "proxy"])
            .help("destroy the profile, its key first, after asking; no host is needed"),
    ]
}

fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| "a port is a number from 1 to 65535".into())
}

fn steady(text: &str) -> Result<u32, String> {
    let seconds = text.parse().ok().filter(|seconds| (1..=60).contains(seconds));
    seconds.ok_or_else(|| "how many seconds lie between two cells is a number from 1 to 60".into())
}

fn curve(text: &str) -> Result<Curve, String> {
    if text.eq_ignore_ascii_case("P-224") {
        return Err(NO_P224.into());
    }
    let found = Curve::ALL.into_iter().find(|c| c.to_string().eq_ignore_ascii_case(text));
    found.ok_or_else(|| "no such curve; there are P-256, P-384, P-521 and X25519".into())
}

fn cipher(text: &str) -> Result<Cipher, String> {
    let found = Cipher::ALL.into_iter().find(|c| c.to_string().eq_ignore_ascii_case(text));
    found.ok_or_else(|| "no such cipher; there are AES-256-GCM and ChaCha20-Poly1305".into())
}

const NO_WINDOW: &str = "this build has no window: start the client with -terminal to talk in this \
                         terminal, or with -json for programs (client -h lists all options)";
const NO_HOST: &str = "where is the network? give host[:port][#fingerprint] or an invitation as the \
                       last argument (client -h lists all options)";
/// RFC 8446, section 4.2.7: secp224r1 is in the range obsolete_RESERVED, which "MUST NOT be
/// offered or negotiated by TLS 1.3 implementations".
const NO_P224: &str = "TLS 1.3 has no P-224 (RFC 8446 took it out), and its 112 bits are too few; \
                       there are P-256, P-384, P-521 and X25519";
const AFTER_HELP: &str = "\
--port 7000, -port=7000 and -p7000 are the same as -p 7000.
BAUTA_PASSPHRASE in the environment is the profile's passphrase where nobody can be asked.
Exit codes: 0 ended as asked, 1 could not start or go on, 2 mistake on the command line.";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    fn parse(line: &str) -> Result<Client, Stop> {
        Client::parse(line.split_whitespace().map(OsString::from))
    }

    fn mistake(line: &str) -> String {
        match parse(line) {
            Err(Stop::Mistake(sentence)) => sentence,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn nothing_said_means_the_defaults() {
        let expected = Client {
            host: Some("relay".into()),
            port: DEFAULT_PORT,
            proxy: None,
            curve: Curve::P521,
            classical: false,
            cipher: Cipher::Aes256Gcm,
            steady: None,
            join: None,
            profile: ProfileChoice::Default,
            front: Front::Terminal,
            wipe: false,
        };
        assert_eq!(parse("client -terminal relay").unwrap(), expected);
    }

    #[test]
    fn every_option_is_taken() {
        let client = parse(
            "client -p7000 -c x25519 -classical -cipher chacha20-poly1305 -steady 5 -join secret -proxy socks5://127.0.0.1:9050 -profile alice -json relay",
        );
        let expected = Client {
            host: Some("relay".into()),
            port: 7000,
            proxy: Some("socks5://127.0.0.1:9050".into()),
            curve: Curve::X25519,
            classical: true,
            cipher: Cipher::ChaCha20Poly1305,
            steady: Some(5),
            join: Some("secret".into()),
            profile: ProfileChoice::Directory("alice".into()),
            front: Front::Json,
            wipe: false,
        };
        assert_eq!(client.unwrap(), expected);
        for name in Curve::ALL {
            let curve = parse(&format!("client -json -c={name} relay")).unwrap().curve;
            assert_eq!(curve, name);
        }
        let client = parse("client relay --ephemeral --json").unwrap();
        assert_eq!(client.profile, ProfileChoice::Ephemeral);
    }

    #[test]
    #[cfg(feature = "gui")]
    fn a_window_asks_for_what_was_not_said() {
        let client = parse("client").unwrap();
        assert_eq!((client.host, client.front), (None, Front::Window));
        assert_eq!(parse("client relay").unwrap().host.as_deref(), Some("relay"));
    }

    #[test]
    #[cfg(not(feature = "gui"))]
    fn a_build_without_a_window_says_so() {
        for line in ["client relay", "client"] {
            let sentence = mistake(line);
            assert!(sentence.contains("no window") && sentence.contains("-terminal"), "{sentence}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (line, part) in [
            ("client -terminal -c P-224 relay", "TLS 1.3 has no P-224"),
            ("client -terminal -c P-192 relay", "-c P-192: no such curve"),
            ("client -terminal -cipher DES relay", "-cipher DES: no such cipher"),
            ("client -terminal -p 0 relay", "-p 0: a port is a number from 1 to 65535"),
            ("client -terminal -port x relay", "a port is a number"),
            ("client -terminal -steady 0 relay", "-steady 0: how many seconds"),
            ("client -terminal -steady 61 relay", "a number from 1 to 60"),
            ("client -terminal -steady often relay", "a number from 1 to 60"),
            ("client -terminl relay", "did you mean -terminal?"),
            ("client -prxy socks5://x:1 relay", "did you mean -proxy?"),
            ("client -wipe -proxy socks5://x:1", "exclude each other"),
            ("client -wipe relay", "exclude each other"),
            ("client -wipe -json", "exclude each other"),
            ("client -wipe -ephemeral", "exclude each other"),
            ("client -classicl relay", "did you mean -classical?"),
            ("client -json", "where is the network?"),
            ("client -json -terminal relay", "exclude each other"),
            ("client -json -ephemeral -profile a relay", "exclude each other"),
            ("client -json a b", "\"b\" is one argument too many"),
        ] {
            let sentence = mistake(line);
            assert!(sentence.contains(part), "{line}: {sentence}");
            assert_eq!(sentence.lines().count(), 1);
        }
    }

    #[test]
    fn wiping_needs_a_profile_and_no_network() {
        let client = parse("client -wipe -profile alice").unwrap();
        assert!(client.wipe && client.host.is_none());
        assert_eq!(client.profile, ProfileChoice::Directory("alice".into()));
        assert_eq!(parse("client -wipe").unwrap().profile, ProfileChoice::Default);
    }

    #[test]
    fn help_shows_what_is_typed() {
        let Err(Stop::Help(text)) = parse("client -h") else { panic!("no help") };
        let usage = "usage: client [-h] [-p PORT] [-proxy URL] [-c CURVE] [-cipher NAME] \
                     [-classical] [-steady SECONDS] [-join FILE] [-profile DIR] [-ephemeral] \
                     [-terminal | -json] [-wipe] [host]";
        assert!(text.contains(usage), "{text}");
    }
}
