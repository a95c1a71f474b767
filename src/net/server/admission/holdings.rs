//! What the connections of each block hold: their places, and the mailboxes that they read.
//!
//! A block is known here as long as a connection of it stands, so that there are never more of them
//! than connections.

use std::collections::HashMap;

use super::super::limits;
use super::Block;

/// What each block holds at this moment, and all of them together.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    blocks: HashMap<Block, Holding>,
    all: Holding,
}

/// What one block holds.
#[derive(Debug, Default)]
struct Holding {
    connections: usize,
    subscriptions: usize,
}

/// A block holds as much as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct HoldsItsShare;

impl Holdings {
    /// One more connection of a block, of so many places in all.
    pub(super) fn open(&mut self, block: Block, places: usize) -> Result<(), HoldsItsShare> {
        let held = self.blocks.get(&block).map_or(0, |holding| holding.connections);
        if !may_hold_more(held, self.all.connections, places) {
            return Err(HoldsItsShare);
        }
        self.blocks.entry(block).or_default().connections += 1;
        self.all.connections += 1;
        Ok(())
    }

    /// A connection is gone, and reads nothing any more.
    pub(super) fn close(&mut self, block: Block) {
        let Some(holding) = self.blocks.get_mut(&block) else { return };
        self.all.connections = self.all.connections.saturating_sub(1);
        holding.connections = holding.connections.saturating_sub(1);
        if holding.connections == 0 {
            self.all.subscriptions = self.all.subscriptions.saturating_sub(holding.subscriptions);
            self.blocks.remove(&block);
        }
    }

    /// A connection of a block reads one more mailbox, of so many in all.
    pub(super) fn subscribe(&mut self, block: Block, places: usize) -> Result<(), HoldsItsShare> {
        // Who has no connection reads nothing.
        let Some(holding) = self.blocks.get_mut(&block) else { return Ok(()) };
        if !may_hold_more(holding.subscriptions, self.all.subscriptions, places) {
            return Err(HoldsItsShare);
        }
        holding.subscriptions += 1;
        self.all.subscriptions += 1;
        Ok(())
    }

    /// A connection of a block reads so many fewer.
    pub(super) fn unsubscribe(&mut self, block: Block, count: usize) {
        if let Some(holding) = self.blocks.get_mut(&block) {
            let count = count.min(holding.subscriptions);
            holding.subscriptions -= count;
            self.all.subscriptions = self.all.subscriptions.saturating_sub(count);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }
}

/// Whether a block that holds so many may hold one more: while less than half of all places are taken,
/// and then up to its share. So one block alone never has more than half, and a crowd of one carrier or
/// exit is let in where there is room.
const fn may_hold_more(held: usize, taken: usize, places: usize) -> bool {
    taken < places / 2 || held < limits::share_of_a_block(places)
}
