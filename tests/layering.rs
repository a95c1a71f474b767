//! Which room may name which: the table of docs/ARCHITECTURE.md as data.
//!
//! The scan is lexical: comments, and everything from `#[cfg(test)]` on, are left out. It holds
//! inline paths to the table as well as `use` lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// A room: the files under these paths, the rooms it may name, the foreign roots it must not.
struct Room {
    name: &'static str,
    paths: &'static [&'static str],
    may: &'static [&'static str],
    never: &'static [&'static str],
}

/// What no sans-IO room may touch.
const IO: &[&str] = &[
    "tokio",
    "std::net",
    "std::fs",
    "std::time",
    "std::env",
    "std::thread",
    "std::io",
    "rusqlite",
    "egui",
    "eframe",
];

/// The same for a room that reads from memory as others read from files.
const OUTSIDE: &[&str] = &[
    "tokio",
    "std::net",
    "std::fs",
    "std::time",
    "std::env",
    "std::thread",
    "rusqlite",
    "egui",
    "eframe",
];

/// The crates that only `crypto` names.
const CRYPTOGRAPHY: &[&str] = &[
    "p256",
    "p384",
    "p521",
    "ecdsa",
    "elliptic_curve",
    "x25519_dalek",
    "ed25519_dalek",
    "aes_gcm",
    "chacha20poly1305",
    "hkdf",
    "hmac",
    "sha2",
    "ml_kem",
    "argon2",
    "aws_lc_rs",
    "curve25519_dalek",
    "subtle",
    "x509_cert",
    "equix",
];

const ROOMS: &[Room] = &[
    Room { name: "crypto", paths: &["crypto/"], may: &["crypto"], never: IO },
    Room { name: "codec", paths: &["codec/"], may: &["codec"], never: IO },
    Room { name: "id", paths: &["id/"], may: &["id", "crypto", "codec"], never: IO },
    Room {
        name: "handshake",
        paths: &["handshake/"],
        may: &["handshake", "crypto", "codec"],
        never: IO,
    },
    Room {
        name: "signal",
        paths: &["signal/"],
        may: &["signal", "crypto", "codec", "id"],
        never: IO,
    },
    Room {
        name: "keys",
        paths: &["keys.rs", "keys/"],
        may: &["keys", "crypto", "codec", "handshake"],
        never: &["tokio", "std::net"],
    },
    Room { name: "args", paths: &["args.rs", "args/"], may: &["args"], never: &["tokio", "egui"] },
    Room {
        name: "net::cell",
        paths: &["net/cell/"],
        may: &[
            "net::cell",
            "codec",
            "crypto::secret",
            "crypto::hash",
            "crypto::puzzle",
            "crypto::join",
        ],
        never: &["tokio", "std::net", "std::fs", "std::time"],
    },
    Room {
        name: "net::channel",
        paths: &["net/channel.rs", "net/channel/"],
        may: &["net::channel", "handshake", "crypto", "net::error", "keys"],
        never: &["std::fs", "rusqlite"],
    },
    Room {
        name: "net::steady",
        paths: &["net/steady.rs"],
        may: &["net::cell"],
        never: &["std::net", "std::fs"],
    },
    Room { name: "net::clock", paths: &["net/clock.rs"], may: &["crypto"], never: &["tokio"] },
    Room {
        name: "net::server",
        paths: &["net/server/"],
        may: &[
            "net::server",
            "net::channel",
            "net::cell",
            "net::clock",
            "net::steady",
            "crypto",
            "keys",
            "handshake",
            "codec",
        ],
        never: &["clap", "egui"],
    },
    Room {
        name: "net::client",
        paths: &["net/client/"],
        may: &[
            "net::client",
            "net::channel",
            "net::cell",
            "net::clock",
            "net::steady",
            "crypto",
            "handshake",
            "signal",
            "id",
            "codec",
            "picture",
        ],
        never: &["clap", "egui"],
    },
    Room {
        name: "net::local",
        paths: &["net/local/"],
        may: &["net::local", "net::client", "net::server", "net::clock", "keys", "id"],
        never: &["clap", "egui"],
    },
    Room { name: "net", paths: &["net/mod.rs"], may: &["net"], never: &["clap", "egui"] },
    Room { name: "amount", paths: &["amount.rs"], may: &[], never: IO },
    Room { name: "picture", paths: &["picture/"], may: &["picture", "codec"], never: OUTSIDE },
    Room { name: "plain", paths: &["plain.rs"], may: &[], never: IO },
    Room {
        name: "front",
        paths: &["front/"],
        may: &["front", "net::client", "id", "amount", "plain"],
        never: &["std::net", "egui", "rusqlite"],
    },
    Room {
        name: "ui",
        paths: &["ui/"],
        may: &["ui", "net::client", "net::local", "id", "amount", "picture", "plain"],
        never: &["tokio", "std::net", "std::fs", "std::thread", "std::time", "rusqlite", "clap"],
    },
    Room {
        name: "bench",
        paths: &["bin/bench/"],
        may: &["crypto", "handshake", "keys", "net", "id"],
        never: &["rusqlite", "egui"],
    },
    Room {
        name: "bin",
        paths: &["bin/"],
        may: &["args", "keys", "net", "front", "id", "ui"],
        never: &["rusqlite"],
    },
    Room {
        name: "lib",
        paths: &["lib.rs"],
        may: &[
            "amount",
            "args",
            "codec",
            "crypto",
            "front",
            "handshake",
            "id",
            "keys",
            "net",
            "picture",
            "plain",
            "signal",
            "ui",
        ],
        never: IO,
    },
];

#[test]
fn every_file_names_only_what_its_room_may() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for file in rust_files(&source) {
        let path = file.strip_prefix(&source).unwrap().to_str().unwrap().replace('\\', "/");
        let room = room_of(&path).unwrap_or_else(|| panic!("no room holds src/{path}"));
        let text = fs::read_to_string(&file).unwrap();
        wrong.extend(violations(room, &code(&text)).iter().map(|v| format!("src/{path}: {v}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_scan_would_notice() {
    let relay = room_of("net/server/relay/mod.rs").unwrap();
    assert_eq!(violations(relay, "use crate::signal::session::Session;").len(), 1);
    assert_eq!(violations(relay, "let x = crate::id::Id::new(k);").len(), 1);
    assert_eq!(violations(relay, "use crate::net::client::Event;").len(), 1);
    let signal = room_of("signal/session.rs").unwrap();
    assert_eq!(violations(signal, "use std::time::Duration;").len(), 1);
    assert_eq!(violations(signal, "use tokio::time;").len(), 1);
    assert_eq!(violations(signal, "use crate::handshake::Suite;").len(), 1);
    assert_eq!(violations(signal, "use sha2::Sha256;").len(), 1);
    assert_eq!(violations(signal, "sha2::Sha256::digest(b)").len(), 1);
    assert_eq!(violations(signal, "use crate::crypto::hash::sha256;").len(), 0);
    assert_eq!(violations(signal, "use crate::crypto::hkdf;\nhkdf::derive()").len(), 0);
    let ui = room_of("ui/app/mod.rs").unwrap();
    assert_eq!(violations(ui, "use crate::front::Terminal;").len(), 1);
    assert_eq!(violations(ui, "use crate::net::server::Relay;").len(), 1);
    assert_eq!(violations(ui, "tokio::spawn(async {})").len(), 1);
    let bin = room_of("bin/client.rs").unwrap();
    assert_eq!(violations(bin, "use bauta::signal::epoch;").len(), 1);
    assert_eq!(code("a\n// use tokio;\n#[cfg(test)]\nuse tokio;\n"), "a\n");
}

/// Whether a file of the client can reach a network by itself.
fn connects(path: &str, code: &str) -> bool {
    const WAYS: [&str; 8] = [
        "TcpStream::connect",
        "TcpSocket",
        "UdpSocket",
        "UnixStream",
        "lookup_host",
        "ToSocketAddrs",
        "to_socket_addrs",
        "tokio_socks",
    ];
    // The relay listens, and the load tool has no client's secrets to keep.
    let of_the_client =
        !["net/server/", "bin/server/", "bin/bench/"].iter().any(|room| path.starts_with(room));
    of_the_client && path != "net/client/dial.rs" && WAYS.iter().any(|way| code.contains(way))
}

#[test]
fn one_file_connects_and_resolves() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in rust_files(&src) {
        let path = file.strip_prefix(&src).unwrap().to_str().unwrap();
        let text = fs::read_to_string(&file).unwrap();
        assert!(!connects(path, &code(&text)), "{path} connects by itself: dial.rs does that");
    }
    let dial = fs::read_to_string(src.join("net/client/dial.rs")).unwrap();
    assert!(connects("net/client/wire.rs", &code(&dial)), "the control");
}

fn room_of(path: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| {
        room.paths
            .iter()
            .any(|at| if at.ends_with('/') { path.starts_with(at) } else { path == *at })
    })
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The text without comments and without the unit tests at its foot.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]").next().unwrap_or_default();
    body.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

fn violations(room: &Room, code: &str) -> Vec<String> {
    let own = paths_after(code, "crate::").into_iter().chain(paths_after(code, "bauta::"));
    let foreign =
        room.never.iter().chain(if room.name == "crypto" { &[][..] } else { CRYPTOGRAPHY });
    own.filter(|path| !room.may.iter().any(|may| within(path, may)))
        .map(|path| format!("{} may not name {path}", room.name))
        .chain(
            foreign
                .filter(|root| names_root(code, root))
                .map(|root| format!("{} may not name {root}", room.name)),
        )
        .collect()
}

/// Whether `path` is `room` or lies inside it.
fn within(path: &str, room: &str) -> bool {
    path == room || path.strip_prefix(room).is_some_and(|rest| rest.starts_with("::"))
}

/// Every path that follows `prefix`.
fn paths_after(code: &str, prefix: &str) -> Vec<String> {
    code.match_indices(prefix)
        .filter(|(at, _)| !code[..*at].ends_with(is_word))
        .map(|(at, _)| {
            let rest = &code[at + prefix.len()..];
            let end = rest.find(|c| !is_word(c) && c != ':').unwrap_or(rest.len());
            rest[..end].trim_end_matches(':').to_owned()
        })
        .collect()
}

/// Whether the code has a path that starts with `root`: a crate, unless a module of that name was
/// imported from within.
fn names_root(code: &str, root: &str) -> bool {
    if code.contains(&format!("use {root}::")) || code.contains(&format!("use {root};")) {
        return true;
    }
    let path = format!("{root}::");
    let imported = code.contains(&format!("::{root};"));
    !imported
        && code
            .match_indices(&path)
            .any(|(at, _)| !code[..at].ends_with(|c| is_word(c) || c == ':'))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
