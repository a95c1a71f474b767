//! Rewrites a command line with single-dash options into one that clap understands.
//!
//! | typed | becomes |
//! |---|---|
//! | `-port 7000`, `--port 7000` | `--port 7000` |
//! | `-port=7000`, `--port=7000` | `--port=7000` |
//! | `-p7000`, if `p` takes a value and only digits follow | `--p=7000` |
//! | `-hots` and anything else that is not known | `--hots`, for clap to refuse |
//! | what has no dash, `-` alone, everything from `--` on | itself |
//!
//! Invariant: no token is read as a cluster of one-letter options, and none is completed.

use std::ffi::OsString;

use clap::Arg;
use clap::Command;

/// `argv` (the program's name first) with every option in clap's own form.
pub(super) fn normalise(
    command: &Command,
    argv: impl IntoIterator<Item = OsString>,
) -> Vec<OsString> {
    let mut argv = argv.into_iter();
    let mut normalised: Vec<OsString> = argv.next().into_iter().collect();
    while let Some(token) = argv.next() {
        let last = token == "--";
        normalised.push(option(command, &token).unwrap_or(token));
        if last {
            normalised.extend(argv);
            break;
        }
    }
    normalised
}

/// The token in clap's form, if it is an option.
fn option(command: &Command, token: &OsString) -> Option<OsString> {
    let text = token.to_string_lossy();
    let body = text.strip_prefix("--").or_else(|| text.strip_prefix('-'))?;
    if body.is_empty() {
        return None;
    }
    let name = body.split_once('=').map_or(body, |(name, _)| name);
    if !is_known(command, name)
        && let Some((letter, digits)) = attached(command, body)
    {
        return Some(format!("--{letter}={digits}").into());
    }
    Some(format!("--{body}").into())
}

fn is_known(command: &Command, name: &str) -> bool {
    command.get_arguments().any(|arg| names(arg).any(|known| known == name))
}

/// `p7000` as `p` and `7000`.
fn attached<'a>(command: &Command, body: &'a str) -> Option<(&'a str, &'a str)> {
    let (letter, digits) = body.split_at_checked(1)?;
    let takes_value = command
        .get_arguments()
        .any(|arg| names(arg).any(|name| name == letter) && arg.get_action().takes_values());
    let digits_only = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (takes_value && digits_only).then_some((letter, digits))
}

fn names(arg: &Arg) -> impl Iterator<Item = &str> {
    arg.get_long().into_iter().chain(arg.get_all_aliases().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use clap::ArgAction;
    use proptest::prelude::*;

    use super::*;

    fn command() -> Command {
        Command::new("x")
            .disable_help_flag(true)
            .arg(Arg::new("help").long("h").alias("help").action(ArgAction::Help))
            .arg(Arg::new("host").long("host"))
            .arg(Arg::new("port").long("p").alias("port"))
            .arg(Arg::new("flag").long("f").action(ArgAction::SetTrue))
            .arg(Arg::new("rest").num_args(0..))
    }

    fn normalised(tokens: &[&str]) -> Vec<String> {
        let argv = core::iter::once(&"x").chain(tokens).map(OsString::from);
        let mut normalised = normalise(&command(), argv);
        normalised.remove(0);
        normalised.into_iter().map(|token| token.into_string().unwrap()).collect()
    }

    #[test]
    fn every_way_to_write_an_option_becomes_one() {
        for (typed, expected) in [
            (vec!["-port", "7000"], vec!["--port", "7000"]),
            (vec!["--port", "7000"], vec!["--port", "7000"]),
            (vec!["-port=7000"], vec!["--port=7000"]),
            (vec!["--port=7000"], vec!["--port=7000"]),
            (vec!["-p7000"], vec!["--p=7000"]),
            (vec!["--p7000"], vec!["--p=7000"]),
            (vec!["-p=7000"], vec!["--p=7000"]),
            (vec!["-h"], vec!["--h"]),
            (vec!["-help"], vec!["--help"]),
        ] {
            assert_eq!(normalised(&typed), expected);
        }
    }

    #[test]
    fn a_typo_is_never_taken_apart() {
        for (typed, expected) in [
            ("-hots", "--hots"),
            ("-p70x", "--p70x"),
            ("-f1", "--f1"),
            ("-por", "--por"),
            ("-hp", "--hp"),
            ("---port", "---port"),
            ("-=", "--="),
            ("-é1", "--é1"),
        ] {
            assert_eq!(normalised(&[typed]), [expected]);
        }
    }

    #[test]
    fn what_is_no_option_stays() {
        let tokens = ["-", "host", "--", "-port", "-p7000", "--"];
        assert_eq!(normalised(&tokens), tokens);
    }

    proptest! {
        #[test]
        fn clap_sees_every_option_with_two_dashes(
            tokens in prop::collection::vec("[-=a-z0-9é]{0,8}", 0..6),
        ) {
            let tokens: Vec<_> = tokens.iter().map(String::as_str).collect();
            let normalised = normalised(&tokens);
            prop_assert_eq!(normalised.len(), tokens.len());
            for (before, after) in tokens.iter().zip(&normalised).take_while(|(t, _)| **t != "--") {
                let is_option = before.len() > 1 && before.starts_with('-');
                prop_assert_eq!(after.starts_with("--"), is_option);
            }
        }

        #[test]
        fn every_way_to_write_a_port_is_one_port(port: u16) {
            let value = port.to_string();
            let attached = [format!("-p{port}"), format!("-port={port}"), format!("--p={port}")];
            for typed in attached.iter().map(|one| vec![one.as_str()]).chain([vec!["-p", &value]]) {
                let argv = core::iter::once("x".into()).chain(normalised(&typed));
                let matches = command().try_get_matches_from(argv).unwrap();
                prop_assert_eq!(matches.get_one("port"), Some(&value));
            }
        }
    }
}
