//! Conversations: two clients and a bad relay, as tests/client plays them.

pub use super::model::End;
use super::model::Story;

/// Plays the story that the bytes tell.
///
/// # Panics
/// On a finding.
#[must_use]
pub fn run(data: &[u8]) -> End {
    super::model::play(&Story::from_bytes(data))
}
