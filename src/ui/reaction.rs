//! The reactions that are offered, painted: not every desktop has a font with these signs.
//!
//! What a peer sends beyond these is shown as text, as far as a font has it.

use core::f32::consts::PI;

use egui::Color32;
use egui::Painter;
use egui::Pos2;
use egui::Shape;
use egui::Stroke;
use egui::Vec2;
use egui::pos2;
use egui::vec2;

/// A reaction that is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reaction {
    /// What is sent.
    pub(crate) sign: &'static str,
    /// What it is called.
    pub(crate) name: &'static str,
    picture: Picture,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Picture {
    ThumbUp,
    ThumbDown,
    Heart,
    Laughing,
    Surprised,
    Sad,
}

impl Reaction {
    /// The one that was sent, if it is one of these. Others send a heart with the mark for colour.
    pub(crate) fn of(sign: &str) -> Option<&'static Self> {
        let sign = sign.trim_end_matches('\u{fe0f}');
        OFFERED.iter().find(|reaction| reaction.sign == sign)
    }

    /// Paints it around a point.
    pub(crate) fn paint(&self, painter: &Painter, center: Pos2) {
        match self.picture {
            Picture::ThumbUp => thumb(painter, center, 1.0),
            Picture::ThumbDown => thumb(painter, center, -1.0),
            Picture::Heart => heart(painter, center),
            Picture::Laughing => {
                face(painter, center);
                for x in [-3.2, 3.2] {
                    let eye = center + vec2(x, -1.5);
                    arc(painter, eye, 1.7, [PI, 2.0 * PI]);
                }
                let mouth = half_disc(center + vec2(0.0, 1.2), 4.2);
                painter.add(Shape::convex_polygon(mouth, DARK, Stroke::NONE));
            }
            Picture::Surprised => {
                face(painter, center);
                eyes(painter, center);
                painter.circle_filled(center + vec2(0.0, 3.4), 2.2, DARK);
            }
            Picture::Sad => {
                face(painter, center);
                eyes(painter, center);
                arc(painter, center + vec2(0.0, 5.6), 3.0, [PI * 1.15, PI * 1.85]);
                painter.circle_filled(center + vec2(-4.4, 3.4), 1.6, TEAR);
            }
        }
    }
}

fn face(painter: &Painter, center: Pos2) {
    painter.circle(center, RADIUS, YELLOW, (1.0, EDGE));
}

fn eyes(painter: &Painter, center: Pos2) {
    for x in [-2.9, 2.9] {
        painter.circle_filled(center + vec2(x, -2.0), 1.2, DARK);
    }
}

fn arc(painter: &Painter, center: Pos2, radius: f32, [from, to]: [f32; 2]) {
    let points = steps().map(|t| center + radius * Vec2::angled(from + (to - from) * t));
    painter.add(Shape::line(points.collect(), Stroke::new(1.4, DARK)));
}

fn half_disc(center: Pos2, radius: f32) -> Vec<Pos2> {
    steps().map(|t| center + radius * Vec2::angled(PI * t)).collect()
}

fn steps() -> impl Iterator<Item = f32> {
    (0_u8..=12).map(|step| f32::from(step) / 12.0)
}

fn heart(painter: &Painter, center: Pos2) {
    for x in [-3.4, 3.4] {
        painter.circle_filled(center + vec2(x, -2.2), 4.1, RED);
    }
    let point = |x: f32, y: f32| center + vec2(x, y);
    let below = vec![point(-7.0, -0.2), point(0.0, -3.6), point(7.0, -0.2), point(0.0, 7.4)];
    painter.add(Shape::convex_polygon(below, RED, Stroke::NONE));
}

/// A fist with the thumb up, or turned over with -1.
fn thumb(painter: &Painter, center: Pos2, up: f32) {
    let at = |x: f32, y: f32| pos2(center.x + x, center.y + y * up);
    let shape = |points: &[(f32, f32)]| {
        let points = points.iter().map(|(x, y)| at(*x, *y)).collect();
        painter.add(Shape::convex_polygon(points, YELLOW, Stroke::new(1.0, EDGE)));
    };
    shape(&[(-2.6, 0.4), (0.4, -7.2), (2.6, -6.6), (2.2, -1.4), (1.0, 2.0), (-2.6, 2.0)]);
    shape(&[(-3.0, -1.2), (6.4, -1.4), (6.8, 1.6), (5.6, 6.2), (-1.4, 6.4), (-3.0, 5.4)]);
    shape(&[(-6.8, -1.0), (-3.6, -1.0), (-3.6, 6.2), (-6.8, 6.2)]);
    for y in [1.2, 3.8] {
        painter.line_segment([at(1.6, y), at(6.2, y)], (1.0, EDGE));
    }
}

/// What can be chosen.
pub(crate) const OFFERED: [Reaction; 6] = [
    offered("\u{1f44d}", "thumbs up", Picture::ThumbUp),
    offered("\u{2764}", "heart", Picture::Heart),
    offered("\u{1f602}", "laughing", Picture::Laughing),
    offered("\u{1f62e}", "surprised", Picture::Surprised),
    offered("\u{1f622}", "sad", Picture::Sad),
    offered("\u{1f44e}", "thumbs down", Picture::ThumbDown),
];

const fn offered(sign: &'static str, name: &'static str, picture: Picture) -> Reaction {
    Reaction { sign, name, picture }
}

const RADIUS: f32 = 8.0;
const YELLOW: Color32 = Color32::from_rgb(0xfb, 0xc9, 0x3a);
const EDGE: Color32 = Color32::from_rgb(0xa8, 0x6e, 0x00);
const DARK: Color32 = Color32::from_rgb(0x4a, 0x2c, 0x00);
const RED: Color32 = Color32::from_rgb(0xdc, 0x26, 0x42);
const TEAR: Color32 = Color32::from_rgb(0x2a, 0x8f, 0xe0);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::client::event::MAX_REACTION_LEN;

    #[test]
    fn every_reaction_that_is_offered_is_known_when_it_comes_back() {
        for reaction in &OFFERED {
            assert!(reaction.sign.len() <= MAX_REACTION_LEN);
            assert_eq!(Reaction::of(reaction.sign), Some(reaction));
        }
        assert_eq!(Reaction::of("\u{2764}\u{fe0f}").map(|it| it.name), Some("heart"));
        assert_eq!(Reaction::of("ok"), None);
    }
}
