//! Commands as JSON objects.

use serde::Deserialize;

use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::MessageId;

/// The command in one line.
///
/// # Errors
/// One sentence: the line is no object, or it has an unknown command, an unknown or missing field,
/// or a value that does not fit.
pub(super) fn parse(line: &str) -> Result<Command, String> {
    // serde would read an array as an object without names.
    if !line.trim_start().starts_with('{') {
        return Err("expected a JSON object".into());
    }
    let input: Input = serde_json::from_str(line).map_err(|error| said(&error))?;
    input.command()
}

/// There is one line only.
fn said(error: &serde_json::Error) -> String {
    error.to_string().replace("at line 1 column", "at column")
}

/// Unit-like commands are written `{}` so that they refuse unknown fields too.
#[derive(Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
enum Input {
    Add { contact: String, nickname: Option<String> },
    Nickname { contact: String, nickname: Option<String> },
    Send { contact: String, text: String },
    Retry { contact: String, message: String },
    Remove { contact: String },
    History { contact: String, before: Option<String>, limit: Option<usize> },
    Contacts {},
    Trust { typed: String },
    Reconnect {},
    Quit {},
}

impl Input {
    fn command(self) -> Result<Command, String> {
        Ok(match self {
            Self::Add { contact, nickname } => Command::Add { contact, nickname },
            Self::Nickname { contact, nickname } => {
                Command::Nickname { contact: id(&contact)?, nickname }
            }
            Self::Send { contact, text } => {
                Command::Send { contact: id(&contact)?, text, reply_to: None }
            }
            Self::Retry { contact, message } => {
                Command::Retry { contact: id(&contact)?, message: name(&message)? }
            }
            Self::Remove { contact } => Command::Remove { contact: id(&contact)? },
            Self::History { contact, before, limit } => Command::History {
                contact: id(&contact)?,
                before: before.as_deref().map(name).transpose()?,
                limit: limit.unwrap_or(HISTORY),
            },
            Self::Contacts {} => Command::Contacts,
            Self::Trust { typed } => Command::Trust { typed },
            Self::Reconnect {} => Command::Reconnect,
            Self::Quit {} => Command::Quit,
        })
    }
}

fn id(text: &str) -> Result<Id, String> {
    text.parse().map_err(|error| format!("contact: {error}"))
}

fn name(text: &str) -> Result<MessageId, String> {
    text.parse().map_err(|error| format!("message: {error}"))
}

/// How many messages a history shows unless it is said.
const HISTORY: usize = 50;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;
    use crate::crypto::identity::IdentityKey;
    use crate::crypto::secret::Secret;

    #[test]
    fn every_command_has_its_line() {
        let contact = Id::new(*IdentityKey::from_seed(Secret::new([7; 32])).public());
        let (c, m) = (contact.compact(), "00112233445566778899aabbccddeeff");
        let message: MessageId = m.parse().unwrap();
        let text = "hé".to_owned();
        for (line, command) in [
            (
                r#"{"command":"add","contact":"x","nickname":"Rook"}"#.into(),
                Command::Add { contact: "x".into(), nickname: Some("Rook".into()) },
            ),
            (
                r#"{"command":"add","contact":"x"}"#.into(),
                Command::Add { contact: "x".into(), nickname: None },
            ),
            (
                format!(r#"{{"command":"nickname","contact":"{c}","nickname":null}}"#),
                Command::Nickname { contact, nickname: None },
            ),
            (
                format!(r#"{{"command":"send","contact":"{contact}","text":"h\u00e9"}}"#),
                Command::Send { contact, text, reply_to: None },
            ),
            (
                format!(r#"{{"command":"retry","contact":"{c}","message":"{m}"}}"#),
                Command::Retry { contact, message },
            ),
            (format!(r#"{{"command":"remove","contact":"{c}"}}"#), Command::Remove { contact }),
            (
                format!(r#"{{"command":"history","contact":"{c}"}}"#),
                Command::History { contact, before: None, limit: HISTORY },
            ),
            (
                format!(r#"{{"command":"history","contact":"{c}","before":"{m}","limit":2}}"#),
                Command::History { contact, before: Some(message), limit: 2 },
            ),
            (r#"{"command":"contacts"}"#.into(), Command::Contacts),
            (r#"{"command":"trust","typed":"abc"}"#.into(), Command::Trust { typed: "abc".into() }),
            (r#" {"command":"reconnect"} "#.into(), Command::Reconnect),
            (r#"{"command":"quit"}"#.into(), Command::Quit),
        ] {
            assert_eq!(parse(&line).as_ref(), Ok(&command), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_said() {
        for (line, part) in [
            ("nonsense", "expected"),
            (r#"["quit"]"#, "expected a JSON object"),
            (r#"{"command":"#, "at column 11"),
            (r#"{"command":"fly"}"#, "unknown variant `fly`"),
            (r#"{"contact":"x"}"#, "missing field `command`"),
            (r#"{"command":"add"}"#, "missing field `contact`"),
            (r#"{"command":"quit","now":true}"#, "unknown field `now`"),
            (r#"{"command":"add","contact":"x","nick":"y"}"#, "unknown field `nick`"),
            (r#"{"command":"remove","contact":"abc"}"#, "contact: an ID has 56 characters"),
            (r#"{"command":"quit"} {"command":"quit"}"#, "trailing characters"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_line_is_too_strange(line in "\\PC*") {
            let _ = parse(&line);
        }
    }
}
