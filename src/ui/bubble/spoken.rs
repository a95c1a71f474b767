//! What a screen reader says of a message.

use core::time::Duration;

use super::DELETED;
use super::Shown;
use super::quote;
use crate::net::client::event::Reactions;
use crate::ui::clock::Clock;
use crate::ui::model::Line;
use crate::ui::reaction::Reaction;
use crate::ui::text;

/// `You, 14:03, edited, heart from them, delivered: hello`
pub(super) fn name(line: &Line, shown: &Shown<'_>) -> String {
    let mut parts = vec![quote::writer(line, shown.name).to_owned()];
    parts.push(shown.clock.time(line.written));
    if let Some(answered) = line.reply_to.filter(|_| !line.deleted) {
        parts.push(match shown.person.conversation().find(&answered) {
            None => "answers a message that is not here".into(),
            Some(to) => {
                format!("answers {}: {}", quote::writer(to, shown.name), quote::words(to))
            }
        });
    }
    if line.edited && !line.deleted {
        parts.push("edited".into());
    }
    if let Some(card) = line.file.as_ref().filter(|_| !line.deleted) {
        parts.push(format!("a file, {}", text::file(card)));
    }
    let Reactions { own, theirs } = &line.reactions;
    for (sign, whose) in [(theirs, "from them"), (own, "from you")] {
        parts.extend(sign.as_ref().map(|sign| format!("{} {whose}", called(sign))));
    }
    let about = about(line, shown.clock);
    parts.extend(Some(about).filter(|about| !about.is_empty()));
    let said = if line.deleted { DELETED } else { &line.text };
    format!("{}: {said}", parts.join(", "))
}

/// How long it is left, and how far it got.
pub(super) fn about(line: &Line, clock: &Clock) -> String {
    let mut parts = Vec::new();
    if let Some(disappears) = line.disappears {
        parts.push(match disappears.at {
            None => format!("disappears {} after it is read", text::span(disappears.after)),
            Some(at) => {
                let left = Duration::from_millis(at.saturating_sub(clock.now()));
                format!("disappears, {} left", text::left(left).0)
            }
        });
    }
    if line.is_own() {
        parts.push(text::state(line.state, |s| clock.date(s)));
    }
    parts.join(", ")
}

/// What a reaction is called.
fn called(sign: &str) -> &str {
    Reaction::of(sign).map_or(sign, |reaction| reaction.name)
}
