//! Clocks that jump, both ways, of the relay and of a client, by libfaketime.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use serde_json::json;
use tempfile::tempdir;

use crate::people::Pair;
use crate::processes::Relay;
use crate::processes::client;
use crate::processes::server;

/// Whose clock is wrong: each program reads how much from a file, at every look at its clock.
struct Clock(PathBuf);

impl Clock {
    fn new(folder: &Path, name: &str) -> Self {
        let clock = Self(folder.join(name));
        clock.jump("+0");
        clock
    }

    /// Seconds from the real time, as libfaketime writes them. The file is never half written.
    fn jump(&self, to: &str) {
        let new = self.0.with_extension("new");
        fs::write(&new, format!("{to}\n")).unwrap();
        fs::rename(new, &self.0).unwrap();
    }

    /// A program that lives by it; its timers do not.
    fn of(&self, mut command: Command, library: &Path) -> Command {
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.0)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command
    }
}

/// The library, where Debian and others put it.
fn library() -> Option<PathBuf> {
    let folders =
        ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let paths = folders.iter().map(|f| Path::new(f).join("faketime/libfaketimeMT.so.1"));
    let found = paths.into_iter().find(|path| path.exists());
    if found.is_none() {
        crate::missing("libfaketime is not installed");
    }
    found
}

const JUMPS: [&str; 6] = ["+3600", "-3600", "+34560000", "-34560000", "+86400", "+0"];

#[test]
fn a_relay_whose_clock_jumps_loses_and_doubles_nothing() {
    let Some(library) = library() else { return };
    let folder = tempdir().unwrap();
    let clock = Clock::new(folder.path(), "clock");
    let command = || clock.of(server(), &library);
    let mut relay = Relay::by(command(), &folder.path().join("relay"), 0, &[]);
    let mut pair = Pair::meet(folder.path(), &relay.address);
    for jump in JUMPS {
        clock.jump(jump);
        (0..5).for_each(|_| pair.speak());
        pair.hear();
        // Some wait in the store while it opens at another time, once forward and once back.
        (0..5).for_each(|_| pair.speak());
        let (place, port) = relay.kill();
        relay = Relay::by(command(), &place, port, &[]);
        pair.reconnect();
        pair.hear();
    }
    assert_eq!(pair.end(), 2 * 10 * JUMPS.len());
    relay.stop();
}

#[test]
fn a_client_whose_clock_jumps_loses_and_doubles_nothing() {
    let Some(library) = library() else { return };
    let folder = tempdir().unwrap();
    let clock = Clock::new(folder.path(), "clock");
    let relay = Relay::new(&folder.path().join("relay"));
    let commands = [clock.of(client(), &library), client()];
    let mut pair = Pair::meet_by(commands, folder.path(), &relay.address);
    for jump in ["+3600", "-3600", "+172800", "-172800", "+34560000", "-34560000", "+0"] {
        clock.jump(jump);
        pair.people[0].tell(&json!({"command": "reconnect"}));
        // More than a week away the mailboxes of both do not meet until the clock is right again;
        // what was said then comes with a resend. So nothing is said.
        if jump.len() <= 7 {
            (0..5).for_each(|_| pair.speak());
            pair.hear();
        }
    }
    assert_eq!(pair.end(), 2 * 5 * 5);
    relay.stop();
}
