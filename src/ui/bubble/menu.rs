//! What can be done to a message: by a click with the other button, or by the menu key.

use egui::Button;
use egui::Popup;
use egui::Response;
use egui::Sense;
use egui::SetOpenCommand;
use egui::StrokeKind;
use egui::Ui;
use egui::WidgetInfo;
use egui::accesskit::Role;
use egui::vec2;

use super::Touched;
use crate::net::client::event::ContactState;
use crate::net::client::event::MessageState;
use crate::ui::model::Line;
use crate::ui::reaction;
use crate::ui::reaction::Reaction;
use crate::ui::theme::Tokens;

/// How the menu is opened in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    No,
    ByPointer,
    ByKey,
}

/// Whether a bubble with the focus was pressed by a key.
pub(super) fn is_wanted_by(response: &Response) -> bool {
    response.clicked() && !response.ctx.input(|input| input.pointer.any_click())
}

/// Shows the menu if it is open. Opened by a key it stands at the bubble, and its first line has
/// the focus.
pub(super) fn show(
    response: &Response,
    line: &Line,
    state: ContactState,
    opened: Opened,
) -> Option<Touched> {
    let id = Popup::default_response_id(response);
    let set = match opened {
        Opened::ByPointer | Opened::ByKey => Some(SetOpenCommand::Bool(true)),
        Opened::No if response.clicked() => Some(SetOpenCommand::Bool(false)),
        Opened::No => None,
    };
    if opened == Opened::ByKey {
        response.ctx.data_mut(|data| data.insert_temp(id, true));
    }
    if opened == Opened::ByPointer {
        // Arrows enter a menu from its bubble, or while nothing has the focus.
        response.ctx.memory_mut(|memory| {
            memory.focused().into_iter().for_each(|id| memory.surrender_focus(id));
        });
    }
    let mut popup = Popup::menu(response).open_memory(set).accessible_name("Message menu");
    let placed = Popup::position_of_id(&response.ctx, id).is_some();
    if opened == Opened::ByPointer || (opened == Opened::No && placed) {
        popup = popup.at_pointer_fixed();
    }
    let shown = popup.show(|ui| {
        let first = |ui: &mut Ui| ui.data_mut(|data| data.remove_temp(id)).unwrap_or(false);
        let focus = !ui.is_sizing_pass() && first(ui);
        content(ui, line, state, focus)
    });
    shown.and_then(|shown| shown.inner)
}

fn content(ui: &mut Ui, line: &Line, state: ContactState, mut focus: bool) -> Option<Touched> {
    ui.set_min_width(190.0);
    let mut touched = None;
    let open = state == ContactState::Matched && !line.deleted;
    if open {
        touched = reactions(ui, line);
    }
    let failed = matches!(line.state, MessageState::Failed { .. });
    let own = line.is_own() && !line.deleted && state != ContactState::Ended;
    let copies = if line.file.is_some() { "Copy name" } else { "Copy text" };
    let rows = [
        (open, "Reply", Touched::Reply),
        (own && line.file.is_none(), "Edit", Touched::Edit),
        (!line.deleted, copies, Touched::Copy),
        (failed && own, "Try again", Touched::Retry),
        (open && line.reactions.own.is_some(), "Take the reaction back", Touched::React(None)),
        (true, "Delete", Touched::Delete),
    ];
    for (_, name, does) in rows.into_iter().filter(|(there, ..)| *there) {
        let response = ui.add(Button::new(name).frame_when_inactive(false));
        if core::mem::take(&mut focus) {
            response.request_focus();
        }
        if response.clicked() {
            touched = Some(does);
        }
    }
    if touched.is_some() {
        ui.close();
    }
    touched
}

fn reactions(ui: &mut Ui, line: &Line) -> Option<Touched> {
    let mut touched = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for reaction in &reaction::OFFERED {
            let own = line.reactions.own.as_deref().and_then(Reaction::of) == Some(reaction);
            if offered(ui, reaction, own) {
                touched = Some(Touched::React((!own).then_some(reaction.sign)));
            }
        }
    });
    touched
}

/// A reaction; chosen again it is taken back.
fn offered(ui: &mut Ui, reaction: &Reaction, own: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(30.0, 30.0), Sense::click());
    let name = format!("React with {}", reaction.name);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, own, &name));
    let tokens = Tokens::of(ui);
    if own || response.hovered() {
        ui.painter().rect_filled(rect, 8.0, tokens.chosen);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 8.0, (1.5, tokens.accent), StrokeKind::Inside);
    }
    reaction.paint(ui.painter(), rect.center());
    response.on_hover_text(reaction.name).clicked()
}
