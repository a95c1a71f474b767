//! The real programs, on a relay that is a quarter full of what nobody reads.

use bauta::net::server::store::Embedded;
use bauta::net::server::store::Store as _;
use bauta::net::server::store::StoreLimits;

use super::processes::Person;
use super::processes::Relay;
use super::put_change;

/// The smallest store that a relay takes.
const BYTES: u64 = 16 << 20;

#[test]
fn a_request_is_worked_for_and_then_stored_and_conversations_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("relay");
    std::fs::create_dir_all(&home).unwrap();
    fill_a_quarter(&home.join("relay.sqlite"));
    let relay = Relay::start(&home, 0, &["-size", "16M"]);
    let online = |name: &str| Person::online(&folder.path().join(name), &relay.address, &[]);
    let (mut alice, mut bob) = (online("alice"), online("bob"));
    alice.add(&bob.id.clone());
    let notice = alice.expect("notice", |notice| notice["notice"] == "working");
    assert_eq!(notice["contact"], bob.id);
    alice.expect("contact", |contact| contact["state"] == "asked" && !contact["lapses"].is_null());
    bob.add(&alice.id.clone());
    alice.expect("contact", |contact| contact["state"] == "matched");
    alice.send(&bob.id.clone(), "worth it");
    bob.expect("message", |message| message["text"] == "worth it");
}

fn fill_a_quarter(path: &std::path::Path) {
    let limits = StoreLimits { bytes: BYTES, ..StoreLimits::default() };
    let now = bauta::net::clock::unix_s();
    let mut store = Embedded::open(path, limits, now).unwrap();
    let quarter = u32::try_from(limits.envelopes() / 4 + 1).unwrap();
    let puts: Vec<_> = (0..quarter).map(|number| put_change(1, number)).collect();
    store.commit(&puts, now).unwrap();
    assert_eq!(store.usage().price(), 16);
}
