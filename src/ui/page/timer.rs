//! When messages disappear: what is wanted, what holds, and how to agree.

use egui::Frame;
use egui::Margin;
use egui::Panel;
use egui::Ui;

use super::View;
use super::main_button;
use super::remark;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::ContactState;
use crate::net::client::event::Timer;
use crate::ui::model::Person;
use crate::ui::state::Asked;
use crate::ui::state::Dialog;
use crate::ui::state::Focus;
use crate::ui::state::UiState;
use crate::ui::text::span;
use crate::ui::theme::Tokens;

/// Below the header, while the two want different things: what, and a button to agree.
pub(super) fn proposal(ui: &mut Ui, person: &Person, asked: &mut Asked) {
    let Timer { agreed, own, theirs } = person.timer();
    if own == theirs || person.state() != ContactState::Matched {
        return;
    }
    let contact = person.id();
    let frame = Frame::new().inner_margin(Margin::symmetric(16, 6)).fill(Tokens::of(ui).side);
    Panel::top("timer").frame(frame).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            let (said, name, seconds) = if theirs == agreed {
                (format!("You propose: {}.", wish(own)), "Take it back", agreed)
            } else {
                (format!("They propose: {}.", wish(theirs)), "Agree", theirs)
            };
            ui.label(said);
            if ui.button(name).clicked() {
                asked.command(Command::Timer { contact, seconds: seconds_of(seconds) });
            }
            remark(ui, &format!("Until both agree: {}.", wish(agreed)));
        });
    });
}

/// Draws the choice.
pub(super) fn dialog(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    (contact, mut seconds): (Id, u32),
    asked: &mut Asked,
) -> Option<Dialog> {
    let person = view.model.person(&contact)?;
    let Timer { agreed, own, theirs } = person.timer();
    ui.heading("Disappearing messages");
    ui.label(
        "Messages that are written from now on are destroyed on both sides, so long after they \
         were read; what you write, so long after you wrote it. It holds when both of you want the \
         same.",
    );
    for choice in choices([agreed, own, theirs]) {
        let response = ui.radio_value(&mut seconds, choice, name(choice));
        if choice == own && state.takes_focus(Focus::First) {
            response.request_focus();
        }
    }
    remark(ui, &format!("Now: {}. They want: {}.", wish(agreed), wish(theirs)));
    let mut open = true;
    ui.horizontal(|ui| {
        if main_button(ui, seconds != own, "Propose").clicked() {
            asked.command(Command::Timer { contact, seconds: seconds_of(seconds) });
            open = false;
        }
        open &= !ui.button("Cancel").clicked();
    });
    open.then_some(Dialog::Timer { contact, seconds })
}

/// The usual ones, and whatever else is wanted or holds.
fn choices(others: [u32; 3]) -> Vec<u32> {
    let mut choices: Vec<_> = USUAL.into_iter().chain(others).collect();
    choices.sort_unstable();
    choices.dedup();
    choices
}

/// As a choice.
pub(super) fn name(seconds: u32) -> String {
    if seconds == 0 { "Off".into() } else { span(seconds) }
}

fn wish(seconds: u32) -> String {
    if seconds == 0 { "messages stay".into() } else { format!("gone after {}", span(seconds)) }
}

fn seconds_of(seconds: u32) -> Option<u32> {
    Some(seconds).filter(|seconds| *seconds > 0)
}

/// Off, five minutes, an hour, a day, a week.
const USUAL: [u32; 5] = [0, 300, 3_600, 86_400, 604_800];
