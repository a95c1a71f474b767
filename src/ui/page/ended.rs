//! A conversation that the contact ended, and messages and requests that are to be destroyed.

use egui::Ui;

use super::View;
use super::composer;
use super::grave_button;
use super::remark;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::ContactState;
use crate::net::client::event::MessageId;
use crate::ui::bubble::quote;
use crate::ui::model::Person;
use crate::ui::state::Asked;
use crate::ui::state::Dialog;
use crate::ui::state::Focus;
use crate::ui::state::UiState;

/// In the place of the field in which one writes.
pub(super) fn strip(ui: &mut Ui, state: &mut UiState, person: &Person) {
    composer::panel(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.strong("They ended the conversation.");
            remark(ui, "It opens again by itself if they ask you anew.");
        });
        ui.horizontal(|ui| {
            if ui.button("Ask again").clicked() {
                state.show(Dialog::AskAgain(person.id()));
            }
            if ui.button("Remove").clicked() {
                state.show(Dialog::Remove(person.id()));
            }
        });
    });
}

/// Whether to begin from nothing with somebody who ended the conversation.
pub(super) fn ask_again(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    contact: Id,
    asked: &mut Asked,
) -> Option<Dialog> {
    let person = view.model.person(&contact)?;
    ui.heading(format!("Ask {} again?", person.name()));
    ui.label(
        "A new request is made, and the conversation begins from nothing: its keys and messages \
         are destroyed here. It opens when they ask you too.",
    );
    let answer = question(ui, state, &["Ask again"]);
    if answer == Answer::Does(0) {
        let nickname = person.nickname().map(str::to_owned);
        asked.command(Command::Remove { contact });
        asked.command(Command::Add { contact: contact.compact(), nickname });
    }
    (answer == Answer::None).then_some(Dialog::AskAgain(contact))
}

/// Where a message is to be destroyed.
pub(super) fn delete(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    (contact, message): (Id, MessageId),
    asked: &mut Asked,
) -> Option<Dialog> {
    let person = view.model.person(&contact)?;
    let line = person.conversation().find(&message)?;
    ui.heading("Delete this message?");
    remark(ui, &quote::words(line));
    let both = line.is_own() && !line.deleted && person.state() != ContactState::Ended;
    let ways: &[_] = if both { &["Delete here", "Delete for both"] } else { &["Delete here"] };
    let answer = question(ui, state, ways);
    if let Answer::Does(way) = answer {
        asked.command(Command::Delete { contact, message, for_both: way == 1 });
    }
    (answer == Answer::None).then_some(Dialog::Delete { contact, message })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    None,
    Cancel,
    /// One of those that were offered.
    Does(usize),
}

/// Buttons for what cannot be taken back, and one that leaves everything as it is.
fn question(ui: &mut Ui, state: &mut UiState, ways: &[&str]) -> Answer {
    let mut answer = Answer::None;
    ui.horizontal(|ui| {
        for (at, way) in ways.iter().enumerate() {
            if grave_button(ui, way).clicked() {
                answer = Answer::Does(at);
            }
        }
        let cancel = ui.button("Cancel");
        if state.takes_focus(Focus::First) {
            cancel.request_focus();
        }
        if cancel.clicked() {
            answer = Answer::Cancel;
        }
    });
    answer
}
