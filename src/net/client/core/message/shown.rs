//! Rows of the history as fronts see them.

use super::super::file::from_bytes;
use super::super::record::Bytes;
use super::super::record::Ending;
use super::super::record::Failed;
use super::super::record::FileNote;
use super::super::record::Held;
use super::super::record::MessageRow;
use super::super::record::Progress;
use super::super::record::WhyNot;
use crate::id::Id;
use crate::net::client::event;
use crate::net::client::event::Disappears;
use crate::net::client::event::FailReason;
use crate::net::client::event::FileCard;
use crate::net::client::event::FileFailure;
use crate::net::client::event::FileState;
use crate::net::client::event::HoldReason;
use crate::net::client::event::MessageId;
use crate::net::client::event::MessageState;
use crate::net::client::event::Reactions;

/// A message. `moves`: how far the file got that it offers, if that is not over.
pub(in super::super) fn message(
    contact: Id,
    row: MessageRow,
    moves: Option<FileState>,
) -> event::Message {
    let MessageRow { id, text, written, progress, reply_to, edited, deleted, .. } = row;
    let MessageRow { own, theirs, after, at, file, .. } = row;
    let ended = |note: &FileNote| note.ending.as_ref().map(ending);
    let file = file.and_then(|note| {
        let state = moves.or_else(|| ended(&note))?;
        Some(FileCard { size: note.size, state, source: None })
    });
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
        file,
    }
}

/// How a file ended.
pub(in super::super) fn ending(ending: &Ending) -> FileState {
    match ending {
        Ending::Done(path) => {
            FileState::Done { path: path.as_ref().map(|Bytes(path)| from_bytes(path)) }
        }
        Ending::Failed(why) => FileState::Failed {
            reason: match why {
                WhyNot::Unreadable => FileFailure::Unreadable,
                WhyNot::NoFile => FileFailure::NoFile,
                WhyNot::TooLarge => FileFailure::TooLarge,
                WhyNot::Changed => FileFailure::Changed,
                WhyNot::WrongHash => FileFailure::WrongHash,
                WhyNot::Unwritable => FileFailure::Unwritable,
                WhyNot::TooMany => FileFailure::TooMany,
                WhyNot::Lapsed => FileFailure::Lapsed,
                WhyNot::Ended => FileFailure::Ended,
                WhyNot::NoPicture => FileFailure::NoPicture,
                WhyNot::PictureTooLarge => FileFailure::PictureTooLarge,
                WhyNot::NoCopy => FileFailure::NoCopy,
            },
        },
        Ending::Cancelled { by_contact } => FileState::Cancelled { by_contact: *by_contact },
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
