//! What somebody does to a message, by its number.

use super::Terminal;
use super::numbers::Shown;
use super::text;
use crate::front::Reaction;
use crate::net::client::Command;

/// What is done to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act<'a> {
    Reply(&'a str),
    Edit(&'a str),
    /// On both sides.
    Delete,
    /// Only here.
    Forget,
    /// A file; `None`: into the system's folder for downloads.
    Accept(Option<&'a str>),
    Cancel,
    /// `None` takes the reaction back.
    React(Option<&'a str>),
}

/// Where a message was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deleting {
    OnBothSides,
    Here,
}

impl Terminal {
    /// The message says whom it is with, whoever plain lines go to.
    pub(super) fn act(&mut self, number: usize, act: Act<'_>) -> Reaction {
        let Some(&Shown { contact, message, .. }) = self.numbers.at(number) else {
            return Reaction::show(text::no_such_number(number));
        };
        Reaction::command(match act {
            Act::Reply(text) => {
                Command::Send { contact, text: text.to_owned(), reply_to: Some(message) }
            }
            Act::Edit(text) => Command::Edit { contact, message, text: text.to_owned() },
            Act::Delete => {
                self.deleting.insert((contact, message), Deleting::OnBothSides);
                Command::Delete { contact, message, for_both: true }
            }
            Act::Forget => {
                self.deleting.insert((contact, message), Deleting::Here);
                Command::Delete { contact, message, for_both: false }
            }
            Act::Accept(folder) => {
                Command::AcceptFile { contact, message, folder: folder.map(Into::into) }
            }
            Act::Cancel => Command::CancelFile { contact, message },
            Act::React(reaction) => {
                Command::React { contact, message, reaction: reaction.map(str::to_owned) }
            }
        })
    }
}
