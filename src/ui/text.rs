//! Text made harmless for a window, and sentences.

use core::time::Duration;

use crate::amount;
use crate::id::Id;
use crate::net::client::event::BadKeys;
use crate::net::client::event::ContactState;
use crate::net::client::event::FileCard;
use crate::net::client::event::FileState;
use crate::net::client::event::MessageState;
use crate::net::client::event::Notice;

/// A peer's text as it may be drawn: bidirectional controls are gone, for they could make what
/// stands around it read backwards; so are characters that nobody sees.
pub(crate) fn plain(text: &str) -> String {
    crate::plain::plain(text, "\n")
}

/// What the client says in a few words, as a sentence.
pub(crate) fn sentence(message: &str) -> String {
    let mut rest = message.chars();
    let first = rest.next().map(|c| c.to_ascii_uppercase());
    let end = if message.ends_with(['.', '?', '!']) { "" } else { "." };
    first.into_iter().chain(rest).chain(end.chars()).collect()
}

/// What keys that are wrong can mean, and what is to be done.
pub(crate) fn bad_keys(reason: BadKeys) -> &'static str {
    match reason {
        BadKeys::Unsigned => {
            "Somebody stands between you and the relay, or poses as it. Try another way to the \
             internet; if it stays so, ask the relay's operator."
        }
        BadKeys::RolledBack => {
            "Somebody uses keys that the relay has replaced, or the relay was restored from an old \
             copy. Ask its operator."
        }
        BadKeys::Doubled => {
            "Somebody besides the operator can sign for this network, or the relay runs from two \
             copies. Ask its operator which network to join."
        }
    }
}

/// An ID or a fingerprint in lines of `groups` groups of four.
pub(crate) fn in_lines(compact: &str, groups: usize) -> String {
    let mut lines = String::with_capacity(compact.len() * 2);
    for (at, c) in compact.chars().enumerate() {
        if at > 0 && at % (4 * groups) == 0 {
            lines.push('\n');
        } else if at > 0 && at % 4 == 0 {
            lines.push(' ');
        }
        lines.push(c);
    }
    lines
}

/// How many characters of an ID or a fingerprint a text has.
pub(crate) fn characters(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').count()
}

/// How far a message got.
pub(crate) fn state(state: MessageState, date: impl Fn(u64) -> String) -> String {
    match state {
        MessageState::Received => "received".into(),
        MessageState::Queued => "waits here".into(),
        MessageState::OnRelay { expires } => format!("on the relay until {}", date(expires)),
        MessageState::Held { reason } => format!("waits here, {reason}"),
        MessageState::Delivered => "delivered".into(),
        MessageState::Read => "read".into(),
        MessageState::Failed { reason } => format!("failed, {reason}"),
    }
}

/// Where a request stands.
pub(crate) fn request(state: ContactState, date: impl Fn(u64) -> String) -> String {
    match state {
        ContactState::Matched => "The conversation is open.".into(),
        ContactState::Ended => "They ended the conversation.".into(),
        ContactState::Asked { lapses: None } => {
            "The sealed request goes out when the network answers.".into()
        }
        ContactState::Asked { lapses: Some(at) } => format!(
            "The relay holds the sealed request until {}; it is renewed by itself.",
            date(at)
        ),
    }
}

/// What a person should know; `name` is how a contact is shown.
pub(crate) fn notice(notice: &Notice, name: impl Fn(&Id) -> String) -> String {
    match notice {
        Notice::KeysRefreshed { sequence } => format!(
            "The relay has new keys (set {sequence}), signed by its network. Nothing is to be done."
        ),
        Notice::SessionReplaced { contact } => {
            format!("{} started anew: another device, or an old copy restored.", name(contact))
        }
        Notice::TwoDevices { contact } => {
            format!("Two devices use the ID of {}; ask whether both are theirs.", name(contact))
        }
        Notice::Withdrawn { contact } => format!("{} took the request back.", name(contact)),
        Notice::MailboxFull { contact } => format!(
            "The mailbox of {} is full; what you write waits here until there is room.",
            name(contact)
        ),
        Notice::Working { contact } => format!(
            "The relay is filling up: this computer works for the request to {}, which takes from \
             seconds to minutes.",
            name(contact)
        ),
        Notice::WorkTooDear { contact } => format!(
            "The relay is nearly full and asks for more work than this program does; the request to \
             {} is tried again in an hour.",
            name(contact)
        ),
        Notice::Clock { ahead_s } => {
            let minutes = ahead_s.unsigned_abs() / 60;
            let how = if *ahead_s < 0 { "ahead of" } else { "behind" };
            format!("This computer's clock is {minutes} minutes {how} the relay's; check it.")
        }
        Notice::OpenElsewhere => {
            "This ID is in use on another computer at the same time: messages \
                                  may arrive there instead."
                .into()
        }
    }
}

/// How long a message is left, coarsely, and how long that stays true.
pub(crate) fn left(left: Duration) -> (String, Duration) {
    let seconds = left.as_secs();
    let (unit, name) = match seconds {
        0..MINUTE => return ("soon gone".into(), Duration::from_secs(MINUTE)),
        MINUTE..HOUR => (MINUTE, "min"),
        HOUR..DAY => (HOUR, "h"),
        _ => (DAY, "d"),
    };
    let whole = seconds / unit;
    (format!("{whole} {name}"), left.saturating_sub(Duration::from_secs(whole * unit)))
}

/// After how long messages disappear.
pub(crate) fn span(seconds: u32) -> String {
    let seconds = u64::from(seconds);
    let (unit, name) = [(WEEK, "week"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")]
        .into_iter()
        .find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit))
        .unwrap_or((1, "second"));
    let count = seconds / unit;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

/// `1,048,576`
pub(crate) fn count(things: usize) -> String {
    amount::number(u64::try_from(things).unwrap_or(u64::MAX))
}

/// What a file is and how far it got, in half a sentence.
pub(crate) fn file(card: &FileCard) -> String {
    let all = amount::short(card.size);
    let with_size = |how: String| if card.size == 0 { how } else { format!("{all}, {how}") };
    match &card.state {
        FileState::Preparing { done: 0 } => "it is read".into(),
        FileState::Preparing { done } => format!("it is read, {} so far", amount::short(*done)),
        FileState::Offered => format!("{all}, offered"),
        FileState::Moving { done, left } => {
            let percent = done.saturating_mul(100).checked_div(card.size).unwrap_or(100);
            let left = left.map(|left| format!(", {} left", amount::time(left)));
            let left = left.unwrap_or_default();
            format!("{percent} %, {} of {all}{left}", amount::short(*done))
        }
        FileState::Waiting { done: 0, why } => with_size(format!("it waits: {why}")),
        FileState::Waiting { done, why } => {
            format!("{} of {all}, it waits: {why}", amount::short(*done))
        }
        FileState::Done { path: Some(_) } => format!("{all}, complete, its hash is right"),
        FileState::Done { path: None } => format!("{all}, they have it"),
        FileState::Failed { reason } => with_size(format!("failed: {reason}")),
        FileState::Cancelled { by_contact: true } => with_size("cancelled by them".into()),
        FileState::Cancelled { by_contact: false } => with_size("cancelled".into()),
    }
}

/// The beginning of a text that is too long to be laid out as a whole.
pub(crate) fn beginning(text: &str) -> Option<&str> {
    let line = text.match_indices('\n').nth(CUT_LINES).map_or(text.len(), |(at, _)| at);
    let end = line.min(text.floor_char_boundary(CUT));
    text.get(..end).filter(|_| end < text.len())
}

/// How long it is until the next attempt, and how long this stays true: a window that counts every
/// second would never rest.
pub(crate) fn until(left: Duration) -> (String, Duration) {
    let seconds = left.as_secs();
    let shown = match seconds {
        0..10 => return ("in a moment".into(), left),
        10..20 => 10,
        _ => seconds - seconds % 20,
    };
    (format!("in {shown} s"), left.saturating_sub(Duration::from_secs(shown)))
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
/// So much of a text is shown before somebody asks for all of it.
const CUT: usize = 6_000;
/// And so many of its lines.
const CUT_LINES: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_message_is_said_coarsely() {
        let s = Duration::from_secs;
        for (seconds, shown, stays) in [
            (59, "soon gone", 60),
            (60, "1 min", 0),
            (3_599, "59 min", 59),
            (3_600, "1 h", 0),
            (86_399, "23 h", 3_599),
            (604_800, "7 d", 0),
        ] {
            assert_eq!(left(s(seconds)), (shown.into(), s(stays)), "{seconds}");
        }
    }

    #[test]
    fn spans_are_written_as_people_write_them() {
        assert_eq!([span(300), span(3_600)], ["5 minutes", "1 hour"]);
        assert_eq!([span(86_400), span(1_209_600)], ["1 day", "2 weeks"]);
        assert_eq!([span(5), span(61)], ["5 seconds", "61 seconds"]);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(beginning(&"a".repeat(CUT)), None);
        assert_eq!(beginning(&"\u{20ac}".repeat(CUT)).map(str::len), Some(CUT));
        assert_eq!(beginning(&"\n".repeat(CUT_LINES)), None);
        assert_eq!(beginning(&"\n".repeat(CUT_LINES + 1)).map(str::len), Some(CUT_LINES));
    }

    #[test]
    fn peer_text_keeps_its_lines_and_nothing_that_reorders_or_hides() {
        assert_eq!(plain("abc\u{202e}12:30\u{2066}\u{200f}"), "abc12:30");
        assert_eq!(plain("a\u{1b}[31mb\0"), "a\u{fffd}[31mb\u{fffd}");
        assert_eq!(plain("a\r\nb\u{2028}c\td"), "a\nb\nc d");
        assert_eq!(plain("שלום 12 👩\u{200d}💻"), "שלום 12 👩\u{200d}💻");
    }

    #[test]
    fn what_is_shown_of_a_wait_changes_rarely() {
        let s = Duration::from_secs;
        assert_eq!(until(s(55)), ("in 40 s".into(), s(15)));
        assert_eq!(until(s(40)), ("in 40 s".into(), s(0)));
        assert_eq!(until(s(33)), ("in 20 s".into(), s(13)));
        assert_eq!(until(s(14)), ("in 10 s".into(), s(4)));
        assert_eq!(until(s(9)), ("in a moment".into(), s(9)));
    }

    #[test]
    fn keys_are_broken_between_groups() {
        assert_eq!(in_lines("aaaabbbbcccc", 2), "aaaa bbbb\ncccc");
        assert_eq!(characters(" ab-cd ef\n"), 6);
    }
}
