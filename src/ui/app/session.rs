//! What a window starts, and what it hears of that.

use core::time::Duration;

use egui::Context;

use super::super::page::connect::Choice;
use super::super::page::lock::LockKind;
use super::super::page::lock::Seal;
use super::super::state::AddForm;
use super::super::state::Dialog;
use super::super::text;
use super::App;
use super::Stage;
use crate::net::client;
use crate::net::client::ProfilePlace;
use crate::net::client::ProxyError;
use crate::net::client::Target;
use crate::net::client::Way;
use crate::net::local::Plan;
use crate::net::local::Relay;
use crate::net::local::Report;
use crate::net::local::Session;

impl App {
    pub(super) fn take_reports(&mut self, ctx: &Context, now: Duration) {
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

    pub(super) fn failed(&mut self, why: &str) {
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
    pub(super) fn look_at_profile(&mut self) {
        let Some(folder) = &self.profile else { return };
        match client::profile_state(folder) {
            Ok(state) => self.form.profile = Some(state),
            Err(error) => self.form.error = Some(text::sentence(&error.to_string())),
        }
    }

    pub(super) fn join(&mut self, target: &Target, ctx: &Context) {
        if let Target::Invitation(invitation) = target {
            let text = invitation.to_string();
            self.state.show(Dialog::Add(AddForm { text, ..AddForm::default() }));
        }
        self.start(Relay::At(target.address().clone()), ctx);
    }

    pub(super) fn start(&mut self, relay: Relay, ctx: &Context) {
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
    pub(super) fn way(&self, relay: &Relay) -> Result<Way, String> {
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

    pub(super) fn chose(&mut self, choice: Choice, ctx: &Context) {
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
}

/// Reports that are folded before a frame is drawn.
const REPORTS_AT_ONCE: usize = 1_000;
const NO_PROXY_HERE: &str =
    "a network on this computer is reached without a proxy: leave the proxy empty to start one";
