//! What a message answers: who wrote it, and its first words. Name and words are laid out apart.

use std::sync::Arc;

use egui::FontId;
use egui::Galley;
use egui::Rect;
use egui::Response;
use egui::Sense;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;
use egui::pos2;
use egui::text::LayoutJob;
use egui::text::TextWrapping;
use egui::vec2;

use super::DELETED;
use super::PAD_X;
use super::PAD_Y;
use super::Shown;
use crate::net::client::event::MessageId;
use crate::ui::model::Line;
use crate::ui::theme::Tokens;

pub(super) struct Quote {
    name: Arc<Galley>,
    words: Arc<Galley>,
    target: Option<MessageId>,
}

impl Quote {
    pub(super) fn lay(ui: &Ui, shown: &Shown<'_>, line: &Line, widest: f32) -> Option<Self> {
        let answered = line.reply_to.filter(|_| !line.deleted)?;
        let found = shown.person.conversation().find(&answered);
        let tokens = Tokens::of(ui);
        let one_line = |text: String, font: FontId, color| {
            let mut job = LayoutJob::simple_singleline(text, font, color);
            job.wrap = TextWrapping::truncate_at_width((widest - BAR).max(0.0));
            ui.painter().layout_job(job)
        };
        let (name, words) = match found {
            None => ("Answer to", EARLIER.to_owned()),
            Some(line) => (writer(line, shown.name), words(line)),
        };
        let name = one_line(name.to_owned(), FontId::proportional(12.0), tokens.accent);
        let words = one_line(words, FontId::proportional(13.0), tokens.weak);
        Some(Self { name, words, target: found.map(|line| line.id) })
    }

    pub(super) fn width(&self) -> f32 {
        BAR + self.name.size().x.max(self.words.size().x)
    }

    /// Draws it at the head of a bubble. It can be pressed if the message is loaded.
    pub(super) fn draw(&self, ui: &Ui, bubble: Rect, line: MessageId) -> Option<Response> {
        let tokens = Tokens::of(ui);
        let size = vec2(bubble.width() - 2.0 * PAD_X, HEIGHT - 4.0);
        let rect = Rect::from_min_size(bubble.min + vec2(PAD_X, PAD_Y), size);
        ui.painter().vline(rect.left() + 1.5, rect.y_range(), (3.0, tokens.accent));
        let left = rect.left() + BAR;
        ui.painter().galley(pos2(left, rect.top()), self.name.clone(), tokens.accent);
        let below = pos2(left, rect.top() + 16.0);
        ui.painter().galley(below, self.words.clone(), tokens.weak);
        self.target?;
        let id = ui.scope_id().with(line).with("answered");
        let response = ui.interact(rect, id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Link, true, "Show what it answers"));
        if response.has_focus() {
            let stroke = (1.5, tokens.accent);
            ui.painter().rect_stroke(rect, 2.0, stroke, egui::StrokeKind::Outside);
        }
        Some(response.on_hover_cursor(egui::CursorIcon::PointingHand))
    }

    /// The message, if it is loaded.
    pub(super) fn target(&self) -> Option<MessageId> {
        self.target
    }
}

/// Who wrote a message.
pub(crate) fn writer<'a>(line: &Line, name: &'a str) -> &'a str {
    if line.is_own() { "You" } else { name }
}

/// The beginning of what a message says.
pub(crate) fn words(line: &Line) -> String {
    if line.deleted {
        return DELETED.to_owned();
    }
    if line.file.is_some() {
        return format!("a file: {}", line.text);
    }
    let first = line.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.chars().take(WORDS).collect()
}

/// With the room below it.
pub(super) const HEIGHT: f32 = 40.0;
/// The bar at its left, with the room beside it.
const BAR: f32 = 10.0;
/// Characters; more than a line has.
const WORDS: usize = 200;
const EARLIER: &str = "a message that is not here";
