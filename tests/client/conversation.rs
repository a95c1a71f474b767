//! Anything in any order, and then all is well: the model of the whole client.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::model;
use crate::model::Story;

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
