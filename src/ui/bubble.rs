//! One message of a conversation, with what stands above it.
//!
//! ```text
//!                -- Friday, 11 December 2026 --        another day
//!   ------------------- New -------------------        first unread
//!                       +-----------------------+
//!                       | yes.        14:03  vv |      the text, and apart from it time and mark
//!                       +-----------------------+
//!                       Nobody fetched it. [Try again]
//! ```
//!
//! Text of the peer and numbers are never laid out together: without knowledge of writing
//! directions, right-to-left text would turn digits that follow it around.

use std::sync::Arc;

use egui::FontId;
use egui::Galley;
use egui::Rect;
use egui::Response;
use egui::Sense;
use egui::Ui;
use egui::UiBuilder;
use egui::accesskit::Role;
use egui::pos2;
use egui::vec2;

use super::clock::Clock;
use super::model::Line;
use super::model::Person;
use super::paint;
use super::text;
use super::theme::Tokens;
use crate::net::client::event::MessageState;

/// A message with the room it takes.
pub(crate) struct Bubble<'a> {
    line: &'a Line,
    day: Option<Arc<Galley>>,
    new: Option<Arc<Galley>>,
    text: Arc<Galley>,
    time: Arc<Galley>,
    /// Above the bubble, below what stands there.
    gap: f32,
    inline: bool,
}

/// What somebody does to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    Copy,
    Retry,
}

impl<'a> Bubble<'a> {
    /// Lays the message at a place out. The same text costs next to nothing a second time: egui
    /// keeps what it laid out in the last frame.
    pub(crate) fn lay(
        ui: &Ui,
        person: &'a Person,
        place: i64,
        clock: &Clock,
        width: f32,
    ) -> Option<Self> {
        let conversation = person.conversation();
        let line = conversation.at(place)?;
        let before = place.checked_sub(1).and_then(|before| conversation.at(before));
        let tokens = Tokens::of(ui);
        let small = |text: String| ui.painter().layout_no_wrap(text, SMALL, tokens.weak);
        let same_day = before.is_some_and(|other| clock.same_day(other.written, line.written));
        let day = (!same_day).then(|| small(clock.day(line.written)));
        let new = (conversation.new_from() == Some(place))
            .then(|| ui.painter().layout_no_wrap("New".into(), SMALL, tokens.accent));
        let text =
            ui.painter().layout(line.text.clone(), TEXT, tokens.text, widest(width) - 2.0 * PAD_X);
        let time = small(clock.time(line.written));
        let same_writer = before.is_some_and(|other| is_own(other) == is_own(line));
        let gap = if same_writer && same_day && new.is_none() { 3.0 } else { 10.0 };
        let end = text.rows.last().map_or(0.0, |row| row.rect().width());
        let mut bubble = Self { line, day, new, text, time, gap, inline: true };
        bubble.inline = end + GAP + bubble.meta_width() <= widest(width) - 2.0 * PAD_X;
        Some(bubble)
    }

    /// The height of everything.
    pub(crate) fn height(&self) -> f32 {
        self.above() + self.gap + self.bubble_height() + self.below()
    }

    /// Draws it with its upper edge at `top`.
    pub(crate) fn draw(
        &self,
        ui: &mut Ui,
        view: Rect,
        top: f32,
        shown: &Shown<'_>,
    ) -> Option<Touched> {
        let mut y = top;
        if let Some(day) = &self.day {
            label_between(ui, view, y, day, false);
            y += SEPARATOR;
        }
        if let Some(new) = &self.new {
            label_between(ui, view, y, new, true);
            y += SEPARATOR;
        }
        y += self.gap;
        let rect = self.bubble_rect(view, y);
        self.paint(ui, rect);
        let response = self.respond(ui, rect, shown);
        let mut touched = self.menu(&response);
        if let MessageState::Failed { reason } = self.line.state {
            let row = Rect::from_min_max(
                pos2(view.left() + MARGIN, rect.bottom() + 2.0),
                pos2(view.right() - MARGIN, rect.bottom() + FAILED),
            );
            let retry = failed(ui, row, &text::sentence(&reason.to_string()));
            touched = touched.or(retry);
        }
        touched
    }

    fn above(&self) -> f32 {
        let separators = u8::from(self.day.is_some()) + u8::from(self.new.is_some());
        f32::from(separators) * SEPARATOR
    }

    fn below(&self) -> f32 {
        if matches!(self.line.state, MessageState::Failed { .. }) { FAILED } else { 0.0 }
    }

    fn bubble_height(&self) -> f32 {
        let own_row = if self.inline { 0.0 } else { self.time.size().y + 2.0 };
        self.text.size().y + own_row + 2.0 * PAD_Y
    }

    fn meta_width(&self) -> f32 {
        let mark = if is_own(self.line) { paint::MARK.x + 4.0 } else { 0.0 };
        self.time.size().x + mark
    }

    fn bubble_rect(&self, view: Rect, top: f32) -> Rect {
        let end = self.text.rows.last().map_or(0.0, |row| row.rect().width());
        let beside = if self.inline { end + GAP + self.meta_width() } else { self.meta_width() };
        let size = vec2(self.text.size().x.max(beside) + 2.0 * PAD_X, self.bubble_height());
        let left =
            if is_own(self.line) { view.right() - MARGIN - size.x } else { view.left() + MARGIN };
        Rect::from_min_size(pos2(left, top), size)
    }

    fn paint(&self, ui: &Ui, rect: Rect) {
        let tokens = Tokens::of(ui);
        let ground = if is_own(self.line) { tokens.own } else { tokens.other };
        ui.painter().rect_filled(rect, 10.0, ground);
        let at = rect.min + vec2(PAD_X, PAD_Y);
        ui.painter().galley(at, self.text.clone(), tokens.text);
        let right = rect.right() - PAD_X - self.meta_width();
        let bottom = rect.bottom() - PAD_Y - self.time.size().y;
        ui.painter().galley(pos2(right, bottom), self.time.clone(), tokens.weak);
        let mark = pos2(rect.right() - PAD_X - paint::MARK.x, bottom + self.time.size().y / 2.0);
        paint::mark(ui.painter(), mark, self.line.state, tokens);
    }

    /// Painted text is invisible to screen readers: this is what they read.
    fn respond(&self, ui: &Ui, rect: Rect, shown: &Shown<'_>) -> Response {
        let id = ui.scope_id().with(self.line.id);
        let response = ui.interact(rect, id, Sense::CLICK);
        let Line { text: said, written, state, .. } = self.line;
        let time = shown.clock.time(*written);
        let how = text::state(*state, |s| shown.clock.date(s));
        response.widget_info(|| {
            let name = match state {
                MessageState::Received => format!("{}, {time}: {said}", shown.name),
                _ => format!("You, {time}, {how}: {said}"),
            };
            egui::WidgetInfo::labeled(Role::ListItem, true, name)
        });
        if is_own(self.line) { response.on_hover_text(text::sentence(&how)) } else { response }
    }

    fn menu(&self, response: &Response) -> Option<Touched> {
        let mut touched = None;
        response.context_menu(|ui| {
            if ui.button("Copy text").clicked() {
                touched = Some(Touched::Copy);
                ui.close();
            }
        });
        touched
    }
}

/// What all messages of a conversation share.
pub(crate) struct Shown<'a> {
    pub(crate) name: &'a str,
    pub(crate) clock: &'a Clock,
}

fn is_own(line: &Line) -> bool {
    line.state != MessageState::Received
}

fn failed(ui: &mut Ui, row: Rect, why: &str) -> Option<Touched> {
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    let mut row = ui.new_child(UiBuilder::new().max_rect(row).layout(layout));
    let retry = row.button("Try again").clicked();
    let error = Tokens::of(&row).error;
    row.colored_label(error, why);
    retry.then_some(Touched::Retry)
}

/// A text in the middle, with or without lines on both sides of it.
fn label_between(ui: &Ui, view: Rect, top: f32, text: &Arc<Galley>, lines: bool) {
    let center = pos2(view.center().x, top + SEPARATOR / 2.0);
    let rect = Rect::from_center_size(center, text.size());
    let tokens = Tokens::of(ui);
    ui.painter().galley(rect.min, text.clone(), tokens.weak);
    if lines {
        let (left, right) = (view.left() + MARGIN, view.right() - MARGIN);
        ui.painter().hline(left..=rect.left() - GAP, center.y, (1.0, tokens.accent));
        ui.painter().hline(rect.right() + GAP..=right, center.y, (1.0, tokens.accent));
    }
}

fn widest(width: f32) -> f32 {
    (width * 0.76).min(600.0)
}

const TEXT: FontId = FontId::proportional(15.0);
const SMALL: FontId = FontId::proportional(12.0);
const PAD_X: f32 = 12.0;
const PAD_Y: f32 = 7.0;
const GAP: f32 = 12.0;
/// Between bubbles and the edges of the view.
const MARGIN: f32 = 16.0;
const SEPARATOR: f32 = 34.0;
const FAILED: f32 = 38.0;
