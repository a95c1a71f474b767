//! What a contact can say that no client of this version says, and what a long history costs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod ageing;
mod offers;
mod orders;
mod unasked;
mod versions;

use std::path::Path;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::contact::Contact;
use super::*;
use crate::crypto::identity::IdentityKey;
use crate::crypto::password::Cost;
use crate::id::Fingerprint;
use crate::net::client::event::Change;
use crate::net::client::event::Message;
use crate::net::client::event::MessageId;
use crate::net::client::profile::Kind;
use crate::signal::content;
use crate::signal::content::Gap;
use crate::signal::content::Item;
use crate::signal::content::MessageName;
use crate::signal::content::Part;
use crate::signal::prekey::PrekeyBundle;
use crate::signal::prekey::Terms;
use crate::signal::rendezvous::pair::Pair;
use crate::signal::rendezvous::rules::SessionName;

const NOW: u64 = 20_000 * 24 * 3_600_000;

fn open(folder: &Path) -> Core<StdRng> {
    open_at(folder, [7; 32], NOW).0
}

/// A core on a network, and what it says at first.
fn open_at(folder: &Path, network: [u8; 32], now: u64) -> (Core<StdRng>, Vec<Output>) {
    let mut rng = StdRng::seed_from_u64(1);
    let profile = Profile::open(folder, None, Cost::LEAST, &mut rng).unwrap();
    let address: RelayAddress = "relay.example".parse().unwrap();
    let address = address.with_fingerprint(Fingerprint::from_bytes(network));
    Core::open(profile, address, BodyAead::Aes256Gcm, false, rng, now).unwrap()
}

/// Adds a contact with whom a session was begun, on a bundle of theirs.
fn befriend(core: &mut Core<StdRng>) -> (Id, SessionName) {
    let mut rng = StdRng::seed_from_u64(1_000 + core.next_contact);
    let peer = IdentityKey::generate(&mut rng);
    let id = Id::new(*peer.public());
    core.ask(id, None).unwrap();
    (id, begin(core, &peer, NOW))
}

/// Begins a session on a bundle of this generation.
fn begin(core: &mut Core<StdRng>, peer: &IdentityKey, generation: u64) -> SessionName {
    let mut rng = StdRng::seed_from_u64(2_000 + generation);
    let pair = Pair::new(peer, core.ctx.identity.public(), &[7; 32]).unwrap();
    let epoch = core.ctx.epoch();
    let terms = Terms { epoch, generation, not_after: NOW };
    let (bundle, _) = PrekeyBundle::create(peer, &pair, terms, &mut rng);
    let (own, bytes) = (*core.ctx.identity.public(), bundle.to_bytes());
    let id = Id::new(*peer.public());
    let contact = core.contacts.values_mut().find(|contact| contact.id == id).unwrap();
    let bundle = PrekeyBundle::open(&bytes, peer.public(), &own, &contact.pair, epoch, NOW / 1000);
    let before: Vec<_> = contact.sessions.keys().copied().collect();
    contact.initiate(&mut core.ctx, &bundle.unwrap());
    let name = *contact.sessions.keys().find(|name| !before.contains(name)).unwrap();
    core.release().unwrap();
    name
}

struct Talk {
    _folder: tempfile::TempDir,
    core: Core<StdRng>,
    contact: Id,
    session: SessionName,
    number: u64,
}

impl Talk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut core = open(folder.path());
        let (contact, session) = befriend(&mut core);
        Self { _folder: folder, core, contact, session, number: 0 }
    }

    /// The peer says something authentic.
    fn hear(&mut self, kind: content::Kind) -> Vec<Event> {
        let contact = self.core.contacts.values_mut().next().unwrap();
        contact.take_kind(&mut self.core.ctx, self.session, NOW, kind);
        let events = self.core.release().unwrap().into_iter();
        events
            .filter_map(|output| if let Output::Event(event) = output { Some(event) } else { None })
            .collect()
    }

    fn whole(&mut self, id: MessageName, item: impl Into<Zeroizing<Vec<u8>>>) -> Vec<Event> {
        let number = self.number;
        self.number = number.wrapping_add(1);
        self.hear(content::Kind::Whole { id, number, item: item.into() })
    }

    fn item(&mut self, id: u8, item: &Item) -> Vec<Event> {
        self.whole([id; 16], item.to_bytes().unwrap())
    }

    fn part(&mut self, item: MessageName, index: u16, count: u16, len: usize) -> Vec<Event> {
        let (number, id) = (self.number, self.core.ctx.random());
        self.number += 1;
        let part = Part { item, index, count, slice: vec![b'x'; len] };
        self.hear(content::Kind::Part { id, number, part })
    }

    fn command(&mut self, command: Command) -> Vec<Event> {
        let outputs = self.core.handle(Input::Commands(vec![command]), NOW).unwrap().into_iter();
        outputs
            .filter_map(|output| if let Output::Event(event) = output { Some(event) } else { None })
            .collect()
    }

    fn say(&mut self, text: &str) -> MessageId {
        let (contact, text) = (self.contact, text.to_owned());
        match self.command(Command::Send { contact, text, reply_to: None }).remove(0) {
            Event::Message(message) => message.id,
            other => panic!("{other:?}"),
        }
    }

    fn history(&mut self) -> Vec<Message> {
        let contact = self.contact;
        let asked = Command::History { contact, before: None, limit: 1_000 };
        match self.command(asked).remove(0) {
            Event::History { messages, .. } => messages,
            other => panic!("{other:?}"),
        }
    }

    fn contact(&self) -> &Contact {
        self.core.contacts.values().next().unwrap()
    }

    fn rows(&self, kind: Kind) -> usize {
        self.core.ctx.profile.rows(kind).unwrap().len()
    }
}

fn text(text: &str) -> Item {
    Item::Text { disappears: 0, reply_to: None, text: text.to_owned() }
}

#[test]
fn nobody_else_edits_or_deletes_what_one_wrote() {
    let mut talk = Talk::new();
    let mine = talk.say("mine");
    let target = mine.0;
    assert!(talk.item(1, &Item::Edit { target, text: "yours".to_owned() }).is_empty());
    assert!(talk.item(2, &Item::Delete { target }).is_empty());
    assert_eq!(talk.item(3, &Item::Reaction { target, reaction: "!".to_owned() }).len(), 1);
    let history = talk.history();
    assert_eq!(history.len(), 1);
    assert!(history[0].text == "mine" && !history[0].deleted && history[0].edited.is_none());
    assert_eq!(talk.rows(Kind::Early), 0);
}

#[test]
fn nothing_comes_under_a_name_that_is_taken() {
    let mut talk = Talk::new();
    let mine = talk.say("mine");
    assert!(talk.whole(mine.0, text("under your name").to_bytes().unwrap()).is_empty());
    assert_eq!(talk.item(1, &text("first")).len(), 1);
    assert!(talk.item(1, &text("second")).is_empty());
    assert!(talk.item(1, &Item::Delete { target: [1; 16] }).is_empty());
    let texts: Vec<_> = talk.history().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["mine", "first"]);
    // What is said to have been read is one's own, or nothing happens.
    assert!(talk.item(2, &Item::Read(vec![[1; 16], [9; 16]])).is_empty());
    assert_eq!(talk.item(3, &Item::Read(vec![mine.0, mine.0])).len(), 1);
}

#[test]
fn what_is_unknown_or_broken_is_receipted_and_passed_over() {
    let mut talk = Talk::new();
    let broken: [&[u8]; 8] = [
        &[0],
        &[7, 1, 2, 3],
        &[255; 1_440],
        &[1, 0, 0, 0, 0, 0],
        &[1, 0, 0, 0, 4, 0, b'x'],
        &[1, 0, 0, 0, 0, 0, 0xff],
        &[5],
        &[6, 0, 0, 0, 4],
    ];
    for (id, item) in (10..).zip(broken) {
        assert!(talk.whole([id; 16], item.to_vec()).is_empty(), "{item:?}");
    }
    assert_eq!(talk.contact().due.len(), broken.len());
    assert_eq!(talk.item(1, &text("goes on")).len(), 1, "in its order");
    assert_eq!(talk.contact().timer.theirs, 0);
}

#[test]
fn what_changes_nothing_that_comes_is_forgotten_in_its_order() {
    let mut talk = Talk::new();
    for n in 0..300_u16 {
        let target = [n.to_be_bytes(); 8].concat().try_into().unwrap();
        let id = [[1, 0], n.to_be_bytes()].concat().repeat(4).try_into().unwrap();
        let item = Item::Reaction { target, reaction: "!".to_owned() };
        talk.whole(id, item.to_bytes().unwrap());
    }
    assert_eq!((talk.rows(Kind::Early), talk.contact().early.len()), (256, 256));
    let named = |n: u16| -> MessageName { [n.to_be_bytes(); 8].concat().try_into().unwrap() };
    talk.whole(named(0), text("too late").to_bytes().unwrap());
    talk.whole(named(299), text("in time").to_bytes().unwrap());
    let history = talk.history();
    assert!(history[0].reactions.theirs.is_none() && history[1].reactions.theirs.is_some());
    assert_eq!(talk.rows(Kind::Early), 255);
}

#[test]
fn long_edits_of_nothing_are_bounded_in_bytes() {
    let mut talk = Talk::new();
    for n in 0..4_u8 {
        let edit = Item::Edit { target: [n; 16], text: "x".repeat(content::MAX_TEXT_LEN) };
        for part in Part::split([100 + n; 16], &edit.to_bytes().unwrap()).unwrap() {
            talk.part(part.item, part.index, part.count, part.slice.len());
        }
    }
    let bytes: usize = talk.contact().early.values().map(|(_, len)| len).sum();
    assert!(bytes <= 2 * content::MAX_TEXT_LEN, "{bytes}");
    assert_eq!(talk.rows(Kind::Part) + talk.rows(Kind::Join), 0);
}

#[test]
fn parts_that_do_not_belong_together_make_nothing() {
    let mut talk = Talk::new();
    let (name, full) = ([5; 16], content::SLICE_LEN);
    assert!(talk.part(name, 0, 3, full).is_empty());
    // Another count, and an index for the second time.
    assert!(talk.part(name, 1, 2, 1).is_empty());
    assert!(talk.part(name, 2, 4, full).is_empty());
    assert!(talk.part(name, 0, 3, full).is_empty());
    assert_eq!((talk.rows(Kind::Join), talk.rows(Kind::Part)), (1, 1));
    // They are not refused forever: the others still complete it, into something broken.
    assert!(talk.part(name, 2, 3, 1).is_empty());
    assert!(talk.part(name, 1, 3, full).is_empty());
    assert_eq!((talk.rows(Kind::Join), talk.rows(Kind::Part)), (0, 0));
    assert!(talk.part(name, 1, 3, full).is_empty());
    assert_eq!((talk.rows(Kind::Join), talk.rows(Kind::Part)), (0, 0), "known from now on");
    assert!(talk.history().is_empty());
}

#[test]
fn incomplete_items_are_few_and_what_has_no_room_has_no_receipt() {
    let mut talk = Talk::new();
    for n in 0..20 {
        talk.part([n; 16], 0, 2, content::SLICE_LEN);
    }
    assert_eq!((talk.rows(Kind::Join), talk.rows(Kind::Part)), (8, 8));
    assert_eq!(talk.contact().due.len(), 8);
    let mut talk = Talk::new();
    for n in 0..4 {
        talk.part([n; 16], 0, content::MAX_PARTS, content::SLICE_LEN);
    }
    assert_eq!(talk.rows(Kind::Join), 2, "two of the longest");
    // Weeks later the first ones are given up for others.
    talk.core.ctx.now += 29 * 24 * 3_600_000;
    talk.part([9; 16], 0, content::MAX_PARTS, content::SLICE_LEN);
    assert_eq!((talk.rows(Kind::Join), talk.rows(Kind::Part)), (2, 2));
    assert!(talk.contact().joins.contains_key(&[9; 16]));
}

#[test]
fn what_is_deleted_before_all_of_it_came_makes_room() {
    let mut talk = Talk::new();
    for (id, deleted) in [(100, 0), (1, 1)] {
        talk.part([0; 16], 0, content::MAX_PARTS, content::SLICE_LEN);
        talk.part([1; 16], 0, content::MAX_PARTS, content::SLICE_LEN);
        talk.part([2; 16], 0, 2, content::SLICE_LEN);
        talk.number -= 1;
        assert_eq!((talk.rows(Kind::Join), talk.rows(Kind::Part)), (2, 2), "there is no room");
        // By its writer, and by what stands in the place of a part.
        assert!(talk.item(id, &Item::Delete { target: [deleted; 16] }).is_empty());
        assert_eq!((talk.rows(Kind::Join), talk.rows(Kind::Part)), (1, 1));
        let due = talk.contact().due.len();
        talk.part([deleted; 16], 1, content::MAX_PARTS, content::SLICE_LEN);
        assert_eq!(talk.contact().due.len(), due + 1, "a part of it is receipted");
        assert_eq!((talk.rows(Kind::Join), talk.rows(Kind::Part)), (1, 1), "and not kept");
        talk = Talk::new();
    }
}

#[test]
fn deletions_of_what_does_not_come_take_no_room_from_other_changes() {
    let mut talk = Talk::new();
    let reaction = "!".to_owned();
    talk.item(200, &Item::Reaction { target: [9; 16], reaction });
    for n in 0..600_u16 {
        let id = [[1, 0], n.to_be_bytes()].concat().repeat(4).try_into().unwrap();
        let target = if n % 2 == 0 { id } else { [7; 16] };
        talk.whole(id, Item::Delete { target }.to_bytes().unwrap());
    }
    assert_eq!(talk.rows(Kind::Early), 1);
    talk.item(9, &text("waited for"));
    talk.item(7, &text("deleted"));
    let history = talk.history();
    assert_eq!(history.len(), 1);
    assert!(history[0].reactions.theirs.is_some());
}

#[test]
fn what_the_peer_has_a_part_of_is_not_unsent() {
    let mut talk = Talk::new();
    let message = talk.say(&"x".repeat(5_000));
    assert!(talk.contact().is_unsent(message.0));
    let contact = talk.core.contacts.values_mut().next().unwrap();
    contact.outgoing.pop_last();
    assert!(!contact.is_unsent(message.0), "its receipt came");
}

#[test]
fn numbers_from_the_far_future_are_held_within_bounds() {
    let mut talk = Talk::new();
    for n in 0..2_000_u16 {
        talk.number = 1_000_000 * (u64::from(n) + 1);
        let id = [[2, 0], n.to_be_bytes()].concat().repeat(4).try_into().unwrap();
        talk.whole(id, text("far away").to_bytes().unwrap());
        assert!(talk.contact().held.len() <= 1_024);
    }
    talk.number = u64::MAX;
    talk.item(3, &text("the last"));
    talk.number = 0;
    assert_eq!(talk.item(4, &text("the first")).len(), 1, "an old number is taken at once");
}

/// The bound is for all sessions of a contact together: what one of them holds must not keep
/// another from going on.
#[test]
fn what_one_session_holds_does_not_stop_another() {
    let mut talk = Talk::new();
    talk.number = 1;
    for n in 0..1_024_u16 {
        let id = [[2, 0], n.to_be_bytes()].concat().repeat(4).try_into().unwrap();
        talk.whole(id, text("held").to_bytes().unwrap());
    }
    assert_eq!(talk.contact().held.len(), 1_024, "the control");
    let contact = talk.core.contacts.values_mut().next().unwrap();
    let (session, other) = (talk.session, [9; 16]);
    contact.save_session(&mut talk.core.ctx, session);
    let row: record::SessionRow = talk.core.ctx.read(&session).unwrap();
    contact.add_session(other, &row).unwrap();
    contact.sessions.get_mut(&other).unwrap().expected = 0;
    (talk.session, talk.number) = (other, 5);
    talk.item(3, &text("ahead"));
    assert_eq!(talk.contact().held.len(), 1, "the last one waits for its turn");
    assert_eq!(talk.history().len(), 1_000, "and the others had to wait no longer");
    talk.number = 0;
    assert_eq!(talk.item(4, &text("the first")).len(), 1);
}

#[test]
fn gaps_that_nobody_has_are_not_filled() {
    let mut talk = Talk::new();
    talk.say("waits for a session");
    for (first, last) in [(0, 0), (0, u64::MAX), (u64::MAX, u64::MAX)] {
        for session in [[0; 16], talk.session] {
            talk.core.ctx.now += 10_000;
            assert!(talk.hear(content::Kind::Gap(Gap { session, first, last })).is_empty());
        }
    }
    assert_eq!(talk.contact().outgoing.values().filter(|row| row.sent.is_some()).count(), 0);
}

/// What a history answers with at once: so many bytes of text and one text more.
#[test]
fn a_history_of_long_texts_is_shown_in_pieces() {
    let mut talk = with_six_texts(0);
    let mut piece = |before: Option<u8>| {
        let (contact, limit) = (talk.contact, 1_000);
        let before = before.map(|n| MessageId([n; 16]));
        match talk.command(Command::History { contact, before, limit }).remove(0) {
            Event::History { messages, more, .. } => {
                (messages.iter().map(|message| message.id.0[0]).collect::<Vec<_>>(), more)
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(piece(None), (vec![2, 3, 4, 5], true));
    assert_eq!(piece(Some(2)), (vec![0, 1], false));
    assert_eq!(piece(Some(0)), (vec![], false));
}

/// Each of them is written and told anew, because its time runs from then on.
#[test]
fn many_long_texts_that_disappear_are_seen_in_pieces() {
    let mut talk = with_six_texts(3_600);
    let contact = talk.contact;
    let told = |events: Vec<Event>| {
        events.iter().filter(|event| matches!(event, Event::Changed(_))).count()
    };
    let first = told(talk.command(Command::Seen { contact, message: MessageId([5; 16]) }));
    assert_eq!((first, talk.contact().unread), (5, 1));
    assert_eq!(talk.core.next_wake(), NOW + 1_000);
    let outputs = talk.core.handle(Input::Tick, NOW + 1_000).unwrap().into_iter();
    let events = outputs.filter_map(|output| match output {
        Output::Event(event) => Some(event),
        _ => None,
    });
    assert_eq!(told(events.collect()), 1);
    assert_eq!((talk.contact().unread, talk.rows(Kind::Fuse)), (0, 6));
    assert!(talk.core.next_wake() > NOW + 2_000);
}

/// In the history, and in the outbox: sealed once, and never sealed.
#[test]
fn texts_of_another_network_disappear_in_time() {
    let mut talk = Talk::new();
    talk.say("stays here");
    let contact = talk.core.contacts.values_mut().next().unwrap();
    contact.timer.agreed = 60;
    let sealed = talk.say("needle sealed");
    talk.say("needle waiting");
    let disappears = 60;
    talk.item(1, &Item::Text { disappears, reply_to: None, text: "needle received".to_owned() });
    let (contact, message) = (talk.contact, MessageId([1; 16]));
    talk.command(Command::Seen { contact, message });
    let contact = talk.core.contacts.values_mut().next().unwrap();
    let (order, row) = contact.outgoing.iter_mut().find(|(_, row)| row.id == sealed.0).unwrap();
    (row.ratcheted, row.sent) = (true, None);
    let order = *order;
    contact.save_outgoing(&mut talk.core.ctx, order);
    talk.core.release().unwrap();
    let Talk { _folder: folder, core, .. } = talk;
    drop(core);
    let needles = |core: &Core<StdRng>| {
        let rows = [Kind::Message, Kind::Outgoing].map(|kind| core.ctx.profile.rows(kind).unwrap());
        let is_needle = |row: &[u8]| row.windows(6).any(|window| window == b"needle");
        rows.iter().flatten().filter(|(_, row)| is_needle(row.expose())).count()
    };

    let (mut core, told) = open_at(folder.path(), [8; 32], NOW);
    assert_eq!((core.contacts.len(), needles(&core)), (0, 5), "not yet");
    assert!(!told.iter().any(|output| matches!(output, Output::Event(Event::Vanished { .. }))));
    let told = core.handle(Input::Tick, NOW + 3_600_000).unwrap();
    assert!(told.is_empty(), "no front knows of them");
    assert_eq!(needles(&core), 0);
    assert_eq!(core.ctx.profile.rows(Kind::Fuse).unwrap().len(), 0);
    drop(core);
    let (core, _) = open_at(folder.path(), [7; 32], NOW + 3_600_000);
    let contact = core.contacts.values().next().unwrap();
    assert_eq!(contact.outgoing.values().filter(|row| row.id == sealed.0).count(), 1);
    assert_eq!(core.ctx.profile.rows(Kind::Message).unwrap().len(), 1, "the one that stays");
}

/// A short text and five of the longest, received and not seen.
fn with_six_texts(after: u32) -> Talk {
    let mut talk = Talk::new();
    let long = "x".repeat(content::MAX_TEXT_LEN);
    let named = |n: u8| [n; 16];
    for n in 0..6 {
        let place = u64::from(n);
        let row = record::MessageRow {
            file: None,
            id: named(n),
            text: if n == 0 { "the first".to_owned() } else { long.clone() },
            written: NOW,
            progress: record::Progress::Received,
            reply_to: None,
            edited: None,
            deleted: false,
            own: None,
            theirs: None,
            own_at: 0,
            theirs_at: 0,
            after,
            at: None,
        };
        let contact = talk.core.contacts.values_mut().next().unwrap();
        (contact.next_place, contact.unread) = (place + 1, place + 1);
        let (id, name) = (contact.history_id(place), record::of_contact(contact.number, &row.id));
        talk.core.ctx.write(&id, &row);
        talk.core.ctx.write(&name, &record::SeenRow { place: Some(place), at: NOW });
    }
    talk.core.release().unwrap();
    talk
}

/// Hours in which nothing happens, so that everything is looked at that is looked at by the hour.
fn pass_hours(talk: &mut Talk, from: u64, hours: u64) {
    for hour in 1..=hours {
        talk.core.handle(Input::Tick, from + hour * 3_600_000).unwrap();
    }
}

#[test]
fn names_of_what_has_no_place_are_forgotten_when_nothing_can_bring_it_again() {
    const DAY: u64 = 24 * 3_600_000;
    let mut talk = Talk::new();
    talk.item(1, &text("stays in the history"));
    let target = [1; 16];
    talk.item(2, &Item::Reaction { target, reaction: "!".to_owned() });
    talk.item(3, &text("is deleted here"));
    let (contact, message) = (talk.contact, MessageId([3; 16]));
    talk.command(Command::Delete { contact, message, for_both: false });
    assert_eq!(talk.rows(Kind::Seen), 3);
    pass_hours(&mut talk, NOW + 60 * DAY - 4 * 3_600_000, 3);
    assert_eq!(talk.rows(Kind::Seen), 3, "an hour too early");
    pass_hours(&mut talk, NOW + 60 * DAY, 3);
    assert_eq!(talk.rows(Kind::Seen), 1);
    assert!(talk.item(1, &text("once more")).is_empty(), "the other one keeps its name");
}

#[test]
fn long_lists_of_names_are_looked_at_a_part_an_hour() {
    const DAY: u64 = 24 * 3_600_000;
    let mut talk = Talk::new();
    let number = talk.contact().number;
    for n in 0..10_000_u64 {
        let name: MessageName = u128::from(n).to_be_bytes();
        let row = record::SeenRow { place: None, at: NOW };
        talk.core.ctx.write(&record::of_contact(number, &name), &row);
    }
    talk.core.release().unwrap();
    let mut left = vec![talk.rows(Kind::Seen)];
    for hour in 1..=4 {
        pass_hours(&mut talk, NOW + 61 * DAY + hour * 3_600_000, 1);
        left.push(talk.rows(Kind::Seen));
    }
    assert!(left[1] >= 10_000 - 4_096, "{left:?}");
    assert_eq!(*left.last().unwrap(), 0, "{left:?}");
}

/// Whatever waits for a time by a clock that was a year ahead does so no longer than by any other.
#[test]
fn nothing_waits_for_a_year_because_the_clock_was_a_year_ahead() {
    const YEAR: u64 = 365 * 24 * 3_600_000;
    let mut talk = Talk::new();
    talk.core.ctx.now = NOW + YEAR;
    talk.number = 1;
    assert!(talk.item(1, &text("waits for the one before")).is_empty());
    talk.part([2; 16], 0, 2, 1_420);
    let (contact, text) = (talk.contact, "goes again".to_owned());
    let send = Command::Send { contact, text, reply_to: None };
    talk.core.handle(Input::Commands(vec![send]), NOW + YEAR).unwrap();
    let contact = talk.core.contacts.values_mut().next().unwrap();
    let (session, later) = (talk.session, NOW + YEAR + 60_000);
    (contact.full_until, contact.refilled_until) = (later, later);
    for row in contact.outgoing.values_mut() {
        row.sent = Some(record::Sent {
            session,
            number: 0,
            expires: None,
            again_at: Some(later),
            week: None,
            stored_at: Some(later),
            probes: None,
            silent_from: Some(later),
        });
        if let record::Outgoing::Item(item) = &mut row.what {
            item.not_before = later;
        }
    }
    assert!(contact.receipts_at.is_some_and(|at| at > NOW + YEAR));
    talk.core.handle(Input::Tick, NOW).unwrap();
    let latest = NOW + 60_000;
    let contact = talk.contact();
    assert!(contact.receipts_at.is_none_or(|at| at <= latest));
    assert!((contact.full_until, contact.refilled_until) <= (latest, latest));
    assert!(contact.held.values().all(|row| row.since <= NOW));
    assert_eq!((contact.held.len(), contact.joins.len(), contact.outgoing.len()), (2, 1, 2));
    assert!(contact.joins.values().all(|row| row.at <= NOW));
    for row in contact.outgoing.values() {
        assert!(row.sent.is_none_or(|sent| sent.again_at.is_none_or(|at| at <= latest)));
        assert!(row.sent.is_none_or(|sent| sent.stored_at.is_none_or(|at| at <= NOW)));
        assert!(row.sent.is_none_or(|sent| sent.silent_from.is_none_or(|at| at <= NOW)));
        if let record::Outgoing::Item(item) = &row.what {
            assert!(item.not_before <= latest);
        }
    }
    assert!(talk.core.next_wake() <= NOW + 600_000);
    // A day is the longest that anything is held.
    let shown = talk.core.handle(Input::Tick, NOW + 24 * 3_600_000).unwrap();
    let is_text = |output: &Output| matches!(output, Output::Event(Event::Message(_)));
    assert_eq!(shown.iter().filter(|output| is_text(output)).count(), 1);
}

fn settings(change: Change) -> Input {
    Input::Commands(vec![Command::Settings(change)])
}

#[test]
fn what_is_named_changes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut core = open(folder.path());
    core.handle(settings(Change::accept_below(5)), NOW).unwrap();
    core.handle(settings(Change::read_receipts(true)), NOW).unwrap();
    let both = Settings { read_receipts: true, accept_below: 5 };
    assert_eq!(core.ctx.settings, both);
    drop(core);
    assert_eq!(open(folder.path()).ctx.settings, both);
}

#[test]
fn a_session_that_touches_no_disk_makes_no_copy() {
    let mut rng = StdRng::seed_from_u64(1);
    let profile = Profile::ephemeral(&mut rng).unwrap();
    let address: RelayAddress = "relay.example".parse().unwrap();
    let address = address.with_fingerprint(Fingerprint::from_bytes([7; 32]));
    let (mut core, _) = Core::open(profile, address, BodyAead::Aes256Gcm, true, rng, NOW).unwrap();
    let (contact, _) = befriend(&mut core);
    let mut said = |strip| {
        let send = Command::SendFile { contact, path: "/tmp/a.jpg".into(), strip };
        let output = core.handle(Input::Commands(vec![send]), NOW).unwrap();
        let refused = |output: &Output| matches!(output, Output::Event(Event::Refused(_)));
        let is_refused = output.iter().any(refused);
        let is_read = output.iter().any(|output| matches!(output, Output::File(..)));
        (is_refused, is_read)
    };
    assert_eq!(said(true), (true, false));
    assert_eq!(said(false), (false, true));
}
