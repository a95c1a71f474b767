//! One frame after the other: what the client says in, pages drawn, what somebody wants out.

mod acts;
mod lock;
mod session;
use core::time::Duration;
use std::path::PathBuf;

use egui::Context;
use egui::Key;
use egui::Modifiers;
use egui::Popup;
use egui::Ui;
use zeroize::Zeroizing;

use super::action;
use super::clock::Clock;
use super::model::ViewModel;
use super::page;
use super::page::View;
use super::page::connect::ConnectForm;
use super::page::lock::Lock;
use super::page::remark;
use super::state::Asked;
use super::state::Dialog;
use super::state::Focus;
use super::state::UiState;
use super::theme;
use crate::net::client;
use crate::net::client::ChannelOptions;
use crate::net::client::Command;
use crate::net::client::Event;
use crate::net::client::ProfileState;
use crate::net::client::Target;
use crate::net::local::Ending;
use crate::net::local::Relay;
use crate::net::local::Session;

/// What a window is opened with.
pub struct Start {
    /// The network, if one was named: an address or an invitation.
    pub target: Option<Target>,
    /// The port of a network that is named without one.
    pub port: u16,
    /// The proxy through which everything goes, as it was typed; nothing for none.
    pub proxy: String,
    /// What the channel is made of.
    pub channel: ChannelOptions,
    /// The profile's folder; without one nothing touches the disk.
    pub profile: Option<PathBuf>,
    /// What is said before anything else.
    pub first: Option<Command>,
    /// The profile's passphrase, if it was given with the program's start.
    pub passphrase: Option<Zeroizing<String>>,
}

/// The whole front end but for the window that it is drawn in.
pub struct App {
    profile: Option<PathBuf>,
    first: Option<Command>,
    port: u16,
    form: ConnectForm,
    stage: Stage,
    state: UiState,
    /// The network that was joined last.
    relay: Option<Relay>,
    lock: Option<Lock>,
    /// A session that ends while the window is locked.
    closing: Option<Ending>,
    clock: Clock,
    /// Where files go that are accepted.
    downloads: Option<PathBuf>,
    halted: bool,
    /// Whether the network's secret was asked for in the last frame.
    private: bool,
    /// What was asked while no client was there to hear it.
    unheard: Vec<Command>,
}

enum Stage {
    /// No network is chosen.
    Connect,
    /// A session runs, or something is shown without one.
    Open(Option<Session>, Box<ViewModel>),
}

impl App {
    /// Opens the network that was named, or the page on which to name one.
    #[must_use]
    pub fn new(start: Start, clock: Clock, ctx: &Context) -> Self {
        let Start { target, port, proxy, channel, profile, first, passphrase } = start;
        let form = ConnectForm {
            address: target.as_ref().map(named).unwrap_or_default(),
            proxy,
            channel,
            passphrase: passphrase.unwrap_or_default(),
            profile: None,
            error: None,
            focused: false,
        };
        let mut app = Self::at(Stage::Connect, form, clock, ctx);
        (app.profile, app.port, app.first) = (profile, port, first);
        app.look_at_profile();
        let locked = app.form.profile == Some(ProfileState::Passphrase);
        let ready = app.form.error.is_none() && !(locked && app.form.passphrase.is_empty());
        if let Some(target) = target.filter(|_| ready) {
            app.join(&target, ctx);
        }
        app
    }

    /// Shows something without a client behind it, for benches, tests and pictures.
    #[must_use]
    pub fn of(model: ViewModel, clock: Clock, ctx: &Context) -> Self {
        let form = ConnectForm {
            address: String::new(),
            proxy: String::new(),
            channel: ChannelOptions::default(),
            passphrase: Zeroizing::default(),
            profile: None,
            error: None,
            focused: false,
        };
        Self::at(Stage::Open(None, Box::new(model)), form, clock, ctx)
    }

    fn at(stage: Stage, form: ConnectForm, clock: Clock, ctx: &Context) -> Self {
        theme::apply(ctx);
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let (profile, port) = (None, crate::id::DEFAULT_PORT);
        let (state, halted, private) = (UiState::default(), false, false);
        let (first, unheard) = (None, Vec::new());
        let downloads = client::download_folder();
        Self {
            profile,
            port,
            first,
            form,
            stage,
            state,
            relay: None,
            lock: None,
            closing: None,
            clock,
            downloads,
            halted,
            private,
            unheard,
        }
    }

    /// Says something in the place of the client that is missing behind [`App::of`].
    pub fn tell(&mut self, event: Event) {
        if let Stage::Open(None, model) = &mut self.stage {
            self.unheard.extend(model.fold(event, Duration::ZERO));
        }
    }

    /// What has been asked of the client that is missing behind [`App::of`].
    pub fn take_asked(&mut self) -> Vec<Command> {
        core::mem::take(&mut self.unheard)
    }

    /// Shows the conversation with somebody.
    pub fn open(&mut self, contact: crate::id::Id) {
        self.state.open(contact);
    }

    /// What is shown; nothing before a network is chosen.
    #[must_use]
    pub fn model(&self) -> Option<&ViewModel> {
        match &self.stage {
            Stage::Connect => None,
            Stage::Open(_, model) => Some(model),
        }
    }

    /// Takes in what the client has said, and draws.
    pub fn frame(&mut self, ui: &mut Ui) {
        let now = now(ui);
        self.take_reports(ui.ctx(), now);
        if self.lock.is_some() {
            return self.frame_locked(ui);
        }
        self.give_back(ui);
        let chosen = self.state.chosen.take();
        for action in action::taken(ui.ctx()).into_iter().chain(chosen) {
            self.act(ui.ctx(), action);
        }
        if self.lock.is_some() {
            return self.frame_locked(ui);
        }
        let mut asked = Asked::default();
        self.draw(ui, now, &mut asked);
        self.carry_out(ui, asked);
        self.watch(ui);
    }

    /// Ends the session and waits for it.
    pub fn close(&mut self) {
        if let Some(closing) = self.closing.take() {
            closing.wait();
        }
        if let Stage::Open(session, _) = core::mem::replace(&mut self.stage, Stage::Connect)
            && let Some(session) = session
        {
            session.close();
        }
    }

    fn draw(&mut self, ui: &mut Ui, now: Duration, asked: &mut Asked) {
        let Stage::Open(session, model) = &self.stage else {
            let choice = egui::CentralPanel::default()
                .show(ui, |ui| page::connect::show(ui, &mut self.form))
                .inner;
            if let Some(choice) = choice {
                self.chose(choice, ui.ctx());
            }
            return;
        };
        let state = &mut self.state;
        let asked_for = state.dialog == Some(Dialog::Exposure);
        let exposure = session.as_ref().filter(|_| asked_for).and_then(Session::exposure);
        let (clock, downloads) = (&self.clock, self.downloads.as_deref());
        let view = View { model, clock, now, downloads, exposure: exposure.as_ref() };
        if model.halt().is_some() != self.halted {
            self.halted = model.halt().is_some();
            state.focus = Some(if self.halted { Focus::First } else { Focus::Composer });
            state.trust.clear();
            state.dialog = None;
        }
        let private = page::private::is_wanted(model.link_view());
        if private != core::mem::replace(&mut self.private, private) {
            state.focus = Some(if private { Focus::Secret } else { Focus::Composer });
        }
        if let Some(Some(failure)) = model.closed() {
            egui::CentralPanel::default().show(ui, |ui| page::halt::ended(ui, failure, asked));
        } else if let Some(halt) = model.halt() {
            let panel = egui::CentralPanel::default();
            panel.show(ui, |ui| page::halt::show(ui, &view, halt, state, asked));
        } else if model.own().is_some() {
            let closes = state.dialog.is_none() && !Popup::is_any_open(ui.ctx());
            page::main::show(ui, &view, state, asked);
            if closes && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
                state.escape(ui.ctx().content_rect().width() < theme::NARROW);
            }
        } else {
            let panel = egui::CentralPanel::default();
            panel.show(ui, |ui| ui.centered_and_justified(|ui| remark(ui, "Opening the profile…")));
        }
    }
}

/// A network as one would type it.
fn named(target: &Target) -> String {
    match target {
        Target::Address(address) => address.to_string(),
        Target::Invitation(invitation) => invitation.to_string(),
    }
}

/// A clock that runs forward.
fn now(ui: &Ui) -> Duration {
    Duration::try_from_secs_f64(ui.input(|input| input.time)).unwrap_or_default()
}
