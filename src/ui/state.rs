//! What the window remembers between frames that the client knows nothing of.

use std::collections::HashMap;

use super::action::Action;
use super::list::Anchor;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::Notice;

/// What is open, chosen and typed.
#[derive(Default)]
pub(crate) struct UiState {
    /// Whose conversation is shown.
    pub(crate) current: Option<Id>,
    pub(crate) dialog: Option<Dialog>,
    /// What is typed and not sent.
    pub(crate) drafts: HashMap<Id, String>,
    pub(crate) anchors: HashMap<Id, Anchor>,
    /// How far keys move the messages in this frame: in heights of the view, downwards positive.
    pub(crate) pages: f32,
    /// Where keys move the messages to.
    pub(crate) jump: Option<Jump>,
    /// What the list of contacts is searched for.
    pub(crate) search: String,
    /// What is typed to accept another network.
    pub(crate) trust: String,
    /// What was typed behind an Enter of the same frame: it belongs to the next message.
    pub(crate) held: Vec<egui::Event>,
    /// What is to have the focus.
    pub(crate) focus: Option<Focus>,
    /// What was chosen in the menu.
    pub(crate) chosen: Option<Action>,
    /// What was copied last, so that it can be said.
    pub(crate) copied: Option<Copied>,
}

/// The oldest or the newest message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Jump {
    Top,
    End,
}

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    Composer,
    Search,
    /// The first field of what has been opened.
    First,
    Nickname,
}

/// What is in the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Copied {
    OwnId,
    Invitation,
    Id(Id),
}

/// What lies over everything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dialog {
    Add(AddForm),
    OwnId,
    Keys,
    Rename { contact: Id, nickname: String },
    Remove(Id),
}

/// Somebody to be asked for a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AddForm {
    pub(crate) text: String,
    pub(crate) nickname: String,
    /// Who has been asked: the form waits for what the client says.
    pub(crate) asked: Option<Id>,
    /// Whether what is in the clipboard may be taken in.
    pub(crate) prefill: bool,
}

/// What a frame wants done.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) commands: Vec<Command>,
    /// A notice that has been read.
    pub(crate) dismissed: Option<Notice>,
    pub(crate) forget_refusal: bool,
    pub(crate) leave: Option<Leave>,
}

/// A way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// To another network.
    Network,
    /// Altogether.
    Program,
}

impl Asked {
    pub(crate) fn command(&mut self, command: Command) {
        self.commands.push(command);
    }
}

impl UiState {
    /// Shows a conversation.
    pub(crate) fn open(&mut self, id: Id) {
        self.current = Some(id);
        self.dialog = None;
        self.copied = None;
        self.focus = Some(Focus::Composer);
    }

    /// Opens something over everything else.
    pub(crate) fn show(&mut self, dialog: Dialog) {
        self.dialog = Some(dialog);
        self.copied = None;
        self.focus = Some(Focus::First);
    }

    /// Opens the page on which somebody is asked.
    pub(crate) fn add(&mut self) {
        self.show(Dialog::Add(AddForm { prefill: true, ..AddForm::default() }));
    }

    /// Closes what lies over everything else.
    pub(crate) fn close(&mut self) {
        self.dialog = None;
        self.focus = Some(Focus::Composer);
    }

    /// Whether this field is to have the focus; said once.
    pub(crate) fn takes_focus(&mut self, focus: Focus) -> bool {
        let taken = self.focus == Some(focus);
        if taken {
            self.focus = None;
        }
        taken
    }
}
