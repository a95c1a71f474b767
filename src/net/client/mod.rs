//! The headless client.

pub mod event;
pub mod profile;

pub use event::Command;
pub use event::Event;
