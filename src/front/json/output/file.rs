//! A file: its size and how far it got.

use serde::Serialize;

use super::reason;
use crate::net::client::event::FileCard;
use crate::net::client::event::FileState;

/// Beside a message.
#[derive(Serialize)]
pub(crate) struct CardOutput {
    size: u64,
    #[serde(flatten)]
    state: FileStateOutput,
}

impl From<&FileCard> for CardOutput {
    fn from(card: &FileCard) -> Self {
        Self { size: card.size, state: FileStateOutput::from(&card.state) }
    }
}

#[derive(Serialize)]
pub(crate) struct FileOutput {
    pub(super) contact: String,
    pub(super) message: String,
    #[serde(flatten)]
    pub(super) state: FileStateOutput,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum FileStateOutput {
    Preparing { done: u64 },
    Offered,
    Moving { done: u64, left_s: Option<u64> },
    Waiting { done: u64, reason: &'static str },
    Done { path: Option<String> },
    Failed { reason: &'static str },
    Cancelled { by_contact: bool },
}

impl From<&FileState> for FileStateOutput {
    fn from(state: &FileState) -> Self {
        match state {
            FileState::Preparing { done } => Self::Preparing { done: *done },
            FileState::Offered => Self::Offered,
            FileState::Moving { done, left } => {
                Self::Moving { done: *done, left_s: left.map(|left| left.as_secs()) }
            }
            FileState::Waiting { done, why } => {
                Self::Waiting { done: *done, reason: reason::file_wait(*why) }
            }
            FileState::Done { path } => {
                let path = path.as_ref().map(|path| path.to_string_lossy().into_owned());
                Self::Done { path }
            }
            FileState::Failed { reason } => Self::Failed { reason: reason::file_failure(*reason) },
            FileState::Cancelled { by_contact } => Self::Cancelled { by_contact: *by_contact },
        }
    }
}
