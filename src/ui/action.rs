//! Everything that has a shortcut, in one table: keys, menu and the help draw from it.

use egui::Context;
use egui::Key;
use egui::KeyboardShortcut;
use egui::Modifiers;

/// What a shortcut or the menu does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Opens the page on which somebody is asked for a conversation.
    Add,
    /// Copies one's own ID.
    CopyId,
    /// Shows one's own ID as QR code.
    ShowId,
    /// Goes to the search of the list.
    Find,
    /// Looks for a text in the open conversation.
    FindText,
    /// Goes to the next conversation.
    Next,
    /// Goes to the conversation before.
    Previous,
    /// Names the contact.
    Rename,
    /// Opens the menu of a message.
    MessageMenu,
    /// Answers a message.
    Reply,
    /// Changes the last message.
    EditLast,
    /// Sends a file.
    File,
    /// Sends what is typed.
    Send,
    /// Breaks the line that is typed.
    NewLine,
    /// Shows older messages.
    PageUp,
    /// Shows newer messages.
    PageDown,
    /// Shows the oldest message.
    Top,
    /// Shows the newest message.
    End,
    /// Closes what is open, clears what is typed, shows the newest message.
    Close,
    /// Larger.
    ZoomIn,
    /// Smaller.
    ZoomOut,
    /// As large as at first.
    ZoomReset,
    /// Light or dark.
    Theme,
    /// Shows what the relay sees.
    Exposure,
    /// Shows what can be chosen.
    Settings,
    /// Takes everything off the window, and closes the profile if a passphrase opens it.
    Lock,
    /// Shows this table.
    Help,
    /// Ends the program.
    Quit,
}

/// One line of the table.
pub(crate) struct Row {
    pub(crate) action: Action,
    pub(crate) name: &'static str,
    pub(crate) keys: &'static [KeyboardShortcut],
    pub(crate) reach: Reach,
}

/// Where an action is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Anywhere, and it stands in the menu.
    Menu,
    /// Anywhere.
    Keys,
    /// The field that has the focus takes its keys itself.
    Field,
}

impl Row {
    /// `Ctrl+N`, or several with `or` between them.
    pub(crate) fn shown(&self) -> String {
        let mut shown: Vec<_> = self.keys.iter().map(name_of).collect();
        shown.dedup();
        shown.join(" or ")
    }
}

/// The line of an action.
pub(crate) fn row_of(action: Action) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.action == action)
}

fn name_of(shortcut: &KeyboardShortcut) -> String {
    let Modifiers { alt, shift, command, .. } = shortcut.modifiers;
    let held = [(command, "Ctrl+"), (alt, "Alt+"), (shift, "Shift+")];
    let mut name: String = held.iter().filter(|(held, _)| *held).map(|(_, name)| *name).collect();
    name.push_str(match shortcut.logical_key {
        Key::ArrowUp => "Up",
        Key::ArrowDown => "Down",
        Key::Escape => "Esc",
        Key::Plus | Key::Equals => "plus",
        Key::Minus => "minus",
        Key::Comma => ",",
        key => key.name(),
    });
    name
}

/// The actions that were asked for by keys since the last frame. Each key counts with the modifiers
/// that were held when it went down.
pub(crate) fn taken(ctx: &Context) -> Vec<Action> {
    let rows = TABLE.iter().filter(|row| row.reach != Reach::Field);
    let asked = |row: &&Row| {
        row.keys.iter().any(|keys| ctx.input_mut(|input| input.consume_shortcut(keys)))
    };
    rows.filter(asked).map(|row| row.action).collect()
}

/// Sends what is typed.
pub(crate) const SEND: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::Enter);
/// Changes the last message, in an empty field.
pub(crate) const EDIT_LAST: KeyboardShortcut = plain(Key::ArrowUp);
/// Breaks the line.
pub(crate) const NEW_LINE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter);

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn alt(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::ALT, key)
}

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

/// The table. A shortcut with more modifiers stands before one with fewer, for it would be taken
/// for that one.
pub(crate) const TABLE: &[Row] = &[
    row(Action::Add, "Add a contact", &[ctrl(Key::N)], Reach::Menu),
    row(Action::CopyId, "Copy your ID", &[KeyboardShortcut::new(CTRL_SHIFT, Key::C)], Reach::Menu),
    row(Action::ShowId, "Show your ID as QR code", &[ctrl(Key::I)], Reach::Menu),
    row(Action::Find, "Find a conversation", &[ctrl(Key::K)], Reach::Menu),
    row(Action::FindText, "Find in the conversation", &[ctrl(Key::F)], Reach::Menu),
    row(
        Action::Previous,
        "Conversation before",
        &[KeyboardShortcut::new(CTRL_SHIFT, Key::Tab), alt(Key::ArrowUp)],
        Reach::Keys,
    ),
    row(Action::Next, "Next conversation", &[ctrl(Key::Tab), alt(Key::ArrowDown)], Reach::Keys),
    row(Action::File, "Send a file", &[ctrl(Key::O)], Reach::Menu),
    row(Action::Rename, "Name the contact", &[plain(Key::F2)], Reach::Menu),
    row(
        Action::MessageMenu,
        "Menu of a message",
        &[KeyboardShortcut::new(Modifiers::SHIFT, Key::F10), plain(Key::Menu)],
        Reach::Keys,
    ),
    row(Action::Reply, "Reply to a message", &[ctrl(Key::R)], Reach::Keys),
    row(Action::EditLast, "Edit the last message", &[EDIT_LAST], Reach::Field),
    row(Action::NewLine, "New line", &[NEW_LINE], Reach::Field),
    row(Action::Send, "Send", &[SEND], Reach::Field),
    row(Action::PageUp, "Older messages", &[plain(Key::PageUp)], Reach::Keys),
    row(Action::PageDown, "Newer messages", &[plain(Key::PageDown)], Reach::Keys),
    row(Action::Top, "Oldest message", &[ctrl(Key::Home)], Reach::Keys),
    row(Action::End, "Newest message", &[ctrl(Key::End)], Reach::Keys),
    row(Action::Close, "Close, clear, newest message", &[plain(Key::Escape)], Reach::Field),
    row(Action::ZoomIn, "Larger", &[ctrl(Key::Plus), ctrl(Key::Equals)], Reach::Menu),
    row(Action::ZoomOut, "Smaller", &[ctrl(Key::Minus)], Reach::Menu),
    row(Action::ZoomReset, "Usual size", &[ctrl(Key::Num0)], Reach::Menu),
    row(Action::Theme, "Light or dark", &[ctrl(Key::T)], Reach::Menu),
    row(Action::Exposure, "What the relay sees", &[ctrl(Key::E)], Reach::Menu),
    row(Action::Settings, "Settings", &[ctrl(Key::Comma)], Reach::Menu),
    row(Action::Lock, "Lock", &[ctrl(Key::L)], Reach::Menu),
    row(Action::Help, "Keys", &[plain(Key::F1)], Reach::Menu),
    row(Action::Quit, "Quit", &[ctrl(Key::Q)], Reach::Menu),
];

const fn row(
    action: Action,
    name: &'static str,
    keys: &'static [KeyboardShortcut],
    reach: Reach,
) -> Row {
    Row { action, name, keys, reach }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_actions_share_a_key() {
        let all: Vec<_> = TABLE.iter().flat_map(|row| row.keys).collect();
        for (at, keys) in all.iter().enumerate() {
            assert!(!all.iter().skip(at + 1).any(|other| other == keys), "{keys:?}");
        }
    }

    #[test]
    fn no_key_is_taken_for_one_with_fewer_modifiers() {
        let all: Vec<_> = TABLE.iter().flat_map(|row| row.keys).collect();
        for (at, keys) in all.iter().enumerate() {
            let hidden = all.iter().skip(at + 1).find(|later| {
                later.logical_key == keys.logical_key
                    && later.modifiers.matches_logically(keys.modifiers)
            });
            assert!(hidden.is_none(), "{keys:?} hides {hidden:?}");
        }
    }

    #[test]
    fn keys_are_named_as_people_call_them() {
        let name = |action| TABLE.iter().find(|row| row.action == action).map(Row::shown);
        assert_eq!(name(Action::CopyId).as_deref(), Some("Ctrl+Shift+C"));
        assert_eq!(name(Action::ZoomIn).as_deref(), Some("Ctrl+plus"));
        assert_eq!(name(Action::Next).as_deref(), Some("Ctrl+Tab or Alt+Down"));
    }
}
