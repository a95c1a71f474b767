//! The bar below: the connection, notices, and the menu.

use core::time::Duration;

use egui::Ui;

use super::View;
use super::remark;
use crate::net::client::Command;
use crate::ui::action::Action;
use crate::ui::action::Reach;
use crate::ui::action::TABLE;
use crate::ui::model::LinkView;
use crate::ui::model::Person;
use crate::ui::paint;
use crate::ui::state::Asked;
use crate::ui::state::UiState;
use crate::ui::text;
use crate::ui::theme;
use crate::ui::theme::Tokens;

/// Draws the bar.
pub(crate) fn show(ui: &mut Ui, view: &View<'_>, state: &mut UiState, asked: &mut Asked) {
    for notice in view.model.notices() {
        let name =
            |id: &_| view.model.person(id).map_or_else(|| crate::id::Id::short(id), Person::name);
        ui.horizontal_wrapped(|ui| {
            let warning = Tokens::of(ui).warning;
            ui.colored_label(warning, text::notice(notice, name));
            if ui.small_button("OK").clicked() {
                asked.dismissed = Some(notice.clone());
            }
        });
    }
    ui.horizontal(|ui| {
        link(ui, view, asked);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| menu(ui, state));
    });
}

fn link(ui: &mut Ui, view: &View<'_>, asked: &mut Asked) {
    let tokens = Tokens::of(ui);
    match view.model.link_view() {
        LinkView::Connecting => {
            paint::dot(ui, tokens.weak);
            remark(ui, "Connecting…");
        }
        LinkView::Connected => {
            paint::dot(ui, tokens.good);
            let place = view.model.invitation().map(|it| it.address().place());
            let place = place.map_or_else(|| "Connected".into(), |it| format!("Connected to {it}"));
            let label = ui.label(place);
            if view.model.first_use() {
                label.on_hover_text(FIRST_USE);
            }
        }
        LinkView::Partly { standing, wanted, reason } => {
            paint::dot(ui, tokens.warning);
            ui.label(format!("{standing} of {wanted} connections stand"))
                .on_hover_text(text::sentence(&reason.to_string()));
            if ui.button("Try now").clicked() {
                asked.command(Command::Reconnect);
            }
        }
        LinkView::Offline { reason, retry_at } => {
            paint::dot(ui, tokens.warning);
            let left = retry_at.saturating_sub(view.now);
            let (when, changes) = text::until(left);
            if left > Duration::ZERO {
                ui.ctx().request_repaint_after(changes.max(LEAST_REPAINT));
            }
            ui.label(format!("Offline, next try {when}"))
                .on_hover_text(text::sentence(&reason.to_string()));
            if ui.button("Try now").clicked() {
                asked.command(Command::Reconnect);
            }
        }
    }
    way(ui, view);
}

/// Which way everything goes.
fn way(ui: &mut Ui, view: &View<'_>) {
    match view.model.proxy() {
        Some(at) => ui.weak(format!("through the proxy at {at}")).on_hover_text(PROXY),
        None => ui.weak("direct").on_hover_text(DIRECT),
    };
}

fn menu(ui: &mut Ui, state: &mut UiState) {
    ui.menu_button("Menu", |ui| {
        for row in TABLE.iter().filter(|row| row.reach == Reach::Menu) {
            let button = egui::Button::new(row.name).shortcut_text(row.shown());
            if ui.add(button).clicked() {
                state.chosen = Some(row.action);
                ui.close();
            }
        }
    });
    // Both stand in the menu as well.
    if ui.ctx().content_rect().width() < theme::NARROW {
        return;
    }
    if ui.button("What it sees").on_hover_text("What the relay sees of you").clicked() {
        state.chosen = Some(Action::Exposure);
    }
    if ui.button("Keys").on_hover_text("F1").clicked() {
        state.chosen = Some(Action::Help);
    }
}

const FIRST_USE: &str = "This network was not known before and is trusted from now on: compare what \
                         stands behind # in your invitation with what its operator hands out.";
const PROXY: &str = "Every connection goes through it, each contact's by itself. What it does not carry \
                     does not go.";
const DIRECT: &str = "The relay sees this computer's address. Through Tor it does not: see -proxy, or \
                      the proxy on the first page.";
/// A frame that comes too early by rounding is not followed by another at once.
const LEAST_REPAINT: Duration = Duration::from_millis(50);
