//! The pages, one file each. A page draws what it is given and says what is to be done.

mod about_to;
pub(crate) mod add;
pub(crate) mod composer;
pub(crate) mod connect;
pub(crate) mod conversation;
mod details;
pub(crate) mod dialogs;
pub(crate) mod drop;
mod ended;
mod exposure;
mod find;
pub(crate) mod halt;
pub(crate) mod lock;
pub(crate) mod main;
pub(crate) mod messages;
pub(crate) mod people;
pub(crate) mod private;
mod send_file;
mod settings;
pub(crate) mod status;
mod timer;
pub(crate) mod waiting;

use core::time::Duration;
use std::path::Path;

use egui::Button;
use egui::Response;
use egui::RichText;
use egui::Ui;

use super::clock::Clock;
use super::model::ViewModel;
use super::state::Copied;
use super::state::UiState;
use super::theme::Tokens;
use crate::net::client::exposure::Exposure;

/// What a page is drawn from.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) model: &'a ViewModel,
    pub(crate) clock: &'a Clock,
    /// On the clock of [`ViewModel::fold`].
    pub(crate) now: Duration,
    /// Where files go that are accepted.
    pub(crate) downloads: Option<&'a Path>,
    /// What the relay has seen, while somebody wants to know.
    pub(crate) exposure: Option<&'a Exposure>,
}

/// A button for what one should do next.
pub(crate) fn main_button(ui: &mut Ui, enabled: bool, text: &str) -> Response {
    let tokens = Tokens::of(ui);
    let label = RichText::new(text).color(tokens.on_accent).strong();
    ui.add_enabled(enabled, Button::new(label).fill(tokens.accent))
}

/// A button for what cannot be taken back.
pub(crate) fn grave_button(ui: &mut Ui, text: &str) -> Response {
    let error = Tokens::of(ui).error;
    ui.add(Button::new(RichText::new(text).color(error)))
}

/// What is wrong, in red.
pub(crate) fn mistake(ui: &mut Ui, sentence: &str) {
    let error = Tokens::of(ui).error;
    ui.label(RichText::new(sentence).color(error));
}

/// What is said in passing.
pub(crate) fn remark(ui: &mut Ui, text: &str) {
    let weak = Tokens::of(ui).weak;
    ui.label(RichText::new(text).color(weak));
}

/// A button that copies a text, and says so until something else is copied.
pub(crate) fn copy_button(
    ui: &mut Ui,
    state: &mut UiState,
    [before, after]: [&str; 2],
    what: Copied,
    text: &str,
) {
    let label = if state.copied == Some(what) { after } else { before };
    if ui.button(label).clicked() {
        ui.copy_text(text.to_owned());
        state.copied = Some(what);
    }
}
