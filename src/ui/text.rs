//! Text made harmless for a window, and sentences.

use core::time::Duration;

use crate::id::Id;
use crate::net::client::event::BadKeys;
use crate::net::client::event::ContactState;
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

#[cfg(test)]
mod tests {
    use super::*;

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
