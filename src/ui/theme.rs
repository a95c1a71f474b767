//! Colours and distances, once for light and once for dark.

use egui::Color32;
use egui::Context;
use egui::CornerRadius;
use egui::FontFamily;
use egui::FontId;
use egui::Stroke;
use egui::TextStyle;
use egui::Theme;
use egui::Ui;
use egui::Visuals;

/// The colours of a theme, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    /// Behind conversations and pages.
    pub(crate) page: Color32,
    /// Behind the list of contacts and the bar.
    pub(crate) side: Color32,
    /// Behind what can be typed into.
    pub(crate) field: Color32,
    /// Behind buttons.
    pub(crate) button: Color32,
    /// Lines between things.
    pub(crate) line: Color32,
    /// What is read.
    pub(crate) text: Color32,
    /// What is read second.
    pub(crate) weak: Color32,
    /// What one should do next, and what is chosen.
    pub(crate) accent: Color32,
    /// On the accent.
    pub(crate) on_accent: Color32,
    /// Behind what is chosen.
    pub(crate) chosen: Color32,
    /// Behind one's own messages.
    pub(crate) own: Color32,
    /// Behind the other's messages.
    pub(crate) other: Color32,
    /// All is well.
    pub(crate) good: Color32,
    /// Somebody should look.
    pub(crate) warning: Color32,
    /// Something is wrong.
    pub(crate) error: Color32,
}

impl Tokens {
    /// The tokens of the theme at hand.
    pub(crate) fn of(ui: &Ui) -> &'static Self {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }
}

/// Sets both themes.
pub(crate) fn apply(ctx: &Context) {
    for (theme, tokens) in [(Theme::Light, &LIGHT), (Theme::Dark, &DARK)] {
        ctx.style_mut_of(theme, |style| {
            style.visuals = visuals(theme, tokens);
            style.animation_time = 0.0;
            style.spacing.item_spacing = egui::vec2(SPACE, SPACE);
            style.spacing.button_padding = egui::vec2(12.0, 6.0);
            style.spacing.interact_size.y = 32.0;
            for (name, size) in [
                (TextStyle::Small, 12.0),
                (TextStyle::Body, 15.0),
                (TextStyle::Button, 15.0),
                (TextStyle::Heading, 22.0),
            ] {
                style.text_styles.insert(name, FontId::new(size, FontFamily::Proportional));
            }
            let mono = FontId::new(14.0, FontFamily::Monospace);
            style.text_styles.insert(TextStyle::Monospace, mono);
        });
    }
}

fn visuals(theme: Theme, tokens: &Tokens) -> Visuals {
    let mut visuals = match theme {
        Theme::Light => Visuals::light(),
        Theme::Dark => Visuals::dark(),
    };
    let radius = CornerRadius::same(8);
    let widgets = &mut visuals.widgets;
    for widget in [
        &mut widgets.noninteractive,
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        widget.corner_radius = radius;
        widget.expansion = 0.0;
        widget.bg_stroke = Stroke::new(1.0, tokens.line);
        widget.fg_stroke = Stroke::new(1.0, tokens.text);
        widget.bg_fill = tokens.button;
        widget.weak_bg_fill = tokens.button;
    }
    for widget in [&mut widgets.hovered, &mut widgets.active] {
        widget.bg_stroke = Stroke::new(1.5, tokens.accent);
    }
    visuals.panel_fill = tokens.page;
    visuals.window_fill = tokens.page;
    visuals.window_stroke = Stroke::new(1.0, tokens.line);
    visuals.window_corner_radius = CornerRadius::same(12);
    visuals.extreme_bg_color = tokens.field;
    visuals.text_edit_bg_color = Some(tokens.field);
    visuals.weak_text_color = Some(tokens.weak);
    visuals.error_fg_color = tokens.error;
    visuals.warn_fg_color = tokens.warning;
    visuals.hyperlink_color = tokens.accent;
    visuals.selection.bg_fill = tokens.chosen;
    visuals.selection.stroke = Stroke::new(1.5, tokens.accent);
    visuals.text_cursor.stroke = Stroke::new(2.0, tokens.accent);
    // A blinking cursor costs 2 % of a core for as long as the window is open.
    visuals.text_cursor.blink = false;
    visuals
}

/// Between things.
pub(crate) const SPACE: f32 = 8.0;
/// Below this width list and conversation do not fit beside each other.
pub(crate) const NARROW: f32 = 620.0;

const LIGHT: Tokens = Tokens {
    page: Color32::from_rgb(0xff, 0xff, 0xff),
    side: Color32::from_rgb(0xf3, 0xf5, 0xf7),
    field: Color32::from_rgb(0xff, 0xff, 0xff),
    button: Color32::from_rgb(0xec, 0xef, 0xf2),
    line: Color32::from_rgb(0xc9, 0xd0, 0xd8),
    text: Color32::from_rgb(0x1b, 0x22, 0x2a),
    weak: Color32::from_rgb(0x4e, 0x5a, 0x66),
    accent: Color32::from_rgb(0x0b, 0x6b, 0x62),
    on_accent: Color32::from_rgb(0xff, 0xff, 0xff),
    chosen: Color32::from_rgb(0xcd, 0xe8, 0xe4),
    own: Color32::from_rgb(0xd9, 0xf0, 0xec),
    other: Color32::from_rgb(0xee, 0xf1, 0xf4),
    good: Color32::from_rgb(0x1d, 0x7f, 0x4c),
    warning: Color32::from_rgb(0x8a, 0x5a, 0x00),
    error: Color32::from_rgb(0xb4, 0x23, 0x18),
};

const DARK: Tokens = Tokens {
    page: Color32::from_rgb(0x14, 0x18, 0x1d),
    side: Color32::from_rgb(0x1b, 0x20, 0x27),
    field: Color32::from_rgb(0x0f, 0x12, 0x16),
    button: Color32::from_rgb(0x2a, 0x31, 0x3a),
    line: Color32::from_rgb(0x39, 0x42, 0x4d),
    text: Color32::from_rgb(0xe8, 0xec, 0xf0),
    weak: Color32::from_rgb(0xa8, 0xb3, 0xbf),
    accent: Color32::from_rgb(0x5c, 0xc8, 0xba),
    on_accent: Color32::from_rgb(0x06, 0x21, 0x1d),
    chosen: Color32::from_rgb(0x1f, 0x45, 0x41),
    own: Color32::from_rgb(0x1c, 0x3d, 0x3a),
    other: Color32::from_rgb(0x26, 0x2c, 0x34),
    good: Color32::from_rgb(0x5f, 0xc8, 0x8c),
    warning: Color32::from_rgb(0xe6, 0xb4, 0x50),
    error: Color32::from_rgb(0xff, 0x8a, 0x80),
};

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2, relative luminance.
    fn luminance(color: Color32) -> f64 {
        let [r, g, b] = [color.r(), color.g(), color.b()].map(|channel| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG 2.2, 1.4.3: 4.5 to 1.
    #[test]
    fn everything_can_be_read() {
        for t in [&LIGHT, &DARK] {
            for ground in [t.page, t.side, t.own, t.other, t.chosen] {
                for text in [t.text, t.weak] {
                    let found = contrast(text, ground);
                    assert!(found >= 4.5, "{text:?} on {ground:?}: {found}");
                }
            }
            for ground in [t.page, t.side] {
                for text in [t.accent, t.good, t.warning, t.error] {
                    assert!(contrast(text, ground) >= 4.5, "{text:?} on {ground:?}");
                }
            }
            assert!(contrast(t.on_accent, t.accent) >= 4.5);
        }
    }
}
