//! kill -9 of `client -wipe`.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Command;
use std::process::ExitStatus;
use std::process::Stdio;

use bauta::crypto::password::Cost;
use bauta::net::client::profile::Kind;
use bauta::net::client::profile::Profile;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rusqlite::Connection;
use tempfile::tempdir;
use zeroize::Zeroizing;

use crate::processes::client;
use crate::processes::files;
use crate::processes::found;
use crate::shim::Shim;

/// Everything that a profile is made of.
const FILES: &str = "/key:/profile.db:/profile.db-wal:/profile.db-shm:/profile.db-journal";
const ROWS: u8 = 20;

/// Each write, sync, truncation and deletion of a wipe is the last one once.
#[test]
fn a_wipe_that_is_killed_has_touched_no_row_before_the_key_was_gone() {
    let home = tempdir().unwrap();
    let Some(shim) = Shim::compile(home.path()) else { return };
    for passphrase in [None, Some("right")] {
        let once = home.path().join(format!("once, {passphrase:?}"));
        let (key, rows) = profile(&once, passphrase);
        let (mut kills, mut keyless) = (0, 0);
        loop {
            let place = home.path().join("profile");
            copy(&once, &place);
            let is_there = |needle: &Vec<u8>| !found(&place, &[("", needle.clone())]).is_empty();
            assert!(is_there(&key) && rows.iter().all(is_there));
            let mut command = shim.under(client(), FILES);
            command.env("SHIM_KILL_AT", (kills + 1).to_string());
            let ended = wipe(command, &place);
            if ended.success() {
                assert!(!place.exists());
                break;
            }
            assert_eq!(ended.signal(), Some(9));
            kills += 1;
            let left = rows.iter().filter(|row| is_there(row)).count();
            if is_there(&key) {
                assert_eq!(left, rows.len(), "{passphrase:?}: killed at {kills}");
            } else {
                keyless += usize::from(left == rows.len());
            }
            // Another one goes on with it.
            let nothing_left = files(&place).iter().all(|path| path.ends_with("lock"));
            let ended = wipe(client(), &place);
            assert!(ended.success() != nothing_left, "{passphrase:?}: killed at {kills}");
            assert!(!place.exists() || nothing_left);
            fs::remove_dir_all(&place).unwrap_or_default();
        }
        eprintln!("{kills} kills, {passphrase:?}; rows without a key behind {keyless} of them");
        assert!(kills > keyless && keyless > 0);
    }
}

/// A profile as a client leaves it that is killed, with a log: its key as it is written down, and its
/// rows as they are sealed.
fn profile(place: &Path, passphrase: Option<&str>) -> (Vec<u8>, Vec<Vec<u8>>) {
    let used = place.with_extension("used");
    let mut rng = StdRng::seed_from_u64(1);
    let mut profile = Profile::open(&used, passphrase, Cost::LEAST, &mut rng).unwrap();
    for row in 0..ROWS {
        profile.put(Kind::Message, &[row], Zeroizing::new(vec![row; 100]));
    }
    profile.commit(&mut rng).unwrap();
    copy(&used, place);
    drop(profile);
    let db = Connection::open(used.join("profile.db")).unwrap();
    let mut statement = db.prepare("SELECT sealed FROM rows").unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    let rows: Vec<Vec<u8>> = rows.map(Result::unwrap).collect();
    assert_eq!(rows.len(), usize::from(ROWS));
    let key = match passphrase {
        Some(_) => db.query_row("SELECT sealed FROM protection", [], |row| row.get(0)).unwrap(),
        None => fs::read(used.join("key")).unwrap(),
    };
    (key, rows)
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.unwrap().success());
}

/// `client -wipe`, and the answer to its question.
fn wipe(mut command: Command, profile: &Path) -> ExitStatus {
    command.arg("-wipe").arg("-profile").arg(profile);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Whoever refuses before the question reads nothing.
    let _ = child.stdin.take().unwrap().write_all(b"wipe\n");
    child.wait().unwrap()
}
