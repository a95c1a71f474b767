//! One's own ID and the list of contacts.

use egui::Align2;
use egui::Button;
use egui::FontId;
use egui::RichText;
use egui::ScrollArea;
use egui::Sense;
use egui::TextEdit;
use egui::Ui;
use egui::Vec2;
use egui::WidgetInfo;
use egui::accesskit::Role;
use egui::vec2;

use super::View;
use super::copy_button;
use super::remark;
use crate::net::client::event::ContactState;
use crate::ui::bubble;
use crate::ui::model::Person;
use crate::ui::paint;
use crate::ui::state::Copied;
use crate::ui::state::Dialog;
use crate::ui::state::Focus;
use crate::ui::state::UiState;
use crate::ui::text;
use crate::ui::theme::Tokens;

/// Draws both.
pub(crate) fn show(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    own(ui, view, state);
    let add = Button::new(RichText::new("+ Add a contact").strong());
    if ui.add(add.min_size(vec2(ui.available_width(), 36.0))).clicked() {
        state.add();
    }
    if view.model.people().is_empty() {
        return;
    }
    let field = TextEdit::singleline(&mut state.search)
        .hint_text("Find (Ctrl+K)")
        .desired_width(f32::INFINITY)
        .margin(vec2(10.0, 6.0));
    let response = ui.add(field).accessible_name("Find a conversation");
    if state.takes_focus(Focus::Search) {
        response.request_focus();
    }
    let found = found(view, &state.search);
    if response.lost_focus()
        && ui.input(|input| input.key_pressed(egui::Key::Enter))
        && let Some(first) = found.first()
    {
        state.open(first.id());
        state.search.clear();
    }
    list(ui, view, state, &found);
}

/// Who is looked for: a part of the name, or the start of the ID.
pub(crate) fn found<'a>(view: &View<'a>, search: &str) -> Vec<&'a Person> {
    let wanted = search.trim().to_lowercase();
    let digits: String = wanted.chars().filter(|c| !c.is_whitespace()).collect();
    let fits = |person: &&Person| {
        person.name().to_lowercase().contains(&wanted) || person.id().compact().starts_with(&digits)
    };
    view.model.people().iter().filter(fits).collect()
}

fn own(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    let Some(own) = view.model.own() else { return };
    ui.horizontal(|ui| {
        ui.strong("Your ID");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if ui.button("QR").on_hover_text("Show it as QR code").clicked() {
                state.show(Dialog::OwnId);
            }
            copy_button(ui, state, ["Copy", "Copied"], Copied::OwnId, &own.id.compact());
        });
    });
    let groups = if ui.available_width() < 250.0 { 5 } else { 7 };
    let lines = text::in_lines(&own.id.compact(), groups);
    ui.label(RichText::new(lines).monospace().size(12.0));
    if own.ephemeral {
        remark(ui, "Nothing of this session touches the disk.");
    }
}

fn list(ui: &mut Ui, view: &View<'_>, state: &mut UiState, found: &[&Person]) {
    ui.spacing_mut().item_spacing.y = 2.0;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, found.len(), |ui, rows| {
        for person in found.iter().skip(rows.start).take(rows.len()) {
            row(ui, view, state, person);
        }
    });
}

fn row(ui: &mut Ui, view: &View<'_>, state: &mut UiState, person: &Person) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let chosen = state.current == Some(person.id());
    let (name, unread) = (person.name(), person.conversation().unread());
    response.widget_info(|| {
        let label = match (unread, person.state()) {
            (0, ContactState::Matched | ContactState::Ended) => name.clone(),
            (0, _) => format!("{name}, waiting"),
            (unread, _) => format!("{name}, {unread} new"),
        };
        WidgetInfo::selected(Role::Button, true, chosen, label)
    });
    let tokens = Tokens::of(ui);
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, 8.0, if chosen { tokens.chosen } else { tokens.button });
    }
    if response.has_focus() {
        let stroke = (1.5, tokens.accent);
        ui.painter().rect_stroke(rect, 8.0, stroke, egui::StrokeKind::Inside);
    }
    let picture = egui::Rect::from_min_size(rect.min + vec2(8.0, 9.0), Vec2::splat(38.0));
    paint::picture(ui.painter(), picture, &person.id());
    words(ui, view, rect, person);
    if response.clicked() {
        state.open(person.id());
    }
}

/// Name and last message, each in a line of its own; the time stands apart from both.
fn words(ui: &Ui, view: &View<'_>, rect: egui::Rect, person: &Person) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter().with_clip_rect(rect.shrink2(vec2(8.0, 0.0)));
    let (left, right) = (rect.left() + 56.0, rect.right() - 8.0);
    let unread = person.conversation().unread();
    let last = person.conversation().last();
    let mut edge = right;
    if let Some(line) = last {
        let at = egui::pos2(right, rect.top() + 18.0);
        let small = FontId::proportional(12.0);
        let time = view.clock.time(line.written);
        edge = painter.text(at, Align2::RIGHT_CENTER, time, small, tokens.weak).left() - 6.0;
    }
    one_line(ui, &painter, (left, edge, rect.top() + 9.0), person.name(), (15.0, tokens.text));
    let mut edge = right;
    if unread > 0 {
        let at = egui::pos2(right - 10.0, rect.top() + 39.0);
        painter.circle_filled(at, 10.0, tokens.accent);
        let shown = if unread > 99 { "99".to_owned() } else { unread.to_string() };
        painter.text(
            at,
            Align2::CENTER_CENTER,
            shown,
            FontId::proportional(11.0),
            tokens.on_accent,
        );
        edge = right - 26.0;
    }
    let (said, own) = match (person.state(), last) {
        (ContactState::Matched | ContactState::Ended, Some(line)) => {
            (bubble::quote::words(line), line.is_own().then_some(line.state))
        }
        (ContactState::Matched, None) => ("Say hello.".to_owned(), None),
        (ContactState::Ended, None) => ("They ended the conversation.".to_owned(), None),
        _ => ("Waiting for them to add you too".to_owned(), None),
    };
    let mut start = left;
    if let Some(state) = own {
        paint::mark(&painter, egui::pos2(left, rect.top() + 39.0), state, tokens);
        start += paint::MARK.x + 4.0;
    }
    one_line(ui, &painter, (start, edge, rect.top() + 30.0), said, (13.0, tokens.weak));
}

/// The beginning of a text between two edges.
fn one_line(
    ui: &Ui,
    painter: &egui::Painter,
    (left, right, top): (f32, f32, f32),
    text: String,
    (size, color): (f32, egui::Color32),
) {
    let text = text.split('\n').next().unwrap_or_default().to_owned();
    let mut job = egui::text::LayoutJob::simple_singleline(text, FontId::proportional(size), color);
    job.wrap = egui::text::TextWrapping::truncate_at_width((right - left).max(0.0));
    let galley = ui.painter().layout_job(job);
    painter.galley(egui::pos2(left, top), galley, color);
}

/// The height of one contact.
const ROW: f32 = 56.0;
