//! Page 8: how it looks, what others learn, the keys, and what this is.

use egui::ComboBox;
use egui::RichText;
use egui::TextEdit;
use egui::Theme;
use egui::Ui;

use super::View;
use super::grave_button;
use super::remark;
use crate::amount;
use crate::net::client::Command;
use crate::net::client::event::Change;
use crate::net::client::event::Settings;
use crate::plain::plain;
use crate::ui::action;
use crate::ui::action::Action;
use crate::ui::state::Asked;
use crate::ui::state::Dialog;
use crate::ui::state::Focus;
use crate::ui::state::Leave;
use crate::ui::state::UiState;

/// Draws the page.
pub(super) fn dialog(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    mut typed: String,
    asked: &mut Asked,
) -> Option<Dialog> {
    let mut open = true;
    ui.horizontal(|ui| {
        ui.heading("Settings");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let close = ui.button("Close");
            if state.takes_focus(Focus::First) {
                close.request_focus();
            }
            open = !close.clicked();
        });
    });
    appearance(ui, state);
    privacy(ui, view, asked);
    wipe(ui, view, &mut typed, asked);
    section(ui, "Keys");
    keys(ui);
    about(ui);
    open.then_some(Dialog::Settings { wipe: typed })
}

fn section(ui: &mut Ui, name: &str) {
    ui.add_space(6.0);
    ui.separator();
    ui.label(RichText::new(name).strong().size(17.0));
}

fn appearance(ui: &mut Ui, state: &mut UiState) {
    section(ui, "Appearance");
    ui.horizontal(|ui| {
        let mut theme = ui.ctx().theme();
        for (value, name) in [(Theme::Light, "Light"), (Theme::Dark, "Dark")] {
            if ui.radio_value(&mut theme, value, name).changed() {
                ui.ctx().set_theme(theme);
            }
        }
    });
    ui.horizontal(|ui| {
        let sizes = [Action::ZoomOut, Action::ZoomReset, Action::ZoomIn];
        for row in sizes.iter().filter_map(|size| action::row_of(*size)) {
            if ui.button(row.name).on_hover_text(row.shown()).clicked() {
                state.chosen = Some(row.action);
            }
        }
        remark(ui, &format!("{:.0} %", ui.ctx().zoom_factor() * 100.0));
    });
}

fn privacy(ui: &mut Ui, view: &View<'_>, asked: &mut Asked) {
    section(ui, "Privacy");
    let Settings { mut read_receipts, accept_below } = view.model.settings();
    if ui.checkbox(&mut read_receipts, "Tell others which of their messages I have read").changed()
    {
        asked.command(Command::Settings(Change::read_receipts(read_receipts)));
    }
    remark(ui, "Off, nothing of it is sent. What others tell is shown in any case.");
    files(ui, view, accept_below, asked);
}

/// Whether files come without a question.
fn files(ui: &mut Ui, view: &View<'_>, accept_below: u64, asked: &mut Asked) {
    let name = |below: u64| match below {
        0 => "never".to_owned(),
        below => format!("up to {}", amount::short(below)),
    };
    let mut below = accept_below;
    ui.horizontal_wrapped(|ui| {
        let label = ui.label("Accept files by themselves");
        let chosen = ComboBox::from_id_salt("accept_below").selected_text(name(below));
        let shown = chosen.show_ui(ui, |ui| {
            for offered in UNASKED {
                ui.selectable_value(&mut below, offered, name(offered));
            }
        });
        shown.response.labelled_by(label.id);
    });
    if below != accept_below {
        asked.command(Command::Settings(Change::accept_below(below)));
    }
    let folder = view.downloads.map(|folder| plain(&folder.to_string_lossy(), " "));
    let folder = folder.unwrap_or_else(|| "the folder for downloads".into());
    remark(
        ui,
        &format!(
            "From people you talk with, four at a time from each and 1 GB from all, into {folder}, \
             where 1 GB stays free beside them. Who sends one learns that you are here. Nothing is \
             opened."
        ),
    );
}

/// Destroys the profile once its word is typed.
fn wipe(ui: &mut Ui, view: &View<'_>, typed: &mut String, asked: &mut Asked) {
    if view.model.own().is_none_or(|own| own.ephemeral) {
        return remark(ui, "Nothing of this session touches the disk: there is nothing to wipe.");
    }
    ui.add_space(4.0);
    let label = ui.label(format!(
        "Wipe the profile: your ID, contacts and messages are destroyed, and the program ends. \
         Type {WORD} to do it."
    ));
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(typed).desired_width(120.0);
        ui.add(field.margin(egui::vec2(10.0, 8.0))).labelled_by(label.id);
        ui.add_enabled_ui(typed.trim() == WORD, |ui| {
            if grave_button(ui, "Wipe the profile").clicked() {
                asked.leave = Some(Leave::Wipe);
            }
        });
    });
}

/// Everything that has a shortcut.
pub(super) fn keys(ui: &mut Ui) {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        egui::Grid::new("keys").num_columns(2).spacing([24.0, 4.0]).show(ui, |ui| {
            for row in action::TABLE {
                ui.label(row.name);
                ui.strong(row.shown());
                ui.end_row();
            }
        });
    });
}

fn about(ui: &mut Ui) {
    section(ui, "About");
    ui.label(concat!("bauta ", env!("CARGO_PKG_VERSION"), ", ", env!("CARGO_PKG_LICENSE")));
    remark(ui, env!("CARGO_PKG_DESCRIPTION"));
}

/// How large files may be that come by themselves; 0: none does.
const UNASKED: [u64; 6] = [0, 1_000_000, 5_000_000, 20_000_000, 100_000_000, 1_000_000_000];
/// What is to be typed.
const WORD: &str = "wipe";
