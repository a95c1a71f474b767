//! Why a command is not carried out.

use core::fmt;

use crate::id::Address;
use crate::id::Id;
use crate::id::IdError;
use crate::id::InvitationError;

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The text is no ID.
    Id(IdError),
    /// The text is no invitation.
    Invitation(InvitationError),
    /// It is one's own ID.
    OwnId,
    /// The contact is in the list already.
    AlreadyAdded {
        /// Who.
        contact: Id,
    },
    /// The ID's key is the negative of another contact's or one's own.
    Collides,
    /// The invitation is to another network than this one.
    OtherNetwork {
        /// Where the invitation leads.
        address: Address,
    },
    /// Nobody with this ID is in the list.
    UnknownContact,
    /// No message has this name.
    UnknownMessage,
    /// A message must not be empty.
    EmptyText,
    /// The text is longer than a message can be.
    TextTooLong {
        /// How many bytes it has.
        len: usize,
        /// How many it may have.
        max: usize,
    },
    /// The message offers no file, or none with which this can be done now.
    NoOpenFile,
    /// What was offered stays as it is: a file is no text.
    IsFile,
    /// As many files are offered to this contact as may be.
    TooManyFiles {
        /// How many there may be.
        max: usize,
    },
    /// What a picture tells is left out in a copy, and this session touches no disk.
    NoCopies,
    /// Only the writer of a message changes it, or deletes it for both.
    NotYours,
    /// The contact ended the conversation.
    Ended,
    /// A reaction is too long, or has spaces or control characters in it.
    BadReaction {
        /// How many bytes it may have.
        max: usize,
    },
    /// Texts cannot disappear after this time.
    BadTimer {
        /// Seconds.
        least: u32,
        /// Seconds.
        most: u32,
    },
    /// The list of contacts is full.
    TooManyContacts {
        /// How many there may be.
        max: usize,
    },
    /// What was typed is not the new network's address or 20 characters of its fingerprint.
    NotTheFingerprint,
    /// There is no other network to accept.
    NothingToTrust,
    /// The text is no secret of a private network.
    NoJoinSecret,
    /// Too much was asked before the network answered for the first time.
    NoNetworkYet,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(error) => error.fmt(f),
            Self::Invitation(error) => error.fmt(f),
            Self::OwnId => f.write_str("that is your own ID"),
            Self::AlreadyAdded { .. } => f.write_str("already in your list"),
            Self::Collides => {
                f.write_str("this ID's key is the mirror of one in use here; ask for another ID")
            }
            Self::OtherNetwork { address } => write!(
                f,
                "the invitation is to another network; start the client with {address} for it"
            ),
            Self::UnknownContact => f.write_str("nobody with this ID is in your list"),
            Self::UnknownMessage => f.write_str("there is no such message"),
            Self::EmptyText => f.write_str("a message must not be empty"),
            Self::TextTooLong { len, max } => {
                write!(f, "the message has {len} bytes, at most {max} fit; send it in parts")
            }
            Self::NoOpenFile => f.write_str("there is no file that this can be done with now"),
            Self::IsFile => f.write_str("a file cannot be edited; send the other one"),
            Self::TooManyFiles { max } => {
                write!(f, "{max} files are offered to this contact already; cancel one first")
            }
            Self::NoCopies => f.write_str(
                "a picture without what it tells would be a new file, and this session touches no \
                 disk; start the client with a profile, or send the picture as it is",
            ),
            Self::NotYours => f.write_str("only who wrote a message can change it for both"),
            Self::Ended => {
                f.write_str("the conversation was ended; it opens again when both of you ask anew")
            }
            Self::BadReaction { max } => {
                write!(f, "a reaction is one sign or word of at most {max} bytes")
            }
            Self::BadTimer { least, most } => {
                write!(f, "messages can disappear after {least} to {most} seconds")
            }
            Self::TooManyContacts { max } => {
                write!(f, "the list is full ({max} contacts); remove one first")
            }
            Self::NotTheFingerprint => f.write_str(
                "type at least 20 characters of the new fingerprint, or paste the whole address",
            ),
            Self::NoNetworkYet => {
                f.write_str("the network has not answered yet; wait until it is connected")
            }
            Self::NoJoinSecret => f.write_str("a join secret is 64 hexadecimal digits"),
            Self::NothingToTrust => f.write_str("no other network is waiting to be accepted"),
        }
    }
}
