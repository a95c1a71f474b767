//! Processes that stand still and go on, as on a computer that sleeps.

use std::process::Command;
use std::thread;
use std::time::Duration;

use tempfile::tempdir;

use crate::people::Pair;
use crate::processes::Relay;

/// How long one stands still: longer than a round of messages takes.
const STILL: Duration = Duration::from_millis(700);

fn signal(process: u32, name: &str) {
    let status = Command::new("kill").args([name, &process.to_string()]).status();
    assert!(status.unwrap().success());
}

/// Who stands still meanwhile is spoken to, and speaks when it goes on.
#[test]
fn whoever_stands_still_loses_and_doubles_nothing() {
    let folder = tempdir().unwrap();
    let relay = Relay::new(&folder.path().join("relay"));
    let mut pair = Pair::meet(folder.path(), &relay.address);
    for round in 0..6 {
        (0..5).for_each(|_| pair.speak());
        let victim = [relay.id(), pair.people[0].process(), pair.people[1].process()][round % 3];
        signal(victim, "-STOP");
        (0..5).for_each(|_| pair.speak());
        thread::sleep(STILL);
        signal(victim, "-CONT");
        pair.hear();
    }
    assert_eq!(pair.end(), 2 * 10 * 6);
    relay.stop();
}
