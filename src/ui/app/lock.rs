//! The lock: a window that shows nothing of what was said.

use egui::Context;
use egui::Ui;
use egui::ViewportCommand;

use super::super::action;
use super::super::action::Action;
use super::super::page;
use super::super::page::lock::Lock;
use super::super::page::lock::LockKind;
use super::super::page::lock::Seal;
use super::super::page::lock::Wanted;
use super::super::state::Focus;
use super::super::state::UiState;
use super::App;
use super::Stage;
use crate::net::client;
use crate::net::client::ProfileState;
use crate::net::local::Ending;
use crate::net::local::Relay;

impl App {
    /// Takes everything off the window. A profile with a passphrase is closed, whether or not the
    /// window is ever drawn again; another one could not be opened by anything that only its owner has.
    pub(super) fn lock(&mut self, ctx: &Context) {
        if matches!(self.stage, Stage::Connect) {
            return;
        }
        let state = self.profile.as_ref().map(|folder| client::profile_state(folder));
        let kind = match state {
            None => LockKind::Covered { ephemeral: true },
            Some(Ok(ProfileState::KeyFile)) => LockKind::Covered { ephemeral: false },
            // It is being made: there is nothing to hide yet.
            Some(Ok(ProfileState::New)) => return,
            // What cannot be looked at is closed rather than shown.
            Some(Ok(ProfileState::Passphrase) | Err(_)) => LockKind::Sealed(Seal::Closing),
        };
        if let LockKind::Sealed(_) = kind {
            self.state = UiState::default();
            self.close_beside(ctx);
        }
        // Fields remember what was typed in them.
        ctx.memory_mut(|memory| memory.data.clear());
        let here = matches!(self.relay, Some(Relay::Here(_)));
        self.lock = Some(Lock::new(kind, here));
        ctx.request_repaint();
    }

    /// Ends the session on a thread of its own: a window that is out of sight may get no frame in
    /// which it would be waited for.
    pub(super) fn close_beside(&mut self, ctx: &Context) {
        let stage = core::mem::replace(&mut self.stage, Stage::Connect);
        let Stage::Open(Some(session), _) = stage else { return };
        let ctx = ctx.clone();
        self.closing = Some(session.end(move || ctx.request_repaint()));
    }

    pub(super) fn frame_locked(&mut self, ui: &mut Ui) {
        for action in action::taken(ui.ctx()) {
            if let Action::ZoomIn
            | Action::ZoomOut
            | Action::ZoomReset
            | Action::Theme
            | Action::Quit = action
            {
                self.act(ui.ctx(), action);
            }
        }
        if let Stage::Open(_, model) = &mut self.stage {
            model.watch(None);
        }
        self.seal(ui.ctx());
        let Some(lock) = &mut self.lock else { return };
        let wanted = egui::CentralPanel::default().show(ui, |ui| page::lock::show(ui, lock)).inner;
        match wanted {
            None => {}
            Some(Wanted::Quit) => ui.send_viewport_cmd(ViewportCommand::Close),
            Some(Wanted::Unlock) => self.unlock(ui.ctx()),
        }
    }

    /// Goes on with closing the profile, or sees that it is open again.
    pub(super) fn seal(&mut self, ctx: &Context) {
        let Some(lock) = &mut self.lock else { return };
        let LockKind::Sealed(seal) = &mut lock.kind else { return };
        match seal {
            Seal::Closing => {
                if self.closing.as_ref().is_none_or(Ending::is_over) {
                    *seal = Seal::Closed;
                }
            }
            Seal::Closed => {}
            Seal::Opening => {
                if self.model().is_some_and(|model| model.own().is_some()) {
                    self.lock = None;
                    self.state.focus = Some(Focus::Composer);
                    ctx.request_repaint();
                }
            }
        }
    }

    pub(super) fn unlock(&mut self, ctx: &Context) {
        let Some(lock) = &mut self.lock else { return };
        let relay = self.relay.clone();
        match (lock.kind, relay) {
            (LockKind::Sealed(_), Some(relay)) => {
                (lock.kind, lock.error) = (LockKind::Sealed(Seal::Opening), None);
                // Until then its files are another's.
                if let Some(closing) = self.closing.take() {
                    closing.wait();
                }
                self.form.passphrase = core::mem::take(&mut lock.passphrase);
                ctx.memory_mut(|memory| memory.data.clear());
                self.start(relay, ctx);
            }
            _ => {
                self.lock = None;
                self.state.focus = Some(Focus::Composer);
                ctx.request_repaint();
            }
        }
    }
}
