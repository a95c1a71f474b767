//! The headless client.

pub mod event;

pub use event::Command;
pub use event::Event;
