//! What the log can say on any day: every statement that writes to it, and what its values hold. None
//! holds an IP address, an ID, a mailbox's address, a capability or anything that was said.
//!
//! The scan is lexical and takes in all of `src`, comments left out. No dependency of the relay
//! writes to the log: of all that are locked only the window's can.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// Where, the statement, and what its values can hold. Whoever adds a line has looked at its type.
const STATEMENTS: &[(&str, &str, &str)] = &[
    ("bin/server/open.rs", r#"warn!(%damage, "damaged and passed over")"#, DAMAGE),
    (
        "net/server/desk/mod.rs",
        r#"error!(error = source, "the store failed")"#,
        "StoreError: the store's own path, its version, what SQLite or the system said of it",
    ),
    ("net/server/desk/mod.rs", r#"error!(%damage, "the store is damaged")"#, DAMAGE),
    ("net/server/metrics/mod.rs", r#"warn!(%error, "cannot accept connections for metrics")"#, OS),
    ("net/server/run.rs", r#"info!("serving")"#, ""),
    ("net/server/run.rs", r#"info!(?counters, "stopped")"#, "Counters: whole numbers"),
    ("net/server/run.rs", r#"warn!(%error, "cannot accept connections")"#, OS),
    ("net/server/store/embedded/mod.rs", r#"error!(%damage, "the store is damaged")"#, DAMAGE),
    (
        "net/server/store/embedded/reserve.rs",
        r#"error!("the disk is full: the relay takes nothing new until there is room")"#,
        "",
    ),
    (
        "net/server/store/embedded/reserve.rs",
        r#"warn!(%error, "cannot hold back a part of the disk")"#,
        OS,
    ),
    ("ui/startup.rs", r#"debug!("first frame")"#, ""),
];
const DAMAGE: &str = "Damage: which table of the store, and the number of a row";
const OS: &str = "io::Error of the system's: its number and sentence";

/// Every crate that could write to the log, beside this one and what writes it out.
const OTHERS: [&str; 3] = ["calloop", "winit", "zbus"];

/// Every use of the log in a file's text: the statements, and what else there is of it.
fn uses(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    let behind = text.match_indices("tracing").map(|(at, found)| &text[at + found.len()..]);
    behind
        .filter_map(|rest| match rest.strip_prefix("::") {
            Some(statement) => {
                let end = statement.find(";\n").unwrap_or(statement.len());
                let words = statement[..end].split_whitespace().collect::<Vec<_>>().join(" ");
                Some(words.replace("( ", "(").replace(" )", ")"))
            }
            // What writes it out where somebody wants it to be.
            None if rest.starts_with("_subscriber::") => None,
            None => Some(format!("tracing{}", rest.lines().next().unwrap_or_default())),
        })
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let within = folders.iter().flat_map(|folder| rust_files(folder));
    files.into_iter().filter(rust).chain(within).collect()
}

#[test]
fn every_statement_of_the_log_is_one_whose_values_are_known() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for file in rust_files(&src) {
        let path = file.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
        let text = fs::read_to_string(&file).unwrap();
        if path.starts_with("net/") {
            for way in ["println!(", "print!(", "dbg!("] {
                assert!(!text.contains(way), "src/{path} writes beside the log");
            }
        }
        found.extend(uses(&text).into_iter().map(|statement| (path.clone(), statement)));
    }
    found.sort();
    let known = STATEMENTS.iter().map(|(path, statement, _)| (*path, *statement));
    let mut known: Vec<_> =
        known.map(|(path, statement)| (path.to_owned(), statement.to_owned())).collect();
    known.sort();
    assert_eq!(found, known);
}

#[test]
fn the_scan_would_notice() {
    let text =
        "// tracing::warn!(a);\n    tracing::warn!(\n        %address,\n        \"new\"\n    );\n";
    assert_eq!(uses(text), [r#"warn!(%address, "new")"#]);
    assert_eq!(uses("use tracing::warn;\n"), ["warn"]);
    assert_eq!(uses("#[tracing::instrument]\nfn serve(from: Block) {}\n").len(), 1);
    assert_eq!(uses("use tracing as t;\n"), ["tracing as t;"]);
    assert!(uses("use tracing_subscriber::EnvFilter;\n").is_empty());
}

#[test]
fn no_dependency_of_the_relay_writes_to_the_log() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"));
    let lock = lock.unwrap();
    let packages = lock.split("[[package]]");
    let name = |package: &str| {
        let name = package.lines().find_map(|line| line.strip_prefix("name = "));
        name.map(|name| name.trim_matches('"').to_owned())
    };
    let mut users: Vec<_> = packages
        .filter(|package| package.lines().any(|line| line == " \"tracing\","))
        .filter_map(name)
        .collect();
    users.retain(|user| user != "bauta" && user != "tracing-subscriber");
    assert_eq!(users, OTHERS);
}
