//! What a person should know.

use serde::Serialize;

use crate::net::client::event::Notice;

#[derive(Serialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub(crate) enum NoticeOutput {
    KeysRefreshed { sequence: u64 },
    SessionReplaced { contact: String },
    TwoDevices { contact: String },
    Withdrawn { contact: String },
    MailboxFull { contact: String },
    Working { contact: String },
    WorkTooDear { contact: String },
    Clock { ahead_s: i64 },
    OpenElsewhere,
}

impl From<&Notice> for NoticeOutput {
    fn from(notice: &Notice) -> Self {
        match notice {
            Notice::KeysRefreshed { sequence } => Self::KeysRefreshed { sequence: *sequence },
            Notice::SessionReplaced { contact } => {
                Self::SessionReplaced { contact: contact.compact() }
            }
            Notice::TwoDevices { contact } => Self::TwoDevices { contact: contact.compact() },
            Notice::Withdrawn { contact } => Self::Withdrawn { contact: contact.compact() },
            Notice::MailboxFull { contact } => Self::MailboxFull { contact: contact.compact() },
            Notice::Working { contact } => Self::Working { contact: contact.compact() },
            Notice::WorkTooDear { contact } => Self::WorkTooDear { contact: contact.compact() },
            Notice::Clock { ahead_s } => Self::Clock { ahead_s: *ahead_s },
            Notice::OpenElsewhere => Self::OpenElsewhere,
        }
    }
}
