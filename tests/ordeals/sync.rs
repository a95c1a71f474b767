//! A disk that fails to make a write durable, once.

use std::fs;
use std::path::Path;

use bauta::net::server::store::Embedded;

use crate::load;
use crate::load::Load;
use crate::processes::Relay;
use crate::processes::deadline;
use crate::processes::now;
use crate::processes::server;
use crate::shim::Shim;

/// Fails the next sync of files that end like this under load, and says how the relay ended, if it
/// did, with what was promised by then; then everything promised must be there.
fn fail_under_load(files: &str) -> Option<i32> {
    let folder = tempfile::tempdir().unwrap();
    let shim = Shim::compile(folder.path())?;
    let place = folder.path().join("relay");
    let trigger = folder.path().join("fail");
    let mut command = shim.under(server(), files);
    command.env("SHIM_FAIL", &trigger);
    let relay = Relay::by(command, &place, 0, &[]);
    let port = relay.port;
    // Where nobody reads, every batch holds something that somebody waits for.
    let load = Load::on(port, if files.ends_with("-wal") { 1 } else { 4 });
    load.until_promised(200);
    fs::write(&trigger, b"").unwrap();
    // A checkpoint comes with each sixteen megabytes.
    load.until_gone_or_promised(&trigger, 20_000);
    assert!(!trigger.exists(), "no sync failed");
    let ended = if files.ends_with("-wal") {
        let code = relay.ends().code();
        assert!(load.known().refused > 0, "who waited for that batch was told");
        // Once more, on what is there.
        let relay = Relay::start(&place, port, &[]);
        load.until_promised(load.promised() + 100);
        check(&place, relay, load);
        code
    } else {
        load.until_promised(load.promised() + 5_000);
        check(&place, relay, load);
        Some(0)
    };
    let log = fs::read_to_string(place.join("log")).unwrap();
    let said = log.contains("the store failed") && log.contains("a write to the store failed");
    assert_eq!(said, files.ends_with("-wal"), "{log}");
    ended
}

fn check(place: &Path, relay: Relay, load: Load) {
    let known = load.end();
    relay.stop();
    let store = place.join("relay.sqlite");
    assert_eq!(load::lost(&known, &load::kept(&store)), []);
    assert!(Embedded::check(&store).unwrap().is_sound());
}

/// Nothing can be promised any more: what was not written may be gone, and the next sync say yes.
#[test]
fn a_relay_whose_log_cannot_be_synced_stops_and_has_lost_nothing() {
    let Some(code) = fail_under_load("relay.sqlite-wal") else { return };
    assert_eq!(code, 1);
}

/// The log still has everything, and is copied again.
#[test]
fn a_relay_whose_file_cannot_be_synced_goes_on_and_loses_nothing() {
    let Some(code) = fail_under_load("relay.sqlite") else { return };
    assert_eq!(code, 0);
}

impl Load {
    /// Waits until a file is gone, or this many more are promised.
    fn until_gone_or_promised(&self, file: &Path, count: usize) {
        let (deadline, all) = (deadline(), self.promised() + count);
        while file.exists() && self.promised() < all {
            assert!(now() < deadline, "{} promised", self.promised());
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
}
