//! The line in which something is looked for in the open conversation.

use egui::Frame;
use egui::Id as WidgetId;
use egui::Key;
use egui::Label;
use egui::Margin;
use egui::Modifiers;
use egui::Panel;
use egui::RichText;
use egui::TextEdit;
use egui::Ui;

use crate::net::client::Command;
use crate::ui::model::Person;
use crate::ui::state::Asked;
use crate::ui::state::Focus;
use crate::ui::state::UiState;
use crate::ui::theme::Tokens;

/// Draws it, if it is open, and brings what is found into view.
pub(crate) fn show(ui: &mut Ui, state: &mut UiState, person: &Person, asked: &mut Asked) {
    let Some(mut find) = state.find.take() else { return };
    let conversation = person.conversation();
    let field = WidgetId::unique("find in the conversation");
    let focused = state.dialog.is_none() && ui.memory(|memory| memory.has_focus(field));
    // With Shift first: the other would take its key too.
    let key = |modifiers| ui.input_mut(|input| input.consume_key(modifiers, Key::Enter));
    let mut newer = focused && key(Modifiers::SHIFT);
    let mut older = focused && key(Modifiers::NONE);
    let mut closed = false;
    let frame = Frame::new().inner_margin(Margin::symmetric(16, 6)).fill(Tokens::of(ui).side);
    Panel::top("find").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let edit = TextEdit::singleline(&mut find.text)
                .id(field)
                .hint_text("Find in this conversation")
                .desired_width((ui.available_width() - BESIDE).max(LEAST))
                .margin(egui::vec2(10.0, 6.0));
            let response = ui.add(edit).accessible_name("Find in this conversation");
            if state.takes_focus(Focus::Find) {
                response.request_focus();
            }
            older |= ui.button("Older").on_hover_text("Enter").clicked();
            newer |= ui.button("Newer").on_hover_text("Shift+Enter").clicked();
            closed = ui.button("Done").on_hover_text("Esc").clicked();
        });
        let weak = Tokens::of(ui).weak;
        let at_end = !conversation.has_older();
        let said = RichText::new(find.progress(at_end)).size(12.0).color(weak);
        ui.add(Label::new(said).truncate());
    });
    let mut found = find.look(conversation);
    if older {
        found = find.older().or(found);
    }
    if newer {
        found = find.newer().or(found);
    }
    if let Some(found) = found {
        state.go_to = Some(found);
        ui.request_repaint();
    }
    if find.wants_older(conversation.has_older()) && conversation.wants_older() {
        let (contact, before) = (person.id(), conversation.oldest());
        asked.command(Command::History { contact, before, limit: AT_ONCE });
    }
    if closed {
        state.focus = Some(Focus::Composer);
    } else {
        state.find = Some(find);
    }
}

/// What stands beside the field.
const BESIDE: f32 = 222.0;
/// The field at its narrowest.
const LEAST: f32 = 80.0;
/// How many older messages are asked for at once.
const AT_ONCE: usize = 500;
