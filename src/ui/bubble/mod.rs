//! One message of a conversation, with what stands above and below it.
//!
//! ```text
//!                -- Friday, 11 December 2026 --        another day
//!   ------------------- New -------------------        first unread
//!                       +-----------------------+
//!                       | | You                 |      what it answers
//!                       | | is this you?        |
//!                       | yes.  edited 14:03 vv |      the text or the file, and apart from it what is known of it
//!                       +-----------------(heart)      what both said to it
//!                       Nobody fetched it. [Try again]
//! ```
//!
//! Text of the peer and numbers are never laid out together: without knowledge of writing
//! directions, right-to-left text would turn digits that follow it around.

mod card;
mod chips;
mod menu;
pub(crate) mod quote;
mod spoken;

use core::time::Duration;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use egui::FontId;
use egui::Galley;
use egui::Rect;
use egui::Response;
use egui::Sense;
use egui::StrokeKind;
use egui::Ui;
use egui::UiBuilder;
use egui::pos2;
use egui::text::LayoutJob;
use egui::text::TextFormat;
use egui::vec2;

use self::card::Card;
use self::card::Row;
use self::chips::Chips;
use self::quote::Quote;
use super::clock::Clock;
use super::model::Line;
use super::model::Person;
use super::page::main_button;
use super::paint;
use super::preview::Previews;
use super::text;
use super::theme::Tokens;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;

/// A message with the room it takes.
pub(crate) struct Bubble<'a> {
    line: &'a Line,
    day: Option<Arc<Galley>>,
    new: Option<Arc<Galley>>,
    quote: Option<Quote>,
    text: Arc<Galley>,
    card: Option<Card>,
    /// What can be pressed below it, of a file.
    row: Option<Row>,
    /// Whether there is more of the text than is laid out.
    cut: bool,
    /// Edited, how long it is left, and when it was written.
    about: Arc<Galley>,
    chips: Chips,
    /// Above the bubble, below what stands there.
    gap: f32,
    inline: bool,
}

/// What somebody does to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    Reply,
    Edit,
    Delete,
    /// With one of those that are offered; nothing takes it back.
    React(Option<&'static str>),
    Copy,
    Retry,
    /// A file is to come, or to be tried again.
    Accept,
    /// A file is not to come.
    CancelFile,
    /// Where a file is.
    CopyPath,
    /// A file is a picture, and to be seen.
    Show,
    /// Not any more.
    Hide,
    /// Shows the whole text.
    Whole,
    /// Goes to the message that is answered.
    Answered(MessageId),
}

/// What all messages of a conversation share.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    pub(crate) person: &'a Person,
    pub(crate) name: &'a str,
    pub(crate) clock: &'a Clock,
    pub(crate) width: f32,
    /// Long texts that are shown to their end.
    pub(crate) whole: &'a HashSet<MessageId>,
    /// Where files go that are accepted.
    pub(crate) downloads: Option<&'a Path>,
    pub(crate) previews: &'a Previews,
}

impl<'a> Bubble<'a> {
    /// Lays the message at a place out. The same text costs next to nothing a second time: egui
    /// keeps what it laid out in the last frame.
    pub(crate) fn lay(ui: &Ui, shown: &Shown<'a>, place: i64) -> Option<Self> {
        let Shown { person, clock, .. } = *shown;
        let conversation = person.conversation();
        let line = conversation.at(place)?;
        let before = conversation.above(place);
        let tokens = Tokens::of(ui);
        let small = |text: String| ui.painter().layout_no_wrap(text, SMALL, tokens.weak);
        let same_day = before.is_some_and(|other| clock.same_day(other.written, line.written));
        let day = (!same_day).then(|| small(clock.day(line.written)));
        let new = (conversation.new_from() == Some(place))
            .then(|| ui.painter().layout_no_wrap("New".into(), SMALL, tokens.accent));
        let same_writer = before.is_some_and(|other| other.is_own() == line.is_own());
        let gap = if same_writer && same_day && new.is_none() { 3.0 } else { 10.0 };
        let widest = widest(shown.width) - 2.0 * PAD_X;
        let card = Card::lay(ui, line, shown, widest);
        let row = Row::of(line, shown);
        let beside = if card.is_some() { card::ICON } else { 0.0 };
        let (text, cut) = body(ui, line, shown, widest - beside);
        let end = text.rows.last().map_or(0.0, |row| row.rect().width());
        let about = small(about(ui, line, clock));
        let chips = Chips::lay(ui, &line.reactions);
        let quote = Quote::lay(ui, shown, line, widest);
        let inline = false;
        let mut bubble =
            Self { line, day, new, quote, text, card, row, cut, about, chips, gap, inline };
        bubble.inline = bubble.card.is_none() && end + GAP + bubble.about_width() <= widest;
        Some(bubble)
    }

    /// The height of everything.
    pub(crate) fn height(&self) -> f32 {
        self.above() + self.gap + self.bubble_height() + self.below()
    }

    /// Draws it with its upper edge at `top`; opens its menu if that was asked for by a key.
    pub(crate) fn draw(
        &self,
        ui: &mut Ui,
        (view, top): (Rect, f32),
        shown: &Shown<'_>,
        open_menu: &mut bool,
    ) -> (Response, Option<Touched>) {
        let mut y = top;
        if let Some(day) = &self.day {
            label_between(ui, view, y, day, false);
            y += SEPARATOR;
        }
        if let Some(new) = &self.new {
            label_between(ui, view, y, new, true);
            y += SEPARATOR;
        }
        let rect = self.bubble_rect(view, y + self.gap);
        self.paint(ui, rect);
        let response = self.respond(ui, rect, shown);
        if response.has_focus() {
            let stroke = (2.0, Tokens::of(ui).accent);
            ui.painter().rect_stroke(rect, 10.0, stroke, StrokeKind::Outside);
        }
        let quote = self.quote.as_ref();
        let pressed = quote.and_then(|quote| quote.draw(ui, rect, self.line.id));
        let goes = pressed.as_ref().is_some_and(Response::clicked);
        let answered = quote.and_then(Quote::target).filter(|_| goes).map(Touched::Answered);
        let over = [Some(&response), pressed.as_ref()];
        let opened = if over.into_iter().flatten().any(Response::secondary_clicked) {
            menu::Opened::ByPointer
        } else if core::mem::take(open_menu) || menu::is_wanted_by(&response) {
            menu::Opened::ByKey
        } else {
            menu::Opened::No
        };
        let touched = menu::show(&response, self.line, shown.person.state(), opened);
        let below = self.rows_below(ui, view, rect);
        (response, touched.or(answered).or(below))
    }

    /// What can be pressed below the bubble.
    fn rows_below(&self, ui: &mut Ui, view: Rect, bubble: Rect) -> Option<Touched> {
        let mut top = bubble.bottom() + self.chips.height() + 2.0;
        let mut row = || {
            let row = Rect::from_min_max(
                pos2(view.left() + MARGIN, top),
                pos2(view.right() - MARGIN, top + ROW - 2.0),
            );
            top += ROW;
            row
        };
        let mut touched = None;
        if let Some(actions) = &self.row {
            touched = action_row(ui, row(), self.line.is_own(), actions);
        }
        if self.cut {
            let label = format!("Show all {} bytes", text::count(self.line.text.len()));
            let own = self.line.is_own();
            let whole = button_row(ui, row(), own, &label, None);
            touched = touched.or_else(|| whole.then_some(Touched::Whole));
        }
        if let MessageState::Failed { reason } = self.line.state {
            let why = text::sentence(&reason.to_string());
            let retry = button_row(ui, row(), true, "Try again", Some(&why));
            touched = touched.or_else(|| retry.then_some(Touched::Retry));
        }
        touched
    }

    fn above(&self) -> f32 {
        let separators = u8::from(self.day.is_some()) + u8::from(self.new.is_some());
        f32::from(separators) * SEPARATOR
    }

    fn below(&self) -> f32 {
        let failed = matches!(self.line.state, MessageState::Failed { .. });
        let rows = u8::from(failed) + u8::from(self.cut) + u8::from(self.row.is_some());
        self.chips.height() + f32::from(rows) * ROW
    }

    fn bubble_height(&self) -> f32 {
        let own_row = if self.inline { 0.0 } else { self.about.size().y + 2.0 };
        let quote = if self.quote.is_some() { quote::HEIGHT } else { 0.0 };
        let card = self.card.as_ref().map_or(0.0, Card::height);
        quote + self.text.size().y + card + own_row + 2.0 * PAD_Y
    }

    fn about_width(&self) -> f32 {
        let mark = if self.line.is_own() { paint::MARK.x + 4.0 } else { 0.0 };
        self.about.size().x + mark + self.glass_width()
    }

    fn glass_width(&self) -> f32 {
        if self.line.disappears.is_some() { 14.0 } else { 0.0 }
    }

    fn bubble_rect(&self, view: Rect, top: f32) -> Rect {
        let end = self.text.rows.last().map_or(0.0, |row| row.rect().width());
        let about = self.about_width();
        let beside = if self.inline { end + GAP + about } else { about };
        let quote = self.quote.as_ref().map_or(0.0, Quote::width);
        let card = self.card.as_ref().map_or(0.0, Card::width);
        let text = self.indent() + self.text.size().x;
        let width = text.max(beside).max(quote).max(card).max(self.chips.width());
        let size = vec2(width + 2.0 * PAD_X, self.bubble_height());
        let own = self.line.is_own();
        let left = if own { view.right() - MARGIN - size.x } else { view.left() + MARGIN };
        Rect::from_min_size(pos2(left, top), size)
    }

    /// What stands at the left of the text.
    fn indent(&self) -> f32 {
        if self.card.is_some() { card::ICON } else { 0.0 }
    }

    fn paint(&self, ui: &Ui, rect: Rect) {
        let tokens = Tokens::of(ui);
        let ground = if self.line.is_own() { tokens.own } else { tokens.other };
        ui.painter().rect_filled(rect, 10.0, ground);
        let quote = if self.quote.is_some() { quote::HEIGHT } else { 0.0 };
        let at = rect.min + vec2(PAD_X, PAD_Y + quote);
        ui.painter().galley(at + vec2(self.indent(), 0.0), self.text.clone(), tokens.text);
        if let Some(card) = &self.card {
            card.paint(ui, at, at.y + self.text.size().y, rect.right() - PAD_X);
        }
        let left = rect.right() - PAD_X - self.about_width();
        let bottom = rect.bottom() - PAD_Y - self.about.size().y;
        let middle = bottom + self.about.size().y / 2.0;
        if self.line.disappears.is_some() {
            paint::hourglass(ui.painter(), pos2(left + 5.0, middle), tokens.weak);
        }
        let about = pos2(left + self.glass_width(), bottom);
        ui.painter().galley(about, self.about.clone(), tokens.weak);
        let mark = pos2(rect.right() - PAD_X - paint::MARK.x, middle);
        paint::mark(ui.painter(), mark, self.line.state, tokens);
        self.chips.paint(ui, rect, self.line.is_own());
    }

    /// Painted text is invisible to screen readers: this is what they read.
    fn respond(&self, ui: &Ui, rect: Rect, shown: &Shown<'_>) -> Response {
        let id = ui.scope_id().with(self.line.id);
        let response = ui.interact(rect, id, Sense::click());
        response.widget_info(|| {
            let said = spoken::name(self.line, shown);
            egui::WidgetInfo::labeled(egui::accesskit::Role::ListItem, true, said)
        });
        let how = spoken::about(self.line, shown.clock);
        if how.is_empty() { response } else { response.on_hover_text(text::sentence(&how)) }
    }
}

/// The text, or that there is none any more; and whether it goes on.
fn body(ui: &Ui, line: &Line, shown: &Shown<'_>, widest: f32) -> (Arc<Galley>, bool) {
    let tokens = Tokens::of(ui);
    if line.deleted {
        let format = TextFormat { italics: true, ..TextFormat::simple(TEXT, tokens.weak) };
        let job = LayoutJob::single_section(DELETED.to_owned(), format);
        return (ui.painter().layout_job(job), false);
    }
    let beginning = text::beginning(&line.text).filter(|_| !shown.whole.contains(&line.id));
    let shown = beginning.unwrap_or(&line.text).to_owned();
    (ui.painter().layout(shown, TEXT, tokens.text, widest), beginning.is_some())
}

/// `edited 14:03`, and before it how long the message is left.
fn about(ui: &Ui, line: &Line, clock: &Clock) -> String {
    let edited = if line.edited && !line.deleted { "edited  " } else { "" };
    let time = clock.time(line.written);
    let Some(disappears) = line.disappears else { return format!("{edited}{time}") };
    let whole = Duration::from_secs(disappears.after.into());
    let left = disappears.at.map(|at| Duration::from_millis(at.saturating_sub(clock.now())));
    let (left, changes) = text::left(left.unwrap_or(whole));
    if disappears.at.is_some() {
        ui.ctx().request_repaint_after(changes.max(LEAST_REPAINT));
    }
    format!("{left}  {edited}{time}")
}

/// What can be done with a file, below its bubble at the side of its writer.
fn action_row(ui: &mut Ui, row: Rect, own: bool, actions: &Row) -> Option<Touched> {
    let mut row = ui.new_child(UiBuilder::new().max_rect(row).layout(side(own)));
    let mut touched = None;
    for (name, does) in &actions.buttons {
        let clicked = match does {
            Touched::Accept => main_button(&mut row, true, name).clicked(),
            _ => row.button(*name).clicked(),
        };
        if clicked {
            touched = Some(*does);
        }
    }
    if let Some(remark) = &actions.remark {
        let weak = Tokens::of(&row).weak;
        row.add(egui::Label::new(egui::RichText::new(remark).color(weak)).truncate());
    }
    touched
}

/// From the side of a writer.
fn side(own: bool) -> egui::Layout {
    let center = egui::Align::Center;
    if own { egui::Layout::right_to_left(center) } else { egui::Layout::left_to_right(center) }
}

/// A button below a bubble, at the side of its writer, with what is wrong beside it.
fn button_row(ui: &mut Ui, row: Rect, own: bool, label: &str, wrong: Option<&str>) -> bool {
    let mut row = ui.new_child(UiBuilder::new().max_rect(row).layout(side(own)));
    let clicked = row.button(label).clicked();
    if let Some(wrong) = wrong {
        let error = Tokens::of(&row).error;
        row.colored_label(error, wrong);
    }
    clicked
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

/// What stands in the place of a text that its writer deleted.
const DELETED: &str = "Message deleted";

const TEXT: FontId = FontId::proportional(15.0);
const SMALL: FontId = FontId::proportional(12.0);
const PAD_X: f32 = 12.0;
const PAD_Y: f32 = 7.0;
const GAP: f32 = 12.0;
/// Between bubbles and the edges of the view.
const MARGIN: f32 = 16.0;
const SEPARATOR: f32 = 34.0;
const ROW: f32 = 38.0;
/// A frame that comes too early by rounding is not followed by another at once.
const LEAST_REPAINT: Duration = Duration::from_secs(1);
