//! What a line means: a command, or a text for whom plain lines go to.

/// One line, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input<'a> {
    Blank,
    Text(&'a str),
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
    Remove(&'a str),
    Retry,
    Trust(&'a str),
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
            "history" => Self::History { older: rest == "older" },
            "remove" => {
                given.map_or(Self::Incomplete("/remove NAME or the start of an ID"), Self::Remove)
            }
            "retry" => Self::Retry,
            "trust" => given.map_or(Self::Incomplete("/trust ADDRESS or FINGERPRINT"), Self::Trust),
            "reconnect" => Self::Reconnect,
            "quit" => Self::Quit,
            _ => Self::Unknown(name),
        }
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
