//! Rows of the history as fronts see them.

use super::super::record::Failed;
use super::super::record::Held;
use super::super::record::MessageRow;
use super::super::record::Progress;
use crate::id::Id;
use crate::net::client::event;
use crate::net::client::event::Disappears;
use crate::net::client::event::FailReason;
use crate::net::client::event::HoldReason;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
use crate::net::client::event::Reactions;

/// A message.
pub(in super::super) fn message(contact: Id, row: MessageRow) -> event::Message {
    let MessageRow { id, text, written, progress, reply_to, edited, deleted, .. } = row;
    let MessageRow { own, theirs, after, at, .. } = row;
    event::Message {
        contact,
        id: MessageId(id),
        text,
        written,
        state: state(progress),
        reply_to: reply_to.map(|name| MessageId(name.0)),
        edited,
        deleted,
        reactions: Reactions { own, theirs },
        disappears: (after > 0).then_some(Disappears { after, at }),
    }
}

/// How far it got.
pub(in super::super) fn state(progress: Progress) -> MessageState {
    match progress {
        Progress::Received => MessageState::Received,
        Progress::Queued => MessageState::Queued,
        Progress::Held(held) => MessageState::Held {
            reason: match held {
                Held::MailboxFull => HoldReason::MailboxFull,
                Held::RelayFull => HoldReason::RelayFull,
                Held::TooFast => HoldReason::TooFast,
                Held::Working => HoldReason::Working,
                Held::TooDear => HoldReason::TooDear,
            },
        },
        Progress::OnRelay { expires } => MessageState::OnRelay { expires },
        Progress::Delivered => MessageState::Delivered,
        Progress::Read => MessageState::Read,
        Progress::Failed(failed) => MessageState::Failed {
            reason: match failed {
                Failed::Expired => FailReason::Expired,
                Failed::Ended => FailReason::Ended,
            },
        },
    }
}
