//! Files that are dragged over the window: what a drop will do, and to whom, before it is done.

use egui::Align2;
use egui::Context;
use egui::FontId;
use egui::Id as WidgetId;
use egui::LayerId;
use egui::Order;
use egui::pos2;
use egui::text::LayoutJob;
use egui::text::TextWrapping;

use super::View;
use crate::net::client::event::ContactState;
use crate::plain::plain;
use crate::ui::model::Person;
use crate::ui::state::Dialog;
use crate::ui::state::FileForm;
use crate::ui::state::UiState;
use crate::ui::theme::Tokens;

/// Takes what was dropped in, and draws what is held over the window.
pub(crate) fn show(ui: &egui::Ui, view: &View<'_>, state: &mut UiState) {
    let ctx = ui.ctx();
    let person = state.current.and_then(|id| view.model.person(&id));
    let person = person.filter(|person| person.state() == ContactState::Matched);
    let dropped = ctx.input(|input| input.raw.dropped_files.clone());
    let mut paths = dropped.iter().map(|file| file.path().to_owned());
    if let Some(person) = person
        && let Some(first) = paths.next()
    {
        let mut form = FileForm { rest: paths.collect(), ..FileForm::default() };
        form.choose(&first);
        state.show(Dialog::SendFile { contact: person.id(), form });
    }
    let held = ctx.input(|input| input.raw.hovered_files.clone());
    if let Some(first) = held.first() {
        let name = first.path.as_ref().and_then(|path| path.file_name());
        let name = name.map(|name| plain(&name.to_string_lossy(), " "));
        overlay(ctx, Tokens::of(ui), person, (name, held.len()));
    }
}

fn overlay(
    ctx: &Context,
    tokens: &Tokens,
    person: Option<&Person>,
    (name, count): (Option<String>, usize),
) {
    let area = ctx.content_rect();
    let layer = LayerId::new(Order::Foreground, WidgetId::unique("drop"));
    let painter = ctx.layer_painter(layer);
    painter.rect_filled(area, 0.0, tokens.page.gamma_multiply(0.9));
    let edge = (3.0, tokens.accent);
    painter.rect_stroke(area.shrink(12.0), 12.0, edge, egui::StrokeKind::Inside);
    let (what, then) = match person {
        Some(person) => (
            format!("Drop to send to {}", person.name()),
            "Nothing is sent before you have seen its name and size.".to_owned(),
        ),
        None => (
            "Nobody to send it to".to_owned(),
            "Open a conversation first, then drop it there.".to_owned(),
        ),
    };
    let others = count.saturating_sub(1);
    let more = if others > 0 { Some(format!("and {others} more")) } else { None };
    let center = area.center();
    // A contact's name and a file's stand in lines of their own.
    let lines = [
        (Some(what), 22.0, tokens.text),
        (name, 16.0, tokens.accent),
        (more, 14.0, tokens.weak),
        (Some(then), 14.0, tokens.weak),
    ];
    let mut y = center.y - 56.0;
    for (text, size, color) in lines {
        let Some(text) = text else { continue };
        let mut job = LayoutJob::simple_singleline(text, FontId::proportional(size), color);
        job.wrap = TextWrapping::truncate_at_width(area.width() - 64.0);
        let galley = painter.layout_job(job);
        let rect = Align2::CENTER_TOP.anchor_size(pos2(center.x, y), galley.size());
        painter.galley(rect.min, galley, color);
        y = rect.bottom() + 10.0;
    }
}
