//! Whom somebody talks to makes no difference to what the relay sees: the same script with another
//! person gives the same frames, cells and moments on the same connections. One bit is left: whose
//! ID is the lower one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bauta::net::cell::CELL_LEN;
use bauta::net::cell::ClientFrame;
use bauta::net::cell::Frame;
use bauta::net::client::Command;
use bauta::net::client::core::Line;
use bauta::net::client::core::Output;

use crate::world::*;

/// One thing that the relay saw: when, in which cell of which batch, what kind, how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    pub at: u64,
    pub cell: usize,
    pub kind: &'static str,
    pub len: usize,
}

/// All that was seen, for each person and connection, from the client and to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    sights: BTreeMap<(usize, Line, bool), Vec<Sight>>,
    cells: usize,
}

impl Transcript {
    /// What was said on one connection at one time: as few cells as hold it in its order.
    pub fn note<F: Frame>(&mut self, (who, line): (usize, Line), frames: &[F], at: u64) {
        let mut room = 0;
        for frame in frames {
            let (kind, len) = sight(frame);
            if room < len + 2 {
                (self.cells, room) = (self.cells + 1, CELL_LEN);
            }
            room -= len + 2;
            let from_client = F::shape(1).is_some();
            let sights = self.sights.entry((who, line, from_client)).or_default();
            sights.push(Sight { at, cell: self.cells, kind, len });
        }
    }

    /// How many cells there were.
    fn cells(&self) -> usize {
        self.cells
    }

    /// The first place where two differ.
    fn difference(&self, other: &Self) -> Option<String> {
        let connections = [&self.sights, &other.sights].map(|s| s.keys().collect::<Vec<_>>());
        if connections[0] != connections[1] {
            return Some(format!("connections: {connections:?}"));
        }
        for (on, sights) in &self.sights {
            let others = &other.sights[on];
            if sights.len() != others.len() {
                return Some(format!("{on:?}: {} and {} frames", sights.len(), others.len()));
            }
            let differ = sights.iter().zip(others).find(|(one, other)| one != other);
            if let Some((one, other)) = differ {
                return Some(format!("{on:?}: {one:?} and {other:?}"));
            }
        }
        None
    }
}

/// What a frame is, by the tag that stands first on the wire, and how long.
fn sight<F: Frame>(frame: &F) -> (&'static str, usize) {
    let bytes = minicbor::to_vec(frame).unwrap();
    let mut decoder = minicbor::Decoder::new(&bytes);
    decoder.array().unwrap();
    (F::shape(decoder.u64().unwrap()).unwrap().name, bytes.len())
}

/// Who asks first.
#[derive(Clone, Copy, Debug)]
enum Order {
    First(usize),
    Both,
}

/// From the first request to the end of everything, with somebody; what is said differs, and how
/// long it is. `leak` is what A's client sends besides. Also whether A has the lower ID.
fn script(peer: &str, order: Order, leak: Option<ClientFrame>) -> (Transcript, bool) {
    let transcript = Rc::new(RefCell::new(Transcript::default()));
    let seen = Rc::clone(&transcript);
    let watch = move |connection, batch: Batch<'_>, at| match batch {
        Batch::FromClient(frames) => seen.borrow_mut().note(connection, frames, at),
        Batch::ToClient(frames) => seen.borrow_mut().note(connection, frames, at),
    };
    let mut world = World::between(["g", peer], START, Box::new(watch));
    let said = |n: usize| peer.repeat(n * 17 + peer.len() * 3) + "!";
    match order {
        Order::First(who) => {
            world.ask(who);
            world.say(who, &said(1));
            world.settle();
            world.ask(1 - who);
            world.settle();
        }
        Order::Both => {
            world.ask(0);
            world.ask(1);
            world.settle();
        }
    }
    for n in 0..2 {
        world.say(0, &said(n));
        world.settle();
        world.say(1, &said(n + 1));
        world.say(1, &said(n + 2));
        world.settle();
    }
    if let Some(frame) = leak {
        world.pass_on(0, vec![Output::Send(Line::CONVERSATIONS, frame)]);
    }
    // One is away, comes back, starts anew; a week passes; a cut in the middle.
    Line::SHARED.into_iter().for_each(|line| world.disconnect(1, line));
    (0..5).for_each(|n| world.say(0, &said(n)));
    world.pass(7 * DAY);
    world.crash(0, None);
    world.settle();
    let contact = world.people[1].id;
    world.input(0, one(Command::Remove { contact }));
    world.settle();
    let early = usize::from(matches!(order, Order::First(0)));
    assert_eq!(world.people[1].shown.len(), 7 + early);
    let [a, other] = world.people.each_ref().map(|person| person.id);
    drop(world);
    (transcript.take(), a < other)
}

const ORDERS: [Order; 3] = [Order::First(0), Order::First(1), Order::Both];

/// Four people on either side of A: whose ID is the lower one decides whose session is kept
/// (PROTOCOL.md, first contact), and that much the relay can tell. It is all that it can tell.
#[test]
fn whoever_the_other_is_the_relay_sees_the_same() {
    for order in ORDERS {
        for (is_higher, peers) in [(true, ["b", "ivy"]), (false, ["carol", "d"])] {
            let [(one, side), (other, same_side)] = peers.map(|peer| script(peer, order, None));
            assert_eq!((side, same_side), (is_higher, is_higher));
            assert!(one.cells() > 30, "{}", one.cells());
            assert_eq!(one.difference(&other), None, "{order:?}, {peers:?}");
        }
    }
}

#[test]
fn one_cell_more_is_noticed() {
    let (with_b, _) = script("b", Order::Both, None);
    let (with_ivy, _) = script("ivy", Order::Both, Some(ClientFrame::Ping));
    assert!(with_b.difference(&with_ivy).is_some());
    assert_eq!(with_b.cells() + 1, with_ivy.cells());
}
