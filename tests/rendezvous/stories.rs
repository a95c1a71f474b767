//! What happens in any order, and orders that were found to matter.

use std::collections::BTreeSet;

use bauta::signal::rendezvous::rules::Rules;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::happening::DAY;
use crate::happening::EPOCH;
use crate::happening::HOUR;
use crate::happening::Happening;
use crate::happening::happening;
use crate::world::World;

/// Both talk in one session after whatever happened, and stay there.
fn converges(happenings: &[Happening], silent: Option<usize>) {
    let mut world = World { silent, ..World::new() };
    happenings.iter().for_each(|happening| world.happen(*happening));
    world.ask(0);
    world.ask(1);
    let session = world.converge();
    // And it stays so, in the same session.
    for _ in 0..3 {
        world.round();
        assert!(world.converged(), "diverged");
        assert_eq!(world.people[0].rules.as_ref().unwrap().sending(), Some(session));
    }
    world.is_shown_the_past(knows_the_past(happenings));
    for person in &world.people {
        let once: BTreeSet<_> = person.shown.iter().collect();
        assert_eq!(once.len(), person.shown.len(), "shown twice");
    }
}

/// Whether both sides know for certain what is past. A computer that went back to a copy has keys
/// again that were used, and does not know what it had accepted. One that is lost, and of which any
/// clock was ahead, made bundles once that look newer than what it says now. Only age tells those.
fn knows_the_past(happenings: &[Happening]) -> bool {
    let any = |is: fn(&Happening) -> bool| happenings.iter().any(is);
    let was_lost = any(|happening| matches!(happening, Happening::Reset(_)));
    let was_ahead = any(|happening| matches!(happening, Happening::Clock(..)));
    let was_restored = any(|happening| matches!(happening, Happening::Restore(_)));
    !(was_restored || was_lost && was_ahead)
}

/// How many stories are told: the same in every run, others where somebody asks for many.
fn stories() -> ProptestConfig {
    let (cases, rng_seed) = match std::env::var("BAUTA_STORIES") {
        Ok(n) => (n.parse().expect("BAUTA_STORIES is a number"), RngSeed::Random),
        Err(_) => (1_000, RngSeed::Fixed(1)),
    };
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(stories())]

    #[test]
    fn both_sides_converge_to_one_session_from_every_state(
        happenings in prop::collection::vec(happening(), 0..80),
        silent in prop::option::weighted(0.5, 0..2_usize),
    ) {
        converges(&happenings, silent);
    }
}

/// Both lost their computers and have clocks that are behind the ones before, and each has taken an
/// old request of the other's, still in the mail, for a new one.
#[test]
fn two_who_lost_everything_and_whose_clocks_are_behind_old_requests_find_each_other() {
    use Happening::*;
    let day = DAY.cast_signed();
    let mut story = vec![Ask(1), Ask(0), Snapshot(0), Deliver(1, 0), Double(0, 0), Reset(0)];
    story.extend([Ask(0), Deliver(1, 0), Deliver(0, 0), Deliver(1, 0), Deliver(1, 0)]);
    story.extend([Clock(1, -day), Reset(1), Deliver(0, 0), Clock(0, -day), Reset(0)]);
    converges(&story, None);
}

/// Two clocks are two days apart: a request comes before it is made, and is shown again later.
#[test]
fn a_request_from_too_far_ahead_begins_nothing_later() {
    use Happening::*;
    let day = DAY.cast_signed();
    let mut story = vec![Ask(1), Deliver(0, 0), Ask(0), Deliver(1, 0), Withdraw(1), Deliver(0, 0)];
    story.extend([Ask(0), Ask(0), Clock(0, -day), Ask(1), Deliver(1, 0), Deliver(1, 0)]);
    story.extend([Double(0, 0), Clock(1, day), Deliver(1, 0)]);
    converges(&story, None);
}

/// Each sends in a session that the other one has not: nobody reads it, and no mailbox tells so.
#[test]
fn two_of_whom_each_is_in_a_session_that_the_other_has_not_find_each_other() {
    use Happening::*;
    let lost_after_a_request_came_twice = vec![
        Ask(0),
        Deliver(1, 0),
        Ask(1),
        Double(0, 0),
        Deliver(1, 0),
        Write(1),
        Crash(0),
        Deliver(0, 0),
        Reset(1),
        Deliver(0, 0),
        Deliver(0, 0),
        Deliver(1, 0),
        Deliver(0, 3),
    ];
    let lost_twice = vec![
        Reset(1),
        Ask(0),
        Deliver(0, 0),
        Deliver(1, 1),
        Deliver(0, 0),
        Deliver(0, 0),
        Reset(1),
        Deliver(0, 0),
        Deliver(1, 0),
        Deliver(0, 1),
    ];
    let back_to_a_copy_from_before_the_last_request = vec![
        Reset(0),
        Reset(0),
        Deliver(1, 0),
        Ask(1),
        Snapshot(0),
        Deliver(1, 0),
        Deliver(0, 0),
        Double(1, 0),
        Deliver(0, 1),
        Deliver(0, 0),
        Restore(0),
        Deliver(1, 0),
        Deliver(1, 0),
        Deliver(1, 0),
    ];
    let both_forgot_while_they_were_away = vec![
        Reset(1),
        Reset(0),
        Deliver(1, 0),
        Write(1),
        Deliver(0, 0),
        Deliver(1, 0),
        Lose(0, 0),
        Wait(HOUR),
        Deliver(0, 0),
        Deliver(1, 0),
        Deliver(0, 0),
        Wait(EPOCH),
    ];
    for story in [
        lost_after_a_request_came_twice,
        lost_twice,
        back_to_a_copy_from_before_the_last_request,
        both_forgot_while_they_were_away,
    ] {
        for silent in [None, Some(0), Some(1)] {
            converges(&story, silent);
        }
    }
}

/// Both lost a session, and one of them has nothing to say: it hears of the other's doubt.
#[test]
fn who_has_nothing_to_say_finds_out_that_a_session_is_lost() {
    use Happening::*;
    let mut story = vec![Ask(0), Deliver(1, 0), Ask(1), Deliver(0, 0), Snapshot(0), Deliver(1, 0)];
    story.extend([Lose(0, 0), Deliver(0, 0), Lose(0, 0), Reset(1), Restore(0), Deliver(0, 0)]);
    story.extend([Ask(0), Ask(0)]);
    converges(&story, Some(1));
    converges(&story, Some(0));
}

/// One waits for an answer that came, before it went back; the other one has said all.
#[test]
fn a_request_that_was_answered_is_greeted_when_it_comes_again() {
    use Happening::*;
    let mut story = vec![Ask(0), Deliver(1, 0), Ask(1), Snapshot(1), Deliver(0, 0), Deliver(1, 0)];
    story.extend([Deliver(0, 0), Deliver(0, 0), Deliver(0, 0), Restore(1)]);
    converges(&story, Some(0));
}

/// The one who answered forgets the session; the other one must not wait for it any longer.
#[test]
fn a_candidate_whose_answer_was_lost_begins_nothing_after_weeks() {
    let mut world = World::new();
    world.ask(0);
    world.ask(1);
    world.converge();
    world.mail = Default::default();
    world.with_rules(1, Rules::rolled_back);
    world.happen(Happening::Deliver(0, 0));
    world.happen(Happening::Deliver(1, 0));
    world.mail[0].clear();
    let candidate = world.people[0].rules.as_ref().unwrap().sessions().last().unwrap();
    assert!(!world.people[0].rules.as_ref().unwrap().answered(candidate));
    world.converge();
    assert!(!world.people[0].rules.as_ref().unwrap().answered(candidate));
    world.is_shown_the_past(true);
}
