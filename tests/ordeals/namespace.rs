//! A test within mounts or a network of its own: it runs once more as a process that has them, and
//! everything goes with that process.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use tempfile::tempdir;

/// What is made for a test. The scripts know its folder as `$ORDEAL`.
#[derive(Clone, Copy)]
pub(crate) struct Namespace {
    /// `--mount` or `--net`.
    pub(crate) kind: &'static str,
    /// What makes it, as root.
    pub(crate) script: &'static str,
}

impl Namespace {
    /// Whether this is the process within. Otherwise the test named was run in such a process, or is
    /// skipped because the system does not let it: that is a right or a part of the kernel, not a
    /// program, so it is no error anywhere.
    ///
    /// `test` is the name with its modules.
    pub(crate) fn is_inside(self, test: &str) -> bool {
        if env::var_os(FOLDER).is_some() {
            return true;
        }
        let folder = tempdir().unwrap();
        let script = format!("({}) || exit {CANNOT}; exec \"$0\" \"$@\"", self.script);
        let ran = Command::new("unshare")
            .args([self.kind, "sh", "-e", "-c", &script])
            .arg(env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture", "--test-threads", "1"])
            .env(FOLDER, folder.path())
            .output();
        let Ok(output) = ran else {
            crate::missing("unshare is not installed");
            return false;
        };
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => eprint!("{said}"),
            // The same for an unshare that may not.
            Some(1 | CANNOT) => eprintln!("skipped: {test}: {}", said.trim()),
            _ => panic!("{said}{}", String::from_utf8_lossy(&output.stdout)),
        }
        false
    }
}

/// The folder that the namespace was made for.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env::var_os(FOLDER).unwrap())
}

const FOLDER: &str = "ORDEAL";
const CANNOT: i32 = 77;
