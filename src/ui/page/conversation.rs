//! Page 5: a conversation.

use egui::Frame;
use egui::Margin;
use egui::Panel;
use egui::RichText;
use egui::Sense;
use egui::Ui;
use egui::Vec2;
use egui::WidgetInfo;
use egui::accesskit::Role;

use super::View;
use super::composer;
use super::copy_button;
use super::details;
use super::dialogs;
use super::ended;
use super::find;
use super::messages;
use super::timer;
use crate::net::client::event::ContactState;
use crate::ui::model::Person;
use crate::ui::paint;
use crate::ui::state::Asked;
use crate::ui::state::Copied;
use crate::ui::state::Dialog;
use crate::ui::state::UiState;
use crate::ui::theme::Tokens;

/// Draws a conversation.
pub(crate) fn show(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    person: &Person,
    asked: &mut Asked,
) {
    header(ui, state, person, asked);
    find::show(ui, state, person, asked);
    timer::proposal(ui, person, asked);
    if person.state() == ContactState::Ended {
        ended::strip(ui, state, person);
    } else {
        composer::show(ui, view, state, person, asked);
    }
    messages::show(ui, view, state, person, asked);
}

/// Who it is.
pub(crate) fn header(ui: &mut Ui, state: &mut UiState, person: &Person, asked: &mut Asked) {
    let frame = Frame::new().inner_margin(Margin::symmetric(16, 8)).fill(Tokens::of(ui).page);
    Panel::top("header").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            let narrow = ui.ctx().content_rect().width() < crate::ui::theme::NARROW;
            if narrow && back(ui) {
                state.current = None;
            }
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(36.0), Sense::hover());
            paint::picture(ui.painter(), rect, &person.id());
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.label(RichText::new(person.name()).strong().size(16.0));
                let weak = Tokens::of(ui).weak;
                let below = match person.nickname() {
                    Some(_) => RichText::new(format!("{} …", person.id().short())).monospace(),
                    None => RichText::new("F2 gives a nickname"),
                };
                ui.label(below.size(12.0).color(weak));
            });
            let agreed = person.timer().agreed;
            if agreed > 0 {
                let (rect, _) = ui.allocate_exact_size(Vec2::new(12.0, 36.0), Sense::hover());
                let weak = Tokens::of(ui).weak;
                paint::hourglass(ui.painter(), rect.center(), weak);
                ui.label(RichText::new(timer::name(agreed)).size(12.0).color(weak))
                    .on_hover_text("Messages disappear after this time.");
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                menu(ui, state, person, asked);
                let compact = person.id().compact();
                let what = Copied::Id(person.id());
                copy_button(ui, state, ["Copy full ID", "ID copied"], what, &compact);
            });
        });
    });
}

fn menu(ui: &mut Ui, state: &mut UiState, person: &Person, asked: &mut Asked) {
    let menu = ui.menu_button("…", |ui| {
        if ui.button("Name the contact").clicked() {
            state.show(dialogs::renaming(person));
            ui.close();
        }
        let (contact, own) = (person.id(), person.timer().own);
        if person.state() == ContactState::Matched {
            let label = format!("Disappearing messages: {}", timer::name(own));
            if ui.button(label).clicked() {
                state.show(Dialog::Timer { contact, seconds: own });
                ui.close();
            }
        }
        if ui.button("How it is protected").clicked() {
            details::open(state, contact, asked);
            ui.close();
        }
        if ui.button("Remove").clicked() {
            state.show(Dialog::Remove(person.id()));
            ui.close();
        }
    });
    menu.response.accessible_name("About this contact");
}

fn back(ui: &mut Ui) -> bool {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(32.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Back to the list"));
    paint::back(ui, rect, Tokens::of(ui).text);
    response.clicked()
}
