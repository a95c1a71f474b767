//! Above the field: what the next text answers or changes.

use egui::Label;
use egui::RichText;
use egui::Sense;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;
use egui::vec2;

use crate::ui::bubble::quote;
use crate::ui::model::Person;
use crate::ui::paint;
use crate::ui::state::Focus;
use crate::ui::state::Pending;
use crate::ui::state::UiState;
use crate::ui::theme::Tokens;

/// Draws it, and forgets it when the message is gone.
pub(super) fn show(ui: &mut Ui, state: &mut UiState, person: &Person) {
    let contact = person.id();
    let Some(pending) = state.pending.get(&contact) else { return };
    let line = person.conversation().find(pending.message()).filter(|line| !line.deleted);
    let Some(line) = line else {
        state.put_aside(contact);
        return;
    };
    let does = match pending {
        Pending::Reply(_) if line.is_own() => "Reply to yourself".to_owned(),
        Pending::Reply(_) => format!("Reply to {}", person.name()),
        Pending::Edit { .. } => "Edit your message".to_owned(),
    };
    let tokens = Tokens::of(ui);
    let mut cancelled = false;
    ui.horizontal(|ui| {
        cancelled = cancel(ui);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add(Label::new(RichText::new(does).size(12.0).color(tokens.accent)).truncate());
            let words = RichText::new(quote::words(line)).size(13.0).color(tokens.weak);
            ui.add(Label::new(words).truncate());
        });
    });
    if cancelled {
        state.put_aside(contact);
        state.focus = Some(Focus::Composer);
    }
}

fn cancel(ui: &mut Ui) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(30.0, 30.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Cancel, Esc"));
    let tokens = Tokens::of(ui);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 8.0, tokens.button);
    }
    paint::cross(ui.painter(), rect.center(), tokens.weak);
    response.on_hover_text("Esc").clicked()
}
