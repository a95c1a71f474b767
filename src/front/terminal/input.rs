//! What a line means: a command, or a text for whom plain lines go to.

use super::acts::Act;
use crate::amount;

/// One line, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input<'a> {
    Blank,
    Text(&'a str),
    /// A file is offered, or a picture without what it tells.
    File {
        path: &'a str,
        strip: bool,
    },
    Help,
    Id,
    Add {
        contact: &'a str,
        nickname: Option<&'a str>,
    },
    Nick(Option<&'a str>),
    To(&'a str),
    Contacts,
    History {
        older: bool,
    },
    /// Something is done to the message with a number.
    Message(usize, Act<'a>),
    Paste,
    Timer(Option<&'a str>),
    Details,
    /// Whether others are told what was read.
    Receipts(Option<bool>),
    /// How large a file may be that is accepted by itself.
    AutoAccept(Option<u64>),
    Remove(&'a str),
    Retry,
    Trust(&'a str),
    Join(&'a str),
    Reconnect,
    Quit,
    /// A command that needs something behind it.
    Incomplete(&'static str),
    Unknown(&'a str),
}

impl<'a> Input<'a> {
    /// A line that starts with `/` is a command, with `//` a text that starts with `/`.
    pub(super) fn parse(line: &'a str) -> Self {
        let text = line.trim_end();
        if let Some(path) = text.trim_start().strip_prefix(FILE) {
            return whole(path.trim());
        }
        let Some(body) = text.trim_start().strip_prefix('/') else {
            return if text.is_empty() { Self::Blank } else { Self::Text(text) };
        };
        if body.starts_with('/') {
            return Self::Text(body);
        }
        let (name, rest) = body.split_once(char::is_whitespace).unwrap_or((body, ""));
        Self::command(name, rest.trim())
    }

    fn command(name: &'a str, rest: &'a str) -> Self {
        let given = Some(rest).filter(|rest| !rest.is_empty());
        match name {
            "help" => Self::Help,
            "id" => Self::Id,
            "add" => given.map_or(Self::Incomplete("/add ID or invitation"), add),
            "nick" => Self::Nick(given),
            "to" => given.map_or(Self::Incomplete("/to NAME or the start of an ID"), Self::To),
            "contacts" => Self::Contacts,
            "reply" => message(rest, "/reply NUMBER TEXT", |text| text.map(Act::Reply)),
            "edit" => message(rest, "/edit NUMBER TEXT", |text| text.map(Act::Edit)),
            "delete" => message(rest, "/delete NUMBER", |rest| alone(rest, Act::Delete)),
            "forget" => message(rest, "/forget NUMBER", |rest| alone(rest, Act::Forget)),
            "react" => message(rest, "/react NUMBER SIGN", |sign| Some(Act::React(sign))),
            "file" => file(rest),
            "accept" => message(rest, "/accept NUMBER [FOLDER]", |to| Some(Act::Accept(to))),
            "cancel" => message(rest, "/cancel NUMBER", |rest| alone(rest, Act::Cancel)),
            "paste" => Self::Paste,
            "timer" => Self::Timer(given),
            "details" => Self::Details,
            "autoaccept" => auto_accept(rest),
            "receipts" => receipts(rest),
            "history" => Self::History { older: rest == "older" },
            "remove" => {
                given.map_or(Self::Incomplete("/remove NAME or the start of an ID"), Self::Remove)
            }
            "retry" => Self::Retry,
            "trust" => given.map_or(Self::Incomplete("/trust ADDRESS or FINGERPRINT"), Self::Trust),
            "join" => given.map_or(Self::Incomplete("/join SECRET"), Self::Join),
            "reconnect" => Self::Reconnect,
            "quit" => Self::Quit,
            _ => Self::Unknown(name),
        }
    }
}

/// A number, and what stands behind it.
fn message<'a>(
    rest: &'a str,
    usage: &'static str,
    act: impl FnOnce(Option<&'a str>) -> Option<Act<'a>>,
) -> Input<'a> {
    let (number, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let behind = Some(behind.trim()).filter(|behind| !behind.is_empty());
    let number = number.trim_matches(['[', ']']).parse();
    match (number, act(behind)) {
        (Ok(number), Some(act)) => Input::Message(number, act),
        _ => Input::Incomplete(usage),
    }
}

/// `-strip PATH`, or a path.
fn file(rest: &str) -> Input<'_> {
    let stripped = rest.strip_prefix(STRIP).filter(|rest| rest.starts_with(char::is_whitespace));
    match stripped.map(str::trim) {
        Some(path) if !path.is_empty() => Input::File { path, strip: true },
        None if rest != STRIP => whole(rest),
        _ => Input::Incomplete(FILE_USAGE),
    }
}

/// All that is left is the path, its spaces included.
fn whole(path: &str) -> Input<'_> {
    if path.is_empty() { Input::Incomplete(FILE_USAGE) } else { Input::File { path, strip: false } }
}

/// Two numbers are a mistake, not one deletion.
fn alone<'a>(rest: Option<&str>, act: Act<'a>) -> Option<Act<'a>> {
    rest.is_none().then_some(act)
}

fn receipts(rest: &str) -> Input<'_> {
    match rest {
        "" => Input::Receipts(None),
        "on" => Input::Receipts(Some(true)),
        "off" => Input::Receipts(Some(false)),
        _ => Input::Incomplete("/receipts on or off"),
    }
}

/// `5MB`, `off`, or nothing to be told.
fn auto_accept(rest: &str) -> Input<'_> {
    match rest {
        "" => Input::AutoAccept(None),
        "off" => Input::AutoAccept(Some(0)),
        size => amount::bytes(size)
            .map_or(Input::Incomplete(AUTO_ACCEPT), |bytes| Input::AutoAccept(Some(bytes))),
    }
}

/// An ID may be pasted in its groups of four: it ends with the group in which its 56th character
/// stands, and the nickname follows. An invitation has no gaps.
fn add(rest: &str) -> Input<'_> {
    let end = if rest.starts_with(INVITATION) {
        rest.find(char::is_whitespace).unwrap_or(rest.len())
    } else {
        end_of_id(rest)
    };
    let (contact, nickname) = rest.split_at_checked(end).unwrap_or((rest, ""));
    Input::Add { contact, nickname: Some(nickname.trim()).filter(|name| !name.is_empty()) }
}

fn end_of_id(text: &str) -> usize {
    let mut characters = 0;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() && characters >= ID_LEN {
            return at;
        }
        characters += usize::from(c.is_alphanumeric());
    }
    text.len()
}

/// Another form of `/file`.
const FILE: &str = "<FILE> ";
const FILE_USAGE: &str = "/file PATH, or /file -strip PATH for a picture without what it tells";
const AUTO_ACCEPT: &str = "/autoaccept 500KB, 5MB, 1GB or off";
const STRIP: &str = "-strip";
const INVITATION: &str = "bauta:";
/// Protocol, section 3: an ID has 56 characters.
const ID_LEN: usize = 56;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        for (line, input) in [
            ("", Input::Blank),
            ("  \t", Input::Blank),
            (" hello ", Input::Text(" hello")),
            ("//etc is a folder", Input::Text("/etc is a folder")),
            ("/help", Input::Help),
            ("  /id", Input::Id),
            ("/nick", Input::Nick(None)),
            ("/nick  Rook of Ely ", Input::Nick(Some("Rook of Ely"))),
            ("/to rook", Input::To("rook")),
            ("/to", Input::Incomplete("/to NAME or the start of an ID")),
            ("/history", Input::History { older: false }),
            ("/history older", Input::History { older: true }),
            ("/remove b3xk 9qpr", Input::Remove("b3xk 9qpr")),
            ("/reply 3  yes,  both ", Input::Message(3, Act::Reply("yes,  both"))),
            ("/edit [12] no", Input::Message(12, Act::Edit("no"))),
            ("/delete 3", Input::Message(3, Act::Delete)),
            ("/file  /tmp/a  b.txt ", Input::File { path: "/tmp/a  b.txt", strip: false }),
            ("/file -strip  a b.jpg", Input::File { path: "a b.jpg", strip: true }),
            ("/file -stripes", Input::File { path: "-stripes", strip: false }),
            ("/file -strip", Input::Incomplete(FILE_USAGE)),
            ("<FILE> a b.txt", Input::File { path: "a b.txt", strip: false }),
            ("<FILE>", Input::Text("<FILE>")),
            ("/file", Input::Incomplete(FILE_USAGE)),
            ("/accept 3", Input::Message(3, Act::Accept(None))),
            ("/accept [3] /tmp/a b", Input::Message(3, Act::Accept(Some("/tmp/a b")))),
            ("/accept all", Input::Incomplete("/accept NUMBER [FOLDER]")),
            ("/cancel 3", Input::Message(3, Act::Cancel)),
            ("/cancel 3 4", Input::Incomplete("/cancel NUMBER")),
            ("/forget 3", Input::Message(3, Act::Forget)),
            ("/react 3 +1", Input::Message(3, Act::React(Some("+1")))),
            ("/react 3", Input::Message(3, Act::React(None))),
            ("/reply 3", Input::Incomplete("/reply NUMBER TEXT")),
            ("/edit no", Input::Incomplete("/edit NUMBER TEXT")),
            ("/delete 3 4", Input::Incomplete("/delete NUMBER")),
            ("/forget", Input::Incomplete("/forget NUMBER")),
            ("/react -1 x", Input::Incomplete("/react NUMBER SIGN")),
            ("/paste", Input::Paste),
            ("/timer 1d", Input::Timer(Some("1d"))),
            ("/timer", Input::Timer(None)),
            ("/details", Input::Details),
            ("/receipts on", Input::Receipts(Some(true))),
            ("/receipts", Input::Receipts(None)),
            ("/autoaccept 5 MB", Input::AutoAccept(Some(5_000_000))),
            ("/autoaccept off", Input::AutoAccept(Some(0))),
            ("/autoaccept", Input::AutoAccept(None)),
            ("/autoaccept all", Input::Incomplete(AUTO_ACCEPT)),
            ("/receipts yes", Input::Incomplete("/receipts on or off")),
            ("/quit", Input::Quit),
            ("/quti", Input::Unknown("quti")),
            ("/", Input::Unknown("")),
        ] {
            assert_eq!(Input::parse(line), input, "{line:?}");
        }
    }

    #[test]
    fn an_id_ends_where_it_must() {
        let compact = "a".repeat(56);
        let grouped = ["aaaa"; 14].join(" ");
        for id in [&compact, &grouped, &["aaaa"; 14].join("-")] {
            let line = format!("/add {id}");
            assert_eq!(Input::parse(&line), Input::Add { contact: id, nickname: None });
            let line = format!("/add {id}  Rook 2");
            assert_eq!(Input::parse(&line), Input::Add { contact: id, nickname: Some("Rook 2") });
        }
        let short = Input::Add { contact: "aaaa bbbb", nickname: None };
        assert_eq!(Input::parse("/add aaaa bbbb"), short);
        let invitation = Input::Add { contact: "bauta:x@y#z", nickname: Some("Rook") };
        assert_eq!(Input::parse("/add bauta:x@y#z Rook"), invitation);
    }
}
