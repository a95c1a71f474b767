//! Page 3: somebody is asked for a conversation.

use egui::Event;
use egui::Key;
use egui::TextEdit;
use egui::Ui;
use egui::ViewportCommand;

use super::View;
use super::copy_button;
use super::main_button;
use super::mistake;
use super::remark;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::client::Command;
use crate::net::client::event::Refusal;
use crate::ui::state::AddForm;
use crate::ui::state::Asked;
use crate::ui::state::Copied;
use crate::ui::state::Dialog;
use crate::ui::state::Focus;
use crate::ui::state::UiState;
use crate::ui::text;
use crate::ui::text::sentence;

/// What the text is, as far as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Empty,
    /// So many characters of an ID.
    SoFar(usize),
    /// Somebody who can be asked.
    Ready(Id),
    /// Somebody in the list.
    Known(Id),
    Mistake(String),
}

/// Reads what is typed.
pub(crate) fn check(view: &View<'_>, text: &str) -> Check {
    if text::characters(text) == 0 {
        return Check::Empty;
    }
    let id = if Invitation::is_meant(text) {
        text.parse::<Invitation>().map(|it| it.id()).map_err(|error| sentence(&error.to_string()))
    } else {
        match text.parse::<Id>() {
            Ok(id) => Ok(id),
            Err(error) => match error.so_far() {
                Some(characters) => return Check::SoFar(characters),
                None => Err(sentence(&error.to_string())),
            },
        }
    };
    match id {
        Err(mistake) => Check::Mistake(mistake),
        Ok(id) if view.model.own().is_some_and(|own| own.id == id) => {
            Check::Mistake(sentence(&Refusal::OwnId.to_string()))
        }
        Ok(id) if view.model.person(&id).is_some() => Check::Known(id),
        Ok(id) => Check::Ready(id),
    }
}

/// Draws the form; returns it unless it is done.
pub(crate) fn show(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    mut form: AddForm,
    asked: &mut Asked,
) -> Option<Dialog> {
    if let Some(id) = form.asked.filter(|id| view.model.person(id).is_some()) {
        state.open(id);
        return None;
    }
    ui.heading("Add a contact");
    hand_out(ui, view, state);
    ui.add_space(8.0);
    let label = ui.label("2. Enter theirs: an ID or an invitation");
    prefill(ui, view, &mut form, state);
    let field = TextEdit::multiline(&mut form.text)
        .font(egui::TextStyle::Monospace)
        .desired_rows(2)
        .desired_width(f32::INFINITY)
        .return_key(None)
        .margin(egui::vec2(10.0, 8.0));
    let entered_id = ui.input(|input| input.key_pressed(Key::Enter));
    let response = ui.add(field).labelled_by(label.id);
    if state.takes_focus(Focus::First) {
        response.request_focus();
    }
    if response.changed() {
        form.asked = None;
        asked.forget_refusal = true;
    }
    let checked = check(view, &form.text);
    if say(ui, view, &checked, &form) == Some(Go::Open) {
        if let Check::Known(id) = checked {
            state.open(id);
        }
        return None;
    }
    if entered_id && response.has_focus() && matches!(checked, Check::Ready(_)) {
        state.focus = Some(Focus::Nickname);
    }
    let entered = nickname(ui, state, &mut form) && entered_id;
    ui.add_space(8.0);
    let mut open = true;
    ui.horizontal(|ui| {
        let ready = matches!(checked, Check::Ready(_)) && form.asked.is_none();
        let clicked = main_button(ui, ready, "Ask to chat").clicked();
        if let (true, Check::Ready(id)) = (ready && (clicked || entered), &checked) {
            ask(&mut form, *id, asked);
        }
        open = !ui.button("Cancel").clicked();
    });
    if open { Some(Dialog::Add(form)) } else { None }
}

/// What the other side needs.
fn hand_out(ui: &mut Ui, view: &View<'_>, state: &mut UiState) {
    let Some(own) = view.model.own() else { return };
    ui.horizontal(|ui| {
        ui.label("1. Send them your ID:");
        let labels = ["Copy your ID", "Your ID is copied"];
        copy_button(ui, state, labels, Copied::OwnId, &own.id.compact());
        remark(ui, &format!("{} …", own.id.short()));
    });
}

/// Whoever can be asked and is in the clipboard need not be pasted by hand. Anything else stays
/// there: one's own ID above all, which was copied a moment ago to be handed out.
fn prefill(ui: &Ui, view: &View<'_>, form: &mut AddForm, state: &UiState) {
    if !form.prefill {
        return;
    }
    if state.focus == Some(Focus::First) {
        ui.send_viewport_cmd(ViewportCommand::RequestPaste);
    }
    let mut answered = false;
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Paste(text) = event else { return true };
            answered = true;
            matches!(check(view, text), Check::Ready(_))
        });
        answered |= input.events.iter().any(|event| matches!(event, Event::Text(_)));
    });
    form.prefill = !answered;
}

/// Says how far the text is from being somebody.
fn say(ui: &mut Ui, view: &View<'_>, checked: &Check, form: &AddForm) -> Option<Go> {
    let mut go = None;
    match checked {
        _ if form.asked.is_some() => answer(ui, view),
        Check::Empty => remark(ui, &format!("0 of {} characters", Id::LEN)),
        Check::SoFar(found) => remark(ui, &format!("{found} of {} characters", Id::LEN)),
        Check::Mistake(sentence) => mistake(ui, sentence),
        Check::Ready(id) => {
            let good = crate::ui::theme::Tokens::of(ui).good;
            ui.colored_label(good, format!("This is the ID {} …", id.short()));
        }
        Check::Known(id) => {
            let name = view.model.person(id).map(crate::ui::model::Person::name);
            ui.horizontal(|ui| {
                mistake(ui, "Already in your list");
                if ui.button(format!("Open {}", name.unwrap_or_default())).clicked() {
                    go = Some(Go::Open);
                }
            });
        }
    }
    go
}

/// What the client says to the request.
fn answer(ui: &mut Ui, view: &View<'_>) {
    match view.model.refusal() {
        Some(refusal) => mistake(ui, &sentence(&refusal.to_string())),
        None if view.model.invitation().is_none() => {
            remark(ui, "Not connected yet: they are asked when the network answers.");
        }
        None => remark(ui, "Asking…"),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Go {
    Open,
}

/// Whether the field has the focus: Enter in it asks, also if it is empty.
fn nickname(ui: &mut Ui, state: &mut UiState, form: &mut AddForm) -> bool {
    let label = ui.label("Nickname (only here, gone when you quit; Enter for none)");
    let field = TextEdit::singleline(&mut form.nickname)
        .desired_width(f32::INFINITY)
        .char_limit(MAX_NICKNAME)
        .margin(egui::vec2(10.0, 8.0));
    let response = ui.add(field).labelled_by(label.id);
    if state.takes_focus(Focus::Nickname) {
        response.request_focus();
    }
    response.lost_focus()
}

fn ask(form: &mut AddForm, id: Id, asked: &mut Asked) {
    let nickname = Some(form.nickname.trim().to_owned()).filter(|name| !name.is_empty());
    asked.command(Command::Add { contact: form.text.trim().to_owned(), nickname });
    form.asked = Some(id);
}

/// Characters of a nickname: it stands in one line.
pub(crate) const MAX_NICKNAME: usize = 40;
