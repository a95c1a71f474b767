//! The window on a desktop.

use eframe::Frame;
use eframe::NativeOptions;
use eframe::Renderer;
use egui::Ui;
use egui::ViewportBuilder;

use super::app::App;
use super::app::Start;
use super::clock::Clock;
use super::startup;
use super::startup::WindowError;

/// Opens the window and returns when it is closed and the session has ended.
///
/// # Errors
/// [`WindowError`], one sentence.
pub fn run(start: Start) -> Result<(), WindowError> {
    let viewport = ViewportBuilder::default()
        .with_title("bauta")
        .with_app_id("bauta")
        .with_inner_size([980.0, 680.0])
        .with_min_inner_size([360.0, 420.0]);
    // Named, for a dependency that turns on another renderer would change the default.
    let options = NativeOptions { viewport, renderer: Renderer::Glow, ..NativeOptions::default() };
    startup::guarded(|| {
        eframe::run_native(
            "bauta",
            options,
            Box::new(|context| {
                let app = App::new(start, Clock::system(), &context.egui_ctx);
                Ok(Box::new(Window(app)))
            }),
        )
    })
}

struct Window(App);

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut Ui, _: &mut Frame) {
        self.0.frame(ui);
        startup::drawn();
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        self.0.close();
    }
}
