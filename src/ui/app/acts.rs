//! What a person does.

use egui::Context;
use egui::Ui;
use egui::ViewportCommand;

use super::super::action::Action;
use super::super::list::Anchor;
use super::super::model::Person;
use super::super::model::Watched;
use super::super::page;
use super::super::state::Asked;
use super::super::state::Copied;
use super::super::state::Dialog;
use super::super::state::FileForm;
use super::super::state::Focus;
use super::super::state::Jump;
use super::super::state::Leave;
use super::super::state::UiState;
use super::super::text;
use super::super::theme;
use super::App;
use super::Stage;
use crate::net::client;
use crate::net::client::event::ContactState;

impl App {
    /// What was typed behind an Enter in the last frame comes first in this one.
    pub(super) fn give_back(&mut self, ui: &Ui) {
        let held = core::mem::take(&mut self.state.held);
        if !held.is_empty() {
            ui.input_mut(|input| drop(input.events.splice(..0, held)));
        }
    }

    pub(super) fn act(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::ZoomIn => egui::gui_zoom::zoom_in(ctx),
            Action::ZoomOut => egui::gui_zoom::zoom_out(ctx),
            Action::ZoomReset => ctx.set_zoom_factor(1.0),
            Action::Theme => ctx.set_theme(match ctx.theme() {
                egui::Theme::Dark => egui::Theme::Light,
                egui::Theme::Light => egui::Theme::Dark,
            }),
            Action::Lock => self.lock(ctx),
            Action::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            _ => self.act_on_people(ctx, action),
        }
    }

    /// Only where there are people: not before the profile is open, nor while everything stands.
    pub(super) fn act_on_people(&mut self, ctx: &Context, action: Action) {
        let Stage::Open(_, model) = &self.stage else { return };
        let Some(own) = model.own().filter(|_| model.halt().is_none()) else { return };
        let state = &mut self.state;
        match action {
            Action::Add => state.add(),
            Action::CopyId => {
                ctx.copy_text(own.id.compact());
                state.copied = Some(Copied::OwnId);
            }
            Action::ShowId => state.show(Dialog::OwnId),
            Action::Help => state.show(Dialog::Keys),
            Action::Exposure => state.show(Dialog::Exposure),
            Action::Settings => state.show(Dialog::Settings { wipe: String::new() }),
            Action::MessageMenu | Action::Reply => {
                if let Some(person) = state.current.and_then(|id| model.person(&id)) {
                    state.on_message(action, person);
                }
            }
            Action::Find => {
                (state.dialog, state.focus) = (None, Some(Focus::Search));
                if ctx.content_rect().width() < theme::NARROW {
                    state.current = None;
                }
            }
            Action::FindText if state.current.is_some() && state.dialog.is_none() => {
                state.find.get_or_insert_default();
                state.focus = Some(Focus::Find);
            }
            Action::Next => state.step(model.people(), true),
            Action::Previous => state.step(model.people(), false),
            Action::Rename => {
                if let Some(person) = state.current.and_then(|id| model.person(&id)) {
                    state.show(page::dialogs::renaming(person));
                }
            }
            Action::File => {
                let person = state.current.and_then(|id| model.person(&id));
                let open = person.filter(|person| person.state() == ContactState::Matched);
                if let Some(contact) = open.map(Person::id).filter(|_| state.dialog.is_none()) {
                    state.show(Dialog::SendFile { contact, form: FileForm::default() });
                }
            }
            Action::PageUp => state.pages -= PAGE,
            Action::PageDown => state.pages += PAGE,
            Action::Top => state.jump = Some(Jump::Top),
            Action::End => state.jump = Some(Jump::End),
            _ => {}
        }
    }

    pub(super) fn carry_out(&mut self, ui: &Ui, asked: Asked) {
        let Asked { commands, dismissed, forget_refusal, leave } = asked;
        if let Stage::Open(session, model) = &mut self.stage {
            if forget_refusal {
                model.forget_refusal();
            }
            if let Some(notice) = dismissed {
                model.dismiss(&notice);
            }
            for command in commands {
                model.asked(&command);
                match session {
                    Some(session) => session.send(command),
                    None => self.unheard.push(command),
                }
            }
        }
        match leave {
            None => {}
            Some(Leave::Program) => ui.send_viewport_cmd(ViewportCommand::Close),
            Some(Leave::Network) => {
                self.close();
                (self.state, self.form.focused, self.halted) = (UiState::default(), false, false);
                self.look_at_profile();
            }
            Some(Leave::Wipe) => self.wipe(ui),
        }
        if !self.state.held.is_empty() || self.state.focus.is_some() {
            ui.ctx().request_repaint();
        }
    }

    /// Ends the session, for it holds the profile, and destroys that. What goes wrong is said on the
    /// first page.
    pub(super) fn wipe(&mut self, ui: &Ui) {
        self.close();
        (self.state, self.form.focused, self.halted) = (UiState::default(), false, false);
        match self.profile.as_ref().map(|folder| client::wipe(folder)) {
            Some(Err(error)) => self.form.error = Some(text::sentence(&error.to_string())),
            _ => ui.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    /// A message is seen when it is in view in a window that has the focus.
    pub(super) fn watch(&mut self, ui: &Ui) {
        let state = &mut self.state;
        let in_view = state.in_view.take().filter(|_| state.dialog.is_none());
        let at_end = |id: &_| state.anchors.get(id).is_none_or(|anchor| *anchor == Anchor::End);
        let open = state.current.filter(|_| ui.input(|input| input.focused));
        let watched =
            open.map(|contact| Watched { contact, at_end: in_view.is_some() && at_end(&contact) });
        let Stage::Open(session, model) = &mut self.stage else { return };
        model.watch(watched);
        let seen = in_view.filter(|_| open.is_some());
        let Some(command) = seen.and_then(|place| model.saw(open?, place)) else { return };
        match session {
            Some(session) => session.send(command),
            None => self.unheard.push(command),
        }
        ui.ctx().request_repaint();
    }
}

impl UiState {
    /// What is meant is the message that has the focus, or the newest one.
    pub(super) fn on_message(&mut self, action: Action, person: &Person) {
        let conversation = person.conversation();
        let focused = self.focused.and_then(|id| conversation.find(&id));
        let newest = || conversation.last().inspect(|_| self.jump = Some(Jump::End));
        let Some(line) = focused.or_else(newest).filter(|_| self.dialog.is_none()) else { return };
        if action == Action::MessageMenu {
            self.menu = Some(line.id);
        } else if person.state() == ContactState::Matched && !line.deleted {
            self.reply(person.id(), line.id);
        }
    }

    /// Closes or clears the nearest thing.
    pub(super) fn escape(&mut self, narrow: bool) {
        self.focus = Some(Focus::Composer);
        if self.find.take().is_some() {
            return;
        }
        if !self.search.is_empty() {
            self.search.clear();
            return;
        }
        let Some(current) = self.current else { return };
        if self.put_aside(current) {
            return;
        }
        let anchor = self.anchors.entry(current).or_default();
        if *anchor != Anchor::End {
            *anchor = Anchor::End;
        } else if narrow {
            self.current = None;
        }
    }

    /// Goes to the conversation below or above, around the ends.
    pub(super) fn step(&mut self, people: &[Person], down: bool) {
        let at = people.iter().position(|person| Some(person.id()) == self.current);
        let last = people.len().saturating_sub(1);
        let next = match (at, down) {
            (None, true) => 0,
            (None, false) => last,
            (Some(at), true) => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            (Some(at), false) => at.checked_sub(1).unwrap_or(last),
        };
        if let Some(person) = people.get(next) {
            self.open(person.id());
        }
    }
}

/// How much of the view a page key moves.
const PAGE: f32 = 0.9;
