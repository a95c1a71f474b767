//! Where a message is written.

use egui::Button;
use egui::Event;
use egui::Frame;
use egui::Id as WidgetId;
use egui::Key;
use egui::Margin;
use egui::Panel;
use egui::RichText;
use egui::TextEdit;
use egui::Ui;

use super::View;
use super::mistake;
use super::remark;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::MAX_TEXT_LEN;
use crate::ui::action;
use crate::ui::list::Anchor;
use crate::ui::model::Person;
use crate::ui::state::Asked;
use crate::ui::state::Focus;
use crate::ui::state::UiState;
use crate::ui::text::sentence;
use crate::ui::theme::Tokens;

/// Draws field and button; sends on Enter.
pub(crate) fn show(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    person: &Person,
    asked: &mut Asked,
) {
    let frame = Frame::new().inner_margin(Margin { left: 16, right: 16, top: 6, bottom: 10 });
    Panel::bottom("composer").frame(frame).show_separator_line(false).show(ui, |ui| {
        if let Some(refusal) = view.model.refusal().filter(|_| state.dialog.is_none()) {
            mistake(ui, &sentence(&refusal.to_string()));
        }
        let contact = person.id();
        let field = WidgetId::unique(("message", contact.compact()));
        let focused = ui.memory(|memory| memory.has_focus(field));
        let entered = focused && take_enter(ui, state);
        let mut draft = state.drafts.remove(&contact).unwrap_or_default();
        let clicked = ui.horizontal(|ui| {
            let width = ui.available_width() - SEND.x - ui.spacing().item_spacing.x;
            write(ui, state, field, &mut draft, width);
            send_button(ui, &draft)
        });
        count(ui, &draft);
        if entered || clicked.inner {
            send(&mut draft, contact, state, asked);
        }
        state.drafts.insert(contact, draft);
    });
}

fn write(ui: &mut Ui, state: &mut UiState, field: WidgetId, draft: &mut String, width: f32) {
    egui::ScrollArea::vertical().max_height(HIGHEST).max_width(width).show(ui, |ui| {
        let edit = TextEdit::multiline(draft)
            .id(field)
            .hint_text("Message")
            .desired_rows(1)
            .desired_width(width)
            .margin(egui::vec2(12.0, 9.0))
            .return_key(action::NEW_LINE);
        let response = ui.add(edit).accessible_name("Message");
        let nobody = ui.memory(|memory| memory.focused().is_none()) && state.dialog.is_none();
        if state.takes_focus(Focus::Composer) || nobody {
            response.request_focus();
        }
    });
}

fn send_button(ui: &mut Ui, draft: &str) -> bool {
    let tokens = Tokens::of(ui);
    let label = RichText::new("Send").color(tokens.on_accent).strong();
    let button = Button::new(label).fill(tokens.accent).min_size(SEND);
    ui.add_enabled(fits(draft) && !draft.trim().is_empty(), button).clicked()
}

fn count(ui: &mut Ui, draft: &str) {
    let text = format!("{} of {MAX_TEXT_LEN} bytes", draft.len());
    if !fits(draft) {
        mistake(ui, &format!("{text}: send it in parts."));
    } else if draft.len() > MAX_TEXT_LEN * 3 / 4 {
        remark(ui, &text);
    }
}

fn fits(draft: &str) -> bool {
    draft.len() <= MAX_TEXT_LEN
}

fn send(draft: &mut String, contact: Id, state: &mut UiState, asked: &mut Asked) {
    let text = draft.trim();
    if text.is_empty() || !fits(draft) {
        return;
    }
    asked.command(Command::Send { contact, text: text.to_owned(), reply_to: None });
    draft.clear();
    state.anchors.insert(contact, Anchor::End);
    state.focus = Some(Focus::Composer);
}

/// Whether Enter was pressed without Shift, by the modifiers of its own event: those at the end of
/// a slow frame are others. What was typed behind it belongs to the next message and is held back.
/// Enter in a frame with an input method's event belongs to the input method.
fn take_enter(ui: &Ui, state: &mut UiState) -> bool {
    ui.input_mut(|input| {
        if input.events.iter().any(|event| matches!(event, Event::Ime(_))) {
            return false;
        }
        let Some(at) = input.events.iter().position(is_enter) else { return false };
        let behind = input.events.split_off(at);
        let (typed, other): (Vec<_>, Vec<_>) = behind.into_iter().skip(1).partition(is_typed);
        input.events.extend(other);
        state.held = typed;
        true
    })
}

fn is_enter(event: &Event) -> bool {
    matches!(event, Event::Key { key: Key::Enter, pressed: true, modifiers, .. } if modifiers.is_none())
}

fn is_typed(event: &Event) -> bool {
    matches!(event, Event::Text(_) | Event::Key { .. } | Event::Paste(_))
}

const SEND: egui::Vec2 = egui::vec2(72.0, 38.0);
/// The field grows to this height, then it scrolls.
const HIGHEST: f32 = 150.0;
