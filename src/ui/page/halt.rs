//! Page 7: nothing is sent until a person has decided, for another network answers, or the relay's
//! keys are wrong.

use egui::Frame;
use egui::Key;
use egui::Margin;
use egui::RichText;
use egui::TextEdit;
use egui::Ui;

use super::View;
use super::grave_button;
use super::main_button;
use super::mistake;
use super::remark;
use crate::id::Fingerprint;
use crate::net::client::Command;
use crate::net::client::event::Failure;
use crate::ui::model::Halt;
use crate::ui::state::Asked;
use crate::ui::state::Focus;
use crate::ui::state::Leave;
use crate::ui::state::UiState;
use crate::ui::text;
use crate::ui::theme::Tokens;

/// Draws the stop over the whole window.
pub(crate) fn show(
    ui: &mut Ui,
    view: &View<'_>,
    halt: &Halt,
    state: &mut UiState,
    asked: &mut Asked,
) {
    centered(ui, |ui| match halt {
        Halt::AnotherNetwork { address, expected, found } => {
            heading(ui, &format!("Another network answers at {}", address.place()));
            ui.label("Nothing was sent.");
            ui.add_space(8.0);
            fingerprint(ui, "Expected", expected);
            fingerprint(ui, "Found", found);
            ui.add_space(8.0);
            accept(ui, view, found, state, asked);
        }
        Halt::BadKeys { address, reason } => {
            heading(ui, &format!("The relay at {} is not to be trusted", address.place()));
            ui.label(text::sentence(&reason.to_string()));
            ui.label("Nothing was sent.");
            ui.add_space(8.0);
            ui.label(text::bad_keys(*reason));
            ui.horizontal(|ui| {
                if ui.button("Try again").clicked() {
                    asked.command(Command::Reconnect);
                }
                ways_out(ui, asked);
            });
        }
    });
}

/// Says that the client has ended by itself.
pub(crate) fn ended(ui: &mut Ui, failure: Failure, asked: &mut Asked) {
    centered(ui, |ui| {
        heading(ui, "Closed");
        ui.label(text::sentence(&failure.to_string()));
        ui.horizontal(|ui| ways_out(ui, asked));
    });
}

fn centered(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let width = (ui.available_width() - 48.0).min(620.0);
    let side = ((ui.available_width() - width) / 2.0).max(0.0);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.add_space((ui.available_height() * 0.12).clamp(16.0, 96.0));
        ui.horizontal_top(|ui| {
            ui.add_space(side);
            ui.vertical(|ui| {
                ui.set_width(width);
                content(ui);
            });
        });
    });
}

fn heading(ui: &mut Ui, text: &str) {
    let error = Tokens::of(ui).error;
    ui.label(RichText::new(text).heading().color(error));
}

/// In groups; it cannot be selected, for it is to be typed from what the operator handed out.
fn fingerprint(ui: &mut Ui, name: &str, fingerprint: &Fingerprint) {
    let tokens = Tokens::of(ui);
    let frame = Frame::new().fill(tokens.side).corner_radius(8.0).inner_margin(Margin::same(10));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        remark(ui, name);
        let lines = text::in_lines(&fingerprint.to_string(), 7);
        ui.add(egui::Label::new(RichText::new(lines).monospace()).selectable(false));
    });
}

fn accept(
    ui: &mut Ui,
    view: &View<'_>,
    found: &Fingerprint,
    state: &mut UiState,
    asked: &mut Asked,
) {
    ui.label(
        "If its operator told you that it changed: type at least 20 characters of the new \
         fingerprint as you got them from the operator, or paste the whole new address.",
    );
    let label = ui.label("New fingerprint or address");
    let field = TextEdit::singleline(&mut state.trust)
        .font(egui::TextStyle::Monospace)
        .desired_width(f32::INFINITY)
        .margin(egui::vec2(10.0, 8.0));
    let response = ui.add(field).labelled_by(label.id);
    if state.takes_focus(Focus::First) {
        response.request_focus();
    }
    if response.changed() {
        asked.forget_refusal = true;
    }
    let typed = typed(&state.trust, &found.to_string());
    match (&typed, view.model.refusal()) {
        (_, Some(refusal)) => mistake(ui, &text::sentence(&refusal.to_string())),
        (Typed::Differs(at), None) => {
            mistake(ui, &format!("Character {at} differs from the new fingerprint."));
        }
        (Typed::SoFar(n), None) => remark(ui, &format!("{n} of {LEAST_TYPED} characters")),
        (Typed::Enough, None) => remark(ui, "This is the network that answers."),
        (Typed::Address, None) => remark(ui, "An address."),
    }
    let ready = matches!(typed, Typed::Enough | Typed::Address);
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    ui.horizontal(|ui| {
        if main_button(ui, ready, "Accept the new network").clicked() || (entered && ready) {
            asked.command(Command::Trust { typed: state.trust.clone() });
        }
        ways_out(ui, asked);
    });
}

fn ways_out(ui: &mut Ui, asked: &mut Asked) {
    if ui.button("Join another network").clicked() {
        asked.leave = Some(Leave::Network);
    }
    if grave_button(ui, "Quit").clicked() {
        asked.leave = Some(Leave::Program);
    }
}

/// How what is typed stands to the fingerprint that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Typed {
    SoFar(usize),
    /// The first character that is another one, counted from 1.
    Differs(usize),
    Enough,
    /// An address or invitation: the client reads it.
    Address,
}

fn typed(text: &str, found: &str) -> Typed {
    if text.contains('#') || text.contains(':') {
        return Typed::Address;
    }
    let typed = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let typed: Vec<char> = typed
        .map(|c| match c.to_ascii_lowercase() {
            'i' | 'l' => '1',
            'o' => '0',
            other => other,
        })
        .collect();
    let mut found = found.chars();
    for (at, c) in (1..).zip(&typed) {
        if found.next() != Some(*c) {
            return Typed::Differs(at);
        }
    }
    if typed.len() < LEAST_TYPED { Typed::SoFar(typed.len()) } else { Typed::Enough }
}

/// 100 bits: nobody makes a second network with the same beginning.
const LEAST_TYPED: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_characters_are_enough_and_one_wrong_is_named() {
        let found = "axp35whaeg1xhq22pvtn7yv12829nnpvgnavy5d3vshnqa514b3scaa1";
        assert_eq!(typed("", found), Typed::SoFar(0));
        assert_eq!(typed("axp3 5wha", found), Typed::SoFar(8));
        assert_eq!(typed("AXP3-5whb", found), Typed::Differs(8));
        assert_eq!(typed("axp35whaegixhq22pvt", found), Typed::SoFar(19));
        assert_eq!(typed("axp35whaeglxhq22pvtn", found), Typed::Enough);
        assert_eq!(typed(&format!("{found}0"), found), Typed::Differs(57));
        assert_eq!(typed("relay.example:6174#axp3", found), Typed::Address);
    }
}
