//! How a conversation is protected, for the curious: never a key or a secret.

use egui::Ui;

use super::View;
use super::remark;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::Messages;
use crate::net::client::event::PostQuantum;
use crate::net::client::event::SessionDetails;
use crate::net::client::event::SessionRole;
use crate::net::client::event::Turns;
use crate::ui::clock::Clock;
use crate::ui::state::Asked;
use crate::ui::state::Dialog;
use crate::ui::state::Focus;
use crate::ui::state::UiState;

/// Asks for them, and opens the page that shows them.
pub(super) fn open(state: &mut UiState, contact: Id, asked: &mut Asked) {
    asked.command(Command::Details { contact });
    state.show(Dialog::Details(contact));
}

/// Draws what the client said.
pub(super) fn dialog(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    contact: Id,
    asked: &mut Asked,
) -> Option<Dialog> {
    ui.heading("How this conversation is protected");
    match view.model.details(&contact) {
        None => remark(ui, "Asking…"),
        Some(details) => {
            let mut rows = Vec::new();
            match &details.session {
                None => rows.push(("Session", "none yet: it begins when both have asked".into())),
                Some(session) => rows.extend(session_rows(session, view.clock)),
            }
            rows.push(("Older sessions still read", details.older_sessions.to_string()));
            rows.push(("Sealed requests of yours", details.bundles.to_string()));
            grid(ui, &rows);
        }
    }
    let mut open = true;
    ui.horizontal(|ui| {
        let close = ui.button("Close");
        if state.takes_focus(Focus::First) {
            close.request_focus();
        }
        open = !close.clicked();
        if ui.button("Look again").clicked() {
            asked.command(Command::Details { contact });
        }
    });
    open.then_some(Dialog::Details(contact))
}

fn session_rows(session: &SessionDetails, clock: &Clock) -> Vec<(&'static str, String)> {
    let SessionDetails { suite, role, answered, began, turns, .. } = session;
    let SessionDetails { messages, post_quantum, skipped, chains, .. } = session;
    let Turns { own, theirs, last } = turns;
    let Messages { sent, received } = messages;
    let began_by = match role {
        SessionRole::Initiator => "you",
        SessionRole::Responder => "them",
    };
    let answered = if *answered { "" } else { ", not answered yet" };
    let day = clock.date(began.saturating_mul(86_400));
    let last = last.map_or_else(
        || "none yet".into(),
        |ms| format!("{}, {}", clock.date(ms / 1000), clock.time(ms)),
    );
    vec![
        ("Keys and headers", (*suite).to_owned()),
        ("Against quantum computers", quantum(*post_quantum)),
        ("Session began", format!("{day}, by {began_by}{answered}")),
        ("New keys agreed on", format!("{own} by you, {theirs} by them")),
        ("The last time", last),
        ("Messages since", format!("{sent} sent, {received} received")),
        ("Keys kept for missing messages", skipped.to_string()),
        ("Chains in which messages can come", chains.to_string()),
    ]
}

fn quantum(PostQuantum { kem, mixed }: PostQuantum) -> String {
    let how = if mixed { "in the last agreement" } else { "in the first agreement" };
    format!("{kem}, {how}")
}

fn grid(ui: &mut Ui, rows: &[(&str, String)]) {
    ui.spacing_mut().interact_size.y = 18.0;
    // Wider text is wrapped: the page has to fit a narrow window.
    let widest = (ui.available_width() - BETWEEN) / 2.0;
    let grid = egui::Grid::new("details").num_columns(2).max_col_width(widest);
    grid.spacing([BETWEEN, 6.0]).show(ui, |ui| {
        for (name, value) in rows {
            remark(ui, name);
            ui.label(value);
            ui.end_row();
        }
    });
}

/// Between the two columns.
const BETWEEN: f32 = 24.0;
