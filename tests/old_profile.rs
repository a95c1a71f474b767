//! Profiles that the first build of today's format wrote are read, and go on: `tests/data/profile_v3`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "tests, which borrow the world of others"
)]

#[path = "client/relay.rs"]
mod relay;
#[path = "client/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use bauta::crypto::password::Cost;
use bauta::handshake::identity::SignedKeySet;
use bauta::net::cell::Address;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::client::Event;
use bauta::net::client::event::Contact;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::HoldReason;
use bauta::net::client::event::Message;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Timer;
use bauta::net::client::profile::Kind;
use bauta::net::client::profile::Profile;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::world::*;

/// When both were closed, by their clocks and the relay's.
const CLOSED: u64 = START + 2_150 * SECOND;
/// When the relay forgets what it was given then.
const EXPIRES: u64 = CLOSED / SECOND + RETENTION_S;
const A_DAY: u32 = 86_400;

const ADA: &str = "042e 00fp evsa 9wfg 0gb1 6fag f426 a69q qx9q 60y9 fw6f c37z z5jw d401";
const BEA: &str = "164w 0srg yre2 1zzv y32g m9yf e0h8 e8jr twfn b66e ew1y 0ytg n0n4 gn01";
const DORA: &str = "aa1f nsm1 9avx wvwp qdkw qf9g 0rgg 7jgq 9tp4 0dp3 tqzc 39vd nt1k ter1";
const ASKED: &str = "eg2r yzwn xv6v jwgq kqk0 nkb4 nv1m sp5m t94w hae5 bcx2 dedg p1j9 czr1";

/// The kinds of rows that there were.
const KINDS: [Kind; 18] = [
    Kind::Identity,
    Kind::Network,
    Kind::Contact,
    Kind::Mark,
    Kind::Session,
    Kind::Bundle,
    Kind::Outgoing,
    Kind::Put,
    Kind::Message,
    Kind::Seen,
    Kind::Held,
    Kind::Farewell,
    Kind::Due,
    Kind::Part,
    Kind::Join,
    Kind::Early,
    Kind::Fuse,
    Kind::Settings,
];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/profile_v3").join(name)
}

/// A copy of one of the profiles, whose key nobody else may read.
fn copy(name: &str, to: &Path) {
    copy_folder(&data(name), to);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(to.join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// Ada is 0 and Bea is 1, both offline, as they were closed; and their relay.
fn reopened() -> World {
    let mut world = World::new();
    let keyset = fs::read(data("keyset")).unwrap();
    let mut rest = &keyset[..];
    let [network_key, key_set, signature] = [(); 3].map(|()| {
        let (len, behind) = rest.split_first_chunk().unwrap();
        let (part, behind) = behind.split_at(u16::from_be_bytes(*len).into());
        rest = behind;
        part.to_vec()
    });
    let signed = SignedKeySet::from_parts(network_key.clone(), key_set.clone(), signature.clone());
    world.verified = signed.verify(None).unwrap();
    (world.welcome.network_key, world.welcome.key_set) = (network_key, key_set);
    world.welcome.signature = signature;
    world.relay = Relay::default();
    for kept in fs::read(data("mail")).unwrap().chunks(32 + 16 + 4_000) {
        let (address, rest) = kept.split_first_chunk().unwrap();
        let (id, envelope) = rest.split_first_chunk().unwrap();
        let envelope = Envelope::from_slice(envelope).unwrap();
        world.relay.keep(EnvelopeId::new(*id), Address::new(*address), envelope);
    }
    world.now = CLOSED;
    for (who, name) in ["a", "b"].into_iter().enumerate() {
        copy(name, &world.folder.path().join(format!("old {who}")));
        world.people[who].told.clear();
        assert!(world.restore_from(who, "old"));
        world.people[who].id = world.people[who].core.as_ref().unwrap().own_id();
    }
    world
}

/// Each contact as it was told last.
fn contacts(world: &World, who: usize) -> BTreeMap<String, Contact> {
    let told = world.people[who].told.iter().filter_map(|event| match event {
        Event::Contact(contact) => Some((contact.id.to_string(), contact.clone())),
        _ => None,
    });
    told.collect()
}

/// What is told of a contact.
fn standing(contact: &Contact) -> (ContactState, Timer, u64) {
    (contact.state, contact.timer, contact.unread)
}

/// The text, its state, when it was edited, whether it was deleted, the reactions, when it disappears.
type Told<'a> = (&'a str, MessageState, Option<u64>, bool, [Option<&'a str>; 2], Option<Fuse>);
/// After how many seconds, and in which second since they were closed.
type Fuse = (u32, Option<u64>);

fn told(message: &Message) -> Told<'_> {
    let seconds = |at: u64| (at - START) / SECOND;
    let reactions = [&message.reactions.own, &message.reactions.theirs].map(Option::as_deref);
    let disappears = message.disappears.map(|fuse| (fuse.after, fuse.at.map(seconds)));
    let edited = message.edited.map(seconds);
    (&message.text, message.state, edited, message.deleted, reactions, disappears)
}

#[test]
fn all_kinds_of_rows_of_then_are_among_those_that_are_read() {
    let home = tempfile::tempdir().unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    let profiles = ["a", "b"].map(|name| {
        copy(name, &home.path().join(name));
        Profile::open(&home.path().join(name), None, Cost::LEAST, &mut rng).unwrap()
    });
    for kind in KINDS {
        let rows = profiles.iter().map(|profile| profile.rows(kind).unwrap().len());
        assert!(rows.sum::<usize>() > 0, "{kind:?}");
    }
}

#[test]
fn contacts_states_timers_and_histories_are_as_they_were_left() {
    use MessageState::*;
    let mut world = reopened();
    assert_eq!([0, 1].map(|who| world.people[who].id.to_string()), [ADA, BEA]);
    let known = contacts(&world, 0);
    assert_eq!(known.len(), 3);
    let none = Timer { agreed: 0, own: 0, theirs: 0 };
    let day = Timer { agreed: A_DAY, own: A_DAY, theirs: A_DAY };
    assert_eq!(standing(&known[BEA]), (ContactState::Matched, day, 1));
    assert_eq!(standing(&known[DORA]), (ContactState::Matched, none, 1));
    let asked = ContactState::Asked { lapses: Some(EXPIRES - 500) };
    assert_eq!(standing(&known[ASKED]), (asked, none, 0));
    let known = contacts(&world, 1);
    assert_eq!(known.len(), 1);
    assert_eq!(standing(&known[ADA]), (ContactState::Matched, day, 0));
    assert!(world.people[1].settings.last().unwrap().read_receipts);

    let long = "long ".repeat(1_200);
    let on_relay = OnRelay { expires: EXPIRES };
    let held = Held { reason: HoldReason::RelayFull };
    let own = Some((A_DAY, Some(88_550)));
    let ada = world.messages(0);
    let expected: [Told<'_>; 14] = [
        ("one", Read, None, false, [None, Some("!")], None),
        ("two", Received, Some(900), false, [Some("👍"), None], None),
        ("an answer", Read, None, false, [None, None], None),
        ("", Delivered, None, true, [None, None], None),
        ("gone in a day", Read, None, false, [None, None], Some((A_DAY, Some(87_750)))),
        (
            "lost",
            OnRelay { expires: EXPIRES - 200 },
            None,
            false,
            [Some("?"), None],
            Some((A_DAY, Some(88_350))),
        ),
        (&long, on_relay, None, false, [None, None], own),
        ("lost too", on_relay, None, false, [None, None], own),
        ("behind it", Delivered, None, false, [None, None], own),
        ("on the relay", on_relay, None, false, [None, None], own),
        ("held", held, None, false, [None, None], own),
        ("unconfirmed", Queued, None, false, [None, None], own),
        ("a receipt is due for this", Received, None, false, [None, None], Some((A_DAY, None))),
        ("queued", Queued, None, false, [None, None], own),
    ];
    assert!(ada.iter().map(told).eq(expected), "{:#?}", ada.iter().map(told).collect::<Vec<_>>());
    assert_eq!(ada[2].reply_to, Some(ada[1].id));
    let bea = world.messages(1);
    let expected: [Told<'_>; 7] = [
        ("one", Received, None, false, [Some("!"), None], None),
        ("two", Delivered, Some(900), false, [None, Some("👍")], None),
        ("an answer", Received, None, false, [None, None], None),
        ("", Received, None, true, [None, None], None),
        ("gone in a day", Received, None, false, [None, None], Some((A_DAY, Some(87_900)))),
        ("a receipt is due for this", on_relay, None, false, [None, None], own),
        ("queued as well", Queued, None, false, [None, None], own),
    ];
    assert!(bea.iter().map(told).eq(expected), "{:#?}", bea.iter().map(told).collect::<Vec<_>>());
    for (one, other) in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (12, 5)] {
        assert_eq!(ada[one].id, bea[other].id);
    }
}

#[test]
fn everything_that_was_on_its_way_arrives_and_both_talk_on() {
    let mut world = reopened();
    world.settle();
    world.pass(HOUR);
    world.settle();
    let both = [0, 1].map(|who| {
        let texts = world.messages(who).into_iter().map(|message| (message.id, message.text));
        texts.collect::<BTreeMap<_, _>>()
    });
    assert_eq!(both[0].len(), 15);
    assert!(both[0] == both[1], "both have everything");
    let bea = world.messages(1);
    let lost = bea.iter().find(|message| message.text == "lost").unwrap();
    assert_eq!(lost.reactions.theirs.as_deref(), Some("?"), "it came before its text");
    assert!(bea.iter().any(|message| message.text == "long ".repeat(1_200)));
    for who in 0..2 {
        use MessageState::*;
        let states: Vec<_> = world.history(who).into_iter().map(|(_, state)| state).collect();
        assert!(states.iter().all(|state| matches!(state, Delivered | Read | Received)));
        assert_eq!(world.people[who].notices, []);
        for kind in [Kind::Outgoing, Kind::Put, Kind::Farewell, Kind::Due, Kind::Held] {
            assert_eq!(world.rows(who, kind), 0, "{kind:?}");
        }
        for kind in [Kind::Part, Kind::Join, Kind::Early] {
            assert_eq!(world.rows(who, kind), 0, "{kind:?}");
        }
    }
    let asked = contacts(&world, 0).remove(ASKED).unwrap();
    assert!(matches!(asked.state, ContactState::Asked { lapses: Some(_) }), "it still is asked");

    world.settle();
    for who in 0..2 {
        let message = world.tell(who, "and on");
        world.settle();
        assert!(world.message(1 - who, message).is_some());
        assert!(world.people[who].delivered.contains(&message));
    }
    // What disappears a day after it was written does, at its writer's.
    world.pass(DAY);
    let left: Vec<_> = world.messages(0).into_iter().map(|message| message.text).collect();
    let stays = ["one", "two", "an answer", ""];
    assert_eq!(left[..4], stays);
    assert_eq!(left[4..], ["a receipt is due for this", "queued as well", "and on"]);
    let left: Vec<_> = world.messages(1).into_iter().map(|message| message.text).collect();
    assert_eq!(left[..4], stays);
    assert!(!left.iter().any(|text| text == "gone in a day" || text == "queued as well"));
}
