//! What a person wants.

use core::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::MessageId;
use crate::id::Id;

/// What a person wants.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Ask somebody for a conversation: an ID or an invitation, as it was typed or pasted.
    Add {
        /// The text.
        contact: String,
        /// A name for this session only; it never leaves memory.
        nickname: Option<String>,
    },
    /// Name a contact for this session; `None` takes the name away.
    Nickname {
        /// Who.
        contact: Id,
        /// The name.
        nickname: Option<String>,
    },
    /// Send a text.
    Send {
        /// To whom.
        contact: Id,
        /// What; at least one byte, at most [`super::MAX_TEXT_LEN`].
        text: String,
        /// The message that it answers.
        reply_to: Option<MessageId>,
    },
    /// Offer a file. It is hashed first, and goes when the contact accepts it.
    SendFile {
        /// To whom.
        contact: Id,
        /// Where it is: a regular file of at most [`super::MAX_FILE_LEN`] bytes.
        path: PathBuf,
        /// Whether what a picture tells about where, when and with what it was taken is left out. A
        /// file of which that is not known is not sent then.
        strip: bool,
    },
    /// Accept a file that a contact offers, or try again at once what waits for room on the disk.
    AcceptFile {
        /// Whose.
        contact: Id,
        /// The message that offers it.
        message: MessageId,
        /// Where to put it; none: the system's folder for downloads.
        folder: Option<PathBuf>,
    },
    /// Decline a file, take an offer back, or stop a file that is on its way.
    CancelFile {
        /// With whom.
        contact: Id,
        /// The message that offers it.
        message: MessageId,
    },
    /// Put another text in the place of one that was sent.
    Edit {
        /// To whom it went.
        contact: Id,
        /// Which; one's own.
        message: MessageId,
        /// What it says from now on, with the limits of [`Command::Send`].
        text: String,
    },
    /// Destroy a message.
    Delete {
        /// With whom.
        contact: Id,
        /// Which.
        message: MessageId,
        /// On both sides, which only its writer can ask; otherwise only here.
        for_both: bool,
    },
    /// React to a message.
    React {
        /// With whom.
        contact: Id,
        /// Which.
        message: MessageId,
        /// At most [`super::MAX_REACTION_LEN`] bytes; `None` takes it back.
        reaction: Option<String>,
    },
    /// Everything up to this message was seen.
    Seen {
        /// With whom.
        contact: Id,
        /// Which.
        message: MessageId,
    },
    /// Propose that texts disappear some time after they were read.
    Timer {
        /// With whom.
        contact: Id,
        /// From [`super::LEAST_TIMER`] to [`super::LONGEST_TIMER`]; `None`: never.
        seconds: Option<u32>,
    },
    /// Say how a conversation is protected: one [`super::Event::Details`].
    Details {
        /// With whom.
        contact: Id,
    },
    /// Change what holds for all conversations: what is named, and nothing else.
    Settings(Change),
    /// Send a failed message once more.
    Retry {
        /// To whom it went.
        contact: Id,
        /// Which.
        message: MessageId,
    },
    /// Take a request back, or end a conversation: the contact's keys and messages are destroyed.
    Remove {
        /// Who.
        contact: Id,
    },
    /// Show messages of a conversation, the newest last.
    History {
        /// With whom.
        contact: Id,
        /// Only those before this one.
        before: Option<MessageId>,
        /// At most so many.
        limit: usize,
    },
    /// List the contacts: one [`super::Event::Contact`] each.
    Contacts,
    /// Accept another network at the address: the text is the full address that was handed out, or
    /// at least 20 characters of the new fingerprint.
    Trust {
        /// What was typed.
        typed: String,
    },
    /// The secret of a private network: 64 hexadecimal digits, kept in memory for this session.
    Join {
        /// The digits.
        secret: Zeroizing<String>,
    },
    /// Try to connect at once instead of at the announced time.
    Reconnect,
    /// Close the profile and end.
    Quit,
}

/// What holds for all conversations of a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether others are told what was read. Off in a new profile.
    pub read_receipts: bool,
    /// Files of at most so many bytes are accepted by themselves; 0, as in a new profile: none.
    pub accept_below: u64,
}

/// What is to hold for all conversations of a profile from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Whether others are told what was read.
    pub read_receipts: Option<bool>,
    /// How large a file may be that is accepted by itself, in bytes; 0: none is.
    pub accept_below: Option<u64>,
}

impl Change {
    /// Whether others are told what was read.
    #[must_use]
    pub const fn read_receipts(tell: bool) -> Self {
        Self { read_receipts: Some(tell), accept_below: None }
    }

    /// How large a file may be that is accepted by itself.
    #[must_use]
    pub const fn accept_below(bytes: u64) -> Self {
        Self { read_receipts: None, accept_below: Some(bytes) }
    }
}

impl fmt::Debug for Command {
    /// Names the command only: what people type is nobody else's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add { contact: _, nickname: _ } => "Add",
            Self::Nickname { contact: _, nickname: _ } => "Nickname",
            Self::Send { contact: _, text: _, reply_to: _ } => "Send",
            Self::SendFile { contact: _, path: _, strip: _ } => "SendFile",
            Self::AcceptFile { contact: _, message: _, folder: _ } => "AcceptFile",
            Self::CancelFile { contact: _, message: _ } => "CancelFile",
            Self::Edit { contact: _, message: _, text: _ } => "Edit",
            Self::Delete { contact: _, message: _, for_both: _ } => "Delete",
            Self::React { contact: _, message: _, reaction: _ } => "React",
            Self::Seen { contact: _, message: _ } => "Seen",
            Self::Timer { contact: _, seconds: _ } => "Timer",
            Self::Details { contact: _ } => "Details",
            Self::Settings(_) => "Settings",
            Self::Retry { contact: _, message: _ } => "Retry",
            Self::Remove { contact: _ } => "Remove",
            Self::History { contact: _, before: _, limit: _ } => "History",
            Self::Contacts => "Contacts",
            Self::Trust { typed: _ } => "Trust",
            Self::Join { secret: _ } => "Join",
            Self::Reconnect => "Reconnect",
            Self::Quit => "Quit",
        })
    }
}
