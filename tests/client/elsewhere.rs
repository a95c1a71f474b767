//! Months on another network, and back.

use std::collections::BTreeMap;

use bauta::crypto::identity::IdentityKey;
use bauta::crypto::password::Cost;
use bauta::id::Address;
use bauta::id::Fingerprint;
use bauta::id::Id;
use bauta::net::client::Command;
use bauta::net::client::core::Core;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::profile::Kind;
use bauta::net::client::profile::Profile;
use bauta::signal::BodyAead;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::world::*;

const KINDS: [Kind; 3] = [Kind::Session, Kind::Bundle, Kind::Put];

/// How long the rows of these kinds are, of a client that is not running.
fn lengths(world: &World, who: usize) -> [BTreeMap<Vec<u8>, usize>; 3] {
    let mut rng = StdRng::seed_from_u64(9);
    let profile = Profile::open(&world.people[who].folder, None, Cost::LEAST, &mut rng).unwrap();
    KINDS.map(|kind| {
        profile.rows(kind).unwrap().into_iter().map(|(id, row)| (id, row.len())).collect()
    })
}

/// Somebody is on another network for some days, and nowhere else.
fn leave(world: &mut World, who: usize, days: u64) {
    let mut rng = StdRng::seed_from_u64(8);
    let folder = world.people[who].folder.clone();
    let profile = Profile::open(&folder, None, Cost::LEAST, &mut rng).unwrap();
    let address: Address = "elsewhere.example".parse().unwrap();
    let address = address.with_fingerprint(Fingerprint::from_bytes([8; 32]));
    let aead = BodyAead::Aes256Gcm;
    let (mut core, _) = Core::open(profile, address, aead, false, rng, world.now).unwrap();
    for _ in 0..days {
        world.now += DAY;
        world.relay.forget_expired(world.now);
        world.input(1 - who, Input::Tick);
        let output = core.handle(Input::Tick, world.now).unwrap();
        assert!(output.is_empty(), "nobody sees it: {output:?}");
    }
}

#[test]
fn keys_of_another_network_age_and_the_talk_goes_on_there() {
    let mut world = World::new();
    // Sessions that were replaced.
    world.copy(1);
    talk(&mut world);
    world.pass(DAY);
    assert!(world.restore(1));
    world.connect(1);
    world.ask(1);
    world.say(1, "new computer");
    world.settle();
    world.say(0, "welcome back");
    world.settle();
    // The key of a receipt that was lost.
    world.say(0, "heard?");
    world.arrive_all(1);
    world.pass(15 * SECOND);
    assert!(world.relay.lose(0, Line::CONVERSATIONS, 0));
    world.say(1, "yes");
    world.arrive_all(0);
    world.pass(15 * SECOND);
    world.arrive_all(0);
    assert_eq!(world.people[0].shown.last().unwrap(), "yes");
    // A request that has not even gone.
    Line::SHARED.into_iter().for_each(|line| world.disconnect(0, line));
    let stranger = IdentityKey::generate(&mut StdRng::seed_from_u64(3));
    let contact = Id::new(*stranger.public()).to_string();
    world.input(0, one(Command::Add { contact, nickname: None }));
    world.stop(0);
    let before = lengths(&world, 0);
    assert_eq!(before.each_ref().map(BTreeMap::len), [3, 1, 1]);

    leave(&mut world, 0, 26);
    assert_eq!(lengths(&world, 0), before, "not yet");
    leave(&mut world, 0, 4);
    let aged = lengths(&world, 0);
    assert_eq!(aged.each_ref().map(BTreeMap::len), [1, 1, 1]);
    let (at_work, len) = aged[0].first_key_value().unwrap();
    let skipped_key = 36;
    assert_eq!(before[0][at_work] - len, skipped_key);
    leave(&mut world, 0, 60);
    assert_eq!(lengths(&world, 0), [aged[0].clone(), BTreeMap::new(), BTreeMap::new()]);

    world.reopen(0);
    world.settle();
    world.say(0, "back");
    world.say(1, "where were you?");
    world.settle();
    assert_eq!(world.people[1].shown.last().unwrap(), "back");
    assert_eq!(world.people[0].shown.last().unwrap(), "where were you?");
    assert_eq!(world.rows(0, Kind::Bundle), 1, "the other one is asked anew");
}
