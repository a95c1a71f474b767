//! The window is locked: nothing of what was said is on it.

use egui::Key;
use egui::RichText;
use egui::TextEdit;
use egui::Ui;
use zeroize::Zeroizing;

use super::main_button;
use super::mistake;
use super::remark;

/// Why the window shows nothing, and what brings it back.
pub(crate) struct Lock {
    pub(crate) kind: LockKind,
    /// Whether the network runs here, and ends with the session.
    pub(crate) here: bool,
    pub(crate) passphrase: Zeroizing<String>,
    /// Why it stays locked.
    pub(crate) error: Option<String>,
    pub(crate) focused: bool,
}

/// What is behind a locked window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockKind {
    /// The session goes on: nothing could be asked for that opens it again.
    Covered {
        /// Whether it is not on the disk either.
        ephemeral: bool,
    },
    /// The profile is being closed, or was; a passphrase opens it again.
    Sealed(Seal),
}

/// How far a profile is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seal {
    /// It is under way, on a thread of its own.
    Closing,
    /// The profile is closed.
    Closed,
    /// It is being opened.
    Opening,
}

/// What somebody wants of a locked window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Unlock,
    Quit,
}

impl Lock {
    pub(crate) fn new(kind: LockKind, here: bool) -> Self {
        Self { kind, here, passphrase: Zeroizing::default(), error: None, focused: false }
    }
}

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, lock: &mut Lock) -> Option<Wanted> {
    let width = (ui.available_width() - 32.0).min(460.0);
    let side = ((ui.available_width() - width) / 2.0).max(0.0);
    ui.add_space((ui.available_height() * 0.2).clamp(16.0, 160.0));
    ui.horizontal_top(|ui| {
        ui.add_space(side);
        ui.vertical(|ui| {
            ui.set_width(width);
            ui.label(RichText::new("Locked").heading());
            match lock.kind {
                LockKind::Covered { ephemeral } => covered(ui, lock, ephemeral),
                LockKind::Sealed(seal) => sealed(ui, lock, seal),
            }
        })
        .inner
    })
    .inner
}

fn covered(ui: &mut Ui, lock: &mut Lock, ephemeral: bool) -> Option<Wanted> {
    ui.label(if ephemeral { EPHEMERAL } else { NO_PASSPHRASE });
    let (show, quit) =
        ui.horizontal(|ui| (main_button(ui, true, "Show again"), ui.button("Quit"))).inner;
    if !core::mem::replace(&mut lock.focused, true) {
        show.request_focus();
    }
    let show = show.clicked().then_some(Wanted::Unlock);
    show.or_else(|| quit.clicked().then_some(Wanted::Quit))
}

fn sealed(ui: &mut Ui, lock: &mut Lock, seal: Seal) -> Option<Wanted> {
    ui.label(if seal == Seal::Closing { CLOSING } else { SEALED });
    if lock.here {
        ui.label("The network on this computer stands still for everybody until then.");
    }
    ui.add_space(8.0);
    let label = ui.label("Passphrase of your profile");
    let field = TextEdit::singleline(&mut *lock.passphrase)
        .password(true)
        .desired_width(f32::INFINITY)
        .margin(egui::vec2(10.0, 8.0));
    let field = ui.add_enabled(seal != Seal::Opening, field).labelled_by(label.id);
    if seal != Seal::Opening && !core::mem::replace(&mut lock.focused, true) {
        field.request_focus();
    }
    match (&lock.error, seal) {
        (_, Seal::Opening) => remark(ui, "Opening the profile…"),
        (Some(error), _) => mistake(ui, error),
        (None, _) => {}
    }
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let is_ready = seal != Seal::Opening && !lock.passphrase.is_empty();
    let (unlock, quit) =
        ui.horizontal(|ui| (main_button(ui, is_ready, "Unlock"), ui.button("Quit"))).inner;
    if entered && !is_ready {
        field.request_focus();
    }
    let unlock = (is_ready && (unlock.clicked() || entered)).then_some(Wanted::Unlock);
    unlock.or_else(|| quit.clicked().then_some(Wanted::Quit))
}

const CLOSING: &str = "The profile is being closed. What was typed and not sent is gone.";
const SEALED: &str = "The profile is closed, and its keys are gone from memory. Nothing is received or \
                      sent meanwhile; what comes waits on the relay, files go on later. What was \
                      typed and not sent is gone.";
const NO_PASSPHRASE: &str = "The window is covered, and no more than that: your profile has no \
                             passphrase to ask for, so it stays open, messages arrive, and whoever \
                             is at this computer can show them again.";
const EPHEMERAL: &str = "The window is covered, and no more than that: nothing of this session is on \
                         the disk, so closing it would end it. Messages arrive, and whoever is at \
                         this computer can show them again.";
