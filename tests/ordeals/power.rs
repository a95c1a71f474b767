//! Power cuts: an ext4 in a file on a loop device. The relay is stopped at a random moment, and the
//! file is copied as it is then: what the kernel had not yet written is not in the copy.

use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use bauta::net::server::store::Embedded;
use rand::RngExt as _;
use tempfile::tempdir;

use crate::load;
use crate::load::Load;
use crate::load::Number;
use crate::namespace;
use crate::namespace::Namespace;
use crate::processes::Relay;
use crate::processes::deadline;
use crate::processes::now;
use crate::processes::server;
use crate::shim::Shim;

/// The file system writes nothing by itself for as long as a round takes.
const LOOP_DEVICE: Namespace = Namespace {
    kind: "--mount",
    script: "truncate -s 256M \"$ORDEAL/image\" && mkfs.ext4 -q -F \"$ORDEAL/image\" &&
        mkdir \"$ORDEAL/disk\" &&
        mount -o loop,commit=600 \"$ORDEAL/image\" \"$ORDEAL/disk\"",
};

/// Writers, and what is promised at least before the power goes.
const LOAD: (u8, usize) = (4, 300);
/// And how much later it goes, in milliseconds, at most.
const LATER: u64 = 1_500;

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

/// Stops a process and waits until it stands still.
fn stop(process: u32) {
    run("kill", &["-STOP", &process.to_string()]);
    let deadline = deadline();
    while !stat_of(process).contains(") T ") {
        assert!(now() < deadline, "{process} goes on");
        thread::sleep(Duration::from_millis(1));
    }
}

fn stat_of(process: u32) -> String {
    fs::read_to_string(format!("/proc/{process}/stat")).unwrap()
}

/// What the disk holds at this moment, and what a computer finds that starts with it: the store
/// and its log, taken out of the copy. Nothing when they are not there.
fn cut_power(into: &Path) -> PathBuf {
    let (image, copy, disk) =
        (namespace::folder().join("image"), into.join("image"), into.join("disk"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    run("cp", &["--sparse=always", &text(&image), &text(&copy)]);
    fs::create_dir(&disk).unwrap();
    run("mount", &["-o", "loop", &text(&copy), &text(&disk)]);
    let found = into.join("found");
    fs::create_dir(&found).unwrap();
    for name in ["relay.sqlite", "relay.sqlite-wal"] {
        // A relay that never synced may have left neither.
        let _ = fs::copy(disk.join(name), found.join(name));
    }
    run("umount", &[&text(&disk)]);
    fs::remove_file(copy).unwrap();
    found.join("relay.sqlite")
}

/// One round: what was promised when the power went, and how much of it is lost.
fn round(later: Duration, syncs: bool) -> (usize, Vec<Number>) {
    let folder = tempdir().unwrap();
    let store = namespace::folder().join("disk/relay.sqlite");
    for name in ["", "-wal", "-shm", ".lock", ".reserve"] {
        let _ = fs::remove_file(format!("{}{name}", store.display()));
    }
    let mut command = server();
    if !syncs {
        let Some(shim) = Shim::compile(folder.path()) else { return (0, Vec::new()) };
        command = shim.under(command, "relay.sqlite:relay.sqlite-wal");
        command.env("SHIM_NO_SYNC", "1");
    }
    let relay = Relay::on_store(command, &folder.path().join("relay"), &store);
    let load = Load::on(relay.port, LOAD.0);
    load.until_promised(LOAD.1);
    thread::sleep(later);
    stop(relay.id());
    let found = cut_power(folder.path());
    // What it had said before it was stopped may still be on its way.
    relay.kill();
    let known = load.end();
    let kept = match found.exists() {
        true => {
            assert!(syncs.then(|| Embedded::check(&found).unwrap().is_sound()) != Some(false));
            load::try_kept(&found).unwrap_or_default()
        }
        false => Default::default(),
    };
    (known.promised.len(), load::lost(&known, &kept))
}

#[test]
fn a_power_cut_loses_nothing_that_was_promised() {
    let Some(rounds) = env::var("BAUTA_POWER_CUTS").ok() else {
        return eprintln!("skipped: BAUTA_POWER_CUTS=N cuts the power N times, as root");
    };
    if !LOOP_DEVICE.is_inside("power::a_power_cut_loses_nothing_that_was_promised") {
        return;
    }
    let mut rng = bauta::net::clock::system_rng();
    for round_number in 1..=rounds.parse::<usize>().unwrap() {
        let later = Duration::from_millis(rng.random_range(0..LATER));
        let (promised, lost) = round(later, true);
        eprintln!("round {round_number}: {promised} promised");
        assert_eq!(lost, []);
    }
    // Without a sync the same must be a loss, or nothing above was proved.
    let (promised, lost) = round(Duration::ZERO, false);
    eprintln!("without syncs: {} of {promised} are lost", lost.len());
    assert!(!lost.is_empty(), "a missing sync would not be noticed");
}
