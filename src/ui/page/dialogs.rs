//! What lies over everything else.

use egui::Frame;
use egui::Id as WidgetId;
use egui::Key;
use egui::Modal;
use egui::TextEdit;
use egui::Ui;

use super::View;
use super::add;
use super::copy_button;
use super::details;
use super::ended;
use super::exposure;
use super::grave_button;
use super::main_button;
use super::remark;
use super::send_file;
use super::settings;
use super::timer;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::ContactState;
use crate::ui::model::Person;
use crate::ui::paint;
use crate::ui::state::Asked;
use crate::ui::state::Copied;
use crate::ui::state::Dialog;
use crate::ui::state::Focus;
use crate::ui::state::UiState;
use crate::ui::text;

/// Draws what is open.
pub(crate) fn show(ui: &Ui, view: &View<'_>, state: &mut UiState, asked: &mut Asked) {
    let Some(dialog) = state.dialog.take() else { return };
    let frame = Frame::popup(ui.style()).inner_margin(20.0).corner_radius(12.0);
    let modal = Modal::new(WidgetId::unique("dialog")).frame(frame).show(ui.ctx(), |ui| {
        let space = ui.ctx().content_rect().size();
        ui.set_width((space.x - 64.0).min(520.0));
        egui::ScrollArea::vertical()
            .max_height(space.y - 96.0)
            .min_scrolled_height(space.y - 96.0)
            .show(ui, |ui| {
                let pages = core::mem::take(&mut state.pages);
                ui.scroll_with_delta(egui::vec2(0.0, -pages * ui.clip_rect().height()));
                content(ui, view, state, dialog, asked)
            })
            .inner
    });
    if modal.should_close() {
        state.close();
        asked.forget_refusal = true;
    } else if state.dialog.is_none() {
        state.dialog = modal.inner;
        if state.dialog.is_none() && state.focus.is_none() {
            state.focus = Some(Focus::Composer);
        }
    }
}

fn content(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    dialog: Dialog,
    asked: &mut Asked,
) -> Option<Dialog> {
    match dialog {
        Dialog::Add(form) => add::show(ui, view, state, form, asked),
        Dialog::OwnId => own_id(ui, view, state),
        Dialog::Keys => keys(ui, state),
        Dialog::Rename { contact, nickname } => rename(ui, state, contact, nickname, asked),
        Dialog::Remove(contact) => remove(ui, view, state, contact, asked),
        Dialog::AskAgain(contact) => ended::ask_again(ui, view, state, contact, asked),
        Dialog::Delete { contact, message } => {
            ended::delete(ui, view, state, (contact, message), asked)
        }
        Dialog::Timer { contact, seconds } => {
            timer::dialog(ui, view, state, (contact, seconds), asked)
        }
        Dialog::SendFile { contact, form } => {
            send_file::dialog(ui, view, state, (contact, form), asked)
        }
        Dialog::Details(contact) => details::dialog(ui, view, state, contact, asked),
        Dialog::Exposure => exposure::dialog(ui, view, state),
        Dialog::Settings { wipe } => settings::dialog(ui, view, state, wipe, asked),
    }
}

fn own_id(ui: &mut Ui, view: &View<'_>, state: &mut UiState) -> Option<Dialog> {
    let own = view.model.own()?;
    ui.heading("Your ID");
    ui.monospace(text::in_lines(&own.id.compact(), 7));
    let invitation = view.model.invitation().map(ToString::to_string);
    ui.horizontal(|ui| {
        copy_button(ui, state, ["Copy ID", "ID copied"], Copied::OwnId, &own.id.compact());
        if let Some(invitation) = &invitation {
            let labels = ["Copy invitation", "Invitation copied"];
            copy_button(ui, state, labels, Copied::Invitation, invitation);
        }
    });
    ui.vertical_centered(|ui| match &invitation {
        Some(invitation) => {
            paint::qr(ui, invitation, "QR code of your invitation");
            remark(ui, "The invitation: your ID and the network's address.");
        }
        None => {
            paint::qr(ui, &own.id.compact(), "QR code of your ID");
            remark(ui, "Your ID. Once connected it comes with the network's address.");
        }
    });
    let close = ui.button("Close");
    if state.takes_focus(Focus::First) {
        close.request_focus();
    }
    (!close.clicked()).then_some(Dialog::OwnId)
}

fn keys(ui: &mut Ui, state: &mut UiState) -> Option<Dialog> {
    ui.heading("Keys");
    settings::keys(ui);
    let close = ui.button("Close");
    if state.takes_focus(Focus::First) {
        close.request_focus();
    }
    (!close.clicked()).then_some(Dialog::Keys)
}

fn rename(
    ui: &mut Ui,
    state: &mut UiState,
    contact: Id,
    mut nickname: String,
    asked: &mut Asked,
) -> Option<Dialog> {
    ui.heading("Name the contact");
    let label =
        ui.label(format!("Nickname for {} … (only here, gone when you quit)", contact.short()));
    let field = TextEdit::singleline(&mut nickname)
        .desired_width(f32::INFINITY)
        .char_limit(add::MAX_NICKNAME)
        .margin(egui::vec2(10.0, 8.0));
    let response = ui.add(field).labelled_by(label.id);
    if state.takes_focus(Focus::First) {
        response.request_focus();
    }
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let mut open = true;
    ui.horizontal(|ui| {
        if main_button(ui, true, "Name").clicked() || entered {
            let name = Some(nickname.trim().to_owned()).filter(|name| !name.is_empty());
            asked.command(Command::Nickname { contact, nickname: name });
            open = false;
        }
        open &= !ui.button("Cancel").clicked();
    });
    open.then_some(Dialog::Rename { contact, nickname })
}

fn remove(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    contact: Id,
    asked: &mut Asked,
) -> Option<Dialog> {
    let person = view.model.person(&contact)?;
    let name = person.name();
    let (heading, sentence, verb) = match person.state() {
        ContactState::Matched | ContactState::Ended => (
            format!("Remove {name}?"),
            "The conversation ends for both of you; its keys and messages are destroyed here.",
            "Remove",
        ),
        _ => (
            format!("Withdraw the request to {name}?"),
            "What you have written to them is destroyed.",
            "Withdraw",
        ),
    };
    ui.heading(heading);
    ui.label(sentence);
    let mut open = true;
    ui.horizontal(|ui| {
        if grave_button(ui, verb).clicked() {
            asked.command(Command::Remove { contact });
            state.current = None;
            open = false;
        }
        let cancel = ui.button("Cancel");
        if state.takes_focus(Focus::First) {
            cancel.request_focus();
        }
        open &= !cancel.clicked();
    });
    open.then_some(Dialog::Remove(contact))
}

/// The form to name a contact, as it is now.
pub(crate) fn renaming(person: &Person) -> Dialog {
    let nickname = person.nickname().unwrap_or_default().to_owned();
    Dialog::Rename { contact: person.id(), nickname }
}
