//! What happens to a contact because time passes.

use super::contact::Contact;
use super::context::Context;
use super::mailboxes::weeks_read;
use super::record::Outgoing;
use super::record::OutgoingRow;
use super::record::Sent;
use crate::crypto::CryptoRng;
use crate::signal::rendezvous::rules::SessionName;

impl Contact {
    /// Lets time pass: messages disappear, gaps are asked for and filled, what nobody fetched has
    /// failed, and what was kept long enough is forgotten.
    pub(super) fn tick<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        self.burn(ctx);
        self.age_files(ctx);
        let (now, now_s) = (ctx.now, ctx.now_s());
        let sent = |row: &OutgoingRow| row.sent;
        let gaps: Vec<u64> = self.orders(|row| self.again_at(ctx, row).is_some_and(|at| at <= now));
        let expired: Vec<u64> = self.orders(|row| {
            sent(row).is_some_and(|sent| sent.expires.is_some_and(|expires| expires < now_s))
        });
        for order in gaps.into_iter().filter(|order| !expired.contains(order)) {
            if self.outgoing.get(&order).is_some_and(|row| self.is_overtaken(row)) {
                self.forget_outgoing(ctx, order);
            } else {
                self.send_anew(ctx, order);
            }
        }
        for order in expired {
            self.expire(ctx, order);
        }
        self.send_stranded(ctx);
        self.probe(ctx);
        self.doubt(ctx);
        self.owe_strayed(ctx);
        self.ask_for_gaps(ctx);
        self.take_overdue(ctx);
        let day = ctx.day();
        let aged: Vec<SessionName> = self
            .sessions
            .iter_mut()
            .filter_map(|(name, conversation)| conversation.session.age(day).then_some(*name))
            .collect();
        aged.into_iter().for_each(|name| self.save_session(ctx, name));
        let actions = self.rules.tick(now);
        if !actions.is_empty() {
            self.carry_out(ctx, actions);
        }
    }

    /// What went into the mailbox of a week that nobody reads now, because the clock was wrong then or
    /// the relay was away for long, goes once more. What failed goes too if its week has not even
    /// come: its time was over by the wrong clock only.
    fn send_stranded<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let stranded = self.orders(|row| {
            let Some(Sent { session, week: Some(week), .. }) = row.sent else { return false };
            let Some(conversation) = self.sessions.get(&session) else { return false };
            let read = weeks_read(conversation, ctx);
            let is_past = week < *read.start() && row.failed.is_none();
            (week > *read.end() || is_past) && self.can_seal(ctx, session)
        });
        for order in stranded {
            if let Some(row) = self.outgoing.get_mut(&order) {
                row.failed = None;
            }
            self.send_anew(ctx, order);
            self.note(ctx, order);
        }
    }

    /// When [`Contact::tick`] or [`Contact::flush`] has something to do next.
    pub(super) fn next_wake<R: CryptoRng>(&self, ctx: &Context<R>) -> Option<u64> {
        let again = self.outgoing.values().filter_map(|row| self.again_at(ctx, row)).min();
        let flush = self.flush_at(ctx.now);
        let held = [self.overdue_at(ctx), self.gap_at(ctx), self.files_at()];
        let silence = [self.probe_at(ctx), self.doubt_at(ctx)];
        let look = (self.looked > self.seen).then_some(ctx.now);
        [again, flush, look, self.renew_at(ctx.epoch()), self.fuses.next()]
            .into_iter()
            .chain(held)
            .chain(silence)
            .flatten()
            .min()
    }

    /// Whether it is a greeting that was put off, for a session that is not chosen any more.
    fn is_overtaken(&self, row: &OutgoingRow) -> bool {
        let Outgoing::Greeting { session } = row.what else { return false };
        !row.ratcheted && Some(session) != self.rules.sending()
    }

    /// When something goes again; not as long as it cannot.
    fn again_at<R: CryptoRng>(&self, ctx: &Context<R>, row: &OutgoingRow) -> Option<u64> {
        let sent = row.sent?;
        let goes = Some(sent.session) != self.rules.sending() || self.can_seal(ctx, sent.session);
        sent.again_at.filter(|_| goes)
    }
}
