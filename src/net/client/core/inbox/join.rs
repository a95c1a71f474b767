//! Parts become items. They may come in any order, over any session, and more than once.

use std::collections::BTreeMap;

use super::super::contact::Contact;
use super::super::context::Context;
use super::super::record::JoinRow;
use super::super::record::PartRow;
use super::super::record::of_contact;
use crate::crypto::CryptoRng;
use crate::net::client::profile::Kind;
use crate::signal::content::MAX_PARTS;
use crate::signal::content::MessageName;
use crate::signal::content::Part;
use zeroize::Zeroizing;

impl Contact {
    /// Keeps a part. The item, if that was the last one; none in its place if others are missing or
    /// the part brings nothing new. Nothing at all if there is no room: as if it had not come.
    pub(super) fn join<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        part: &Part,
    ) -> Option<Option<Zeroizing<Vec<u8>>>> {
        let count = usize::from(part.count);
        if self.knows(ctx, part.item) || self.holds(part.item) {
            return Some(None);
        }
        if !self.joins.contains_key(&part.item) {
            if !self.make_room(ctx, count) {
                return None;
            }
            self.joins.insert(part.item, JoinRow { have: vec![0; count], at: ctx.now });
        }
        let row = self.joins.get_mut(&part.item)?;
        let fits = row.have.len() == count;
        let Some(have) = row.have.get_mut(usize::from(part.index)).filter(|_| fits) else {
            return Some(None);
        };
        // The first counts: an honest writer never changes a part.
        if core::mem::replace(have, 1) == 1 {
            return Some(None);
        }
        row.at = ctx.now;
        let complete = row.have.iter().all(|have| *have == 1);
        ctx.write(&of_contact(self.number, &part.item), row);
        let slice = part.slice.clone();
        ctx.write(&part_id(self.number, part.item, part.index), &PartRow { slice });
        Some(if complete { self.joined(ctx, part.item, part.count) } else { None })
    }

    /// Takes the parts out and puts them together.
    fn joined<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
        count: u16,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let mut item = Zeroizing::new(Vec::new());
        for index in 0..count {
            let row: PartRow = ctx.read(&part_id(self.number, name, index))?;
            item.extend_from_slice(&row.slice);
        }
        self.forget_join(ctx, name);
        Some(item)
    }

    /// Makes room for an item of so many parts. What nothing came of for weeks is given up: its
    /// writer has lost the rest. Anything else stays, and the new item waits at its writer's.
    fn make_room<R: CryptoRng>(&mut self, ctx: &mut Context<R>, count: usize) -> bool {
        let has_room = |joins: &BTreeMap<MessageName, JoinRow>| {
            let parts: usize = joins.values().map(|row| row.have.len()).sum();
            joins.len() < MAX_JOINS && parts + count <= MAX_JOINING_PARTS
        };
        while !has_room(&self.joins) {
            let oldest = self.joins.iter().min_by_key(|(_, row)| row.at);
            let given_up = oldest.filter(|(_, row)| row.at.saturating_add(GIVEN_UP) < ctx.now);
            let Some(name) = given_up.map(|(name, _)| *name) else { return false };
            self.forget_join(ctx, name);
        }
        true
    }

    /// Forgets every item of which parts are missing: their writer has begun anew, without them.
    pub(in super::super) fn forget_joins<R: CryptoRng>(&mut self, ctx: &mut Context<R>) {
        let names: Vec<MessageName> = self.joins.keys().copied().collect();
        names.into_iter().for_each(|name| self.forget_join(ctx, name));
    }

    /// Forgets the parts of an item that are here.
    pub(in super::super) fn forget_join<R: CryptoRng>(
        &mut self,
        ctx: &mut Context<R>,
        name: MessageName,
    ) {
        let Some(row) = self.joins.remove(&name) else { return };
        ctx.profile.delete(Kind::Join, &of_contact(self.number, &name));
        for (index, _) in (0..).zip(row.have).filter(|(_, have)| *have == 1) {
            ctx.profile.delete(Kind::Part, &part_id(self.number, name, index));
        }
    }
}

fn part_id(contact: u64, name: MessageName, index: u16) -> Vec<u8> {
    [&of_contact(contact, &name)[..], &index.to_be_bytes()].concat()
}

/// Items of one contact of which parts are missing. An honest peer's come one after the other: a
/// second one begins when a part was lost.
const MAX_JOINS: usize = 8;
/// Their parts, those that are missing included: two of the longest items, 2 MiB.
const MAX_JOINING_PARTS: usize = 1_520;
/// For how long nothing came of an item that is given up, in milliseconds: what was on a relay is
/// gone after 21 days, what its writer sent again comes within the next.
const GIVEN_UP: u64 = 28 * 24 * 3_600_000;

const _: () = assert!(MAX_PARTS == 760);
