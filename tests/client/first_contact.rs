//! First contact in every order: both at once with losses, both removing and asking again, clocks
//! that differ by a day, and the turns of epochs and weeks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::rc::Rc;

use bauta::net::cell::Address;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::RelayFrame;
use bauta::net::client::Command;
use bauta::net::client::core::Line;
use bauta::net::client::event::ContactState;
use bauta::net::client::event::Notice;

use crate::world::*;

/// Lets everything arrive, one frame after the other, and loses the deliveries whose bits are set.
fn arrive_but(world: &mut World, mut lost: u32) {
    let connections = [0, 1].map(|who| Line::SHARED.map(|line| (who, line)));
    let mut quiet = false;
    while !quiet {
        quiet = true;
        for (who, line) in connections.as_flattened().iter().copied() {
            let on_the_way = world.relay.on_the_way.get(&(who, line));
            let Some(first) = on_the_way.and_then(|frames| frames.first()) else { continue };
            quiet = false;
            if matches!(first, RelayFrame::Deliver { .. }) {
                let loses = lost & 1 == 1;
                lost >>= 1;
                if loses && world.relay.lose(who, line, 0) {
                    continue;
                }
            }
            world.arrive(who, line, 1);
        }
    }
}

/// Round trips until a text of each has come to the other.
fn rounds(world: &mut World) -> usize {
    for round in 1..=10 {
        for who in 0..2 {
            world.say(who, &format!("{round} of {who}"));
        }
        for time in [0, 15 * SECOND, 75 * SECOND, 240 * SECOND] {
            world.pass(time);
            (0..2).for_each(|who| world.connect(who));
            arrive_but(world, 0);
        }
        let came = |who: usize| {
            let last = format!("{round} of {}", 1 - who);
            world.people[who].shown.contains(&last)
        };
        if came(0) && came(1) {
            return round;
        }
    }
    panic!("ten rounds, and they do not talk");
}

fn in_order_and_once(world: &World) {
    for (who, person) in world.people.iter().enumerate() {
        let expected: Vec<_> = person.shown.clone();
        let mut numbers: Vec<usize> =
            expected.iter().map(|text| text.split(' ').next().unwrap().parse().unwrap()).collect();
        let as_shown = numbers.clone();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(as_shown, numbers, "to {who}");
    }
}

fn replaced(world: &World) -> usize {
    let notices = world.people.iter().flat_map(|person| &person.notices);
    notices.filter(|notice| matches!(notice, Notice::SessionReplaced { .. })).count()
}

fn remove(world: &mut World, who: usize) {
    let contact = world.people[1 - who].id;
    world.input(who, one(Command::Remove { contact }));
}

/// The first six deliveries are the two bundles, the initial messages and the first answers.
#[test]
fn both_ask_at_once_and_whatever_is_lost_of_it_they_talk() {
    for lost in 0..64 {
        let mut world = World::new();
        world.ask(0);
        world.ask(1);
        arrive_but(&mut world, lost);
        // What the relay lost of a request is put again when half of its time is over. Whoever has
        // begun anything does not wait for that.
        for _ in 0..12 {
            if world.has_begun() {
                break;
            }
            world.pass(DAY);
            arrive_but(&mut world, 0);
        }
        assert!(rounds(&mut world) <= 2, "{lost:06b}");
        in_order_and_once(&world);
        assert_eq!(replaced(&world), 0, "{lost:06b}");
    }
}

/// Who does what, in every order in which it can be done.
const ORDERS: [[(usize, bool); 4]; 6] = {
    const REMOVE: bool = true;
    const ASK: bool = false;
    [
        [(0, REMOVE), (0, ASK), (1, REMOVE), (1, ASK)],
        [(0, REMOVE), (1, REMOVE), (0, ASK), (1, ASK)],
        [(0, REMOVE), (1, REMOVE), (1, ASK), (0, ASK)],
        [(1, REMOVE), (0, REMOVE), (0, ASK), (1, ASK)],
        [(1, REMOVE), (0, REMOVE), (1, ASK), (0, ASK)],
        [(1, REMOVE), (1, ASK), (0, REMOVE), (0, ASK)],
    ]
};

#[test]
fn both_remove_each_other_and_ask_again_in_any_order_and_they_talk() {
    for order in ORDERS {
        // Who is online between one step and the next.
        for online in [[false, false], [true, false], [false, true], [true, true]] {
            let mut world = World::new();
            talk(&mut world);
            let texts = world.people.each_ref().map(|person| person.shown.len());
            assert_eq!(texts, [0, 0]);
            for (who, removes) in order {
                world.now += SECOND;
                if removes {
                    remove(&mut world, who)
                } else {
                    world.ask(who)
                }
                for who in (0..2).filter(|who| online[*who]) {
                    world.arrive_all(who);
                }
            }
            arrive_but(&mut world, 0);
            assert!(rounds(&mut world) <= 2, "{order:?} {online:?}");
            in_order_and_once(&world);
            let state = |who: usize| world.people[who].contact.as_ref().unwrap().state;
            assert_eq!([0, 1].map(state), [ContactState::Matched; 2], "{order:?} {online:?}");
        }
    }
}

/// One clock is a day ahead, or a day behind.
const SKEWS: [[i64; 2]; 4] = {
    const A_DAY: i64 = DAY.cast_signed();
    [[A_DAY, 0], [-A_DAY, 0], [0, A_DAY], [0, -A_DAY]]
};

#[test]
fn a_request_over_the_turn_of_an_epoch_with_clocks_a_day_apart_is_met() {
    let turn = 715 * 28 * DAY;
    for skew in SKEWS {
        for asked in [turn - DAY - HOUR, turn - HOUR, turn + HOUR] {
            for answered_after in [0, 2 * HOUR, 2 * DAY] {
                let mut world = World::at(asked);
                (0..2).for_each(|who| world.people[who].skew = skew[who]);
                world.ask(0);
                world.arrive_all(0);
                world.pass(answered_after);
                world.arrive_all(0);
                world.ask(1);
                arrive_but(&mut world, 0);
                assert!(world.people.iter().all(|person| person.matched), "{skew:?}");
                assert!(rounds(&mut world) == 1, "{skew:?} {answered_after}");
                assert_eq!(replaced(&world), 0, "{skew:?} {answered_after}");
            }
        }
    }
}

/// The mailboxes that each put into where conversations are, by the week of its own clock.
type Weeks = BTreeMap<(usize, u64), BTreeSet<Address>>;

/// Notes them, of two people with these clocks.
fn weeks_seen(skew: [i64; 2]) -> (Watch, Rc<RefCell<Weeks>>) {
    let seen = Rc::new(RefCell::new(Weeks::new()));
    let notes = Rc::clone(&seen);
    let watch = move |(who, line): (usize, Line), batch: Batch<'_>, now: u64| {
        let Batch::FromClient(frames) = batch else { return };
        let week = now.saturating_add_signed(skew[who]) / (7 * DAY);
        for frame in frames.iter().filter(|_| line == Line::CONVERSATIONS) {
            if let ClientFrame::Put { address, .. } = frame {
                notes.borrow_mut().entry((who, week)).or_default().insert(*address);
            }
        }
    };
    (Box::new(watch), seen)
}

/// Each week has mailboxes of its own, one for each direction.
#[test]
fn texts_over_the_turns_of_weeks_with_clocks_a_day_apart_are_read() {
    for skew in SKEWS {
        let (watch, seen) = weeks_seen(skew);
        let mut world = World::between(["a", "b"], START, watch);
        (0..2).for_each(|who| world.people[who].skew = skew[who]);
        talk(&mut world);
        // Both have asked: only now they are in one session.
        seen.borrow_mut().clear();
        let mut said = 0;
        // Twice a week turns for either clock.
        for _ in 0..32 {
            world.pass(10 * HOUR);
            said += 1;
            (0..2).for_each(|who| world.say(who, &format!("{said} of {who}")));
            (0..2).for_each(|who| world.arrive_all(who));
        }
        world.settle();
        assert_eq!(world.people.each_ref().map(|person| person.shown.len()), [said; 2], "{skew:?}");
        in_order_and_once(&world);
        let seen = seen.borrow();
        for who in 0..2 {
            let weeks = seen.keys().filter(|(other, _)| *other == who).count();
            assert!(weeks >= 2, "{skew:?}: {who} put in {weeks} weeks");
        }
        assert!(seen.values().all(|mailboxes| mailboxes.len() == 1), "{skew:?}");
        let all: BTreeSet<_> = seen.values().flatten().collect();
        assert_eq!(all.len(), seen.len(), "{skew:?}: a mailbox of two weeks or directions");
    }
}

/// The weeks of the relay's time, a day before it, and eight days to come.
#[test]
fn as_many_weeks_are_read_as_the_relay_keeps_what_is_put() {
    for (days, weeks) in [(7, 3), (21, 5), (60, 11)] {
        let mut world = World::at(START / (7 * DAY) * (7 * DAY) + 3 * DAY);
        world.welcome.retention = days * 24 * 3_600;
        talk(&mut world);
        for _ in 0..14 {
            world.pass(7 * DAY);
            world.settle();
        }
        for who in 0..2 {
            world.disconnect(who, Line::CONVERSATIONS);
            world.connect(who);
            let read = world.relay.subscribed[&(who, Line::CONVERSATIONS)].len();
            assert_eq!(read, weeks, "{who}, {days} days");
        }
    }
}

/// The relay keeps what it has for 21 days: until the last hour of that the reader may come.
#[test]
fn what_was_written_three_weeks_ago_with_clocks_a_day_apart_is_read() {
    for skew in SKEWS {
        // Just before and just after the week turns, for both clocks.
        for start in [START - HOUR, START + HOUR] {
            let week = (0..8).map(|day| start + day * DAY).find(|at| {
                (at + 2 * HOUR) / (7 * DAY) != at / (7 * DAY) || at % (7 * DAY) < 2 * HOUR
            });
            let mut world = World::at(week.unwrap() - DAY);
            (0..2).for_each(|who| world.people[who].skew = skew[who]);
            talk(&mut world);
            world.now = week.unwrap();
            Line::SHARED.into_iter().for_each(|line| world.disconnect(1, line));
            for n in 1..=3 {
                world.say(0, &format!("{n} of 0"));
                world.arrive_all(0);
                world.pass(22 * HOUR);
            }
            let passed = world.now - week.unwrap();
            world.pass(21 * DAY - passed - HOUR);
            world.settle();
            assert_eq!(world.people[1].shown.len(), 3, "{skew:?}");
            in_order_and_once(&world);
        }
    }
}
