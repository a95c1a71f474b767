//! Changes that come before their message: it went over another session, or was lost and comes
//! again.

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::record::EarlyRow;
use super::super::record::of_contact;
use super::change::Change;
use crate::crypto::CryptoRng;
use crate::net::client::profile::Kind;
use crate::signal::content::Item;
use crate::signal::content::MAX_TEXT_LEN;
use crate::signal::content::MessageName;

impl Contact {
    /// Keeps a change for the message that it is about.
    pub(super) fn keep_early<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        target: MessageName,
        item: &[u8],
        written: u64,
    ) {
        let order = self.early.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        self.early.insert(order, (target, item.len()));
        let row = EarlyRow { target, item: item.to_vec(), written };
        ctx.write(&early_id(self.number, order), &row);
        while self.early.len() > MAX_EARLY || self.early_bytes() > MAX_EARLY_BYTES {
            let Some((oldest, _)) = self.early.pop_first() else { return };
            ctx.profile.delete(Kind::Early, &early_id(self.number, oldest));
        }
    }

    /// What came about a message before it came, in order.
    pub(super) fn take_early<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        target: MessageName,
    ) -> Vec<Change> {
        let of_target = self.early.iter().filter(|(_, (other, _))| *other == target);
        let orders: Vec<u64> = of_target.map(|(order, _)| *order).collect();
        orders.into_iter().filter_map(|order| self.take_one_early(ctx, order)).collect()
    }

    fn take_one_early<R: CryptoRng>(&mut self, ctx: &mut Context<R>, order: u64) -> Option<Change> {
        let id = early_id(self.number, order);
        let row: EarlyRow = ctx.read(&id)?;
        ctx.profile.delete(Kind::Early, &id);
        self.early.remove(&order);
        let item = Item::from_bytes(&row.item).ok()?;
        Change::of(item, row.written).map(|(_, change)| change)
    }

    fn early_bytes(&self) -> usize {
        self.early.values().map(|(_, len)| len).sum()
    }
}

fn early_id(contact: u64, order: u64) -> Vec<u8> {
    of_contact(contact, &order.to_be_bytes())
}

/// Changes of one contact's that wait: more are about messages that never come.
const MAX_EARLY: usize = 256;
/// Their bytes: the longest edit, and the same in others.
const MAX_EARLY_BYTES: usize = 2 * MAX_TEXT_LEN;
