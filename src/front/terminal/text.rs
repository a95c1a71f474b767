//! The sentences of the terminal.

use core::time::Duration;

use super::plain::plain;
use super::span;
use crate::amount;
use crate::id::Address;
use crate::id::Fingerprint;
use crate::id::Id;
use crate::id::Invitation;
use crate::net::client::event::BadKeys;
use crate::net::client::event::Contact;
use crate::net::client::event::FailReason;
use crate::net::client::event::MAX_TEXT_LEN;
use crate::net::client::event::MessageState;
use crate::net::client::event::OfflineReason;
use crate::net::client::event::Refusal;
use crate::net::client::event::Settings;
use crate::net::client::event::Timer;

pub(super) const HELP: &str = "\
/id                    your ID and your invitation, to hand out
/add ID [NICKNAME]     ask for a conversation; an invitation does as well as an ID
/to WHO                choose whom plain lines go to: a nickname or the start of an ID
/contacts              everybody in your list; * is whom plain lines go to
/nick [NAME]           name that contact, for this session only; without a name: take it away
/history [older]       the last messages with that contact, or those before them
/reply NUMBER TEXT     answer the message with that number in brackets
/edit NUMBER TEXT      put another text in the place of a message of yours
/delete NUMBER         delete a message of yours on both sides
/forget NUMBER         delete a message here only
/react NUMBER [SIGN]   say a sign or a word to a message; without one: take it back
/file PATH             offer a file; it goes when they accept it. /file -strip PATH: a picture
                       without what it tells about where and how it was taken
/accept NUMBER [FOLDER]  accept the file with that number, into the folder for downloads if no
                       other is named
/cancel NUMBER         decline a file, take its offer back, or stop it
/paste                 all lines up to one with /end alone are one message
/timer [TIME]          let messages disappear 30s, 30m, 2h, 1d or 1w after they are read, or off;
                       holds when both want the same
/autoaccept [SIZE|off] accept files of at most this size by themselves: 500KB, 5MB, 1GB
/receipts [on|off]     whether others are told what you have read
/details               how the conversation is protected
/retry                 send failed messages again
/remove WHO            take a request back or end a conversation; destroys keys and messages
/trust TEXT            accept another network at the address: its address, or 20 characters of
                       its fingerprint
/join SECRET           the secret of a private network, for this session
/reconnect             try to connect at once
/quit                  close
Any other line is a message, and several pasted lines are several messages. //text sends /text.
Marks: . waits here, v the relay has it, vv the contact has it, vvv has read it, ! failed.";

pub(super) const NOBODY_CHOSEN: &str =
    "Nobody to send it to, so it was not sent: /add an ID, or choose with /to.";
pub(super) const NO_CONTACTS: &str = "Nobody yet: hand out what /id shows, and /add what you get.";
pub(super) const NOT_CONNECTED: &str =
    "Not connected yet: they are asked when the network answers.";
pub(super) const NOT_YET: &str = "The profile is not open yet.";
pub(super) const OPEN_ELSEWHERE: &str =
    "This ID is in use on another computer at the same time: messages may arrive there instead.";
pub(super) const LINE_TOO_LONG: &str = "That line is too long; it was not sent.";
pub(super) const LINE_NO_TEXT: &str = "That line is no text; it was not sent.";
pub(super) const LINE_CUT: &str = "A terminal passes on 4,095 bytes of a line, and that one may \
have been longer: it was not sent. Break it into lines between /paste and /end.";
pub(super) const NOTHING_PASTED: &str = "Nothing stood between /paste and /end.";
pub(super) const PASTE_CUT: &str = "A line of it did not come whole, so nothing was sent. A \
terminal passes on 4,095 bytes of a line.";

/// A message of the client as a sentence.
pub(super) fn sentence(message: &str) -> String {
    let mut rest = message.chars();
    let first = rest.next().map(|c| c.to_ascii_uppercase());
    let end = if message.ends_with(['.', '?', '!']) { "" } else { "." };
    first.into_iter().chain(rest).chain(end.chars()).collect()
}

pub(super) fn ready(id: &Id, ephemeral: bool) -> String {
    let kept = if ephemeral { "\nNothing of this session touches the disk." } else { "" };
    format!("Your ID:     {id}{kept}\n/add and an ID asks for a conversation; /help lists all.")
}

pub(super) fn network(invitation: &Invitation, first_use: bool) -> String {
    let mut lines = format!("Network:     {}\nInvitation:  {invitation}", invitation.address());
    if first_use {
        lines.push_str(
            "\nThis network was not known before and is trusted from now on: compare what stands \
             behind # with what its operator hands out.",
        );
    }
    lines
}

pub(super) fn proxy(at: &str) -> String {
    format!("Everything goes through the proxy at {at}; what it does not carry does not go.")
}

pub(super) fn partly(standing: usize, wanted: usize, reason: OfflineReason) -> String {
    format!(
        "{standing} of {wanted} connections stand, and the others are tried again by themselves: \
         {reason}."
    )
}

pub(super) fn offline(reason: OfflineReason, retry_in: Duration) -> String {
    let seconds = retry_in.as_secs().max(1);
    format!("Offline: {reason}. Next try in {seconds} s; /reconnect tries now.")
}

pub(super) fn nickname_question(id: &Id) -> String {
    format!("Nickname for {} (only here, gone when you quit; Enter for none):", id.short())
}

pub(super) fn asked(name: &str) -> String {
    format!(
        "{name}: waiting for them to add you too. Nobody, the relay included, can see this request \
         until they make the same one."
    )
}

pub(super) fn on_relay(name: &str, date: &str) -> String {
    format!("{name}: the relay holds the sealed request until {date}; it is renewed by itself.")
}

pub(super) fn matched(name: &str) -> String {
    format!("{name} has added you too: the conversation is open.")
}

pub(super) fn open(name: &str, more: &str) -> String {
    format!("{name}: the conversation is open{more}.")
}

pub(super) fn ended(name: &str) -> String {
    format!("{name} ended the conversation. It opens again when both of you ask anew.")
}

pub(super) fn chosen(name: &str) -> String {
    format!("Plain lines go to {name} now.")
}

/// What is worth knowing of an open conversation, behind its state.
pub(super) fn conversation(contact: &Contact) -> String {
    let mut more = match contact.unread {
        0 => String::new(),
        unread => format!(", {unread} unread"),
    };
    if contact.timer.agreed > 0 {
        more.push_str(&format!(
            ", messages disappear {} after they are read",
            span::short(contact.timer.agreed)
        ));
    }
    more
}

/// When messages disappear, and who wants what.
pub(super) fn timer(name: &str, timer: Timer) -> String {
    let Timer { agreed, own, theirs } = timer;
    let holds = match agreed {
        0 => format!("Messages with {name} stay until somebody deletes them."),
        after => format!(
            "Messages with {name} disappear {} after they are read. What a terminal has shown \
             stays in it.",
            span::short(after)
        ),
    };
    if own == theirs {
        return holds;
    }
    format!(
        "{holds} You want: {}. They want: {theirs}; /timer {theirs} agrees.",
        span::short(own),
        theirs = span::short(theirs)
    )
}

pub(super) fn auto_accept(settings: Settings) -> String {
    match settings.accept_below {
        0 => "No file comes before you accept it.".into(),
        below => format!(
            "Files of at most {} come by themselves, four at a time from one contact and 1 GB from \
             all, into the folder for downloads, where 1 GB stays free beside them. Who sends one \
             learns that you are here.",
            amount::short(below)
        ),
    }
}

pub(super) fn receipts(settings: Settings) -> String {
    if settings.read_receipts {
        "Read receipts are on: people are told which of their messages you have read.".into()
    } else {
        "Read receipts are off: nobody is told what you have read.".into()
    }
}

pub(super) fn pasting(name: &str) -> String {
    format!("All lines up to one with /end alone are one message to {name}.")
}

pub(super) fn too_long(len: usize) -> String {
    sentence(&Refusal::TextTooLong { len, max: MAX_TEXT_LEN }.to_string())
}

pub(super) fn no_such_number(number: usize) -> String {
    format!(
        "No message has the number {number}. Numbers stand in brackets; /history numbers earlier \
         messages."
    )
}

pub(super) fn failed(name: &str, reason: FailReason) -> String {
    let remedy = match reason {
        FailReason::Expired => "; /retry sends it again",
        FailReason::Ended => "",
    };
    format!("for {name} failed: {reason}{remedy}")
}

/// A line; `None`: it was taken back.
pub(super) fn own_reaction(number: usize, reaction: Option<&str>) -> String {
    match reaction {
        Some(sign) => format!("  [{number}] you react: {}\n", plain(sign)),
        None => format!("  [{number}] you take the reaction back\n"),
    }
}

/// A line; `None`: it was taken back.
pub(super) fn reaction(number: usize, name: &str, reaction: Option<&str>) -> String {
    match reaction {
        Some(sign) => format!("  [{number}] {name} reacts: {}\n", plain(sign)),
        None => format!("  [{number}] {name} takes the reaction back\n"),
    }
}

pub(super) fn keys_refreshed(sequence: u64) -> String {
    format!(
        "The relay has new keys (set {sequence}), signed by its network. Nothing is to be done."
    )
}

pub(super) fn session_replaced(name: &str) -> String {
    format!("{name} started anew: another device, or an old copy restored.")
}

pub(super) fn two_devices(name: &str) -> String {
    format!("Two devices use {name}'s ID; ask them whether both are theirs.")
}

pub(super) fn withdrawn(name: &str) -> String {
    format!("{name} took the request back.")
}

pub(super) fn mailbox_full(name: &str) -> String {
    format!("{name}'s mailbox is full; what you write waits here until there is room.")
}

pub(super) fn working(name: &str) -> String {
    format!(
        "The relay is filling up: this computer works for the request to {name}, which takes from \
         seconds to minutes."
    )
}

pub(super) fn work_too_dear(name: &str) -> String {
    format!(
        "The relay is nearly full and asks for more work than this program does; the request to \
         {name} is tried again in an hour."
    )
}

pub(super) fn clock(ahead_s: i64) -> String {
    let minutes = ahead_s.unsigned_abs() / 60;
    let how = if ahead_s < 0 { "ahead of" } else { "behind" };
    format!("This computer's clock is {minutes} minutes {how} the relay's; check it.")
}

pub(super) fn another_network(
    address: &Address,
    expected: &Fingerprint,
    found: &Fingerprint,
) -> String {
    format!(
        "STOP: another network answers at {}. Nothing was sent.\n  \
           expected  {expected}\n  \
           found     {found}\n\
         If its operator told you that it changed: /trust and the new address, or at least 20\n\
         characters of the new fingerprint, as you got them from the operator. Otherwise: /quit.",
        address.place()
    )
}

pub(super) fn bad_keys(address: &Address, reason: BadKeys) -> String {
    format!(
        "STOP: the relay at {} is not to be trusted: {reason}. Nothing was sent.",
        address.place()
    )
}

pub(super) fn mark(state: MessageState) -> &'static str {
    match state {
        MessageState::Received => "",
        MessageState::Queued => ".",
        MessageState::OnRelay { .. } => "v",
        MessageState::Held { .. } => ".",
        MessageState::Delivered => "vv",
        MessageState::Read => "vvv",
        MessageState::Failed { .. } => "!",
    }
}
