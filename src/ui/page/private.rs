//! The network is private: its secret is asked for, above whatever can be read meanwhile.

use egui::Frame;
use egui::Key;
use egui::Margin;
use egui::Panel;
use egui::RichText;
use egui::TextEdit;
use egui::Ui;

use super::View;
use super::main_button;
use super::mistake;
use super::remark;
use crate::net::client::Command;
use crate::net::client::event::OfflineReason;
use crate::ui::model::LinkView;
use crate::ui::state::Asked;
use crate::ui::state::Focus;
use crate::ui::state::UiState;
use crate::ui::theme::Tokens;

/// Whether the network waits for its secret.
pub(crate) fn is_wanted(link: LinkView) -> bool {
    let reasons = [OfflineReason::Private, OfflineReason::WrongSecret];
    matches!(link, LinkView::Offline { reason, .. } if reasons.contains(&reason))
}

/// Asks for the secret, if the network does.
pub(crate) fn show(ui: &mut Ui, view: &View<'_>, state: &mut UiState, asked: &mut Asked) {
    let LinkView::Offline { reason, .. } = view.model.link_view() else { return };
    if !is_wanted(view.model.link_view()) {
        return;
    }
    let frame = Frame::new().inner_margin(Margin::symmetric(16, 12)).fill(Tokens::of(ui).side);
    Panel::top("private").frame(frame).show(ui, |ui| {
        ui.label(RichText::new("This network is private").strong().size(16.0));
        if reason == OfflineReason::WrongSecret {
            mistake(ui, "The network has another secret than the one that it was told.");
        }
        let label = ui.label("Secret of the network, 64 hexadecimal digits from its operator");
        let (mut clicked, mut entered) = (false, false);
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut *state.secret)
                .password(true)
                .desired_width((ui.available_width() - BESIDE).max(LEAST))
                .margin(egui::vec2(10.0, 8.0));
            let response = ui.add(field).labelled_by(label.id);
            if state.takes_focus(Focus::Secret) {
                response.request_focus();
            }
            entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            clicked = main_button(ui, typed(&state.secret) == Typed::Whole, "Join").clicked();
        });
        match typed(&state.secret) {
            Typed::SoFar(0) => remark(ui, "It is not sent, and the same for everybody."),
            Typed::SoFar(n) => remark(ui, &format!("{n} of {DIGITS} digits")),
            Typed::Not(at) => {
                mistake(ui, &format!("Character {at} is no hexadecimal digit (0-9, a-f)."));
            }
            Typed::TooLong(n) => mistake(ui, &format!("{n} digits; a secret has {DIGITS}.")),
            Typed::Whole if clicked || entered => {
                asked.command(Command::Join { secret: core::mem::take(&mut state.secret) });
            }
            Typed::Whole => remark(ui, "As long as a secret."),
        }
        if entered && !state.secret.is_empty() {
            state.focus = Some(Focus::Secret);
        }
    });
}

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Typed {
    SoFar(usize),
    /// The first character that is no digit, counted from 1.
    Not(usize),
    TooLong(usize),
    Whole,
}

fn typed(text: &str) -> Typed {
    let text = text.trim();
    if let Some(at) = text.chars().position(|c| !c.is_ascii_hexdigit()) {
        return Typed::Not(at.saturating_add(1));
    }
    match text.len() {
        DIGITS => Typed::Whole,
        n if n < DIGITS => Typed::SoFar(n),
        n => Typed::TooLong(n),
    }
}

/// 32 bytes.
const DIGITS: usize = 64;
/// What stands beside the field.
const BESIDE: f32 = 80.0;
/// The field at its narrowest.
const LEAST: f32 = 80.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_64_digits_and_what_is_wrong_is_named() {
        assert_eq!(typed(""), Typed::SoFar(0));
        assert_eq!(typed("00fF"), Typed::SoFar(4));
        assert_eq!(typed("00 f"), Typed::Not(3));
        assert_eq!(typed("0é"), Typed::Not(2));
        let whole = "0123456789abcdefABCDEF".repeat(3)[..64].to_owned();
        assert_eq!(typed(&whole), Typed::Whole);
        assert_eq!(typed(&format!(" {whole}\n")), Typed::Whole);
        assert_eq!(typed(&format!("{whole}0")), Typed::TooLong(65));
    }
}
