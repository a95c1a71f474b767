//! A message: its text and how far it got; what does not hold for it has no field.

use serde::Serialize;

use super::file::CardOutput;
use super::reason;
use crate::net::client::event::Message;
use crate::net::client::event::MessageState;

#[derive(Serialize)]
pub(crate) struct MessageOutput<'a> {
    contact: String,
    message: String,
    text: &'a str,
    written_ms: u64,
    #[serde(flatten)]
    state: StateOutput,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edited_ms: Option<u64>,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    own_reaction: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    their_reaction: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disappears_after_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disappears_at_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<CardOutput>,
}

impl<'a> From<&'a Message> for MessageOutput<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            contact: message.contact.compact(),
            message: message.id.to_string(),
            text: &message.text,
            written_ms: message.written,
            state: StateOutput::from(message.state),
            reply_to: message.reply_to.map(|target| target.to_string()),
            edited_ms: message.edited,
            deleted: message.deleted,
            own_reaction: message.reactions.own.as_deref(),
            their_reaction: message.reactions.theirs.as_deref(),
            disappears_after_s: message.disappears.map(|disappears| disappears.after),
            disappears_at_ms: message.disappears.and_then(|disappears| disappears.at),
            file: message.file.as_ref().map(CardOutput::from),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct ProgressOutput {
    pub(super) contact: String,
    pub(super) message: String,
    #[serde(flatten)]
    pub(super) state: StateOutput,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum StateOutput {
    Received,
    Queued,
    OnRelay { expires: u64 },
    Held { reason: &'static str },
    Delivered,
    Read,
    Failed { reason: &'static str },
}

impl From<MessageState> for StateOutput {
    fn from(state: MessageState) -> Self {
        match state {
            MessageState::Received => Self::Received,
            MessageState::Queued => Self::Queued,
            MessageState::OnRelay { expires } => Self::OnRelay { expires },
            MessageState::Held { reason } => Self::Held { reason: reason::held(reason) },
            MessageState::Delivered => Self::Delivered,
            MessageState::Read => Self::Read,
            MessageState::Failed { reason } => Self::Failed { reason: reason::failed(reason) },
        }
    }
}
