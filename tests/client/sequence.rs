//! Whatever happens in whatever order: what was written arrives, once and in order.

use std::collections::BTreeSet;

use bauta::net::client::Command;
use bauta::net::client::core::Line;
use bauta::net::client::event::MessageState;
use proptest::prelude::*;

use crate::conversation::stories;
use crate::world::*;

#[derive(Clone, Copy, Debug)]
enum Happening {
    Say(usize),
    Arrive(usize, Line, usize),
    Disconnect(usize, Line),
    Connect(usize),
    Crash(usize),
    /// Crash after the commit of a text, before anything of it is sent.
    CrashSaying(usize),
    Wait(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let who = || 0..2_usize;
    let line = || prop_oneof![Just(Line::RENDEZVOUS), Just(Line::CONVERSATIONS)];
    prop_oneof![
        5 => who().prop_map(Happening::Say),
        12 => (who(), line(), 1..4_usize).prop_map(|(w, r, n)| Happening::Arrive(w, r, n)),
        2 => (who(), line()).prop_map(|(w, r)| Happening::Disconnect(w, r)),
        4 => who().prop_map(Happening::Connect),
        1 => who().prop_map(Happening::Crash),
        1 => who().prop_map(Happening::CrashSaying),
        3 => prop_oneof![Just(SECOND), Just(20 * SECOND), Just(HOUR), Just(3 * DAY), Just(7 * DAY)]
            .prop_map(Happening::Wait),
    ]
}

fn happen(world: &mut World, happening: Happening, said: &mut [Vec<String>; 2]) {
    match happening {
        Happening::Say(who) => {
            let text = format!("{who}-{}", said[who].len());
            world.say(who, &text);
            said[who].push(text);
        }
        Happening::Arrive(who, line, most) => drop(world.arrive(who, line, most)),
        Happening::Disconnect(who, line) => world.disconnect(who, line),
        Happening::Connect(who) => world.connect(who),
        Happening::Crash(who) => world.crash(who, None),
        Happening::CrashSaying(who) => {
            let text = format!("{who}-{}", said[who].len());
            let contact = world.people[1 - who].id;
            let command = Command::Send { contact, text: text.clone(), reply_to: None };
            said[who].push(text);
            world.crash(who, Some(one(command)));
        }
        Happening::Wait(time) => {
            // Nobody is away for longer than the relay keeps things.
            let time = if world.now + time - START > 20 * DAY { SECOND } else { time };
            // Nobody has one connection of two for days: what comes over it is then taken in before
            // what the other would bring, see `gaps`.
            if time >= DAY {
                for who in 0..2 {
                    if world.people[who].up.len() == 1 {
                        world.connect(who);
                    }
                }
            }
            // What is on its way over a connection that stands comes in less than an hour.
            if time >= HOUR {
                (0..2).for_each(|who| world.arrive_all(who));
            }
            world.pass(time);
        }
    }
}

proptest! {
    #![proptest_config(stories())]

    #[test]
    fn everything_written_is_in_the_history_once_and_in_order(
        first in prop::collection::vec(happening(), 0..6),
        happenings in prop::collection::vec(happening(), 0..50),
        order in any::<bool>(),
    ) {
        let mut world = World::new();
        let mut said: [Vec<String>; 2] = Default::default();
        let (early, late) = if order { (0, 1) } else { (1, 0) };
        world.ask(early);
        for happening in first {
            let late_speaks = matches!(
                happening, Happening::Say(w) | Happening::CrashSaying(w) if w == late);
            if !late_speaks {
                happen(&mut world, happening, &mut said);
            }
        }
        world.ask(late);
        for happening in happenings {
            happen(&mut world, happening, &mut said);
        }
        world.settle();
        for (who, said) in said.iter().enumerate() {
            let history = world.history(1 - who);
            let received: Vec<_> = history
                .iter()
                .filter(|(_, state)| *state == MessageState::Received)
                .map(|(text, _)| text.clone())
                .collect();
            prop_assert_eq!(&received, said, "from {}", who);
            let own = world.history(who);
            let delivered = own.iter().filter(|(_, s)| *s == MessageState::Delivered).count();
            prop_assert_eq!(delivered, said.len(), "{:?}", own);
            let shown = &world.people[1 - who].shown;
            let once: BTreeSet<_> = shown.iter().collect();
            prop_assert_eq!(once.len(), shown.len(), "shown twice");
        }
    }
}
