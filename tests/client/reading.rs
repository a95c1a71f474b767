//! What was seen here, and what the other side is told of it.

use bauta::net::client::Command;
use bauta::net::client::core::Line;
use bauta::net::client::event::Change;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Refusal;
use bauta::net::client::event::Settings;

use crate::world::*;

fn receipts(world: &mut World, who: usize, read_receipts: bool) {
    world.command(who, |_| Command::Settings(Change::read_receipts(read_receipts)));
}

fn unread(world: &World, who: usize) -> u64 {
    world.people[who].contact.as_ref().unwrap().unread
}

#[test]
fn read_receipts_are_off_until_somebody_wants_them() {
    let mut world = World::new();
    talk(&mut world);
    world.crash(0, None);
    assert_eq!(world.people[0].settings.last(), Some(&Settings::default()));
    world.connect(0);
    let message = world.tell(0, "well?");
    world.settle();
    let puts = world.relay.puts;
    world.see(1, message);
    world.settle();
    assert_eq!(world.relay.puts, puts, "nothing is sent");
    assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered);
    receipts(&mut world, 1, true);
    world.crash(1, None);
    assert_eq!(
        world.people[1].settings.last(),
        Some(&Settings { read_receipts: true, ..Settings::default() })
    );
    world.settle();
    let second = world.tell(0, "and now?");
    world.settle();
    world.see(1, second);
    world.settle();
    assert_eq!(world.message(0, second).unwrap().state, MessageState::Read);
    assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered, "not told later");
    assert_eq!(world.people[0].progress[&second].last(), Some(&MessageState::Read));
}

#[test]
fn what_is_read_is_told_together_and_not_at_once() {
    let mut world = World::new();
    talk(&mut world);
    receipts(&mut world, 1, true);
    let messages: Vec<MessageId> = (0..70).map(|n| world.tell(0, &n.to_string())).collect();
    world.settle();
    let puts = world.relay.puts;
    for message in &messages {
        world.see(1, *message);
    }
    assert_eq!(world.relay.puts, puts, "nothing at once");
    world.crash(1, None);
    world.connect(1);
    world.pass(11 * SECOND);
    assert_eq!(world.relay.puts, puts + 2, "64 in one, 6 in another");
    world.settle();
    let states: Vec<_> = world.history(0).into_iter().map(|(_, state)| state).collect();
    assert_eq!(states, [MessageState::Read; 70]);
}

#[test]
fn what_was_seen_is_counted_and_stays_seen() {
    let mut world = World::new();
    talk(&mut world);
    assert_eq!(unread(&world, 1), 0);
    let messages: Vec<MessageId> = (0..4).map(|n| world.tell(0, &n.to_string())).collect();
    world.settle();
    world.crash(1, None);
    assert_eq!(unread(&world, 1), 4);
    world.see(1, messages[1]);
    assert_eq!(unread(&world, 1), 2);
    world.see(1, messages[0]);
    assert_eq!(unread(&world, 1), 2, "what was seen is seen");
    world.connect(1);
    world.delete(0, messages[2], true);
    world.settle();
    assert_eq!(unread(&world, 1), 1, "what is gone is not to be read");
    world.delete(1, messages[3], false);
    assert_eq!(unread(&world, 1), 0);
    world.crash(1, None);
    assert_eq!(unread(&world, 1), 0);
    let message = MessageId([3; 16]);
    let seen = |contact| Command::Seen { contact, message };
    assert_eq!(world.refused(1, seen), Refusal::UnknownMessage);
}

#[test]
fn a_text_that_was_read_has_come_though_its_receipt_is_lost() {
    let mut world = World::new();
    talk(&mut world);
    receipts(&mut world, 1, true);
    let message = world.tell(0, "lost receipt");
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    world.pass(11 * SECOND);
    // The receipt is lost.
    world.relay.mailboxes.values_mut().for_each(Vec::clear);
    world.relay.on_the_way.remove(&(0, Line::CONVERSATIONS));
    world.see(1, message);
    world.settle();
    assert_eq!(world.message(0, message).unwrap().state, MessageState::Read);
    world.say(0, "another");
    world.settle();
    world.pass(HOUR);
    world.settle();
    assert_eq!(world.message(0, message).unwrap().state, MessageState::Read);
    assert_eq!(world.people[1].shown, ["lost receipt", "another"]);
}
