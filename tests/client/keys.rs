//! A network that refreshes its keys while a client makes its two connections.

use bauta::handshake::SigningKeys;
use bauta::handshake::identity::KeySet;
use bauta::handshake::identity::SignedKeySet;
use bauta::net::cell::ClientFrame;
use bauta::net::client::Event;
use bauta::net::client::core::Distrust;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::core::Output;
use bauta::net::client::event::BadKeys;
use bauta::net::client::event::Notice;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::world::*;

/// Fresh keys of the network under this number.
fn refreshed(world: &World, sequence: u64, seed: u64) -> SignedKeySet {
    let keys = SigningKeys::generate(&mut StdRng::seed_from_u64(seed)).unwrap();
    SignedKeySet::sign(world.network, &KeySet::new(sequence, &keys)).unwrap()
}

/// A client that has seen set 1, whose connections are gone.
fn offline() -> World {
    let mut world = World::new();
    Line::SHARED.into_iter().for_each(|line| world.disconnect(0, line));
    world
}

/// A connection is there, with keys that were held to what the client expected when it began.
fn up(world: &mut World, line: Line, keys: &SignedKeySet) -> Vec<Output> {
    let verified = Box::new(keys.verify(None).unwrap());
    let (welcome, now) = (Box::new(world.welcome.clone()), world.now);
    let core = world.people[0].core.as_mut().unwrap();
    core.handle(Input::Up(line, verified, welcome), now).unwrap()
}

fn greets(output: &[Output], line: Line) -> bool {
    let hello = |output: &Output| matches!(output, Output::Send(to, ClientFrame::Hello { .. }) if *to == line);
    output.iter().any(hello)
}

fn judged(world: &World, keys: &SignedKeySet) -> Result<(), Distrust> {
    let expected = world.people[0].core.as_ref().unwrap().expectation();
    expected.judge(keys).map(|_| ())
}

#[test]
fn a_connection_that_a_refresh_has_overtaken_is_made_anew_and_held_to_the_newer_keys() {
    let mut world = offline();
    let (older, newer) = (refreshed(&world, 2, 1), refreshed(&world, 3, 2));
    // Both connections are under way: one met the relay before its refresh, one after it.
    assert_eq!((judged(&world, &older), judged(&world, &newer)), (Ok(()), Ok(())));
    let output = up(&mut world, Line::CONVERSATIONS, &newer);
    let notice = Notice::KeysRefreshed { sequence: 3 };
    assert!(output.iter().any(|o| matches!(o, Output::Event(Event::Notice(n)) if *n == notice)));
    assert!(greets(&output, Line::CONVERSATIONS));

    let output = up(&mut world, Line::RENDEZVOUS, &older);
    assert!(matches!(output[..], [Output::Redial(Line::RENDEZVOUS)]), "{output:?}");
    world.input(0, Input::Down(Line::RENDEZVOUS));
    let rolled_back = Err(Distrust::BadKeys(BadKeys::RolledBack));
    assert_eq!((judged(&world, &older), judged(&world, &newer)), (rolled_back, Ok(())));
    let output = up(&mut world, Line::RENDEZVOUS, &newer);
    assert!(greets(&output, Line::RENDEZVOUS), "{output:?}");
}

#[test]
fn two_sets_with_one_number_stop_the_client_also_when_both_come_at_once() {
    let mut world = offline();
    let (one, other) = (refreshed(&world, 2, 1), refreshed(&world, 2, 2));
    assert_eq!((judged(&world, &one), judged(&world, &other)), (Ok(()), Ok(())));
    assert!(greets(&up(&mut world, Line::CONVERSATIONS, &one), Line::CONVERSATIONS));
    let output = up(&mut world, Line::RENDEZVOUS, &other);
    let told =
        |o: &Output| matches!(o, Output::Event(Event::BadKeys { reason: BadKeys::Doubled, .. }));
    assert!(output.iter().any(told), "{output:?}");
    assert!(output.iter().any(|o| matches!(o, Output::Halt)), "{output:?}");
    assert!(!greets(&output, Line::RENDEZVOUS), "{output:?}");
}
