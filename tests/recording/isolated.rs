//! With a proxy: what a relay sees on each connection, which is one contact's and one role's.

use std::collections::BTreeSet;

use bauta::net::cell;
use bauta::net::cell::Address;
use bauta::net::cell::ClientFrame;
use bauta::net::client::Event;
use bauta::net::client::Way;
use bauta::net::client::event::Link;

use crate::people::Person;
use crate::recorder::Recorder;
use crate::recorder::UP;
use crate::recorder::Watched;
use crate::socks::Proxy;

/// The mailboxes that were named on each connection, as far as any were.
pub fn mailboxes(door: &Recorder) -> Vec<BTreeSet<Address>> {
    let of = |frame: ClientFrame| match frame {
        ClientFrame::Put { address, .. } => vec![address],
        ClientFrame::Ack { capability, .. } | ClientFrame::Cancel { capability, .. } => {
            vec![capability.address()]
        }
        ClientFrame::Subscribe { capabilities } | ClientFrame::Unsubscribe { capabilities } => {
            capabilities.iter().map(cell::Capability::address).collect()
        }
        _ => Vec::new(),
    };
    let logs = door.logs().into_iter().map(|log| {
        let cells = log.lock().unwrap().cells[UP].clone();
        let frames = cells.iter().flat_map(|cell| cell::decode::<ClientFrame>(cell).unwrap());
        frames.flat_map(of).collect::<BTreeSet<_>>()
    });
    logs.filter(|named| !named.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_proxy_no_connection_shows_two_contacts() {
    let watched = Watched::new().await;
    let doors = [watched.door().await, watched.door().await, watched.door().await];
    let proxy = Proxy::new();
    let way = Way::Proxy(proxy.url().parse().unwrap());
    let profile = |name: &str| watched.folder().join("profiles").join(name);
    let mut alice = Person::on(way.clone(), &doors[0].address, &profile("alice")).await;
    let mut bob = Person::on(way.clone(), &doors[1].address, &profile("bob")).await;
    let mut carol = Person::on(way, &doors[2].address, &profile("carol")).await;
    let connected = |event: &Event| matches!(event, Event::Link(Link::Connected(_)));
    alice.until("connections", connected).await;
    for (other, text) in [(&mut bob, "to Bob"), (&mut carol, "to Carol")] {
        alice.ask(other.id, "one").await;
        other.ask(alice.id, "Alice").await;
        alice.say(other.id, text).await;
        other.hears(text).await;
        other.say(alice.id, "back").await;
        alice.hears("back").await;
        other.delivered().await;
    }
    alice.quit().await;
    bob.quit().await;
    carol.quit().await;

    let [of_alice, of_bob, of_carol] = doors.each_ref().map(mailboxes);
    // Requests and messages, of two contacts and of one. Nothing broke: each was made once.
    assert_eq!([of_alice.len(), of_bob.len(), of_carol.len()], [4, 2, 2]);
    for connections in [&of_alice, &of_bob, &of_carol] {
        for (at, named) in connections.iter().enumerate() {
            let others = connections.iter().skip(at + 1);
            assert!(others.into_iter().all(|other| named.is_disjoint(other)), "shared");
        }
    }
    // What belongs to Bob is what his own connections have shown.
    let [bobs, carols]: [BTreeSet<Address>; 2] =
        [of_bob, of_carol].map(|of| of.into_iter().flatten().collect());
    for named in &of_alice {
        assert!(named.is_disjoint(&bobs) || named.is_disjoint(&carols), "two contacts on one");
    }
    assert_eq!(of_alice.iter().filter(|named| !named.is_disjoint(&bobs)).count(), 2);
    // Each connection that carried anything said something of its own to the proxy.
    let seen = proxy.seen();
    let logins: BTreeSet<_> = seen.iter().map(|asked| asked.login.clone()).collect();
    assert_eq!(logins.len(), seen.len(), "{seen:?}");
    assert!(logins.len() >= 8, "{seen:?}");
    watched.network.stop().await.unwrap();
}
