//! Commands as JSON objects.

use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::id::Id;
use crate::net::client::Command;
use crate::net::client::event::Change;
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
    Send { contact: String, text: String, reply_to: Option<String> },
    SendFile { contact: String, path: String, strip: Option<bool> },
    AcceptFile { contact: String, message: String, folder: Option<String> },
    CancelFile { contact: String, message: String },
    Edit { contact: String, message: String, text: String },
    Delete { contact: String, message: String, for_both: bool },
    React { contact: String, message: String, reaction: Option<String> },
    Seen { contact: String, message: String },
    Timer { contact: String, seconds: u32 },
    Details { contact: String },
    Settings { read_receipts: Option<bool>, accept_below: Option<u64> },
    Retry { contact: String, message: String },
    Remove { contact: String },
    History { contact: String, before: Option<String>, limit: Option<usize> },
    Contacts {},
    Trust { typed: String },
    Join { secret: String },
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
            Self::Send { contact, text, reply_to } => {
                let reply_to = reply_to.as_deref().map(name).transpose()?;
                Command::Send { contact: id(&contact)?, text, reply_to }
            }
            Self::SendFile { contact, path, strip } => {
                let (path, strip) = (path.into(), strip.unwrap_or(false));
                Command::SendFile { contact: id(&contact)?, path, strip }
            }
            Self::AcceptFile { contact, message, folder } => {
                let folder = folder.map(PathBuf::from);
                Command::AcceptFile { contact: id(&contact)?, message: name(&message)?, folder }
            }
            Self::CancelFile { contact, message } => {
                Command::CancelFile { contact: id(&contact)?, message: name(&message)? }
            }
            Self::Edit { contact, message, text } => {
                Command::Edit { contact: id(&contact)?, message: name(&message)?, text }
            }
            Self::Delete { contact, message, for_both } => {
                Command::Delete { contact: id(&contact)?, message: name(&message)?, for_both }
            }
            Self::React { contact, message, reaction } => {
                Command::React { contact: id(&contact)?, message: name(&message)?, reaction }
            }
            Self::Seen { contact, message } => {
                Command::Seen { contact: id(&contact)?, message: name(&message)? }
            }
            Self::Timer { contact, seconds } => {
                let seconds = Some(seconds).filter(|seconds| *seconds > 0);
                Command::Timer { contact: id(&contact)?, seconds }
            }
            Self::Details { contact } => Command::Details { contact: id(&contact)? },
            Self::Settings { read_receipts: None, accept_below: None } => {
                return Err("settings: read_receipts, accept_below, or both".into());
            }
            Self::Settings { read_receipts, accept_below } => {
                Command::Settings(Change { read_receipts, accept_below })
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
            Self::Join { secret } => Command::Join { secret: Zeroizing::new(secret) },
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
                Command::Send { contact, text: text.clone(), reply_to: None },
            ),
            (
                format!(r#"{{"command":"send","contact":"{c}","text":"hé","reply_to":"{m}"}}"#),
                Command::Send { contact, text: text.clone(), reply_to: Some(message) },
            ),
            (
                format!(r#"{{"command":"send_file","contact":"{c}","path":"/tmp/a b"}}"#),
                Command::SendFile { contact, path: "/tmp/a b".into(), strip: false },
            ),
            (
                format!(r#"{{"command":"send_file","contact":"{c}","path":"/a","strip":true}}"#),
                Command::SendFile { contact, path: "/a".into(), strip: true },
            ),
            (
                format!(r#"{{"command":"accept_file","contact":"{c}","message":"{m}"}}"#),
                Command::AcceptFile { contact, message, folder: None },
            ),
            (
                format!(
                    r#"{{"command":"accept_file","contact":"{c}","message":"{m}","folder":"/x"}}"#
                ),
                Command::AcceptFile { contact, message, folder: Some("/x".into()) },
            ),
            (
                format!(r#"{{"command":"cancel_file","contact":"{c}","message":"{m}"}}"#),
                Command::CancelFile { contact, message },
            ),
            (
                format!(r#"{{"command":"edit","contact":"{c}","message":"{m}","text":"hé"}}"#),
                Command::Edit { contact, message, text },
            ),
            (
                format!(
                    r#"{{"command":"delete","contact":"{c}","message":"{m}","for_both":true}}"#
                ),
                Command::Delete { contact, message, for_both: true },
            ),
            (
                format!(r#"{{"command":"react","contact":"{c}","message":"{m}","reaction":"!"}}"#),
                Command::React { contact, message, reaction: Some("!".into()) },
            ),
            (
                format!(r#"{{"command":"react","contact":"{c}","message":"{m}"}}"#),
                Command::React { contact, message, reaction: None },
            ),
            (
                format!(r#"{{"command":"seen","contact":"{c}","message":"{m}"}}"#),
                Command::Seen { contact, message },
            ),
            (
                format!(r#"{{"command":"timer","contact":"{c}","seconds":3600}}"#),
                Command::Timer { contact, seconds: Some(3600) },
            ),
            (
                format!(r#"{{"command":"timer","contact":"{c}","seconds":0}}"#),
                Command::Timer { contact, seconds: None },
            ),
            (format!(r#"{{"command":"details","contact":"{c}"}}"#), Command::Details { contact }),
            (
                r#"{"command":"settings","read_receipts":true}"#.into(),
                Command::Settings(Change::read_receipts(true)),
            ),
            (
                r#"{"command":"settings","accept_below":1000000}"#.into(),
                Command::Settings(Change::accept_below(1_000_000)),
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
            (r#"{"command":"settings"}"#, "settings: read_receipts, accept_below, or both"),
            (r#"{"command":"timer","contact":"x","seconds":-1}"#, "invalid value: integer `-1`"),
            (r#"{"command":"delete","contact":"x","message":"y"}"#, "missing field `for_both`"),
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
