//! What is painted because no font has it: marks of messages, pictures of people, QR codes.

use egui::Color32;
use egui::Painter;
use egui::Pos2;
use egui::Rect;
use egui::Response;
use egui::Sense;
use egui::Stroke;
use egui::Ui;
use egui::Vec2;
use egui::accesskit::Role;
use egui::pos2;
use egui::vec2;
use qrcode::Color;
use qrcode::QrCode;

use super::theme::Tokens;
use crate::id::Id;
use crate::net::client::event::MessageState;

/// How far a message got: a clock, two bars, one tick, two ticks, an eye, an exclamation mark.
pub(crate) fn mark(painter: &Painter, left: Pos2, state: MessageState, tokens: &Tokens) {
    let (stroke, strong) = (Stroke::new(1.5, tokens.weak), Stroke::new(1.5, tokens.accent));
    let center = left + vec2(MARK.x / 2.0, 0.0);
    match state {
        MessageState::Received => {}
        MessageState::Queued => clock(painter, center, stroke),
        MessageState::Held { .. } => held(painter, center, Stroke::new(1.5, tokens.warning)),
        MessageState::OnRelay { .. } => tick(painter, left + vec2(4.0, 0.0), stroke),
        MessageState::Delivered => {
            tick(painter, left, strong);
            tick(painter, left + vec2(5.0, 0.0), strong);
        }
        MessageState::Read => eye(painter, center, strong),
        MessageState::Failed { .. } => exclamation(painter, center, tokens.error),
    }
}

/// The room that a mark takes.
pub(crate) const MARK: Vec2 = vec2(16.0, 12.0);

fn tick(painter: &Painter, left: Pos2, stroke: Stroke) {
    let points = [vec2(0.5, 0.5), vec2(3.5, 3.5), vec2(9.5, -4.0)];
    painter.line(points.map(|point| left + point).to_vec(), stroke);
}

fn clock(painter: &Painter, center: Pos2, stroke: Stroke) {
    painter.circle_stroke(center, 5.0, stroke);
    painter.line_segment([center, center - vec2(0.0, 3.0)], stroke);
    painter.line_segment([center, center + vec2(2.5, 0.0)], stroke);
}

fn held(painter: &Painter, center: Pos2, stroke: Stroke) {
    painter.circle_stroke(center, 5.5, stroke);
    for x in [-1.6, 1.6] {
        painter.line_segment([center + vec2(x, -2.5), center + vec2(x, 2.5)], stroke);
    }
}

fn eye(painter: &Painter, center: Pos2, stroke: Stroke) {
    for side in [-1.0, 1.0] {
        let lid = [(-7.0, 0.0), (-3.5, 3.4), (0.0, 4.4), (3.5, 3.4), (7.0, 0.0)];
        let lid = lid.map(|(x, y)| center + vec2(x, y * side));
        painter.line(lid.to_vec(), stroke);
    }
    painter.circle_filled(center, 2.0, stroke.color);
}

/// An hourglass, for what disappears.
pub(crate) fn hourglass(painter: &Painter, center: Pos2, color: Color32) {
    let stroke = Stroke::new(1.2, color);
    for side in [-1.0, 1.0] {
        let half = [(-3.5, 5.0), (3.5, 5.0), (0.0, 0.0), (-3.5, 5.0)];
        painter.line(half.map(|(x, y)| center + vec2(x, y * side)).to_vec(), stroke);
    }
}

/// A sheet of paper with a folded corner, for a file.
pub(crate) fn sheet(painter: &Painter, rect: Rect, color: Color32) {
    let fold = 8.0;
    let (top, right) = (rect.right_top() - vec2(fold, 0.0), rect.right_top() + vec2(0.0, fold));
    let edge = [rect.left_top(), top, right, rect.right_bottom(), rect.left_bottom()];
    let stroke = Stroke::new(1.5, color);
    let ground = color.gamma_multiply(0.15);
    painter.add(egui::Shape::convex_polygon(edge.to_vec(), ground, stroke));
    painter.line(vec![top, top + vec2(0.0, fold), right], stroke);
    for part in [0.5, 0.65, 0.8] {
        let y = rect.top() + rect.height() * part;
        painter.hline(rect.left() + 6.0..=rect.right() - 6.0, y, (1.2, color));
    }
}

/// A cross, to close something.
pub(crate) fn cross(painter: &Painter, center: Pos2, color: Color32) {
    for side in [-1.0, 1.0] {
        let end = vec2(4.5, 4.5 * side);
        painter.line_segment([center - end, center + end], (1.8, color));
    }
}

fn exclamation(painter: &Painter, center: Pos2, color: Color32) {
    painter.line_segment([center - vec2(0.0, 5.0), center + vec2(0.0, 1.5)], (2.0, color));
    painter.circle_filled(center + vec2(0.0, 4.5), 1.2, color);
}

/// A dot that says how the connection is.
pub(crate) fn dot(ui: &mut Ui, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(12.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 4.5, color);
}

/// A picture that is the same for the same ID: fifteen bits of the key, mirrored, in one of twelve
/// colours. It helps to recognise somebody; it proves nothing.
pub(crate) fn picture(painter: &Painter, rect: Rect, id: &Id) {
    let [color, high, low, ..] = *id.key().as_bytes();
    let bits = u16::from_be_bytes([high, low]);
    let color = PICTURES.get(usize::from(color) % PICTURES.len()).copied();
    let color = color.unwrap_or(Color32::GRAY);
    painter.rect_filled(rect, 8.0, color.gamma_multiply(0.25));
    let cell = rect.width() / 7.0;
    for column in 0_u8..5 {
        for row in 0_u8..5 {
            let bit = row * 3 + column.min(4 - column);
            if bits >> bit & 1 == 1 {
                let at = vec2(f32::from(column) + 1.0, f32::from(row) + 1.0) * cell;
                let square = Rect::from_min_size(rect.min + at, Vec2::splat(cell));
                painter.rect_filled(square, 0.0, color);
            }
        }
    }
}

const PICTURES: [Color32; 12] = [
    Color32::from_rgb(0xc2, 0x41, 0x0c),
    Color32::from_rgb(0xb4, 0x53, 0x09),
    Color32::from_rgb(0x65, 0x7a, 0x0d),
    Color32::from_rgb(0x15, 0x80, 0x3d),
    Color32::from_rgb(0x0f, 0x76, 0x6e),
    Color32::from_rgb(0x0e, 0x74, 0x90),
    Color32::from_rgb(0x1d, 0x4e, 0xd8),
    Color32::from_rgb(0x43, 0x38, 0xca),
    Color32::from_rgb(0x7e, 0x22, 0xce),
    Color32::from_rgb(0xa2, 0x1c, 0xaf),
    Color32::from_rgb(0xbe, 0x12, 0x3c),
    Color32::from_rgb(0x57, 0x53, 0x4e),
];

/// A text as QR code, black on white in both themes: cameras want it so.
pub(crate) fn qr(ui: &mut Ui, text: &str, name: &str) -> Option<Response> {
    let code = QrCode::new(text).ok()?;
    let width = u16::try_from(code.width()).ok()?;
    let side = f32::from(width + 2 * QUIET) * MODULE;
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, name));
    ui.painter().rect_filled(rect, 0.0, Color32::WHITE);
    let (mut column, mut row) = (0_u16, 0_u16);
    for module in code.to_colors() {
        if module == Color::Dark {
            let at = vec2(f32::from(column + QUIET), f32::from(row + QUIET)) * MODULE;
            let square = Rect::from_min_size(rect.min + at, Vec2::splat(MODULE));
            ui.painter().rect_filled(square, 0.0, Color32::BLACK);
        }
        column += 1;
        if column == width {
            (column, row) = (0, row + 1);
        }
    }
    Some(response)
}

/// ISO/IEC 18004: four modules of quiet zone.
const QUIET: u16 = 4;
/// The side of a module in points.
const MODULE: f32 = 4.0;

/// An arrow to the left, for the way back.
pub(crate) fn back(ui: &Ui, rect: Rect, color: Color32) {
    let c = rect.center();
    let points = vec![pos2(c.x + 4.0, c.y - 7.0), pos2(c.x - 4.0, c.y), pos2(c.x + 4.0, c.y + 7.0)];
    ui.painter().line(points, Stroke::new(2.0, color));
}
