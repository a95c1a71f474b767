//! A file in a bubble: what it is and how far it got, below its name; and what can be done with it,
//! below the bubble.
//!
//! ```text
//!   +--+  report.pdf                                   the name, as its sender wrote it
//!   |  |  40 %, 493.8 KB of 1.2 MB, 3 s left.
//!   +--+  [=======-----------]                          while it moves
//!         /home/me/Downloads/report.pdf                 when it is there
//! ```

use std::path::Path;
use std::sync::Arc;

use egui::Color32;
use egui::FontId;
use egui::Galley;
use egui::Pos2;
use egui::Rect;
use egui::TextureHandle;
use egui::TextureId;
use egui::Ui;
use egui::Vec2;
use egui::vec2;

use super::Shown;
use super::Touched;
use crate::net::client::event::FileCard;
use crate::net::client::event::FileState;
use crate::net::client::event::FileWait;
use crate::ui::model::Line;
use crate::ui::paint;
use crate::ui::preview;
use crate::ui::preview::Preview;
use crate::ui::text;
use crate::ui::theme::Tokens;

/// What is known of a file, laid out.
pub(super) struct Card {
    facts: Arc<Galley>,
    color: Color32,
    /// How much of it is there, while that changes.
    part: Option<f32>,
    place: Option<Arc<Galley>>,
    picture: Option<(TextureId, Vec2)>,
}

/// What stands below a file's bubble.
pub(super) struct Row {
    pub(super) buttons: Vec<(&'static str, Touched)>,
    /// Beside them.
    pub(super) remark: Option<String>,
}

impl Card {
    pub(super) fn lay(ui: &Ui, line: &Line, shown: &Shown<'_>, widest: f32) -> Option<Self> {
        let card = card_of(line)?;
        let tokens = Tokens::of(ui);
        let color = match card.state {
            FileState::Failed { .. } => tokens.error,
            FileState::Waiting { .. } => tokens.warning,
            _ => tokens.weak,
        };
        let lay = |text: String, color| {
            ui.painter().layout(text, FACTS, color, (widest - ICON).max(LEAST))
        };
        let place = match &card.state {
            FileState::Done { path: Some(path) } => Some(lay(harmless(path), tokens.weak)),
            _ => None,
        };
        let (place, picture) = match shown.previews.of(&line.id) {
            Some(Preview::Wrong(why)) => (Some(lay(why.clone(), tokens.error)), None),
            Some(Preview::Coming(_)) => (Some(lay("Decoding…".to_owned(), tokens.weak)), None),
            Some(Preview::There(texture)) => (place, Some(fit(texture, widest))),
            None => (place, None),
        };
        let facts = lay(text::sentence(&text::file(card)), color);
        Some(Self { facts, color, part: part(card), place, picture })
    }

    /// Below the name.
    pub(super) fn height(&self) -> f32 {
        let bar = if self.part.is_some() { BAR + 2.0 * BETWEEN } else { 0.0 };
        let place = self.place.as_ref().map_or(0.0, |place| place.size().y + BETWEEN);
        let picture = self.picture.map_or(0.0, |(_, size)| size.y + 2.0 * BETWEEN);
        BETWEEN + self.facts.size().y + bar + place + picture
    }

    pub(super) fn width(&self) -> f32 {
        let place = self.place.as_ref().map_or(0.0, |place| place.size().x);
        let bar = if self.part.is_some() { WIDE } else { 0.0 };
        let picture = self.picture.map_or(0.0, |(_, size)| size.x);
        picture.max(ICON + self.facts.size().x.max(place).max(bar))
    }

    /// Draws it between a name that ends at `bottom` and the right edge.
    pub(super) fn paint(&self, ui: &Ui, left_top: Pos2, bottom: f32, right: f32) {
        let tokens = Tokens::of(ui);
        let sheet = Rect::from_min_size(left_top + vec2(0.0, 2.0), SHEET);
        paint::sheet(ui.painter(), sheet, tokens.accent);
        let left = left_top.x + ICON;
        let mut y = bottom + BETWEEN;
        ui.painter().galley(Pos2::new(left, y), self.facts.clone(), self.color);
        y += self.facts.size().y;
        if let Some(part) = self.part {
            y += BETWEEN;
            let whole = Rect::from_min_max(Pos2::new(left, y), Pos2::new(right, y + BAR));
            let there = whole.with_max_x(left + whole.width() * part);
            ui.painter().rect_filled(whole, BAR / 2.0, tokens.line);
            ui.painter().rect_filled(there, BAR / 2.0, tokens.accent);
            y += BAR + BETWEEN;
        }
        if let Some(place) = &self.place {
            let at = Pos2::new(left, y + BETWEEN);
            ui.painter().galley(at, place.clone(), tokens.weak);
            y = at.y + place.size().y;
        }
        if let Some((texture, size)) = self.picture {
            let at = Pos2::new(left_top.x, y + 2.0 * BETWEEN);
            let whole = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
            let rect = Rect::from_min_size(at, size);
            ui.painter().image(texture, rect, whole, Color32::WHITE);
        }
    }
}

impl Row {
    /// What can be done with a file; `downloads` is where it goes.
    pub(super) fn of(line: &Line, shown: &Shown<'_>) -> Option<Self> {
        let card = card_of(line)?;
        let own = line.is_own();
        let mut remark = None;
        let mut buttons = match &card.state {
            FileState::Offered if !own => {
                remark = shown.downloads.map(|folder| format!("into {}", harmless(folder)));
                vec![("Accept", Touched::Accept), ("Decline", Touched::CancelFile)]
            }
            FileState::Waiting { why: FileWait::Disk, .. } if !own => {
                vec![("Try again", Touched::Accept), ("Cancel", Touched::CancelFile)]
            }
            FileState::Offered => vec![("Take back", Touched::CancelFile)],
            FileState::Done { path: Some(_) } => vec![("Copy path", Touched::CopyPath)],
            state if state.is_over() => Vec::new(),
            _ => vec![("Cancel", Touched::CancelFile)],
        };
        match shown.previews.of(&line.id) {
            None if preview::path_of(line).is_some() => {
                buttons.push(("Show picture", Touched::Show))
            }
            Some(Preview::There(_) | Preview::Wrong(_)) => {
                buttons.push(("Hide picture", Touched::Hide));
            }
            _ => {}
        }
        Some(Self { buttons, remark }).filter(|row| !row.buttons.is_empty())
    }
}

/// The size of a picture that fits into a bubble; never larger than it is.
fn fit(texture: &TextureHandle, widest: f32) -> (TextureId, Vec2) {
    let size = texture.size_vec2();
    let part = (widest / size.x).min(HIGHEST / size.y).min(1.0);
    (texture.id(), size * part)
}

/// The file of a message that was not deleted.
fn card_of(line: &Line) -> Option<&FileCard> {
    line.file.as_ref().filter(|_| !line.deleted)
}

/// How much of it is there, while it goes on by itself.
fn part(card: &FileCard) -> Option<f32> {
    let done = match card.state {
        FileState::Moving { done, .. } => done,
        FileState::Waiting { done, .. } if done > 0 => done,
        _ => return None,
    };
    let thousandths = done.saturating_mul(1_000).checked_div(card.size).unwrap_or(1_000);
    Some(f32::from(u16::try_from(thousandths.min(1_000)).unwrap_or(1_000)) / 1_000.0)
}

fn harmless(path: &Path) -> String {
    crate::plain::plain(&path.to_string_lossy(), " ")
}

/// What the icon takes at the left of the name.
pub(super) const ICON: f32 = 38.0;
const SHEET: Vec2 = vec2(26.0, 32.0);
const FACTS: FontId = FontId::proportional(13.0);
/// A picture is no higher, so that what is said of it can be seen too.
const HIGHEST: f32 = 280.0;
const BAR: f32 = 6.0;
const BETWEEN: f32 = 3.0;
/// A bar is as wide as this at least.
const WIDE: f32 = 220.0;
/// Text is never laid out narrower.
const LEAST: f32 = 80.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn card(size: u64, state: FileState) -> FileCard {
        FileCard { size, state, source: None }
    }

    #[test]
    fn a_bar_stands_where_something_moves() {
        let moving = |done| FileState::Moving { done, left: None };
        assert_eq!(part(&card(200, moving(50))), Some(0.25));
        assert_eq!(part(&card(200, moving(500))), Some(1.0));
        assert_eq!(part(&card(0, moving(0))), Some(1.0), "nothing is whole at once");
        let waits = |done| FileState::Waiting { done, why: FileWait::Contact };
        assert_eq!(part(&card(200, waits(0))), None);
        assert_eq!(part(&card(200, waits(100))), Some(0.5));
        assert_eq!(part(&card(200, FileState::Offered)), None);
    }
}
