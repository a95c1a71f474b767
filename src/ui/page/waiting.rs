//! Page 4: somebody was asked and has not asked yet.

use egui::Ui;

use super::View;
use super::composer;
use super::conversation;
use super::find;
use super::messages;
use super::remark;
use crate::ui::model::Person;
use crate::ui::state::Asked;
use crate::ui::state::Dialog;
use crate::ui::state::UiState;
use crate::ui::text;

/// Draws what is known of the request. What is written now waits with it.
pub(crate) fn show(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    person: &Person,
    asked: &mut Asked,
) {
    conversation::header(ui, state, person, asked);
    find::show(ui, state, person, asked);
    egui::Frame::new().inner_margin(egui::Margin::symmetric(16, 12)).show(ui, |ui| {
        ui.label(egui::RichText::new("Waiting for them to add you too.").size(18.0));
        remark(ui, &text::request(person.state(), |s| view.clock.date(s)));
        remark(
            ui,
            "Nobody, the relay included, can see this request until they make the same one.",
        );
        if ui.button("Withdraw").clicked() {
            state.show(Dialog::Remove(person.id()));
        }
    });
    composer::show(ui, view, state, person, asked);
    messages::show(ui, view, state, person, asked);
}
