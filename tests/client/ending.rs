//! The end of a conversation, and a new beginning; the details of one.

use bauta::net::client::Command;
use bauta::net::client::core::Line;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::FailReason;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Refusal;
use bauta::net::client::event::SessionRole;
use bauta::net::client::profile::Kind;

use crate::world::*;

fn state(world: &World, who: usize) -> ContactState {
    world.people[who].contact.as_ref().unwrap().state
}

fn remove(world: &mut World, who: usize) {
    let contact = world.people[1 - who].id;
    world.input(who, one(Command::Remove { contact }));
    world.people[who].matched = false;
}

#[test]
fn an_ended_conversation_sends_nothing_until_the_other_side_asks_again() {
    for who in 0..2 {
        let mut world = World::new();
        talk(&mut world);
        let delivered = world.tell(who, "delivered");
        world.settle();
        world.disconnect(who, Line::CONVERSATIONS);
        let waiting = world.tell(who, "never goes");
        world.react(who, delivered, Some("!"));
        remove(&mut world, 1 - who);
        world.settle_one(1 - who);
        world.arrive(who, Line::RENDEZVOUS, usize::MAX);
        assert_eq!(state(&world, who), ContactState::Ended);
        world.crash(who, None);
        assert_eq!(state(&world, who), ContactState::Ended);
        let failed = MessageState::Failed { reason: FailReason::Ended };
        assert_eq!(world.message(who, waiting).unwrap().state, failed);
        assert_eq!(world.message(who, delivered).unwrap().state, MessageState::Delivered);
        let puts = world.relay.puts;
        let text = "more".to_owned();
        let send = |contact| Command::Send { contact, text, reply_to: None };
        assert_eq!(world.refused(who, send), Refusal::Ended);
        let retry = |contact| Command::Retry { contact, message: waiting };
        assert_eq!(world.refused(who, retry), Refusal::Ended);
        let timer = |contact| Command::Timer { contact, seconds: None };
        assert_eq!(world.refused(who, timer), Refusal::Ended);
        let (message, reaction) = (delivered, Some("?".to_owned()));
        let react = |contact| Command::React { contact, message, reaction };
        assert_eq!(world.refused(who, react), Refusal::Ended);
        world.settle();
        assert_eq!(world.relay.puts, puts, "{who}");
        // The other side asks again.
        world.ask(1 - who);
        world.settle();
        assert_eq!(state(&world, who), ContactState::Matched, "{who}");
        assert!(world.people[1 - who].matched);
        world.command(who, |contact| Command::Retry { contact, message: waiting });
        world.say(1 - who, "again");
        world.settle();
        assert!(world.people[1 - who].shown.contains(&"never goes".to_owned()), "{who}");
        assert!(world.people[who].shown.contains(&"again".to_owned()), "{who}");
    }
}

/// A talk that one side ended while something was on its way to it and to the other.
fn ended(text: &str) -> (World, MessageId) {
    ended_with(text, None)
}

/// The same, and what was on its way was edited.
fn ended_with(text: &str, edited: Option<&str>) -> (World, MessageId) {
    let mut world = World::new();
    talk(&mut world);
    world.say(1, "the last word");
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    world.disconnect(1, Line::CONVERSATIONS);
    let message = world.tell(0, text);
    edited.into_iter().for_each(|text| world.edit(0, message, text));
    world.arrive(0, Line::CONVERSATIONS, 1);
    remove(&mut world, 1);
    world.settle_one(1);
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    world.arrive(0, Line::RENDEZVOUS, usize::MAX);
    assert_eq!(state(&world, 0), ContactState::Ended);
    (world, message)
}

#[test]
fn nothing_goes_out_by_itself_after_the_end_and_nothing_keeps_awake() {
    let (mut world, _) = ended("never comes");
    assert_eq!(world.people[0].shown, ["the last word"]);
    let puts = world.relay.puts;
    for _ in 0..20 {
        world.pass(10 * SECOND);
        let wake = world.people[0].core.as_ref().unwrap().next_wake();
        assert!(wake > world.now + 60 * SECOND, "{}", wake - world.now);
    }
    assert_eq!(world.relay.puts, puts, "not even a receipt");
}

/// Not though everything that belonged to the conversation is forgotten one day, and not though the
/// relay makes it look broken.
#[test]
fn whoever_was_told_of_the_end_asks_for_nothing() {
    let (mut world, _) = ended("never comes");
    world.settle();
    let puts = world.relay.puts_on[&(0, Line::RENDEZVOUS)];
    let read: Vec<_> = world.relay.subscribed[&(0, Line::CONVERSATIONS)].iter().copied().collect();
    for (address, n) in read.into_iter().zip(0..8) {
        let rubbish = bauta::net::cell::Envelope::from_slice(&[7; 4000]).unwrap();
        world.relay.keep(bauta::net::cell::EnvelopeId::new([n; 16]), address, rubbish);
    }
    world.settle();
    assert!(world.details(0).session.is_some());
    for _ in 0..60 {
        world.pass(DAY);
    }
    world.settle();
    assert_eq!(state(&world, 0), ContactState::Ended);
    assert_eq!(world.relay.puts_on[&(0, Line::RENDEZVOUS)], puts);
    // The other side asks again.
    world.ask(1);
    world.settle();
    world.say(0, "again");
    world.settle();
    assert_eq!(world.people[1].shown.last().unwrap(), "again");
}

/// What was edited after it was sealed, and had not come when the other side left, comes as its
/// writer sees it.
#[test]
fn a_text_that_failed_at_the_end_goes_as_it_is_now() {
    for long in [false, true] {
        let edited = if long { "edited ".repeat(500) } else { "edited".to_owned() };
        let (mut world, message) = ended_with("first", Some(&edited));
        assert_eq!(world.message(0, message).unwrap().text, edited);
        world.ask(1);
        world.settle();
        world.command(0, |contact| Command::Retry { contact, message });
        world.settle();
        let (own, theirs) = (world.message(0, message).unwrap(), world.message(1, message));
        assert_eq!(own.state, MessageState::Delivered);
        assert_eq!(theirs.unwrap().text, own.text);
    }
}

#[test]
fn a_text_that_failed_at_the_end_can_be_destroyed() {
    for text in ["needle".to_owned(), "needle ".repeat(500)] {
        for for_both in [false, true] {
            let (mut world, message) = ended(&text);
            let puts = world.relay.puts;
            assert!(world.on_disk(0, "needle"));
            world.delete(0, message, for_both);
            assert!(!world.on_disk(0, "needle"));
            assert_eq!(world.message(0, message).is_some_and(|own| own.deleted), for_both);
            assert_eq!(world.rows(0, Kind::Outgoing), 0);
            world.settle();
            assert_eq!(world.relay.puts, puts);
        }
    }
}

#[test]
fn what_was_taken_back_stays_so_though_the_contact_is_removed_meanwhile() {
    let mut world = World::new();
    world.ask(0);
    // The relay keeps a copy of the request, which it shows again and again.
    let copies: Vec<_> = world
        .relay
        .mailboxes
        .iter()
        .flat_map(|(address, kept)| {
            kept.iter().map(|kept| (*address, kept.envelope.as_bytes().to_vec()))
        })
        .collect();
    world.settle();
    // Somebody fetched it: so its end is said.
    world.relay.mailboxes.values_mut().for_each(Vec::clear);
    world.disconnect(0, Line::RENDEZVOUS);
    remove(&mut world, 0);
    world.settle();
    world.ask(1);
    world.settle();
    let show = |world: &mut World, n: u8| {
        for (address, envelope) in &copies {
            let envelope = bauta::net::cell::Envelope::from_slice(envelope).unwrap();
            let id = bauta::net::cell::EnvelopeId::new([n; 16]);
            world.relay.keep(id, *address, envelope);
        }
        world.settle();
    };
    show(&mut world, 1);
    let session = |world: &mut World| world.details(1).session.is_some();
    let withdrawn = world.people[1].notices.len();
    let began = session(&mut world);
    remove(&mut world, 1);
    world.settle();
    world.ask(1);
    show(&mut world, 2);
    assert_eq!(withdrawn, 1, "the withdrawal came");
    assert!(!began && !session(&mut world), "a request that was taken back was answered");
}

#[test]
fn details_follow_the_conversation_and_survive_a_restart() {
    let mut world = World::new();
    world.ask(0);
    world.settle();
    assert!(world.details(0).session.is_none());
    assert_eq!(world.details(0).bundles, 1);
    world.ask(1);
    world.settle();
    for round in 0..3 {
        world.say(0, "a");
        world.settle();
        world.say(1, "b");
        world.settle();
        let both = [0, 1].map(|who| world.details(who).session.unwrap());
        let [a, b] = &both;
        assert_ne!(a.role, b.role);
        for side in &both {
            let first = u64::from(side.role == SessionRole::Initiator);
            assert_eq!(side.turns.own, side.turns.theirs + first);
            assert!(side.turns.theirs > round && side.answered, "{side:?}");
            assert!(side.turns.last.is_some_and(|at| at <= world.now && at > world.now - HOUR));
            assert!(side.post_quantum.mixed, "{side:?}");
            assert_eq!((side.began, side.skipped), (START / DAY, 0));
            assert!(side.suite.contains("ML-KEM-768") && side.post_quantum.kem == "ML-KEM-768");
        }
        assert!(a.turns.own.abs_diff(b.turns.theirs) <= 1);
    }
    let before = world.details(0);
    world.crash(0, None);
    assert!(world.details(0) == before);
}
