//! One message as it can be drawn.

use crate::net::client::event::Disappears;
use crate::net::client::event::FileCard;
use crate::net::client::event::Message;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
use crate::net::client::event::Reactions;
use crate::ui::text::plain;

/// A message that can be drawn: everything a peer wrote is made harmless.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub id: MessageId,
    /// What was written; of a file its name.
    pub text: String,
    /// Unix milliseconds: when it was written, by its writer's clock.
    pub written: u64,
    /// Received, or sent and how far it got.
    pub state: MessageState,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Whether another text stood there before.
    pub edited: bool,
    /// Whether its writer deleted it.
    pub deleted: bool,
    /// What both said to it.
    pub reactions: Reactions,
    /// When it disappears, if it does.
    pub disappears: Option<Disappears>,
    /// The file that it offers.
    pub file: Option<FileCard>,
    /// Whether it is gone from this side: its place stays, and nothing stands there.
    pub(super) gone: bool,
}

impl Line {
    /// Whether it was written here.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.state != MessageState::Received
    }

    /// Whether anything of it is shown.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !self.gone
    }

    pub(super) fn vanish(&mut self) {
        self.text = String::new();
        self.reactions = Reactions::default();
        self.file = None;
        self.gone = true;
    }
}

impl From<Message> for Line {
    fn from(message: Message) -> Self {
        let Message { contact: _, id, text, written, state, .. } = message;
        let Message { reply_to, edited, deleted, reactions, disappears, file, .. } = message;
        let Reactions { own, theirs } = reactions;
        let harmless = |reaction: Option<String>| reaction.map(|it| plain(&it));
        Self {
            id,
            // A name stands in one line.
            text: if file.is_some() { crate::plain::plain(&text, " ") } else { plain(&text) },
            written,
            state,
            reply_to,
            edited: edited.is_some(),
            deleted,
            reactions: Reactions { own: harmless(own), theirs: harmless(theirs) },
            disappears,
            file,
            gone: false,
        }
    }
}
