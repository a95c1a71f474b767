//! What can be done to a message.

use super::super::record::MessageRow;
use super::super::record::Progress;
use crate::signal::content::Item;
use crate::signal::content::MessageName;

/// What is done to a message.
pub(super) enum Change {
    /// Another text.
    Edit {
        text: String,
        /// Milliseconds since 1970, by its writer's clock.
        written: u64,
    },
    /// No text any more.
    Delete,
    /// What one side says to it; none: nothing any more.
    React(Option<String>),
}

impl Change {
    /// What an item changes, and of which message.
    pub(super) fn of(item: Item, written: u64) -> Option<(MessageName, Self)> {
        match item {
            Item::Edit { target, text } => Some((target, Self::Edit { text, written })),
            Item::Delete { target } => Some((target, Self::Delete)),
            Item::Reaction { target, reaction } => {
                Some((target, Self::React(Some(reaction).filter(|text| !text.is_empty()))))
            }
            Item::Text { .. } | Item::Read(_) | Item::Timer(_) => None,
        }
    }

    /// Does it as the peer. Whether it may: only the writer edits and deletes.
    pub(super) fn apply_theirs(self, row: &mut MessageRow) -> bool {
        let theirs = row.progress == Progress::Received;
        if row.deleted || (!theirs && !matches!(self, Self::React(_))) {
            return false;
        }
        match self {
            Self::React(reaction) => row.theirs = reaction,
            other => other.rewrite(row),
        }
        true
    }

    /// Does it as oneself; whether it may was asked before.
    pub(super) fn apply_own(self, row: &mut MessageRow) {
        match self {
            Self::React(reaction) => row.own = reaction,
            other => other.rewrite(row),
        }
    }

    fn rewrite(self, row: &mut MessageRow) {
        match self {
            Self::Edit { text, written } => {
                row.text = text;
                row.edited = Some(written);
            }
            Self::Delete => {
                row.text = String::new();
                row.deleted = true;
                (row.own, row.theirs) = (None, None);
                (row.reply_to, row.edited) = (None, None);
                (row.after, row.at) = (0, None);
            }
            Self::React(_) => {}
        }
    }
}
