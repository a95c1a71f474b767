//! One sentence for everything that clap refuses, with options as they are typed here.

use core::error::Error as _;

use clap::Command;
use clap::Error;
use clap::error::ContextKind;
use clap::error::ContextValue;
use clap::error::ErrorKind;

/// What is wrong and what to do.
pub(super) fn sentence(command: &Command, error: &Error) -> String {
    let program = command.get_name();
    let what = match error.kind() {
        ErrorKind::UnknownArgument => unknown(error),
        ErrorKind::InvalidValue => format!("{} needs a value", option(error)),
        ErrorKind::ValueValidation => refused(error),
        ErrorKind::TooManyValues => format!("{} takes no value", option(error)),
        ErrorKind::ArgumentConflict => conflict(error),
        ErrorKind::InvalidUtf8 => "the command line has characters that are no text".into(),
        _ => "the command line cannot be read".into(),
    };
    format!("{what} ({program} -h lists all options)")
}

fn unknown(error: &Error) -> String {
    let found = context(error, ContextKind::InvalidArg);
    if !found.starts_with('-') {
        return format!("{found:?} is one argument too many");
    }
    let suggested = context(error, ContextKind::SuggestedArg);
    let found = single_dash(&found);
    if suggested.is_empty() {
        format!("unknown option {found}")
    } else {
        format!("unknown option {found}: did you mean {}?", single_dash(&suggested))
    }
}

/// The value's own parser says why.
fn refused(error: &Error) -> String {
    let value = context(error, ContextKind::InvalidValue);
    let reason = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{} {value}: {reason}", option(error))
}

fn conflict(error: &Error) -> String {
    let first = option(error);
    let second = single_dash(&context(error, ContextKind::PriorArg));
    if first == second || second.is_empty() {
        format!("{first} is given twice")
    } else {
        format!("{first} and {second} exclude each other")
    }
}

fn option(error: &Error) -> String {
    single_dash(&context(error, ContextKind::InvalidArg))
}

fn context(error: &Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

/// `--port <PORT>` as `-port`.
fn single_dash(text: &str) -> String {
    let name = text.split([' ', '=']).next().unwrap_or_default();
    name.strip_prefix('-').filter(|rest| rest.starts_with('-')).unwrap_or(name).to_owned()
}
