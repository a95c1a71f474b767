//! What goes again, what does not go any more, and what becomes of it on both sides.

use bauta::net::client::Command;
use bauta::net::client::core::Input;
use bauta::net::client::core::Role;
use bauta::net::client::event::MessageState;

use crate::world::*;

/// Loses everything that the relay has, and what is on the way to somebody.
fn lose_all(world: &mut World, who: usize) {
    world.relay.mailboxes.values_mut().for_each(Vec::clear);
    world.relay.on_the_way.remove(&(who, Role::Conversations));
}

fn tick(world: &mut World, who: usize, time: u64) {
    world.now += time;
    world.input(who, Input::Tick);
}

#[test]
fn a_failed_text_that_is_to_go_again_goes_though_it_was_asked_offline() {
    for restart in [false, true] {
        let mut world = World::new();
        talk(&mut world);
        let message = world.tell(0, "once more");
        lose_all(&mut world, 1);
        world.arrive(0, Role::Conversations, usize::MAX);
        tick(&mut world, 0, 22 * DAY);
        let state = world.message(0, message).unwrap().state;
        assert!(matches!(state, MessageState::Failed { .. }), "{state:?}");
        world.disconnect(0, Role::Conversations);
        world.command(0, |contact| Command::Retry { contact, message });
        if restart {
            world.crash(0, None);
        }
        assert_eq!(world.message(0, message).unwrap().state, MessageState::Queued);
        world.settle();
        assert_eq!(world.people[1].shown, ["once more"]);
        assert_eq!(world.message(0, message).unwrap().state, MessageState::Delivered);
    }
}
