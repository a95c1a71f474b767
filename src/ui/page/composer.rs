//! Where a message is written, answered or changed.

use egui::Button;
use egui::Event;
use egui::Frame;
use egui::Id as WidgetId;
use egui::Key;
use egui::Margin;
use egui::Panel;
use egui::Popup;
use egui::RichText;
use egui::TextEdit;
use egui::Ui;

use super::View;
use super::about_to;
use super::mistake;
use super::remark;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::MAX_TEXT_LEN;
use crate::ui::action;
use crate::ui::action::Action;
use crate::ui::list::Anchor;
use crate::ui::model::Person;
use crate::ui::state::Asked;
use crate::ui::state::Focus;
use crate::ui::state::Pending;
use crate::ui::state::UiState;
use crate::ui::text;
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
    panel(ui, |ui| {
        if let Some(refusal) = view.model.refusal().filter(|_| state.dialog.is_none()) {
            mistake(ui, &sentence(&refusal.to_string()));
        }
        let contact = person.id();
        let field = WidgetId::unique(("message", contact.compact()));
        let focused = ui.memory(|memory| memory.has_focus(field));
        if focused {
            edit_last(ui, state, person);
        }
        about_to::show(ui, state, person);
        let entered = focused && take_enter(ui, state);
        let mut draft = state.drafts.remove(&contact).unwrap_or_default();
        let clicked = ui.horizontal(|ui| {
            let between = 2.0 * ui.spacing().item_spacing.x;
            let width = ui.available_width() - SEND.x - FILE.x - between;
            write(ui, state, field, &mut draft, width);
            let edits = matches!(state.pending.get(&contact), Some(Pending::Edit { .. }));
            let file = Button::new("File").min_size(FILE);
            if ui.add_enabled(!edits, file).on_hover_text("Send a file, Ctrl+O").clicked() {
                state.chosen = Some(Action::File);
            }
            send_button(ui, &draft, if edits { "Change" } else { "Send" })
        });
        count(ui, &draft);
        state.drafts.insert(contact, draft);
        if entered || clicked.inner {
            send(contact, state, person, asked);
        }
    });
}

/// The strip below the messages.
pub(crate) fn panel(ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    let frame = Frame::new().inner_margin(Margin { left: 16, right: 16, top: 6, bottom: 10 });
    Panel::bottom("composer").frame(frame).show_separator_line(false).show(ui, content);
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
        // A menu that was opened with the mouse is walked by arrows while nothing has the focus.
        let nothing_over = state.dialog.is_none() && !Popup::is_any_open(ui.ctx());
        let nobody = nothing_over && ui.memory(|memory| memory.focused().is_none());
        if state.takes_focus(Focus::Composer) || nobody {
            response.request_focus();
        }
    });
}

fn send_button(ui: &mut Ui, draft: &str, name: &str) -> bool {
    let tokens = Tokens::of(ui);
    let label = RichText::new(name).color(tokens.on_accent).strong();
    let button = Button::new(label).fill(tokens.accent).min_size(SEND);
    ui.add_enabled(fits(draft) && !draft.trim().is_empty(), button).clicked()
}

fn count(ui: &mut Ui, draft: &str) {
    match counted(draft.len()) {
        Some(text) if fits(draft) => remark(ui, &text),
        Some(text) => mistake(ui, &format!("{text}: send it in parts.")),
        None => {}
    }
}

/// How much of the room is used, near the limit and above.
fn counted(len: usize) -> Option<String> {
    let [used, most] = [len, MAX_TEXT_LEN].map(text::count);
    (len > MAX_TEXT_LEN / 4 * 3).then(|| format!("{used} of {most} bytes"))
}

fn fits(draft: &str) -> bool {
    draft.len() <= MAX_TEXT_LEN
}

/// Up in an empty field changes what was written last.
fn edit_last(ui: &Ui, state: &mut UiState, person: &Person) {
    let contact = person.id();
    let empty = state.drafts.get(&contact).is_none_or(String::is_empty);
    if !empty || state.pending.contains_key(&contact) {
        return;
    }
    let Some(last) = person.conversation().last_own() else { return };
    if ui.input_mut(|input| input.consume_shortcut(&action::EDIT_LAST)) {
        state.edit(contact, last);
    }
}

fn send(contact: Id, state: &mut UiState, person: &Person, asked: &mut Asked) {
    let draft = state.drafts.get(&contact).map(String::as_str).unwrap_or_default();
    let text = draft.trim().to_owned();
    if text.is_empty() || !fits(draft) {
        return;
    }
    let pending = state.pending.remove(&contact);
    let (mut left, mut reply_to) = (String::new(), None);
    if let Some(Pending::Edit { message, draft }) = pending {
        left = draft;
        if person.conversation().find(&message).is_some_and(|line| line.text != text) {
            asked.command(Command::Edit { contact, message, text });
        }
    } else {
        if let Some(Pending::Reply(message)) = pending {
            reply_to = Some(message);
        }
        asked.command(Command::Send { contact, text, reply_to });
        state.anchors.insert(contact, Anchor::End);
    }
    state.drafts.insert(contact, left);
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

const FILE: egui::Vec2 = egui::vec2(56.0, 38.0);
const SEND: egui::Vec2 = egui::vec2(72.0, 38.0);
/// The field grows to this height, then it scrolls.
const HIGHEST: f32 = 150.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_near_the_limit() {
        assert_eq!(counted(MAX_TEXT_LEN / 4 * 3), None);
        let near = counted(MAX_TEXT_LEN / 4 * 3 + 1);
        assert_eq!(near.as_deref(), Some("786,433 of 1,048,576 bytes"));
        assert!(fits(&"a".repeat(MAX_TEXT_LEN)) && !fits(&"a".repeat(MAX_TEXT_LEN + 1)));
    }
}
