//! When the peer is silent: has what it was sent last come at all?
//!
//! A relay that was set back to an old copy, or has lost its store, has forgotten what it called
//! stored. What was written before something that has a receipt goes again by that (`receipt`); the
//! last of a session, or the greeting alone in one, has nothing behind it. So it goes once more by
//! itself, under its number, after an hour, a day and a week. A peer that was only away knows it
//! then, and one that misses what was before it asks for that. It is one envelope each time, whatever
//! waits.
//!
//! After the tail loss probe of TCP, [RFC 8985](https://www.rfc-editor.org/rfc/rfc8985#section-7).

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::record::Outgoing;
use super::super::record::OutgoingRow;
use super::super::record::Sent;
use super::super::record::Subject;
use crate::crypto::CryptoRng;
use crate::signal::content;

impl Contact {
    /// Sends the last of the session once more, if it is time.
    pub(in super::super) fn probe<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        if self.probe_at(ctx).is_none_or(|at| at > ctx.now) {
            return;
        }
        let Some((order, _)) = self.last_out() else { return };
        if let Some(sent) = self.outgoing.get_mut(&order).and_then(|row| row.sent.as_mut()) {
            sent.probes = Some(sent.probes.unwrap_or(0).saturating_add(1));
        }
        if self.outgoing.get(&order).is_some_and(is_item) {
            self.send_anew(ctx, order);
        } else {
            self.greet_again(ctx, order);
        }
    }

    /// Sends a greeting that went before once more, in its session.
    pub(in super::super) fn greet_again<R: CryptoRng>(&mut self, ctx: &mut Context<R>, order: u64) {
        let Some(OutgoingRow { id, what: Outgoing::Greeting { session }, sent: Some(_), .. }) =
            self.outgoing.get(&order)
        else {
            return;
        };
        let (id, session) = (*id, *session);
        let before = ctx.puts_of(self.number, |put| *put == Subject::Outgoing { order });
        if self.send(ctx, session, content::Kind::Greeting { id }, Some(order)) {
            before.iter().for_each(|id| ctx.forget_put(id));
        }
    }

    /// When that is; not as long as it cannot go, and not for what goes again anyhow.
    pub(in super::super) fn probe_at<R: CryptoRng>(&self, ctx: &Context<R>) -> Option<u64> {
        let (_, sent) = self.last_out()?;
        let is_due = sent.expires.is_some() && sent.again_at.is_none();
        if !is_due || !self.rules.answered(sent.session) || !self.can_seal(ctx, sent.session) {
            return None;
        }
        let silence = SILENCES.get(usize::from(sent.probes.unwrap_or(0)))?;
        Some(sent.stored_at?.saturating_add(*silence))
    }

    /// What has the highest number of the session that is sent in, and no receipt; a greeting if
    /// there is nothing else.
    fn last_out(&self) -> Option<(u64, Sent)> {
        let session = self.rules.sending()?;
        self.outgoing
            .iter()
            .filter(|(_, row)| row.failed.is_none())
            .filter_map(|(order, row)| Some((is_item(row), *order, row.sent?)))
            .filter(|(_, _, sent)| sent.session == session)
            .max_by_key(|(is_item, _, sent)| (*is_item, sent.number))
            .map(|(_, order, sent)| (order, sent))
    }
}

fn is_item(row: &OutgoingRow) -> bool {
    matches!(row.what, Outgoing::Item(_))
}

/// For how long nobody has answered, in milliseconds, when the last thing goes for the second, the
/// third and the fourth time. Within three weeks, which a relay keeps it, and by then it has failed.
const SILENCES: [u64; 3] = [3_600_000, 24 * 3_600_000, 7 * 24 * 3_600_000];
