//! What the window remembers between frames that the client knows nothing of.

use std::collections::HashMap;
use std::collections::HashSet;
use std::collections::VecDeque;
use std::path::Path;
use std::path::PathBuf;

use super::action::Action;
use super::find::Find;
use super::list::Anchor;
use super::model::Line;
use super::preview::Previews;
use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::MessageId;
use crate::net::client::event::Notice;
use crate::net::client::look::Look;
use crate::net::local::Errand;
use zeroize::Zeroizing;

/// What is open, chosen and typed.
#[derive(Default)]
pub(crate) struct UiState {
    /// Whose conversation is shown.
    pub(crate) current: Option<Id>,
    pub(crate) dialog: Option<Dialog>,
    /// What is typed and not sent.
    pub(crate) drafts: HashMap<Id, String>,
    /// What the next text of a conversation is: an answer, or another text for a message.
    pub(crate) pending: HashMap<Id, Pending>,
    pub(crate) anchors: HashMap<Id, Anchor>,
    /// Long texts that are shown to their end.
    pub(crate) whole: HashSet<MessageId>,
    /// Pictures that are shown.
    pub(crate) previews: Previews,
    /// The message that keys are meant for.
    pub(crate) focused: Option<MessageId>,
    /// The message whose menu is to be opened.
    pub(crate) menu: Option<MessageId>,
    /// The message that is to be brought into view.
    pub(crate) go_to: Option<MessageId>,
    /// How far keys move the messages in this frame: in heights of the view, downwards positive.
    pub(crate) pages: f32,
    /// Where keys move the messages to.
    pub(crate) jump: Option<Jump>,
    /// The place of the last message that is in view, said once a frame.
    pub(crate) in_view: Option<i64>,
    /// What the list of contacts is searched for.
    pub(crate) search: String,
    /// What is looked for in the open conversation, if something is.
    pub(crate) find: Option<Find>,
    /// What is typed of a private network's secret.
    pub(crate) secret: Zeroizing<String>,
    /// What is typed to accept another network.
    pub(crate) trust: String,
    /// What was typed behind an Enter of the same frame: it belongs to the next message.
    pub(crate) held: Vec<egui::Event>,
    /// What is to have the focus.
    pub(crate) focus: Option<Focus>,
    /// What was chosen in the menu.
    pub(crate) chosen: Option<Action>,
    /// What is looked at, of a file to be sent.
    pub(crate) looking: Option<Looking>,
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
    /// What is looked for in the conversation.
    Find,
    /// A private network's secret.
    Secret,
    /// The first field of what has been opened.
    First,
    Nickname,
    Message(MessageId),
}

/// What the next text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    /// It answers a message.
    Reply(MessageId),
    /// It takes the place of a message's text.
    Edit {
        message: MessageId,
        /// What was typed before, for later.
        draft: String,
    },
}

impl Pending {
    /// The message that it is about.
    pub(crate) fn message(&self) -> &MessageId {
        match self {
            Self::Reply(message) | Self::Edit { message, .. } => message,
        }
    }
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
    Rename {
        contact: Id,
        nickname: String,
    },
    Remove(Id),
    AskAgain(Id),
    Delete {
        contact: Id,
        message: MessageId,
    },
    /// When messages disappear: what is chosen, in seconds.
    Timer {
        contact: Id,
        seconds: u32,
    },
    Details(Id),
    /// A file that is to be sent.
    SendFile {
        contact: Id,
        form: FileForm,
    },
    /// What the relay sees.
    Exposure,
    /// What is typed to wipe the profile.
    Settings {
        wipe: String,
    },
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

/// A file to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileForm {
    pub(crate) typed: String,
    /// The path that was chosen or dropped, which may be no text, as long as nothing else is typed.
    pub(crate) exact: Option<PathBuf>,
    /// Whether what a picture tells is left out. At first it is: what was sent cannot be taken back.
    pub(crate) strip: bool,
    /// What was dropped with it.
    pub(crate) rest: VecDeque<PathBuf>,
}

impl Default for FileForm {
    fn default() -> Self {
        Self { typed: "~/".into(), exact: None, strip: true, rest: VecDeque::new() }
    }
}

impl FileForm {
    /// Names a path.
    pub(crate) fn choose(&mut self, path: &Path) {
        self.typed = path.to_string_lossy().into_owned();
        self.exact = Some(path.to_owned());
    }

    /// What is to be looked at.
    pub(crate) fn wanted(&self) -> (String, Option<PathBuf>) {
        (self.typed.clone(), self.exact.clone())
    }

    /// Goes on to the next one that was dropped. Whether there is one.
    pub(crate) fn next(&mut self) -> bool {
        let next = self.rest.pop_front();
        next.inspect(|path| self.choose(path)).is_some()
    }
}

/// What stands at a path is being looked at.
pub(crate) struct Looking {
    pub(crate) of: (String, Option<PathBuf>),
    pub(crate) errand: Errand<Look>,
    pub(crate) look: Option<Look>,
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
    /// Altogether, and the profile is destroyed.
    Wipe,
}

impl Asked {
    pub(crate) fn command(&mut self, command: Command) {
        self.commands.push(command);
    }
}

impl UiState {
    /// Shows a conversation.
    pub(crate) fn open(&mut self, id: Id) {
        if self.current != Some(id) {
            self.previews = Previews::default();
        }
        self.current = Some(id);
        self.find = None;
        self.dialog = None;
        self.copied = None;
        self.focus = Some(Focus::Composer);
    }

    /// The next text answers a message.
    pub(crate) fn reply(&mut self, contact: Id, message: MessageId) {
        self.put_aside(contact);
        self.pending.insert(contact, Pending::Reply(message));
        self.focus = Some(Focus::Composer);
    }

    /// The next text takes the place of a message's.
    pub(crate) fn edit(&mut self, contact: Id, line: &Line) {
        self.put_aside(contact);
        let draft = self.drafts.insert(contact, line.text.clone()).unwrap_or_default();
        self.pending.insert(contact, Pending::Edit { message: line.id, draft });
        self.focus = Some(Focus::Composer);
    }

    /// The next text is an ordinary one; what was typed before an edit is back. Whether there was
    /// anything to put aside.
    pub(crate) fn put_aside(&mut self, contact: Id) -> bool {
        let pending = self.pending.remove(&contact);
        if let Some(Pending::Edit { draft, .. }) = &pending {
            self.drafts.insert(contact, draft.clone());
        }
        pending.is_some()
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
        self.looking = None;
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
