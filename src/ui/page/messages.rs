//! The messages of a conversation.

use egui::Align2;
use egui::FontId;
use egui::Rect;
use egui::Sense;
use egui::Ui;
use egui::UiBuilder;
use egui::WidgetInfo;
use egui::accesskit::Role;
use egui::vec2;

use super::View;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::FileState;
use crate::ui::bubble::Bubble;
use crate::ui::bubble::Shown;
use crate::ui::bubble::Touched;
use crate::ui::list;
use crate::ui::list::Anchor;
use crate::ui::model::Line;
use crate::ui::model::Person;
use crate::ui::preview;
use crate::ui::state::Asked;
use crate::ui::state::Dialog;
use crate::ui::state::Focus;
use crate::ui::state::Jump;
use crate::ui::state::UiState;
use crate::ui::theme::Tokens;

/// Draws what is visible of them, and asks for older ones when their beginning comes near.
pub(crate) fn show(
    ui: &mut Ui,
    view: &View<'_>,
    state: &mut UiState,
    person: &Person,
    asked: &mut Asked,
) {
    let area = ui.available_rect_before_wrap();
    let hovered = ui.allocate_rect(area, Sense::hover()).hovered();
    let mut ui = ui.new_child(UiBuilder::new().max_rect(area).id_salt("messages"));
    ui.set_clip_rect(area.intersect(ui.clip_rect()));
    let contact = person.id();
    let mut anchor = state.anchors.get(&contact).copied().unwrap_or_default();
    let places = person.conversation().places();
    match state.jump.take() {
        Some(Jump::Top) => anchor = Anchor::At { place: places.start, offset: 0.0 },
        Some(Jump::End) => anchor = Anchor::End,
        None => {}
    }
    if let Some(place) = state.go_to.take().and_then(|id| person.conversation().place_of(&id)) {
        anchor = Anchor::At { place, offset: area.height() * 0.3 };
    }
    let wheel = if hovered { ui.input(|input| input.smooth_scroll_delta().y) } else { 0.0 };
    let pages = if state.dialog.is_none() { core::mem::take(&mut state.pages) } else { 0.0 };
    let scroll = wheel - pages * area.height();
    drag_bar(&ui, area, &places, &mut anchor);
    let (name, whole) = (person.name(), core::mem::take(&mut state.whole));
    let mut previews = core::mem::take(&mut state.previews);
    previews.come(ui.ctx());
    let how = Shown {
        person,
        name: &name,
        clock: view.clock,
        width: area.width(),
        whole: &whole,
        downloads: view.downloads,
        previews: &previews,
    };
    let mut measure = |place| Bubble::lay(&ui, &how, place).map_or(0.0, |bubble| bubble.height());
    let height = area.height() - FOOT;
    let shown = list::arrange(&mut anchor, places.clone(), height, scroll, &mut measure);
    let touched = draw(&mut ui, (area, &how), &shown, state);
    (state.whole, state.previews) = (whole, previews);
    if let Some((place, touched)) = touched
        && let Some(line) = person.conversation().at(place)
    {
        touch(&ui, state, (contact, line), touched, asked);
    }
    let begun = |(_, top): &&(i64, f32)| top + HEAD < area.height();
    let last = shown.iter().rev().find(begun).or_else(|| shown.first());
    state.in_view = last.map(|(place, _)| *place);
    if shown.first().is_none_or(|(first, _)| first - places.start < NEAR)
        && person.conversation().wants_older()
    {
        let before = person.conversation().oldest();
        asked.command(Command::History { contact, before, limit: OLDER });
    }
    if anchor != Anchor::End && to_end(&mut ui, area, person.conversation().unread()) {
        anchor = Anchor::End;
    }
    state.anchors.insert(contact, anchor);
}

fn draw(
    ui: &mut Ui,
    (area, how): (Rect, &Shown<'_>),
    shown: &[(i64, f32)],
    state: &mut UiState,
) -> Option<(i64, Touched)> {
    let mut found = None;
    let mut focused = None;
    for (place, top) in shown {
        let line = how.person.conversation().at(*place);
        let Some((line, bubble)) = line.zip(Bubble::lay(ui, how, *place)) else { continue };
        let mut open_menu = state.menu.take_if(|wanted| *wanted == line.id).is_some();
        let at = (area, area.top() + top);
        let (response, touched) = bubble.draw(ui, at, how, &mut open_menu);
        if let Some(shown) = state.find.as_ref().and_then(|find| find.marks(&line.id)) {
            let tokens = Tokens::of(ui);
            let (width, color) = if shown { (3.0, tokens.accent) } else { (1.5, tokens.warning) };
            let around = response.rect.expand(2.0);
            ui.painter().rect_stroke(around, 14.0, (width, color), egui::StrokeKind::Outside);
        }
        if state.focus == Some(Focus::Message(line.id)) {
            state.focus = None;
            response.request_focus();
        }
        if response.has_focus() {
            focused = Some(line.id);
        }
        found = touched.map(|touched| (*place, touched)).or(found);
    }
    state.focused = focused;
    found
}

/// Does what somebody wants with a message.
fn touch(
    ui: &Ui,
    state: &mut UiState,
    (contact, line): (Id, &Line),
    touched: Touched,
    asked: &mut Asked,
) {
    let message = line.id;
    match touched {
        Touched::Reply => state.reply(contact, message),
        Touched::Edit => state.edit(contact, line),
        Touched::Delete => state.show(Dialog::Delete { contact, message }),
        Touched::React(sign) => {
            let reaction = sign.map(str::to_owned);
            asked.command(Command::React { contact, message, reaction });
            state.focus = Some(Focus::Composer);
        }
        Touched::Copy => ui.copy_text(line.text.clone()),
        Touched::Retry => asked.command(Command::Retry { contact, message }),
        Touched::Accept => asked.command(Command::AcceptFile { contact, message, folder: None }),
        Touched::CancelFile => asked.command(Command::CancelFile { contact, message }),
        Touched::CopyPath => {
            if let Some(FileState::Done { path: Some(path) }) =
                line.file.as_ref().map(|card| &card.state)
            {
                ui.copy_text(path.to_string_lossy().into_owned());
            }
        }
        Touched::Show => {
            if let Some(path) = preview::path_of(line) {
                state.previews.show(ui.ctx(), message, path);
            }
        }
        Touched::Hide => state.previews.hide(message),
        Touched::Whole => drop(state.whole.insert(message)),
        Touched::Answered(target) => {
            state.go_to = Some(target);
            state.focus = Some(Focus::Message(target));
            ui.request_repaint();
        }
    }
}

/// A bar that stands for all messages, each as high as the next: what they measure is not known.
fn drag_bar(ui: &Ui, area: Rect, places: &core::ops::Range<i64>, anchor: &mut Anchor) {
    let count = u32::try_from(places.end - places.start).unwrap_or(u32::MAX);
    if count < 20 {
        return;
    }
    let track = Rect::from_min_max(area.right_top() - vec2(10.0, 0.0), area.right_bottom());
    let response = ui.interact(track, ui.scope_id().with("bar"), Sense::DRAG);
    if let Some(at) = response.interact_pointer_pos() {
        let part = ((at.y - track.top()) / track.height()).clamp(0.0, 1.0);
        *anchor = place_of(part, places, count);
    }
    let part = match *anchor {
        Anchor::End => 1.0,
        Anchor::At { place, .. } => part_of(place - places.start, count),
    };
    let length = (track.height() / 8.0).max(28.0);
    let top = track.top() + part * (track.height() - length);
    let thumb = Rect::from_min_size(egui::pos2(track.left() + 2.0, top), vec2(6.0, length));
    ui.painter().rect_filled(thumb, 3.0, Tokens::of(ui).line);
}

/// The message that stands at a part of the whole.
fn place_of(part: f32, places: &core::ops::Range<i64>, count: u32) -> Anchor {
    if part >= 0.995 {
        return Anchor::End;
    }
    let thousandths =
        (0_u32..1000).take_while(|step| part_of(i64::from(*step), 1000) < part).count();
    let thousandths = i64::try_from(thousandths).unwrap_or(0);
    let place = places.start + i64::from(count) * thousandths / 1000;
    Anchor::At { place: place.min(places.end - 1), offset: 0.0 }
}

fn part_of(at: i64, count: u32) -> f32 {
    let thousandths = at.saturating_mul(1000).checked_div(i64::from(count)).unwrap_or(0);
    f32::from(u16::try_from(thousandths).unwrap_or(1000)) / 1000.0
}

/// The way back to the newest message.
fn to_end(ui: &mut Ui, area: Rect, unread: u64) -> bool {
    let label = if unread > 0 { format!("{unread} new") } else { "Newest".to_owned() };
    let center = egui::pos2(area.center().x, area.bottom() - 26.0);
    let rect = Rect::from_center_size(center, vec2(96.0, 30.0));
    let response = ui.interact(rect, ui.scope_id().with("end"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let tokens = Tokens::of(ui);
    ui.painter().rect_filled(rect, 15.0, tokens.accent);
    let font = FontId::proportional(13.0);
    ui.painter().text(center, Align2::CENTER_CENTER, &label, font, tokens.on_accent);
    response.clicked()
}

/// Between the newest message and the field below.
const FOOT: f32 = 6.0;
/// So much of a message is in view when it can be seen.
const HEAD: f32 = 24.0;
/// Older messages are asked for when so few are left above.
const NEAR: i64 = 40;
/// How many are asked for.
const OLDER: usize = 200;
