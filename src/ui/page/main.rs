//! Pages 2, 4 and 5: the list of contacts, and what is chosen in it.

use egui::CentralPanel;
use egui::Frame;
use egui::Panel;
use egui::Ui;

use super::View;
use super::conversation;
use super::copy_button;
use super::dialogs;
use super::drop;
use super::main_button;
use super::people;
use super::private;
use super::remark;
use super::status;
use super::waiting;
use crate::net::client::event::ContactState;
use crate::ui::state::Asked;
use crate::ui::state::Copied;
use crate::ui::state::Dialog;
use crate::ui::state::UiState;
use crate::ui::theme;
use crate::ui::theme::Tokens;

/// Draws everything around and in the chosen conversation.
pub(crate) fn show(ui: &mut Ui, view: &View<'_>, state: &mut UiState, asked: &mut Asked) {
    let tokens = Tokens::of(ui);
    let narrow = ui.available_width() < theme::NARROW;
    let side = Frame::new().fill(tokens.side).inner_margin(10.0);
    Panel::bottom("status")
        .frame(Frame::new().fill(tokens.side).inner_margin(egui::Margin::symmetric(10, 4)))
        .show(ui, |ui| status::show(ui, view, state, asked));
    private::show(ui, view, state, asked);
    drop::show(ui, view, state);
    let person = state.current.and_then(|id| view.model.person(&id));
    if !narrow {
        Panel::left("people")
            .resizable(true)
            .default_size(280.0)
            .size_range(240.0..=420.0)
            .frame(side)
            .show(ui, |ui| people::show(ui, view, state));
    } else if person.is_none() {
        CentralPanel::default().frame(side).show(ui, |ui| people::show(ui, view, state));
        return dialogs::show(ui, view, state, asked);
    }
    CentralPanel::default().frame(Frame::new().fill(tokens.page)).show(ui, |ui| match person {
        None => empty(ui, view, state),
        Some(person) => match person.state() {
            ContactState::Matched | ContactState::Ended => {
                conversation::show(ui, view, state, person, asked)
            }
            _ => waiting::show(ui, view, state, person, asked),
        },
    });
    dialogs::show(ui, view, state, asked);
}

/// Page 2: nobody is chosen.
fn empty(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    let width = ui.available_width().min(460.0);
    let side = (ui.available_width() - width) / 2.0;
    ui.add_space(ui.available_height() * 0.2);
    ui.horizontal_top(|ui| {
        ui.add_space(side);
        ui.vertical(|ui| {
            ui.set_width(width);
            if view.model.people().is_empty() {
                first_steps(ui, view, state);
            } else {
                ui.heading("Choose a conversation");
                remark(ui, "Ctrl+K finds one, Alt+Up and Alt+Down go through them.");
            }
        });
    });
}

fn first_steps(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    let Some(own) = view.model.own() else { return };
    ui.heading("No conversations yet");
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        ui.label("1.  Give someone your ID");
        copy_button(ui, state, ["Copy it", "Copied"], Copied::OwnId, &own.id.compact());
        if ui.button("Show it as QR code").clicked() {
            state.show(Dialog::OwnId);
        }
    });
    ui.horizontal(|ui| {
        ui.label("2.  Enter theirs");
        if main_button(ui, true, "Add a contact").clicked() {
            state.add();
        }
    });
    ui.add_space(8.0);
    remark(ui, "When you have both done it, the conversation opens by itself.");
}
