//! Usage and help, drawn from the [`Command`] that parses.

use clap::Arg;
use clap::Command;

/// The whole help text, without a line end at its end.
pub(super) fn render(command: &Command) -> String {
    let mut text = String::new();
    for part in [command.get_about().map(ToString::to_string), Some(usage(command))] {
        text.push_str(&part.unwrap_or_default());
        text.push_str("\n\n");
    }
    let rows: Vec<_> = command.get_arguments().map(row).collect();
    let width = rows.iter().map(|(left, _)| left.len()).max().unwrap_or_default();
    for (left, right) in rows {
        text.push_str(&format!("  {left:width$}  {right}\n"));
    }
    if let Some(after) = command.get_after_help() {
        text.push_str(&format!("\n{after}\n"));
    }
    text.trim_end().to_owned()
}

fn usage(command: &Command) -> String {
    let mut usage = format!("usage: {}", command.get_name());
    let mut shown = Vec::new();
    for arg in command.get_arguments() {
        if shown.contains(arg.get_id()) {
            continue;
        }
        let choices = alternatives(command, arg);
        shown.extend(choices.iter().map(|choice| choice.get_id().clone()));
        let choices: Vec<_> = choices.into_iter().map(form).collect();
        usage.push_str(&format!(" [{}]", choices.join(" | ")));
    }
    usage
}

/// The arguments of which one excludes the others: the argument's group, or itself alone.
fn alternatives<'a>(command: &'a Command, arg: &'a Arg) -> Vec<&'a Arg> {
    let group = command.get_groups().find(|group| group.get_args().any(|id| id == arg.get_id()));
    group.map_or_else(
        || vec![arg],
        |group| {
            let member = |arg: &&Arg| group.get_args().any(|id| id == arg.get_id());
            command.get_arguments().filter(member).collect()
        },
    )
}

fn row(arg: &Arg) -> (String, String) {
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    if let Some(default) = arg.get_default_values().first()
        && arg.get_action().takes_values()
    {
        help.push_str(&format!(" [{}]", default.to_string_lossy()));
    }
    (form(arg), help)
}

/// `-port PORT`, `-json` or `host`.
fn form(arg: &Arg) -> String {
    let value = arg.get_value_names().and_then(<[_]>::first).map(ToString::to_string);
    match (arg.get_long(), value.filter(|_| arg.get_action().takes_values())) {
        (Some(name), Some(value)) => format!("-{name} {value}"),
        (Some(name), None) => format!("-{name}"),
        (None, _) => arg.get_id().to_string(),
    }
}
