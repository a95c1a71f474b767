//! Page 6: what the relay sees, from the cells that were sent and received.

use core::time::Duration;

use egui::Ui;

use super::View;
use super::remark;
use crate::ui::state::Dialog;
use crate::ui::state::Focus;
use crate::ui::state::UiState;

/// Draws the page; while it is open it is drawn anew from time to time.
pub(super) fn dialog(ui: &mut Ui, view: &View<'_>, state: &mut UiState) -> Option<Dialog> {
    ui.heading("What the relay sees");
    match view.exposure {
        None => remark(ui, "Nothing yet."),
        Some(exposure) => {
            for sentence in exposure.sentences() {
                ui.label(sentence);
            }
            remark(ui, "Counted since this client was started, as the cells passed.");
            ui.ctx().request_repaint_after(ANEW);
        }
    }
    let close = ui.button("Close");
    if state.takes_focus(Focus::First) {
        close.request_focus();
    }
    (!close.clicked()).then_some(Dialog::Exposure)
}

const ANEW: Duration = Duration::from_secs(1);
