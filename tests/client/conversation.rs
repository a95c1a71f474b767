//! Anything in any order, and then all is well: the model of the whole client.

use bauta::net::client::core::Line;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::model;
use crate::model::Event;
use crate::model::Story;
use crate::model::event::Act;
use crate::world::DAY;
use crate::world::START;

/// How many stories are played: the same few in every run, others where somebody asks for many.
pub fn stories() -> ProptestConfig {
    let (cases, rng_seed) = match std::env::var("BAUTA_STORIES") {
        Ok(n) => (n.parse().expect("BAUTA_STORIES is a number"), RngSeed::Random),
        Err(_) => (40, RngSeed::Fixed(1)),
    };
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

/// Bytes of chance, told as a story: what shrinks is the story.
fn story() -> impl Strategy<Value = Story> {
    let events = prop::collection::vec(any::<[u8; 3]>(), 0..80);
    (any::<u8>(), events).prop_map(|(beginning, events)| {
        Story::from_bytes(&[&[beginning], events.as_flattened()].concat())
    })
}

proptest! {
    #![proptest_config(stories())]

    #[test]
    fn whatever_happens_nothing_is_lost_nothing_is_shown_twice_and_both_talk_again(
        story in story(),
    ) {
        model::play(&story);
    }
}

/// What somebody took back comes late, when the two talk again already: it says nothing about that.
#[test]
fn a_request_that_was_taken_back_does_not_end_what_began_since() {
    let events = vec![
        Event::Do(0, Act::Say, 0),
        Event::Disconnect(1, Line::RENDEZVOUS),
        Event::Reset(0),
        Event::Remove(1),
        Event::Room(Some(0)),
        Event::Ask(1),
        Event::Connect(1),
    ];
    model::play(&Story { start: START, talking: true, events });
}

/// Its reader has heard that it is deleted, and says so of the text too.
#[test]
fn a_text_that_a_lost_future_deleted_counts_as_come() {
    let mut events = vec![
        Event::Do(1, Act::Say, 22),
        Event::Lose(0, Line::CONVERSATIONS, 0),
        Event::Do(1, Act::Timer(None), 13),
        Event::Do(0, Act::Say, 0),
        Event::Do(0, Act::Timer(None), 0),
        Event::Room(Some(0)),
        Event::Arrive(0, Line::CONVERSATIONS, 1),
        Event::Do(0, Act::DeleteForBoth, 0),
        Event::Do(0, Act::Say, 56),
        Event::Copy(0),
        Event::Arrive(0, Line::RENDEZVOUS, 1),
        Event::Do(0, Act::DeleteForBoth, 8),
        Event::Connect(0),
        Event::Restore(0),
        Event::Replay(15),
    ];
    events.extend([Event::Arrive(0, Line::RENDEZVOUS, 1); 3]);
    model::play(&Story { start: 1_729_728_120_000, talking: true, events });
}

/// Each was left in a session that the other one has not, after weeks without a word.
#[test]
fn two_who_were_away_for_weeks_after_one_lost_the_computer_find_each_other() {
    let events = vec![
        Event::Reset(0),
        Event::Connect(0),
        Event::Ask(0),
        Event::Arrive(1, Line::RENDEZVOUS, 1),
        Event::Arrive(0, Line::RENDEZVOUS, 2),
        Event::Wait(22 * DAY),
        Event::Crash(0),
        Event::Do(0, Act::Say, 0),
        Event::Wait(22 * DAY),
    ];
    model::play(&Story { start: 1_729_727_880_000, talking: true, events });
}
