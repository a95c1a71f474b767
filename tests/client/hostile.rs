//! What a relay or a contact can do to a client: nothing that lasts, nothing that keeps it busy.

use bauta::net::cell::Address;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::Envelope;
use bauta::net::cell::EnvelopeId;
use bauta::net::cell::Refusal;
use bauta::net::cell::RelayFrame;
use bauta::net::client::Command;
use bauta::net::client::core::Input;
use bauta::net::client::core::Line;
use bauta::net::client::core::Output;
use bauta::net::client::profile::Kind;

use crate::world::*;

/// How long the client sleeps before it wants to be woken, in milliseconds.
fn sleep(world: &World, who: usize) -> u64 {
    let wake = world.people[who].core.as_ref().unwrap().next_wake();
    wake.checked_sub(world.now).expect("wants to be woken in the past")
}

#[test]
fn a_request_that_waits_does_not_keep_the_client_awake() {
    let mut world = World::new();
    world.ask(0);
    world.settle();
    for day in 0..60 {
        world.pass(DAY);
        world.connect(0);
        (0..3).for_each(|_| {
            world.arrive_all(0);
            world.pass(0);
        });
        assert!(sleep(&world, 0) >= 60 * SECOND, "day {day}");
    }
}

#[test]
fn receipts_that_have_no_room_do_not_keep_the_client_awake() {
    let mut world = World::new();
    let leader = usize::from(world.people[1].id < world.people[0].id);
    let follower = 1 - leader;
    world.ask(follower);
    world.arrive_all(follower);
    world.ask(leader);
    world.arrive_all(leader);
    for n in 0..70 {
        world.say(leader, &n.to_string());
        world.arrive_all(leader);
    }
    // The follower takes in the leader's bundle, and not what stands behind it.
    world.arrive(follower, Line::RENDEZVOUS, 1);
    world.say(follower, "hello");
    for _ in 0..5 {
        world.now += 60 * SECOND;
        world.input(leader, Input::Tick);
        world.arrive_all(leader);
    }
    assert!(world.people[leader].matched);
    assert!(sleep(&world, leader) >= SECOND);
    world.settle();
    assert_eq!(world.people[follower].shown.len(), 70);
    assert_eq!(world.people[leader].shown, ["hello"]);
}

#[test]
fn time_passes_while_a_quiet_connection_stands() {
    let mut world = World::new();
    talk(&mut world);
    let mut ticks = 0;
    for _ in 0..1_000 {
        world.now += 25 * SECOND;
        let due = world.people[0].core.as_ref().unwrap().next_wake() <= world.now;
        if due {
            ticks += 1;
            world.input(0, Input::Tick);
        } else {
            world.input(0, Input::Frames(Line::RENDEZVOUS, vec![RelayFrame::Pong]));
        }
    }
    assert!(ticks >= 1_000 * 25 / 600 - 2, "{ticks}");
}

#[test]
fn a_relay_that_refuses_everything_is_not_asked_again_at_once() {
    let mut world = World::new();
    talk(&mut world);
    let (contact, now) = (world.people[1].id, world.now);
    let core = world.people[0].core.as_mut().unwrap();
    for reason in [Refusal::Conflict, Refusal::StoreFull, Refusal::Busy] {
        let command = Command::Send { contact, text: "x".to_owned(), reply_to: None };
        let mut output = core.handle(one(command), now).unwrap();
        let mut puts = 0;
        for _ in 0..100 {
            let mut refused = Vec::new();
            for sent in output {
                if let Output::Send(_, ClientFrame::Put { id, .. }) = sent {
                    puts += 1;
                    refused.push(RelayFrame::Refused { id, reason, retry_after: 0 });
                }
            }
            output = core.handle(Input::Frames(Line::CONVERSATIONS, refused), now).unwrap();
        }
        assert!(puts <= 3, "{puts} puts without a pause");
    }
    world.pass(DAY);
    world.settle();
    assert_eq!(world.people[1].shown, ["x", "x", "x"]);
}

#[test]
fn rubbish_in_a_mailbox_leaves_the_profile_readable_and_the_talk_going() {
    let mut world = World::new();
    talk(&mut world);
    let mailbox = |world: &World, n: usize| -> Address {
        *world.relay.subscribed[&(0, Line::CONVERSATIONS)].iter().nth(n).unwrap()
    };
    for round in 0..40_u8 {
        let address = mailbox(&world, 0);
        for n in 0..3 {
            let id = EnvelopeId::new([round, n, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            world.relay.keep(id, address, Envelope::from_slice(&[7; 4000]).unwrap());
        }
        // The relay keeps back the bundle that is to mend it.
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        world.relay.mailboxes.values_mut().for_each(Vec::clear);
        world.relay.on_the_way.clear();
        world.pass(HOUR / 2);
    }
    world.crash(0, None);
    world.settle();
    world.say(0, "still here");
    world.say(1, "so am I");
    world.settle();
    assert!(world.people[1].shown.contains(&"still here".to_owned()));
    assert!(world.people[0].shown.contains(&"so am I".to_owned()));
}

#[test]
fn a_text_that_came_twice_over_two_sessions_is_shown_once_after_a_crash() {
    for writer in 0..2 {
        let mut world = World::new();
        talk(&mut world);
        let reader = 1 - writer;
        let read = &world.relay.subscribed[&(reader, Line::CONVERSATIONS)];
        let address = *read.iter().next().unwrap();
        for n in 0..3 {
            let rubbish = Envelope::from_slice(&[7; 4000]).unwrap();
            world.relay.keep(EnvelopeId::new([n; 16]), address, rubbish);
        }
        world.arrive(reader, Line::CONVERSATIONS, usize::MAX);
        world.arrive(writer, Line::RENDEZVOUS, usize::MAX);
        world.arrive(reader, Line::RENDEZVOUS, usize::MAX);
        world.say(writer, "zero");
        world.now += SECOND;
        world.say(writer, "one");
        // The first text is lost on the way, the second is held for it.
        let way = world.relay.on_the_way.get_mut(&(reader, Line::CONVERSATIONS)).unwrap();
        let first = way.iter().position(|frame| matches!(frame, RelayFrame::Deliver { .. }));
        way.remove(first.unwrap());
        world.arrive(reader, Line::CONVERSATIONS, usize::MAX);
        // The answer in the new session: both go again in it.
        world.arrive(writer, Line::CONVERSATIONS, usize::MAX);
        world.arrive(writer, Line::CONVERSATIONS, usize::MAX);
        world.arrive(reader, Line::CONVERSATIONS, usize::MAX);
        world.crash(reader, None);
        world.settle();
        world.pass(HOUR);
        world.settle();
        let history = world.history(reader);
        let texts: Vec<_> = history.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["zero", "one"], "{writer}");
        let mut shown = world.people[reader].shown.clone();
        shown.dedup();
        assert_eq!(shown.len(), world.people[reader].shown.len(), "shown twice");
    }
}

/// One of them has lost the computer meanwhile, so that the past is new to it.
#[test]
fn two_who_talk_do_not_start_over_because_the_relay_shows_the_past_once_more() {
    for lost in [None, Some(0), Some(1)] {
        let mut world = World::new();
        world.copy(0);
        world.copy(1);
        talk(&mut world);
        if let Some(who) = lost {
            world.pass(DAY);
            world.restore(who);
            world.ask(who);
            world.settle();
            world.settle();
        }
        (0..2).for_each(|who| world.say(who, "before"));
        world.settle();
        let notices = world.people.each_ref().map(|person| person.notices.len());
        let ever = world.relay.ever.clone();
        let past = ever.iter().enumerate().filter(|(_, (line, ..))| *line == Line::RENDEZVOUS);
        for (nth, _) in past {
            world.relay.replay(nth);
            world.settle();
            // Repairs have pauses of an hour.
            world.pass(2 * HOUR);
            world.settle();
        }
        let now = world.people.each_ref().map(|person| person.notices.len());
        assert_eq!(now, notices, "{lost:?}");
        let shown = world.people.each_ref().map(|person| person.shown.len());
        (0..2).for_each(|who| world.say(who, "after"));
        world.settle();
        let after = world.people.each_ref().map(|person| person.shown.len());
        assert_eq!(after, shown.map(|shown| shown + 1), "{lost:?}");
    }
}

/// Rubbish makes one of them ask for a new session; the other begins it and is away when it is
/// answered, for longer than what is replaced is read.
#[test]
fn who_was_away_when_a_new_session_was_answered_is_heard_in_it() {
    for asker in 0..2 {
        let mut world = World::new();
        talk(&mut world);
        (0..2).for_each(|who| world.say(who, "before"));
        world.settle();
        let other = 1 - asker;
        let read = world.relay.subscribed[&(asker, Line::CONVERSATIONS)].clone();
        for n in 0..3 {
            let rubbish = Envelope::from_slice(&[7; 4000]).unwrap();
            world.relay.keep(EnvelopeId::new([n; 16]), *read.first().unwrap(), rubbish);
        }
        world.arrive(asker, Line::CONVERSATIONS, usize::MAX);
        assert!(world.arrive(other, Line::RENDEZVOUS, usize::MAX), "a new session is asked for");
        for who in [asker, other] {
            Line::SHARED.into_iter().for_each(|line| world.disconnect(who, line));
        }
        for _ in 0..15 {
            world.settle_one(asker);
            world.now += DAY;
            world.input(asker, Input::Tick);
        }
        world.settle();
        (0..2).for_each(|who| world.say(who, "after"));
        world.settle();
        for who in 0..2 {
            assert_eq!(world.people[who].shown, ["before", "after"], "{who}, asked by {asker}");
        }
    }
}

/// Who writes all the time and reads nothing fills nobody's disk with receipts.
#[test]
fn receipts_that_the_relay_does_not_take_are_few_envelopes() {
    let mut world = World::new();
    talk(&mut world);
    world.relay.room = Some(0);
    let texts = 300;
    for n in 0..texts {
        world.relay.room = None;
        world.say(0, &n.to_string());
        world.arrive(0, Line::CONVERSATIONS, usize::MAX);
        world.relay.room = Some(0);
        world.arrive(1, Line::CONVERSATIONS, usize::MAX);
        world.now += 11 * SECOND;
        world.input(1, Input::Tick);
    }
    assert_eq!(world.people[1].shown.len(), texts);
    assert!(sleep(&world, 1) >= SECOND);
    assert!(world.rows(1, Kind::Put) <= 8, "{}", world.rows(1, Kind::Put));
    world.relay.room = None;
    world.settle();
    world.settle();
    assert_eq!(world.people[0].delivered.len(), texts);
}

/// A relay that was set back delivers again what came long ago: nobody starts over by that.
#[test]
fn old_messages_delivered_once_more_are_no_sign_of_an_old_copy() {
    let mut world = World::new();
    talk(&mut world);
    for n in 0..20 {
        for who in 0..2 {
            world.say(who, &n.to_string());
            world.settle();
        }
    }
    let before = world.relay.puts_on[&(1, Line::RENDEZVOUS)];
    let ever = world.relay.ever.clone();
    let said = ever.iter().enumerate().filter(|(_, (line, ..))| *line == Line::CONVERSATIONS);
    // Those that began chains whose keys are gone, among the last ones of the session.
    for (nth, _) in said.skip(4).take(12) {
        world.relay.replay(nth);
        world.settle();
    }
    world.pass(HOUR);
    world.settle();
    assert_eq!(world.relay.puts_on[&(1, Line::RENDEZVOUS)], before);
    assert!(world.people.iter().all(|person| person.notices.is_empty()));
}

/// A relay that keeps things for ever, as it says, decides neither how many mailboxes are read nor how
/// long private keys are kept.
#[test]
fn a_relay_that_announces_any_retention_is_believed_for_ninety_days() {
    let most = [90 * 24 * 3600, u64::MAX].map(|retention| {
        let mut world = World::new();
        world.welcome.retention = retention;
        for who in 0..2 {
            Line::SHARED.into_iter().for_each(|line| world.disconnect(who, line));
        }
        talk(&mut world);
        for _ in 0..20 {
            world.pass(10 * DAY);
        }
        world.settle();
        world.relay.subscribed[&(0, Line::CONVERSATIONS)].len()
    });
    assert_eq!(most[0], most[1]);
    assert!((12..20).contains(&most[0]), "{most:?}");
}
