//! What can be done to a message.
//!
//! Changes of one kind and one writer count in the order in which they were written: one that was
//! lost and comes again late changes nothing.

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
    React {
        reaction: Option<String>,
        /// Milliseconds since 1970, by its writer's clock.
        written: u64,
    },
}

/// What became of a peer's change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Applied {
    /// It may not be, or a later one was there before.
    No,
    /// It is noted, and everything looks as before.
    Unseen,
    /// The message looks different.
    Seen,
}

impl Change {
    /// What an item changes, and of which message.
    pub(super) fn of(item: Item, written: u64) -> Option<(MessageName, Self)> {
        match item {
            Item::Edit { target, text } => Some((target, Self::Edit { text, written })),
            Item::Delete { target } => Some((target, Self::Delete)),
            Item::Reaction { target, reaction } => {
                let reaction = Some(reaction).filter(|text| !text.is_empty());
                Some((target, Self::React { reaction, written }))
            }
            Item::Text { .. }
            | Item::Read(_)
            | Item::Timer(_)
            | Item::Offer(_)
            | Item::Answer { .. } => None,
        }
    }

    /// Does it as the peer, if it may: only the writer edits and deletes.
    pub(super) fn apply_theirs(self, row: &mut MessageRow) -> Applied {
        let theirs = row.progress == Progress::Received;
        if row.deleted {
            return Applied::No;
        }
        match self {
            Self::React { reaction, written } => {
                if written <= row.theirs_at {
                    return Applied::No;
                }
                row.theirs_at = written;
                let before = core::mem::replace(&mut row.theirs, reaction);
                if before == row.theirs { Applied::Unseen } else { Applied::Seen }
            }
            // A file stays what was offered.
            Self::Edit { .. } if row.file.is_some() => Applied::No,
            Self::Edit { written, .. } if row.edited.is_some_and(|last| written <= last) => {
                Applied::No
            }
            other if theirs => {
                other.rewrite(row);
                Applied::Seen
            }
            _ => Applied::No,
        }
    }

    /// Does it as oneself; whether it may was asked before.
    pub(super) fn apply_own(self, row: &mut MessageRow) {
        match self {
            Self::React { reaction, written } => {
                (row.own, row.own_at) = (reaction, written);
            }
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
                (row.after, row.at, row.file) = (0, None, None);
            }
            Self::React { .. } => {}
        }
    }
}
