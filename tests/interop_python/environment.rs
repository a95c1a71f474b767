//! A virtual environment of this target folder's own, made once.

use std::env;
use std::fs;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The scripts, and what they need.
pub(crate) const PEERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers");

const REQUIREMENTS: &str = include_str!("../peers/requirements.txt");

/// How long each of the two steps to an environment may take: of the two minutes that a test binary
/// has, they leave 20 s.
const LIMIT: Duration = Duration::from_secs(50);

/// The interpreter that has the packages; `None`, and a line that says why, without one.
///
/// # Panics
/// Without one, if `BAUTA_REQUIRE_ALL` is set.
pub(crate) fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PYTHON.get_or_init(make) {
        Ok(python) => Some(python),
        Err(why) => {
            assert!(env::var_os("BAUTA_REQUIRE_ALL").is_none(), "{why}");
            eprintln!("skipped: {why}");
            None
        }
    }
}

/// Uses the environment if its stamp is that of the pinned packages. A lock keeps other test binaries
/// out meanwhile; the system lifts it with the process.
fn make() -> Result<PathBuf, String> {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (folder, stamp) = (parent.join("python"), parent.join("python/complete"));
    let python = folder.join("bin/python");
    let lock = File::create(parent.join("python.lock")).unwrap();
    lock.lock().unwrap();
    if fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == REQUIREMENTS) {
        return Ok(python);
    }
    let _ = fs::remove_dir_all(&folder);
    bounded(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    // Only what is built already: a build would run its scripts, and outlast the limit.
    bounded(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--no-input", "--no-deps"])
            .args(["--disable-pip-version-check", "--only-binary", ":all:", "--requirement"])
            .arg(Path::new(PEERS).join("requirements.txt")),
    )?;
    fs::write(&stamp, REQUIREMENTS).unwrap();
    Ok(python)
}

/// Runs a command to its end, or to the limit.
fn bounded(command: &mut Command) -> Result<(), String> {
    let name = format!("{command:?}");
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| format!("{name}: {error}"))?;
    let id = child.id();
    let (sender, receiver) = mpsc::channel();
    let waiter = thread::spawn(move || sender.send(child.wait()));
    let Ok(status) = receiver.recv_timeout(LIMIT) else {
        let _ = Command::new("kill").arg(id.to_string()).status();
        let _ = waiter.join();
        return Err(format!("{name}: not done in {LIMIT:?}"));
    };
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}
