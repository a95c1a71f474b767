//! The list of messages: anchored at one message and a distance, so that what lies far away is
//! never measured.
//!
//! ```text
//!   ┌──────────────┐ 0        Anchor::At { place: 41, offset: -20 }: message 41 begins
//!   │41▒▒▒▒▒▒      │          20 points above the upper edge.
//!   │   ▒▒▒▒▒▒▒▒ 42│          Anchor::End: the newest message ends at the lower edge, also
//!   │43▒▒▒▒▒       │          when newer ones come.
//!   └──────────────┘ height
//! ```

use core::ops::Range;

/// What stays where it is while messages come and go around it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Anchor {
    /// The newest message.
    #[default]
    End,
    /// The message at a place, whose upper edge is this far below that of the view.
    At {
        /// Its place.
        place: i64,
        /// In points; negative above the edge.
        offset: f32,
    },
}

/// Where each visible message begins, from the upper edge of a view of this height, after moving
/// everything down by `scroll`. `measure` gives the height of the message at a place.
pub(crate) fn arrange(
    anchor: &mut Anchor,
    places: Range<i64>,
    height: f32,
    scroll: f32,
    measure: &mut impl FnMut(i64) -> f32,
) -> Vec<(i64, f32)> {
    if places.is_empty() {
        *anchor = Anchor::End;
        return Vec::new();
    }
    let (place, offset) = match *anchor {
        Anchor::At { place, offset } if places.contains(&place) => (place, offset),
        _ if scroll <= 0.0 => return from_below(anchor, places, height, measure),
        _ => {
            let last = places.end - 1;
            (last, height - measure(last))
        }
    };
    let (place, offset) = normalise(places.clone(), (place, offset + scroll), measure);
    *anchor = Anchor::At { place, offset };
    let shown = downwards(places.clone(), (place, offset), height, measure);
    let reached_end = shown.last().is_some_and(|(last, top)| {
        *last == places.end - 1 && top + measure(*last) <= height + ROUNDING
    });
    if reached_end { from_below(anchor, places, height, measure) } else { shown }
}

/// The newest message at the lower edge.
fn from_below(
    anchor: &mut Anchor,
    places: Range<i64>,
    height: f32,
    measure: &mut impl FnMut(i64) -> f32,
) -> Vec<(i64, f32)> {
    *anchor = Anchor::End;
    let mut shown = Vec::new();
    let mut top = height;
    for place in places.rev() {
        if top <= 0.0 {
            break;
        }
        top -= measure(place);
        shown.push((place, top));
    }
    shown.reverse();
    shown
}

/// The same picture, anchored at the first message that is visible; never below the first of all.
fn normalise(
    places: Range<i64>,
    (mut place, mut offset): (i64, f32),
    measure: &mut impl FnMut(i64) -> f32,
) -> (i64, f32) {
    while offset > 0.0 && place > places.start {
        place -= 1;
        offset -= measure(place);
    }
    while place + 1 < places.end {
        let height = measure(place);
        if offset + height > 0.0 {
            break;
        }
        offset += height;
        place += 1;
    }
    (place, offset.min(0.0))
}

fn downwards(
    places: Range<i64>,
    (place, mut top): (i64, f32),
    height: f32,
    measure: &mut impl FnMut(i64) -> f32,
) -> Vec<(i64, f32)> {
    let mut shown = Vec::new();
    for place in place..places.end {
        if top >= height {
            break;
        }
        shown.push((place, top));
        top += measure(place);
    }
    shown
}

/// Sums of heights are this exact.
const ROUNDING: f32 = 0.5;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn height(place: i64) -> f32 {
        20.0 + f32::from(u8::try_from(place.rem_euclid(7)).expect("small")) * 10.0
    }

    fn run(anchor: &mut Anchor, places: Range<i64>, scroll: f32) -> (Vec<(i64, f32)>, usize) {
        let mut measured = 0;
        let shown = arrange(anchor, places, 300.0, scroll, &mut |place| {
            measured += 1;
            height(place)
        });
        (shown, measured)
    }

    #[test]
    fn the_newest_message_stays_at_the_edge() {
        let mut anchor = Anchor::End;
        for end in [1_000, 1_001, 1_002] {
            let (shown, _) = run(&mut anchor, 0..end, 0.0);
            let (last, top) = *shown.last().expect("messages");
            assert_eq!((last, top + height(last)), (end - 1, 300.0));
        }
    }

    #[test]
    fn what_one_reads_stays_while_others_come() {
        let mut anchor = Anchor::End;
        let (before, _) = run(&mut anchor, 0..1_000, 500.0);
        let (after, _) = run(&mut anchor, -500..1_200, 0.0);
        assert_eq!(before, after);
    }

    #[test]
    fn a_short_conversation_stands_at_the_lower_edge() {
        let mut anchor = Anchor::At { place: 0, offset: 0.0 };
        let (shown, _) = run(&mut anchor, 0..2, 0.0);
        assert_eq!(anchor, Anchor::End);
        assert_eq!(shown, [(0, 250.0), (1, 270.0)]);
        assert_eq!(run(&mut anchor, 0..0, 10.0).0, []);
    }

    #[test]
    fn the_first_message_stops_at_the_upper_edge() {
        let mut anchor = Anchor::At { place: 3, offset: 0.0 };
        let (shown, _) = run(&mut anchor, 0..1_000, 10_000.0);
        assert_eq!(shown.first(), Some(&(0, 0.0)));
    }

    #[test]
    fn nothing_far_away_is_measured() {
        let mut anchor = Anchor::End;
        let (_, measured) = run(&mut anchor, 0..100_000, 0.0);
        assert!(measured < 20, "{measured}");
        anchor = Anchor::At { place: 50_000, offset: 0.0 };
        let (_, measured) = run(&mut anchor, 0..100_000, -290.0);
        assert!(measured < 40, "{measured}");
    }

    proptest! {
        #[test]
        fn any_scrolling_leaves_no_gap(moves in proptest::collection::vec(-2e3_f32..2e3, 1..30)) {
            let mut anchor = Anchor::End;
            for scroll in moves {
                let (shown, _) = run(&mut anchor, 0..200, scroll);
                let mut edge = shown.first().expect("messages").1;
                prop_assert!(edge <= 0.01);
                for (place, top) in shown {
                    prop_assert!((top - edge).abs() < 0.01);
                    edge = top + height(place);
                }
                prop_assert!(edge >= 299.0);
            }
        }
    }
}
