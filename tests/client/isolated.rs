//! Connections of their own: what the relay sees on each of them when everything goes through a proxy.

use std::collections::BTreeSet;

use bauta::net::cell::Address;
use bauta::net::client::Command;
use bauta::net::client::Event;
use bauta::net::client::core::Line;
use bauta::net::client::core::Party;
use bauta::net::client::core::Role;
use bauta::net::client::event::ContactState;

use super::crowd::Crowd;
use super::world::*;

/// The first talks with both others.
fn talking() -> Crowd {
    let mut crowd = Crowd::new();
    crowd.talk();
    crowd
}

#[test]
fn before_there_is_a_contact_one_connection_says_nothing() {
    let mut crowd = Crowd::new();
    assert_eq!(crowd.people[0].core.lines(), BTreeSet::from([Line::DISCOVERY]));
    crowd.settle();
    assert_eq!(crowd.people[0].up, BTreeSet::from([Line::DISCOVERY]));
    assert!(crowd.seen.values().all(BTreeSet::is_empty));
    // Who was named before the network was known is asked when it is.
    assert!(crowd.people[0].told.iter().any(|event| matches!(event, Event::Network { .. })));
}

#[test]
fn no_connection_shows_two_contacts_or_both_roles() {
    let crowd = talking();
    // Requests and messages, of two contacts and of one.
    assert_eq!([0, 1, 2].map(|who| crowd.people[who].up.len()), [4, 2, 2]);
    assert!(crowd.people[0].up.iter().all(|line| matches!(line.party, Party::Contact(_))));
    crowd.check();
    // Whoever writes shows the mailbox that is read elsewhere: what belongs to b is b's, all of it.
    let of = |who: usize| -> BTreeSet<Address> {
        crowd.seen.iter().filter(|((w, _), _)| *w == who).flat_map(|(_, m)| m.clone()).collect()
    };
    let (b, c) = (of(1), of(2));
    for ((who, line), mailboxes) in &crowd.seen {
        let both = !mailboxes.is_disjoint(&b) && !mailboxes.is_disjoint(&c);
        assert!(*who != 0 || !both, "{line:?}");
    }
}

#[test]
fn a_request_that_waits_has_one_connection() {
    let mut crowd = Crowd::new();
    crowd.settle();
    crowd.ask(0, 1);
    crowd.settle();
    let up = &crowd.people[0].up;
    assert!(up.len() == 1 && up.iter().all(|line| line.role == Role::Rendezvous), "{up:?}");
    crowd.check();
}

#[test]
fn a_connection_that_is_down_stops_nobody_else() {
    let mut crowd = talking();
    let cut = crowd.line(0, Role::Conversations, 0);
    crowd.cut.insert((0, cut));
    crowd.settle();
    for (who, whom, text) in [(0, 1, "late"), (0, 2, "in time"), (2, 0, "too"), (1, 0, "waits")] {
        crowd.say(who, whom, text);
    }
    crowd.settle();
    assert_eq!(crowd.hears(2, 0), ["to c", "in time"]);
    assert_eq!(crowd.hears(0, 2), ["from c", "too"]);
    assert_eq!((crowd.hears(1, 0), crowd.hears(0, 1)), (vec!["to b"], vec!["from b"]));
    crowd.cut.clear();
    crowd.settle();
    assert_eq!(crowd.hears(1, 0), ["to b", "late"]);
    assert_eq!(crowd.hears(0, 1), ["from b", "waits"]);
    crowd.check();
}

#[test]
fn what_takes_a_request_back_goes_by_itself_and_ends() {
    let mut crowd = talking();
    let before = crowd.people[0].up.clone();
    let contact = crowd.people[1].id;
    crowd.input(0, one(Command::Remove { contact }));
    let farewells = |lines: BTreeSet<Line>| {
        lines.iter().filter(|line| matches!(line.party, Party::Farewell(_))).count()
    };
    assert_eq!(farewells(crowd.people[0].core.lines()), 1);
    assert!(!crowd.people[0].core.is_idle(), "something is still to be said");
    crowd.settle();
    assert_eq!(farewells(crowd.people[0].core.lines()), 0);
    // The connections of the contact are gone, the other's are the same.
    assert!(crowd.people[0].up.is_subset(&before) && crowd.people[0].up.len() == 2);
    let ended = crowd.people[1].told.iter().rev().find_map(|event| match event {
        Event::Contact(contact) => Some(contact.state),
        _ => None,
    });
    assert_eq!(ended, Some(ContactState::Ended));
    let farewell = crowd.seen.keys().find(|(_, line)| matches!(line.party, Party::Farewell(_)));
    assert!(farewell.is_some());
    crowd.check();
    crowd.say(0, 2, "still here");
    crowd.settle();
    assert_eq!(crowd.hears(2, 0), ["to c", "still here"]);
}
