//! One frame after the other: what the client says in, pages drawn, what somebody wants out.

use core::time::Duration;
use std::path::PathBuf;

use egui::Context;
use egui::Key;
use egui::Modifiers;
use egui::Popup;
use egui::Ui;
use egui::ViewportCommand;
use zeroize::Zeroizing;

use super::action;
use super::action::Action;
use super::clock::Clock;
use super::list::Anchor;
use super::model::Person;
use super::model::ViewModel;
use super::model::Watched;
use super::page;
use super::page::View;
use super::page::connect::Choice;
use super::page::connect::ConnectForm;
use super::page::lock::Lock;
use super::page::lock::LockKind;
use super::page::lock::Seal;
use super::page::lock::Wanted;
use super::page::remark;
use super::state::AddForm;
use super::state::Asked;
use super::state::Copied;
use super::state::Dialog;
use super::state::FileForm;
use super::state::Focus;
use super::state::Jump;
use super::state::Leave;
use super::state::UiState;
use super::text;
use super::theme;
use crate::net::client;
use crate::net::client::ChannelOptions;
use crate::net::client::Command;
use crate::net::client::Event;
use crate::net::client::ProfilePlace;
use crate::net::client::ProfileState;
use crate::net::client::ProxyError;
use crate::net::client::Target;
use crate::net::client::Way;
use crate::net::client::event::ContactState;
use crate::net::local::Plan;
use crate::net::local::Relay;
use crate::net::local::Report;
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
        if let Stage::Open(session, _) = core::mem::replace(&mut self.stage, Stage::Connect)
            && let Some(session) = session
        {
            session.close();
        }
    }

    // ------------------------------------------------------------------------------ the client

    fn take_reports(&mut self, ctx: &Context, now: Duration) {
        let Stage::Open(Some(session), model) = &mut self.stage else { return };
        for _ in 0..REPORTS_AT_ONCE {
            match session.take() {
                None => return,
                Some(Report::Event(event)) => {
                    for command in model.fold(event, now) {
                        session.send(command);
                    }
                }
                Some(Report::Failed(why)) => return self.failed(&why),
            }
        }
        ctx.request_repaint();
    }

    fn failed(&mut self, why: &str) {
        self.close();
        // What is covered only asks for nothing: there is nothing behind it any more.
        self.lock.take_if(|lock| matches!(lock.kind, LockKind::Covered { .. }));
        if let Some(lock) = &mut self.lock {
            lock.kind = LockKind::Sealed(Seal::Closed);
            (lock.error, lock.focused) = (Some(text::sentence(why)), false);
            return;
        }
        self.look_at_profile();
        self.form.error = Some(text::sentence(why));
        self.form.focused = false;
    }

    /// Sees how the profile is protected, and so whether a passphrase is to be asked for.
    fn look_at_profile(&mut self) {
        let Some(folder) = &self.profile else { return };
        match client::profile_state(folder) {
            Ok(state) => self.form.profile = Some(state),
            Err(error) => self.form.error = Some(text::sentence(&error.to_string())),
        }
    }

    fn join(&mut self, target: &Target, ctx: &Context) {
        if let Target::Invitation(invitation) = target {
            let text = invitation.to_string();
            self.state.show(Dialog::Add(AddForm { text, ..AddForm::default() }));
        }
        self.start(Relay::At(target.address().clone()), ctx);
    }

    fn start(&mut self, relay: Relay, ctx: &Context) {
        let way = match self.way(&relay) {
            Ok(way) => way,
            Err(sentence) => return self.form.error = Some(text::sentence(&sentence)),
        };
        self.form.error = None;
        self.relay = Some(relay.clone());
        let passphrase = core::mem::take(&mut self.form.passphrase);
        let profile = match &self.profile {
            None => ProfilePlace::Ephemeral,
            Some(path) => ProfilePlace::Folder {
                path: path.clone(),
                passphrase: Some(passphrase).filter(|it| !it.is_empty()),
            },
        };
        let channel = self.form.channel;
        let ctx = ctx.clone();
        let plan = Plan { relay, way, channel, profile };
        let session = Session::start(plan, move || ctx.request_repaint());
        self.first.iter().for_each(|command| session.send(command.clone()));
        self.stage = Stage::Open(Some(session), Box::default());
    }

    /// How connections to a relay are made.
    fn way(&self, relay: &Relay) -> Result<Way, String> {
        let url = self.form.proxy.trim();
        let way = match (url.is_empty(), relay) {
            (true, _) => Way::Direct,
            (false, Relay::Here(_)) => return Err(NO_PROXY_HERE.into()),
            (false, Relay::At(_)) => {
                Way::Proxy(url.parse().map_err(|error: ProxyError| error.to_string())?)
            }
        };
        if let Relay::At(address) = relay {
            way.allows(address).map_err(|reason| reason.to_string())?;
        }
        Ok(way)
    }

    fn chose(&mut self, choice: Choice, ctx: &Context) {
        match choice {
            Choice::Join => match Target::parse(&self.form.address, self.port) {
                Ok(target) => self.join(&target, ctx),
                Err(error) => self.form.error = Some(text::sentence(&error.to_string())),
            },
            Choice::StartHere => {
                let folder = self.profile.as_ref().map(|profile| profile.with_file_name("network"));
                self.start(Relay::Here(folder), ctx);
            }
        }
    }

    // ------------------------------------------------------------------------------ the lock

    /// Takes everything off the window. A profile with a passphrase is closed as soon as that is on
    /// the screen; another one could not be opened by anything that only its owner has.
    fn lock(&mut self, ctx: &Context) {
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
            Some(Ok(ProfileState::Passphrase) | Err(_)) => LockKind::Sealed(Seal::Begun),
        };
        if let LockKind::Sealed(_) = kind {
            self.state = UiState::default();
        }
        // Fields remember what was typed in them.
        ctx.memory_mut(|memory| memory.data.clear());
        let here = matches!(self.relay, Some(Relay::Here(_)));
        self.lock = Some(Lock::new(kind, here));
        ctx.request_repaint();
    }

    fn frame_locked(&mut self, ui: &mut Ui) {
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
    fn seal(&mut self, ctx: &Context) {
        let Some(lock) = &mut self.lock else { return };
        let LockKind::Sealed(seal) = &mut lock.kind else { return };
        match seal {
            Seal::Begun => {
                *seal = Seal::Drawn;
                ctx.request_repaint();
            }
            Seal::Drawn => {
                *seal = Seal::Closed;
                self.close();
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

    fn unlock(&mut self, ctx: &Context) {
        let Some(lock) = &mut self.lock else { return };
        let relay = self.relay.clone();
        match (lock.kind, relay) {
            (LockKind::Sealed(_), Some(relay)) => {
                (lock.kind, lock.error) = (LockKind::Sealed(Seal::Opening), None);
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

    // ------------------------------------------------------------------------------ the person

    /// What was typed behind an Enter in the last frame comes first in this one.
    fn give_back(&mut self, ui: &Ui) {
        let held = core::mem::take(&mut self.state.held);
        if !held.is_empty() {
            ui.input_mut(|input| drop(input.events.splice(..0, held)));
        }
    }

    fn act(&mut self, ctx: &Context, action: Action) {
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
    fn act_on_people(&mut self, ctx: &Context, action: Action) {
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

    fn carry_out(&mut self, ui: &Ui, asked: Asked) {
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
    fn wipe(&mut self, ui: &Ui) {
        self.close();
        (self.state, self.form.focused, self.halted) = (UiState::default(), false, false);
        match self.profile.as_ref().map(|folder| client::wipe(folder)) {
            Some(Err(error)) => self.form.error = Some(text::sentence(&error.to_string())),
            _ => ui.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    /// A message is seen when it is in view in a window that has the focus.
    fn watch(&mut self, ui: &Ui) {
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

    // ------------------------------------------------------------------------------ the pages

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

impl UiState {
    /// What is meant is the message that has the focus, or the newest one.
    fn on_message(&mut self, action: Action, person: &Person) {
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
    fn escape(&mut self, narrow: bool) {
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
    fn step(&mut self, people: &[Person], down: bool) {
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

/// Reports that are folded before a frame is drawn.
const REPORTS_AT_ONCE: usize = 1_000;
/// How much of the view a page key moves.
const PAGE: f32 = 0.9;
const NO_PROXY_HERE: &str =
    "a network on this computer is reached without a proxy: leave the proxy empty to start one";
