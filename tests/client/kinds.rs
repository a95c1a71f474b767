//! Replies, edits, deletions and reactions.

use bauta::net::client::Command;
use bauta::net::client::core::Line;
use bauta::net::client::event::MAX_TEXT_LEN;
use bauta::net::client::event::MessageId;
use bauta::net::client::event::MessageState;
use bauta::net::client::event::Refusal;

use crate::world::*;

#[test]
fn a_reply_names_what_it_answers_on_both_sides() {
    let mut world = World::new();
    talk(&mut world);
    let question = world.tell(0, "where?");
    world.settle();
    let reply_to = Some(question);
    world.command(1, |contact| Command::Send { contact, text: "here".to_owned(), reply_to });
    // A reply to what nobody knows is a reply all the same.
    let reply_to = Some(MessageId([9; 16]));
    world.command(1, |contact| Command::Send { contact, text: "and there".to_owned(), reply_to });
    world.settle();
    for who in 0..2 {
        let replies: Vec<_> = world.messages(who).iter().map(|message| message.reply_to).collect();
        assert_eq!(replies, [None, Some(question), reply_to], "{who}");
    }
}

#[test]
fn an_edit_replaces_the_text_on_both_sides_and_on_both_disks() {
    let mut world = World::new();
    talk(&mut world);
    let message = world.tell(0, "the first needle");
    world.settle();
    assert!(world.on_disk(0, "first needle") && world.on_disk(1, "first needle"));
    world.now += HOUR;
    world.edit(0, message, "second thought");
    let edited = Some(world.now);
    world.settle();
    for who in 0..2 {
        let shown = world.message(who, message).unwrap();
        assert_eq!((shown.text.as_str(), shown.edited), ("second thought", edited), "{who}");
        let told = world.people[who].changed.last().unwrap();
        assert!(*told == shown);
        assert!(!world.on_disk(who, "first needle"), "{who}");
    }
    assert_eq!(world.people[1].shown, ["the first needle"], "shown as new once");
}

#[test]
fn a_deletion_for_both_leaves_a_tombstone_and_nothing_on_either_disk() {
    let mut world = World::new();
    talk(&mut world);
    let message = world.tell(0, "a needle");
    world.settle();
    world.edit(0, message, "an edited needle");
    world.react(1, message, Some("needle"));
    world.settle();
    world.delete(0, message, true);
    world.settle();
    for who in 0..2 {
        let shown = world.message(who, message).unwrap();
        assert!(shown.deleted && shown.text.is_empty() && shown.edited.is_none(), "{who}");
        assert!(shown.reactions.own.is_none() && shown.reactions.theirs.is_none(), "{who}");
        assert!(world.people[who].changed.last().unwrap().deleted, "{who}");
        assert!(!world.on_disk(who, "needle"), "{who}");
    }
    let again = |contact| Command::Delete { contact, message, for_both: true };
    assert_eq!(world.refused(0, again), Refusal::UnknownMessage);
}

#[test]
fn a_deletion_here_leaves_the_other_side_alone() {
    let mut world = World::new();
    talk(&mut world);
    for who in 0..2 {
        let message = world.tell(0, &format!("needle {who}"));
        world.settle();
        world.delete(who, message, false);
        world.settle();
        assert!(world.message(who, message).is_none());
        assert_eq!(world.people[who].vanished.last(), Some(&message));
        assert!(!world.on_disk(who, &format!("needle {who}")));
        assert!(world.message(1 - who, message).is_some());
        // What is done to it from the other side later changes nothing.
        world.react(1 - who, message, Some("?"));
        world.settle();
        assert!(world.message(who, message).is_none());
    }
}

#[test]
fn only_its_writer_edits_or_deletes_a_message() {
    let mut world = World::new();
    talk(&mut world);
    let message = world.tell(0, "mine");
    world.settle();
    let text = "yours".to_owned();
    let edit = |contact| Command::Edit { contact, message, text };
    assert_eq!(world.refused(1, edit), Refusal::NotYours);
    let delete = |contact| Command::Delete { contact, message, for_both: true };
    assert_eq!(world.refused(1, delete), Refusal::NotYours);
    world.settle();
    assert!((0..2).all(|who| world.message(who, message).unwrap().text == "mine"));
}

#[test]
fn each_side_has_one_reaction_and_can_take_it_back() {
    let mut world = World::new();
    talk(&mut world);
    let message = world.tell(0, "so?");
    world.settle();
    world.react(0, message, Some("👍"));
    world.react(1, message, Some("👎"));
    world.react(1, message, Some("👩‍👩‍👧‍👦"));
    world.settle();
    let both = |world: &mut World, who| {
        let reactions = world.message(who, message).unwrap().reactions;
        (reactions.own, reactions.theirs)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(both(&mut world, 0), (some("👍"), some("👩‍👩‍👧‍👦")));
    assert_eq!(both(&mut world, 1), (some("👩‍👩‍👧‍👦"), some("👍")));
    world.react(0, message, None);
    world.crash(0, None);
    world.settle();
    assert_eq!(both(&mut world, 0), (None, some("👩‍👩‍👧‍👦")));
    assert_eq!(both(&mut world, 1), (some("👩‍👩‍👧‍👦"), None));
    for bad in ["a b", "\u{7}", &"x".repeat(33)] {
        let reaction = Some(bad.to_owned());
        let react = |contact| Command::React { contact, message, reaction };
        assert_eq!(world.refused(0, react), Refusal::BadReaction { max: 32 });
    }
    let unknown = MessageId([1; 16]);
    let react = |contact| Command::React { contact, message: unknown, reaction: None };
    assert_eq!(world.refused(0, react), Refusal::UnknownMessage);
}

#[test]
fn what_is_changed_while_it_waits_here_goes_out_changed() {
    let mut world = World::new();
    talk(&mut world);
    world.disconnect(0, Line::CONVERSATIONS);
    let before = world.tell(0, "before");
    let edited = world.tell(0, "a needle with an error");
    let long = world.tell(0, "short");
    let deleted = world.tell(0, "another needle");
    let after = world.tell(0, "after");
    world.edit(0, edited, "without");
    world.edit(0, long, &"long ".repeat(1_000));
    world.delete(0, deleted, true);
    assert!(!world.on_disk(0, "needle"));
    assert!(world.message(0, deleted).is_none());
    assert_eq!(world.people[0].vanished, [deleted]);
    world.settle();
    let shown = world.people[1].shown.clone();
    assert_eq!(shown, ["before", "without", &"long ".repeat(1_000), "after"]);
    assert!(world.people[1].changed.is_empty(), "nobody hears that it was changed");
    for message in [before, edited, long, after] {
        let own = world.message(0, message).unwrap();
        assert_eq!((own.state, own.edited), (MessageState::Delivered, None));
    }
}

#[test]
fn what_was_sealed_and_is_deleted_before_it_came_is_gone_all_the_same() {
    for long in [false, true] {
        let mut world = World::new();
        talk(&mut world);
        let text = if long { "needle ".repeat(1_000) } else { "needle".to_owned() };
        let message = world.tell(0, &text);
        world.edit(0, message, "edited needle");
        // The relay lost everything; what goes again says nothing.
        world.relay.mailboxes.values_mut().for_each(Vec::clear);
        world.relay.on_the_way.remove(&(1, Line::CONVERSATIONS));
        world.delete(0, message, true);
        assert!(!world.on_disk(0, "needle"));
        world.say(0, "something else");
        world.settle();
        world.pass(HOUR);
        world.settle();
        assert_eq!(world.people[1].shown, ["something else"]);
        assert!(!world.on_disk(1, "needle"));
        assert!(world.message(0, message).unwrap().deleted);
        assert_eq!(world.rows(0, bauta::net::client::profile::Kind::Outgoing), 0);
    }
}

#[test]
fn changes_that_come_before_their_message_wait_for_it() {
    let mut world = World::new();
    talk(&mut world);
    let edited = world.tell(0, "first");
    let deleted = world.tell(0, "a needle");
    let kept = world.tell(0, "kept");
    world.arrive(0, Line::CONVERSATIONS, usize::MAX);
    let way = world.relay.on_the_way.get_mut(&(1, Line::CONVERSATIONS)).unwrap();
    let texts = std::mem::take(way);
    // Their messages are lost, and the changes are taken in out of order after three minutes.
    world.edit(0, edited, "second");
    world.delete(0, deleted, true);
    world.react(0, kept, Some("!"));
    world.arrive(1, Line::CONVERSATIONS, usize::MAX);
    for _ in 0..20 {
        world.now += 10 * SECOND;
        world.input(1, bauta::net::client::core::Input::Tick);
    }
    assert!(world.people[1].shown.is_empty() && world.people[1].changed.is_empty());
    // What was deleted has nothing to wait for.
    assert_eq!(world.rows(1, bauta::net::client::profile::Kind::Early), 2);
    drop(texts);
    world.settle();
    world.pass(HOUR);
    world.settle();
    let shown: Vec<_> = world
        .messages(1)
        .into_iter()
        .map(|m| (m.id, m.text, m.deleted, m.reactions.theirs))
        .collect();
    // What was deleted before it went again never comes.
    assert_eq!(shown.len(), 2, "{}", shown.len());
    assert_eq!(shown[0], (edited, "second".to_owned(), false, None));
    assert_eq!(shown[1], (kept, "kept".to_owned(), false, Some("!".to_owned())));
    assert!(!world.on_disk(1, "needle"));
    assert_eq!(world.rows(1, bauta::net::client::profile::Kind::Early), 0);
}

#[test]
fn limits_are_told_before_anything_is_sent() {
    let mut world = World::new();
    talk(&mut world);
    let puts = world.relay.puts;
    let too_long = "x".repeat(MAX_TEXT_LEN + 1);
    let long = Refusal::TextTooLong { len: MAX_TEXT_LEN + 1, max: MAX_TEXT_LEN };
    let text = too_long.clone();
    let send = |contact| Command::Send { contact, text, reply_to: None };
    assert_eq!(world.refused(0, send), long);
    let text = String::new();
    let send = |contact| Command::Send { contact, text, reply_to: None };
    assert_eq!(world.refused(0, send), Refusal::EmptyText);
    let message = world.tell(0, "x");
    for (text, refusal) in [(too_long, long), (String::new(), Refusal::EmptyText)] {
        let edit = |contact| Command::Edit { contact, message, text };
        assert_eq!(world.refused(0, edit), refusal);
    }
    assert_eq!(world.relay.puts, puts + 1);
}

/// What comes late because it was lost and goes again: the relay lets everything of `who` but the
/// newest wait until the reader has stopped waiting.
fn late(world: &mut World, change: impl Fn(&mut World, usize)) {
    world.disconnect(1, Line::CONVERSATIONS);
    change(world, 0);
    world.arrive_all(0);
    let kept: Vec<_> = world.relay.mailboxes.values().map(Vec::len).collect();
    change(world, 1);
    world.arrive_all(0);
    // The first of the two is taken out of its mailbox, and put back later.
    let before = kept.iter().sum::<usize>();
    let mailbox = world.relay.mailboxes.values_mut().find(|kept| kept.len() >= 2).unwrap();
    assert!(before >= 1);
    let at = mailbox.len() - 2;
    let first = mailbox.remove(at);
    let address = *world.relay.mailboxes.iter().find(|(_, kept)| !kept.is_empty()).unwrap().0;
    world.connect(1);
    world.arrive_all(1);
    world.pass(200 * SECOND);
    world.arrive_all(1);
    world.relay.keep(first.id, address, first.envelope);
    world.arrive_all(1);
}

#[test]
fn an_edit_that_comes_late_does_not_undo_a_later_one() {
    let mut world = World::new();
    talk(&mut world);
    let message = world.tell(0, "first");
    world.settle();
    late(&mut world, |world, at| world.edit(0, message, ["second", "third"][at]));
    assert_eq!(world.message(1, message).unwrap().text, "third");
    world.settle();
    for who in 0..2 {
        assert_eq!(world.message(who, message).unwrap().text, "third", "{who}");
    }
}

#[test]
fn a_reaction_that_comes_late_does_not_come_back() {
    let mut world = World::new();
    talk(&mut world);
    let message = world.tell(0, "first");
    world.settle();
    late(&mut world, |world, at| world.react(0, message, [Some("x"), None][at]));
    assert_eq!(world.message(1, message).unwrap().reactions.theirs, None);
}

#[test]
fn a_time_to_disappear_that_comes_late_is_not_the_newest() {
    let mut world = World::new();
    talk(&mut world);
    world.settle();
    late(&mut world, |world, at| world.timer(0, [Some(60), Some(3_600)][at]));
    world.timer(1, Some(3_600));
    world.settle();
    let message = world.tell(1, "disappears after an hour");
    assert_eq!(world.message(1, message).unwrap().disappears.unwrap().after, 3_600);
}
