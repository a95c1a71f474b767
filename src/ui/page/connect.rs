//! Page 1: which network, and with which keys.

use egui::ComboBox;
use egui::Key;
use egui::TextEdit;
use egui::Ui;
use zeroize::Zeroizing;

use super::main_button;
use super::mistake;
use super::remark;
use crate::net::client::ChannelOptions;
use crate::net::client::Cipher;
use crate::net::client::Curve;
use crate::net::client::ProfileState;

/// What is chosen and typed on the page.
pub(crate) struct ConnectForm {
    pub(crate) address: String,
    /// Through what everything goes; nothing for no proxy. It is remembered nowhere.
    pub(crate) proxy: String,
    pub(crate) channel: ChannelOptions,
    pub(crate) passphrase: Zeroizing<String>,
    /// How the profile is protected; nothing if there is none on the disk.
    pub(crate) profile: Option<ProfileState>,
    pub(crate) error: Option<String>,
    pub(crate) focused: bool,
}

/// Where to go from the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    Join,
    StartHere,
}

/// Draws the page.
pub(crate) fn show(ui: &mut Ui, form: &mut ConnectForm) -> Option<Choice> {
    let width = ui.available_width().min(560.0);
    let side = (ui.available_width() - width) / 2.0;
    let mut choice = None;
    egui::ScrollArea::vertical().show(ui, |ui| {
        ui.add_space((ui.available_height() * 0.12).clamp(8.0, 96.0));
        ui.horizontal_top(|ui| {
            ui.add_space(side);
            ui.vertical(|ui| {
                ui.set_width(width);
                choice = fields(ui, form);
            });
        });
    });
    choice
}

fn fields(ui: &mut Ui, form: &mut ConnectForm) -> Option<Choice> {
    ui.heading("Join a network");
    ui.add_space(8.0);
    let label = ui.label("Address");
    let field = TextEdit::singleline(&mut form.address)
        .hint_text("host:port#fingerprint, or an invitation")
        .desired_width(f32::INFINITY)
        .margin(egui::vec2(10.0, 8.0));
    let address = ui.add(field).labelled_by(label.id);
    let passphrase = passphrase(ui, form);
    if !form.focused {
        form.focused = true;
        let locked = form.profile == Some(ProfileState::Passphrase) && !form.address.is_empty();
        passphrase.as_ref().filter(|_| locked).unwrap_or(&address).request_focus();
    }
    ui.add_space(4.0);
    channel(ui, &mut form.channel);
    pace(ui, &mut form.channel);
    ui.add_space(4.0);
    let proxy = proxy(ui, &mut form.proxy);
    if let Some(error) = &form.error {
        mistake(ui, error);
    }
    ui.add_space(8.0);
    let entered = ui.input(|input| input.key_pressed(Key::Enter))
        && (address.lost_focus()
            || proxy.lost_focus()
            || passphrase.is_some_and(|field| field.lost_focus()));
    let mut choice = entered.then_some(Choice::Join);
    ui.horizontal(|ui| {
        if main_button(ui, true, "Join").clicked() {
            choice = Some(Choice::Join);
        }
        if ui.button("Start one on this computer").clicked() {
            choice = Some(Choice::StartHere);
        }
    });
    ui.add_space(12.0);
    remark(ui, "A random ID is made for you. No name, phone number or mail address is asked for.");
    choice
}

/// Which field there is depends on how the profile is protected.
fn passphrase(ui: &mut Ui, form: &mut ConnectForm) -> Option<egui::Response> {
    let label = match form.profile? {
        ProfileState::KeyFile => return None,
        ProfileState::Passphrase => "Passphrase of your profile",
        _ => "Passphrase for your new profile (optional)",
    };
    let label = ui.label(label);
    let field = TextEdit::singleline(&mut *form.passphrase)
        .password(true)
        .desired_width(f32::INFINITY)
        .margin(egui::vec2(10.0, 8.0));
    Some(ui.add(field).labelled_by(label.id))
}

fn proxy(ui: &mut Ui, url: &mut String) -> egui::Response {
    let label = ui.label("Proxy (optional)");
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(url)
            .hint_text("socks5://host:port")
            .desired_width((ui.available_width() - USE_TOR_WIDTH).max(120.0))
            .margin(egui::vec2(10.0, 8.0));
        let field = ui.add(field).labelled_by(label.id);
        if ui.button("Use Tor").on_hover_text(USE_TOR).clicked() {
            TOR.clone_into(url);
        }
        field
    })
    .inner
}

fn channel(ui: &mut Ui, options: &mut ChannelOptions) {
    ui.horizontal(|ui| {
        let label = ui.label("Curve");
        let chosen = ComboBox::from_id_salt("curve").selected_text(options.exchange().name());
        let shown = chosen.show_ui(ui, |ui| {
            for curve in [Curve::P521, Curve::P384, Curve::P256, Curve::X25519] {
                let name = ChannelOptions { curve, ..*options }.exchange().name();
                ui.selectable_value(&mut options.curve, curve, name);
            }
        });
        shown.response.labelled_by(label.id);
        ui.add_space(12.0);
        let label = ui.label("Cipher");
        let chosen = ComboBox::from_id_salt("cipher").selected_text(options.cipher.name());
        let shown = chosen.show_ui(ui, |ui| {
            for cipher in [Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305] {
                ui.selectable_value(&mut options.cipher, cipher, cipher.name());
            }
        });
        shown.response.labelled_by(label.id);
    });
}

/// Whether the line shows when somebody talks, and what it costs that it does not.
fn pace(ui: &mut Ui, options: &mut ChannelOptions) {
    ui.horizontal(|ui| {
        let label = ui.label("Steady");
        let chosen = ComboBox::from_id_salt("pace").selected_text(pace_name(*options));
        let shown = chosen.show_ui(ui, |ui| {
            for seconds in PACES {
                let pace = ChannelOptions::pace_of(seconds);
                let name = pace_name(ChannelOptions { pace, ..*options });
                ui.selectable_value(&mut options.pace, pace, name);
            }
        });
        shown.response.labelled_by(label.id);
    });
    if let Some(price) = options.pace.map(|pace| pace.bytes_a_day().div_ceil(1_000_000)) {
        remark(
            ui,
            &format!(
                "Whoever watches the line sees the same whether you talk or not. It costs {price} \
                 MB a day for each connection, and every message waits for its cell."
            ),
        );
    }
}

fn pace_name(options: ChannelOptions) -> String {
    options.pace.map_or_else(|| "off".to_owned(), |pace| format!("one cell every {pace}"))
}

/// Seconds between two cells; 0: as there is something to say.
const PACES: [u32; 5] = [0, 1, 5, 15, 60];

/// Where Tor listens unless it was told otherwise.
const TOR: &str = "socks5://127.0.0.1:9050";
const USE_TOR: &str = "Everything goes through the Tor that runs on this computer, or not at all";
const USE_TOR_WIDTH: f32 = 96.0;
