//! The window: draws a [`ViewModel`] that is folded from the client's events, and returns Commands.
//!
//! ```text
//!   Session ── Report ──► ViewModel ──► pages ──► Asked ──► Command ──► Session
//!      └── wake: request_repaint            UiState (what is typed and open)
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | `app` | one frame: reports in, pages, commands out |
//! | `model` | what is shown, without egui |
//! | `state` | what is typed and open |
//! | `page` | the pages, one file each |
//! | `list`, `bubble` | the messages: where they stand, what one looks like |
//! | `preview` | pictures that somebody asked to see |
//! | `action` | every shortcut, in one table |
//! | `theme`, `paint`, `reaction` | colours; what no font has |
//! | `window`, `startup` | the window on a desktop, and why there is none |
//!
//! Nothing moves or counts while nobody does anything: a frame is drawn when there is an event, a
//! key, a pointer, or an announced time that has come.

mod action;
mod app;
mod bubble;
mod clock;
mod find;
mod list;
pub mod model;
mod page;
mod paint;
mod preview;
mod reaction;
mod startup;
mod state;
mod text;
mod theme;
mod window;

pub use self::app::App;
pub use self::app::Start;
pub use self::clock::Clock;
pub use self::model::ViewModel;
pub use self::startup::WindowError;
pub use self::window::run;
