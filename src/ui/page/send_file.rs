//! A file that is to be sent: its path is typed, pasted, chosen in the folders below, or comes from a
//! drop. It goes when its name and size were seen.
//!
//! The folders are listed here and not by the desktop's own chooser, which would write down what was
//! chosen, for other programs to show, and is not there on every desktop.

use std::path::Path;

use egui::Button;
use egui::Context;
use egui::Id as WidgetId;
use egui::Key;
use egui::Modifiers;
use egui::TextEdit;
use egui::Ui;
use egui::text::CCursor;
use egui::text::CCursorRange;
use egui::text_edit::TextEditState;

use super::View;
use super::main_button;
use super::mistake;
use super::remark;
use crate::amount;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::FileFailure;
use crate::net::client::look::Beside;
use crate::net::client::look::Found;
use crate::net::client::look::Look;
use crate::net::local::Errand;
use crate::plain::plain;
use crate::ui::list::Anchor;
use crate::ui::state::Asked;
use crate::ui::state::Dialog;
use crate::ui::state::FileForm;
use crate::ui::state::Focus;
use crate::ui::state::Looking;
use crate::ui::state::UiState;
use crate::ui::text;

/// Draws the form.
pub(super) fn dialog(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    (contact, mut form): (Id, FileForm),
    asked: &mut Asked,
) -> Option<Dialog> {
    let person = view.model.person(&contact)?;
    ui.heading(format!("Send a file to {}", person.name()));
    let looked = look(ui.ctx(), state, &form);
    let field = WidgetId::unique("path");
    let entered = path_field(ui, state, &mut form, field, looked.as_ref());
    let mut ready = None;
    match looked.as_ref().map(|look| (look, &look.found)) {
        None => remark(ui, "…"),
        Some((look, Ok(found))) => {
            ui.strong(plain(&found.name, " "));
            remark(ui, &amount::size(found.size));
            let ephemeral = view.model.own().is_none_or(|own| own.ephemeral);
            let strip = telling(ui, &mut form, found, ephemeral);
            ready = Some((look.path.clone(), strip));
        }
        Some((look, Err(failure))) => {
            if look.is_folder || look.beside.is_empty() {
                wrong(ui, look, *failure);
            }
            beside(ui, &mut form, field, look);
        }
    }
    if !form.rest.is_empty() {
        remark(ui, &format!("{} more after this one.", form.rest.len()));
    }
    let mut open = true;
    ui.horizontal(|ui| {
        let clicked = main_button(ui, ready.is_some(), "Send").clicked();
        if let Some((path, strip)) = ready.filter(|_| clicked || entered) {
            asked.command(Command::SendFile { contact, path, strip });
            state.anchors.insert(contact, Anchor::End);
            open = form.next();
            state.focus = open.then_some(Focus::First);
        }
        open &= !ui.button("Cancel").clicked();
    });
    open.then_some(Dialog::SendFile { contact, form })
}

/// What stands at the path, as soon as that is known: folders can be slow.
fn look(ctx: &Context, state: &mut UiState, form: &FileForm) -> Option<Look> {
    let wanted = form.wanted();
    if state.looking.as_ref().is_none_or(|looking| looking.of != wanted) {
        let (of, ctx) = (wanted.clone(), ctx.clone());
        let run = move || match &wanted {
            (_, Some(path)) => Look::at_path(path),
            (typed, None) => Look::at_text(typed),
        };
        let errand = Errand::start(run, move || ctx.request_repaint());
        state.looking = Some(Looking { of, errand, look: None });
    }
    let looking = state.looking.as_mut()?;
    if let Some(Ok(look)) = looking.errand.take() {
        looking.look = Some(look);
    }
    looking.look.clone()
}

/// The field with the path. Whether what is typed is to be sent.
fn path_field(
    ui: &mut Ui,
    state: &mut UiState,
    form: &mut FileForm,
    field: WidgetId,
    look: Option<&Look>,
) -> bool {
    let label = ui.label("Path (Tab completes it)");
    let longer = look.and_then(|look| completed(&form.typed, &look.beside));
    let focused = ui.memory(|memory| memory.has_focus(field));
    let tab = focused
        && longer.is_some()
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Tab));
    let edit = TextEdit::singleline(&mut form.typed)
        .id(field)
        .hint_text("~/")
        .lock_focus(longer.is_some())
        .desired_width(f32::INFINITY)
        .margin(egui::vec2(10.0, 8.0));
    let response = ui.add(edit).labelled_by(label.id);
    if state.takes_focus(Focus::First) {
        response.request_focus();
    }
    if response.changed() {
        form.exact = None;
    }
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let folder = look.filter(|look| entered && look.is_folder).map(|look| look.path.as_path());
    if let Some(longer) = longer.filter(|_| tab) {
        form.typed = longer;
        end_of(ui.ctx(), field, &form.typed);
    } else if let Some(folder) = folder {
        enter(ui.ctx(), form, field, folder);
    }
    if entered {
        response.request_focus();
    }
    entered
}

/// A picture may tell where it was taken.
fn telling(ui: &mut Ui, form: &mut FileForm, found: &Found, ephemeral: bool) -> bool {
    if found.picture.is_none() {
        return false;
    }
    if ephemeral {
        remark(
            ui,
            "What a picture tells about where and how it was taken goes with it: leaving it out \
             makes a new file, and this session touches no disk.",
        );
        return false;
    }
    ui.checkbox(&mut form.strip, "Remove what the picture tells about where and how it was taken");
    let said = if form.strip {
        "The pixels stay as they are; its name, above, is sent as it is."
    } else {
        "It is sent byte for byte: place, time and camera go with it, if they are in it."
    };
    remark(ui, said);
    form.strip
}

/// Why nothing can be sent from there.
fn wrong(ui: &mut Ui, look: &Look, failure: FileFailure) {
    if look.is_folder {
        return remark(ui, "A folder: choose a file in it.");
    }
    let what = match failure {
        FileFailure::Unreadable => "there is no such file, or it cannot be read".to_owned(),
        other => other.to_string(),
    };
    mistake(ui, &text::sentence(&what));
}

/// What can be meant: a press on a folder goes into it.
fn beside(ui: &mut Ui, form: &mut FileForm, field: WidgetId, look: &Look) {
    let mut chosen = None;
    egui::ScrollArea::vertical().max_height(HIGHEST).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for entry in &look.beside {
            let mark = if entry.is_folder { "/" } else { "" };
            let name = format!("{}{mark}", plain(&entry.name, " "));
            let width = ui.available_width();
            let button =
                Button::new(name).frame_when_inactive(false).min_size(egui::vec2(width, 0.0));
            if ui.add(button.truncate()).clicked() {
                chosen = Some(entry);
            }
        }
    });
    match chosen {
        Some(entry) if entry.is_folder => enter(ui.ctx(), form, field, &entry.path),
        Some(entry) => {
            form.choose(&entry.path);
            end_of(ui.ctx(), field, &form.typed);
            ui.memory_mut(|memory| memory.request_focus(field));
        }
        None => {}
    }
}

/// Goes into a folder.
fn enter(ctx: &Context, form: &mut FileForm, field: WidgetId, folder: &Path) {
    let shown = folder.to_string_lossy();
    let end = if shown.ends_with('/') { "" } else { "/" };
    form.typed = format!("{shown}{end}");
    form.exact = None;
    end_of(ctx, field, &form.typed);
    ctx.memory_mut(|memory| memory.request_focus(field));
}

/// What is typed, with as much behind it as everything has that can be meant.
fn completed(typed: &str, beside: &[Beside]) -> Option<String> {
    let first = beside.first()?;
    let start = typed.rfind('/').map_or(0, |at| at.saturating_add(1));
    let (folder, begun) = typed.split_at_checked(start)?;
    let mut common = first.name.as_str();
    for entry in beside {
        let same = common.chars().zip(entry.name.chars()).take_while(|(a, b)| a == b);
        let len = same.map(|(a, _)| a.len_utf8()).sum();
        common = common.get(..len)?;
    }
    let end = if beside.len() == 1 && first.is_folder { "/" } else { "" };
    let longer = format!("{folder}{common}{end}");
    (common.len() >= begun.len() && longer != typed).then_some(longer)
}

/// Puts the cursor behind what was filled in.
fn end_of(ctx: &Context, field: WidgetId, typed: &str) {
    let mut state = TextEditState::load(ctx, field).unwrap_or_default();
    let end = CCursor::new(typed.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::one(end)));
    state.store(ctx, field);
}

const HIGHEST: f32 = 220.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, is_folder: bool) -> Beside {
        Beside { name: name.into(), path: name.into(), is_folder }
    }

    #[test]
    fn a_path_is_completed_as_far_as_it_is_sure() {
        let two = [entry("report.pdf", false), entry("reports", true)];
        assert_eq!(completed("~/re", &two).as_deref(), Some("~/report"));
        assert_eq!(completed("~/report", &two), None);
        assert_eq!(completed("~/R", &two[1..]).as_deref(), Some("~/reports/"));
        assert_eq!(completed("~/report.pdf", &two[..1]), None);
        assert_eq!(completed("~/x", &[]), None);
    }
}
