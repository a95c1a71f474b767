//! What both said to a message, at the lower edge of its bubble.

use std::sync::Arc;

use egui::FontId;
use egui::Galley;
use egui::Rect;
use egui::StrokeKind;
use egui::Ui;
use egui::pos2;
use egui::vec2;

use crate::net::client::event::Reactions;
use crate::ui::reaction::Reaction;
use crate::ui::theme::Tokens;

/// Reactions, the contact's first.
pub(super) struct Chips(Vec<Chip>);

struct Chip {
    face: Face,
    own: bool,
}

enum Face {
    Painted(&'static Reaction),
    Text(Arc<Galley>),
}

impl Chips {
    pub(super) fn lay(ui: &Ui, reactions: &Reactions) -> Self {
        let Reactions { own, theirs } = reactions;
        let chip = |sign: &String, own| Chip { face: Face::lay(ui, sign), own };
        let theirs = theirs.iter().map(|sign| chip(sign, false));
        Self(theirs.chain(own.iter().map(|sign| chip(sign, true))).collect())
    }

    /// Below the bubble.
    pub(super) fn height(&self) -> f32 {
        if self.0.is_empty() { 0.0 } else { SIZE - OVERLAP }
    }

    pub(super) fn width(&self) -> f32 {
        self.0.iter().map(|chip| chip.face.width() + BETWEEN).sum()
    }

    /// Draws them below a bubble, at its inner side.
    pub(super) fn paint(&self, ui: &Ui, bubble: Rect, own: bool) {
        let tokens = Tokens::of(ui);
        let inset = 10.0;
        let mut left = if own { bubble.left() + inset } else { bubble.right() - self.width() };
        left = left.max(bubble.left() + 4.0);
        for chip in &self.0 {
            let at = pos2(left, bubble.bottom() - OVERLAP);
            let rect = Rect::from_min_size(at, vec2(chip.face.width(), SIZE));
            let edge = if chip.own { tokens.accent } else { tokens.line };
            ui.painter().rect_filled(rect, SIZE / 2.0, tokens.page);
            ui.painter().rect_stroke(rect, SIZE / 2.0, (1.2, edge), StrokeKind::Inside);
            match &chip.face {
                Face::Painted(reaction) => reaction.paint(ui.painter(), rect.center()),
                Face::Text(text) => {
                    let at = rect.center() - text.size() / 2.0;
                    ui.painter().galley(at, text.clone(), tokens.text);
                }
            }
            left += chip.face.width() + BETWEEN;
        }
    }
}

impl Face {
    fn lay(ui: &Ui, sign: &str) -> Self {
        if let Some(reaction) = Reaction::of(sign) {
            return Self::Painted(reaction);
        }
        let font = FontId::proportional(13.0);
        Self::Text(ui.painter().layout_no_wrap(sign.to_owned(), font, Tokens::of(ui).text))
    }

    fn width(&self) -> f32 {
        match self {
            Self::Painted(_) => 32.0,
            Self::Text(text) => (text.size().x + 14.0).max(32.0),
        }
    }
}

const SIZE: f32 = 24.0;
/// So much of a chip lies over the bubble.
const OVERLAP: f32 = 6.0;
const BETWEEN: f32 = 4.0;
