//! What a relay can hand to a client that nobody wrote, or nobody wrote for there: it leaves what is
//! on the disk as it was, but for the count of what opened under no key, and what mends it then.

use std::collections::BTreeSet;

use bauta::net::cell::Address;
use bauta::net::cell::Envelope;
use bauta::net::cell::RelayFrame;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::profile::Kind;
use bauta::signal::rendezvous::rules::Rules;

use crate::crowd::Crowd;
use crate::world::*;

/// Three who talk: the first with both others, who have said something more that has not come.
fn talking() -> Crowd {
    let mut crowd = Crowd::shared();
    crowd.talk();
    crowd.say(1, 0, "the last of b");
    crowd.say(2, 0, "the last of c");
    crowd
}

/// What somebody has put for the first where conversations are, the last at the end.
fn envelopes(crowd: &Crowd, from: usize) -> Vec<(Address, Envelope)> {
    let read = crowd.mailboxes(0, from, Line::CONVERSATIONS);
    let put = crowd.relay.ever.iter().filter(|(_, address, _)| read.contains(address));
    put.map(|(_, address, envelope)| (*address, envelope.clone())).collect()
}

/// Hands an envelope to the first: the rows that are there, or not, or are others than before.
fn hand(crowd: &mut Crowd, line: Line, address: Address, envelope: Envelope) -> Vec<Change> {
    let before = crowd.disk(0);
    let frame = RelayFrame::Deliver { address, seq: 0, expires: 0, envelope };
    crowd.input(0, Input::Frames(line, vec![frame]));
    let after = crowd.disk(0);
    let ids: BTreeSet<_> = before.keys().chain(after.keys()).cloned().collect();
    ids.into_iter()
        .map(|id| Change {
            row: id.0,
            before: before.get(&id).cloned(),
            after: after.get(&id).cloned(),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

struct Change {
    row: Kind,
    before: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
}

/// The state of the rules in a contact's row, and what stands around it.
fn parted(row: &[u8]) -> (Rules, Vec<u8>) {
    let mut decoder = minicbor::Decoder::new(row);
    decoder.array().unwrap();
    decoder.skip().unwrap();
    decoder.skip().unwrap();
    let start = decoder.position();
    let rules = Rules::from_bytes(decoder.bytes().unwrap()).unwrap();
    let around = [&row[..start], &row[decoder.position()..]].concat();
    (rules, around)
}

/// Only what rule 7 says of an envelope that opens under no key: it is counted, and after three a
/// bundle is made. Whether it was made.
fn is_counted(crowd: &Crowd, changes: &[Change]) -> bool {
    let contact = changes.iter().find(|change| change.row == Kind::Contact).unwrap();
    let (before, after) = (contact.before.as_ref().unwrap(), contact.after.as_ref().unwrap());
    let ((mut expected, around_before), (rules, around_after)) = (parted(before), parted(after));
    assert!(around_before == around_after, "more than the rules has changed");
    let orders = expected.undecipherable(crowd.now / (28 * DAY), crowd.now);
    if orders.is_empty() {
        assert_eq!(changes.len(), 1);
        assert!(rules == expected);
        return false;
    }
    let new: Vec<_> = changes
        .iter()
        .filter(|change| change.before.is_none() && change.after.is_some())
        .map(|change| change.row)
        .collect();
    assert_eq!((changes.len(), new), (3, vec![Kind::Bundle, Kind::Put]));
    true
}

/// Everything comes that was really said, and once.
fn goes_on(crowd: &mut Crowd) {
    crowd.settle();
    assert_eq!(crowd.hears(0, 1), ["from b", "the last of b"]);
    assert_eq!(crowd.hears(0, 2), ["from c", "the last of c"]);
    crowd.say(0, 1, "more");
    crowd.say(1, 0, "more");
    crowd.settle();
    assert_eq!(crowd.hears(1, 0), ["to b", "more"]);
    assert_eq!(crowd.hears(0, 1), ["from b", "the last of b", "more"]);
}

#[test]
fn an_envelope_of_which_a_bit_is_another_changes_nothing_but_a_count() {
    let mut crowd = talking();
    let (address, envelope) = envelopes(&crowd, 1).pop().unwrap();
    let (mut counted, mut bundles) = (0, 0);
    for at in [0, 1, 30, 60, 100, 1_000, 2_000, 3_998, 3_999] {
        let mut bytes = envelope.as_bytes().to_vec();
        bytes[at] ^= 0x10;
        let forged = Envelope::from_slice(&bytes).unwrap();
        let changes = hand(&mut crowd, Line::CONVERSATIONS, address, forged);
        if !changes.is_empty() {
            counted += 1;
            bundles += usize::from(is_counted(&crowd, &changes));
        }
    }
    // A second bundle would come too soon.
    assert!(counted >= 3 && bundles == 1, "{counted} {bundles}");
    goes_on(&mut crowd);
}

#[test]
fn an_envelope_of_a_conversation_that_comes_again_changes_nothing() {
    let mut crowd = talking();
    crowd.settle();
    let all: Vec<_> = [1, 2].into_iter().flat_map(|from| envelopes(&crowd, from)).collect();
    assert!(all.len() >= 4, "{}", all.len());
    for (address, envelope) in all {
        let changes = hand(&mut crowd, Line::CONVERSATIONS, address, envelope);
        assert!(changes.is_empty(), "{:?}", changes[0].row);
    }
    goes_on(&mut crowd);
}

#[test]
fn an_envelope_in_the_mailbox_of_another_contact_changes_nothing_but_a_count() {
    let mut crowd = talking();
    let ours = crowd.mailboxes(0, 2, Line::CONVERSATIONS);
    let (_, envelope) = envelopes(&crowd, 1).pop().unwrap();
    let address = *ours.first().unwrap();
    for n in 1..=4 {
        let changes = hand(&mut crowd, Line::CONVERSATIONS, address, envelope.clone());
        assert_eq!(is_counted(&crowd, &changes), n == 3, "{n}");
    }
    goes_on(&mut crowd);
}

#[test]
fn an_envelope_of_a_conversation_in_a_mailbox_for_requests_changes_nothing() {
    let mut crowd = talking();
    for of in 1..3 {
        let (_, envelope) = envelopes(&crowd, 1).pop().unwrap();
        for address in crowd.mailboxes(0, of, Line::RENDEZVOUS) {
            let changes = hand(&mut crowd, Line::RENDEZVOUS, address, envelope.clone());
            assert!(changes.is_empty(), "{:?}", changes[0].row);
        }
    }
    goes_on(&mut crowd);
}

#[test]
fn a_request_in_a_mailbox_of_a_conversation_changes_nothing_but_a_count() {
    let mut crowd = talking();
    let requests = crowd.mailboxes(0, 1, Line::RENDEZVOUS);
    let request = crowd.relay.ever.iter().find(|(_, address, _)| requests.contains(address));
    let (_, _, request) = request.unwrap().clone();
    let address = *crowd.mailboxes(0, 1, Line::CONVERSATIONS).first().unwrap();
    for n in 1..=3 {
        let changes = hand(&mut crowd, Line::CONVERSATIONS, address, request.clone());
        assert_eq!(is_counted(&crowd, &changes), n == 3, "{n}");
    }
    goes_on(&mut crowd);
}
