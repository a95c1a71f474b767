//! Which mailboxes to read, and how far each was read.

use core::ops::RangeInclusive;
use std::collections::BTreeMap;

use super::Line;
use super::Role;
use super::contact::Contact;
use super::contact::Conversation;
use super::context::Context;
use super::record::ContactNumber;
use crate::crypto::CryptoRng;
use crate::crypto::secret::Secret;
use crate::net::cell::Address;
use crate::net::cell::Capability;
use crate::signal;
use crate::signal::Direction;
use crate::signal::rendezvous::rules::SessionName;

/// A mailbox that is read.
pub(super) struct Mailbox {
    pub(super) capability: Secret<32>,
    pub(super) contact: ContactNumber,
    pub(super) place: Place,
    /// The connection that it is read on.
    pub(super) line: Line,
    /// What is read first: the sessions at work, and of these the oldest weeks.
    pub(super) rank: (bool, u64),
    /// Whether the relay was asked for it on the connection at hand.
    pub(super) subscribed: bool,
    /// The highest number delivered and not yet acknowledged.
    pub(super) ack: Option<u64>,
}

/// Whose mailbox it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Rendezvous { epoch: u64 },
    Session { name: SessionName },
}

impl Place {
    /// Rendezvous and conversations never share a connection.
    fn role(self) -> Role {
        match self {
            Self::Rendezvous { .. } => Role::Rendezvous,
            Self::Session { .. } => Role::Conversations,
        }
    }
}

impl Mailbox {
    pub(super) fn capability(&self) -> Capability {
        Capability::new(self.capability.duplicate())
    }
}

/// The mailboxes of a contact: the rendezvous of three epochs, and the weeks of each session in
/// which an envelope can still be waiting or come.
pub(super) fn of<R: CryptoRng>(contact: &Contact, ctx: &Context<R>) -> BTreeMap<Address, Mailbox> {
    let epoch = ctx.epoch();
    let incoming = Direction::Incoming;
    let epochs = epoch.saturating_sub(1)..=epoch.saturating_add(1);
    let rendezvous = epochs.map(|epoch| {
        let capability = contact.pair.capability(incoming, epoch);
        (Place::Rendezvous { epoch }, (false, epoch), capability)
    });
    let sessions = contact.sessions.iter().flat_map(|(name, conversation)| {
        let (first, last) = weeks_read(conversation, ctx).into_inner();
        let retired = contact.rules.retired(*name).map(|at| signal::week(at / 1000));
        // After a session is retired, its peer learns of it, or is away. Who began one and was away
        // when it was answered may choose it as late as it comes back.
        let last = match retired {
            Some(week) if !contact.rules.may_be_chosen(*name) => last.min(week.saturating_add(1)),
            _ => last,
        };
        let is_retired = retired.is_some();
        (first..=last).map(move |week| {
            let capability = conversation.session.capability(incoming, week);
            (Place::Session { name: *name }, (is_retired, week), capability)
        })
    });
    rendezvous
        .chain(sessions)
        .map(|(place, rank, capability)| {
            let (contact, subscribed, ack) = (contact.number, false, None);
            let line = ctx.line(place.role(), contact);
            let mailbox = Mailbox { capability, contact, place, line, rank, subscribed, ack };
            (mailbox.capability().address(), mailbox)
        })
        .collect()
}

/// The weeks whose mailboxes of a session are read by whose clock is this one's, a day of difference
/// counted in.
pub(super) fn weeks_read<R: CryptoRng>(
    conversation: &Conversation,
    ctx: &Context<R>,
) -> RangeInclusive<u64> {
    weeks(ctx.now_s(), ctx.retention, conversation.since_week)
}

/// The same, by the time now, how long the relay keeps an envelope, both in seconds, and the week in
/// which the session began here.
fn weeks(now: u64, retention: u64, since: u64) -> RangeInclusive<u64> {
    let first = signal::week(now.saturating_sub(retention.saturating_add(DAY)));
    // A day of skew: the peer may have begun the session in the week before.
    // And a clock that was ahead when it began must not hide it after it was set back.
    let since = since.min(signal::week(now));
    first.max(since.saturating_sub(1))..=signal::week(now.saturating_add(8 * DAY))
}

const DAY: u64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    /// The week at hand.
    const W: u64 = 2_857;

    #[test]
    fn weeks_are_read_as_long_as_anything_of_them_can_be_kept_or_come() {
        // The day of the week at hand, the days that the relay keeps, the week in which the session
        // began, and the first and the last week that are read.
        let cases = [
            (0, 21, 1, W - 4, W + 1),
            (1, 21, 1, W - 3, W + 1),
            (3, 21, 1, W - 3, W + 1),
            (6, 21, 1, W - 3, W + 2),
            (0, 7, 1, W - 2, W + 1),
            (1, 7, 1, W - 1, W + 1),
            (3, 0, 1, W, W + 1),
            (0, 0, 1, W - 1, W + 1),
            (3, 60, 1, W - 9, W + 1),
            // From the week before its beginning on, by a clock that was ahead too.
            (3, 21, W, W - 1, W + 1),
            (3, 21, W - 2, W - 3, W + 1),
            (3, 60, W - 2, W - 3, W + 1),
            (3, 21, W + 5, W - 1, W + 1),
            (3, u64::MAX / DAY, 1, 0, W + 1),
        ];
        for (day, kept, since, first, last) in cases {
            // The first and the last second of the day are read alike.
            for second in [0, DAY - 1] {
                let read = weeks(W * 7 * DAY + day * DAY + second, kept * DAY, since);
                assert_eq!(read, first..=last, "day {day}, kept for {kept}, since {since}");
            }
        }
    }
}
